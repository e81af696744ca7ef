//! `audit_log`: rows in, rows out.

use async_trait::async_trait;
use domain::audit::{AuditEntry, AuditLog, AuditRow};
use domain::store::StoreError;

use crate::sql::{Row, execute, values};
use crate::transaction::SqlTx;

/// The columns an [`AuditRow`] is made of, of the table `a`.
pub(crate) const ROW_COLUMNS: &str =
    "a.id, a.actor_id, a.actor_role, a.action, a.resource_type, a.resource_id,
    a.correlation_id, a.details, a.created_at, a.mac";

#[async_trait]
impl AuditLog for SqlTx {
    async fn record(&mut self, entry: AuditEntry) -> Result<(), StoreError> {
        let row = AuditRow::of(entry, self.audit_key.get());
        execute(
            &self.connection,
            "INSERT INTO audit_log (id, actor_id, actor_role, action, resource_type, resource_id, correlation_id,
                details, created_at, mac)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            values![
                row.id,
                row.actor_id,
                row.actor_role,
                row.action,
                row.resource_type,
                row.resource_id,
                row.correlation_id,
                row.details,
                row.created_at.as_micros(),
                row.mac
            ],
        )
        .await?;
        Ok(())
    }
}

/// The row of [`ROW_COLUMNS`].
pub(crate) fn audit_row(row: &Row) -> Result<AuditRow, StoreError> {
    Ok(AuditRow {
        id: row.get("id")?,
        actor_id: row.get("actor_id")?,
        actor_role: row.get("actor_role")?,
        action: row.get("action")?,
        resource_type: row.get("resource_type")?,
        resource_id: row.get("resource_id")?,
        correlation_id: row.get("correlation_id")?,
        details: row.get("details")?,
        created_at: row.timestamp("created_at")?,
        mac: row.get("mac")?,
    })
}
