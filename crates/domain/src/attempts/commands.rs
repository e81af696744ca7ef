//! Staying alive, and finding out why a save was refused.

use async_trait::async_trait;

use super::error::AttemptError;
use super::model::Attempt;
use super::state::{AttemptEvent, AttemptState};
use super::timing::HEARTBEAT_INTERVAL;
use super::touch::{Touched, touch};
use crate::identity::Candidate;
use crate::ids::AttemptId;
use crate::store::{Ctx, StoreError, Tx, UseCase};
use crate::time::Timestamp;

/// Says that the candidate is still there; written at most once a minute.
pub struct Heartbeat {
    /// Who.
    pub candidate: Candidate,
    /// Where.
    pub attempt_id: AttemptId,
}

impl Heartbeat {
    /// Whether it would change nothing of the attempt: taken, in time, and somebody was there less than a minute ago. Then
    /// nothing needs to be locked, however old what was read is.
    pub fn is_needless(attempt: &Attempt, now: Timestamp) -> bool {
        let in_time = attempt.state == AttemptState::InProgress && attempt.overdue(now).is_none();
        in_time && is_attended(attempt, now)
    }
}

/// Whether activity was written less than a minute ago; of an attempt that ends after few minutes, less than a quarter of them.
fn is_attended(attempt: &Attempt, now: Timestamp) -> bool {
    attempt
        .last_activity_at
        .is_some_and(|last| now.since(last) < HEARTBEAT_INTERVAL.min(attempt.inactivity_limit / 4))
}

#[async_trait]
impl UseCase for Heartbeat {
    const NAME: &'static str = "attempts.heartbeat";
    type Out = Touched<Attempt>;
    type Err = AttemptError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Touched<Attempt>, AttemptError> {
        let now = ctx.now();
        let touched = touch(ctx, tx, self.candidate, self.attempt_id, AttemptEvent::Heartbeat).await?;
        let attempt = match touched {
            Touched::Alive(attempt) => attempt,
            Touched::Expired(expiry) => return Ok(Touched::Expired(expiry)),
        };
        if is_attended(&attempt, now) {
            return Ok(Touched::Alive(attempt));
        }
        if !tx.attempts().touch(attempt.id, now).await? {
            return Err(AttemptError::Store(StoreError::Conflict));
        }
        let revision = attempt.revision + 1;
        Ok(Touched::Alive(Attempt {
            last_activity_at: Some(now),
            revision,
            updated_at: now,
            ..attempt
        }))
    }
}

/// Finds out why a save was refused, and expires the attempt if its time is up. Saving itself is a single guarded
/// statement; only a refusal costs this transaction.
pub struct ResolveRefusedSave {
    /// Who.
    pub candidate: Candidate,
    /// Where.
    pub attempt_id: AttemptId,
    /// The section the answers belong to.
    pub section_index: i32,
}

#[async_trait]
impl UseCase for ResolveRefusedSave {
    const NAME: &'static str = "attempts.resolve_refused_save";
    /// `Alive` never happens to a save that was rightly refused; the caller tries again.
    type Out = Touched<()>;
    type Err = AttemptError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Touched<()>, AttemptError> {
        let touched = touch(
            ctx,
            tx,
            self.candidate,
            self.attempt_id,
            AttemptEvent::SaveResponses,
        )
        .await?;
        let attempt = match touched {
            Touched::Alive(attempt) => attempt,
            Touched::Expired(expiry) => return Ok(Touched::Expired(expiry)),
        };
        if attempt.current_section != self.section_index {
            let (requested, current) = (self.section_index, attempt.current_section);
            return Err(AttemptError::SectionOutOfOrder { requested, current });
        }
        Ok(Touched::Alive(()))
    }
}
