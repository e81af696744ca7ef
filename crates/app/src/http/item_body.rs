//! A question as candidates get it.

use domain::authoring::item::Choice;
use domain::authoring::learner::{LearnerItem, PublicCriterion, PublicField, PublicTest};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A question without anything that tells its key.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct QuestionBody {
    /// Names the question in answers.
    pub(crate) question_id: Uuid,
    /// `multiple_choice`, `multiple_response`, `true_false`, `fill_blank`, `matching`, `numeric`, `ordering`,
    /// `short_answer`, `essay`, `coding`, `profile` or `file_upload`.
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    /// What is asked; blanks are written `____` in order.
    pub(crate) prompt: String,
    /// Options to choose, order, or match from the right side; of a profile choice, too.
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
    /// How a profile question is answered: `text`, `choice`, `checklist` or `compound`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) form: Option<&'static str>,
    /// Circumstances of a profile checklist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) contexts: Option<Vec<ChoiceBody>>,
    /// Parts of a compound profile question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fields: Option<Vec<FieldBody>>,
    /// Languages a program may be written in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) languages: Option<Vec<String>>,
    /// What a program begins with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) starter: Option<String>,
    /// Tests of a program that are not hidden.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tests: Option<Vec<TestBody>>,
    /// Media types that may be uploaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) accepted: Option<Vec<String>>,
    /// The greatest number of files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_files: Option<u32>,
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

/// One part of a compound profile question.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FieldBody {
    /// Names the part in answers.
    pub(crate) id: String,
    /// What is asked.
    pub(crate) label: String,
    /// How it is answered: `text`, `choice` or `checklist`.
    pub(crate) form: &'static str,
    /// Options of a choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) choices: Option<Vec<ChoiceBody>>,
    /// Circumstances of a checklist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) contexts: Option<Vec<ChoiceBody>>,
}

/// A test that a program has to pass.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct TestBody {
    /// Stable within the question.
    pub(crate) id: String,
    /// What the program reads.
    pub(crate) stdin: String,
    /// What it must print.
    pub(crate) expected: String,
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
        let rubric = |criteria: Vec<PublicCriterion>| criteria.into_iter().map(CriterionBody::from).collect();
        let mut body = Self {
            question_id: item.item_id.0,
            kind: item.kind.as_str(),
            prompt: item.prompt,
            choices: item.choices.map(choices),
            match_left: item.match_left.map(choices),
            blanks: item.blanks,
            unit: item.unit,
            rubric: item.rubric.map(rubric),
            form: None,
            contexts: None,
            fields: None,
            languages: None,
            starter: None,
            tests: None,
            accepted: None,
            max_files: None,
            version: item.version,
            section_index: item.section_index,
            marks: item.marks.as_f64(),
        };
        if let Some(profile) = item.profile {
            body.form = Some(profile.form);
            body.choices = profile.choices.map(choices);
            body.contexts = profile.contexts.map(choices);
            let fields = |fields: Vec<PublicField>| fields.into_iter().map(FieldBody::from).collect();
            body.fields = profile.fields.map(fields);
        }
        if let Some(coding) = item.coding {
            body.languages = Some(coding.languages);
            body.starter = coding.starter;
            body.tests = Some(coding.tests.into_iter().map(TestBody::from).collect());
        }
        if let Some(upload) = item.upload {
            body.accepted = Some(upload.accepted);
            body.max_files = Some(upload.max_files);
        }
        body
    }
}

fn choices(choices: Vec<Choice>) -> Vec<ChoiceBody> {
    choices.into_iter().map(ChoiceBody::from).collect()
}

impl From<PublicField> for FieldBody {
    fn from(field: PublicField) -> Self {
        Self {
            id: field.id,
            label: field.label,
            form: field.form.form,
            choices: field.form.choices.map(choices),
            contexts: field.form.contexts.map(choices),
        }
    }
}

impl From<PublicTest> for TestBody {
    fn from(test: PublicTest) -> Self {
        Self {
            id: test.id,
            stdin: test.stdin,
            expected: test.expected,
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
