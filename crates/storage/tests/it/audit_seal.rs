//! Sealing: what gets into the chain, in which order, what stays out, and what stops it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use domain::audit::{
    Actor, AuditEntry, COMMIT_LAG, Fault, Look, SEAL_BATCH, SealCounts, SealRefusal, Sealed,
};
use domain::identity::Role;
use domain::privacy::Erase;
use domain::time::Clock as _;
use storage::{Database, DatabaseOptions, Store, VerifyAuditError};
use testkit::{Backend, TestDatabase, both_databases, builders};
use uuid::Uuid;

use crate::audit_scene::{KEY, SealOnce, begin, faults, seal, seal_all, seal_on, write, write_at_once};
use crate::audit_tampers::{run, superuser};
use crate::raw;
use crate::repository::in_tx;

both_databases!(
    rows_are_sealed_in_the_order_they_were_written,
    a_full_batch_is_followed_by_another,
    a_look_goes_on_where_it_was_and_leaves_what_comes_behind_it_to_the_next,
    rows_from_before_the_key_are_taken_as_they_are_and_later_ones_without_a_proof_are_not,
    rows_that_stay_out_hold_up_nothing,
    without_a_key_nothing_is_sealed_or_verified,
    sealers_at_once_leave_one_chain,
    a_late_row_is_sealed_and_one_that_is_too_late_is_named,
    a_clock_that_was_set_back_leaves_no_row_behind,
    nothing_is_sealed_behind_an_end_that_does_not_fit,
    the_service_cannot_change_the_log_or_its_seal,
    an_erased_person_leaves_a_log_that_verifies,
);

const MINUTE: Duration = Duration::from_mins(1);

/// Inserts rows that look like others, as somebody with a connection may.
async fn forge(database: &TestDatabase, numbers: std::ops::Range<u128>, mac: &str) {
    let backend = database.store.database().backend();
    let now = database.clock.now().as_micros();
    let rows = numbers.map(|number| {
        let id = raw::id(backend, Uuid::from_u128(number));
        format!("({id}, 'system', 'attempts.voided', 'attempt', 'request', '{{}}', {now}, {mac})")
    });
    let rows = rows.collect::<Vec<_>>().join(", ");
    let insert = "INSERT INTO audit_log (id, actor_role, action, resource_type, correlation_id, details, created_at, mac)";
    raw::execute(database, &format!("{insert} VALUES {rows}"))
        .await
        .unwrap();
}

async fn rows_are_sealed_in_the_order_they_were_written(database: TestDatabase) {
    begin(&database).await;
    write(&database, 7).await;
    assert_eq!(raw::count(&database, "audit_log WHERE length(mac) = 64").await, 7);
    seal_all(&database, 7).await;
    seal_all(&database, 0).await;
    write(&database, 3).await;
    assert_eq!(faults(&database).await, []);
    seal_all(&database, 3).await;
    assert_eq!(faults(&database).await, []);
    let out_of_order = "audit_chain c JOIN audit_log a ON a.id = c.audit_id
        JOIN audit_chain d ON d.seq = c.seq + 1 JOIN audit_log b ON b.id = d.audit_id WHERE b.created_at <= a.created_at";
    assert_eq!(raw::count(&database, out_of_order).await, 0);
    assert_eq!(
        raw::count(&database, "audit_chain WHERE seq BETWEEN 1 AND 10").await,
        10
    );
    let head = database.store.audit_head().await.unwrap().unwrap();
    assert_eq!((head.seq, head.sealed_at), (10, database.clock.now()));
}

async fn a_full_batch_is_followed_by_another(database: TestDatabase) {
    // All of one instant, and older than the key.
    write_at_once(&database, SEAL_BATCH + 3).await;
    begin(&database).await;
    assert_eq!(full(&seal(&database).await).began_at, database.clock.now());
    assert_eq!(faults(&database).await, []);
    seal_all(&database, 3).await;
    assert_eq!(faults(&database).await, []);
}

/// The look that a full batch leaves.
fn full(sealed: &Sealed) -> Look {
    match sealed {
        Sealed::Done(SealCounts {
            sealed: SEAL_BATCH,
            left_out: 0,
            more: Some(look),
        }) => *look,
        Sealed::Done(_) | Sealed::NoKey | Sealed::Refused(_) => panic!("{sealed:?}"),
    }
}

