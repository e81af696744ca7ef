//! What an advisor does before publishing: accepts an item, edits one, has one made anew, and grades some answers so that the
//! scorer learns what they are worth here.

use domain::authoring::item::ItemBody;
use serde_json::{Value, json};
use uuid::Uuid;

use super::client::Api;
use super::error::DemoError;
use super::replies::{Acknowledged, Compared, Definition, ExemplarsAdded, Generating, Item, Regeneration};
use super::steps::Steps;
use super::tables;
use super::wording::{one_line, shortened};
use crate::cli::{CliError, Terminal};

const PROMPT_LENGTH: usize = 60;

/// What was done, to which item, and what came of it.
pub(super) type Deed = [String; 3];

/// An item of the assessment under review.
struct Reviewed<'a> {
    api: &'a Api,
    definition_id: Uuid,
    item: &'a Item,
}

/// Accepts the first statement, edits the first short answer and has the last choice made anew, as far as there are such.
pub(super) async fn review(
    api: &Api,
    definition_id: Uuid,
    definition: &Definition,
    steps: &mut Steps,
) -> Result<(), CliError> {
    let step = steps.begin("review", None);
    let reviewed = |item| Reviewed {
        api,
        definition_id,
        item,
    };
    let mut deeds = Vec::new();
    if let Some(item) = of_kind(definition, "true_false").next() {
        deeds.push(reviewed(item).accept().await?);
    }
    if let Some(item) = of_kind(definition, "short_answer").next() {
        deeds.push(reviewed(item).edit().await?);
    }
    if let Some(item) = of_kind(definition, "multiple_choice").last() {
        deeds.push(reviewed(item).make_anew().await?);
    }
    step.done(&format!("{} items looked at", deeds.len()))?;
    Terminal::line(&tables::deeds(&deeds))
}

/// Brings graded answers to the first short answer; its scores are calibrated by them from then on.
pub(super) async fn grade(api: &Api, definition: &Definition, steps: &mut Steps) -> Result<(), CliError> {
    let step = steps.begin("calibrate", None);
    let asked = of_kind(definition, "short_answer").find_map(|item| match &item.body {
        ItemBody::ShortAnswer { reference, .. } => Some((item, reference)),
        _ => None,
    });
    let Some((item, reference)) = asked else {
        return step.done("there is no short answer to grade");
    };
    let body = json!({ "exemplars": graded(reference, item.marks) });
    let path = format!("/questions/{}/exemplars", item.id);
    let added: ExemplarsAdded = api.post("bringing graded answers", &path, &body).await?;
    step.done(&format!(
        "{} graded answers to “{}”",
        added.added,
        shortened(&one_line(&item.stem), PROMPT_LENGTH)
    ))
}

/// The reference and less and less of it, with the points that a teacher would give.
fn graded(reference: &str, marks: f64) -> Vec<Value> {
    let words: Vec<&str> = reference.split_whitespace().collect();
    let share = |part: f64| (marks * part * 100.0).round() / 100.0;
    let first = |count: usize| words[..count.clamp(1, words.len())].join(" ");
    vec![
        json!({ "answer": reference, "points": share(1.0) }),
        json!({ "answer": first(words.len() * 3 / 4), "points": share(0.75) }),
        json!({ "answer": first(words.len() / 2), "points": share(0.25) }),
        json!({ "answer": first(words.len() / 4), "points": 0 }),
        json!({ "answer": "It depends on the case.", "points": 0 }),
    ]
}

fn of_kind<'d>(definition: &'d Definition, kind: &'static str) -> impl Iterator<Item = &'d Item> {
    definition
        .items()
        .filter(move |item| item.body.kind().as_str() == kind)
}

impl Reviewed<'_> {
    async fn accept(&self) -> Result<Deed, DemoError> {
        let note = json!({ "note": "clear, and the source says so" });
        let _: Acknowledged = self
            .api
            .post("accepting an item", &self.path("/accept"), &note)
            .await?;
        Ok(self.deed("accepted", "stays as it is".to_owned()))
    }

    async fn edit(&self) -> Result<Deed, DemoError> {
        let edit = json!({
            "reason": "says how long an answer should be",
            "stem": format!("{} Answer in one or two sentences.", self.item.stem.trim_end()),
        });
        let _: Acknowledged = self.api.patch("editing an item", &self.path(""), &edit).await?;
        let path = format!("/questions/{}/versions/1/diff/2", self.item.id);
        let compared: Compared = self.api.get("comparing two versions", &path).await?;
        let changed: Vec<&str> = compared
            .changes
            .iter()
            .map(|change| change.path.as_str())
            .collect();
        let came = format!("version 2; from version 1 it differs in {}", changed.join(", "));
        Ok(self.deed("edited", came))
    }

    async fn make_anew(&self) -> Result<Deed, DemoError> {
        let doing = "making an item anew";
        let body = json!({ "reason": "too easy for this course" });
        let asked: Generating = self.api.post(doing, &self.path("/regenerate"), &body).await?;
        let is_over =
            |job: &Regeneration| matches!(job.status.as_str(), "completed" | "failed" | "cancelled");
        let job: Regeneration = self
            .api
            .poll(doing, &format!("/jobs/{}", asked.job_id), is_over)
            .await?;
        let replaced = job.result.is_some_and(|result| result.item_id.is_some());
        let came = if replaced {
            "another one from the same text stands in its place"
        } else {
            "the text gives no other one; it is left out"
        };
        Ok(self.deed("rejected, made anew", came.to_owned()))
    }

    fn path(&self, step: &str) -> String {
        format!(
            "/assessments/definitions/{}/items/{}{step}",
            self.definition_id, self.item.id
        )
    }

    fn deed(&self, what: &str, came: String) -> Deed {
        [
            what.to_owned(),
            shortened(&one_line(&self.item.stem), PROMPT_LENGTH),
            came,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_of_the_reference_is_worth_less() {
        let graded = graded("A log is a sequential record of all changes.", 3.0);
        let points: Vec<f64> = graded.iter().filter_map(|row| row["points"].as_f64()).collect();
        assert_eq!(points, [3.0, 2.25, 0.75, 0.0, 0.0]);
        assert_eq!(graded[3]["answer"], "A log");
    }
}
