//! `audit_log`.

use async_trait::async_trait;
use domain::audit::{AuditEntry, AuditLog};
use domain::store::StoreError;

use crate::sql::{execute, values};
use crate::transaction::SqlTx;

#[async_trait]
impl AuditLog for SqlTx {
    async fn record(&mut self, entry: AuditEntry) -> Result<(), StoreError> {
        execute(
            &self.connection,
            "INSERT INTO audit_log (id, actor_id, actor_role, action, resource_type, resource_id, correlation_id,
                details, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            values![
                entry.id,
                entry.actor.user_id().map(|user| user.0),
                entry.actor.role(),
                entry.action,
                entry.resource_type,
                entry.resource_id,
                entry.correlation_id,
                entry.details.to_string(),
                entry.created_at.as_micros()
            ],
        )
        .await?;
        Ok(())
    }
}
