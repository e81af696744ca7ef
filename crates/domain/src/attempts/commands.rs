//! Opting in, starting, staying alive.

use std::time::Duration;

use async_trait::async_trait;

use super::error::AttemptError;
use super::model::{Attempt, ScoringState};
use super::ports::OpenVersion;
use super::state::{AttemptEvent, AttemptState};
use super::submission::expire;
use super::timing::HEARTBEAT_INTERVAL;
use super::touch::{Touched, touch};
use crate::audit::AuditEntry;
use crate::identity::Candidate;
use crate::ids::{AttemptId, DefinitionId};
use crate::store::{Ctx, StoreError, Tx, UseCase};

/// Says that the candidate will take an assessment. Opting in again gives the attempt that is open.
pub struct OptIn {
    /// Who.
    pub candidate: Candidate,
    /// What.
    pub definition_id: DefinitionId,
}

#[async_trait]
impl UseCase for OptIn {
    const NAME: &'static str = "attempts.opt_in";
    type Out = Attempt;
    type Err = AttemptError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Attempt, AttemptError> {
        let user = self.candidate.user_id();
        let version = tx
            .attempts()
            .open_version(self.definition_id)
            .await?
            .ok_or(AttemptError::NoSuchAssessment)?;
        if let Some(open) = tx.attempts().find_open(user, self.definition_id).await? {
            return Ok(open);
        }
        if let Some(allowed) = version.settings.max_attempts
            && tx.attempts().count(user, self.definition_id).await? >= allowed
        {
            return Err(AttemptError::NoAttemptsLeft { allowed });
        }
        let attempt = self.new_attempt(ctx, &version);
        tx.attempts().insert(&attempt).await?;
        tx.audit()
            .record(AuditEntry::new(
                ctx,
                "attempts.opted_in",
                "attempt",
                Some(attempt.id.0),
            ))
            .await?;
        Ok(attempt)
    }
}

impl OptIn {
    fn new_attempt(&self, ctx: &Ctx, version: &OpenVersion) -> Attempt {
        let now = ctx.now();
        Attempt {
            id: AttemptId(ctx.new_uuid()),
            user_id: self.candidate.user_id(),
            definition_id: self.definition_id,
            definition_version_id: version.id,
            state: AttemptState::OptedIn,
            scoring: ScoringState::None,
            current_section: 0,
            section_count: version.section_count,
            response_seq: 0,
            opted_in_at: now,
            started_at: None,
            deadline_at: None,
            last_activity_at: None,
            inactivity_limit: minutes(version.settings.inactivity_minutes),
            submitted_at: None,
            ended_at: None,
            scored_at: None,
            released_at: None,
            degraded_reasons: Vec::new(),
            evaluation_job_id: None,
            revision: 1,
            updated_at: now,
        }
    }
}

/// Starts an attempt, or resumes it. Another attempt that is overdue is expired first, in the same transaction.
pub struct StartAttempt {
    /// Who.
    pub candidate: Candidate,
    /// Which.
    pub attempt_id: AttemptId,
}

#[async_trait]
impl UseCase for StartAttempt {
    const NAME: &'static str = "attempts.start";
    type Out = Touched<Attempt>;
    type Err = AttemptError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Touched<Attempt>, AttemptError> {
        let now = ctx.now();
        let touched = touch(ctx, tx, self.candidate, self.attempt_id, AttemptEvent::Start).await?;
        let attempt = match touched {
            Touched::Alive(attempt) => attempt,
            Touched::Expired(expiry) => return Ok(Touched::Expired(expiry)),
        };
        if attempt.state == AttemptState::InProgress {
            return Ok(Touched::Alive(attempt));
        }
        make_room(ctx, tx, &attempt).await?;
        let limit = tx
            .attempts()
            .version_settings(attempt.definition_version_id)
            .await?
            .time_limit_minutes;
        let deadline_at = limit.map(|limit| now + minutes(limit));
        if !tx.attempts().start(attempt.id, now, deadline_at).await? {
            return Err(AttemptError::Store(StoreError::Conflict));
        }
        tx.audit()
            .record(AuditEntry::new(
                ctx,
                "attempts.started",
                "attempt",
                Some(attempt.id.0),
            ))
            .await?;
        Ok(Touched::Alive(Attempt {
            state: AttemptState::InProgress,
            started_at: Some(now),
            last_activity_at: Some(now),
            deadline_at,
            revision: attempt.revision + 1,
            updated_at: now,
            ..attempt
        }))
    }
}

/// Refuses when the candidate is taking something else; expires it when its time is up.
async fn make_room(ctx: &Ctx, tx: &mut dyn Tx, wanted: &Attempt) -> Result<(), AttemptError> {
    let Some(running) = tx.attempts().find_in_progress(wanted.user_id).await? else {
        return Ok(());
    };
    match running.overdue(ctx.now()) {
        Some(expiry) => expire(ctx, tx, &running, expiry).await,
        None => Err(AttemptError::OtherInProgress { running: running.id }),
    }
}

/// Says that the candidate is still there; written at most once a minute.
pub struct Heartbeat {
    /// Who.
    pub candidate: Candidate,
    /// Where.
    pub attempt_id: AttemptId,
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
        if attempt
            .last_activity_at
            .is_some_and(|last| now.since(last) < HEARTBEAT_INTERVAL)
        {
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

fn minutes(count: u32) -> Duration {
    Duration::from_secs(u64::from(count) * 60)
}
