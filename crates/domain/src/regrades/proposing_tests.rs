use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::attempts::{AttemptState, ResultItem, attempt_in};
use crate::authoring::Settings;
use crate::authoring::item::{Choice, CognitiveLevel, Difficulty, ItemBody, Negative};
use crate::authoring::rubric::Rubric;
use crate::ids::{AttemptId, ItemId, ScoreRecordId};
use crate::scoring::{Reason, ScoreRecord};
use crate::time::Timestamp;

const POLICIES: [Policy; 2] = Policy::ALL;

fn content(body: ItemBody) -> ItemContent {
    ItemContent {
        stem: "Which is it?".to_owned(),
        marks: Points::whole(4),
        body,
        topic: String::new(),
        cognitive_level: CognitiveLevel::Remember,
        difficulty: Difficulty::Easy,
        source: None,
        skills: Vec::new(),
        written_by: None,
    }
}

fn choice(key: &str) -> ItemContent {
    let options = ["a", "b", "c"].map(|id| Choice {
        id: id.to_owned(),
        text: format!("Option {id}"),
    });
    content(ItemBody::MultipleChoice {
        options: options.to_vec(),
        key: vec![key.to_owned()],
        negative: Negative::default(),
    })
}

fn essay(reference: &str, rubric: Rubric) -> ItemContent {
    content(ItemBody::Essay {
        reference: Some(reference.to_owned()),
        rubric,
    })
}

fn seen(content: ItemContent) -> VersionedItem {
    VersionedItem {
        item_id: ItemId(Uuid::from_u128(1)),
        item_version_id: ItemVersionId(Uuid::from_u128(1)),
        version: 1,
        section_index: 0,
        position: 0,
        content,
    }
}

fn key(content: ItemContent) -> KeyVersion {
    KeyVersion {
        item_id: ItemId(Uuid::from_u128(1)),
        item_version_id: ItemVersionId(Uuid::from_u128(2)),
        content,
    }
}

fn verdict(scorer: Scorer, points: Option<i64>) -> Verdict {
    Verdict {
        scorer,
        scorer_version: "test-1".to_owned(),
        points: points.map(Points::whole),
        max_points: Points::whole(4),
        reason: if points.is_some() {
            Reason::Judged
        } else {
            Reason::Ungraded
        },
        criteria: Vec::new(),
        confidence: Some(0.9),
        flags: Vec::new(),
    }
}

fn counting(scorer: Scorer, points: Option<i64>) -> CountingRecord {
    CountingRecord {
        record: ScoreRecord {
            id: ScoreRecordId(Uuid::from_u128(9)),
            attempt_id: AttemptId(Uuid::from_u128(7)),
            item_version_id: ItemVersionId(Uuid::from_u128(1)),
            verdict: verdict(scorer, points),
            cause: "initial".to_owned(),
            job_id: None,
            created_at: Timestamp::from_micros(0),
        },
        reason: ResolutionReason::Rule,
        provisional: false,
    }
}

fn judged(policy: Policy, versions: [ItemContent; 2], answer: &Value, counts: &CountingRecord) -> Judgement {
    let [before, after] = versions;
    let (seen, key) = (seen(before), key(after));
    let answered = Answered {
        seen: &seen,
        key: &key,
        answer: Some(answer),
        counts,
    };
    judged_by_rules(policy, answered)
}

fn outcome(judgement: &Judgement) -> Outcome {
    match judgement {
        Judgement::Found(found) => found.outcome,
        Judgement::Text | Judgement::Program => Outcome::Judging,
    }
}

#[test]
fn another_key_raises_what_was_wrong_and_lowers_what_was_right_where_that_is_wanted() {
    let changed = || [choice("a"), choice("b")];
    let cases = [
        ("b", 0, Policy::NeverLower, Outcome::Proposed),
        ("b", 0, Policy::BothWays, Outcome::Proposed),
        ("a", 4, Policy::NeverLower, Outcome::KeptHigher),
        ("a", 4, Policy::BothWays, Outcome::Proposed),
        ("c", 0, Policy::BothWays, Outcome::Unchanged),
    ];
    for (answer, points, policy, expected) in cases {
        let counts = counting(Scorer::Rule, Some(points));
        let judgement = judged(policy, changed(), &json!(answer), &counts);
        assert_eq!(outcome(&judgement), expected, "{answer} {policy:?}");
        let Judgement::Found(found) = judgement else {
            unreachable!("rules judge a choice");
        };
        let new = if answer == "b" { 4 } else { 0 };
        assert_eq!(found.new_points, Some(Points::whole(new)));
        assert_eq!(found.proposal.is_some(), expected == Outcome::Proposed);
        let reasons = found.proposal.map(|proposal| proposal.reason);
        assert!(reasons.is_none_or(|reason| reason == ResolutionReason::Regraded));
    }
}

#[test]
fn what_a_person_has_said_stays() {
    let counts = counting(Scorer::Human, Some(0));
    for policy in POLICIES {
        let judgement = judged(policy, [choice("a"), choice("b")], &json!("b"), &counts);
        assert_eq!(judgement, left_alone(Outcome::KeptByPerson));
    }
}

