//! The border between rules and storage: transactions, use cases and what can go wrong.
//!
//! A use case is a command plus the proof of permission. `store.run(&use_case)` begins a transaction, runs it, writes the
//! audit rows and jobs it asked for in the same transaction, and commits; conflicts are retried as a whole.
//! Architecture invariant: whatever receives a [`Tx`] receives no network port.

use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;

use crate::ids::IdSource;
use crate::time::{Clock, Timestamp};
use crate::{
    attempts, audit, authoring, catalog, identity, job, llm, operations, privacy, recommendations, regrades,
    reviews, scoring,
};

/// What storage can answer instead of doing it, by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached or is out of connections; try again later.
    #[error("the database is unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// Another transaction got in the way; run the whole use case again.
    #[error("the transaction conflicted with another one")]
    Conflict,
    /// A named constraint refused the write.
    #[error("constraint {name} refused the write")]
    Constraint {
        /// The constraint's name in the schema (`attempts_one_in_progress`).
        name: String,
    },
    /// A stored row that cannot be.
    #[error("{table}.{column} of {id} holds what it cannot hold")]
    Inconsistent {
        /// Table of the row.
        table: &'static str,
        /// Column that does not load.
        column: &'static str,
        /// The row.
        id: String,
    },
    /// A statement the database does not take; a programming error.
    #[error("the database refused the statement")]
    Rejected(#[source] Box<dyn Error + Send + Sync>),
}

impl StoreError {
    /// Whether the database is there and only this statement took too long: the next one may be answered.
    pub fn is_statement_timeout(&self) -> bool {
        matches!(self, Self::Unavailable(source) if source.is::<StatementTimeout>())
    }
}

/// The source of [`StoreError::Unavailable`] where the database gave up a statement.
#[derive(Debug, thiserror::Error)]
#[error("a statement took longer than it may")]
pub struct StatementTimeout(#[source] pub Box<dyn Error + Send + Sync>);

/// What every use case is given besides its transaction.
#[derive(Clone)]
pub struct Ctx {
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    /// Ties log lines, audit rows and replies of one request or job together.
    pub correlation_id: String,
    /// Whom audit rows name.
    pub actor: audit::Actor,
}

impl Ctx {
    /// Bundles the ports of one request or job.
    pub fn new(
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
        correlation_id: String,
        actor: audit::Actor,
    ) -> Self {
        Self {
            clock,
            ids,
            correlation_id,
            actor,
        }
    }

    /// The current instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A fresh UUIDv7, to be wrapped in an id newtype.
    pub fn new_uuid(&self) -> uuid::Uuid {
        self.ids.new_uuid()
    }
}

/// One open transaction, seen slice by slice.
pub trait Tx: Send {
    /// Users and tokens.
    fn identity(&mut self) -> &mut dyn identity::IdentityRepository;
    /// Groups of people and what is assigned to them.
    fn cohorts(&mut self) -> &mut dyn identity::CohortRepository;
    /// Syllabi, definitions and items.
    fn authoring(&mut self) -> &mut dyn authoring::AuthoringRepository;
    /// The items of drafts under review.
    fn review(&mut self) -> &mut dyn authoring::ReviewRepository;
    /// Tracks, the items of their banks, exemplars.
    fn bank(&mut self) -> &mut dyn authoring::BankRepository;
    /// The catalogue of micro-credentials.
    fn catalog(&mut self) -> &mut dyn catalog::CatalogRepository;
    /// Attempts, submissions and responses.
    fn attempts(&mut self) -> &mut dyn attempts::AttemptRepository;
    /// Deadlines, accommodations, downtime.
    fn timekeeping(&mut self) -> &mut dyn attempts::TimeRepository;
    /// Score records and resolutions.
    fn scoring(&mut self) -> &mut dyn scoring::ScoringRepository;
    /// Calls of language models and what they cost.
    fn llm(&mut self) -> &mut dyn llm::CallJournal;
    /// What is recommended.
    fn recommendations(&mut self) -> &mut dyn recommendations::RecommendationRepository;
    /// What people say of scores.
    fn reviews(&mut self) -> &mut dyn reviews::ReviewsRepository;
    /// What candidates ask about their scores.
    fn inquiries(&mut self) -> &mut dyn reviews::InquiryRepository;
    /// What is scored again.
    fn regrades(&mut self) -> &mut dyn regrades::RegradesRepository;
    /// What is known of a person, for export and erasure.
    fn privacy(&mut self) -> &mut dyn privacy::PrivacyRepository;
    /// The append-only audit log.
    fn audit(&mut self) -> &mut dyn audit::AuditLog;
    /// The seal of the audit log.
    fn audit_chain(&mut self) -> &mut dyn audit::AuditChain;
    /// Background jobs.
    fn jobs(&mut self) -> &mut dyn job::JobSink;
    /// Background jobs and their queues, as operators change them.
    fn job_control(&mut self) -> &mut dyn operations::JobControl;
}

/// An error of a use case that storage may have caused.
pub trait UseCaseError: From<StoreError> + Send {
    /// The storage error inside, if that is what it is; decides whether the transaction is tried again.
    fn store_error(&self) -> Option<&StoreError>;
}

impl UseCaseError for StoreError {
    fn store_error(&self) -> Option<&StoreError> {
        Some(self)
    }
}

/// A command with its proof of permission, run in one transaction.
///
/// `run` may be called several times (conflicts), so it keeps no state and has no effect outside `tx`.
/// A refusal that must persist something (expiry) is an `Ok` outcome, mapped to an error after the commit.
#[async_trait]
pub trait UseCase: Send + Sync {
    /// Names the transaction in traces, `slice.verb`.
    const NAME: &'static str;
    /// What it gives back.
    type Out: Send;
    /// Its refusals.
    type Err: UseCaseError;

    /// Reads, decides, writes, enqueues.
    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Self::Out, Self::Err>;
}
