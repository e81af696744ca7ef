//! The demonstration itself, step by step, over HTTP alone.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use serde_json::json;
use uuid::Uuid;

use super::candidate::Candidate;
use super::client::{Api, Upload};
use super::coverage::{Coverage, shipped_sections};
use super::error::DemoError;
use super::promises::{self, Promise};
use super::replies::{
    Covered, Definition, Generating, Job, Outcome, Published, SignedIn, Syllabus, Uploaded,
};
use super::scripts::Script;
use super::steps::Steps;
use super::{evidence, review, tables};
use crate::cli::{CliError, Terminal};
use crate::config::Secret;

const STEPS: u32 = 9;

/// An administrator's account.
pub(super) struct Admin {
    pub(super) email: String,
    pub(super) password: Secret,
}

/// The text to make an assessment of.
pub(super) struct Text {
    pub(super) file: Upload,
    /// Whether it is the shipped one, for which everything promised has to come true.
    pub(super) is_shipped: bool,
}

/// What is left at the end.
pub(super) struct Told {
    pub(super) candidates: Vec<Candidate>,
}

/// Tells the whole story; an error when a step fails, or a promise about the shipped text is not kept.
pub(super) async fn tell(api: &Api, admin: &Admin, text: Text) -> Result<Told, CliError> {
    let mut steps = Steps::new(STEPS);
    let is_shipped = text.is_shipped;
    let api = sign_in(api, admin, &mut steps).await?;
    let syllabus = upload(&api, text.file, &mut steps).await?;
    let (definition_id, covered) = generate(&api, &syllabus, &mut steps).await?;
    let path = format!("/assessments/definitions/{definition_id}");
    let definition: Definition = api.get("reading the assessment", &path).await?;
    let coverage = Coverage::of(&definition, is_shipped.then(shipped_sections));
    show_review(&definition, &coverage, &syllabus)?;
    Terminal::line(&tables::blueprint(&covered))?;
    review::review(&api, definition_id, &definition, &mut steps).await?;
    let definition: Definition = api.get("reading the assessment again", &path).await?;
    review::grade(&api, &definition, &mut steps).await?;
    publish(&api, definition_id, &mut steps).await?;
    let candidates = register(&api, &mut steps).await?;
    let attempts = take(&candidates, definition_id, &definition, &mut steps).await?;
    let outcomes = results(&candidates, &attempts, &mut steps).await?;
    show_results(&definition, &outcomes)?;
    let promises = promises::check(&definition, &coverage, &outcomes);
    Terminal::line(&format!("\n{}", tables::promises(&promises)))?;
    hold_to(&promises, is_shipped)?;
    Ok(Told { candidates })
}

async fn sign_in(api: &Api, admin: &Admin, steps: &mut Steps) -> Result<Api, CliError> {
    let step = steps.begin("sign in", None);
    let body = json!({ "email": admin.email, "password": admin.password.expose() });
    let signed_in: SignedIn = api
        .post("signing in as administrator", "/auth/login", &body)
        .await?;
    step.done(&format!("{} on {}", admin.email, api.server()))?;
    Ok(api.signed_in(&signed_in.tokens.access_token))
}

async fn upload(api: &Api, file: Upload, steps: &mut Steps) -> Result<Syllabus, CliError> {
    let step = steps.begin("upload", None);
    let name = file.file_name.clone();
    let uploaded: Uploaded = api
        .upload("uploading the syllabus", "/admin/syllabus/upload", file)
        .await?;
    let syllabus = uploaded.items.into_iter().next();
    let syllabus = syllabus.ok_or_else(|| DemoError::NotGenerated {
        code: "no_syllabus".to_owned(),
        reason: format!("the server kept nothing of {name}"),
    })?;
    step.done(&format!(
        "{name}, {} pages, {} characters of text",
        syllabus.pages, syllabus.characters
    ))?;
    Ok(syllabus)
}

async fn generate(
    api: &Api,
    syllabus: &Syllabus,
    steps: &mut Steps,
) -> Result<(Uuid, Vec<Covered>), CliError> {
    let step = steps.begin("generate", None);
    let body = json!({ "syllabus_ids": [syllabus.id] });
    let doing = "generating an assessment";
    let generating: Generating = api.post(doing, "/assessments/generate", &body).await?;
    let bar = step.bar.clone();
    let is_over = |job: &Job| {
        bar.set_message(job.status.clone());
        matches!(job.status.as_str(), "completed" | "failed" | "cancelled")
    };
    let job: Job = api
        .poll(doing, &format!("/jobs/{}", generating.job_id), is_over)
        .await?;
    let Job {
        status,
        error_code,
        error,
        result,
    } = job;
    let made = result.filter(|_| status == "completed");
    match made.and_then(|made| Some((made.assessment_definition_id?, made.coverage))) {
        Some((definition_id, coverage)) => {
            step.done(&format!("assessment {definition_id}"))?;
            Ok((definition_id, coverage))
        }
        None => Err(not_generated(error_code.unwrap_or(status), error).into()),
    }
}

fn not_generated(code: String, error: Option<String>) -> DemoError {
    let told = error.unwrap_or_else(|| "the server gives no reason".to_owned());
    // Jobs begin their error with its code, which is shown already.
    let reason = told
        .strip_prefix(&format!("{code}: "))
        .unwrap_or(&told)
        .to_owned();
    DemoError::NotGenerated { code, reason }
}

