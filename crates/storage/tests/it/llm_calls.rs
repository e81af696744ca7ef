//! Calls of language models: an answer is paid for once, and what is booked is never below the bill and never above a cap.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use domain::audit::Actor;
use domain::authoring::Settings;
use domain::ids::{AttemptId, LlmCallId};
use domain::llm::{
    CallEnd, CallKey, CallState, Cap, Caps, Day, Finish, MicroDollars, ModelName, NewCall, Price,
    ReserveCall, ReserveError, Reserved, SettleCall, StoredAnswer, Usage, input_hash,
};
use domain::time::Clock as _;
use futures::future::join_all;
use testkit::{TestDatabase, both_databases, builders};

use crate::attempt_scene::Scene;

both_databases!(
    an_answer_is_found_by_whoever_asks_the_same,
    the_bill_takes_the_place_of_the_bound,
    what_failed_costs_nothing_and_what_is_unknown_stays_booked,
    a_reservation_of_a_process_that_is_gone_stays_booked_until_it_is_settled,
    two_answers_of_one_name_are_kept_once_and_paid_twice,
    nothing_is_booked_beyond_the_cap_of_a_day_however_many_come_at_once,
    calls_that_come_at_once_are_written_together_and_each_is_told_its_own,
    an_attempt_that_has_no_money_left_holds_up_no_other,
    a_provider_that_wants_patience_gets_it_from_every_process,
);

const PRICE: Price = Price {
    input: 1_000_000,
    output: 2_000_000,
};
const BOUND: MicroDollars = MicroDollars(100);
const USAGE: Usage = Usage {
    input_tokens: 10,
    output_tokens: 20,
};
/// Ten tokens for 1 and twenty for 2 each.
const BILL: MicroDollars = MicroDollars(50);

fn key(subject: &str) -> CallKey {
    CallKey {
        purpose: "score_text",
        subject: subject.to_owned(),
        prompt_version: "score-text-1",
        model: ModelName {
            provider: "scripted".to_owned(),
            model: "m".to_owned(),
        },
        sample: 0,
        round: 0,
        input: input_hash([subject]),
    }
}

async fn reserve_within(
    database: &TestDatabase,
    subject: &str,
    caps: Caps,
) -> Result<Reserved, ReserveError> {
    reserve_for(database, subject, (None, caps)).await
}

async fn reserve_for(
    database: &TestDatabase,
    subject: &str,
    (attempt_id, caps): (Option<AttemptId>, Caps),
) -> Result<Reserved, ReserveError> {
    let call = NewCall {
        key: key(subject),
        attempt_id,
        item_version_id: None,
        job_id: None,
        at_most: BOUND,
    };
    let ctx = builders::ctx(database, Actor::System);
    let reserve = ReserveCall { call, caps };
    database.store.reserve_call(&reserve, &ctx).await
}

async fn reserve(database: &TestDatabase, subject: &str) -> LlmCallId {
    match reserve_within(database, subject, Caps::default()).await.unwrap() {
        Reserved::Make(id) => id,
        other => panic!("{other:?}"),
    }
}

fn answered(text: &str) -> CallEnd {
    let answer = StoredAnswer {
        text: text.to_owned(),
        finish: Finish::Stop,
    };
    CallEnd::Answered {
        answer,
        usage: Some(USAGE),
    }
}

async fn settle(database: &TestDatabase, id: LlmCallId, end: CallEnd) {
    settle_with_pause(database, id, end, None).await;
}

async fn settle_with_pause(database: &TestDatabase, id: LlmCallId, end: CallEnd, pause: Option<Duration>) {
    let pause = pause.map(|pause| (key("").model.to_string(), pause));
    let settle = SettleCall {
        id,
        end,
        price: PRICE,
        pause,
    };
    let ctx = builders::ctx(database, Actor::System);
    database.store.settle_call(&settle, &ctx).await.unwrap();
}

async fn booked(database: &TestDatabase) -> MicroDollars {
    database
        .store
        .llm_booked(Day::of(database.clock.now()))
        .await
        .unwrap()
}

async fn state(database: &TestDatabase, id: LlmCallId) -> CallState {
    database.store.llm_call_state(id).await.unwrap().unwrap()
}

