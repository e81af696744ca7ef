//! Rows of attempts in memory: how they change, what the schema checks, and the guarded statement that takes answers.

use super::catalogue::number_of;
use super::editions::Version;
use super::groups::Group;
use super::memory::{Memory, ResponseRow, constraint};
use crate::attempts::{Attempt, AttemptState, GRACE, NewResponse, SavedResponse, Viewer, VoidedBy};
use crate::ids::{AttemptId, DefinitionVersionId, UserId};
use crate::store::StoreError;
use crate::time::Timestamp;

impl Memory {
    pub(super) fn found(&self, fits: impl Fn(&Attempt) -> bool) -> Option<Attempt> {
        self.rows
            .values()
            .map(|row| &row.attempt)
            .find(|attempt| fits(attempt))
            .cloned()
    }

    /// Changes the attempt if it is in the expected state; counts the change.
    pub(super) fn update(
        &mut self,
        id: AttemptId,
        now: Timestamp,
        fits: impl Fn(&Attempt) -> bool,
        set: impl FnOnce(&mut Attempt),
    ) -> Result<bool, StoreError> {
        if !self.rows.get(&id).is_some_and(|row| fits(&row.attempt)) {
            return Ok(false);
        }
        let Some(row) = self.change(id) else {
            return Ok(false);
        };
        set(&mut row.attempt);
        row.attempt.revision += 1;
        row.attempt.updated_at = now;
        check_row(&row.attempt)?;
        Ok(true)
    }

    /// The guarded statement that takes answers; `None` when the guard refuses.
    pub(super) fn save_guarded(
        &mut self,
        id: AttemptId,
        user: UserId,
        section_index: i32,
        answers: (&[NewResponse], Timestamp),
    ) -> Result<Option<Vec<SavedResponse>>, StoreError> {
        let (responses, now) = answers;
        let count = i64::try_from(responses.len()).expect("a few answers");
        let in_time = |attempt: &Attempt| {
            let latest = now - GRACE;
            attempt.deadline_at.is_none_or(|deadline| deadline >= latest)
                && attempt
                    .last_activity_at
                    .is_some_and(|last| last + attempt.inactivity_limit >= latest)
        };
        let guard = |attempt: &Attempt| {
            attempt.user_id == user
                && attempt.state == AttemptState::InProgress
                && attempt.current_section == section_index
                && in_time(attempt)
        };
        let taken = self.update(id, now, guard, |attempt| {
            attempt.response_seq += count;
            attempt.last_activity_at = attempt.last_activity_at.max(Some(now));
        })?;
        Ok(taken.then(|| self.upsert(id, responses, now)))
    }

    fn upsert(&mut self, id: AttemptId, responses: &[NewResponse], now: Timestamp) -> Vec<SavedResponse> {
        let Some(row) = self.change(id) else {
            return Vec::new();
        };
        let first = row.attempt.response_seq - i64::try_from(responses.len()).expect("a few answers") + 1;
        let mut saved = Vec::with_capacity(responses.len());
        for (response, seq) in responses.iter().zip(first..) {
            let key = response.item_version_id;
            let stored = row
                .responses
                .get(&key)
                .zip(response.written_at)
                .is_none_or(|(there, new)| there.written_at.unwrap_or(there.saved_at) <= new);
            if stored {
                let answer = response.answer.clone();
                let kept = ResponseRow {
                    seq,
                    answer,
                    written_at: response.written_at,
                    saved_at: now,
                };
                row.responses.insert(key, kept);
            }
            saved.push(SavedResponse {
                item_version_id: key,
                seq,
                stored,
            });
        }
        saved
    }

    /// The unique indexes.
    pub(super) fn check_alone(&self, wanted: &Attempt) -> Result<(), StoreError> {
        let others = || {
            let attempts = self.rows.values().map(|row| &row.attempt);
            attempts.filter(|other| other.id != wanted.id && other.user_id == wanted.user_id)
        };
        let in_progress = |attempt: &Attempt| attempt.state == AttemptState::InProgress;
        if in_progress(wanted) && others().any(in_progress) {
            return Err(constraint("attempts_one_in_progress"));
        }
        let twin = |other: &Attempt| is_open(other) && other.definition_id == wanted.definition_id;
        if is_open(wanted) && others().any(twin) {
            return Err(constraint("attempts_one_open"));
        }
        Ok(())
    }

    pub(super) fn version(&self, id: DefinitionVersionId) -> &Version {
        &self.versions[number_of(id.0)]
    }

    pub(super) fn sees(&self, viewer: Viewer, attempt: &Attempt) -> bool {
        let candidate = number_of(attempt.user_id.0);
        let assessment = number_of(attempt.definition_id.0);
        let mine = |group: &Group, advisor: UserId| {
            group.members[number_of(advisor.0)] && group.members[candidate] && group.assigned[assessment]
        };
        viewer.owner().is_none_or(|owner| owner == attempt.user_id)
            && viewer
                .advisor()
                .is_none_or(|advisor| self.small.groups.iter().any(|group| mine(group, advisor)))
    }
}

/// The checks of the table.
pub(super) fn check_row(attempt: &Attempt) -> Result<(), StoreError> {
    use AttemptState as S;
    let begun = attempt.started_at.is_some() && attempt.last_activity_at.is_some();
    let checks = [
        (
            "attempts_section",
            (0..=attempt.section_count).contains(&attempt.current_section),
        ),
        ("attempts_started", attempt.state != S::InProgress || begun),
        (
            "attempts_submitted",
            !matches!(attempt.state, S::AwaitingAsync | S::Completed) || attempt.submitted_at.is_some(),
        ),
        (
            "attempts_time_factor",
            (100..=1000).contains(&attempt.time_factor),
        ),
    ];
    match checks.iter().find(|(_, holds)| !holds) {
        Some((name, _)) => Err(constraint(name)),
        None => Ok(()),
    }
}

pub(super) fn is_open(attempt: &Attempt) -> bool {
    matches!(attempt.state, AttemptState::OptedIn | AttemptState::InProgress)
}

/// Attempts taken out by staff, given up before the start or never started do not count.
pub(super) fn counts(attempt: &Attempt) -> bool {
    let started = attempt.started_at.is_some();
    (attempt.state != AttemptState::Voided || (attempt.voided_by == Some(VoidedBy::Owner) && started))
        && (attempt.state != AttemptState::Expired || started)
}
