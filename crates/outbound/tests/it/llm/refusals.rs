//! What a provider refuses is told by what can be done about it, and never quoted.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use domain::llm::ModelError;
use providers::{Answer, Refusal, ScriptedProvider, Wire};

use super::every_wire;
use super::support::{Classroom, request, shown};

every_wire!(
    patience_is_asked_for_in_every_form,
    a_storm_of_refusals_passes_through,
    an_account_without_money_is_told_apart,
    a_wrong_request_is_rejected,
    a_server_s_fault_is_no_rejection,
    a_redirect_is_not_followed,
    a_long_refusal_is_not_read_to_its_end,
    nothing_of_a_refusal_is_quoted,
);

const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const HALF_A_MINUTE_LATER: &str = "Sun, 06 Nov 1994 08:50:07 GMT";

async fn patience_is_asked_for_in_every_form(wire: Wire) {
    let classroom = Classroom::of(wire);
    let refusal = || Refusal::new(429, "scripted");
    let dated = refusal()
        .with_header("date", DATE)
        .with_header("retry-after", HALF_A_MINUTE_LATER);
    let cases = [
        (Answer::too_many("20"), Some(Duration::from_secs(20))),
        (dated.into(), Some(Duration::from_secs(30))),
        (
            refusal().with_header("retry-after-ms", "1500").into(),
            Some(Duration::from_millis(1500)),
        ),
        (Answer::too_many("100000"), Some(Duration::from_hours(1))),
        (Answer::too_many("soon"), None),
        (Answer::status(429), None),
    ];
    for (answer, expected) in cases {
        let told = classroom.told(answer.clone()).await;
        let is_right = matches!(told, Err(ModelError::RateLimited { after }) if after == expected);
        assert!(is_right, "{answer:?}: {told:?}");
    }
    classroom.goes_on().await;
}

async fn a_storm_of_refusals_passes_through(wire: Wire) {
    let classroom = Classroom::of(wire);
    let number = AtomicU32::new(0);
    classroom.provider.by_default(move |_| {
        if number.fetch_add(1, Ordering::Relaxed).is_multiple_of(5) {
            Answer::words("{}")
        } else {
            Answer::too_many("20")
        }
    });
    let request = request();
    let told = futures::future::join_all((0..100).map(|_| classroom.model.ask(&request))).await;
    let after = Duration::from_secs(20);
    let answered = told.iter().filter(|told| told.is_ok()).count();
    let limited = told
        .iter()
        .filter(|told| matches!(told, Err(ModelError::RateLimited { after: Some(said) }) if *said == after))
        .count();
    assert_eq!((answered, limited), (20, 80));
    assert_eq!(
        classroom.provider.ledger().len(),
        100,
        "each question is asked once"
    );
}

async fn an_account_without_money_is_told_apart(wire: Wire) {
    let classroom = Classroom::of(wire);
    let told = classroom.told(Answer::unpaid()).await;
    match wire {
        Wire::OpenAi | Wire::Anthropic => {
            assert!(matches!(told, Err(ModelError::QuotaExhausted)), "{told:?}");
        }
        // They have no word for it.
        Wire::Gemini | Wire::Ollama => {
            assert!(
                matches!(told, Err(ModelError::RateLimited { after: None })),
                "{told:?}"
            );
        }
    }
    let told = classroom.told(Answer::status(402)).await;
    assert!(matches!(told, Err(ModelError::QuotaExhausted)), "{told:?}");
}

async fn a_wrong_request_is_rejected(wire: Wire) {
    let classroom = Classroom::of(wire);
    for expected in [400, 401, 403, 404, 409, 413, 422] {
        let told = classroom.told(Answer::status(expected)).await;
        let is_right = matches!(told, Err(ModelError::Rejected { status }) if status == expected);
        assert!(is_right, "{expected}: {told:?}");
    }
    classroom.goes_on().await;
}

async fn a_server_s_fault_is_no_rejection(wire: Wire) {
    let classroom = Classroom::of(wire);
    for status in [408, 500, 502, 504] {
        let told = classroom.told(Answer::status(status)).await;
        assert!(
            matches!(told, Err(ModelError::Unavailable(_))),
            "{status}: {told:?}"
        );
    }
    for status in [503, 529] {
        let told = classroom.told(Answer::status(status)).await;
        assert!(matches!(told, Err(ModelError::Down(_))), "{status}: {told:?}");
    }
    classroom.goes_on().await;
}

async fn a_redirect_is_not_followed(wire: Wire) {
    let classroom = Classroom::of(wire);
    let elsewhere = ScriptedProvider::start(wire).unwrap();
    for expected in [301, 302, 303, 307, 308] {
        let redirect = Answer::Bare {
            status: expected,
            headers: vec![("location".into(), elsewhere.base_url())],
            body: Vec::new(),
        };
        let told = classroom.told(redirect).await;
        let is_right = matches!(told, Err(ModelError::Rejected { status }) if status == expected);
        assert!(is_right, "{expected}: {told:?}");
    }
    assert_eq!(elsewhere.connections(), 0);
}

async fn a_long_refusal_is_not_read_to_its_end(wire: Wire) {
    let classroom = Classroom::of(wire);
    let long = Answer::Bare {
        status: 500,
        headers: Vec::new(),
        body: vec![b' '; 64 * 1024 * 1024],
    };
    let told = classroom.told(long).await;
    assert!(matches!(told, Err(ModelError::Unavailable(_))), "{told:?}");
    classroom.provider.settled().await;
    assert!(classroom.provider.bytes_sent() < 8 * 1024 * 1024);
    classroom.goes_on().await;
}

async fn nothing_of_a_refusal_is_quoted(wire: Wire) {
    const CANARY: &str = "what the candidate wrote";
    let classroom = Classroom::of(wire);
    let refusals = [400, 401, 404, 429, 500, 529].map(|status| Refusal::new(status, CANARY).into());
    let bodies = [
        format!("\"{CANARY}\""),
        format!("{{\"{CANARY}"),
        format!("{{\"choices\": \"{CANARY}\", \"content\": \"{CANARY}\", \"message\": \"{CANARY}\"}}"),
    ];
    for answer in refusals.into_iter().chain(bodies.map(Answer::body)) {
        let error = classroom.told(answer.clone()).await.unwrap_err();
        let shown = shown(&error);
        for secret in [CANARY, "Photosynthesis", classroom.provider.key(), "127.0.0.1"] {
            assert!(!shown.contains(secret), "{answer:?}: {shown}");
        }
    }
}

#[tokio::test]
async fn gemini_says_in_the_body_how_long_to_wait() {
    let classroom = Classroom::of(Wire::Gemini);
    let body = r#"{"error": {"code": 429, "message": "", "status": "RESOURCE_EXHAUSTED", "details": [
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "45.5s"}]}}"#;
    let told = classroom
        .told(Answer::Bare {
            status: 429,
            headers: Vec::new(),
            body: body.into(),
        })
        .await;
    let expected = Some(Duration::from_millis(45_500));
    let is_right = matches!(told, Err(ModelError::RateLimited { after }) if after == expected);
    assert!(is_right, "{told:?}");
}
