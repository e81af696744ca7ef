//! What a candidate sees of an item. These types have no field for a key, a reference answer, a weight or a concept.

use super::item::{Choice, ItemBody, ItemKind};
use super::model::VersionedItem;
use super::rubric::Rubric;
use crate::ids::ItemId;
use crate::points::Points;

/// An item without its key.
#[derive(Clone, Debug, PartialEq)]
pub struct LearnerItem {
    /// The `question_id` of the HTTP contract.
    pub item_id: ItemId,
    /// Which version is shown.
    pub version: i32,
    /// How it is answered.
    pub kind: ItemKind,
    /// What is asked.
    pub prompt: String,
    /// Full marks.
    pub marks: Points,
    /// Section, from 0.
    pub section_index: i32,
    /// Options to choose, order, or match from the right side.
    pub choices: Option<Vec<Choice>>,
    /// Left side of a matching item.
    pub match_left: Option<Vec<Choice>>,
    /// Ids of the blanks in stem order.
    pub blanks: Option<Vec<String>>,
    /// Unit a number is asked in.
    pub unit: Option<String>,
    /// By what a text is judged, by name.
    pub rubric: Option<Vec<PublicCriterion>>,
}

/// The public part of a criterion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicCriterion {
    /// Stable within the rubric.
    pub id: String,
    /// What people read.
    pub name: String,
    /// What it means.
    pub description: String,
    /// Level names and descriptors, lowest first.
    pub levels: Vec<(String, String)>,
}

impl From<&VersionedItem> for LearnerItem {
    fn from(item: &VersionedItem) -> Self {
        let body = &item.content.body;
        Self {
            item_id: item.item_id,
            version: item.version,
            kind: body.kind(),
            prompt: item.content.stem.clone(),
            marks: item.content.marks,
            section_index: item.section_index,
            choices: choices(body),
            match_left: if let ItemBody::Matching { left, .. } = body { Some(left.clone()) } else { None },
            blanks: if let ItemBody::FillBlank { blanks } = body {
                Some(blanks.iter().map(|blank| blank.id.clone()).collect())
            } else {
                None
            },
            unit: if let ItemBody::Numeric { unit, .. } = body { unit.clone() } else { None },
            rubric: if let ItemBody::ShortAnswer { rubric, .. } | ItemBody::Essay { rubric, .. } = body {
                Some(public_rubric(rubric))
            } else {
                None
            },
        }
    }
}

fn choices(body: &ItemBody) -> Option<Vec<Choice>> {
    match body {
        ItemBody::MultipleChoice { options, .. }
        | ItemBody::MultipleResponse { options, .. }
        | ItemBody::Ordering { options, .. } => Some(options.clone()),
        ItemBody::Matching { right, .. } => Some(right.clone()),
        ItemBody::TrueFalse { .. }
        | ItemBody::FillBlank { .. }
        | ItemBody::Numeric { .. }
        | ItemBody::ShortAnswer { .. }
        | ItemBody::Essay { .. } => None,
    }
}

fn public_rubric(rubric: &Rubric) -> Vec<PublicCriterion> {
    let public = |criterion: &super::rubric::Criterion| PublicCriterion {
        id: criterion.id.clone(),
        name: criterion.name.clone(),
        description: criterion.description.clone(),
        levels: criterion.levels.iter().map(|level| (level.name.clone(), level.descriptor.clone())).collect(),
    };
    rubric.criteria.iter().map(public).collect()
}
