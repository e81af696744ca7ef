//! A request with a key has its effect once, however often it is sent.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use async_trait::async_trait;
use domain::audit::{Actor, AuditEntry};
use domain::store::{Ctx, StoreError, Tx, UseCase};
use storage::{IdempotencySlot, Idempotent, StoredReply};
use testkit::{TestDatabase, both_databases, builders};
use tokio::sync::{Barrier, Notify};

use crate::raw;

both_databases!(
    the_same_request_is_answered_from_the_store,
    the_same_key_with_another_body_is_a_mismatch,
    another_principal_and_another_route_are_independent,
    a_refusal_is_not_stored,
    an_outcome_without_a_reply_is_not_stored,
    of_many_at_once_one_has_the_effect,
    who_waited_for_a_refused_twin_runs_itself,
);

fn slot() -> IdempotencySlot {
    IdempotencySlot {
        principal: "student-1".to_owned(),
        route: "POST /sessions/7/complete".to_owned(),
        key: "key-1".to_owned(),
        request_hash: "hash-1".to_owned(),
    }
}

fn created() -> StoredReply {
    StoredReply {
        status: 201,
        body: r#"{"made":true}"#.to_owned(),
    }
}

/// Leaves one audit row.
struct Leave;

#[async_trait]
impl UseCase for Leave {
    const NAME: &'static str = "test.leave";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        tx.audit()
            .record(AuditEntry::new(ctx, "test.effect", "test", None))
            .await
    }
}

async fn leave(database: &TestDatabase, slot: &IdempotencySlot) -> Idempotent<()> {
    let ctx = builders::ctx(database, Actor::System);
    database
        .store
        .run_idempotent(&Leave, &ctx, slot, |()| Some(created()))
        .await
        .unwrap()
}

async fn effects(database: &TestDatabase) -> i64 {
    raw::count(database, "audit_log WHERE action = 'test.effect'").await
}

async fn the_same_request_is_answered_from_the_store(database: TestDatabase) {
    assert!(matches!(leave(&database, &slot()).await, Idempotent::Done(())));
    let again = leave(&database, &slot()).await;
    assert!(
        matches!(&again, Idempotent::Replayed(reply) if *reply == created()),
        "{again:?}"
    );
    assert_eq!(effects(&database).await, 1);
}

async fn the_same_key_with_another_body_is_a_mismatch(database: TestDatabase) {
    leave(&database, &slot()).await;
    let other = IdempotencySlot {
        request_hash: "hash-2".to_owned(),
        ..slot()
    };
    assert!(matches!(leave(&database, &other).await, Idempotent::Mismatch));
    assert_eq!(effects(&database).await, 1);
}

async fn another_principal_and_another_route_are_independent(database: TestDatabase) {
    let principal = IdempotencySlot {
        principal: "student-2".to_owned(),
        ..slot()
    };
    let route = IdempotencySlot {
        route: "POST /sessions/8/complete".to_owned(),
        ..slot()
    };
    for slot in [slot(), principal, route] {
        assert!(
            matches!(leave(&database, &slot).await, Idempotent::Done(())),
            "{slot:?}"
        );
    }
    assert_eq!(effects(&database).await, 3);
}

/// Leaves one audit row and refuses.
struct Refuse;

#[async_trait]
impl UseCase for Refuse {
    const NAME: &'static str = "test.refuse";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        Leave.run(ctx, tx).await?;
        Err(StoreError::Rejected("refused by the test".into()))
    }
}

async fn a_refusal_is_not_stored(database: TestDatabase) {
    let ctx = builders::ctx(&database, Actor::System);
    let refusal = database
        .store
        .run_idempotent(&Refuse, &ctx, &slot(), |()| Some(created()))
        .await
        .unwrap_err();
    assert!(matches!(refusal, StoreError::Rejected(_)), "{refusal:?}");
    assert_eq!(raw::count(&database, "idempotency_keys").await, 0);
    assert!(matches!(leave(&database, &slot()).await, Idempotent::Done(())));
    assert_eq!(effects(&database).await, 1);
}

async fn an_outcome_without_a_reply_is_not_stored(database: TestDatabase) {
    let ctx = builders::ctx(&database, Actor::System);
    let first = database
        .store
        .run_idempotent(&Leave, &ctx, &slot(), |()| None)
        .await
        .unwrap();
    assert!(matches!(first, Idempotent::Done(())));
    assert!(matches!(leave(&database, &slot()).await, Idempotent::Done(())));
    assert_eq!(
        effects(&database).await,
        2,
        "the outcome without a reply was committed all the same"
    );
}

async fn of_many_at_once_one_has_the_effect(database: TestDatabase) {
    let database = Arc::new(database);
    let together = Arc::new(Barrier::new(8));
    let clients = (0..8).map(|_| {
        let (database, together) = (Arc::clone(&database), Arc::clone(&together));
        tokio::spawn(async move {
            together.wait().await;
            leave(&database, &slot()).await
        })
    });
    let mut done = 0;
    for client in clients.collect::<Vec<_>>() {
        match client.await.unwrap() {
            Idempotent::Done(()) => done += 1,
            Idempotent::Replayed(reply) => assert_eq!(reply.status, 201),
            Idempotent::InFlight => {}
            Idempotent::Mismatch => panic!("all bodies are the same"),
        }
    }
    assert_eq!(done, 1);
    assert_eq!(effects(&database).await, 1);
}

/// Says when it holds the key, waits for its order, and refuses.
struct RefuseWhenTold {
    holds_the_key: Notify,
    order: Notify,
}

#[async_trait]
impl UseCase for RefuseWhenTold {
    const NAME: &'static str = "test.refuse_when_told";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        self.holds_the_key.notify_one();
        self.order.notified().await;
        Refuse.run(ctx, tx).await
    }
}

async fn who_waited_for_a_refused_twin_runs_itself(database: TestDatabase) {
    let ctx = builders::ctx(&database, Actor::System);
    let twin = RefuseWhenTold {
        holds_the_key: Notify::new(),
        order: Notify::new(),
    };
    let slot = slot();
    let first = database
        .store
        .run_idempotent(&twin, &ctx, &slot, |()| Some(created()));
    let second = async {
        twin.holds_the_key.notified().await;
        let order = async {
            raw::until_somebody_waits(&database).await;
            twin.order.notify_one();
        };
        tokio::join!(leave(&database, &slot), order).0
    };
    let (first, second) = tokio::join!(first, second);
    assert!(matches!(first, Err(StoreError::Rejected(_))), "{first:?}");
    assert!(matches!(second, Idempotent::Done(())), "{second:?}");
    assert_eq!(effects(&database).await, 1);
}
