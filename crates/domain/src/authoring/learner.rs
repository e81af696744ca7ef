//! What a candidate sees of an item. These types have no field for a key, a reference answer, a weight or a concept.

mod form;

use super::item::{Choice, ItemBody, ItemKind};
use super::model::VersionedItem;
use super::rubric::Rubric;
use crate::ids::ItemId;
use crate::points::Points;

pub use form::{PublicField, PublicForm};

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
    /// How a profile item is answered.
    pub profile: Option<PublicForm>,
    /// What a program is written with.
    pub coding: Option<PublicCoding>,
    /// What may be uploaded.
    pub upload: Option<PublicUpload>,
}

/// The public part of a coding item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicCoding {
    /// Languages it may be written in.
    pub languages: Vec<String>,
    /// What the candidate begins with.
    pub starter: Option<String>,
    /// The tests that are not hidden.
    pub tests: Vec<PublicTest>,
}

/// A test that candidates may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicTest {
    /// Stable within the item.
    pub id: String,
    /// What the program reads.
    pub stdin: String,
    /// What it must print.
    pub expected: String,
}

/// The public part of a file upload, which is all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUpload {
    /// Media types taken.
    pub accepted: Vec<String>,
    /// The greatest number of files.
    pub max_files: u32,
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
            profile: profile(body),
            coding: coding(body),
            upload: upload(body),
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
        | ItemBody::Essay { .. }
        | ItemBody::Coding { .. }
        | ItemBody::Profile { .. }
        | ItemBody::FileUpload { .. } => None,
    }
}

fn profile(body: &ItemBody) -> Option<PublicForm> {
    let ItemBody::Profile { form } = body else {
        return None;
    };
    Some(PublicForm::from(form))
}

fn upload(body: &ItemBody) -> Option<PublicUpload> {
    let ItemBody::FileUpload { accepted, max_files } = body else {
        return None;
    };
    Some(PublicUpload {
        accepted: accepted.clone(),
        max_files: *max_files,
    })
}

fn coding(body: &ItemBody) -> Option<PublicCoding> {
    let ItemBody::Coding {
        languages,
        starter,
        tests,
        ..
    } = body
    else {
        return None;
    };
    let visible = tests.iter().filter(|test| !test.hidden);
    let tests = visible.map(|test| PublicTest {
        id: test.id.clone(),
        stdin: test.stdin.clone(),
        expected: test.expected.clone(),
    });
    Some(PublicCoding {
        languages: languages.clone(),
        starter: starter.clone(),
        tests: tests.collect(),
    })
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
        Blank, BlankComparison, CognitiveLevel, Difficulty, ItemContent, ProfileForm, TestCase, Tolerance,
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
                skills: Vec::new(),
                written_by: None,
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

    #[test]
    fn a_coding_item_shows_its_visible_tests_only() {
        let test = |id: &str, hidden| TestCase {
            id: id.to_owned(),
            stdin: format!("in {id}"),
            expected: format!("out {id}"),
            weight: 1.0,
            hidden,
        };
        let body = ItemBody::Coding {
            languages: vec!["python".to_owned()],
            starter: Some("# begin".to_owned()),
            tests: vec![test("t1", false), test("t2", true)],
            partial_credit: true,
        };
        let view = view(body);
        assert!(!format!("{view:?}").contains("t2"));
        let coding = view.coding.unwrap();
        assert_eq!((coding.languages.len(), coding.tests.len()), (1, 1));
        assert_eq!(coding.tests[0].expected, "out t1");
        assert_eq!(coding.starter.as_deref(), Some("# begin"));
    }

    #[test]
    fn profiles_and_uploads_say_how_they_are_answered() {
        let profile = view(ItemBody::Profile {
            form: ProfileForm::Text,
        });
        assert_eq!(profile.profile.map(|profile| profile.form), Some("text"));
        let upload = view(ItemBody::FileUpload {
            accepted: vec!["application/pdf".to_owned()],
            max_files: 2,
        });
        assert_eq!(upload.upload.map(|upload| upload.max_files), Some(2));
        assert_eq!((upload.profile, upload.coding), (None, None));
    }
}
