//! Opting in and starting, by either door.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use super::error::AttemptError;
use super::form::{Form, seed_of, shown};
use super::model::{Attempt, ScoringState};
use super::ports::OpenVersion;
use super::sitting::{may_begin, may_open};
use super::state::{AttemptEvent, AttemptState};
use super::timing::{Expiry, deadline, minutes, with_factor};
use super::touch::{Touched, expire_if_overdue, touch};
use crate::audit::AuditEntry;
use crate::authoring::Settings;
use crate::authoring::learner::LearnerItem;
use crate::identity::Candidate;
use crate::ids::{AttemptId, DefinitionId};
use crate::store::{Ctx, StoreError, Tx, UseCase, UseCaseError};

/// Says that the candidate will take an assessment. Opting in again gives the attempt that is open; one that is overdue is
/// expired, which is the outcome when no other can be opened.
pub struct OptIn {
    /// Who.
    pub candidate: Candidate,
    /// What.
    pub definition_id: DefinitionId,
}

#[async_trait]
impl UseCase for OptIn {
    const NAME: &'static str = "attempts.opt_in";
    type Out = Touched<Attempt>;
    type Err = AttemptError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Touched<Attempt>, AttemptError> {
        let version = version_to_take(tx, self.candidate, self.definition_id).await?;
        let (open, expiry) = find_open(ctx, tx, self.candidate, self.definition_id).await?;
        if let Some(open) = open {
            return Ok(Touched::Alive(open));
        }
        let attempt = match new_attempt(ctx, tx, self.candidate, self.definition_id, &version).await {
            Ok(attempt) => attempt,
            Err(refusal) => return expired_or_refused(expiry, refusal),
        };
        tx.attempts().insert(&attempt, None).await?;
        audit(ctx, tx, "attempts.opted_in", &attempt).await?;
        Ok(Touched::Alive(attempt))
    }
}

/// Starts an attempt, or resumes it. Another attempt that is overdue is expired first, in the same transaction.
pub struct StartAttempt {
    /// Who.
    pub candidate: Candidate,
    /// Which.
    pub attempt_id: AttemptId,
    /// For assessments that ask for one.
    pub access_code: Option<String>,
}

#[async_trait]
impl UseCase for StartAttempt {
    const NAME: &'static str = "attempts.start";
    type Out = Touched<Attempt>;
    type Err = AttemptError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Touched<Attempt>, AttemptError> {
        let touched = touch(ctx, tx, self.candidate, self.attempt_id, AttemptEvent::Start).await?;
        let attempt = match touched {
            Touched::Alive(attempt) => attempt,
            Touched::Expired(expiry) => return Ok(Touched::Expired(expiry)),
        };
        if attempt.state == AttemptState::InProgress {
            return Ok(Touched::Alive(attempt));
        }
        let started = start(ctx, tx, attempt, self.access_code.as_deref()).await?;
        Ok(Touched::Alive(started))
    }
}

/// Takes an assessment at once: opts in and starts in one step, or resumes what is open. An attempt that is overdue is
/// expired, which is the outcome when no other can begin.
pub struct Take {
    /// Who.
    pub candidate: Candidate,
    /// What.
    pub definition_id: DefinitionId,
    /// For assessments that ask for one.
    pub access_code: Option<String>,
    /// What the client says of itself; kept with a new attempt.
    pub metadata: Option<Value>,
}

/// An attempt in progress.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    /// The attempt.
    pub attempt: Attempt,
    /// Whether it was in progress before.
    pub resumed: bool,
    /// What the candidate is shown of the sections that are not submitted yet.
    pub questions: Vec<LearnerItem>,
}

#[async_trait]
impl UseCase for Take {
    const NAME: &'static str = "attempts.take";
    type Out = Touched<Taken>;
    type Err = AttemptError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Touched<Taken>, AttemptError> {
        let (open, expiry) = find_open(ctx, tx, self.candidate, self.definition_id).await?;
        // What has begun goes on, whatever has become of the assessment since.
        let resumed = open
            .as_ref()
            .is_some_and(|open| open.state == AttemptState::InProgress);
        let attempt = match open {
            Some(open) if resumed => Ok(open),
            open => self.begin(ctx, tx, open).await,
        };
        match attempt {
            Ok(attempt) => taken(tx, attempt, resumed).await.map(Touched::Alive),
            Err(refusal) => expired_or_refused(expiry, refusal),
        }
    }
}

