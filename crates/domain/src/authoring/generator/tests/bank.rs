//! Items of the bank are taken before new ones are made, and one item can be made anew.

use uuid::Uuid;

use super::super::super::gate;
use super::super::super::item::{CognitiveLevel, ItemContent};
use super::super::super::model::KnownVersion;
use super::super::{BankedItem, Supply, Wanted, generate_with, regenerate_one};
use super::{Blueprint, BlueprintCell, DEMO, SourceText, generate, items, source};
use crate::ids::{ItemId, ItemVersionId, SyllabusId};

fn banked(item: &ItemContent, number: u128) -> BankedItem {
    BankedItem {
        known: KnownVersion {
            item_id: ItemId(Uuid::from_u128(number)),
            item_version_id: ItemVersionId(Uuid::from_u128(number + 1000)),
            version: 3,
        },
        content: item.clone(),
    }
}

fn bank() -> Vec<BankedItem> {
    let made = generate(&[source(&[DEMO])], &Blueprint::default(), 11).unwrap();
    items(&made)
        .into_iter()
        .zip(1..)
        .map(|(item, number)| banked(item, number))
        .collect()
}

fn of(bank: &[BankedItem]) -> Supply<'_> {
    Supply { bank, written: &[] }
}

fn nine_per_section() -> Blueprint {
    Blueprint {
        items_per_section: 9,
        essays: Some(0),
        ..Blueprint::default()
    }
}

#[test]
fn what_the_bank_has_for_a_section_is_taken_and_the_rest_is_made() {
    let bank: Vec<BankedItem> = bank().into_iter().step_by(3).collect();
    let texts = [source(&[DEMO])];
    let made = generate_with(&texts, &nine_per_section(), 5, of(&bank)).unwrap();
    assert!(
        made.reused.len() * 10 >= bank.len() * 8,
        "{} of {}",
        made.reused.len(),
        bank.len()
    );
    for ((section, place), known) in &made.reused {
        let section = &made.sections[usize::try_from(*section).unwrap()];
        let item = &section.items[usize::try_from(*place).unwrap()];
        let kept = bank.iter().find(|banked| banked.known == *known).unwrap();
        assert_eq!(*item, kept.content);
        assert_eq!(item.topic, section.title);
    }
    let counted: usize = made.coverage.iter().map(|row| row.reused).sum();
    assert_eq!(counted, made.reused.len());
    let hashes: std::collections::BTreeSet<String> =
        items(&made).into_iter().map(gate::content_hash).collect();
    assert_eq!(hashes.len(), items(&made).len(), "nothing is there twice");
    assert!(items(&made).len() > made.reused.len());
}

#[test]
fn a_cell_takes_only_what_fits_it() {
    let cell = BlueprintCell {
        topic: Some("keys".to_owned()),
        cognitive_level: Some(CognitiveLevel::Understand),
        difficulty: None,
        count: 3,
    };
    let blueprint = Blueprint {
        cells: vec![cell],
        ..Blueprint::default()
    };
    let made = generate_with(&[source(&[DEMO])], &blueprint, 5, of(&bank())).unwrap();
    assert_eq!(made.coverage[0].count, 3);
    assert!(made.coverage[0].reused > 0);
    assert!(
        items(&made)
            .iter()
            .all(|item| item.cognitive_level == CognitiveLevel::Understand)
    );
}

#[test]
fn items_of_another_text_stay_where_they_are() {
    let mut bank = bank();
    for item in &mut bank {
        item.content.source.as_mut().unwrap().syllabus_id = SyllabusId(Uuid::from_u128(77));
    }
    let made = generate_with(&[source(&[DEMO])], &Blueprint::default(), 11, of(&bank)).unwrap();
    assert!(made.reused.is_empty());
    assert_eq!(
        made,
        generate(&[source(&[DEMO])], &Blueprint::default(), 11).unwrap()
    );
}

#[test]
fn one_item_is_made_anew_of_the_same_description() {
    let texts: [SourceText; 1] = [source(&[DEMO])];
    let blueprint = Blueprint::default();
    let made = generate(&texts, &blueprint, 11).unwrap();
    let existing: Vec<ItemContent> = items(&made).into_iter().cloned().collect();
    let mut found = 0;
    for replaced in existing.iter().step_by(8) {
        let wanted = Wanted {
            kind: Some(replaced.body.kind()),
            topic: Some(&replaced.topic),
            cognitive_level: Some(replaced.cognitive_level),
            difficulty: Some(replaced.difficulty),
        };
        let once = regenerate_one(&texts, &blueprint, 3, &existing, &wanted).unwrap();
        assert_eq!(
            once,
            regenerate_one(&texts, &blueprint, 3, &existing, &wanted).unwrap()
        );
        assert!(once.dropped.len() <= 3);
        if let Some(item) = once.item {
            assert_eq!(gate::check(&item, &existing), Ok(()));
            assert_eq!(
                (item.body.kind(), &item.topic),
                (replaced.body.kind(), &replaced.topic)
            );
            found += 1;
        }
    }
    assert!(found >= 3, "{found} of 6");
}

#[test]
fn where_the_text_gives_nothing_more_it_is_said() {
    let texts = [source(&[
        "A cell is the smallest unit of life that can grow and divide on its own.",
    ])];
    let wanted = Wanted {
        cognitive_level: Some(CognitiveLevel::Apply),
        ..Wanted::default()
    };
    let none = regenerate_one(&texts, &Blueprint::default(), 1, &[], &wanted).unwrap();
    assert_eq!((none.item, none.dropped.len()), (None, 0));
}
