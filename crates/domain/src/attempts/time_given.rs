//! Time given by people: accommodations of a candidate, extensions of an attempt.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;

use super::ending::record_with_note;
use super::error::AttemptError;
use super::model::Attempt;
use super::ports::{Accommodation, Retimed};
use super::state::{AttemptEvent, AttemptState};
use super::timing::{deadline, minutes, with_factor};
use super::touch::{Touched, expire_if_overdue, touch_as};
use super::views::Viewer;
use crate::audit::AuditEntry;
use crate::authoring::Settings;
use crate::identity::Staff;
use crate::ids::{AttemptId, UserId};
use crate::store::{Ctx, StoreError, Tx, UseCase};
use crate::time::Timestamp;

/// Gives one attempt more time, before or while it is taken.
pub struct Extend {
    /// Who may.
    pub staff: Staff,
    /// Which.
    pub attempt_id: AttemptId,
    /// How much.
    pub minutes: u32,
    /// Why; kept beside the audit row.
    pub reason: Option<String>,
}

#[async_trait]
impl UseCase for Extend {
    const NAME: &'static str = "attempts.extend";
    type Out = Touched<Attempt>;
    type Err = AttemptError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Touched<Attempt>, AttemptError> {
        let viewer = Viewer::from(self.staff);
        let touched = touch_as(ctx, tx, viewer, self.attempt_id, AttemptEvent::Extend).await?;
        let attempt = match touched {
            Touched::Alive(attempt) => attempt,
            Touched::Expired(expiry) => return Ok(Touched::Expired(expiry)),
        };
        let given = minutes(self.minutes);
        let has_deadline = match attempt.state {
            AttemptState::OptedIn => {
                let settings = timing_settings(tx, &attempt).await?;
                deadline(&settings, ctx.now(), 100, Duration::ZERO).is_some()
            }
            AttemptState::InProgress
            | AttemptState::AwaitingAsync
            | AttemptState::Completed
            | AttemptState::Expired
            | AttemptState::Failed
            | AttemptState::Voided => attempt.deadline_at.is_some(),
        };
        if !has_deadline {
            return Err(AttemptError::NoDeadline);
        }
        let times = Retimed {
            deadline_at: attempt.deadline_at.map(|deadline| deadline + given),
            inactivity_limit: attempt.inactivity_limit,
            time_factor: attempt.time_factor,
            extra_time: attempt.extra_time + given,
            now: ctx.now(),
        };
        let extended = retime(tx, attempt, times).await?;
        let entry = AuditEntry::new(ctx, "attempts.extended", "attempt", Some(extended.id.0))
            .with(json!({ "minutes": self.minutes, "noted": self.reason.is_some() }));
        record_with_note(tx, extended.id, entry, self.reason.as_deref()).await?;
        Ok(Touched::Alive(extended))
    }
}

/// Gives a candidate more time than others, from now on and in the attempt that is running.
pub struct Accommodate {
    /// Who may.
    pub staff: Staff,
    /// To whom.
    pub user_id: UserId,
    /// Percent of the usual time, 100–1000.
    pub time_factor: u32,
    /// Why, for staff.
    pub note: Option<String>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Accommodated {
    /// As stored.
    pub accommodation: Accommodation,
    /// The running attempt with its new times.
    pub running: Option<Attempt>,
}

#[async_trait]
impl UseCase for Accommodate {
    const NAME: &'static str = "attempts.accommodate";
    type Out = Accommodated;
    type Err = AttemptError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Accommodated, AttemptError> {
        let staff = self.staff;
        if !staff.sees_all() && !tx.cohorts().share_cohort(staff.user_id(), self.user_id).await? {
            return Err(AttemptError::NoSuchCandidate);
        }
        let accommodation = Accommodation {
            user_id: self.user_id,
            time_factor: self.time_factor,
            note: self.note.clone(),
            set_by: staff.user_id(),
            updated_at: ctx.now(),
        };
        if !tx.timekeeping().set_accommodation(&accommodation).await? {
            return Err(AttemptError::NoSuchCandidate);
        }
        let running = self.retime_running(ctx, tx).await?;
        let entry = AuditEntry::new(ctx, "attempts.accommodated", "user", Some(self.user_id.0))
            .with(json!({ "time_factor": self.time_factor }));
        tx.audit().record(entry).await?;
        Ok(Accommodated {
            accommodation,
            running,
        })
    }
}

impl Accommodate {
    async fn retime_running(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Option<Attempt>, AttemptError> {
        let Some(running) = tx.attempts().find_in_progress(self.user_id).await? else {
            return Ok(None);
        };
        let Touched::Alive(running) = expire_if_overdue(ctx, tx, running).await? else {
            return Ok(None);
        };
        let settings = timing_settings(tx, &running).await?;
        let deadline_at = running
            .deadline_at
            .map(|current| self.new_deadline(&running, current, &settings, ctx.now()));
        let times = Retimed {
            deadline_at,
            inactivity_limit: with_factor(minutes(settings.inactivity_minutes), self.time_factor),
            time_factor: self.time_factor,
            extra_time: running.extra_time,
            now: ctx.now(),
        };
        retime(tx, running, times).await.map(Some)
    }

    /// The deadline moves by what the time limit gains or loses, so that downtime and extensions stay added. Gains keep to
    /// the end of the sitting as it is published now; losses never reach into the past.
    fn new_deadline(
        &self,
        running: &Attempt,
        current: Timestamp,
        settings: &Settings,
        now: Timestamp,
    ) -> Timestamp {
        let Some(limit) = settings.time_limit_minutes else {
            return current;
        };
        let change = with_factor(minutes(limit), self.time_factor.abs_diff(running.time_factor));
        if self.time_factor < running.time_factor {
            return (current - change).max(now);
        }
        let raised = current + change;
        let latest = settings
            .closes_at
            .map(|closes_at| current.max(closes_at + running.extra_time));
        latest.map_or(raised, |latest| raised.min(latest))
    }
}

/// The attempt's own settings, but with the end of the sitting as it is published now: new times keep to that, as they
/// would at the start.
async fn timing_settings(tx: &mut dyn Tx, attempt: &Attempt) -> Result<Settings, StoreError> {
    let frozen = tx
        .attempts()
        .version_settings(attempt.definition_version_id)
        .await?;
    let published = tx.attempts().open_version(attempt.definition_id).await?;
    Ok(match published {
        None => frozen,
        Some(version) => Settings {
            closes_at: version.settings.closes_at,
            ..frozen
        },
    })
}

async fn retime(tx: &mut dyn Tx, attempt: Attempt, times: Retimed) -> Result<Attempt, AttemptError> {
    if !tx.timekeeping().retime(attempt.id, attempt.state, &times).await? {
        return Err(AttemptError::Store(StoreError::Conflict));
    }
    Ok(Attempt {
        deadline_at: times.deadline_at,
        inactivity_limit: times.inactivity_limit,
        time_factor: times.time_factor,
        extra_time: times.extra_time,
        revision: attempt.revision + 1,
        updated_at: times.now,
        ..attempt
    })
}
