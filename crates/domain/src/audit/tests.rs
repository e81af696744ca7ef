//! Every fault by itself, on a chain made in memory; storage's tests do the same to the tables.

mod completeness;

use std::time::Duration;

use uuid::Uuid;

use super::*;

const KEY: AuditKey = AuditKey::new([9; 32]);
const START: Timestamp = Timestamp::from_micros(1_772_442_000_000_000);

/// A log with its chain, every part open to be tampered with.
#[derive(Clone)]
struct Log {
    chain: Vec<SealedRow>,
    unsealed: Vec<AuditRow>,
    head: Option<Head>,
}

fn row(number: u64) -> AuditRow {
    let mut row = AuditRow {
        id: Uuid::from_u128(u128::from(number)),
        actor_id: number.is_multiple_of(2).then(|| Uuid::from_u128(900)),
        actor_role: "admin".to_owned(),
        action: "tracks.changed".to_owned(),
        resource_type: "track".to_owned(),
        resource_id: Some(Uuid::from_u128(800)),
        correlation_id: format!("request {number}"),
        details: "{}".to_owned(),
        created_at: START + Duration::from_secs(number),
        mac: None,
    };
    row.mac = Some(row.expected_mac(&KEY));
    row
}

/// Six rows with entries, the first two of them older than the key, and one that waits.
fn log() -> Log {
    let mut head = Head::first(&KEY, START);
    let sealed = |number| {
        let mut row = row(number);
        if number <= 2 {
            row.mac = None;
        }
        let row_mac = row.expected_mac(&KEY);
        SealedRow {
            entry: head.append(&KEY, &row, row_mac),
            row: Some(row),
        }
    };
    let chain = (1..=6).map(sealed).collect();
    let mut log = Log {
        chain,
        unsealed: vec![row(7)],
        head: Some(head),
    };
    log.sign_head(START + Duration::from_secs(10));
    log
}

impl Log {
    fn sign_head(&mut self, through: Timestamp) {
        let head = self.head.as_mut().unwrap();
        (head.sealed_through, head.sealed_at) = (through, through);
        head.mac = head.expected_mac(&KEY);
    }

    fn row_mut(&mut self, seq: usize) -> &mut AuditRow {
        self.chain[seq - 1].row.as_mut().unwrap()
    }

    fn entry_mut(&mut self, seq: usize) -> &mut ChainEntry {
        &mut self.chain[seq - 1].entry
    }

    fn verify(&self, anchor: Option<Anchor>) -> (Verified, Vec<Fault>) {
        let mut verifier = Verifier::new(KEY, self.head.clone(), anchor);
        let mut faults = Vec::new();
        for sealed in &self.chain {
            verifier.sealed(sealed);
        }
        faults.extend(verifier.take_faults());
        for row in &self.unsealed {
            verifier.unsealed(row);
        }
        let (seen, last) = verifier.finish();
        faults.extend(last);
        assert_eq!(seen.faults, faults.len() as u64);
        (seen, faults)
    }

    fn faults(&self) -> Vec<Fault> {
        self.verify(None).1
    }
}

fn tampered(tamper: impl FnOnce(&mut Log)) -> Vec<Fault> {
    let mut log = log();
    tamper(&mut log);
    log.faults()
}

fn row_changed(seq: i64) -> Fault {
    let audit_id = Uuid::from_u128(u128::from(seq.unsigned_abs()));
    Fault::RowChanged { seq, audit_id }
}

fn entry_changed(seq: i64) -> Fault {
    let audit_id = Uuid::from_u128(u128::from(seq.unsigned_abs()));
    Fault::EntryChanged { seq, audit_id }
}

#[test]
fn an_untouched_log_is_good() {
    let (verified, faults) = log().verify(None);
    assert_eq!(faults, []);
    assert_eq!(
        (verified.entries, verified.older_than_key, verified.unsealed),
        (6, 2, 1)
    );
    assert_eq!(verified.head.map(|head| head.seq), Some(6));
}