#[test]
fn whoever_saw_another_question_is_left_alone() {
    let counts = counting(Scorer::Rule, Some(0));
    let mut reworded = choice("b");
    reworded.stem = "Which is it not?".to_owned();
    let mut worth_more = choice("b");
    worth_more.marks = Points::whole(5);
    let mut other_option = choice("b");
    if let ItemBody::MultipleChoice { options, .. } = &mut other_option.body {
        options[2].text = "None of these".to_owned();
    }
    let other_kind = content(ItemBody::TrueFalse {
        key: true,
        negative: Negative::default(),
    });
    for after in [reworded, worth_more, other_option, other_kind] {
        let judgement = judged(Policy::BothWays, [choice("a"), after], &json!("b"), &counts);
        assert_eq!(outcome(&judgement), Outcome::NotComparable);
    }
}

#[test]
fn reference_rubric_topic_and_skills_may_differ() {
    let counts = counting(Scorer::Local, Some(2));
    let mut rubric = Rubric::default_for(Difficulty::Hard);
    rubric.criteria.truncate(1);
    let mut after = essay("Another one.", rubric);
    after.topic = "Elsewhere".to_owned();
    after.skills = vec!["writing".to_owned()];
    let before = essay("This one.", Rubric::default_for(Difficulty::Easy));
    let judgement = judged(
        Policy::BothWays,
        [before.clone(), after.clone()],
        &json!("Words."),
        &counts,
    );
    assert_eq!(judgement, Judgement::Text);
    let unanswered = judged(
        Policy::BothWays,
        [before, after],
        &json!("  "),
        &counting(Scorer::Rule, Some(0)),
    );
    assert_eq!(outcome(&unanswered), Outcome::Unchanged);
}

#[test]
fn files_wait_for_a_person_as_before() {
    let file = || {
        content(ItemBody::FileUpload {
            accepted: vec!["application/pdf".to_owned()],
            max_files: 1,
        })
    };
    let answer = json!({ "file_ids": ["0190d9a1-7c3e-7b5a-9f10-5b2f6f6d3a21"] });
    let judgement = judged(
        Policy::BothWays,
        [file(), file()],
        &answer,
        &counting(Scorer::Rule, None),
    );
    assert_eq!(outcome(&judgement), Outcome::NotJudged);
}

#[test]
fn points_are_weighed_by_the_policy_and_a_missing_verdict_takes_nothing_away() {
    use Outcome as O;
    let cases = [
        (Some(2), Some(3), [O::Proposed, O::Proposed]),
        (Some(2), Some(2), [O::Unchanged, O::Unchanged]),
        (Some(2), Some(1), [O::KeptHigher, O::Proposed]),
        (Some(0), Some(-1), [O::KeptHigher, O::Proposed]),
        (None, Some(0), [O::Proposed, O::Proposed]),
        (Some(2), None, [O::NotJudged, O::NotJudged]),
        (None, None, [O::NotJudged, O::NotJudged]),
    ];
    for (old, new, expected) in cases {
        let weighed = POLICIES.map(|policy| weigh(policy, old.map(Points::whole), new.map(Points::whole)));
        assert_eq!(weighed, expected, "{old:?} → {new:?}");
    }
}

#[test]
fn a_text_is_proposed_by_the_model_where_there_is_one_and_doubts_are_named() {
    let thresholds = Thresholds {
        review_below_confidence: 0.6,
        review_above_gap: 25.0,
    };
    let local = |confidence| Verdict {
        confidence: Some(confidence),
        ..verdict(Scorer::Local, Some(2))
    };
    let alone = |confidence| of_text(local(confidence), Models::Unset, &thresholds).unwrap();
    assert_eq!(alone(0.9).reason, ResolutionReason::Regraded);
    assert_eq!(alone(0.3).reason, ResolutionReason::LowConfidence);
    let model = |points| Models::Judged(verdict(Scorer::Llm, Some(points)));
    let beside = |points| of_text(local(0.9), model(points), &thresholds).unwrap();
    assert_eq!(beside(2).reason, ResolutionReason::Regraded);
    assert_eq!(beside(4).reason, ResolutionReason::Disagreement);
    assert_eq!(beside(2).verdict.scorer, Scorer::Llm);
    assert_eq!(beside(2).second, Some(local(0.9)));
    let missing = Models::Missing {
        reason: crate::scoring::DeferralReason::Budget,
        not_before: None,
    };
    assert_eq!(of_text(local(0.9), missing, &thresholds), None);
}

#[test]
fn a_mark_crosses_the_pass_line_with_its_items() {
    let item = |number: u128, points| ResultItem {
        item: VersionedItem {
            item_version_id: ItemVersionId(Uuid::from_u128(number)),
            ..seen(choice("a"))
        },
        response: None,
        counts: Some(counting(Scorer::Rule, Some(points))),
        regraded_by: None,
    };
    let result = AttemptResult {
        attempt: attempt_in(AttemptState::Completed),
        title: "Sample".to_owned(),
        settings: Settings::default(),
        items: vec![item(1, 4), item(2, 0)],
        models: crate::llm::AttemptUse::default(),
    };
    let after = |number, points| {
        standing(
            &result,
            &[(ItemVersionId(Uuid::from_u128(number)), Points::whole(points))],
        )
    };
    let raised = after(2, 4);
    assert_eq!((raised.old_percent, raised.old_passed), (Some(50.0), Some(false)));
    assert_eq!((raised.new_percent, raised.new_passed), (Some(100.0), Some(true)));
    let lowered = after(1, 0);
    assert_eq!(
        (lowered.new_percent, lowered.new_passed),
        (Some(0.0), Some(false))
    );
    let elsewhere = after(3, 4);
    assert_eq!(elsewhere.new_percent, elsewhere.old_percent);
}
