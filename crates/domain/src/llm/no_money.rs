//! What administrators are told when there is no money for calls: one row of the audit log.

use async_trait::async_trait;
use serde_json::json;

use super::calls::Cap;
use super::model::ModelName;
use crate::audit::AuditEntry;
use crate::store::{Ctx, StoreError, Tx, UseCase};

/// Notes that calls of a model wait for money. Whoever calls does it once for every wait.
pub struct NoteNoMoney {
    /// Which model was to be asked.
    pub model: ModelName,
    /// Which limit was reached; that of one attempt is shown by the attempt alone.
    pub cap: Cap,
}

#[async_trait]
impl UseCase for NoteNoMoney {
    const NAME: &'static str = "llm.note_no_money";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        let (action, until) = match self.cap {
            Cap::Attempt => return Ok(()),
            Cap::Day(until) => ("llm.day_cap_reached", until),
            Cap::Account(until) => ("llm.account_unpaid", until),
        };
        let entry = AuditEntry::new(ctx, action, "model", None)
            .with(json!({ "model": self.model.to_string(), "until": until.to_datetime() }));
        tx.audit().record(entry).await
    }
}