#[test]
fn a_change_of_any_column_names_its_row_whether_it_has_a_proof_of_its_own_or_not() {
    let changes: [fn(&mut AuditRow); 11] = [
        |row| row.actor_id = Some(Uuid::from_u128(901)),
        |row| row.actor_role = "student".to_owned(),
        |row| row.action = "tracks.deleted".to_owned(),
        |row| row.resource_type = "user".to_owned(),
        |row| row.resource_id = None,
        |row| row.correlation_id.push('x'),
        |row| row.details = "{ }".to_owned(),
        |row| row.created_at = row.created_at + Duration::from_micros(1),
        |row| row.mac = row.mac.is_none().then(|| row.expected_mac(&KEY)),
        |row| row.mac = Some("0".repeat(64)),
        |row| {
            row.details = "{ }".to_owned();
            row.mac = Some("0".repeat(64));
        },
    ];
    for (number, change) in changes.into_iter().enumerate() {
        for seq in [1, 2, 3, 6] {
            let faults = tampered(|log| change(log.row_mut(usize::try_from(seq).unwrap())));
            assert_eq!(faults, [row_changed(seq)], "change {number}");
        }
    }
}

#[test]
fn one_fault_does_not_hide_another() {
    let faults = tampered(|log| {
        log.row_mut(2).action.push('x');
        log.row_mut(3).action.push('x');
        log.chain[3].row = None;
        log.entry_mut(5).link = "0".repeat(64);
    });
    let audit_id = Uuid::from_u128(4);
    let deleted = Fault::RowDeleted { seq: 4, audit_id };
    assert_eq!(
        faults,
        [row_changed(2), row_changed(3), deleted, entry_changed(5)]
    );
}

#[test]
fn entries_that_are_changed_swapped_or_deleted_are_named_and_their_neighbours_are_not() {
    for seq in 1..=6 {
        let index = usize::try_from(seq).unwrap();
        assert_eq!(
            tampered(|log| log.entry_mut(index).link = "0".repeat(64)),
            [entry_changed(seq)]
        );
        assert_eq!(
            tampered(|log| log.entry_mut(index).mac = "0".repeat(64)),
            [entry_changed(seq)]
        );
        let kept = tampered(|log| log.entry_mut(index).row_mac = Some("0".repeat(64)));
        assert_eq!(
            kept,
            [entry_changed(seq)].to_vec(),
            "a proof kept for entry {seq}"
        );
    }
    let swapped = tampered(|log| {
        let (second, fifth) = (log.chain[1].clone(), log.chain[4].clone());
        log.chain[1] = fifth;
        log.chain[4] = second;
        (log.entry_mut(2).seq, log.entry_mut(5).seq) = (2, 5);
    });
    let at = |seq, id| Fault::EntryChanged {
        seq,
        audit_id: Uuid::from_u128(id),
    };
    assert_eq!(swapped, [at(2, 5), at(5, 2)]);
    let deleted = tampered(|log| {
        log.chain.drain(1..3);
    });
    assert_eq!(deleted, [Fault::EntriesDeleted { first: 2, last: 3 }]);
}

#[test]
fn a_cut_end_and_an_old_head_are_noticed() {
    let cut = tampered(|log| {
        log.chain.truncate(4);
        log.unsealed.clear();
    });
    assert_eq!(cut, [Fault::TailCut { first: 5, last: 6 }]);
    let emptied = tampered(|log| log.chain.clear());
    assert_eq!(emptied, [Fault::TailCut { first: 1, last: 6 }]);
    let old = tampered(|log| {
        let fourth = log.chain[3].entry.clone();
        let head = log.head.as_mut().unwrap();
        (head.seq, head.link) = (fourth.seq, fourth.link);
        log.sign_head(START);
    });
    assert_eq!(old, [Fault::BehindHead { first: 5, last: 6 }]);
    let changed: [fn(&mut Head); 5] = [
        |head| head.seq = 5,
        |head| head.link = "0".repeat(64),
        |head| head.began_at = START + Duration::from_secs(1),
        |head| head.sealed_through = START,
        |head| head.sealed_at = START,
    ];
    for change in changed {
        let faults = tampered(|log| change(log.head.as_mut().unwrap()));
        assert_eq!(faults, [Fault::HeadChanged]);
    }
    assert_eq!(tampered(|log| log.head = None), [Fault::HeadMissing]);
}