async fn an_answer_is_found_by_whoever_asks_the_same(database: TestDatabase) {
    let id = reserve(&database, "a").await;
    settle(&database, id, answered("words \0 and more")).await;
    let known = reserve_within(&database, "a", Caps::default()).await.unwrap();
    let kept = StoredAnswer {
        text: "words \u{fffd} and more".to_owned(),
        finish: Finish::Stop,
    };
    assert_eq!(known, Reserved::Known(kept));
    assert_eq!(booked(&database).await, BILL);
    reserve(&database, "b").await;
}

async fn the_bill_takes_the_place_of_the_bound(database: TestDatabase) {
    let id = reserve(&database, "a").await;
    assert_eq!(booked(&database).await, BOUND);
    settle(&database, id, answered("words")).await;
    assert_eq!(booked(&database).await, BILL);
    settle(&database, id, CallEnd::Failed { code: "late" }).await;
    assert_eq!(
        (booked(&database).await, state(&database, id).await),
        (BILL, CallState::Answered)
    );

    let unsaid = reserve(&database, "b").await;
    let answer = StoredAnswer {
        text: String::new(),
        finish: Finish::Other,
    };
    settle(&database, unsaid, CallEnd::Answered { answer, usage: None }).await;
    assert_eq!(booked(&database).await, MicroDollars(BILL.0 + BOUND.0));
}

async fn what_failed_costs_nothing_and_what_is_unknown_stays_booked(database: TestDatabase) {
    let failed = reserve(&database, "a").await;
    settle(&database, failed, CallEnd::Failed { code: "rate_limited" }).await;
    assert_eq!(
        (booked(&database).await, state(&database, failed).await),
        (MicroDollars(0), CallState::Failed)
    );
    let unknown = reserve(&database, "a").await;
    settle(&database, unknown, CallEnd::Unknown { code: "timeout" }).await;
    assert_eq!(
        (booked(&database).await, state(&database, unknown).await),
        (BOUND, CallState::Unknown)
    );
}

async fn a_reservation_of_a_process_that_is_gone_stays_booked_until_it_is_settled(database: TestDatabase) {
    let gone = reserve(&database, "a").await;
    let again = reserve(&database, "a").await;
    assert_eq!(
        (state(&database, gone).await, booked(&database).await),
        (CallState::Unknown, MicroDollars(2 * BOUND.0))
    );
    settle(&database, again, CallEnd::Failed { code: "rate_limited" }).await;
    // It was late and not gone.
    settle(&database, gone, answered("words")).await;
    assert_eq!(
        (state(&database, gone).await, booked(&database).await),
        (CallState::Answered, BILL)
    );
}

async fn two_answers_of_one_name_are_kept_once_and_paid_twice(database: TestDatabase) {
    let [one, other] = [reserve(&database, "a").await, reserve(&database, "a").await];
    let end = |id| settle(&database, id, answered("words"));
    tokio::join!(end(one), end(other));
    let mut states = [state(&database, one).await, state(&database, other).await].map(CallState::as_str);
    states.sort_unstable();
    assert_eq!(
        (states, booked(&database).await),
        (["answered", "failed"], MicroDollars(2 * BILL.0))
    );
}

