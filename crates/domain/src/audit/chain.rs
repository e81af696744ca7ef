//! The chain: every sealed row has an entry whose link is computed from the row and the link before it.
//!
//! Rows get into the chain some time after they were written, so that no request waits for another one's audit row. An
//! entry's `mac` proves that the application wrote the entry, and its `link` that it follows its predecessor: with both,
//! what was tampered with is told from what merely stands beside it.

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::key::AuditKey;
use super::row::AuditRow;
use crate::store::StoreError;
use crate::time::Timestamp;

/// The link before the first one.
pub(super) const BEGINNING: &str = "";

/// One sealed row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainEntry {
    /// From 1, without gaps.
    pub seq: i64,
    /// Which row.
    pub audit_id: Uuid,
    /// The row's HMAC, for rows that have none of their own.
    pub row_mac: Option<String>,
    /// Over `seq`, the link before and the row.
    pub link: String,
    /// Over the entry.
    pub mac: String,
}

impl ChainEntry {
    /// What an entry's `mac` has to be.
    pub(super) fn expected_mac(&self, key: &AuditKey) -> String {
        key.authenticate("audit_chain")
            .number(self.seq)
            .bytes(self.audit_id.as_bytes())
            .optional(self.row_mac.as_deref().map(str::as_bytes))
            .text(&self.link)
            .hex()
    }
}

/// The link of entry `seq` after `previous`; `row_mac` is computed from the row as it is.
pub(super) fn link(key: &AuditKey, seq: i64, previous: &str, row_mac: &str) -> String {
    key.authenticate("audit_link")
        .number(seq)
        .text(previous)
        .text(row_mac)
        .hex()
}

/// Where the chain ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The last entry; 0 when there is none.
    pub seq: i64,
    /// Its link.
    pub link: String,
    /// When the chain began: rows without a HMAC up to then were there before it.
    pub began_at: Timestamp,
    /// All rows up to here have been looked at.
    pub sealed_through: Timestamp,
    /// When it was written.
    pub sealed_at: Timestamp,
    /// Over all of it.
    pub mac: String,
}

impl Head {
    /// Of a chain without entries, beginning now. It is made together with the key and never again: a key without a head
    /// shows that somebody has removed it.
    pub fn first(key: &AuditKey, now: Timestamp) -> Self {
        let mut head = Self {
            seq: 0,
            link: BEGINNING.to_owned(),
            began_at: now,
            sealed_through: Timestamp::from_micros(i64::MIN),
            sealed_at: now,
            mac: String::new(),
        };
        head.mac = head.expected_mac(key);
        head
    }

    /// What its `mac` has to be.
    pub(super) fn expected_mac(&self, key: &AuditKey) -> String {
        key.authenticate("audit_head")
            .number(self.seq)
            .text(&self.link)
            .number(self.began_at.as_micros())
            .number(self.sealed_through.as_micros())
            .number(self.sealed_at.as_micros())
            .hex()
    }

    /// Whether rows from before the chain are still being looked at, which have no HMAC.
    pub(super) fn is_catching_up(&self) -> bool {
        self.sealed_through < self.began_at
    }

    /// The entry that follows, for this row; the head moves on to it.
    pub(super) fn append(&mut self, key: &AuditKey, row: &AuditRow, row_mac: String) -> ChainEntry {
        self.seq += 1;
        self.link = link(key, self.seq, &self.link, &row_mac);
        let mut entry = ChainEntry {
            seq: self.seq,
            audit_id: row.id,
            row_mac: row.mac.is_none().then_some(row_mac),
            link: self.link.clone(),
            mac: String::new(),
        };
        entry.mac = entry.expected_mac(key);
        entry
    }

    /// The place that can be kept outside the database.
    pub fn anchor(&self) -> Option<Anchor> {
        (self.seq > 0).then(|| Anchor {
            seq: self.seq,
            link: self.link.clone(),
        })
    }
}

/// An entry as it was seen at some time, written down where no database account can change it: `seq:link`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// Which entry.
    pub seq: i64,
    /// Its link.
    pub link: String,
}

/// Not an [`Anchor`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("give SEQ:LINK as the log line `audit head` has them: a number and 64 hexadecimal digits")]
pub struct AnchorError;

impl FromStr for Anchor {
    type Err = AnchorError;

    fn from_str(text: &str) -> Result<Self, AnchorError> {
        let (seq, link) = text.split_once(':').ok_or(AnchorError)?;
        let seq = seq.parse().ok().filter(|seq| *seq > 0).ok_or(AnchorError)?;
        if link.len() != 64 || !link.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(AnchorError);
        }
        let link = link.to_ascii_lowercase();
        Ok(Self { seq, link })
    }
}

impl fmt::Display for Anchor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.seq, self.link)
    }
}

/// A place in the log in the order of sealing; rows behind it are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogPlace {
    /// When the row was written.
    pub created_at: Timestamp,
    /// The row.
    pub id: Uuid,
}

impl LogPlace {
    /// In front of every row from `created_at` on.
    pub const fn before(created_at: Timestamp) -> Self {
        Self {
            created_at,
            id: Uuid::nil(),
        }
    }

    /// The place of a row.
    pub const fn of(row: &AuditRow) -> Self {
        Self {
            created_at: row.created_at,
            id: row.id,
        }
    }
}

/// The chain inside a transaction.
#[async_trait]
pub trait AuditChain: Send {
    /// The key, once the process has been given it.
    fn key(&self) -> Option<AuditKey>;
    /// The head, locked until the transaction ends.
    async fn head(&mut self) -> Result<Option<Head>, StoreError>;
    /// Entry `seq` if it is there, and the one behind it if there is one.
    async fn end(&mut self, seq: i64) -> Result<Vec<ChainEntry>, StoreError>;
    /// Rows behind a place that have no entry, in the order of (`created_at`, `id`).
    async fn unsealed(&mut self, after: LogPlace, limit: u32) -> Result<Vec<AuditRow>, StoreError>;
    /// Adds entries.
    async fn append(&mut self, entries: &[ChainEntry]) -> Result<(), StoreError>;
    /// Stores the first head; false when there is one already.
    async fn insert_head(&mut self, head: &Head) -> Result<bool, StoreError>;
    /// Replaces the head whose number is `from`; false when it was another one.
    async fn move_head(&mut self, from: i64, head: &Head) -> Result<bool, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_is_a_number_and_a_link() {
        let text = format!("12:{}", "0f".repeat(32));
        let anchor: Anchor = text.parse().unwrap();
        assert_eq!((anchor.seq, anchor.to_string()), (12, text.clone()));
        assert_eq!(text.to_uppercase().parse(), Ok(anchor));
        let digits = "0".repeat(64);
        for wrong in [
            "",
            "12",
            "12:",
            "12:0f",
            &format!("0:{digits}"),
            &format!("x:{digits}"),
            &format!("1:{digits}0"),
        ] {
            assert_eq!(wrong.parse::<Anchor>(), Err(AnchorError), "{wrong}");
        }
    }
}
