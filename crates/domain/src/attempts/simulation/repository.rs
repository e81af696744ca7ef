//! Attempts in memory: every statement of the schema's repository with its guard.

use async_trait::async_trait;

use super::catalogue::{ASSESSMENTS, items, number_of};
use super::memory::{Memory, ResponseRow, constraint};
use crate::attempts::{
    Attempt, AttemptRepository, AttemptState, GRACE, NewResponse, OpenVersion, SavedResponse, ScoringState,
    StoredResponse, SubmissionMark,
};
use crate::authoring::{Settings, VersionedItem};
use crate::ids::{AttemptId, DefinitionId, DefinitionVersionId, UserId};
use crate::store::StoreError;
use crate::time::Timestamp;

impl Memory {
    fn found(&self, fits: impl Fn(&Attempt) -> bool) -> Option<Attempt> {
        self.rows
            .values()
            .map(|row| &row.attempt)
            .find(|attempt| fits(attempt))
            .cloned()
    }

    /// Changes the attempt if it is in the expected state; counts the change.
    fn update(
        &mut self,
        id: AttemptId,
        now: Timestamp,
        fits: impl Fn(&Attempt) -> bool,
        set: impl FnOnce(&mut Attempt),
    ) -> bool {
        if !self.rows.get(&id).is_some_and(|row| fits(&row.attempt)) {
            return false;
        }
        let Some(row) = self.change(id) else { return false };
        set(&mut row.attempt);
        row.attempt.revision += 1;
        row.attempt.updated_at = now;
        true
    }

    /// The guarded statement that takes answers; `None` when the guard refuses.
    pub(super) fn save_guarded(
        &mut self,
        id: AttemptId,
        user: UserId,
        section_index: i32,
        answers: (&[NewResponse], Timestamp),
    ) -> Option<Vec<SavedResponse>> {
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
            attempt.last_activity_at = Some(now);
        });
        taken.then(|| self.upsert(id, responses, now))
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
                .is_none_or(|there| there.written_at <= response.written_at);
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

    fn check_open(&self, wanted: &Attempt) -> Result<(), StoreError> {
        let twin =
            self.found(|other| is_open(other) && other.user_id == wanted.user_id && same(other, wanted));
        if twin.is_some() {
            Err(constraint("attempts_one_open"))
        } else {
            Ok(())
        }
    }
}

fn is_open(attempt: &Attempt) -> bool {
    matches!(attempt.state, AttemptState::OptedIn | AttemptState::InProgress)
}

fn same(one: &Attempt, other: &Attempt) -> bool {
    one.definition_id == other.definition_id
}

#[async_trait]
impl AttemptRepository for Memory {
    async fn open_version(&mut self, definition: DefinitionId) -> Result<Option<OpenVersion>, StoreError> {
        let assessment = number_of(definition.0);
        Ok((assessment < ASSESSMENTS).then(|| self.setups[assessment].open_version(assessment)))
    }

    async fn version_settings(&mut self, version: DefinitionVersionId) -> Result<Settings, StoreError> {
        Ok(self.setups[number_of(version.0)].settings())
    }

    async fn find_owned(&mut self, id: AttemptId, user: UserId) -> Result<Option<Attempt>, StoreError> {
        Ok(self
            .rows
            .get(&id)
            .filter(|row| row.attempt.user_id == user)
            .map(|row| row.attempt.clone()))
    }

    async fn find(&mut self, id: AttemptId) -> Result<Option<Attempt>, StoreError> {
        Ok(self.rows.get(&id).map(|row| row.attempt.clone()))
    }

    async fn find_in_progress(&mut self, user: UserId) -> Result<Option<Attempt>, StoreError> {
        Ok(self.found(|attempt| attempt.user_id == user && attempt.state == AttemptState::InProgress))
    }

    async fn find_open(
        &mut self,
        user: UserId,
        definition: DefinitionId,
    ) -> Result<Option<Attempt>, StoreError> {
        Ok(self.found(|attempt| {
            attempt.user_id == user && attempt.definition_id == definition && is_open(attempt)
        }))
    }

    async fn count(&mut self, user: UserId, definition: DefinitionId) -> Result<u32, StoreError> {
        let attempts = self.rows.values().map(|row| &row.attempt);
        let counted = attempts.filter(|attempt| {
            attempt.user_id == user
                && attempt.definition_id == definition
                && attempt.state != AttemptState::Voided
        });
        Ok(u32::try_from(counted.count()).expect("a few attempts"))
    }

