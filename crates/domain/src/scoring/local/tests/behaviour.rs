//! How the scorer behaves where the development data say nothing; `testkit::judged_answers` has many more such answers.

use super::*;

const LOCK: [&str; 2] = [
    "Why does a thread need a lock?",
    "A lock makes sure that only one thread at a time changes shared data, so that no update is lost.",
];
const PARIS: [&str; 2] = ["What is the capital of France?", "Paris"];

fn flags_and_confidence(question: &str, reference: &str, answer: &str) -> (Vec<String>, f64) {
    let verdict = judge(question, Some(reference), &whole(), answer);
    (verdict.flags, verdict.confidence.unwrap())
}

#[test]
fn a_contradiction_is_flagged_and_never_sure() {
    let denied =
        "A lock does not make sure that only one thread at a time changes shared data, so updates are lost.";
    let verdict = judge(LOCK[0], Some(LOCK[1]), &whole(), denied);
    assert_eq!(verdict.flags, [FLAG_CONTRADICTS]);
    assert!(verdict.points.unwrap() <= Points::whole(40) && verdict.confidence.unwrap() <= 0.4);
}

#[test]
fn another_thing_than_the_one_asked_for_earns_next_to_nothing() {
    let points = |answer| points(PARIS[0], PARIS[1], answer);
    assert!(points("London") <= 20.0 && points("It is Paris.") >= 70.0);
}

#[test]
fn denying_the_opposite_is_no_contradiction() {
    let score = |answer| {
        judge(
            "Can it be done?",
            Some("It is possible to sort in linear time."),
            &whole(),
            answer,
        )
    };
    assert!(
        score("It is not impossible to sort in linear time.")
            .flags
            .is_empty()
    );
    assert_eq!(
        score("It is impossible to sort in linear time.").flags,
        [FLAG_CONTRADICTS]
    );
}

#[test]
fn a_condition_may_balance_a_denial() {
    let flags = |answer| {
        let reference = "A body stays at rest or in uniform motion unless a force acts on it.";
        flags_and_confidence("What does Newton's first law say?", reference, answer).0
    };
    assert!(flags("A body does not leave rest or uniform motion unless a force acts on it.").is_empty());
    assert_eq!(
        flags("A body does not stay at rest or in uniform motion unless a force acts on it."),
        [FLAG_CONTRADICTS]
    );
}

#[test]
fn the_right_number_with_a_wrong_unit_contradicts() {
    let (question, reference) = ("How long is the bridge?", "The bridge is 5 km long.");
    for answer in ["5 m", "The bridge is 5 kilograms long.", "It is 7 km long."] {
        let (flags, confidence) = flags_and_confidence(question, reference, answer);
        assert_eq!(flags, [FLAG_CONTRADICTS], "{answer}");
        assert!(points(question, reference, answer) <= 40.0 && confidence <= 0.4);
    }
    for answer in ["5 km", "5 kilometres", "5000 m", "5"] {
        let (flags, _) = flags_and_confidence(question, reference, answer);
        assert!(
            flags.is_empty() && points(question, reference, answer) > 50.0,
            "{answer}"
        );
    }
}

#[test]
fn words_in_each_others_place_are_never_sure() {
    let sure = |answer| {
        let reference = "The server serves the client.";
        flags_and_confidence("How do client and server relate?", reference, answer).1
    };
    assert!(sure("The client serves the server.") <= 0.5);
    assert!(sure("The client is served by the server.") > 0.5);
}

#[test]
fn what_a_spreadsheet_lost_is_for_a_person_to_find() {
    let verdict = judge(LOCK[0], Some(LOCK[1]), &whole(), "#NAME?");
    assert_eq!(verdict.flags, [FLAG_UNREADABLE]);
    assert!(verdict.points.unwrap() <= Points::whole(50) && verdict.confidence.unwrap() <= 0.25);
}

#[test]
fn a_word_or_two_without_any_tie_earn_less_than_a_sentence_and_neither_is_sure() {
    let points = |answer| {
        assert!(
            flags_and_confidence(LOCK[0], LOCK[1], answer).1 <= 0.25,
            "{answer}"
        );
        points(LOCK[0], LOCK[1], answer)
    };
    assert!(points("bananas") <= 20.0 && points("The weather is nice.") <= 50.0);
}
