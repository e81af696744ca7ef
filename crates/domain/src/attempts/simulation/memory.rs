//! Storage in memory: one transaction at a time, undone from the rows it touched. It has the guards and constraints of the
//! schema, so that a use case cannot lean on anything that the databases do not give.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use serde_json::Value;

use super::catalogue::ASSESSMENTS;
use super::editions::Version;
use super::groups::{AT_FIRST, Groups};
use super::steps::CANDIDATES;
use crate::attempts::{Attempt, AttemptRepository, TimeRepository};
use crate::audit::{AuditChain, AuditEntry, AuditLog};
use crate::authoring::{AuthoringRepository, BankRepository, ReviewRepository};
use crate::catalog::CatalogRepository;
use crate::identity::{CohortRepository, IdentityRepository};
use crate::ids::{AttemptId, ItemVersionId, ScoreRecordId};
use crate::job::{Enqueued, JobSink, JobStatus, NewJob};
use crate::llm::CallJournal;
use crate::operations::JobControl;
use crate::privacy::PrivacyRepository;
use crate::scoring::{Counting, Deferral, DeferralReason, Due, Resolution, ScoreRecord, ScoringRepository};
use crate::store::{StoreError, Tx};
use crate::time::Timestamp;

/// A stored answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ResponseRow {
    pub(super) seq: i64,
    pub(super) answer: Value,
    pub(super) written_at: Option<Timestamp>,
    pub(super) saved_at: Timestamp,
}

/// An attempt with everything that hangs on it.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) attempt: Attempt,
    pub(super) metadata: Option<Value>,
    pub(super) responses: BTreeMap<ItemVersionId, ResponseRow>,
    pub(super) submitted_sections: BTreeSet<i32>,
    pub(super) records: Vec<ScoreRecord>,
    pub(super) resolutions: BTreeMap<ItemVersionId, Resolution>,
    pub(super) jobs: Vec<NewJob>,
}

/// The small tables, which are cheap to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Small {
    pub(super) groups: Groups,
    /// Percent of the usual time, of candidates that have an accommodation.
    pub(super) factors: [Option<u32>; CANDIDATES],
    pub(super) served: Option<Timestamp>,
}

/// All tables. Ids grow, so attempts lie in the order they were made in.
pub(super) struct Memory {
    pub(super) versions: Vec<Version>,
    /// Which version new attempts take; none is archived.
    pub(super) published: [Option<usize>; ASSESSMENTS],
    pub(super) rows: BTreeMap<AttemptId, Row>,
    pub(super) small: Small,
    pub(super) has_catalogue: bool,
    pub(super) audit: Vec<AuditEntry>,
    /// Rows as they were before the open transaction first touched them; none for new ones.
    before: Vec<(AttemptId, Option<Row>)>,
    small_before: Small,
    audited_before: usize,
}

impl Memory {
    pub(super) fn new(has_catalogue: bool) -> Self {
        let small = Small {
            groups: AT_FIRST,
            factors: [None; CANDIDATES],
            served: None,
        };
        Self {
            versions: Vec::new(),
            published: [None; ASSESSMENTS],
            rows: BTreeMap::new(),
            small,
            has_catalogue,
            audit: Vec::new(),
            before: Vec::new(),
            small_before: small,
            audited_before: 0,
        }
    }

    /// Keeps what was written; returns which attempts that touched.
    pub(super) fn commit(&mut self) -> Vec<AttemptId> {
        self.audited_before = self.audit.len();
        self.small_before = self.small;
        self.before.drain(..).map(|(id, _)| id).collect()
    }

    /// Undoes what was written.
    pub(super) fn roll_back(&mut self) {
        while let Some((id, row)) = self.before.pop() {
            match row {
                Some(row) => self.rows.insert(id, row),
                None => self.rows.remove(&id),
            };
        }
        self.small = self.small_before;
        self.audit.truncate(self.audited_before);
    }

    /// The row, about to be changed by the open transaction.
    pub(super) fn change(&mut self, id: AttemptId) -> Option<&mut Row> {
        let row = self.rows.get_mut(&id)?;
        if self.before.iter().all(|(touched, _)| *touched != id) {
            self.before.push((id, Some(row.clone())));
        }
        Some(row)
    }

    pub(super) fn add(&mut self, attempt: Attempt, metadata: Option<Value>) {
        self.before.push((attempt.id, None));
        let id = attempt.id;
        let row = Row {
            attempt,
            metadata,
            responses: BTreeMap::new(),
            submitted_sections: BTreeSet::new(),
            records: Vec::new(),
            resolutions: BTreeMap::new(),
            jobs: Vec::new(),
        };
        self.rows.insert(id, row);
    }

    /// The row that score records, resolutions and jobs refer to.
    fn referenced(&mut self, id: AttemptId) -> Result<&mut Row, StoreError> {
        self.change(id).ok_or_else(|| constraint("attempt_id"))
    }
}

/// The refusal of a constraint.
pub(super) fn constraint(name: &str) -> StoreError {
    StoreError::Constraint {
        name: name.to_owned(),
    }
}

impl Tx for Memory {
    fn identity(&mut self) -> &mut dyn IdentityRepository {
        unreachable!("attempts have no business with accounts")
    }

    fn cohorts(&mut self) -> &mut dyn CohortRepository {
        self
    }

    fn authoring(&mut self) -> &mut dyn AuthoringRepository {
        unreachable!("attempts see assessments through their own repository")
    }

