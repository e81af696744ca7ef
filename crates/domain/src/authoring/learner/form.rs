//! What a candidate sees of a profile item. There is no field for a score, a band, points or a weight.

use super::super::item::{Choice, ProfileForm};

/// How a profile item, or a part of it, is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicForm {
    /// `text`, `choice`, `checklist` or `compound`.
    pub form: &'static str,
    /// Options of a choice, in the order of the item: a scale is not shuffled.
    pub choices: Option<Vec<Choice>>,
    /// Circumstances of a checklist.
    pub contexts: Option<Vec<Choice>>,
    /// Parts of a compound form.
    pub fields: Option<Vec<PublicField>>,
}

/// One question of a compound form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicField {
    /// Names it in answers.
    pub id: String,
    /// What the candidate reads.
    pub label: String,
    /// How it is answered.
    pub form: PublicForm,
}

impl From<&ProfileForm> for PublicForm {
    fn from(form: &ProfileForm) -> Self {
        let mut public = Self {
            form: form.as_str(),
            choices: None,
            contexts: None,
            fields: None,
        };
        match form {
            ProfileForm::Text => {}
            ProfileForm::Choice { options, .. } => public.choices = Some(options.clone()),
            ProfileForm::Checklist { context, .. } => {
                let entry = |(id, text): (&String, &String)| Choice {
                    id: id.clone(),
                    text: text.clone(),
                };
                let entries = context.iter().map(|known| (&known.id, &known.text));
                public.contexts = Some(entries.map(entry).collect());
            }
            ProfileForm::Compound { fields } => {
                let fields = fields.iter().map(|field| PublicField {
                    id: field.id.clone(),
                    label: field.label.clone(),
                    form: Self::from(&field.form),
                });
                public.fields = Some(fields.collect());
            }
        }
        public
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authoring::item::{ContextEntry, CountBand, ProfileField};

    #[test]
    fn a_form_shows_its_questions_and_none_of_its_scores() {
        let choice = ProfileForm::Choice {
            options: vec![Choice {
                id: "a".to_owned(),
                text: "Some".to_owned(),
            }],
            scores: [("a".to_owned(), 73.25)].into(),
        };
        let checklist = ProfileForm::Checklist {
            bands: vec![CountBand {
                from: 1,
                to: None,
                score: 73.25,
            }],
            context: vec![ContextEntry {
                id: "campus".to_owned(),
                text: "At a university".to_owned(),
                points: 73.25,
            }],
        };
        let field = |id: &str, form| ProfileField {
            id: id.to_owned(),
            label: format!("About {id}"),
            weight: 73.25,
            form,
        };
        let compound = ProfileForm::Compound {
            fields: vec![
                field("years", choice),
                field("projects", checklist),
                field("why", ProfileForm::Text),
            ],
        };
        let public = PublicForm::from(&compound);
        assert!(!format!("{public:?}").contains("73.25"));
        let fields = public.fields.unwrap();
        let forms: Vec<_> = fields
            .iter()
            .map(|field| (field.id.as_str(), field.form.form))
            .collect();
        assert_eq!(
            forms,
            [("years", "choice"), ("projects", "checklist"), ("why", "text")]
        );
        assert_eq!(fields[0].form.choices.as_ref().unwrap()[0].text, "Some");
        assert_eq!(
            fields[1].form.contexts.as_ref().unwrap()[0].text,
            "At a university"
        );
    }
}
