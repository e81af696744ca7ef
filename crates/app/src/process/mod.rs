//! The life of a process: schema, first account, clock, requests, jobs, stop.

mod connections;
mod dispatching;
mod key_ring;
mod serving_mark;
mod shipped_tracks;
mod signals;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use domain::audit::Actor;
use domain::identity::{CreateUser, CreateUserError, NewUser, Role};
use domain::store::StoreError;
use jobs::WorkerError;
use storage::clock::DatabaseClock;
use tokio_util::sync::CancellationToken;

use crate::list_reads;
use crate::runtime::AppState;
use crate::security::{PasswordError, generate_password};
use crate::telemetry::chain;
use crate::wiring;

pub(crate) use connections::{Entrance, Tls, TlsError};
use dispatching::Dispatching;
use shipped_tracks::ShippedTracksError;
pub(crate) use shipped_tracks::install_shipped_tracks;
pub(crate) use signals::stop_on_signal;

/// Names the rows and log lines of a start.
const START: &str = "start";
const CLOCK_REFRESH: Duration = Duration::from_secs(10);
const FIRST_ADMIN: &str = "admin@localhost";

/// Why a process cannot begin its work. `Display` says what to do about it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProcessError {
    /// The schema is older than the program.
    #[error(
        "the database lacks the migration(s) {}; run `touchstone migrate`, or set database.migrate_on_start", .0.join(", ")
    )]
    OldSchema(Vec<&'static str>),
    /// The first account could not be made.
    #[error("the first administrator cannot be made")]
    FirstAdmin(#[from] CreateUserError),
    /// Nor its password.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The database failed.
    #[error("the database failed; check that it runs and that the account may use it")]
    Store(#[from] StoreError),
    /// The shipped tracks could not be made.
    #[error(transparent)]
    Tracks(ShippedTracksError),
    /// The worker failed.
    #[error(transparent)]
    Worker(#[from] WorkerError),
    /// TLS cannot be spoken.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The signals cannot be listened to.
    #[error("signals cannot be handled")]
    Signals(#[source] std::io::Error),
}

/// Brings an embedded database up to date; another one only when the settings allow it.
pub(crate) async fn prepare_schema(state: &AppState) -> Result<(), ProcessError> {
    let pending = wiring::pending_migrations(state).await?;
    if pending.is_empty() {
        return Ok(());
    }
    if !wiring::is_embedded(state) && !state.config.database.migrate_on_start {
        return Err(ProcessError::OldSchema(pending));
    }
    let applied = wiring::migrate(state).await?;
    tracing::info!(migrations = applied.join(", "), "the schema is up to date");
    Ok(())
}

/// An account that was made because there was no other to make accounts with.
pub(crate) struct FirstAdmin {
    pub(crate) email: &'static str,
    pub(crate) password: String,
}

/// Makes the first administrator when there is none; the password exists only in the return value.
pub(crate) async fn first_admin(state: &AppState) -> Result<Option<FirstAdmin>, ProcessError> {
    if state.store.count_active_admins().await? > 0 {
        return Ok(None);
    }
    let password = generate_password();
    let user = NewUser {
        email: FIRST_ADMIN.to_owned(),
        display_name: "Administrator".to_owned(),
        role: Role::Admin,
        password_hash: state.passwords.hash(password.clone()).await?,
    };
    let ctx = state.ctx(START, Actor::System);
    match state.store.run(&CreateUser { user }, &ctx).await {
        Ok(_) => Ok(Some(FirstAdmin {
            email: FIRST_ADMIN,
            password,
        })),
        // Another process that started at the same time may have made it.
        Err(CreateUserError::EmailTaken) if state.store.count_active_admins().await? > 0 => Ok(None),
        Err(CreateUserError::EmailTaken) => {
            tracing::warn!(
                "there is no active administrator; make one with `touchstone users add --role admin`"
            );
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Answers requests, and works on jobs if the settings say so, until the state's `leaving` fires and both have ended.
pub(crate) async fn serve(
    state: AppState,
    router: Router,
    entrance: impl Into<Entrance>,
) -> Result<(), ProcessError> {
    let stop = state.stop.clone();
    let in_process = state.config.jobs.in_process;
    let dispatching = Dispatching::start(&state);
    let working = async {
        if in_process {
            work_on(&state, state.leaving.clone(), dispatching.as_ref()).await
        } else {
            Ok(())
        }
    };
    let serving = connections::serve(entrance.into(), router, &state.config.server, stop.clone());
    let marking = serving_mark::keep(state.clone(), stop.clone());
    let following = state.progress.run(stop.clone());
    let refreshing = key_ring::keep_fresh(&state, stop.clone());
    let copying = list_reads::follow(&state, stop.clone());
    let noticing = notice(&state);
    let ((), (), (), (), (), (), worked) = tokio::join!(
        serving, marking, following, refreshing, copying, noticing, working
    );
    worked
}

/// Between the wish to leave and the end of listening: `/readyz` says no, and whoever still comes is served.
async fn notice(state: &AppState) {
    state.leaving.cancelled().await;
    tokio::select! {
        () = state.stop.cancelled() => {}
        () = tokio::time::sleep(state.config.server.shutdown_notice()) => state.stop.cancel(),
    }
}

/// Works on jobs until `stop` fires and they have ended.
pub(crate) async fn work(state: &AppState, stop: CancellationToken) -> Result<(), ProcessError> {
    let dispatching = Dispatching::start(state);
    work_on(state, stop, dispatching.as_ref()).await
}

async fn work_on(
    state: &AppState,
    stop: CancellationToken,
    dispatching: Option<&Dispatching>,
) -> Result<(), ProcessError> {
    let (mut worker, connector) = wiring::worker(state);
    if let Some(dispatching) = dispatching {
        worker = worker.with_dispatch(Arc::clone(&dispatching.dispatch));
    }
    // A process has one worker; a second one would find the first one's health here, and nothing else.
    let _ = state.worker_health.set(worker.health());
    let ended = worker.run(connector, stop.clone()).await;
    if ended.is_err() {
        // A server that takes work and does none is worse than one that a supervisor restarts.
        stop.cancel();
    }
    Ok(ended?)
}

/// Keeps the clock at the database's until `stop` fires.
pub(crate) async fn refresh_clock(clock: Arc<DatabaseClock>, state: AppState, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(CLOCK_REFRESH) => {}
        }
        if let Err(error) = clock.refresh(state.store.database()).await {
            tracing::warn!(
                error = chain(&error),
                "the database's time is not available; going on with our own"
            );
        }
    }
}
