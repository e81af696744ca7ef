//! One transaction per use case: all of it or nothing, and again from the start when another one got in the way.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use domain::audit::{Actor, AuditEntry};
use domain::authoring::blueprint::Blueprint;
use domain::authoring::{AddSyllabi, NewSyllabus, RequestGeneration};
use domain::identity::{CreateUser, CreateUserError, NewUser, Role};
use domain::rate_limits::{Gcra, Quota, SharedBuckets as _};
use domain::store::{Ctx, StoreError, Tx, UseCase};
use domain::time::Clock as _;
use storage::{Database, DatabaseOptions, Store};
use testkit::database::administer;
use testkit::{Backend, TestDatabase, both_databases, builders};
use tokio::sync::Barrier;

use crate::raw;

both_databases!(
    a_refusal_leaves_nothing_behind,
    a_conflict_is_run_again_from_the_start,
    a_conflict_that_never_ends_is_given_to_the_caller,
    a_constraint_is_named_alike_on_both_databases,
    a_closed_database_is_unavailable,
    what_is_written_after_a_caller_that_is_gone_is_kept,
);

/// A caller that is gone before its transaction has begun leaves no transaction behind, in which what others write would be lost.
async fn what_is_written_after_a_caller_that_is_gone_is_kept(database: TestDatabase) {
    let options = DatabaseOptions {
        max_connections: 1,
        ..DatabaseOptions::new(database.url.clone())
    };
    let store = Store::new(Database::connect(options).await.unwrap());
    let ctx = builders::ctx(&database, Actor::System);
    let rule = Gcra::new(Quota::per_minute(1));
    for number in 0..CALLERS {
        let user = new_user(&format!("gone{number}@school.test"));
        let patience = Duration::from_micros(2 * number);
        // Some are done, most are cut off somewhere on the way.
        let _ = tokio::time::timeout(patience, store.run(&user, &ctx)).await;
        let bucket = format!("stray-{number}");
        store.take(&bucket, rule, database.clock.now(), 1).await.unwrap();
    }
    let kept = database
        .count("rate_limits WHERE bucket LIKE 'stray-%'")
        .await
        .unwrap();
    assert_eq!(u64::try_from(kept).unwrap(), CALLERS);
}

/// Each is cut off two microseconds later than the one before.
const CALLERS: u64 = 300;

fn new_user(email: &str) -> CreateUser {
    let user = NewUser {
        email: email.to_owned(),
        display_name: "Somebody".to_owned(),
        role: Role::Student,
        password_hash: "no password".to_owned(),
    };
    CreateUser { user }
}

/// Does everything a use case can do, and then refuses.
struct RefuseAtTheEnd(RequestGeneration);

#[async_trait]
impl UseCase for RefuseAtTheEnd {
    const NAME: &'static str = "test.refuse";
    type Out = ();
    type Err = CreateUserError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), CreateUserError> {
        new_user("refused@school.test").run(ctx, tx).await?;
        let enqueued = self.0.run(ctx, tx).await.unwrap();
        assert!(!enqueued.deduplicated);
        Err(CreateUserError::EmailTaken)
    }
}

async fn a_refusal_leaves_nothing_behind(database: TestDatabase) {
    let admin = builders::admin(&database).await.unwrap();
    let ctx = builders::ctx(&database, Actor::System);
    let syllabus = NewSyllabus {
        subject: "Locks".to_owned(),
        file_name: "locks.txt".to_owned(),
        media_type: "text/plain".to_owned(),
        pages: vec!["A lock makes others wait.".to_owned()],
    };
    database
        .store
        .run(
            &AddSyllabi {
                admin,
                syllabi: vec![syllabus],
            },
            &ctx,
        )
        .await
        .unwrap();
    let before = raw::count(&database, "audit_log").await;

    let request = RequestGeneration {
        admin,
        syllabus_ids: None,
        blueprint: Blueprint::default(),
    };
    let refusal = database
        .store
        .run(&RefuseAtTheEnd(request), &ctx)
        .await
        .unwrap_err();

    assert!(matches!(refusal, CreateUserError::EmailTaken), "{refusal:?}");
    assert_eq!(raw::count(&database, "users WHERE role = 'student'").await, 0);
    assert_eq!(raw::count(&database, "jobs").await, 0);
    assert_eq!(raw::count(&database, "audit_log").await, before);
}

/// Writes an audit row and meets a conflict in its first `conflicts` runs.
struct Unlucky {
    conflicts: u32,
    runs: AtomicU32,
}

impl Unlucky {
    fn new(conflicts: u32) -> Self {
        Self {
            conflicts,
            runs: AtomicU32::new(0),
        }
    }
}

#[async_trait]
impl UseCase for Unlucky {
    const NAME: &'static str = "test.unlucky";
    type Out = u32;
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<u32, StoreError> {
        let run = self.runs.fetch_add(1, Ordering::SeqCst) + 1;
        tx.audit()
            .record(AuditEntry::new(ctx, "test.unlucky", "test", None))
            .await?;
        if run > self.conflicts {
            Ok(run)
        } else {
            Err(StoreError::Conflict)
        }
    }
}

