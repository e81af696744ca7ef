//! Verdicts of people, case by case.

use super::*;
use crate::authoring::item::{CognitiveLevel, Difficulty, Negative};

fn content(body: ItemBody) -> ItemContent {
    ItemContent {
        stem: "Why?".to_owned(),
        marks: Points::whole(10),
        body,
        topic: "Reasons".to_owned(),
        cognitive_level: CognitiveLevel::Evaluate,
        difficulty: Difficulty::Medium,
        source: None,
        skills: Vec::new(),
        written_by: None,
    }
}

fn level(name: &str, from_score: f64) -> Level {
    Level {
        name: name.to_owned(),
        descriptor: String::new(),
        from_score,
    }
}

/// The default rubric; depth has levels.
fn essay(difficulty: Difficulty) -> ItemContent {
    let mut rubric = Rubric::default_for(difficulty);
    rubric.criteria[1].levels = vec![level("low", 0.0), level("fair", 40.0), level("high", 75.0)];
    content(ItemBody::Essay {
        reference: None,
        rubric,
    })
}

fn grade(criterion: &str, score: f64) -> CriterionGrade {
    CriterionGrade {
        criterion: criterion.to_owned(),
        score: Some(score),
        level: None,
        rationale: format!("said of {criterion}"),
    }
}

fn grades(scores: [f64; 5]) -> Vec<CriterionGrade> {
    let ids = [
        "technical_accuracy",
        "completeness",
        "clarity",
        "depth",
        "relevance",
    ];
    // The other way round than the rubric has them.
    ids.into_iter()
        .zip(scores.into_iter().rev())
        .map(|(id, score)| grade(id, score))
        .collect()
}

fn by_criteria(criteria: Vec<CriterionGrade>) -> Grade {
    Grade::Criteria {
        criteria,
        off_topic: false,
    }
}

fn pointers(faults: Vec<GradeFault>) -> Vec<String> {
    faults.into_iter().map(|fault| fault.pointer).collect()
}

#[test]
fn points_come_from_the_weights_of_the_rubric() {
    let verdict = graded(
        &essay(Difficulty::Hard),
        &by_criteria(grades([90.0, 80.0, 70.0, 60.0, 50.0])),
    )
    .unwrap();
    assert_eq!(verdict.points, Some(Points::whole(7)));
    assert_eq!((verdict.scorer, verdict.reason), (Scorer::Human, Reason::Judged));
    assert_eq!(
        (verdict.confidence, verdict.scorer_version.as_str()),
        (None, "person-1")
    );
    let first = &verdict.criteria[0];
    assert_eq!((first.criterion.as_str(), first.score), ("relevance", 90.0));
    assert_eq!(first.rationale, "said of relevance");
    assert_eq!(verdict.criteria[1].level.as_deref(), Some("high"));
}

#[test]
fn the_floor_is_not_for_what_is_off_topic() {
    let item = essay(Difficulty::Easy);
    let nothing = grades([0.0; 5]);
    let verdict = graded(&item, &by_criteria(nothing.clone())).unwrap();
    assert_eq!(verdict.points, Some(Points::whole(1)));
    let off_topic = Grade::Criteria {
        criteria: nothing,
        off_topic: true,
    };
    let verdict = graded(&item, &off_topic).unwrap();
    assert_eq!(
        (verdict.points, verdict.reason),
        (Some(Points::ZERO), Reason::OffTopic)
    );
}

#[test]
fn a_level_counts_as_the_middle_of_its_scores() {
    let scored = |name: &str| {
        let mut all = grades([50.0; 5]);
        all[3].score = None;
        all[3].level = Some(name.to_owned());
        graded(&essay(Difficulty::Hard), &by_criteria(all)).map(|verdict| verdict.criteria[1].score)
    };
    assert_eq!(scored("low"), Ok(20.0));
    assert_eq!(scored("fair"), Ok(57.5));
    assert_eq!(scored("high"), Ok(87.5));
    let refused = scored("perfect").unwrap_err();
    assert_eq!(
        refused,
        [GradeFault::new("/criteria/3/level", "one of low, fair, high")]
    );
}

#[test]
fn every_fault_is_named_by_its_place() {
    let mut all = grades([50.0, 50.0, 50.0, 101.0, -1.0]);
    all[2] = grade("charm", 1.0);
    all[4].level = Some("high".to_owned());
    all.push(grade("depth", 3.0));
    let refused = graded(&essay(Difficulty::Hard), &by_criteria(all)).unwrap_err();
    assert_eq!(
        pointers(refused),
        [
            "/criteria/2/criterion",
            "/criteria/5/criterion",
            "/criteria/4/level",
            "/criteria",
            "/criteria/1/score",
            "/criteria/0/score"
        ]
    );
    let mut neither = grades([50.0; 5]);
    neither[0].score = None;
    let refused = graded(&essay(Difficulty::Hard), &by_criteria(neither)).unwrap_err();
    assert_eq!(pointers(refused), ["/criteria/0/score"]);
    let mut leveled = grades([50.0; 5]);
    (leveled[0].score, leveled[0].level) = (None, Some("high".to_owned()));
    let refused = graded(&essay(Difficulty::Hard), &by_criteria(leveled)).unwrap_err();
    assert!(refused[0].expected.contains("no levels"), "{refused:?}");
    assert!(
        graded(
            &essay(Difficulty::Hard),
            &by_criteria(vec![grade("depth", f64::NAN)])
        )
        .is_err()
    );
}

#[test]
fn points_are_for_items_without_criteria_and_lie_in_their_range() {
    let statement = content(ItemBody::TrueFalse {
        key: true,
        negative: Negative {
            percent: Some(0.25),
            mark: None,
        },
    });
    let points = |hundredths| graded(&statement, &Grade::Points(Points::from_hundredths(hundredths)));
    assert_eq!(points(1000).unwrap().reason, Reason::Correct);
    assert_eq!(points(1).unwrap().reason, Reason::PartiallyCorrect);
    assert_eq!(points(0).unwrap().reason, Reason::Incorrect);
    assert_eq!(points(-250).unwrap().points, Some(Points::from_hundredths(-250)));
    assert_eq!(pointers(points(-251).unwrap_err()), ["/points"]);
    assert_eq!(pointers(points(1001).unwrap_err()), ["/points"]);
    let file = content(ItemBody::FileUpload {
        accepted: Vec::new(),
        max_files: 1,
    });
    assert!(graded(&file, &Grade::Points(Points::from_hundredths(-1))).is_err());
    assert_eq!(
        pointers(graded(&file, &by_criteria(grades([1.0; 5]))).unwrap_err()),
        ["/criteria"]
    );
    let refused = graded(&essay(Difficulty::Hard), &Grade::Points(Points::whole(1)));
    assert_eq!(pointers(refused.unwrap_err()), ["/points"]);
}

#[test]
fn whoever_agrees_says_the_same_as_a_person_and_nobody_agrees_with_nothing() {
    let mut machine = graded(&essay(Difficulty::Hard), &by_criteria(grades([40.0; 5]))).unwrap();
    machine.scorer = Scorer::Local;
    machine.confidence = Some(0.3);
    machine.flags = vec!["padded".to_owned()];
    let person = confirmed(&machine).unwrap();
    assert_eq!(
        (person.points, &person.criteria),
        (machine.points, &machine.criteria)
    );
    assert_eq!(
        (person.scorer, person.confidence, person.flags.len()),
        (Scorer::Human, None, 0)
    );
    machine.points = None;
    assert_eq!(confirmed(&machine), None);
}