async fn a_look_goes_on_where_it_was_and_leaves_what_comes_behind_it_to_the_next(database: TestDatabase) {
    begin(&database).await;
    write_at_once(&database, 2 * SEAL_BATCH + 3).await;
    let began_at = database.clock.now();
    let first = full(&seal(&database).await);
    // Committed while the look goes on, with a time that it has passed.
    let ctx = builders::ctx(&database, Actor::System);
    let late = AuditEntry {
        created_at: began_at - MINUTE,
        ..AuditEntry::new(&ctx, "tracks.changed", "track", None)
    };
    in_tx!(database, tx => tx.audit().record(late)).unwrap();
    database.clock.advance(3 * COMMIT_LAG);
    let second = full(&seal_on(&database, Some(first)).await);
    assert_eq!((first.began_at, second.began_at), (began_at, began_at));
    let last = Sealed::Done(SealCounts {
        sealed: 3,
        ..SealCounts::default()
    });
    assert_eq!(seal_on(&database, Some(second)).await, last);
    let head = database.store.audit_head().await.unwrap().unwrap();
    assert_eq!(head.sealed_through, began_at);
    assert_eq!(faults(&database).await, []);
    seal_all(&database, 1).await;
    assert_eq!(faults(&database).await, []);
}

async fn rows_from_before_the_key_are_taken_as_they_are_and_later_ones_without_a_proof_are_not(
    database: TestDatabase,
) {
    write(&database, 4).await;
    begin(&database).await;
    seal_all(&database, 4).await;
    assert_eq!(
        raw::count(&database, "audit_chain WHERE row_mac IS NOT NULL").await,
        4
    );
    // As a process without the key would.
    forge(&database, 900..901, "NULL").await;
    let audit_id = Uuid::from_u128(900);
    write(&database, 2).await;
    let counts = SealCounts {
        sealed: 2,
        left_out: 1,
        more: None,
    };
    assert_eq!(seal(&database).await, Sealed::Done(counts));
    assert_eq!(faults(&database).await, [Fault::RowForged { audit_id }]);
}

async fn rows_that_stay_out_hold_up_nothing(database: TestDatabase) {
    begin(&database).await;
    let forged = SEAL_BATCH + 100;
    forge(&database, 1..u128::from(forged) + 1, "'0123'").await;
    write(&database, 5).await;
    let counts = SealCounts {
        sealed: 5,
        left_out: forged,
        more: None,
    };
    assert_eq!(seal(&database).await, Sealed::Done(counts));
    let faults = faults(&database).await;
    assert_eq!(faults.len(), forged as usize);
    assert!(
        faults
            .iter()
            .all(|fault| matches!(fault, Fault::RowForged { .. }))
    );
}

async fn without_a_key_nothing_is_sealed_or_verified(database: TestDatabase) {
    write(&database, 2).await;
    assert_eq!(seal(&database).await, Sealed::NoKey);
    assert_eq!(raw::count(&database, "audit_head").await, 0);
    let refused = database.store.verify_audit(None, |_| {}).await;
    assert!(matches!(refused, Err(VerifyAuditError::NoKey)), "{refused:?}");
}

async fn sealers_at_once_leave_one_chain(database: TestDatabase) {
    begin(&database).await;
    let sealers = [
        another(&database).await,
        another(&database).await,
        another(&database).await,
        another(&database).await,
    ];
    for round in 1..=10 {
        write(&database, 20).await;
        let ctx = builders::ctx(&database, Actor::System);
        let sealing = SealOnce::default();
        let [first, second, third, fourth] = &sealers;
        let (one, two, three, four) = tokio::join!(
            first.run(&sealing, &ctx),
            second.run(&sealing, &ctx),
            third.run(&sealing, &ctx),
            fourth.run(&sealing, &ctx)
        );
        let entries: u32 = [one, two, three, four]
            .map(|sealed| entries_of(&sealed.unwrap()))
            .iter()
            .sum();
        assert_eq!(entries, 20, "round {round}");
        assert_eq!(raw::count(&database, "audit_chain").await, round * 20);
    }
    assert_eq!(faults(&database).await, []);
}

/// The store of another process.
async fn another(database: &TestDatabase) -> Store {
    let options = DatabaseOptions::new(database.url.clone());
    let store = Store::new(Database::connect(options).await.unwrap());
    store.set_audit_key(KEY);
    store
}

fn entries_of(sealed: &Sealed) -> u32 {
    match sealed {
        Sealed::Done(counts) => counts.sealed,
        Sealed::NoKey | Sealed::Refused(_) => panic!("{sealed:?}"),
    }
}