async fn nothing_is_booked_beyond_the_cap_of_a_day_however_many_come_at_once(database: TestDatabase) {
    let caps = Caps {
        attempt: None,
        day: Some(MicroDollars(10 * BOUND.0 + 99)),
    };
    let subjects: Vec<String> = (0..25).map(|number| number.to_string()).collect();
    let all = subjects
        .iter()
        .map(|subject| reserve_within(&database, subject, caps));
    let day = Day::of(database.clock.now());
    let mut made = 0;
    for reserved in join_all(all).await {
        match reserved {
            Ok(Reserved::Make(_)) => made += 1,
            Err(ReserveError::CapReached(cap)) => assert_eq!(cap, Cap::Day(day.end())),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((made, booked(&database).await), (10, MicroDollars(10 * BOUND.0)));
    database.clock.advance(day.end().since(database.clock.now()));
    assert!(matches!(
        reserve_within(&database, "0", caps).await,
        Ok(Reserved::Make(_))
    ));
    let nothing = Caps {
        day: Some(MicroDollars(0)),
        ..caps
    };
    assert!(matches!(
        reserve_within(&database, "x", nothing).await,
        Err(ReserveError::CapReached(_))
    ));
}

async fn a_provider_that_wants_patience_gets_it_from_every_process(database: TestDatabase) {
    let id = reserve(&database, "a").await;
    let end = CallEnd::Failed { code: "rate_limited" };
    settle_with_pause(&database, id, end.clone(), Some(Duration::from_secs(20))).await;
    let until = database.clock.now() + Duration::from_secs(20);
    let asked = reserve_within(&database, "b", Caps::default()).await.unwrap();
    assert_eq!(
        (asked, booked(&database).await),
        (Reserved::NotBefore(until), MicroDollars(0))
    );
    database.clock.advance(Duration::from_secs(20));
    let later = reserve(&database, "b").await;
    settle_with_pause(&database, later, end, Some(Duration::ZERO)).await;
    reserve(&database, "c").await;
}

/// Every fourth call fails, every fourth has an end that nobody knows, the others are answered.
fn end_of(number: usize) -> CallEnd {
    match number % 4 {
        0 => CallEnd::Failed { code: "rejected" },
        1 => CallEnd::Unknown { code: "unavailable" },
        _ => answered(&format!("words {number} \0")),
    }
}

async fn calls_that_come_at_once_are_written_together_and_each_is_told_its_own(database: TestDatabase) {
    const CALLS: usize = 200;
    let scene = Scene::new(database, Settings::default()).await;
    let database = &scene.database;
    let known = reserve(database, "known").await;
    settle(database, known, answered("before")).await;
    let for_attempt = |number: usize| number.is_multiple_of(2).then_some(scene.attempt_id);
    let subjects: Vec<String> = (0..CALLS).map(|number| number.to_string()).collect();
    let reserving = subjects
        .iter()
        .enumerate()
        .map(|(number, subject)| reserve_for(database, subject, (for_attempt(number), Caps::default())));
    let (reserved, found) = tokio::join!(
        join_all(reserving),
        reserve_within(database, "known", Caps::default())
    );
    assert!(matches!(found.unwrap(), Reserved::Known(answer) if answer.text == "before"));
    let ids: Vec<LlmCallId> = reserved
        .into_iter()
        .map(|reserved| match reserved.unwrap() {
            Reserved::Make(id) => id,
            other => panic!("{other:?}"),
        })
        .collect();
    let bound = i64::try_from(CALLS).unwrap() * BOUND.0;
    assert_eq!(booked(database).await, MicroDollars(BILL.0 + bound));

    let settling = ids
        .iter()
        .enumerate()
        .map(|(number, id)| settle(database, *id, end_of(number)));
    join_all(settling).await;
    // A second end of the same call changes nothing.
    settle(database, ids[2], CallEnd::Failed { code: "late" }).await;
    for (number, id) in ids.iter().enumerate() {
        assert_eq!(state(database, *id).await, end_of(number).state(), "{number}");
    }
    let quarter = i64::try_from(CALLS / 4).unwrap();
    let spent = quarter * (BOUND.0 + 2 * BILL.0);
    assert_eq!(booked(database).await, MicroDollars(BILL.0 + spent));
    let of_attempt = format!("llm_attempts WHERE booked = {}", quarter * BILL.0);
    assert_eq!(database.count(&of_attempt).await.unwrap(), 1);
    let answer = database.store.llm_answer(&key("2").digest()).await.unwrap();
    assert_eq!(answer.unwrap().text, "words 2 \u{fffd}");
}

async fn an_attempt_that_has_no_money_left_holds_up_no_other(database: TestDatabase) {
    let scene = Scene::new(database, Settings::default()).await;
    let caps = Caps {
        attempt: Some(MicroDollars(2 * BOUND.0)),
        day: None,
    };
    let subjects: Vec<String> = (0..40).map(|number| number.to_string()).collect();
    let reserving = subjects.iter().enumerate().map(|(number, subject)| {
        let attempt = number.is_multiple_of(2).then_some(scene.attempt_id);
        reserve_for(&scene.database, subject, (attempt, caps))
    });
    let (mut made, mut refused) = (0, 0);
    for reserved in join_all(reserving).await {
        match reserved {
            Ok(Reserved::Make(_)) => made += 1,
            Err(ReserveError::CapReached(Cap::Attempt)) => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((made, refused), (22, 18));
    assert_eq!(booked(&scene.database).await, MicroDollars(22 * BOUND.0));
}
