use uuid::Uuid;

use super::*;
use crate::attempts::{AttemptState, CountingRecord, attempt_in};
use crate::authoring::item::{CognitiveLevel, Difficulty, ItemBody, ItemContent, Negative, ProfileForm};
use crate::authoring::{Settings, VersionedItem};
use crate::ids::{ItemId, ItemVersionId, ScoreRecordId};
use crate::llm::AttemptUse;
use crate::points::Points;
use crate::scoring::{Reason, ResolutionReason, ScoreRecord, Scorer, Verdict};

/// An item of four marks with its skills, and its points if it is graded.
fn item(id: u128, skills: &str, points: Option<i64>) -> ResultItem {
    let item_version_id = ItemVersionId(Uuid::from_u128(id));
    let content = ItemContent {
        stem: "It is so.".to_owned(),
        marks: Points::whole(4),
        body: ItemBody::TrueFalse {
            key: true,
            negative: Negative::default(),
        },
        topic: format!("topic {id}"),
        cognitive_level: CognitiveLevel::Remember,
        difficulty: Difficulty::Easy,
        source: None,
        skills: skills.split_whitespace().map(str::to_owned).collect(),
        written_by: None,
    };
    ResultItem {
        item: VersionedItem {
            item_id: ItemId(Uuid::nil()),
            item_version_id,
            version: 1,
            section_index: 0,
            position: 0,
            content,
        },
        response: None,
        counts: points.map(|points| counting(item_version_id, Points::whole(points))),
        regraded_by: None,
    }
}

fn counting(item_version_id: ItemVersionId, points: Points) -> CountingRecord {
    let attempt = attempt_in(AttemptState::Completed);
    let verdict = Verdict {
        scorer: Scorer::Rule,
        scorer_version: "test-1".to_owned(),
        points: Some(points),
        max_points: Points::whole(4),
        reason: Reason::Judged,
        criteria: Vec::new(),
        confidence: None,
        flags: Vec::new(),
    };
    CountingRecord {
        record: ScoreRecord {
            id: ScoreRecordId(Uuid::nil()),
            attempt_id: attempt.id,
            item_version_id,
            verdict,
            cause: "initial".to_owned(),
            job_id: None,
            created_at: attempt.updated_at,
        },
        reason: ResolutionReason::OnlyVerdict,
        provisional: false,
    }
}

fn result(items: Vec<ResultItem>) -> AttemptResult {
    AttemptResult {
        attempt: attempt_in(AttemptState::Completed),
        title: "Backend".to_owned(),
        settings: Settings::default(),
        items,
        models: AttemptUse::default(),
    }
}

fn skills(named: &[(&str, f64)]) -> Vec<Skill> {
    let skill = |(slug, target): &(&str, f64)| Skill {
        skill: (*slug).to_owned(),
        name: slug.to_uppercase(),
        target_level: *target,
    };
    named.iter().map(skill).collect()
}

/// Slug, level and gap of each skill.
fn shown(profile: &Profile) -> Vec<(&str, f64, f64)> {
    let skills = profile.skills.iter();
    skills
        .map(|skill| (skill.skill.as_str(), skill.level, skill.gap()))
        .collect()
}

#[test]
fn a_level_is_the_share_of_the_marks_and_the_widest_gap_comes_first() {
    let result = result(vec![
        item(1, "sql", Some(3)),
        item(2, "sql http", Some(1)),
        item(3, "http", None),
        item(4, "tests", Some(4)),
        item(5, "", Some(0)),
    ]);
    let track = skills(&[("tests", 60.0), ("sql", 60.0), ("http", 70.0), ("law", 90.0)]);
    let profile = Profile::of(&track, &result);
    let expected = [("http", 25.0, 45.0), ("sql", 50.0, 10.0), ("tests", 100.0, 0.0)];
    assert_eq!(shown(&profile), expected);
    assert_eq!(profile.percent, Some(50.0));
    assert_eq!(
        (profile.skills[0].name.as_str(), profile.skills[0].target),
        ("HTTP", 70.0)
    );
}

#[test]
fn equal_gaps_stay_in_the_order_of_the_track() {
    let result = result(vec![item(1, "b a c", Some(2))]);
    let profile = Profile::of(&skills(&[("b", 60.0), ("c", 60.0), ("a", 60.0)]), &result);
    let order: Vec<&str> = profile.skills.iter().map(|skill| skill.skill.as_str()).collect();
    assert_eq!(order, ["b", "c", "a"]);
}

#[test]
fn evidence_begins_with_the_most_marks_lost() {
    let items = [(4, 2), (3, 2), (2, -2), (1, 4)].map(|(id, points)| item(id, "sql", Some(points)));
    let profile = Profile::of(&skills(&[("sql", 60.0)]), &result(items.to_vec()));
    let evidence = profile.skills[0].evidence.iter();
    let evidence: Vec<(u128, &str, f64)> = evidence
        .map(|one| (one.item_version_id.0.as_u128(), one.topic.as_str(), one.lost))
        .collect();
    let expected = [
        (2, "topic 2", 1.0),
        (3, "topic 3", 0.5),
        (4, "topic 4", 0.5),
        (1, "topic 1", 0.0),
    ];
    assert_eq!(evidence, expected);
}

#[test]
fn a_level_is_never_outside_its_range() {
    let level = |points| {
        let result = result(vec![item(1, "sql", Some(points))]);
        Profile::of(&skills(&[("sql", 60.0)]), &result).skills[0].level
    };
    assert!(level(-2).abs() < 1e-9);
    assert!((level(9) - 100.0).abs() < 1e-9);
}

#[test]
fn nothing_is_shown_by_items_without_marks_or_points() {
    let mut worthless = item(1, "sql", Some(0));
    worthless.item.content.marks = Points::ZERO;
    let result = result(vec![worthless, item(2, "sql", None)]);
    let profile = Profile::of(&skills(&[("sql", 60.0)]), &result);
    assert_eq!(shown(&profile), []);
    assert_eq!(Profile::of(&[], &result).skills, Vec::new());
}

#[test]
fn items_that_describe_the_candidate_count_only_where_the_settings_say_so() {
    let mut described = item(2, "sql", Some(4));
    described.item.content.body = ItemBody::Profile {
        form: ProfileForm::Text,
    };
    let mut result = result(vec![item(1, "sql", Some(0)), described]);
    let track = skills(&[("sql", 60.0)]);
    assert_eq!(shown(&Profile::of(&track, &result)), [("sql", 0.0, 60.0)]);
    result.settings.profile_counts = true;
    let profile = Profile::of(&track, &result);
    assert_eq!(shown(&profile), [("sql", 50.0, 10.0)]);
    assert_eq!(profile.percent, Some(50.0));
}
