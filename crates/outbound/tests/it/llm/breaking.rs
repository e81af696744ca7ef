//! Connections break, fall silent and never end; whoever asks hears of it in time, and nobody's memory fills.

use std::time::Instant;

use domain::llm::{ModelError, ModelReply, ModelRequest};
use outbound::llm::{self, LONGEST_ANSWER, LlmHttp, ModelUrlError};
use providers::{Answer, ScriptedProvider, Wire, Words};
use tokio::net::TcpStream;

use super::every_wire;
use super::support::{Classroom, IMPATIENCE, PATIENCE, request, settings, shown};

every_wire!(
    a_reset_is_told_and_the_next_question_answered,
    nobody_there_is_told,
    silence_ends_when_patience_does,
    a_trickle_ends_when_patience_does,
    an_endless_answer_is_left,
    a_long_answer_is_not_read,
    the_longest_answer_is_read,
    a_caller_who_leaves_takes_the_connection_along,
);

/// The limit, and what two sockets hold.
const AT_MOST_SENT: u64 = 8 * 1024 * 1024;

async fn a_reset_is_told_and_the_next_question_answered(wire: Wire) {
    let classroom = Classroom::of(wire);
    let words = Words::new("{}".repeat(1000));
    let resets = [
        Answer::ResetBeforeHead,
        Answer::ResetInBody(words.clone()),
        Answer::ResetBeforeHead,
        Answer::ResetInBody(words),
    ];
    for reset in resets {
        let error = classroom.told(reset).await.unwrap_err();
        let shown = shown(&error);
        assert!(matches!(error, ModelError::Unavailable(_)), "{shown}");
        assert!(!shown.contains("http://"), "{shown}");
    }
    assert_eq!(classroom.provider.ledger().len(), 4, "nobody asks again unasked");
    classroom.goes_on().await;
}

async fn nobody_there_is_told(wire: Wire) {
    let Classroom { provider, model } = Classroom::of(wire);
    let address = provider.base_url().replace("http://", "").replace("/v1", "");
    drop(provider);
    // Its socket is closed a little later.
    while TcpStream::connect(&address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let told = model.ask(&request()).await;
    assert!(matches!(told, Err(ModelError::Down(_))), "{told:?}");
}

async fn impatiently(classroom: &Classroom, answer: Answer) -> Result<ModelReply, ModelError> {
    let impatient = ModelRequest {
        timeout: IMPATIENCE,
        ..request()
    };
    classroom.provider.script([answer]);
    let began = Instant::now();
    let told = classroom.model.ask(&impatient).await;
    let took = began.elapsed();
    assert!(took >= IMPATIENCE && took < PATIENCE / 3, "{took:?}");
    classroom.provider.settled().await;
    told
}

async fn silence_ends_when_patience_does(wire: Wire) {
    let classroom = Classroom::of(wire);
    let told = impatiently(&classroom, Answer::Hang).await;
    assert!(matches!(told, Err(ModelError::Unavailable(_))), "{told:?}");
    classroom.goes_on().await;
}

async fn a_trickle_ends_when_patience_does(wire: Wire) {
    let classroom = Classroom::of(wire);
    let trickle = Answer::Drip {
        words: Words::new("{}".repeat(5000)),
        pause: IMPATIENCE / 10,
    };
    let told = impatiently(&classroom, trickle).await;
    assert!(matches!(told, Err(ModelError::Unavailable(_))), "{told:?}");
    classroom.goes_on().await;
}

async fn an_endless_answer_is_left(wire: Wire) {
    let classroom = Classroom::of(wire);
    let told = classroom.told(Answer::Endless).await;
    assert!(matches!(told, Err(ModelError::Unreadable(_))), "{told:?}");
    classroom.provider.settled().await;
    let sent = classroom.provider.bytes_sent();
    assert!(sent < AT_MOST_SENT, "{sent}");
    classroom.goes_on().await;
}

async fn a_long_answer_is_not_read(wire: Wire) {
    let classroom = Classroom::of(wire);
    let told = classroom.told(Answer::words("a".repeat(10 * 1024 * 1024))).await;
    assert!(matches!(told, Err(ModelError::Unreadable(_))), "{told:?}");
    classroom.provider.settled().await;
    let sent = classroom.provider.bytes_sent();
    assert!(sent < AT_MOST_SENT, "{sent}");
    classroom.goes_on().await;
}

async fn the_longest_answer_is_read(wire: Wire) {
    let classroom = Classroom::of(wire);
    let padded = |length: usize| {
        let mut body = match wire {
            Wire::OpenAi => br#"{"choices": [{"message": {"content": "x"}}]}"#.to_vec(),
            Wire::Anthropic => br#"{"content": [{"type": "text", "text": "x"}]}"#.to_vec(),
            Wire::Gemini => br#"{"candidates": [{"content": {"parts": [{"text": "x"}]}}]}"#.to_vec(),
            Wire::Ollama => br#"{"message": {"content": "x"}}"#.to_vec(),
        };
        body.resize(length, b' ');
        Answer::body(body)
    };
    let read = classroom.told(padded(LONGEST_ANSWER)).await.unwrap();
    assert_eq!(read.text, "x");
    let unread = classroom.told(padded(LONGEST_ANSWER + 1)).await;
    assert!(matches!(unread, Err(ModelError::Unreadable(_))), "{unread:?}");
}

async fn a_caller_who_leaves_takes_the_connection_along(wire: Wire) {
    let classroom = Classroom::of(wire);
    classroom.provider.script([Answer::Hang]);
    let request = request();
    let left = tokio::time::timeout(IMPATIENCE, classroom.model.ask(&request)).await;
    assert!(left.is_err());
    classroom.provider.settled().await;
    classroom.goes_on().await;
}

#[tokio::test]
async fn a_provider_that_does_not_speak_tls_where_it_should_is_unavailable() {
    let provider = ScriptedProvider::start(Wire::OpenAi).unwrap();
    let mut settings = settings(Wire::OpenAi, &provider);
    settings.base_url = settings.base_url.replace("http://", "https://");
    match llm::model(settings, &LlmHttp::new()) {
        Ok(model) => {
            let told = model.ask(&request()).await;
            assert!(matches!(told, Err(ModelError::Down(_))), "{told:?}");
            assert_eq!(provider.ledger().len(), 0);
        }
        // A machine without root certificates.
        Err(ModelUrlError::Client(_)) => {}
        Err(other) => panic!("{other:?}"),
    }
}