#[test]
fn what_comes_of_two_chains_of_one_application_does_not_fit() {
    let mut other = Head::first(&KEY, START);
    let rows = [2, 1, 3].map(row);
    let entries = rows.clone().map(|row| {
        let row_mac = row.expected_mac(&KEY);
        other.append(&KEY, &row, row_mac)
    });
    let broken = tampered(|log| {
        log.chain[2] = SealedRow {
            entry: entries[2].clone(),
            row: Some(rows[2].clone()),
        };
    });
    let fault = |seq: i64| Fault::ChainBroken {
        seq,
        audit_id: Uuid::from_u128(u128::from(seq.unsigned_abs())),
    };
    assert_eq!(broken, [fault(3), fault(4)]);
    let mismatched = tampered(|log| {
        log.head.as_mut().unwrap().link = entries[2].link.clone();
        log.sign_head(START + Duration::from_secs(10));
    });
    assert_eq!(mismatched, [Fault::HeadMismatch { seq: 6 }]);
}

#[test]
fn rows_without_an_entry_have_to_prove_themselves() {
    let audit_id = Uuid::from_u128(7);
    let forged = [Fault::RowForged { audit_id }];
    assert_eq!(tampered(|log| log.unsealed[0].mac = None), forged);
    assert_eq!(
        tampered(|log| log.unsealed[0].mac = log.chain[4].row.clone().unwrap().mac),
        forged
    );
    assert_eq!(tampered(|log| log.unsealed[0].details = "[]".to_owned()), forged);
    let passed_over = tampered(|log| log.sign_head(START + COMMIT_LAG + Duration::from_secs(8)));
    assert_eq!(passed_over, [Fault::RowUnsealed { audit_id }]);
    let in_time = tampered(|log| log.sign_head(START + COMMIT_LAG + Duration::from_secs(7)));
    assert_eq!(in_time, []);
}

#[test]
fn rows_from_before_the_chain_may_wait_until_it_has_come_to_its_beginning() {
    let mut log = log();
    log.unsealed[0].mac = None;
    let audit_id = log.unsealed[0].id;
    assert_eq!(log.faults(), [Fault::RowForged { audit_id }]);
    let head = log.head.as_mut().unwrap();
    head.began_at = START + Duration::from_mins(1);
    log.sign_head(START + Duration::from_secs(6));
    assert_eq!(log.faults(), []);
    log.sign_head(START + Duration::from_mins(1));
    assert_eq!(log.faults(), [Fault::RowForged { audit_id }]);
}

#[test]
fn a_log_whose_chain_was_removed_as_a_whole_lacks_its_head() {
    let (mut log, mut empty) = (log(), log());
    (log.head, log.chain) = (None, Vec::new());
    assert_eq!(log.faults(), [Fault::HeadMissing]);
    (empty.head, empty.chain) = (Some(Head::first(&KEY, START)), Vec::new());
    assert_eq!(empty.faults(), []);
}

#[test]
fn an_anchor_shows_a_whole_chain_that_was_put_back() {
    let anchor = |seq: i64| {
        let entry = &log().chain[usize::try_from(seq).unwrap() - 1].entry;
        Some(Anchor {
            seq,
            link: entry.link.clone(),
        })
    };
    for seq in [1, 4, 6] {
        assert_eq!(log().verify(anchor(seq)).1, []);
    }
    // Head, entries and rows as they were after the fourth entry: nothing in the database can tell.
    let mut earlier = log();
    earlier.chain.truncate(4);
    earlier.unsealed.clear();
    let fourth = earlier.chain[3].entry.clone();
    let head = earlier.head.as_mut().unwrap();
    (head.seq, head.link) = (fourth.seq, fourth.link);
    earlier.sign_head(START);
    assert_eq!(earlier.faults(), []);
    assert_eq!(earlier.verify(anchor(6)).1, [Fault::AnchorMissed { seq: 6 }]);
    let wrong = Some(Anchor {
        seq: 4,
        link: "0".repeat(64),
    });
    assert_eq!(log().verify(wrong).1, [Fault::AnchorMissed { seq: 4 }]);
    let mut gap = log();
    gap.chain.remove(3);
    let gone = Fault::EntriesDeleted { first: 4, last: 4 };
    assert_eq!(gap.verify(anchor(4)).1, [gone, Fault::AnchorMissed { seq: 4 }]);
}

#[test]
fn another_key_verifies_nothing() {
    let log = log();
    let mut verifier = Verifier::new(AuditKey::new([1; 32]), log.head, None);
    log.chain.iter().for_each(|sealed| verifier.sealed(sealed));
    let (seen, faults) = verifier.finish();
    assert_eq!((seen.entries, seen.head), (6, None));
    assert!(
        faults.contains(&Fault::HeadChanged) && faults.len() >= 7,
        "{faults:?}"
    );
}
