//! The log as administrators read it, and its verification.

use domain::audit::{Anchor, AuditFilter, AuditView, Fault, Head, LogPlace, Verified, Verifier};
use domain::reports::{Page, PageRequest};
use domain::store::StoreError;
use domain::time::Timestamp;
use sea_orm::{AccessMode, ConnectionTrait, DatabaseTransaction, IsolationLevel, TransactionOptions};

use crate::audit::{ROW_COLUMNS, audit_row};
use crate::audit_chain;
use crate::conditions::Conditions;
use crate::database::{Backend, Database};
use crate::error::store_error;
use crate::sql::{Row, fetch_all, fetch_count, values};
use crate::store::Store;
use crate::timeouts;

/// Rows that a verification holds in memory at once.
const VERIFIED_AT_ONCE: u32 = 5_000;

/// Why there is no verdict on the log.
#[derive(Debug, thiserror::Error)]
pub enum VerifyAuditError {
    /// Nothing can be computed without the key.
    #[error("this process has no key of the audit log")]
    NoKey,
    /// The rows could not be read.
    #[error("the audit log cannot be read")]
    Store(#[from] StoreError),
}

impl Store {
    /// Rows of the log, newest first.
    pub async fn list_audit(
        &self,
        filter: &AuditFilter,
        page: PageRequest,
    ) -> Result<Page<AuditView>, StoreError> {
        let read = self.database().read();
        let asked = conditions(filter);
        let total = format!("SELECT count(*) AS count FROM audit_log a{}", asked.clause());
        let total = fetch_count(read, &total, asked.values.clone()).await?;
        let text = format!(
            "SELECT {ROW_COLUMNS}, (SELECT c.seq FROM audit_chain c WHERE c.audit_id = a.id) AS seq
             FROM audit_log a{} ORDER BY a.created_at DESC, a.id DESC LIMIT ${} OFFSET ${}",
            asked.clause(),
            asked.values.len() + 1,
            asked.values.len() + 2
        );
        let mut values = asked.values;
        values.extend(values![page.limit(), page.offset()]);
        let rows = fetch_all(read, &text, values).await?;
        Ok(page.of(rows.iter().map(view).collect::<Result<_, _>>()?, total))
    }

    /// Where the chain ends, by what was committed.
    pub async fn audit_head(&self) -> Result<Option<Head>, StoreError> {
        audit_chain::head(self.database().read()).await
    }

    /// Compares the whole log with its chain, in one snapshot and without keeping anybody from writing; `found` gets every
    /// fault. Entry `anchor` has to be in the chain if it is given.
    pub async fn verify_audit(
        &self,
        anchor: Option<Anchor>,
        mut found: impl FnMut(Fault) + Send,
    ) -> Result<Verified, VerifyAuditError> {
        let key = self.audit_key().ok_or(VerifyAuditError::NoKey)?.clone();
        let snapshot = self.snapshot().await?;
        let head = audit_chain::head(&snapshot).await?;
        let mut verifier = Verifier::new(key, head, anchor);
        verify_chain(&snapshot, &mut verifier, &mut found).await?;
        verify_unsealed(&snapshot, &mut verifier, &mut found).await?;
        snapshot.rollback().await.map_err(store_error)?;
        let (seen, faults) = verifier.finish();
        faults.into_iter().for_each(found);
        Ok(seen)
    }

    /// A transaction that sees one state and writes nothing. A read transaction of SQLite does so by itself.
    pub(crate) async fn snapshot(&self) -> Result<DatabaseTransaction, StoreError> {
        let options = match self.database().backend() {
            Backend::Sqlite => TransactionOptions::default(),
            Backend::Postgres => TransactionOptions {
                isolation_level: Some(IsolationLevel::RepeatableRead),
                access_mode: Some(AccessMode::ReadOnly),
                ..TransactionOptions::default()
            },
        };
        let snapshot = Database::begin_on(self.database().read(), options).await?;
        timeouts::lift_all(&snapshot, self.database().backend()).await?;
        Ok(snapshot)
    }
}

async fn verify_chain(
    snapshot: &impl ConnectionTrait,
    verifier: &mut Verifier,
    found: &mut (impl FnMut(Fault) + Send),
) -> Result<(), StoreError> {
    let mut after = i64::MIN;
    loop {
        let page = audit_chain::sealed(snapshot, after, VERIFIED_AT_ONCE).await?;
        for sealed in &page {
            verifier.sealed(sealed);
        }
        verifier.take_faults().into_iter().for_each(&mut *found);
        match page.last() {
            Some(last) if page.len() >= VERIFIED_AT_ONCE as usize => after = last.entry.seq,
            Some(_) | None => return Ok(()),
        }
    }
}

async fn verify_unsealed(
    snapshot: &impl ConnectionTrait,
    verifier: &mut Verifier,
    found: &mut (impl FnMut(Fault) + Send),
) -> Result<(), StoreError> {
    let mut place = LogPlace::before(Timestamp::from_micros(i64::MIN));
    loop {
        let page = audit_chain::unsealed(snapshot, place, VERIFIED_AT_ONCE).await?;
        for row in &page {
            verifier.unsealed(row);
        }
        verifier.take_faults().into_iter().for_each(&mut *found);
        match page.last() {
            Some(last) if page.len() >= VERIFIED_AT_ONCE as usize => place = LogPlace::of(last),
            Some(_) | None => return Ok(()),
        }
    }
}

fn conditions(filter: &AuditFilter) -> Conditions {
    let mut asked = Conditions::default();
    asked.add("a.action = $n", filter.action.clone());
    asked.add("a.actor_id = $n", filter.actor_id);
    asked.add("a.resource_type = $n", filter.resource_type.clone());
    asked.add("a.resource_id = $n", filter.resource_id);
    asked.add("a.created_at >= $n", filter.from.map(Timestamp::as_micros));
    asked.add("a.created_at < $n", filter.until.map(Timestamp::as_micros));
    asked
}

fn view(row: &Row) -> Result<AuditView, StoreError> {
    Ok(AuditView {
        row: audit_row(row)?,
        sealed: row.get::<Option<i64>>("seq")?.is_some(),
    })
}
