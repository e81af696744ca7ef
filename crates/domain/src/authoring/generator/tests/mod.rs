//! The generator as a whole, on texts of unlike kinds.

mod bank;
mod spans;
mod texts;

use std::collections::{BTreeMap, BTreeSet};

use super::super::blueprint::{Blueprint, BlueprintCell, DifficultyMix};
use super::super::gate;
use super::super::item::{CognitiveLevel, Difficulty, ItemBody, ItemContent, ItemGroup, ItemKind};
use super::{CoverageRow, GenerateError, GeneratedAssessment, SourceText, generate};
use crate::ids::SyllabusId;

const DEMO: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../app/assets/demo/syllabus.md"
));

fn source(pages: &[&str]) -> SourceText {
    SourceText {
        syllabus_id: SyllabusId(uuid::Uuid::from_u128(1)),
        subject: "Test subject".to_owned(),
        pages: pages.iter().map(|page| (*page).to_owned()).collect(),
    }
}

fn generated(pages: &[&str], blueprint: &Blueprint) -> GeneratedAssessment {
    generate(&[source(pages)], blueprint, 11).unwrap()
}

fn items(assessment: &GeneratedAssessment) -> Vec<&ItemContent> {
    assessment
        .sections
        .iter()
        .flat_map(|section| &section.items)
        .collect()
}

fn kinds(assessment: &GeneratedAssessment) -> BTreeMap<ItemKind, usize> {
    let mut kinds = BTreeMap::new();
    for item in items(assessment) {
        *kinds.entry(item.body.kind()).or_default() += 1;
    }
    kinds
}

fn titles(assessment: &GeneratedAssessment) -> Vec<&str> {
    assessment
        .sections
        .iter()
        .map(|section| section.title.as_str())
        .collect()
}

#[test]
fn the_shipped_syllabus_gives_every_section_items_of_every_kind() {
    let assessment = generated(&[DEMO], &Blueprint::default());
    assert_eq!(
        titles(&assessment),
        [
            "The Relational Model",
            "Keys and Integrity Constraints",
            "Structured Query Language",
            "Database Design and Normalization",
            "Storage, Indexes and Query Processing",
            "Transactions and Concurrency Control",
            "Recovery, Security and Operation",
        ]
    );
    assert!(assessment.sections.iter().all(|section| section.items.len() == 6));
    let made = ItemKind::ALL
        .iter()
        .filter(|kind| matches!(kind.group(), ItemGroup::RuleScored | ItemGroup::Essay));
    assert_eq!(kinds(&assessment).len(), made.count(), "{:?}", kinds(&assessment));
    assert_eq!(kinds(&assessment)[&ItemKind::Essay], 2);
}

#[test]
fn a_lecture_with_footers_gives_five_kinds_in_all_sections() {
    let assessment = generated(&texts::BIOLOGY, &Blueprint::default());
    assert_eq!(
        titles(&assessment),
        ["The Cell", "Energy and Enzymes", "Cell Division"]
    );
    assert!(kinds(&assessment).len() >= 6, "{:?}", kinds(&assessment));
    assert!(items(&assessment).len() >= 15);
    assert!(
        items(&assessment)
            .iter()
            .all(|item| !item.stem.contains("for Beginners"))
    );
}

#[test]
fn a_manual_without_headings_gives_five_kinds() {
    let blueprint = Blueprint {
        items_per_section: 14,
        ..Blueprint::default()
    };
    let assessment = generated(&[texts::MANUAL], &blueprint);
    assert_eq!(titles(&assessment), ["Part 1"]);
    assert!(kinds(&assessment).len() >= 5, "{:?}", kinds(&assessment));
    let ordering = items(&assessment)
        .into_iter()
        .find(|item| item.body.kind() == ItemKind::Ordering)
        .unwrap();
    let ItemBody::Ordering { options, key, .. } = &ordering.body else {
        unreachable!()
    };
    let first = options.iter().find(|option| option.id == key[0]).unwrap();
    assert_eq!(first.text, "Disconnect the pump from the mains");
}

#[test]
fn markdown_gives_items_without_markup() {
    let assessment = generated(&[texts::README], &Blueprint::default());
    assert_eq!(titles(&assessment), ["Concepts", "Storage"]);
    assert!(
        items(&assessment)
            .iter()
            .all(|item| !item.stem.contains("**") && !item.stem.contains("larder add"))
    );
}

