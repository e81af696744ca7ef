//! One process's worth of the service: a state with an API and a worker. Several share nothing but the database, Redis, and
//! what a test sets by hand, the clock and the ids.

use std::net::SocketAddr;
use std::path::PathBuf;

use jobs::Worker;
use storage::JobTx;
use testkit::redis::shared_url;
use testkit::{Backend, TestDatabase};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;
use touchstone::config::{Config, SecretUrl, SharedBuckets};
use touchstone::{AppState, http, wiring};

use super::logs;

/// Set by `cargo xtask full` to 2: every service under test on PostgreSQL is then so many instances with a Redis, and the
/// requests of each client go to them in turn.
const INSTANCES: &str = "TOUCHSTONE_TEST_INSTANCES";

/// See the module.
pub(super) struct Instance {
    pub(super) state: AppState,
    pub(super) worker: Worker<JobTx>,
    pub(super) origin: String,
    _server: AbortOnDropHandle<()>,
}

impl Instance {
    pub(super) async fn over(database: &TestDatabase, config: Config) -> Self {
        logs::collect_errors();
        let connections = database.store.database().clone();
        let state = wiring::state(config, connections, database.clock.clone(), database.ids.clone()).unwrap();
        wiring::load_secrets(&state).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let router = http::router(state.clone());
        let server = tokio::spawn(async move {
            let router = router.into_make_service_with_connect_info::<SocketAddr>();
            axum::serve(listener, router).await.unwrap();
        });
        Self {
            worker: wiring::worker(&state).0,
            _server: AbortOnDropHandle::new(server),
            origin,
            state,
        }
    }
}

/// How many instances a service on this database is.
pub(super) fn instances(backend: Backend) -> usize {
    let wanted = std::env::var_os(INSTANCES).and_then(|text| text.to_str()?.parse().ok());
    match backend {
        Backend::Postgres => wanted.unwrap_or(1),
        Backend::Sqlite => 1,
    }
}

/// Settings for tests; of several instances with what they share.
pub(super) fn config(instances: usize, prefix: &str) -> Config {
    let mut config = Config::for_testing();
    config.uploads.reader_program = PathBuf::from(env!("CARGO_BIN_EXE_touchstone"));
    if instances > 1 {
        config.redis.url = SecretUrl::new(shared_url().unwrap());
        prefix.clone_into(&mut config.redis.prefix);
        config.rate_limits.shared = SharedBuckets::Auto;
    }
    config
}
