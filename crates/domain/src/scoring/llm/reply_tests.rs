use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::authoring::item::Difficulty;
use crate::authoring::rubric::Level;
use crate::llm::MOST_CHARS_READ;
use crate::points::Points;
use crate::scoring::rubric_points::essay_points;

const IDS: [&str; 5] = [
    "relevance",
    "depth",
    "clarity",
    "completeness",
    "technical_accuracy",
];

fn rubric() -> Rubric {
    Rubric::default_for(Difficulty::Medium)
}

fn scores(text: &str) -> Result<Vec<f64>, Vec<Fault>> {
    let reply = read_reply(text, &rubric())?;
    Ok(reply.criteria.iter().map(|judged| judged.score).collect())
}

fn points(text: &str) -> Points {
    let reply = read_reply(text, &rubric()).unwrap();
    let scores: Vec<(&str, f64)> = reply
        .criteria
        .iter()
        .map(|judged| (judged.criterion.as_str(), judged.score))
        .collect();
    essay_points(&rubric(), &scores, reply.on_topic, Points::whole(100)).unwrap()
}

fn flat(scores: [f64; 5]) -> String {
    let pairs = IDS
        .iter()
        .zip(scores)
        .map(|(id, score)| (String::from(*id), json!(score)));
    Value::Object(pairs.collect()).to_string()
}

fn listed(scores: [f64; 5]) -> Value {
    let entries = IDS.iter().zip(scores).map(|(id, score)| {
        json!({ "criterion": id, "score": score, "level": null, "quote": "a lock", "rationale": "Says why." })
    });
    json!({
        "criteria": entries.collect::<Vec<_>>(),
        "on_topic": true, "addresses_grader": false, "confidence": 0.8,
    })
}

#[test]
fn the_known_good_cases_come_out_whatever_stands_around_them() {
    let known = flat([85.0, 80.0, 90.0, 75.0, 70.0]);
    let around = [
        known.clone(),
        format!("```json\n{known}\n```"),
        format!("```\n{known}\n```\nI hope that helps {{really}}."),
        format!("\u{feff}Here is my verdict: {known} — all the best"),
        format!("{{not json}} and then {known}"),
        known.replace(':', " : ").replace(',', " ,\n"),
        known.replace('}', ",}"),
        format!("{{\"criteria\": {known}}}"),
        listed([85.0, 80.0, 90.0, 75.0, 70.0]).to_string(),
    ];
    for text in around {
        assert_eq!(points(&text), Points::from_hundredths(8075), "{text}");
    }
    assert_eq!(
        points(&flat([92.0, 88.0, 95.0, 85.0, 78.0])),
        Points::from_hundredths(8830)
    );
    assert_eq!(
        points(&flat([150.0, -10.0, 90.0, 75.0, 70.0])),
        Points::from_hundredths(6850)
    );
}

#[test]
fn everything_that_the_schema_asks_for_is_read() {
    let mut said = listed([150.0, 20.0, 30.0, 40.0, 50.0]);
    said["addresses_grader"] = json!(true);
    said["on_topic"] = json!("no");
    said["criteria"][1]["rationale"] = json!(" Two\nlines,\u{200b} one\u{7}sentence. ");
    let reply = read_reply(&said.to_string(), &rubric()).unwrap();
    assert!(reply.out_of_range && reply.addresses_grader && !reply.on_topic);
    assert_eq!(reply.confidence, Some(0.8));
    assert_eq!(
        reply.criteria[1],
        Judged {
            criterion: "depth".to_owned(),
            score: 20.0,
            quote: "a lock".to_owned(),
            rationale: "Two lines, one sentence.".to_owned(),
        }
    );
}

#[test]
fn numbers_come_in_many_forms_and_levels_stand_for_their_least_score() {
    let mut rubric = rubric();
    rubric.criteria.truncate(1);
    rubric.criteria[0].levels = vec![
        Level {
            name: "Weak".to_owned(),
            descriptor: String::new(),
            from_score: 0.0,
        },
        Level {
            name: "Good".to_owned(),
            descriptor: String::new(),
            from_score: 60.0,
        },
    ];
    let cases = [
        ("{\"relevance\": \"85\"}", Some(85.0)),
        ("{\"relevance\": \"85/100\"}", Some(85.0)),
        ("{\"Relevance\": \"85 %\"}", Some(85.0)),
        ("{\"relevance\": 8.5e1}", Some(85.0)),
        ("{\"relevance\": {\"score\": 85}}", Some(85.0)),
        ("{\"relevance\": {\"level\": \"good\"}}", Some(60.0)),
        (
            "{\"criteria\": [{\"id\": \"RELEVANCE\", \"points\": 85}]}",
            Some(85.0),
        ),
        ("{\"relevance\": NaN}", None),
        ("{\"relevance\": -Infinity}", None),
        ("{\"relevance\": 1e400}", None),
        ("{\"relevance\": None}", None),
        ("{\"relevance\": true}", None),
        ("{\"relevance\": [85]}", None),
        ("{\"relevance\": \"full marks\"}", None),
        ("{\"relevance\": {\"level\": \"superb\"}}", None),
    ];
    for (text, expected) in cases {
        let read = read_reply(text, &rubric)
            .ok()
            .map(|reply| reply.criteria[0].score);
        assert_eq!(read, expected, "{text}");
    }
}