    async fn insert(&mut self, attempt: &Attempt) -> Result<(), StoreError> {
        self.check_open(attempt)?;
        self.add(attempt);
        Ok(())
    }

    async fn start(
        &mut self,
        id: AttemptId,
        now: Timestamp,
        deadline: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let started = self.update(
            id,
            now,
            |attempt| attempt.state == AttemptState::OptedIn,
            |attempt| {
                attempt.state = AttemptState::InProgress;
                attempt.started_at = Some(now);
                attempt.last_activity_at = Some(now);
                attempt.deadline_at = deadline;
            },
        );
        let user = self.rows.get(&id).map(|row| row.attempt.user_id);
        let running = self
            .rows
            .values()
            .map(|row| &row.attempt)
            .filter(|attempt| Some(attempt.user_id) == user && attempt.state == AttemptState::InProgress);
        if running.count() > 1 {
            return Err(constraint("attempts_one_in_progress"));
        }
        Ok(started)
    }

    async fn touch(&mut self, id: AttemptId, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.update(
            id,
            now,
            |attempt| attempt.state == AttemptState::InProgress,
            |attempt| {
                attempt.last_activity_at = Some(now);
            },
        ))
    }

    async fn save_responses(
        &mut self,
        attempt: &Attempt,
        responses: &[NewResponse],
        now: Timestamp,
    ) -> Result<Vec<SavedResponse>, StoreError> {
        if responses.is_empty() {
            return Ok(Vec::new());
        }
        self.save_guarded(
            attempt.id,
            attempt.user_id,
            attempt.current_section,
            (responses, now),
        )
        .ok_or(StoreError::Conflict)
    }

    async fn submit_section(
        &mut self,
        id: AttemptId,
        index: i32,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let current =
            |attempt: &Attempt| attempt.state == AttemptState::InProgress && attempt.current_section == index;
        let moved = self.update(id, now, current, |attempt| {
            attempt.current_section += 1;
            attempt.last_activity_at = Some(now);
        });
        if !moved {
            return Ok(false);
        }
        let Some(row) = self.change(id) else {
            return Ok(false);
        };
        if row.attempt.current_section > row.attempt.section_count {
            return Err(constraint("attempts_section"));
        }
        if !row.submitted_sections.insert(index) {
            return Err(constraint("section_submissions_pkey"));
        }
        Ok(true)
    }

    async fn end(
        &mut self,
        id: AttemptId,
        from: AttemptState,
        mark: &SubmissionMark,
    ) -> Result<bool, StoreError> {
        let scored = mark.evaluation_job_id.is_some();
        Ok(self.update(
            id,
            mark.at,
            |attempt| attempt.state == from,
            |attempt| {
                attempt.state = mark.state;
                attempt.scoring = if scored {
                    ScoringState::Running
                } else {
                    ScoringState::None
                };
                attempt.degraded_reasons.clone_from(&mark.degraded_reasons);
                attempt.evaluation_job_id = mark.evaluation_job_id;
                attempt.submitted_at = (mark.state == AttemptState::AwaitingAsync).then_some(mark.at);
                attempt.ended_at = Some(mark.at);
            },
        ))
    }

    async fn finish_scoring(
        &mut self,
        id: AttemptId,
        from: AttemptState,
        to: AttemptState,
        scoring: ScoringState,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let running = |attempt: &Attempt| attempt.state == from && attempt.scoring == ScoringState::Running;
        Ok(self.update(id, now, running, |attempt| {
            attempt.state = to;
            attempt.scoring = scoring;
            attempt.scored_at = Some(now);
            attempt.released_at = Some(now);
        }))
    }

    async fn items(&mut self, version: DefinitionVersionId) -> Result<Vec<VersionedItem>, StoreError> {
        Ok(items()[..self.setups[number_of(version.0)].item_count()].to_vec())
    }

    async fn responses(&mut self, id: AttemptId) -> Result<Vec<StoredResponse>, StoreError> {
        let Some(row) = self.rows.get(&id) else {
            return Ok(Vec::new());
        };
        let stored = row.responses.iter().map(|(item, response)| StoredResponse {
            item_version_id: *item,
            seq: response.seq,
            answer: response.answer.clone(),
            saved_at: response.saved_at,
        });
        Ok(stored.collect())
    }
}
