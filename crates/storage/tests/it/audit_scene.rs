//! A log with rows of every kind, sealed by hand.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use async_trait::async_trait;
use domain::audit::{Actor, AuditEntry, AuditKey, Fault, Head, Look, SealAudit, SealCounts, Sealed};
use domain::ids::UserId;
use domain::store::{Ctx, StoreError, Tx, UseCase};
use domain::time::Clock as _;
use testkit::{TestDatabase, builders};
use uuid::Uuid;

use crate::repository::in_tx;

pub(crate) const KEY: AuditKey = AuditKey::new([42; 32]);

/// [`SealAudit`] in a transaction of its own.
#[derive(Default)]
pub(crate) struct SealOnce(pub(crate) SealAudit);

#[async_trait]
impl UseCase for SealOnce {
    const NAME: &'static str = "test.seal_audit";
    type Out = Sealed;
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Sealed, StoreError> {
        self.0.apply(ctx, tx).await
    }
}

/// Gives the store its key and begins the chain.
pub(crate) async fn begin(database: &TestDatabase) {
    database.store.set_audit_key(KEY);
    let head = Head::first(&KEY, database.clock.now());
    assert!(in_tx!(database, tx => tx.audit_chain().insert_head(&head)).unwrap());
}

/// What one seal does now that begins a look.
pub(crate) async fn seal(database: &TestDatabase) -> Sealed {
    seal_on(database, None).await
}

/// What one seal does now that goes on with a look.
pub(crate) async fn seal_on(database: &TestDatabase, look: Option<Look>) -> Sealed {
    let ctx = builders::ctx(database, Actor::System);
    let seal = SealOnce(SealAudit { look });
    database.store.run(&seal, &ctx).await.unwrap()
}

/// Seals and expects this many new entries, and nothing left.
pub(crate) async fn seal_all(database: &TestDatabase, sealed: u32) {
    let counts = SealCounts {
        sealed,
        ..SealCounts::default()
    };
    assert_eq!(seal(database).await, Sealed::Done(counts));
}

/// Writes rows that differ in everything, a minute apart.
pub(crate) async fn write(database: &TestDatabase, rows: u32) {
    for number in 0..rows {
        database.clock.advance(Duration::from_mins(1));
        let entry = entry(database, number);
        in_tx!(database, tx => tx.audit().record(entry)).unwrap();
    }
}

/// Writes rows of one instant in one transaction.
pub(crate) async fn write_at_once(database: &TestDatabase, rows: u32) {
    let entries: Vec<AuditEntry> = (0..rows).map(|number| entry(database, number)).collect();
    in_tx!(database, tx => async {
        for entry in entries {
            tx.audit().record(entry).await?;
        }
        Ok(())
    })
    .unwrap();
}

fn entry(database: &TestDatabase, number: u32) -> AuditEntry {
    let actor = match number % 3 {
        0 => Actor::System,
        1 => Actor::Anonymous,
        _ => Actor::User {
            id: UserId(Uuid::from_u128(u128::from(number))),
            role: "advisor",
        },
    };
    let action = ["attempts.voided", "tracks.changed", "identity.signed_in"][number as usize % 3];
    let about = number
        .is_multiple_of(2)
        .then(|| Uuid::from_u128(7_000 + u128::from(number)));
    let mut entry = AuditEntry::new(&builders::ctx(database, actor), action, "attempt", about);
    entry.correlation_id = format!("request {}", entry.id);
    entry.with(serde_json::json!({ "number": number, "from": "in_progress" }))
}

/// Everything that is wrong with the log.
pub(crate) async fn faults(database: &TestDatabase) -> Vec<Fault> {
    let mut faults = Vec::new();
    let verified = database
        .store
        .verify_audit(None, |fault| faults.push(fault))
        .await
        .unwrap();
    assert_eq!(verified.faults, faults.len() as u64);
    faults
}