#[test]
fn what_is_no_verdict_says_what_is_wrong_with_it() {
    let whole = listed([1.0; 5]).to_string();
    let mut twice = listed([1.0; 5]);
    twice["criteria"][1]["criterion"] = json!("relevance");
    twice["criteria"][1]["score"] = json!(2);
    let missing = |id: &str| Fault::NoScore(id.to_owned());
    let cases = [
        (String::new(), vec![Fault::Form(NoObject::Missing)]),
        (
            "I cannot grade this.".to_owned(),
            vec![Fault::Form(NoObject::Missing)],
        ),
        (
            "[85, 80, 90, 75, 70]".to_owned(),
            vec![Fault::Form(NoObject::Missing)],
        ),
        (
            whole[..whole.len() - 20].to_owned(),
            vec![Fault::Form(NoObject::CutOff)],
        ),
        ("{".repeat(100_000), vec![Fault::Form(NoObject::CutOff)]),
        (
            format!("{whole}{}", " ".repeat(MOST_CHARS_READ)),
            vec![Fault::Form(NoObject::TooLong)],
        ),
        ("{}".to_owned(), IDS.map(missing).to_vec()),
        (
            "{\"depth\": 5, \"clarity\": 5, \"completeness\": 5, \"technical_accuracy\": 5}".to_owned(),
            vec![missing("relevance")],
        ),
        (
            twice.to_string(),
            vec![Fault::TwoScores("relevance".to_owned()), missing("depth")],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(scores(&text).unwrap_err(), expected, "{text:.80}");
    }
}

/// Sixty and more bodies that are not quite right.
fn malformed() -> Vec<String> {
    let whole = listed([85.0, 80.0, 90.0, 75.0, 70.0]).to_string();
    let mut bodies: Vec<String> = (0..40)
        .map(|part| whole[..whole.len() * part / 40].to_owned())
        .collect();
    let wrong = [
        "null",
        "true",
        "\"85\"",
        "{\"a\":1}",
        "[]",
        "1e999",
        "-0",
        "\"\\ud800\"",
        "NaN",
        "[[[[]]]]",
        "\"<script>\"",
        "9999999999999999999",
    ];
    bodies.extend(wrong.iter().map(|value| whole.replace("85.0", value)));
    bodies.extend(wrong.iter().map(|value| format!("{{\"criteria\": {value}}}")));
    bodies.extend(wrong.iter().map(|value| (*value).to_owned()));
    bodies.extend([
        whole.replace('"', "'"),
        whole.replace('"', "“"),
        whole.replace(['{', '}'], ""),
        whole.replace("criterion", "kriterium"),
        "{".repeat(5_000) + &"}".repeat(5_000),
        format!("{{\"criteria\":{}1{}}}", "[".repeat(5_000), "]".repeat(5_000)),
        "data: {\"choices\":[{\"delta\":{\"content\":\"{\"}}]}\n\ndata: [DONE]\n".to_owned(),
        "<html><body>502 Bad Gateway</body></html>".to_owned(),
        "\u{1f8b}\u{8}\0\0\0\0".to_owned(),
        "x".repeat(10_000_000),
    ]);
    bodies
}

#[test]
fn malformed_bodies_never_panic_and_a_score_is_in_range() {
    let bodies = malformed();
    assert!(bodies.len() >= 60);
    let mut read = 0;
    for body in bodies {
        if let Ok(scores) = scores(&body) {
            read += 1;
            assert!(
                scores.iter().all(|score| (0.0..=100.0).contains(score)),
                "{body:.80}"
            );
        }
    }
    assert_eq!(read, 3, "numbers that only have to be read or brought into range");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        let _ = scores(&text);
    }

    #[test]
    fn a_verdict_with_pieces_missing_or_doubled_is_in_range(cuts in prop::collection::vec((0_usize..900, 0_usize..40, any::<char>()), 0..6)) {
        let mut text: Vec<char> = listed([85.0, 80.0, 90.0, 75.0, 70.0]).to_string().chars().collect();
        for (at, length, inserted) in cuts {
            let at = at.min(text.len());
            let end = (at + length).min(text.len());
            text.splice(at..end, [inserted]);
        }
        let text: String = text.into_iter().collect();
        if let Ok(scores) = scores(&text) {
            prop_assert!(scores.len() == 5 && scores.iter().all(|score| (0.0..=100.0).contains(score)));
        }
    }
}