fn show_review(definition: &Definition, coverage: &Coverage, syllabus: &Syllabus) -> Result<(), CliError> {
    Terminal::line(&format!(
        "\n{}: {} items in {} sections; they quote {} of {} pages; the quality gate refused {}\n",
        definition.title,
        definition.items().count(),
        definition.sections.len(),
        coverage.quoted_pages,
        syllabus.pages,
        definition.dropped.len(),
    ))?;
    Terminal::line(&tables::sections(coverage))?;
    Terminal::line(&tables::kinds(definition))?;
    if let Some(dropped) = tables::dropped(definition) {
        Terminal::line(&dropped)?;
    }
    if let Some(source) = evidence::source(definition) {
        Terminal::line(&format!(
            "\nEvery item names its place in the text, for example\n{source}"
        ))?;
    }
    Terminal::line("")
}

async fn publish(api: &Api, definition_id: Uuid, steps: &mut Steps) -> Result<(), CliError> {
    let step = steps.begin("publish", None);
    let path = format!("/assessments/definitions/{definition_id}/publish");
    let published: Published = api.post("publishing the assessment", &path, &json!({})).await?;
    let Published {
        version,
        sections,
        items,
    } = published;
    step.done(&format!(
        "version {version} with {items} items in {sections} sections, frozen"
    ))
}

async fn register(api: &Api, steps: &mut Steps) -> Result<Vec<Candidate>, CliError> {
    let step = steps.begin("register", None);
    let registered = Script::ALL
        .into_iter()
        .map(|script| Candidate::register(api, script));
    let candidates = try_join_all(registered).await?;
    step.done(&format!(
        "{} candidates: {}",
        candidates.len(),
        Script::ALL.map(Script::name).join(", ")
    ))?;
    Ok(candidates)
}

async fn take(
    candidates: &[Candidate],
    definition_id: Uuid,
    definition: &Definition,
    steps: &mut Steps,
) -> Result<Vec<Uuid>, CliError> {
    let length = candidates.len() * definition.sections.len();
    let step = steps.begin("take", Some(length as u64));
    let taken = candidates.iter().map(|candidate| {
        let bar = step.bar.clone();
        async move {
            candidate
                .take(definition_id, &candidate.script.answers(definition), &bar)
                .await
        }
    });
    let attempts = try_join_all(taken).await?;
    step.done(&format!(
        "{length} sections submitted by {} candidates at once",
        candidates.len()
    ))?;
    Ok(attempts)
}

async fn results(
    candidates: &[Candidate],
    attempts: &[Uuid],
    steps: &mut Steps,
) -> Result<Vec<(Script, Outcome)>, CliError> {
    let step = steps.begin("score", Some(100 * candidates.len() as u64));
    let seen = std::sync::Mutex::new(BTreeMap::new());
    let scored = candidates.iter().zip(attempts).map(|(candidate, attempt)| {
        let (bar, seen) = (step.bar.clone(), &seen);
        let moved = move |percent: u32| {
            if let Ok(mut seen) = seen.lock() {
                seen.insert(*attempt, u64::from(percent));
                bar.set_position(seen.values().sum());
            }
        };
        async move { Ok::<_, DemoError>((candidate.script, candidate.result(*attempt, moved).await?)) }
    });
    let outcomes = try_join_all(scored).await?;
    step.done("every answer has a score")?;
    Ok(outcomes)
}

fn show_results(definition: &Definition, outcomes: &[(Script, Outcome)]) -> Result<(), CliError> {
    Terminal::line(&format!("\n{}", tables::results(outcomes)))?;
    for (script, outcome) in outcomes.iter().filter(|(script, _)| *script != Script::Blank) {
        Terminal::line(&format!("\nThe {} candidate, item by item", script.name()))?;
        Terminal::line(&tables::items(definition, outcome))?;
    }
    for text in evidence::texts(outcomes) {
        Terminal::line(&format!("\nThe {text}"))?;
    }
    Ok(())
}

/// A user's own text may be anything, so its numbers are only shown.
fn hold_to(promises: &[Promise], is_shipped: bool) -> Result<(), DemoError> {
    let broken = promises::broken(promises);
    if is_shipped && !broken.is_empty() {
        Err(DemoError::Promises(broken))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_shipped_text_is_held_to_the_promises() {
        let broken = [Promise {
            text: "x".to_owned(),
            found: "y".to_owned(),
            kept: false,
        }];
        assert!(hold_to(&broken, false).is_ok());
        assert_eq!(
            hold_to(&broken, true).unwrap_err().to_string(),
            "promises not kept: x (found: y)"
        );
        let kept = [Promise {
            text: "x".to_owned(),
            found: "y".to_owned(),
            kept: true,
        }];
        assert!(hold_to(&kept, true).is_ok());
    }

    #[test]
    fn a_failed_job_says_why() {
        let error = Some("nothing_usable: no item could be made".to_owned());
        let told = not_generated("nothing_usable".to_owned(), error).to_string();
        assert_eq!(
            told,
            "nothing was generated (nothing_usable): no item could be made"
        );
    }
}
