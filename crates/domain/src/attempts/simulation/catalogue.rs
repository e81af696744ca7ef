//! What a simulated world is about: generated assessments and a track with their items, and the ids of everything.

use std::sync::OnceLock;

use serde_json::{Value, json};
use uuid::Uuid;

use super::steps::Given;
use crate::authoring::VersionedItem;
use crate::authoring::item::{
    CognitiveLevel, Difficulty, ItemBody, ItemContent, Negative, ProfileForm, TestCase,
};
use crate::authoring::rubric::Rubric;
use crate::ids::{CohortId, DefinitionId, DefinitionVersionId, ItemId, ItemVersionId, UserId};
use crate::points::Points;

/// Number of assessments; the index behind the last one names an unknown assessment.
pub(super) const ASSESSMENTS: usize = 3;

/// The assessment that is a track, drawn from a bank; the others are generated.
pub(super) const TRACK: usize = ASSESSMENTS - 1;

/// Items per section of a generated assessment: one true or false, and one text.
pub(super) const PER_SECTION: usize = 2;

/// Most items of an assessment.
pub(super) const MAX_ITEMS: usize = BANK.len();

/// The bank of the track; a smaller one lacks the last item.
const BANK: [Kind; 10] = [
    Kind::Truth,
    Kind::Text,
    Kind::Profile,
    Kind::Truth,
    Kind::Program,
    Kind::Text,
    Kind::File,
    Kind::Profile,
    Kind::Truth,
    Kind::Text,
];

/// What an item asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Truth,
    Text,
    Profile,
    Program,
    File,
}

impl Kind {
    /// Of the item at a place of an assessment.
    pub(super) const fn at(track: bool, place: usize) -> Self {
        if track {
            BANK[place]
        } else if place % PER_SECTION == 1 {
            Self::Text
        } else {
            Self::Truth
        }
    }

    /// Its number in a mix.
    pub(super) const fn group(self) -> usize {
        match self {
            Self::Truth => 0,
            Self::Text => 1,
            Self::Profile => 2,
            Self::Program | Self::File => 3,
        }
    }

    fn body(self) -> ItemBody {
        match self {
            Self::Truth => ItemBody::TrueFalse {
                key: true,
                negative: Negative::default(),
            },
            Self::Text => ItemBody::Essay {
                reference: None,
                rubric: Rubric {
                    criteria: Vec::new(),
                    floor: 0.0,
                },
            },
            Self::Profile => ItemBody::Profile {
                form: ProfileForm::Text,
            },
            Self::Program => ItemBody::Coding {
                languages: Vec::new(),
                starter: None,
                tests: vec![TestCase {
                    id: String::new(),
                    stdin: String::new(),
                    expected: String::new(),
                    weight: 1.0,
                    hidden: false,
                }],
                partial_credit: false,
            },
            Self::File => ItemBody::FileUpload {
                accepted: Vec::new(),
                max_files: 1,
            },
        }
    }

    /// What is sent for an answer to an item of the kind: null, blank, and two that say something.
    fn values(self) -> [Value; 4] {
        let say = |blank: Value, first: Value, second: Value| [Value::Null, blank, first, second];
        match self {
            Self::Truth => say(Value::Null, json!(true), json!(false)),
            Self::Text | Self::Profile => say(json!(" \n"), json!("Because."), json!("It is not so.")),
            Self::Program => {
                let program = |source: &str| json!({ "language": "awk", "source": source });
                say(program(" "), program("BEGIN {}"), program("END {}"))
            }
            Self::File => {
                let file = |number| json!({ "file_id": Uuid::from_u128(number) });
                say(json!({ "file_id": null }), file(1), file(2))
            }
        }
    }
}

/// The section of the item at a place.
pub(super) fn section_of(track: bool, place: usize) -> i32 {
    if track {
        0
    } else {
        i32::try_from(place / PER_SECTION).expect("a small number")
    }
}

/// Ids of one kind of thing have numbers of their own.
const BAND: usize = 10_000;

pub(super) fn definition_id(assessment: usize) -> DefinitionId {
    DefinitionId(numbered(1, assessment))
}

pub(super) fn version_id(number: usize) -> DefinitionVersionId {
    DefinitionVersionId(numbered(2, number))
}

pub(super) fn cohort_id(cohort: usize) -> CohortId {
    CohortId(numbered(3, cohort))
}

pub(super) fn user_id(person: usize) -> UserId {
    UserId(numbered(4, person))
}

/// Generated assessments share their items.
pub(super) fn item_id(track: bool, place: usize) -> ItemVersionId {
    ItemVersionId(numbered(5 + usize::from(track), place))
}

/// The inverse of the ids above.
pub(super) fn number_of(id: Uuid) -> usize {
    usize::try_from(id.as_u128() % BAND as u128).expect("below the band")
}

fn numbered(band: usize, number: usize) -> Uuid {
    Uuid::from_u128((band * BAND + number) as u128)
}

/// All items an assessment can have; one with fewer takes the first ones.
pub(super) fn items(track: bool) -> &'static [VersionedItem] {
    static ITEMS: OnceLock<[Vec<VersionedItem>; 2]> = OnceLock::new();
    let both =
        || [false, true].map(|track| (0..MAX_ITEMS).map(|place| versioned_item(track, place)).collect());
    &ITEMS.get_or_init(both)[usize::from(track)]
}

fn versioned_item(track: bool, place: usize) -> VersionedItem {
    let position = if track { place } else { place % PER_SECTION };
    let item_version_id = item_id(track, place);
    VersionedItem {
        item_id: ItemId(item_version_id.0),
        item_version_id,
        version: 1,
        section_index: section_of(track, place),
        position: i32::try_from(position).expect("a small number"),
        content: ItemContent {
            stem: String::new(),
            marks: Points::whole(2),
            body: Kind::at(track, place).body(),
            topic: String::new(),
            cognitive_level: CognitiveLevel::Remember,
            difficulty: Difficulty::Easy,
            source: None,
            skills: Vec::new(),
            written_by: None,
        },
    }
}

/// What is sent for an answer to an item.
pub(super) fn value(kind: Kind, given: Given) -> &'static Value {
    static VALUES: OnceLock<[[Value; 4]; 5]> = OnceLock::new();
    let kinds = [Kind::Truth, Kind::Text, Kind::Profile, Kind::Program, Kind::File];
    &VALUES.get_or_init(|| kinds.map(Kind::values))[kind as usize][given as usize]
}
