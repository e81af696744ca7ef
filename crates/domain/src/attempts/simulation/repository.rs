//! Attempts in memory: every statement of the schema's repository with its guard.

use async_trait::async_trait;
use serde_json::Value;
use uuid::Uuid;

use super::catalogue::{TRACK, items, number_of};
use super::memory::{Memory, constraint};
use super::rows::{check_row, counts, is_open};
use crate::attempts::{
    Attempt, AttemptRepository, AttemptState, DegradedReason, NewResponse, OpenVersion, SavedResponse,
    ScoringEnd, ScoringState, Sittings, Slot, StoredResponse, SubmissionMark, Viewer, VoidedBy,
};
use crate::authoring::{Settings, VersionedItem};
use crate::ids::{AttemptId, DefinitionId, DefinitionVersionId, JobId, UserId};
use crate::store::StoreError;
use crate::time::Timestamp;

#[async_trait]
impl AttemptRepository for Memory {
    async fn open_version(&mut self, definition: DefinitionId) -> Result<Option<OpenVersion>, StoreError> {
        let published = self.published.get(number_of(definition.0)).copied().flatten();
        Ok(published.map(|number| self.versions[number].open(number)))
    }

    async fn slots(&mut self, version: DefinitionVersionId) -> Result<Vec<Slot>, StoreError> {
        let version = self.version(version);
        let track = version.assessment == TRACK;
        let slot = |item: &VersionedItem| Slot {
            section_index: item.section_index,
            group: item.content.body.kind().group(),
        };
        Ok(items(track)[..version.edition.items].iter().map(slot).collect())
    }

    async fn version_settings(&mut self, version: DefinitionVersionId) -> Result<Settings, StoreError> {
        Ok(self.version(version).settings())
    }

    async fn find_owned(&mut self, id: AttemptId, user: UserId) -> Result<Option<Attempt>, StoreError> {
        Ok(self
            .rows
            .get(&id)
            .filter(|row| row.attempt.user_id == user)
            .map(|row| row.attempt.clone()))
    }

    async fn find_visible(&mut self, id: AttemptId, viewer: Viewer) -> Result<Option<Attempt>, StoreError> {
        let row = self.rows.get(&id).map(|row| &row.attempt);
        Ok(row.filter(|attempt| self.sees(viewer, attempt)).cloned())
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

    async fn sittings(&mut self, user: UserId, definition: DefinitionId) -> Result<Sittings, StoreError> {
        let attempts = self.rows.values().map(|row| &row.attempt);
        let mut sittings = Sittings::default();
        for attempt in attempts {
            if attempt.user_id == user && attempt.definition_id == definition && counts(attempt) {
                sittings.counted += 1;
                sittings.last_ended_at = sittings.last_ended_at.max(attempt.ended_at);
            }
        }
        Ok(sittings)
    }

    async fn insert(&mut self, attempt: &Attempt, metadata: Option<&Value>) -> Result<(), StoreError> {
        let inserted = Attempt {
            submitted_at: None,
            ended_at: None,
            scored_at: None,
            released_at: None,
            voided_by: None,
            evaluation_job_id: None,
            ..attempt.clone()
        };
        check_row(&inserted)?;
        self.check_alone(&inserted)?;
        self.add(inserted, metadata.cloned());
        Ok(())
    }

    async fn start(&mut self, attempt: &Attempt, now: Timestamp) -> Result<bool, StoreError> {
        let started = self.update(
            attempt.id,
            now,
            |row| row.state == AttemptState::OptedIn,
            |row| {
                row.state = AttemptState::InProgress;
                row.started_at = Some(now);
                row.last_activity_at = Some(now);
                row.deadline_at = attempt.deadline_at;
                row.inactivity_limit = attempt.inactivity_limit;
                row.time_factor = attempt.time_factor;
            },
        )?;
        if let Some(row) = self.rows.get(&attempt.id) {
            self.check_alone(&row.attempt)?;
        }
        Ok(started)
    }

    async fn touch(&mut self, id: AttemptId, now: Timestamp) -> Result<bool, StoreError> {
        self.update(
            id,
            now,
            |attempt| attempt.state == AttemptState::InProgress,
            |attempt| attempt.last_activity_at = attempt.last_activity_at.max(Some(now)),
        )
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
        )?
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
            attempt.last_activity_at = attempt.last_activity_at.max(Some(now));
        })?;
        if !moved {
            return Ok(false);
        }
        let Some(row) = self.change(id) else {
            return Ok(false);
        };
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
        self.update(
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
        )
    }

    async fn replace_evaluation_job(
        &mut self,
        id: AttemptId,
        job: JobId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let running = |attempt: &Attempt| attempt.scoring == ScoringState::Running;
        self.update(id, now, running, |attempt| attempt.evaluation_job_id = Some(job))
    }

    async fn finish_scoring(&mut self, id: AttemptId, end: &ScoringEnd) -> Result<bool, StoreError> {
        let runs = |attempt: &Attempt| {
            let failed = matches!(attempt.state, AttemptState::Failed | AttemptState::Expired)
                && attempt.scoring == ScoringState::Failed;
            attempt.state == end.from
                && (attempt.scoring == ScoringState::Running || failed && end.scoring == ScoringState::Done)
        };
        self.update(id, end.at, runs, |attempt| {
            attempt.state = end.to;
            attempt.scoring = end.scoring;
            attempt.scored_at = Some(end.at);
            attempt.released_at = attempt.released_at.or(end.released.then_some(end.at));
        })
    }

    async fn set_degraded(
        &mut self,
        id: AttemptId,
        reasons: &[DegradedReason],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.update(
            id,
            now,
            |attempt| attempt.scoring != ScoringState::None,
            |attempt| attempt.degraded_reasons = reasons.to_vec(),
        )
    }

    async fn void(
        &mut self,
        id: AttemptId,
        from: AttemptState,
        by: VoidedBy,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.update(
            id,
            now,
            |attempt| attempt.state == from,
            |attempt| {
                attempt.state = AttemptState::Voided;
                attempt.voided_by = Some(by);
                attempt.ended_at = attempt.ended_at.or(Some(now));
                if attempt.scoring == ScoringState::Running {
                    attempt.scoring = ScoringState::None;
                }
            },
        )
    }

    async fn add_note(
        &mut self,
        id: AttemptId,
        _audit_id: Uuid,
        _note: &str,
        _now: Timestamp,
    ) -> Result<(), StoreError> {
        let there = self.rows.contains_key(&id);
        there.then_some(()).ok_or_else(|| constraint("attempt_id"))
    }

    async fn set_released(
        &mut self,
        id: AttemptId,
        released_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let scored = |attempt: &Attempt| matches!(attempt.scoring, ScoringState::Done | ScoringState::Failed);
        self.update(id, now, scored, |attempt| attempt.released_at = released_at)
    }

    async fn items(&mut self, attempt: &Attempt) -> Result<Vec<VersionedItem>, StoreError> {
        let version = self.version(attempt.definition_version_id);
        let all = &items(version.assessment == TRACK)[..version.edition.items];
        Ok(attempt.form.items(all).into_iter().cloned().collect())
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
