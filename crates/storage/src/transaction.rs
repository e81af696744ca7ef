//! One open transaction; the slices' files implement their repository on it.

use std::sync::{Arc, OnceLock};

use domain::audit::AuditKey;
use domain::store::{StoreError, Tx};
use domain::{attempts, audit, authoring, identity, job, privacy, scoring};
use sea_orm::DatabaseTransaction;

use crate::database::Backend;
use crate::error::store_error;

/// A transaction on either database.
pub struct SqlTx {
    pub(crate) connection: DatabaseTransaction,
    pub(crate) backend: Backend,
    pub(crate) enqueued: bool,
    pub(crate) audit_key: Arc<OnceLock<AuditKey>>,
}

impl SqlTx {
    pub(crate) const fn new(
        connection: DatabaseTransaction,
        backend: Backend,
        audit_key: Arc<OnceLock<AuditKey>>,
    ) -> Self {
        Self {
            connection,
            backend,
            enqueued: false,
            audit_key,
        }
    }

    /// Commits; tells whether jobs were inserted, so that workers of this process can be woken.
    pub(crate) async fn commit(self) -> Result<bool, StoreError> {
        self.connection.commit().await.map_err(store_error)?;
        Ok(self.enqueued)
    }

    pub(crate) async fn roll_back(self) -> Result<(), StoreError> {
        self.connection.rollback().await.map_err(store_error)
    }
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

    fn attempts(&mut self) -> &mut dyn attempts::AttemptRepository {
        self
    }

    fn timekeeping(&mut self) -> &mut dyn attempts::TimeRepository {
        self
    }

    fn scoring(&mut self) -> &mut dyn scoring::ScoringRepository {
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
}
