//! What is shipped has to be right: candidates are judged by it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::*;
use crate::attempts::{Form, Slot};
use crate::authoring::authored::validate;
use crate::authoring::gate::content_hash;
use crate::authoring::item::{ItemBody, ItemGroup, ItemKind, ProfileForm};
use crate::authoring::sample_answers::{answer_key, wrong_answer};
use crate::points::Points;
use crate::scoring::answer::parse;
use crate::scoring::rules::{RuleOutcome, score};

/// What a machine can judge without a runner or a person.
const SUITABLE: [ItemKind; 10] = [
    ItemKind::MultipleChoice,
    ItemKind::MultipleResponse,
    ItemKind::TrueFalse,
    ItemKind::FillBlank,
    ItemKind::Matching,
    ItemKind::Numeric,
    ItemKind::Ordering,
    ItemKind::ShortAnswer,
    ItemKind::Essay,
    ItemKind::Profile,
];

/// Track and stem beside each item, for messages.
fn items() -> Vec<(String, ItemContent)> {
    let tracks = shipped_tracks().unwrap().into_iter();
    tracks
        .flat_map(|track| {
            let name = track.slug;
            track
                .items
                .into_iter()
                .map(move |item| (format!("{name}: {}", item.stem), item))
        })
        .collect()
}

/// The points that rules give; none when they leave the judgement to others.
fn points(item: &ItemContent, answer: &Value) -> Option<Points> {
    match score(&item.body, item.marks, Some(answer)) {
        RuleOutcome::Scored(verdict) => verdict.points,
        RuleOutcome::NeedsText | RuleOutcome::NeedsRunner | RuleOutcome::NeedsPerson => None,
    }
}

/// Whether some answers to a form count for more than others.
fn is_scored(form: &ProfileForm) -> bool {
    match form {
        ProfileForm::Text => false,
        ProfileForm::Choice { scores, .. } => !scores.is_empty(),
        ProfileForm::Checklist { bands, context } => !(bands.is_empty() && context.is_empty()),
        ProfileForm::Compound { fields } => fields.iter().any(|field| is_scored(&field.form)),
    }
}

#[test]
fn every_track_can_be_read_and_has_a_bank_of_every_suitable_kind() {
    let tracks = shipped_tracks().unwrap();
    let slugs: Vec<&str> = tracks.iter().map(|track| track.slug.as_str()).collect();
    assert_eq!(slugs, ["backend-engineer", "data-analyst"]);
    for track in tracks {
        assert!(track.items.len() >= 24, "{}", track.slug);
        assert_eq!(track.settings, Settings::for_tracks());
        let kinds: BTreeSet<ItemKind> = track.items.iter().map(|item| item.body.kind()).collect();
        assert_eq!(kinds, SUITABLE.into(), "{}", track.slug);
    }
}

#[test]
fn every_item_is_one_that_a_person_might_have_sent() {
    for (name, item) in items() {
        assert_eq!(validate(&item), Ok(()), "{name}");
        assert_eq!(item.source, None, "{name}");
    }
}

#[test]
fn no_bank_asks_the_same_twice() {
    for track in shipped_tracks().unwrap() {
        let hashes: BTreeSet<String> = track.items.iter().map(content_hash).collect();
        assert_eq!(hashes.len(), track.items.len(), "{}", track.slug);
    }
}

#[test]
fn items_name_skills_of_their_track_and_every_skill_has_evidence() {
    for track in shipped_tracks().unwrap() {
        let mut evidence: BTreeMap<&str, usize> = track
            .skills
            .iter()
            .map(|skill| (skill.skill.as_str(), 0))
            .collect();
        assert_eq!(evidence.len(), track.skills.len(), "{}", track.slug);
        for item in &track.items {
            assert!(!item.skills.is_empty(), "{}", item.stem);
            for skill in &item.skills {
                let count = evidence.get_mut(skill.as_str());
                *count.unwrap() += usize::from(item.body.kind() != ItemKind::Profile);
            }
        }
        assert!(
            evidence.values().all(|items| *items >= 2),
            "{}: {evidence:?}",
            track.slug
        );
    }
}

#[test]
fn the_key_earns_full_marks_and_a_wrong_answer_less() {
    let mut judged = 0;
    for (name, item) in items() {
        let (right, wrong) = (answer_key(&item), wrong_answer(&item));
        for answer in [&right, &wrong] {
            assert!(
                matches!(parse(&item.body, answer), Ok(Some(_))),
                "{name}: {answer}"
            );
        }
        if item.body.kind().is_text() {
            continue;
        }
        judged += 1;
        assert_eq!(points(&item, &right), Some(item.marks), "{name}: {right}");
        let differs = !matches!(&item.body, ItemBody::Profile { form } if !is_scored(form));
        if differs {
            assert!(points(&item, &wrong) < Some(item.marks), "{name}: {wrong}");
        }
    }
    assert!(judged > 80, "{judged}");
}

#[test]
fn an_attempt_draws_three_rule_scored_items_three_texts_and_four_profile_items() {
    for track in shipped_tracks().unwrap() {
        let groups: Vec<ItemGroup> = track.items.iter().map(|item| item.body.kind().group()).collect();
        let slot = |group: &ItemGroup| Slot {
            section_index: 0,
            group: *group,
        };
        let slots: Vec<Slot> = groups.iter().map(slot).collect();
        for seed in 0..50 {
            let form = Form::draw(&slots, &track.settings, seed);
            let drawn = form.items(&groups);
            let counts = ItemGroup::ALL.map(|group| drawn.iter().filter(|one| ***one == group).count());
            assert_eq!(counts, [3, 3, 4, 0], "{} {seed}", track.slug);
        }
    }
}
