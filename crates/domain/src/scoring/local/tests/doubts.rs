//! Answers that deserve less trust, and what the scorer must never do.

use super::*;

#[test]
fn nothing_in_common_is_off_topic_and_gets_no_floor() {
    let rubric = Rubric::default_for(Difficulty::Easy);
    for answer in ["The weather is nice today and I like pizza.", "", " \n ", "???"] {
        let verdict = judge(QUESTION, Some(REFERENCE), &rubric, answer);
        assert_eq!(
            (verdict.points, verdict.reason),
            (Some(Points::ZERO), Reason::OffTopic),
            "{answer}"
        );
        assert!(
            verdict
                .criteria
                .iter()
                .all(|part| part.score == 0.0 && part.evidence.is_empty())
        );
    }
    let touched = judge(QUESTION, Some(REFERENCE), &rubric, "It has to do with plants.");
    assert!(
        touched.points.unwrap() >= Points::whole(10),
        "the floor of easy items is 10"
    );
}

#[test]
fn a_denied_reference_and_a_wrong_number_cost() {
    let question = "Can local variables be accessed outside the function?";
    let reference = "Local variables cannot be accessed outside the function that defines them.";
    let denied = points(
        question,
        reference,
        "Local variables can be accessed outside the function that defines them.",
    );
    let agreed = points(
        question,
        reference,
        "No, they're only visible inside the function in which they are defined.",
    );
    assert!(denied < 50.0 && agreed > 60.0, "{denied} and {agreed}");

    let wrong = judge(
        "How many bits are in a byte?",
        Some("A byte has 8 bits."),
        &Rubric {
            criteria: vec![criterion("accuracy", &[])],
            floor: 0.0,
        },
        "A byte has 16 bits.",
    );
    assert!(wrong.points.unwrap() < Points::whole(20));
    assert_eq!(
        wrong.criteria[0].rationale,
        "Gives a number that differs from what is expected."
    );
}

#[test]
fn other_languages_are_flagged_and_never_sure() {
    for answer in [
        "La fotosíntesis es el proceso mediante el cual las plantas verdes convierten la luz solar en glucosa y oxígeno.",
        "Die Photosynthese ist ein Prozess, bei dem Pflanzen aus Licht, Wasser und Kohlendioxid Glucose herstellen.",
        "Фотосинтез превращает свет в глюкозу.",
        "光合作用是植物利用阳光制造葡萄糖的过程。",
    ] {
        let verdict = judge(QUESTION, Some(REFERENCE), &whole(), answer);
        assert!(
            verdict.flags.contains(&FLAG_OTHER_LANGUAGE.to_owned()),
            "{:?} for {answer}",
            verdict.flags
        );
        assert!(verdict.confidence.unwrap() <= 0.25);
        assert_eq!(
            verdict.reason,
            Reason::Judged,
            "what was not understood is not called off topic"
        );
        assert!(verdict.criteria[0].rationale.contains("English"));
    }
}

#[test]
fn echoing_the_question_is_flagged_and_earns_nothing() {
    for (question, reference, answer) in [
        (QUESTION, REFERENCE, QUESTION),
        (
            INDEX_QUESTION,
            INDEX_REFERENCE,
            "Databases use indexes because indexes are used by databases.",
        ),
    ] {
        let verdict = judge(
            question,
            Some(reference),
            &Rubric::default_for(Difficulty::Easy),
            answer,
        );
        assert_eq!(verdict.flags, [FLAG_ECHOES_QUESTION], "{answer}");
        assert!(verdict.points.unwrap() <= Points::whole(10) && verdict.confidence.unwrap() <= 0.25);
    }
}

#[test]
fn a_list_of_keywords_is_flagged_where_sentences_are_expected() {
    let keywords = "sunlight water carbon dioxide glucose oxygen plants energy animals breathe eat";
    let verdict = judge(QUESTION, Some(REFERENCE), &whole(), keywords);
    assert_eq!(verdict.flags, [FLAG_KEYWORD_LIST]);
    assert!(verdict.points.unwrap() <= Points::whole(80) && verdict.confidence.unwrap() <= 0.25);
    let listed = judge(
        "Name the colours.",
        Some("Red, green, blue."),
        &whole(),
        "red green blue cyan pink grey white black",
    );
    assert!(
        listed.flags.is_empty(),
        "a list was asked for: {:?}",
        listed.flags
    );
}

#[test]
fn without_reference_and_concepts_length_and_topic_count_and_doubt_is_high() {
    let rubric = Rubric::default_for(Difficulty::Hard);
    let short = "Photosynthesis matters because animals breathe.";
    let long = "Photosynthesis turns light into sugar inside green leaves. Therefore plants grow and feed many animals. \
        Because oxygen leaves the leaf, lungs and gills work. For example, forests supply rivers, birds, insects and \
        people with fresh air. However, photosynthesis also binds carbon, so the climate stays mild. If forests vanish, \
        animals lose shelter, food chains break and deserts spread across former pastures.";
    let (short, long) = (
        judge(QUESTION, None, &rubric, short),
        judge(QUESTION, None, &rubric, long),
    );
    assert!(short.points < long.points, "{:?} {:?}", short.points, long.points);
    assert!(long.points.unwrap() <= Points::whole(90) && long.confidence.unwrap() <= 0.3);
    assert_eq!(long.flags, [FLAG_NO_REFERENCE]);
}

#[test]
fn no_rationale_tells_the_reference_or_the_concepts() {
    let secret = "xylophone quasar marzipan";
    let mut rubric = Rubric::default_for(Difficulty::Medium);
    rubric.criteria.push(criterion("extra", &["zeppelin", "quasar"]));
    for answer in [
        "An orchestra.",
        "A xylophone without a quasar is not 7 marzipan because of it.",
        "Nada.",
        secret,
    ] {
        let verdict = judge("What is on the table?", Some(secret), &rubric, answer);
        for part in verdict.criteria {
            for word in ["xylophone", "quasar", "marzipan", "zeppelin"] {
                assert!(
                    !part.rationale.to_lowercase().contains(word),
                    "{}",
                    part.rationale
                );
            }
        }
    }
}

#[test]
fn a_rubric_that_makes_no_total_leaves_the_answer_ungraded() {
    let rubric = Rubric {
        criteria: vec![criterion("same", &[]), criterion("same", &[])],
        floor: 0.0,
    };
    let verdict = judge(QUESTION, Some(REFERENCE), &rubric, REFERENCE);
    assert_eq!((verdict.points, verdict.reason), (None, Reason::Ungraded));
    assert_eq!(verdict.flags, [FLAG_UNUSABLE_RUBRIC]);
}
