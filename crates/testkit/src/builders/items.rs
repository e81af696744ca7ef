//! One item of every kind, with keys that can be found again wherever they leak.

mod new_kinds;

use std::collections::{BTreeMap, BTreeSet};

use domain::authoring::item::{
    Blank, BlankComparison, Choice, CognitiveLevel, Difficulty, ItemBody, ItemContent, Negative, SourceSpan,
    Tolerance,
};
use domain::authoring::rubric::{Criterion, Level, Rubric};
use domain::ids::SyllabusId;
use domain::points::Points;
use uuid::Uuid;

pub use new_kinds::{KEY_SCORE, new_kinds};

/// Stands in every part of a key that is text: accepted blanks, reference answers, concepts, source quotes.
pub const KEYMARK: &str = "KEYMARK";

/// The key of the numeric item.
pub const KEY_NUMBER: f64 = 7391.25;

/// Texts that no candidate may ever read. Of the answers of [`domain::authoring::sample_answers`] only the wrong ones are
/// free of them.
pub const PLANTED_KEYS: [&str; 2] = [KEYMARK, "7391.25"];

/// One item of every kind that can be generated, in the order of [`domain::authoring::item::ItemKind::ALL`]: seven scored
/// by rules, worth 15 points in all, and two texts, worth 5 and 10. The other kinds are [`new_kinds`].
pub fn every_kind() -> Vec<ItemContent> {
    vec![
        multiple_choice(),
        multiple_response(),
        true_false(),
        fill_blank(),
        matching(),
        numeric(),
        ordering(),
        short_answer(),
        essay(),
    ]
}

fn item(stem: &str, marks: i64, body: ItemBody) -> ItemContent {
    let quote = format!("{KEYMARK} is what the syllabus says.");
    ItemContent {
        stem: stem.to_owned(),
        marks: Points::whole(marks),
        body,
        topic: "Transactions".to_owned(),
        cognitive_level: CognitiveLevel::Understand,
        difficulty: Difficulty::Medium,
        source: Some(SourceSpan {
            syllabus_id: SyllabusId(Uuid::nil()),
            page: 1,
            start: 0,
            end: u32::try_from(quote.chars().count()).unwrap_or(u32::MAX),
            quote,
        }),
        skills: Vec::new(),
        written_by: None,
    }
}

fn choices(texts: &[(&str, &str)]) -> Vec<Choice> {
    texts
        .iter()
        .map(|(id, text)| Choice {
            id: (*id).to_owned(),
            text: (*text).to_owned(),
        })
        .collect()
}

