//! The service in this process, over a database of its own. Ends with a failure when jobs or error logs were left.

use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use argon2::password_hash::PasswordHasher as _;
use argon2::{Algorithm, Argon2, Params, Version};
use domain::attempts::MarkServing;
use domain::audit::Actor;
use domain::authoring::Settings;
use domain::identity::{CreateUser, NewUser, Role};
use futures::future::join_all;
use testkit::builders::{self, Published};
use testkit::redis::key_prefix;
use testkit::{Backend, TestDatabase};
use tokio::runtime::Handle;
use touchstone::AppState;
use touchstone::config::Config;

use super::client::{Account, Client, Identity, Origins, http_client};
use super::instance::{self, Instance};
use super::logs;
use super::rows::Rows;

/// Of every account of [`TestApp::account`].
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A hash of [`PASSWORD`] that costs next to nothing.
static CHEAP_HASH: LazyLock<String> = LazyLock::new(|| {
    let cheapest = Params::new(Params::MIN_M_COST, Params::MIN_T_COST, Params::MIN_P_COST, None).unwrap();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, cheapest);
    argon2.hash_password(PASSWORD.as_bytes()).unwrap().to_string()
});

/// See the module. Of several instances the first one's state is the one that tests look at.
pub(crate) struct TestApp {
    pub(crate) state: AppState,
    pub(crate) database: TestDatabase,
    pub(crate) rows: Rows,
    http: reqwest::Client,
    instances: Vec<Instance>,
    /// Of what they keep in Redis.
    prefix: String,
    may_leave_jobs: AtomicBool,
}

impl TestApp {
    pub(crate) async fn start(backend: Backend) -> Self {
        Self::configured(backend, |_| {}).await
    }

    /// One process in any case: for what a process has in memory, and others learn within a minute or not at all.
    pub(crate) async fn alone(backend: Backend) -> Self {
        Self::alone_with(backend, |_| {}).await
    }

    /// The same with settings other than those for testing.
    pub(crate) async fn alone_with(backend: Backend, change: impl FnOnce(&mut Config)) -> Self {
        Self::as_many(1, TestDatabase::new(backend).await.unwrap(), change).await
    }

    /// With settings other than those for testing.
    pub(crate) async fn configured(backend: Backend, change: impl FnOnce(&mut Config)) -> Self {
        Self::over(TestDatabase::new(backend).await.unwrap(), change).await
    }

    /// With a pool of this size.
    pub(crate) async fn with_connections(backend: Backend, connections: u32) -> Self {
        Self::over(
            TestDatabase::with_connections(backend, connections)
                .await
                .unwrap(),
            |_| {},
        )
        .await
    }

    /// Another process over the same database, with the same clock.
    pub(crate) async fn beside(&self, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = instance::config(self.instances.len(), &self.prefix);
        change(&mut config);
        let database = self.database.beside().await.unwrap();
        Self::of(
            vec![Instance::over(&database, config).await],
            database,
            self.prefix.clone(),
        )
        .await
    }

    /// Over a database that has been made.
    pub(crate) async fn over(database: TestDatabase, change: impl FnOnce(&mut Config)) -> Self {
        let count = instance::instances(database.store.database().backend());
        Self::as_many(count, database, change).await
    }

    async fn as_many(count: usize, database: TestDatabase, change: impl FnOnce(&mut Config)) -> Self {
        let prefix = key_prefix();
        let mut config = instance::config(count, &prefix);
        change(&mut config);
        let mut instances = Vec::new();
        for number in 0..count {
            let own = if number == 0 {
                None
            } else {
                Some(database.beside().await.unwrap())
            };
            instances.push(Instance::over(own.as_ref().unwrap_or(&database), config.clone()).await);
        }
        Self::of(instances, database, prefix).await
    }

    async fn of(instances: Vec<Instance>, mut database: TestDatabase, prefix: String) -> Self {
        let state = instances[0].state.clone();
        // Audit rows of builders carry the service's proof, or sealing would report them.
        database.store = state.store.clone();
        Self {
            rows: Rows::of(&database.url).await,
            http: http_client(),
            may_leave_jobs: AtomicBool::new(false),
            instances,
            prefix,
            state,
            database,
        }
    }

    /// Somebody without a token.
    pub(crate) fn anonymous(&self) -> Client {
        Client {
            http: self.http.clone(),
            origins: Origins::of(self.instances.iter().map(|instance| instance.origin.clone())),
            identity: Identity::Anonymous,
        }
    }