impl Take {
    /// Starts what is opted in, or a new attempt.
    async fn begin(
        &self,
        ctx: &Ctx,
        tx: &mut dyn Tx,
        opted_in: Option<Attempt>,
    ) -> Result<Attempt, AttemptError> {
        let version = version_to_take(tx, self.candidate, self.definition_id).await?;
        let access_code = self.access_code.as_deref();
        if let Some(opted_in) = opted_in {
            return start(ctx, tx, opted_in, access_code).await;
        }
        let fresh = new_attempt(ctx, tx, self.candidate, self.definition_id, &version).await?;
        let attempt = begin(ctx, tx, fresh, &version.settings, access_code).await?;
        tx.attempts().insert(&attempt, self.metadata.as_ref()).await?;
        audit(ctx, tx, "attempts.started", &attempt).await?;
        Ok(attempt)
    }
}

/// A refusal would undo the expiry of the attempt before, so the expiry is told instead; the next try gets the refusal.
fn expired_or_refused<T>(expiry: Option<Expiry>, refusal: AttemptError) -> Result<Touched<T>, AttemptError> {
    match expiry {
        Some(expiry) if refusal.store_error().is_none() => Ok(Touched::Expired(expiry)),
        _ => Err(refusal),
    }
}

/// The attempt with its questions, read in the same transaction, so that a stored reply has them.
async fn taken(tx: &mut dyn Tx, attempt: Attempt, resumed: bool) -> Result<Taken, AttemptError> {
    let settings = tx
        .attempts()
        .version_settings(attempt.definition_version_id)
        .await?;
    let items = tx.attempts().items(&attempt).await?;
    let open = items
        .iter()
        .filter(|item| item.section_index >= attempt.current_section);
    let questions = open.map(|item| shown(item, &settings, attempt.seed)).collect();
    Ok(Taken {
        attempt,
        resumed,
        questions,
    })
}

/// The version a candidate may take: published, and assigned to a cohort of theirs.
async fn version_to_take(
    tx: &mut dyn Tx,
    candidate: Candidate,
    definition: DefinitionId,
) -> Result<OpenVersion, AttemptError> {
    let version = tx.attempts().open_version(definition).await?;
    let version = version.ok_or(AttemptError::NoSuchAssessment)?;
    if tx.cohorts().is_assigned(candidate.user_id(), definition).await? {
        Ok(version)
    } else {
        Err(AttemptError::NoSuchAssessment)
    }
}

/// The candidate's open attempt of the assessment. If its time is up it is expired, and none is open: then by which limit.
async fn find_open(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    candidate: Candidate,
    definition: DefinitionId,
) -> Result<(Option<Attempt>, Option<Expiry>), AttemptError> {
    let open = tx.attempts().find_open(candidate.user_id(), definition).await?;
    let Some(open) = open else {
        return Ok((None, None));
    };
    Ok(match expire_if_overdue(ctx, tx, open).await? {
        Touched::Alive(open) => (Some(open), None),
        Touched::Expired(expiry) => (None, Some(expiry)),
    })
}

