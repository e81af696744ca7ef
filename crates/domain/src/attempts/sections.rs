//! Sections in strict order.

use async_trait::async_trait;

use super::error::AttemptError;
use super::model::NewResponse;
use super::state::AttemptEvent;
use super::touch::{Touched, touch};
use crate::audit::AuditEntry;
use crate::identity::Candidate;
use crate::ids::AttemptId;
use crate::store::{Ctx, StoreError, Tx, UseCase};

/// Saves the last answers of the current section and locks it. The caller has checked that the answers belong to the
/// section and have the shape of their kind.
pub struct SubmitSection {
    /// Who.
    pub candidate: Candidate,
    /// Where.
    pub attempt_id: AttemptId,
    /// Which section, from 0.
    pub section_index: i32,
    /// Its last answers.
    pub answers: Vec<NewResponse>,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SectionSubmitted {
    /// The next section; none when this was the last one.
    pub next_section_index: Option<i32>,
}

#[async_trait]
impl UseCase for SubmitSection {
    const NAME: &'static str = "attempts.submit_section";
    type Out = Touched<SectionSubmitted>;
    type Err = AttemptError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Self::Out, AttemptError> {
        let now = ctx.now();
        let touched = touch(
            ctx,
            tx,
            self.candidate,
            self.attempt_id,
            AttemptEvent::SubmitSection,
        )
        .await?;
        let attempt = match touched {
            Touched::Alive(attempt) => attempt,
            Touched::Expired(expiry) => return Ok(Touched::Expired(expiry)),
        };
        let (requested, current) = (self.section_index, attempt.current_section);
        if requested != current || current >= attempt.section_count {
            return Err(AttemptError::SectionOutOfOrder { requested, current });
        }
        tx.attempts().save_responses(&attempt, &self.answers, now).await?;
        if !tx.attempts().submit_section(attempt.id, requested, now).await? {
            return Err(AttemptError::Store(StoreError::Conflict));
        }
        let entry = AuditEntry::new(ctx, "attempts.section_submitted", "attempt", Some(attempt.id.0))
            .with(serde_json::json!({ "section_index": requested, "answers": self.answers.len() }));
        tx.audit().record(entry).await?;
        let next = requested + 1;
        Ok(Touched::Alive(SectionSubmitted {
            next_section_index: (next < attempt.section_count).then_some(next),
        }))
    }
}