    /// The first admin.
    pub(crate) async fn admin(&self) -> Client {
        self.client(Role::Admin, 1).await
    }

    /// The student with this number.
    pub(crate) async fn student(&self, number: u32) -> Client {
        self.client(Role::Student, number).await
    }

    /// Somebody with this role, made at the first call. Nobody can sign in as them.
    pub(crate) async fn client(&self, role: Role, number: u32) -> Client {
        let principal = builders::principal(&self.database, role, number).await.unwrap();
        let user = self
            .state
            .store
            .find_user(principal.user_id)
            .await
            .unwrap()
            .unwrap();
        let family = builders::sign_in(&self.database, user.id).await.unwrap();
        let (tokens, clock) = (Arc::clone(&self.state.tokens), Arc::clone(&self.database.clock));
        let account = Account {
            user,
            family,
            tokens,
            clock,
        };
        Client {
            identity: Identity::Account(Arc::new(account)),
            ..self.anonymous()
        }
    }

    /// An account that can sign in with [`PASSWORD`].
    pub(crate) async fn account(&self, role: Role, email: &str) {
        let user = NewUser {
            email: email.to_owned(),
            display_name: "Somebody".to_owned(),
            role,
            password_hash: CHEAP_HASH.clone(),
        };
        let ctx = self.state.ctx("test", Actor::System);
        self.state.store.run(&CreateUser { user }, &ctx).await.unwrap();
    }

    /// A published assessment of two sections with an item of every kind.
    pub(crate) async fn publish_sample(&self, settings: Settings) -> Published {
        builders::publish_sample(&self.database, settings).await.unwrap()
    }

    /// Runs jobs until none is due; returns how many claims ran.
    pub(crate) async fn drain_jobs(&self) -> usize {
        let mut claims = 0;
        loop {
            let working = self
                .instances
                .iter()
                .map(|instance| instance.worker.run_until_idle());
            let worked: usize = join_all(working).await.into_iter().map(Result::unwrap).sum();
            claims += worked;
            // What one has made ready may have come when the other one had looked.
            if worked == 0 || self.instances.len() == 1 {
                return claims;
            }
        }
    }

    /// Makes the jobs of schedules that are due, and runs them with all others.
    pub(crate) async fn tick(&self) -> usize {
        for instance in &self.instances {
            instance.worker.tick_schedules().await.unwrap();
        }
        self.drain_jobs().await
    }

    /// Leaves the mark of a process that takes answers; gives how many attempts were given time back.
    pub(crate) async fn mark_serving(&self) -> u64 {
        let ctx = self.state.ctx("test", Actor::System);
        self.state.store.run(&MarkServing, &ctx).await.unwrap()
    }

    pub(crate) fn advance(&self, span: Duration) {
        self.database.clock.advance(span);
    }

    /// How many rows there are; see [`Rows::count`].
    pub(crate) async fn count(&self, from: &str, ids: &[uuid::Uuid]) -> i64 {
        self.rows.count(from, ids).await
    }

    /// What was logged as an error so far is this and nothing else.
    pub(crate) fn expect_errors(part: &str) {
        let errors = logs::take_errors();
        assert!(!errors.is_empty(), "nothing was logged");
        assert!(errors.iter().all(|error| error.contains(part)), "{errors:#?}");
    }

    /// The test is not about what its jobs do.
    pub(crate) fn may_leave_jobs(&self) {
        self.may_leave_jobs.store(true, Ordering::Relaxed);
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let errors = logs::take_errors();
        if std::thread::panicking() {
            return;
        }
        assert!(errors.is_empty(), "errors were logged: {errors:#?}");
        if !self.may_leave_jobs.load(Ordering::Relaxed) {
            let live = "SELECT kind FROM jobs WHERE state IN ('waiting', 'ready', 'running')";
            let left = tokio::task::block_in_place(|| Handle::current().block_on(self.rows.texts(live, &[])));
            assert!(left.is_empty(), "jobs were left: {left:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[should_panic(expected = "jobs were left")]
async fn a_job_that_is_left_fails_the_test() {
    let app = TestApp::start(Backend::Sqlite).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = super::Sitting::started(&app, &published, 1).await;
    sitting.answer_and_complete().await;
}

#[tokio::test(flavor = "multi_thread")]
#[should_panic(expected = "errors were logged")]
async fn an_error_log_fails_the_test() {
    let _app = TestApp::start(Backend::Sqlite).await;
    tracing::error!("planted");
}