async fn a_late_row_is_sealed_and_one_that_is_too_late_is_named(database: TestDatabase) {
    begin(&database).await;
    write(&database, 3).await;
    let ctx = builders::ctx(&database, Actor::System);
    let written = ctx.now() - COMMIT_LAG;
    let late = |created_at| AuditEntry {
        created_at,
        ..AuditEntry::new(&ctx, "tracks.changed", "track", None)
    };
    let (in_time, too_late) = (late(written + MINUTE), late(written - MINUTE));
    let audit_id = too_late.id;
    seal_all(&database, 3).await;
    in_tx!(database, tx => async {
        tx.audit().record(in_time).await?;
        tx.audit().record(too_late).await
    })
    .unwrap();
    seal_all(&database, 1).await;
    assert_eq!(faults(&database).await, [Fault::RowUnsealed { audit_id }]);
}

async fn a_clock_that_was_set_back_leaves_no_row_behind(database: TestDatabase) {
    begin(&database).await;
    let before = database.clock.now();
    write(&database, 90).await;
    seal_all(&database, 90).await;
    database.clock.set(before);
    write(&database, 5).await;
    seal_all(&database, 5).await;
    write(&database, 5).await;
    seal_all(&database, 5).await;
    assert_eq!(faults(&database).await, []);
}

async fn nothing_is_sealed_behind_an_end_that_does_not_fit(database: TestDatabase) {
    begin(&database).await;
    write(&database, 4).await;
    seal_all(&database, 4).await;
    write(&database, 1).await;
    let tampers = [
        (
            "UPDATE audit_head SET sealed_through = sealed_through + 1",
            SealRefusal::HeadChanged,
        ),
        ("DELETE FROM audit_chain WHERE seq = 4", SealRefusal::EndMoved),
        ("DELETE FROM audit_head", SealRefusal::HeadMissing),
    ];
    let connection = superuser(&database).await;
    for (tamper, refusal) in tampers {
        run(&connection, tamper).await;
        assert_eq!(seal(&database).await, Sealed::Refused(refusal), "{tamper}");
        assert!(!faults(&database).await.is_empty(), "{tamper}");
        let undo = "UPDATE audit_head SET sealed_through = sealed_through - 1";
        if refusal == SealRefusal::HeadChanged {
            run(&connection, undo).await;
        }
    }
    assert_eq!(raw::count(&database, "audit_chain").await, 3);
}

async fn the_service_cannot_change_the_log_or_its_seal(database: TestDatabase) {
    begin(&database).await;
    write(&database, 3).await;
    seal_all(&database, 3).await;
    let statements = [
        "UPDATE audit_log SET action = 'nothing.happened'",
        "UPDATE audit_log SET mac = NULL",
        "DELETE FROM audit_log",
        "UPDATE audit_chain SET link = 'x'",
        "DELETE FROM audit_chain",
        "UPDATE audit_head SET seq = 1",
        "DELETE FROM audit_head",
    ];
    let truncations = [
        "TRUNCATE audit_log",
        "TRUNCATE audit_chain",
        "TRUNCATE audit_head",
    ];
    let truncations = match database.store.database().backend() {
        // SQLite has no such statement.
        Backend::Sqlite => &truncations[..0],
        Backend::Postgres => &truncations[..],
    };
    for statement in statements.iter().chain(truncations) {
        let refusal = raw::execute(&database, statement).await.unwrap_err().to_string();
        assert!(refusal.contains("append-only"), "{statement}: {refusal}");
    }
    assert_eq!(faults(&database).await, []);
}

async fn an_erased_person_leaves_a_log_that_verifies(database: TestDatabase) {
    begin(&database).await;
    let admin = builders::admin(&database).await.unwrap();
    let student = builders::principal(&database, Role::Student, 1).await.unwrap();
    write(&database, 3).await;
    assert!(matches!(seal(&database).await, Sealed::Done(_)));
    let erase = Erase {
        admin,
        user_id: student.user_id,
        requests_end_within: MINUTE,
    };
    let ctx = builders::ctx(&database, Actor::System);
    database.store.run(&erase, &ctx).await.unwrap();
    assert_eq!(faults(&database).await, []);
    assert!(matches!(seal(&database).await, Sealed::Done(_)));
    assert_eq!(faults(&database).await, []);
    let about = format!(
        "audit_log WHERE resource_id = {} AND action = 'identity.user_created'",
        raw::id(database.store.database().backend(), student.user_id.0)
    );
    assert_eq!(raw::count(&database, &about).await, 1);
}
