//! A row as it is stored, and the proof that the application wrote it.

use uuid::Uuid;

use super::AuditEntry;
use super::key::AuditKey;
use crate::time::Timestamp;

/// One stored row, column by column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// The row.
    pub id: Uuid,
    /// Who, if somebody was signed in.
    pub actor_id: Option<Uuid>,
    /// With which role.
    pub actor_role: String,
    /// What, as `slice.verb`.
    pub action: String,
    /// On what kind of thing.
    pub resource_type: String,
    /// On which one.
    pub resource_id: Option<Uuid>,
    /// The request or job.
    pub correlation_id: String,
    /// JSON, to the byte as it is stored.
    pub details: String,
    /// When.
    pub created_at: Timestamp,
    /// HMAC-SHA256 over all the rest, in hexadecimal digits; none for rows older than the key.
    pub mac: Option<String>,
}

impl AuditRow {
    /// What the row's `mac` has to be.
    pub fn expected_mac(&self, key: &AuditKey) -> String {
        let optional = |id: &Option<Uuid>| id.map(Uuid::into_bytes);
        key.authenticate("audit_log")
            .bytes(self.id.as_bytes())
            .optional(optional(&self.actor_id).as_ref().map(<[u8; 16]>::as_slice))
            .text(&self.actor_role)
            .text(&self.action)
            .text(&self.resource_type)
            .optional(optional(&self.resource_id).as_ref().map(<[u8; 16]>::as_slice))
            .text(&self.correlation_id)
            .text(&self.details)
            .number(self.created_at.as_micros())
            .hex()
    }

    /// The row of an entry, with its proof when there is a key.
    pub fn of(entry: AuditEntry, key: Option<&AuditKey>) -> Self {
        let mut row = Self {
            id: entry.id,
            actor_id: entry.actor.user_id().map(|user| user.0),
            actor_role: entry.actor.role().to_owned(),
            action: entry.action.to_owned(),
            resource_type: entry.resource_type.to_owned(),
            resource_id: entry.resource_id,
            correlation_id: entry.correlation_id,
            details: entry.details.to_string(),
            created_at: entry.created_at,
            mac: None,
        };
        row.mac = key.map(|key| row.expected_mac(key));
        row
    }
}