#[test]
fn everything_that_is_kept_passes_the_gate_again_and_is_there_once() {
    let assessment = generated(
        &[DEMO],
        &Blueprint {
            items_per_section: 12,
            ..Blueprint::default()
        },
    );
    let mut accepted: Vec<ItemContent> = Vec::new();
    for item in items(&assessment) {
        assert_eq!(gate::check(item, &accepted), Ok(()), "{}", item.stem);
        accepted.push(item.clone());
    }
    let hashes: BTreeSet<String> = accepted.iter().map(gate::content_hash).collect();
    assert_eq!(hashes.len(), accepted.len());
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_other_items() {
    let bytes = |seed: u64| {
        let assessment = generate(&[source(&texts::BIOLOGY)], &Blueprint::default(), seed).unwrap();
        serde_json::to_string(&items(&assessment)).unwrap()
    };
    assert_eq!(bytes(5), bytes(5));
    assert_ne!(bytes(5), bytes(6));
}

#[test]
fn option_ids_do_not_tell_the_key() {
    let blueprint = Blueprint {
        kinds: Some(vec![ItemKind::MultipleChoice]),
        items_per_section: 10,
        ..Blueprint::default()
    };
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for item in items(&generated(&[DEMO], &blueprint)) {
        let ItemBody::MultipleChoice { key, .. } = &item.body else {
            unreachable!("only this kind was asked for")
        };
        *places.entry(key[0].clone()).or_default() += 1;
    }
    assert_eq!(places.len(), 4, "{places:?}");
    let total: usize = places.values().sum();
    assert!(places.values().all(|count| count * 2 < total), "{places:?}");
}

#[test]
fn statements_are_true_and_false_in_balance() {
    let blueprint = Blueprint {
        kinds: Some(vec![ItemKind::TrueFalse]),
        items_per_section: 6,
        ..Blueprint::default()
    };
    let assessment = generated(&[DEMO], &blueprint);
    let truths = items(&assessment)
        .iter()
        .filter(|item| matches!(item.body, ItemBody::TrueFalse { key: true, .. }))
        .count();
    let all = items(&assessment).len();
    assert!(
        all >= 30 && truths * 3 >= all && truths * 3 <= all * 2,
        "{truths} of {all} are true"
    );
}

#[test]
fn kinds_topics_and_difficulty_of_the_blueprint_are_kept() {
    let blueprint = Blueprint {
        kinds: Some(vec![
            ItemKind::MultipleChoice,
            ItemKind::FillBlank,
            ItemKind::ShortAnswer,
        ]),
        topics: Some(vec!["transactions".to_owned()]),
        difficulty: Some(DifficultyMix {
            easy: 0.0,
            medium: 1.0,
            hard: 0.0,
        }),
        ..Blueprint::default()
    };
    let assessment = generated(&[DEMO], &blueprint);
    assert_eq!(titles(&assessment), ["Transactions and Concurrency Control"]);
    assert!(kinds(&assessment).keys().all(|kind| blueprint.allows(*kind)));
    assert!(
        items(&assessment)
            .iter()
            .all(|item| item.difficulty == Difficulty::Medium)
    );
}

#[test]
fn cells_are_filled_and_reported() {
    let cell = |topic: &str, level: Option<CognitiveLevel>, count: usize| BlueprintCell {
        topic: Some(topic.to_owned()),
        cognitive_level: level,
        difficulty: None,
        count,
    };
    let cells = vec![
        cell("keys", Some(CognitiveLevel::Remember), 3),
        cell("recovery", None, 4),
        cell("keys", Some(CognitiveLevel::Create), 1),
        cell("keys", Some(CognitiveLevel::Evaluate), 1),
        cell("keys", Some(CognitiveLevel::Apply), 2),
    ];
    let assessment = generated(
        &[DEMO],
        &Blueprint {
            cells,
            ..Blueprint::default()
        },
    );
    let counts: Vec<(Option<usize>, usize)> = assessment
        .coverage
        .iter()
        .map(|row| (row.wanted, row.count))
        .collect();
    assert_eq!(
        counts,
        [
            (Some(3), 3),
            (Some(4), 4),
            (Some(1), 1),
            (Some(1), 1),
            (Some(2), 0)
        ]
    );
    let missing: Vec<usize> = assessment.coverage.iter().map(CoverageRow::missing).collect();
    assert_eq!(missing, [0, 0, 0, 0, 2], "what the text does not give is named");
    assert_eq!(items(&assessment).len(), 9);
}

#[test]
fn coverage_counts_every_item_once() {
    let assessment = generated(&[DEMO], &Blueprint::default());
    let counted: usize = assessment.coverage.iter().map(|row| row.count).sum();
    assert_eq!(counted, items(&assessment).len());
}

#[test]
fn what_cannot_be_done_is_said_with_what_to_do() {
    let scraps = generate(&[source(&[texts::SCRAPS])], &Blueprint::default(), 1).unwrap_err();
    assert!(
        matches!(scraps, GenerateError::NothingUsable { usable: 0, .. }),
        "{scraps}"
    );
    assert!(scraps.to_string().contains("upload a text"));
    assert!(generate(&[], &Blueprint::default(), 1).is_err());
    let topics = Some(vec!["astronomy".to_owned()]);
    let topic = generate(
        &[source(&[DEMO])],
        &Blueprint {
            topics,
            ..Blueprint::default()
        },
        1,
    )
    .unwrap_err();
    assert!(topic.to_string().contains("Keys and Integrity Constraints"));
    let wrong = generate(
        &[source(&[DEMO])],
        &Blueprint {
            items_per_section: 0,
            ..Blueprint::default()
        },
        1,
    );
    assert!(matches!(wrong, Err(GenerateError::Blueprint(_))));
}

#[test]
fn a_long_text_stays_within_the_section_limit() {
    let pages: Vec<String> = (0..40)
        .map(|page| texts::BIOLOGY[page % 3].replace("cell", &format!("cell{page}")))
        .collect();
    let pages: Vec<&str> = pages.iter().map(String::as_str).collect();
    let assessment = generated(
        &pages,
        &Blueprint {
            max_sections: 8,
            ..Blueprint::default()
        },
    );
    assert!((4..=8).contains(&assessment.sections.len()));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn no_text_makes_the_generator_fail_otherwise_than_by_saying_so(
        text in "([A-Za-z“”’é•#.,:;()\\[\\]0-9%$-]{0,9}[ \n\t]){0,120}",
        seed in 0_u64..50,
    ) {
        let pages: Vec<String> = text.split("\n\n").map(str::to_owned).collect();
        let source = SourceText { pages: pages.clone(), ..source(&[]) };
        if let Ok(assessment) = generate(&[source], &Blueprint::default(), seed) {
            proptest::prop_assert!(!items(&assessment).is_empty());
        }
    }
}
