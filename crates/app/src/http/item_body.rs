//! A question as candidates get it.

use domain::authoring::item::Choice;
use domain::authoring::learner::{LearnerItem, PublicCriterion};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A question without anything that tells its key.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct QuestionBody {
    /// Names the question in answers.
    pub(crate) question_id: Uuid,
    /// `multiple_choice`, `multiple_response`, `true_false`, `fill_blank`, `matching`, `numeric`, `ordering`,
    /// `short_answer` or `essay`.
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    /// What is asked; blanks are written `____` in order.
    pub(crate) prompt: String,
    /// Options to choose, order, or match from the right side.
    pub(crate) choices: Option<Vec<ChoiceBody>>,
    /// Left side of a matching question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) match_left: Option<Vec<ChoiceBody>>,
    /// Ids of the blanks in prompt order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) blanks: Option<Vec<String>>,
    /// Unit a number is asked in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unit: Option<String>,
    /// By what a text is judged: names and descriptions only.
    pub(crate) rubric: Option<Vec<CriterionBody>>,
    /// Which version of the question this is.
    pub(crate) version: i32,
    /// Section, from 0.
    pub(crate) section_index: i32,
    /// Full marks.
    pub(crate) marks: f64,
}

/// An option.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ChoiceBody {
    /// Names the option in answers.
    pub(crate) option_id: String,
    /// What it says.
    pub(crate) text: String,
}

/// The public part of a criterion.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CriterionBody {
    /// Stable within the rubric.
    pub(crate) id: String,
    /// What people read.
    pub(crate) name: String,
    /// What it means.
    pub(crate) description: String,
    /// Lowest first.
    pub(crate) levels: Vec<LevelBody>,
}

/// A level of a criterion.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct LevelBody {
    /// What people read.
    pub(crate) name: String,
    /// What an answer at this level does.
    pub(crate) descriptor: String,
}

impl From<LearnerItem> for QuestionBody {
    fn from(item: LearnerItem) -> Self {
        let choices = |choices: Vec<Choice>| choices.into_iter().map(ChoiceBody::from).collect();
        Self {
            question_id: item.item_id.0,
            kind: item.kind.as_str(),
            prompt: item.prompt,
            choices: item.choices.map(choices),
            match_left: item.match_left.map(choices),
            blanks: item.blanks,
            unit: item.unit,
            rubric: item
                .rubric
                .map(|criteria| criteria.into_iter().map(CriterionBody::from).collect()),
            version: item.version,
            section_index: item.section_index,
            marks: item.marks.as_f64(),
        }
    }
}

impl From<Choice> for ChoiceBody {
    fn from(choice: Choice) -> Self {
        Self {
            option_id: choice.id,
            text: choice.text,
        }
    }
}

impl From<PublicCriterion> for CriterionBody {
    fn from(criterion: PublicCriterion) -> Self {
        let level = |(name, descriptor)| LevelBody { name, descriptor };
        Self {
            id: criterion.id,
            name: criterion.name,
            description: criterion.description,
            levels: criterion.levels.into_iter().map(level).collect(),
        }
    }
}