/// A new attempt with its form drawn, if the candidate has one left and there is anything to answer.
async fn new_attempt(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    candidate: Candidate,
    definition_id: DefinitionId,
    version: &OpenVersion,
) -> Result<Attempt, AttemptError> {
    let user_id = candidate.user_id();
    let settings = &version.settings;
    may_open(settings, tx.attempts().sittings(user_id, definition_id).await?)?;
    let id = AttemptId(ctx.new_uuid());
    let seed = seed_of(id);
    let form = if settings.mix.is_some() || settings.shuffle_items {
        Form::draw(&tx.attempts().slots(version.id).await?, settings, seed)
    } else {
        Form::whole()
    };
    let all = usize::try_from(version.item_count).unwrap_or(usize::MAX);
    let item_count = u32::try_from(form.len(all)).unwrap_or(u32::MAX);
    if item_count == 0 {
        return Err(AttemptError::NoSuchAssessment);
    }
    let now = ctx.now();
    Ok(Attempt {
        id,
        user_id,
        definition_id,
        definition_version_id: version.id,
        kind: version.kind,
        seed,
        item_count,
        form,
        state: AttemptState::OptedIn,
        scoring: ScoringState::None,
        current_section: 0,
        section_count: version.section_count,
        response_seq: 0,
        opted_in_at: now,
        started_at: None,
        deadline_at: None,
        last_activity_at: None,
        inactivity_limit: minutes(settings.inactivity_minutes),
        time_factor: 100,
        extra_time: Duration::ZERO,
        submitted_at: None,
        ended_at: None,
        scored_at: None,
        released_at: None,
        voided_by: None,
        degraded_reasons: Vec::new(),
        evaluation_job_id: None,
        revision: 1,
        updated_at: now,
    })
}

/// Starts what is opted in.
async fn start(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    opted_in: Attempt,
    access_code: Option<&str>,
) -> Result<Attempt, AttemptError> {
    let settings = settings_in_force(tx, &opted_in).await?;
    let started = begin(ctx, tx, opted_in, &settings, access_code).await?;
    if !tx.attempts().start(&started, ctx.now()).await? {
        return Err(AttemptError::Store(StoreError::Conflict));
    }
    audit(ctx, tx, "attempts.started", &started).await?;
    Ok(started)
}

/// The attempt as it begins now: the sitting rules hold, nothing else is in progress, and the clock is set.
async fn begin(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    attempt: Attempt,
    settings: &Settings,
    access_code: Option<&str>,
) -> Result<Attempt, AttemptError> {
    let now = ctx.now();
    let (user, definition) = (attempt.user_id, attempt.definition_id);
    let past = tx.attempts().sittings(user, definition).await?;
    may_begin(settings, past, access_code, now)?;
    make_room(ctx, tx, &attempt).await?;
    let time_factor = tx.timekeeping().time_factor(user).await?;
    Ok(Attempt {
        state: AttemptState::InProgress,
        started_at: Some(now),
        last_activity_at: Some(now),
        deadline_at: deadline(settings, now, time_factor, attempt.extra_time),
        inactivity_limit: with_factor(minutes(settings.inactivity_minutes), time_factor),
        time_factor,
        revision: attempt.revision + 1,
        updated_at: now,
        ..attempt
    })
}

/// Timing follows the attempt's version; whether the sitting is open follows what is published now. What is archived can no
/// longer be started.
async fn settings_in_force(tx: &mut dyn Tx, attempt: &Attempt) -> Result<Settings, AttemptError> {
    let published = tx.attempts().open_version(attempt.definition_id).await?;
    let now = published.ok_or(AttemptError::NoSuchAssessment)?.settings;
    let frozen = tx
        .attempts()
        .version_settings(attempt.definition_version_id)
        .await?;
    Ok(Settings {
        opens_at: now.opens_at,
        closes_at: now.closes_at,
        access_code: now.access_code,
        cool_down_minutes: now.cool_down_minutes,
        ..frozen
    })
}

/// Refuses when the candidate is taking something else; expires it when its time is up.
async fn make_room(ctx: &Ctx, tx: &mut dyn Tx, wanted: &Attempt) -> Result<(), AttemptError> {
    let Some(running) = tx.attempts().find_in_progress(wanted.user_id).await? else {
        return Ok(());
    };
    match expire_if_overdue(ctx, tx, running).await? {
        Touched::Expired(_) => Ok(()),
        // Another request has begun the same assessment since we looked: the next try resumes it.
        Touched::Alive(running) if running.definition_id == wanted.definition_id => {
            Err(AttemptError::Store(StoreError::Conflict))
        }
        Touched::Alive(running) => Err(AttemptError::OtherInProgress { running: running.id }),
    }
}

async fn audit(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    action: &'static str,
    attempt: &Attempt,
) -> Result<(), AttemptError> {
    let entry = AuditEntry::new(ctx, action, "attempt", Some(attempt.id.0));
    tx.audit().record(entry).await?;
    Ok(())
}
