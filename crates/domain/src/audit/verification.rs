//! Verification: what was done to the log past the application, row by row.
//!
//! Every check looks at one row, its entry and the link before it, so that a fault is found where it is and does not make
//! everything behind it look wrong. Rows and entries prove themselves by their HMACs, the order by the links, the end by
//! the head, and the head as a whole by an [`Anchor`] that was kept elsewhere.

use serde::Serialize;
use uuid::Uuid;

use super::chain::{Anchor, BEGINNING, ChainEntry, Head, link};
use super::key::AuditKey;
use super::row::AuditRow;
use super::seal::COMMIT_LAG;
use crate::time::Timestamp;

/// An entry with the row it names, if that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedRow {
    /// The entry.
    pub entry: ChainEntry,
    /// The row.
    pub row: Option<AuditRow>,
}

/// What is wrong, and with what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, thiserror::Error)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// A column of a sealed row is not what was written.
    #[error("row {audit_id} (entry {seq}) was changed")]
    RowChanged {
        /// Its entry.
        seq: i64,
        /// The row.
        audit_id: Uuid,
    },
    /// A sealed row is gone.
    #[error("row {audit_id} (entry {seq}) was deleted")]
    RowDeleted {
        /// Its entry.
        seq: i64,
        /// The row.
        audit_id: Uuid,
    },
    /// A row that the application did not write.
    #[error("row {audit_id} was inserted, or changed before it was sealed")]
    RowForged {
        /// The row.
        audit_id: Uuid,
    },
    /// A row that the application wrote and that has no entry although later ones have.
    #[error(
        "row {audit_id} has no entry although later rows have; its entry was removed, or it came very late"
    )]
    RowUnsealed {
        /// The row.
        audit_id: Uuid,
    },
    /// An entry has another number, row, link or HMAC than it was given.
    #[error("entry {seq} (row {audit_id}) was changed or moved")]
    EntryChanged {
        /// The entry.
        seq: i64,
        /// The row it names.
        audit_id: Uuid,
    },
    /// Entries are gone.
    #[error("entries {first} to {last} were deleted")]
    EntriesDeleted {
        /// From here.
        first: i64,
        /// To here.
        last: i64,
    },
    /// Entry and row are the application's, and so is the entry before, but they are not of one chain.
    #[error(
        "entry {seq} (row {audit_id}) does not follow the one before it; one of them is of another chain"
    )]
    ChainBroken {
        /// The entry.
        seq: i64,
        /// The row it names.
        audit_id: Uuid,
    },
    /// The chain ends before the place its head names.
    #[error("entries {first} to {last} were cut off the end")]
    TailCut {
        /// From here.
        first: i64,
        /// To here.
        last: i64,
    },
    /// The chain goes on behind the place its head names.
    #[error("entries {first} to {last} stand behind the head; the head is an old one")]
    BehindHead {
        /// From here.
        first: i64,
        /// To here.
        last: i64,
    },
    /// The last entry is not the one the head names.
    #[error("the head names another entry {seq} than the one that is there")]
    HeadMismatch {
        /// The entry.
        seq: i64,
    },
    /// A column of the head is not what was written.
    #[error("the head was changed, or another key wrote it")]
    HeadChanged,
    /// There is no head.
    #[error("the head is missing")]
    HeadMissing,
    /// The entry that was written down elsewhere is not there any more.
    #[error("entry {seq} is not the one that was expected")]
    AnchorMissed {
        /// The entry.
        seq: i64,
    },
}

/// What was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Entries of the chain.
    pub entries: u64,
    /// Those of rows older than the key, which were taken as they were found.
    pub older_than_key: u64,
    /// Good rows that wait to be sealed.
    pub unsealed: u64,
    /// Everything that was found wrong.
    pub faults: u64,
    /// When the chain began, if the head is good. Later than the installation, it has begun again.
    pub began_at: Option<Timestamp>,
    /// The last entry, if the head is good.
    pub head: Option<Place>,
}

/// Where a good chain ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The entry.
    pub seq: i64,
    /// Its link.
    pub link: String,
}

/// Takes the chain from its beginning, then the rows without an entry, then says what it has seen.
pub struct Verifier {
    key: AuditKey,
    head: Option<Head>,
    head_is_good: bool,
    anchor: Option<Anchor>,
    last: Last,
    seen: Verified,
    faults: Vec<Fault>,
}

/// The entry before.
struct Last {
    seq: i64,
    link: String,
    is_good: bool,
}

impl Verifier {
    /// With the head as it is stored, and the entry that has to be in the chain.
    pub fn new(key: AuditKey, head: Option<Head>, anchor: Option<Anchor>) -> Self {
        let head_is_good = head
            .as_ref()
            .is_some_and(|head| head.mac == head.expected_mac(&key));
        Self {
            key,
            head,
            head_is_good,
            anchor,
            last: Last {
                seq: 0,
                link: BEGINNING.to_owned(),
                is_good: true,
            },
            seen: Verified::default(),
            faults: Vec::new(),
        }
    }