fn ids<C: FromIterator<String>>(ids: &[&str]) -> C {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

fn multiple_choice() -> ItemContent {
    let body = ItemBody::MultipleChoice {
        options: choices(&[
            ("a", "It is kept."),
            ("b", "It is undone."),
            ("c", "It is printed."),
        ]),
        key: ids(&["b"]),
        negative: Negative {
            percent: Some(0.5),
            mark: None,
        },
    };
    item(
        "What happens to the work of a transaction that rolls back?",
        2,
        body,
    )
}

fn multiple_response() -> ItemContent {
    let body = ItemBody::MultipleResponse {
        options: choices(&[
            ("a", "Atomicity"),
            ("b", "Agility"),
            ("c", "Isolation"),
            ("d", "Inflation"),
        ]),
        key: ids(&["a", "c"]),
        partial_credit: true,
        negative: Negative::default(),
    };
    item("Which of these are promises of a transaction?", 4, body)
}

fn true_false() -> ItemContent {
    let body = ItemBody::TrueFalse {
        key: true,
        negative: Negative::default(),
    };
    item("A committed transaction survives a crash.", 1, body)
}

fn fill_blank() -> ItemContent {
    let blank = |id: &str, comparison| Blank {
        id: id.to_owned(),
        accepted: vec![format!("{KEYMARK} {id}")],
        comparison,
        weight: 1.0,
    };
    let blanks = vec![
        blank("b1", BlankComparison::Normal),
        blank("b2", BlankComparison::Strict),
    ];
    item(
        "A ____ keeps others from ____ a row.",
        2,
        ItemBody::FillBlank { blanks },
    )
}

fn matching() -> ItemContent {
    let pair = |left: &str, right: &str| (left.to_owned(), BTreeSet::from([right.to_owned()]));
    let body = ItemBody::Matching {
        left: choices(&[("l1", "Commit"), ("l2", "Roll back")]),
        right: choices(&[("r1", "undoes"), ("r2", "keeps"), ("r3", "repeats")]),
        key: BTreeMap::from([pair("l1", "r2"), pair("l2", "r1")]),
        partial_credit: true,
    };
    item("Match each word with what it does.", 2, body)
}

fn numeric() -> ItemContent {
    let body = ItemBody::Numeric {
        key: KEY_NUMBER,
        tolerance: Tolerance::Absolute(0.5),
        unit: Some("ms".to_owned()),
    };
    item(
        "How long did the longest transaction of the example take?",
        1,
        body,
    )
}

fn ordering() -> ItemContent {
    let body = ItemBody::Ordering {
        options: choices(&[
            ("o1", "The row is changed."),
            ("o2", "The transaction begins."),
            ("o3", "It commits."),
        ]),
        key: ids(&["o2", "o1", "o3"]),
        partial_credit: true,
    };
    item("Put the steps into order.", 3, body)
}

fn short_answer() -> ItemContent {
    let body = ItemBody::ShortAnswer {
        reference: format!("{KEYMARK}: a lock makes the second writer wait for the first."),
        rubric: rubric(),
    };
    item("What does a lock do?", 5, body)
}

fn essay() -> ItemContent {
    let reference = format!("{KEYMARK}: isolation costs waiting, and waiting costs throughput.");
    let body = ItemBody::Essay {
        reference: Some(reference),
        rubric: rubric(),
    };
    item("Discuss what isolation costs.", 10, body)
}

/// The default criteria with a planted concept and public levels.
fn rubric() -> Rubric {
    let mut rubric = Rubric::default_for(Difficulty::Medium);
    for criterion in &mut rubric.criteria {
        *criterion = Criterion {
            concepts: vec![format!("{KEYMARK} waiting")],
            levels: vec![
                level("Beginning", "Says something.", 0.0),
                level("Proficient", "Says why.", 60.0),
            ],
            ..criterion.clone()
        };
    }
    rubric
}

fn level(name: &str, descriptor: &str, from_score: f64) -> Level {
    Level {
        name: name.to_owned(),
        descriptor: descriptor.to_owned(),
        from_score,
    }
}

#[cfg(test)]
mod tests {
    use domain::authoring::item::ItemKind;
    use domain::authoring::learner::LearnerItem;
    use domain::authoring::{VersionedItem, authored};
    use domain::ids::{ItemId, ItemVersionId};

    use super::*;

    #[test]
    fn there_is_one_item_of_every_kind_in_order() {
        let mut kinds: Vec<ItemKind> = every_kind().iter().map(|item| item.body.kind()).collect();
        kinds.extend(new_kinds().iter().map(|item| item.body.kind()));
        kinds.dedup();
        assert_eq!(kinds, ItemKind::ALL);
    }

    #[test]
    fn authors_could_have_written_every_item() {
        for content in every_kind().into_iter().chain(new_kinds()) {
            assert_eq!(authored::validate(&content), Ok(()), "{}", content.stem);
        }
    }

    #[test]
    fn a_learner_view_carries_no_planted_key() {
        for content in every_kind().into_iter().chain(new_kinds()) {
            let stored = serde_json::to_string(&content).unwrap();
            assert!(
                stored.contains(KEYMARK),
                "nothing is planted in {:?}",
                content.body.kind()
            );
            let item = VersionedItem {
                item_id: ItemId(Uuid::nil()),
                item_version_id: ItemVersionId(Uuid::nil()),
                version: 1,
                section_index: 0,
                position: 0,
                content,
            };
            let view = format!("{:?}", LearnerItem::from(&item));
            let score = KEY_SCORE.to_string();
            let mut keys = PLANTED_KEYS.into_iter().chain([score.as_str()]);
            assert!(keys.all(|key| !view.contains(key)), "{view}");
        }
    }
}
