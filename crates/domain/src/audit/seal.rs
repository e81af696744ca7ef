//! Sealing: rows that have no entry in the chain yet get one, in the order they were written.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::chain::{AuditChain, ChainEntry, Head, LogPlace};
use super::key::AuditKey;
use super::row::AuditRow;
use crate::store::{Ctx, StoreError, Tx};
use crate::time::Timestamp;

/// Rows that one seal takes at most.
pub const SEAL_BATCH: u32 = 1_000;

/// How much older than its commit a row may be: ten minutes of a transaction that waits, and two clocks that are ten minutes
/// apart in opposite directions. A look begins so far before the time of the last one.
pub const COMMIT_LAG: Duration = Duration::from_mins(30);

/// What a seal did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sealed {
    /// This process has no key, so there is nothing it could seal with.
    NoKey,
    /// Head and chain do not fit; going on would make the tampered end pass for a good one.
    Refused(SealRefusal),
    /// The chain has grown.
    Done(SealCounts),
}

/// See [`Sealed::Done`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SealCounts {
    /// New entries.
    pub sealed: u32,
    /// Rows without a valid HMAC: they stay out of the chain, for the verification to name them.
    pub left_out: u32,
    /// Where to go on if more rows may wait.
    pub more: Option<Look>,
}

/// A look at the log that took a full batch and is not at the end; the next seal goes on with it.
///
/// Rows that are committed behind its place are for the next look: that begins [`COMMIT_LAG`] before this one began, so that
/// no row is passed over however long this one takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// When it began.
    pub began_at: Timestamp,
    /// How far it has come.
    pub place: LogPlace,
}

/// Why nothing is sealed until somebody has looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealRefusal {
    /// There is a key and no head.
    #[error("the head of the audit chain is missing")]
    HeadMissing,
    /// The head is not one that the application wrote.
    #[error("the head of the audit chain was changed, or another key wrote it")]
    HeadChanged,
    /// The head is not about the last entry.
    #[error("the audit chain does not end where its head says")]
    EndMoved,
}

/// Seals what waits, [`SEAL_BATCH`] rows at most. Two at once exclude each other by the lock of the head and the numbers of
/// the entries.
#[derive(Clone, Copy, Debug, Default)]
pub struct SealAudit {
    /// What it goes on with; else it begins a look.
    pub look: Option<Look>,
}

impl SealAudit {
    /// To be run in the transaction of a job.
    pub async fn apply(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Sealed, StoreError> {
        let chain = tx.audit_chain();
        let Some(key) = chain.key() else {
            return Ok(Sealed::NoKey);
        };
        let Some(mut head) = chain.head().await? else {
            return Ok(Sealed::Refused(SealRefusal::HeadMissing));
        };
        let from = head.seq;
        let end = chain.end(from).await?;
        if let Err(refusal) = check(&head, &end, &key) {
            return Ok(Sealed::Refused(refusal));
        }
        let look = self.look.unwrap_or_else(|| begin(&head, ctx.now()));
        let batch = gather(chain, &mut head, &key, look).await?;
        if !batch.entries.is_empty() {
            chain.append(&batch.entries).await?;
        }
        head.sealed_at = ctx.now();
        head.mac = head.expected_mac(&key);
        if !chain.move_head(from, &head).await? {
            return Err(StoreError::Conflict);
        }
        Ok(Sealed::Done(batch.counts))
    }
}

#[derive(Default)]
struct Batch {
    entries: Vec<ChainEntry>,
    counts: SealCounts,
}

/// Whether the chain can be gone on with; `end` is what there is from the head's entry on.
fn check(head: &Head, end: &[ChainEntry], key: &AuditKey) -> Result<(), SealRefusal> {
    if head.mac != head.expected_mac(key) {
        return Err(SealRefusal::HeadChanged);
    }
    let fits = match end {
        [] => head.seq == 0,
        [last] => last.seq == head.seq && last.link == head.link,
        [..] => false,
    };
    if fits { Ok(()) } else { Err(SealRefusal::EndMoved) }
}

/// A look from [`COMMIT_LAG`] before the last one. A clock that was set back must not leave rows behind.
fn begin(head: &Head, now: Timestamp) -> Look {
    Look {
        began_at: now,
        place: LogPlace::before(head.sealed_through.min(now) - COMMIT_LAG),
    }
}

/// Reads on until the batch is full or nothing is left, so that rows that are left out do not hold up the others. The head
/// moves on to the last entry and notes how far the look has come.
async fn gather(
    chain: &mut dyn AuditChain,
    head: &mut Head,
    key: &AuditKey,
    mut look: Look,
) -> Result<Batch, StoreError> {
    let before_the_key = head.is_catching_up().then_some(head.began_at);
    let mut batch = Batch::default();
    let is_full = loop {
        let rows = chain.unsealed(look.place, SEAL_BATCH).await?;
        for row in &rows {
            if batch.entries.len() >= SEAL_BATCH as usize {
                break;
            }
            look.place = LogPlace::of(row);
            match acceptable(row, key, before_the_key) {
                Some(row_mac) => batch.entries.push(head.append(key, row, row_mac)),
                None => batch.counts.left_out += 1,
            }
        }
        if batch.entries.len() >= SEAL_BATCH as usize {
            break true;
        }
        if rows.len() < SEAL_BATCH as usize {
            break false;
        }
    };
    batch.counts.sealed = u32::try_from(batch.entries.len()).unwrap_or(u32::MAX);
    batch.counts.more = is_full.then_some(look);
    let looked_through = if is_full {
        // Others of the same instant may be left.
        look.began_at
            .min(look.place.created_at - Duration::from_micros(1))
    } else {
        look.began_at
    };
    head.sealed_through = head.sealed_through.min(look.began_at).max(looked_through);
    Ok(batch)
}

/// The row's HMAC if the row may be sealed: its own is right, or it is from before the chain.
fn acceptable(row: &AuditRow, key: &AuditKey, before_the_key: Option<Timestamp>) -> Option<String> {
    let expected = row.expected_mac(key);
    let good = match &row.mac {
        Some(mac) => *mac == expected,
        None => before_the_key.is_some_and(|began_at| row.created_at <= began_at),
    };
    good.then_some(expected)
}
