//! One candidate: makes an account, takes the assessment section by section, waits for the result.

use indicatif::ProgressBar;
use serde_json::{Value, json};
use uuid::Uuid;

use super::client::Api;
use super::error::DemoError;
use super::replies::{Acknowledged, CurrentSection, OptedIn, Outcome, Progress, Session, SignedIn};
use super::scripts::{AnswerSheet, Script};
use crate::config::Secret;
use crate::security::generate_password;

/// Somebody with an account.
pub(super) struct Candidate {
    pub(super) script: Script,
    pub(super) email: String,
    pub(super) password: Secret,
    api: Api,
}

/// An attempt under way or done.
pub(super) type AttemptId = Uuid;

impl Candidate {
    /// Makes an account under an address nobody has.
    pub(super) async fn register(api: &Api, script: Script) -> Result<Self, DemoError> {
        let email = format!("{}-{}@demo.example.org", script.name(), api.tag());
        let password = generate_password();
        let body = json!({ "email": email, "password": password, "display_name": format!("Demo ({})", script.name()) });
        let signed_in: SignedIn = api
            .post("registering a candidate", "/auth/register", &body)
            .await?;
        let api = api.signed_in(&signed_in.tokens.access_token);
        Ok(Self {
            script,
            email,
            password: Secret::new(password),
            api,
        })
    }

    /// Takes the whole assessment; `bar` moves by one per section.
    pub(super) async fn take(
        &self,
        definition_id: Uuid,
        answers: &AnswerSheet,
        bar: &ProgressBar,
    ) -> Result<AttemptId, DemoError> {
        let body = json!({ "assessment_definition_id": definition_id });
        let opted_in: OptedIn = self.api.post("opting in", "/sessions/opt-in", &body).await?;
        let id = opted_in.session_id;
        let body = json!({ "session_id": id });
        let mut session: Session = self
            .api
            .post("starting a session", "/sessions/start", &body)
            .await?;
        while let Some(section) = session.current_section.take() {
            self.submit_section(id, &section, answers).await?;
            bar.inc(1);
            session = self
                .api
                .get("reading a session", &format!("/sessions/{id}"))
                .await?;
        }
        let path = format!("/sessions/{id}/complete");
        let _: Acknowledged = self.api.post("completing a session", &path, &json!({})).await?;
        Ok(id)
    }

    /// The first half of the answers is saved while writing, the rest goes along with the section.
    async fn submit_section(
        &self,
        id: AttemptId,
        section: &CurrentSection,
        answers: &AnswerSheet,
    ) -> Result<(), DemoError> {
        let asked = section.questions.iter().map(|question| question.question_id);
        let mut saved: Vec<(Uuid, &Value)> = asked.filter_map(|id| Some((id, answers.get(&id)?))).collect();
        let last: AnswerSheet = saved
            .split_off(saved.len() / 2)
            .into_iter()
            .map(|(id, answer)| (id, answer.clone()))
            .collect();
        if !saved.is_empty() {
            let one = |(id, answer): &(Uuid, &Value)| json!({ "question_id": id, "answer": answer });
            let body = json!({ "responses": saved.iter().map(one).collect::<Vec<_>>() });
            let path = format!("/assessments/{id}/responses");
            let _: Acknowledged = self.api.post("saving answers", &path, &body).await?;
        }
        let body = json!({
            "section_id": section.section_id,
            "section_index": section.section_index,
            "answers": last,
        });
        let path = format!("/sessions/{id}/submit-section");
        let _: Acknowledged = self.api.post("submitting a section", &path, &body).await?;
        Ok(())
    }

    /// Waits for scoring, telling `seen` the percentage.
    pub(super) async fn result(
        &self,
        id: AttemptId,
        seen: impl Fn(u32) + Send,
    ) -> Result<Outcome, DemoError> {
        let is_over = |progress: &Progress| {
            seen(progress.overall_progress);
            progress.is_over()
        };
        self.api
            .poll(
                "waiting for scores",
                &format!("/assessments/{id}/status"),
                is_over,
            )
            .await?;
        self.api
            .get("reading a result", &format!("/assessments/{id}/result"))
            .await
    }
}