    /// The next entry by its number.
    pub fn sealed(&mut self, SealedRow { entry, row }: &SealedRow) {
        self.seen.entries += 1;
        self.seen.older_than_key += u64::from(entry.row_mac.is_some());
        self.expect_no_gap(entry.seq);
        self.expect_anchor(entry);
        let (seq, audit_id) = (entry.seq, entry.audit_id);
        let entry_is_good = entry.mac == entry.expected_mac(&self.key);
        if !entry_is_good {
            self.faults.push(Fault::EntryChanged { seq, audit_id });
        }
        match row {
            Some(row) => self.look_at_row(entry, entry_is_good, row),
            // An entry that was changed may name whatever row.
            None if entry_is_good => self.faults.push(Fault::RowDeleted { seq, audit_id }),
            None => {}
        }
        self.last = Last {
            seq,
            link: entry.link.clone(),
            is_good: entry_is_good,
        };
    }

    /// A row without an entry.
    pub fn unsealed(&mut self, row: &AuditRow) {
        let audit_id = row.id;
        let is_good = match &row.mac {
            Some(mac) => *mac == row.expected_mac(&self.key),
            None => self.may_be_from_before(row),
        };
        if !is_good {
            self.faults.push(Fault::RowForged { audit_id });
        } else if row.mac.is_some() && self.was_passed_over(row) {
            self.faults.push(Fault::RowUnsealed { audit_id });
        } else {
            self.seen.unsealed += 1;
        }
    }

    /// What was found since the last call.
    pub fn take_faults(&mut self) -> Vec<Fault> {
        self.seen.faults += self.faults.len() as u64;
        std::mem::take(&mut self.faults)
    }

    /// The end of the log, with what only the whole can show.
    pub fn finish(mut self) -> (Verified, Vec<Fault>) {
        self.look_at_head();
        if let Some(anchor) = &self.anchor
            && anchor.seq > self.last.seq
        {
            self.faults.push(Fault::AnchorMissed { seq: anchor.seq });
        }
        let faults = self.take_faults();
        (self.seen, faults)
    }

    fn expect_no_gap(&mut self, seq: i64) {
        let expected = self.last.seq + 1;
        if seq != expected {
            self.faults.push(Fault::EntriesDeleted {
                first: expected,
                last: seq - 1,
            });
            self.last.is_good = false;
            self.miss_anchor_between(expected, seq - 1);
        }
    }

    fn miss_anchor_between(&mut self, first: i64, last: i64) {
        if let Some(anchor) = &self.anchor
            && (first..=last).contains(&anchor.seq)
        {
            self.faults.push(Fault::AnchorMissed { seq: anchor.seq });
        }
    }

    fn expect_anchor(&mut self, entry: &ChainEntry) {
        if let Some(anchor) = &self.anchor
            && anchor.seq == entry.seq
            && anchor.link != entry.link
        {
            self.faults.push(Fault::AnchorMissed { seq: entry.seq });
        }
    }

    fn look_at_row(&mut self, entry: &ChainEntry, entry_is_good: bool, row: &AuditRow) {
        let (seq, audit_id) = (entry.seq, entry.audit_id);
        let expected = row.expected_mac(&self.key);
        let row_is_good = match (&row.mac, &entry.row_mac) {
            (Some(own), None) => *own == expected,
            (None, Some(kept)) => *kept == expected,
            (Some(_), Some(_)) | (None, None) => false,
        };
        if !row_is_good {
            // What a changed entry says of a row without a HMAC proves nothing against the row.
            if entry_is_good || row.mac.as_ref().is_some_and(|own| *own != expected) {
                self.faults.push(Fault::RowChanged { seq, audit_id });
            }
            return;
        }
        let follows = entry.link == link(&self.key, seq, &self.last.link, &expected);
        if entry_is_good && self.last.is_good && !follows {
            self.faults.push(Fault::ChainBroken { seq, audit_id });
        }
    }

    /// Whether a seal has looked at times so much later that this row had to be there.
    fn was_passed_over(&self, row: &AuditRow) -> bool {
        let head = self.head.as_ref().filter(|_| self.head_is_good);
        head.is_some_and(|head| row.created_at < head.sealed_through - COMMIT_LAG)
    }

    /// Rows without a HMAC wait in a log whose chain has not come to its beginning yet.
    fn may_be_from_before(&self, row: &AuditRow) -> bool {
        let head = self.head.as_ref().filter(|_| self.head_is_good);
        head.is_some_and(|head| head.is_catching_up() && row.created_at <= head.began_at)
    }

    fn look_at_head(&mut self) {
        let Some(head) = self.head.take() else {
            self.faults.push(Fault::HeadMissing);
            return;
        };
        if !self.head_is_good {
            self.faults.push(Fault::HeadChanged);
            return;
        }
        if self.last.seq < head.seq {
            let (first, last) = (self.last.seq + 1, head.seq);
            self.faults.push(Fault::TailCut { first, last });
        } else if self.last.seq > head.seq {
            let (first, last) = (head.seq + 1, self.last.seq);
            self.faults.push(Fault::BehindHead { first, last });
        } else if self.last.is_good && self.last.link != head.link {
            self.faults.push(Fault::HeadMismatch { seq: head.seq });
        }
        self.seen.began_at = Some(head.began_at);
        self.seen.head = (head.seq > 0).then_some(Place {
            seq: head.seq,
            link: head.link,
        });
    }
}