    fn review(&mut self) -> &mut dyn ReviewRepository {
        unreachable!("attempts take what is published, not what is under review")
    }

    fn bank(&mut self) -> &mut dyn BankRepository {
        unreachable!("attempts see banks as versions, through their own repository")
    }

    fn catalog(&mut self) -> &mut dyn CatalogRepository {
        self
    }

    fn attempts(&mut self) -> &mut dyn AttemptRepository {
        self
    }

    fn timekeeping(&mut self) -> &mut dyn TimeRepository {
        self
    }

    fn scoring(&mut self) -> &mut dyn ScoringRepository {
        self
    }

    fn llm(&mut self) -> &mut dyn CallJournal {
        unreachable!("attempts ask no language model")
    }

    fn recommendations(&mut self) -> &mut dyn crate::recommendations::RecommendationRepository {
        unreachable!("what is taken and scored does not depend on what is recommended")
    }

    fn reviews(&mut self) -> &mut dyn crate::reviews::ReviewsRepository {
        unreachable!("attempts have no business with what people say of scores")
    }

    fn inquiries(&mut self) -> &mut dyn crate::reviews::InquiryRepository {
        unreachable!("attempts have no business with inquiries")
    }

    fn regrades(&mut self) -> &mut dyn crate::regrades::RegradesRepository {
        unreachable!("attempts have no business with regrades")
    }

    fn privacy(&mut self) -> &mut dyn PrivacyRepository {
        unreachable!("attempts have no business with erasure")
    }

    fn audit(&mut self) -> &mut dyn AuditLog {
        self
    }

    fn audit_chain(&mut self) -> &mut dyn AuditChain {
        unreachable!("attempts do not seal the log")
    }

    fn jobs(&mut self) -> &mut dyn JobSink {
        self
    }

    fn job_control(&mut self) -> &mut dyn JobControl {
        unreachable!("attempts do not operate on queues")
    }
}

#[async_trait]
impl AuditLog for Memory {
    async fn record(&mut self, entry: AuditEntry) -> Result<(), StoreError> {
        self.audit.push(entry);
        Ok(())
    }
}

#[async_trait]
impl JobSink for Memory {
    async fn enqueue(&mut self, job: NewJob) -> Result<Enqueued, StoreError> {
        let subject = job.subject.ok_or_else(|| constraint("jobs_subject"))?;
        let row = self.referenced(AttemptId(subject))?;
        if job
            .parent
            .is_some_and(|parent| row.jobs.iter().all(|other| other.id != parent))
        {
            return Err(constraint("jobs_parent"));
        }
        let twin = row
            .jobs
            .iter()
            .find(|other| other.kind == job.kind && other.dedupe_key == job.dedupe_key);
        if let Some(twin) = twin {
            return Ok(Enqueued {
                id: twin.id,
                deduplicated: true,
                status: JobStatus::Queued,
            });
        }
        let id = job.id;
        row.jobs.push(job);
        Ok(Enqueued {
            id,
            deduplicated: false,
            status: JobStatus::Queued,
        })
    }
}

#[async_trait]
impl ScoringRepository for Memory {
    async fn insert_records(&mut self, records: &[ScoreRecord]) -> Result<Vec<ScoreRecordId>, StoreError> {
        let key = |record: &ScoreRecord| (record.item_version_id, record.verdict.scorer);
        let mut new = Vec::new();
        for record in records {
            let row = self.referenced(record.attempt_id)?;
            let twin = row
                .records
                .iter()
                .any(|other| key(other) == key(record) && other.cause == record.cause);
            if !twin {
                row.records.push(record.clone());
                new.push(record.id);
            }
        }
        Ok(new)
    }

    async fn resolve(&mut self, resolutions: &[Resolution]) -> Result<(), StoreError> {
        for resolution in resolutions {
            let row = self.referenced(resolution.attempt_id)?;
            let is_of = |record: &ScoreRecord| record.id == resolution.score_record_id;
            if !row.records.iter().any(is_of) {
                return Err(constraint("resolutions_score_record_id"));
            }
            row.resolutions
                .insert(resolution.item_version_id, resolution.clone());
        }
        Ok(())
    }

    async fn defer(&mut self, _deferral: &Deferral, _now: Timestamp) -> Result<(), StoreError> {
        unreachable!("there is no model to wait for")
    }

    async fn take_deferred(&mut self, _now: Timestamp, _limit: u32) -> Result<Vec<Due>, StoreError> {
        unreachable!("there is no model to wait for")
    }

    async fn settle_deferred(
        &mut self,
        _attempt: AttemptId,
        _item: ItemVersionId,
    ) -> Result<bool, StoreError> {
        unreachable!("there is no model to wait for")
    }

    async fn deferral_reasons(&mut self, _attempt: AttemptId) -> Result<Vec<DeferralReason>, StoreError> {
        Ok(Vec::new())
    }

    async fn resolved_items(&mut self, attempt: AttemptId) -> Result<Vec<ItemVersionId>, StoreError> {
        Ok(self
            .rows
            .get(&attempt)
            .map_or_else(Vec::new, |row| row.resolutions.keys().copied().collect()))
    }

    async fn what_counts(&mut self, _attempt: AttemptId) -> Result<Vec<Counting>, StoreError> {
        unreachable!("no edition asks for a person")
    }

    async fn set_waiting_fail(
        &mut self,
        _attempt: AttemptId,
        _item: Option<ItemVersionId>,
        _now: Timestamp,
    ) -> Result<(), StoreError> {
        unreachable!("no edition asks for a person")
    }
}
