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
            match_left: if let ItemBody::Matching { left, .. } = body {
                Some(left.clone())
            } else {
                None
            },
            blanks: if let ItemBody::FillBlank { blanks } = body {
                Some(blanks.iter().map(|blank| blank.id.clone()).collect())
            } else {
                None
            },
            unit: if let ItemBody::Numeric { unit, .. } = body {
                unit.clone()
            } else {
                None
            },
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
        levels: criterion
            .levels
            .iter()
            .map(|level| (level.name.clone(), level.descriptor.clone()))
            .collect(),
    };
    rubric.criteria.iter().map(public).collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::authoring::item::{
        Blank, BlankComparison, CognitiveLevel, Difficulty, ItemContent, Tolerance,
    };
    use crate::authoring::rubric::Level;
    use crate::ids::ItemVersionId;

    fn view(body: ItemBody) -> LearnerItem {
        LearnerItem::from(&VersionedItem {
            item_id: ItemId(Uuid::nil()),
            item_version_id: ItemVersionId(Uuid::nil()),
            version: 3,
            section_index: 1,
            position: 0,
            content: ItemContent {
                stem: "What?".to_owned(),
                marks: Points::whole(2),
                body,
                topic: String::new(),
                cognitive_level: CognitiveLevel::Remember,
                difficulty: Difficulty::Easy,
                source: None,
            },
        })
    }

    fn entries(ids: &[&str]) -> Vec<Choice> {
        ids.iter()
            .map(|id| Choice {
                id: (*id).to_owned(),
                text: format!("text {id}"),
            })
            .collect()
    }

    #[test]
    fn a_matching_item_shows_both_sides_and_no_pairs() {
        let (left, right) = (entries(&["l1"]), entries(&["r1", "r2"]));
        let key = [("l1".to_owned(), ["r2".to_owned()].into())].into();
        let body = ItemBody::Matching {
            left: left.clone(),
            right: right.clone(),
            key,
            partial_credit: true,
        };
        let view = view(body);
        assert_eq!((view.match_left, view.choices), (Some(left), Some(right)));
        assert_eq!(
            (view.version, view.section_index, view.kind),
            (3, 1, ItemKind::Matching)
        );
    }

    #[test]
    fn blanks_are_named_and_numbers_have_a_unit() {
        let blank = Blank {
            id: "b1".to_owned(),
            accepted: vec!["secret".to_owned()],
            comparison: BlankComparison::Normal,
            weight: 1.0,
        };
        assert_eq!(
            view(ItemBody::FillBlank { blanks: vec![blank] }).blanks,
            Some(vec!["b1".to_owned()])
        );
        let body = ItemBody::Numeric {
            key: 7.0,
            tolerance: Tolerance::Absolute(0.0),
            unit: Some("ms".to_owned()),
        };
        assert_eq!(view(body).unit.as_deref(), Some("ms"));
    }

    #[test]
    fn of_a_rubric_names_and_descriptors_are_shown() {
        let mut rubric = Rubric::default_for(Difficulty::Easy);
        rubric.criteria.truncate(1);
        rubric.criteria[0].concepts = vec!["secret".to_owned()];
        let level = Level {
            name: "Good".to_owned(),
            descriptor: "Says why.".to_owned(),
            from_score: 60.0,
        };
        rubric.criteria[0].levels = vec![level];
        let view = view(ItemBody::ShortAnswer {
            reference: "secret".to_owned(),
            rubric,
        });
        let expected = PublicCriterion {
            id: "relevance".to_owned(),
            name: "Relevance".to_owned(),
            description: "Answers the question that was asked.".to_owned(),
            levels: vec![("Good".to_owned(), "Says why.".to_owned())],
        };
        assert_eq!(view.rubric, Some(vec![expected]));
        assert_eq!((view.choices, view.blanks, view.unit), (None, None, None));
    }
}
