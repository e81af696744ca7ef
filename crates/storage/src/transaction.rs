//! One open transaction; the slices' files implement their repository on it.

use std::sync::{Arc, OnceLock};

use ::jobs::Ready;
use domain::audit::AuditKey;
use domain::store::{StoreError, Tx};
use domain::{
    attempts, audit, authoring, catalog, identity, job, llm, operations, privacy, recommendations, regrades,
    reviews, scoring,
};
use sea_orm::DatabaseTransaction;

use crate::database::Backend;
use crate::error::store_error;
use crate::kept_versions::KeptVersions;

/// A transaction on either database.
pub struct SqlTx {
    pub(crate) connection: DatabaseTransaction,
    pub(crate) backend: Backend,
    /// Whether jobs were made ready that are not known.
    pub(crate) enqueued: bool,
    /// Those that are.
    pub(crate) ready: Vec<Ready>,
    pub(crate) audit_key: Arc<OnceLock<AuditKey>>,
    pub(crate) versions: KeptVersions,
}

impl SqlTx {
    pub(crate) const fn new(
        connection: DatabaseTransaction,
        backend: Backend,
        audit_key: Arc<OnceLock<AuditKey>>,
        versions: KeptVersions,
    ) -> Self {
        Self {
            connection,
            backend,
            enqueued: false,
            ready: Vec::new(),
            audit_key,
            versions,
        }
    }

    /// Commits; tells whether jobs were made ready, and which if all are known (else none), so that workers hear of them.
    pub(crate) async fn commit(self) -> Result<Option<Vec<Ready>>, StoreError> {
        self.connection.commit().await.map_err(store_error)?;
        Ok(announcement(self.enqueued, self.ready))
    }

    pub(crate) async fn roll_back(self) -> Result<(), StoreError> {
        self.connection.rollback().await.map_err(store_error)
    }
}

/// A list that lacks something would keep the relay from looking for it.
fn announcement(others: bool, known: Vec<Ready>) -> Option<Vec<Ready>> {
    if others {
        return Some(Vec::new());
    }
    (!known.is_empty()).then_some(known)
}

impl Tx for SqlTx {
    fn identity(&mut self) -> &mut dyn identity::IdentityRepository {
        self
    }

    fn cohorts(&mut self) -> &mut dyn identity::CohortRepository {
        self
    }

    fn authoring(&mut self) -> &mut dyn authoring::AuthoringRepository {
        self
    }

    fn review(&mut self) -> &mut dyn authoring::ReviewRepository {
        self
    }

    fn bank(&mut self) -> &mut dyn authoring::BankRepository {
        self
    }

    fn catalog(&mut self) -> &mut dyn catalog::CatalogRepository {
        self
    }

    fn attempts(&mut self) -> &mut dyn attempts::AttemptRepository {
        self
    }

    fn timekeeping(&mut self) -> &mut dyn attempts::TimeRepository {
        self
    }

    fn scoring(&mut self) -> &mut dyn scoring::ScoringRepository {
        self
    }

    fn llm(&mut self) -> &mut dyn llm::CallJournal {
        self
    }

    fn recommendations(&mut self) -> &mut dyn recommendations::RecommendationRepository {
        self
    }

    fn reviews(&mut self) -> &mut dyn reviews::ReviewsRepository {
        self
    }

    fn inquiries(&mut self) -> &mut dyn reviews::InquiryRepository {
        self
    }

    fn regrades(&mut self) -> &mut dyn regrades::RegradesRepository {
        self
    }

    fn privacy(&mut self) -> &mut dyn privacy::PrivacyRepository {
        self
    }

    fn audit(&mut self) -> &mut dyn audit::AuditLog {
        self
    }

    fn audit_chain(&mut self) -> &mut dyn audit::AuditChain {
        self
    }

    fn jobs(&mut self) -> &mut dyn job::JobSink {
        self
    }

    fn job_control(&mut self) -> &mut dyn operations::JobControl {
        self
    }
}

#[cfg(test)]
mod tests {
    use ::jobs::{Fence, JobId, Queue};
    use domain::job::{Priority, Timestamp};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_list_of_ready_jobs_is_whole_or_empty() {
        let known = vec![Ready {
            id: JobId(Uuid::nil()),
            fence: Fence(0),
            queue: Queue::Llm,
            priority: Priority::Normal,
            run_at: Timestamp::from_micros(0),
        }];
        assert_eq!(announcement(false, Vec::new()), None);
        assert_eq!(announcement(false, known.clone()), Some(known.clone()));
        assert_eq!(announcement(true, known), Some(Vec::new()));
        assert_eq!(announcement(true, Vec::new()), Some(Vec::new()));
    }
}
