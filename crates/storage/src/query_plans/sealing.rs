//! The audit log, sealed once through every statement of it.

use async_trait::async_trait;
use domain::audit::{Actor, AuditEntry, AuditKey, Head, SealAudit, Sealed};
use domain::store::{Ctx, StoreError, Tx, UseCase};
use testkit::builders;

use super::Watched;

const KEY: AuditKey = AuditKey::new([1; 32]);

/// A row, and a seal; the head before the first one.
struct WriteAndSeal;

#[async_trait]
impl UseCase for WriteAndSeal {
    const NAME: &'static str = "test.write_and_seal";
    type Out = Sealed;
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Sealed, StoreError> {
        let entry = AuditEntry::new(ctx, "tracks.changed", "track", None);
        tx.audit().record(entry).await?;
        let first = Head::first(&KEY, ctx.now());
        tx.audit_chain().insert_head(&first).await?;
        SealAudit::default().apply(ctx, tx).await
    }
}

/// The first seal and one that goes on.
pub(super) async fn of_the_log(watched: &Watched) {
    watched.store.set_audit_key(KEY);
    let ctx = builders::ctx(&watched.database, Actor::System);
    for _ in 0..2 {
        let sealed = watched.store.run(&WriteAndSeal, &ctx).await.unwrap();
        assert!(
            matches!(sealed, Sealed::Done(counts) if counts.sealed == 1),
            "{sealed:?}"
        );
    }
}
