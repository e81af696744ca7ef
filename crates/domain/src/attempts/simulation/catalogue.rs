//! The assessments of a simulated world: three of them, with settings that vary from case to case.

use std::sync::OnceLock;

use serde_json::{Value, json};
use uuid::Uuid;

use super::steps::Given;
use crate::attempts::OpenVersion;
use crate::authoring::item::{CognitiveLevel, Difficulty, ItemBody, ItemContent, Negative};
use crate::authoring::rubric::Rubric;
use crate::authoring::{Settings, VersionedItem};
use crate::ids::{DefinitionId, DefinitionVersionId, ItemId, ItemVersionId};
use crate::points::Points;

/// Number of assessments; the index behind the last one names an unknown assessment.
pub(super) const ASSESSMENTS: usize = 3;

/// Items per section: one that rules score (position 0) and one text (position 1).
pub(super) const PER_SECTION: usize = 2;

/// Most items of an assessment.
pub(super) const MAX_ITEMS: usize = 3 * PER_SECTION;

/// What varies between assessments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Setup {
    pub(super) sections: i32,
    pub(super) time_limit_minutes: Option<u32>,
    pub(super) inactivity_minutes: u32,
    pub(super) max_attempts: Option<u32>,
    pub(super) score_on_expiry: bool,
}

impl Setup {
    /// A setup from five bytes; zeros give the simplest one.
    pub(super) fn decode(bytes: [u8; 5]) -> Self {
        let pick = |byte: u8, of: usize| usize::from(byte) * of / 256;
        Self {
            sections: [1, 2, 3][pick(bytes[0], 3)],
            time_limit_minutes: [None, Some(10), Some(30), Some(45)][pick(bytes[1], 4)],
            inactivity_minutes: [30, 10][pick(bytes[2], 2)],
            max_attempts: [None, None, Some(2), Some(1)][pick(bytes[3], 4)],
            score_on_expiry: pick(bytes[4], 2) == 0,
        }
    }

    pub(super) fn item_count(&self) -> usize {
        usize::try_from(self.sections).expect("a positive number") * PER_SECTION
    }

    pub(super) fn settings(&self) -> Settings {
        Settings {
            time_limit_minutes: self.time_limit_minutes,
            inactivity_minutes: self.inactivity_minutes,
            score_on_expiry: self.score_on_expiry,
            max_attempts: self.max_attempts,
            ..Settings::default()
        }
    }

    pub(super) fn open_version(&self, assessment: usize) -> OpenVersion {
        OpenVersion {
            id: version_id(assessment),
            section_count: self.sections,
            settings: self.settings(),
        }
    }
}

pub(super) fn definition_id(assessment: usize) -> DefinitionId {
    DefinitionId(numbered(100 + assessment))
}

pub(super) fn version_id(assessment: usize) -> DefinitionVersionId {
    DefinitionVersionId(numbered(200 + assessment))
}

/// Item versions are numbered section by section, all assessments alike.
pub(super) fn item_id(item: usize) -> ItemVersionId {
    ItemVersionId(numbered(300 + item))
}

/// The inverse of [`definition_id`], [`version_id`] and [`item_id`].
pub(super) fn number_of(id: Uuid) -> usize {
    usize::try_from(id.as_u128() % 100).expect("below 100")
}

fn numbered(number: usize) -> Uuid {
    Uuid::from_u128(number as u128)
}

/// All items an assessment can have; one with fewer sections takes the first ones.
pub(super) fn items() -> &'static [VersionedItem] {
    static ITEMS: OnceLock<Vec<VersionedItem>> = OnceLock::new();
    ITEMS.get_or_init(|| (0..MAX_ITEMS).map(item).collect())
}

fn item(number: usize) -> VersionedItem {
    let body = if is_text(number) {
        ItemBody::Essay {
            reference: None,
            rubric: Rubric {
                criteria: Vec::new(),
                floor: 0.0,
            },
        }
    } else {
        ItemBody::TrueFalse {
            key: true,
            negative: Negative::default(),
        }
    };
    let place = |number: usize| i32::try_from(number).expect("a small number");
    VersionedItem {
        item_id: ItemId(numbered(400 + number)),
        item_version_id: item_id(number),
        version: 1,
        section_index: place(number / PER_SECTION),
        position: place(number % PER_SECTION),
        content: ItemContent {
            stem: String::new(),
            marks: Points::whole(2),
            body,
            topic: String::new(),
            cognitive_level: CognitiveLevel::Remember,
            difficulty: Difficulty::Easy,
            source: None,
        },
    }
}

pub(super) const fn is_text(item: usize) -> bool {
    item % PER_SECTION == 1
}

/// What is sent for an answer to an item.
pub(super) fn value(item: usize, given: Given) -> &'static Value {
    static VALUES: OnceLock<[[Value; 4]; PER_SECTION]> = OnceLock::new();
    let values = VALUES.get_or_init(|| {
        [
            [Value::Null, Value::Null, json!(true), json!(false)],
            [
                Value::Null,
                json!(" \n"),
                json!("Because."),
                json!("It is not so."),
            ],
        ]
    });
    &values[item % PER_SECTION][given as usize]
}