async fn a_conflict_is_run_again_from_the_start(database: TestDatabase) {
    let ctx = builders::ctx(&database, Actor::System);
    assert_eq!(database.store.run(&Unlucky::new(4), &ctx).await.unwrap(), 5);
    assert_eq!(raw::count(&database, "audit_log").await, 1);
}

async fn a_conflict_that_never_ends_is_given_to_the_caller(database: TestDatabase) {
    let ctx = builders::ctx(&database, Actor::System);
    let unlucky = Unlucky::new(u32::MAX);
    let error = database.store.run(&unlucky, &ctx).await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict), "{error:?}");
    assert_eq!(unlucky.runs.load(Ordering::SeqCst), 5);
    assert_eq!(raw::count(&database, "audit_log").await, 0);
}

/// Inserts a user without looking whether the address is taken.
struct InsertBlindly(&'static str);

#[async_trait]
impl UseCase for InsertBlindly {
    const NAME: &'static str = "test.insert_blindly";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        let NewUser {
            email,
            display_name,
            role,
            password_hash,
        } = new_user(self.0).user;
        let user = domain::identity::User {
            id: domain::ids::UserId(ctx.new_uuid()),
            email,
            display_name,
            role,
            status: domain::identity::UserStatus::Active,
            password_hash,
            created_at: ctx.now(),
        };
        tx.identity().insert_user(&user).await
    }
}

async fn a_constraint_is_named_alike_on_both_databases(database: TestDatabase) {
    let ctx = builders::ctx(&database, Actor::System);
    database
        .store
        .run(&InsertBlindly("one@school.test"), &ctx)
        .await
        .unwrap();
    for (email, expected) in [
        ("one@school.test", "users_email"),
        ("ONE@school.test", "users_email_lower"),
    ] {
        let error = database.store.run(&InsertBlindly(email), &ctx).await.unwrap_err();
        assert!(
            matches!(&error, StoreError::Constraint { name } if name == expected),
            "{error:?}"
        );
    }
}

/// Looks for the address, waits in its first run until the other has looked too, and inserts.
struct RegisterTogether {
    both_have_looked: Arc<Barrier>,
    runs: AtomicU32,
}

#[async_trait]
impl UseCase for RegisterTogether {
    const NAME: &'static str = "test.register_together";
    type Out = ();
    type Err = CreateUserError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), CreateUserError> {
        let email = "together@school.test";
        if tx.identity().find_user_by_email(email).await?.is_some() {
            return Err(CreateUserError::EmailTaken);
        }
        if self.runs.fetch_add(1, Ordering::SeqCst) == 0 {
            self.both_have_looked.wait().await;
        }
        Ok(InsertBlindly(email).run(ctx, tx).await?)
    }
}

/// On SQLite write transactions exclude each other, so that both can never have looked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_that_collide_the_second_finds_the_row_of_the_first() {
    let database = TestDatabase::new(Backend::Postgres).await.unwrap();
    let ctx = builders::ctx(&database, Actor::System);
    let both_have_looked = Arc::new(Barrier::new(2));
    let register = || RegisterTogether {
        both_have_looked: Arc::clone(&both_have_looked),
        runs: AtomicU32::new(0),
    };
    let (one, two) = (register(), register());
    let (first, second) = tokio::join!(database.store.run(&one, &ctx), database.store.run(&two, &ctx));
    let outcomes = [first, second];
    assert_eq!(
        outcomes.iter().filter(|outcome| outcome.is_ok()).count(),
        1,
        "{outcomes:?}"
    );
    let refused = |outcome: &Result<(), _>| matches!(outcome, Err(CreateUserError::EmailTaken));
    assert!(outcomes.iter().any(refused), "{outcomes:?}");
    assert_eq!(raw::count(&database, "users").await, 1);
}

async fn a_closed_database_is_unavailable(database: TestDatabase) {
    let ctx = builders::ctx(&database, Actor::System);
    database.store.database().close().await.unwrap();
    let error = database.store.run(&Unlucky::new(0), &ctx).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    let error = database.store.count_active_admins().await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_lets_nobody_in_is_unavailable_until_it_does() {
    let database = TestDatabase::new(Backend::Postgres).await.unwrap();
    let ctx = builders::ctx(&database, Actor::System);
    let name = database.url.rsplit('/').next().unwrap();
    let allow = |allowed: bool| format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS {allowed}");
    administer(&allow(false)).await.unwrap();
    administer(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    ))
    .await
    .unwrap();
    let error = database.store.run(&Unlucky::new(0), &ctx).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    administer(&allow(true)).await.unwrap();
    assert_eq!(database.store.run(&Unlucky::new(0), &ctx).await.unwrap(), 1);
}
