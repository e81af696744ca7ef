//! The shipped tracks, for a database that never had one.

use domain::audit::Actor;
use domain::authoring::{InstallTracks, ShippedError, TrackError, shipped_tracks};
use domain::identity::Forbidden;
use domain::store::StoreError;

use super::START;
use crate::runtime::AppState;

/// Why the shipped tracks are not there. `Display` says what to do about it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ShippedTracksError {
    /// A file of this program is wrong.
    #[error(transparent)]
    File(#[from] ShippedError),
    /// A track was refused.
    #[error("the shipped tracks cannot be made")]
    Track(#[from] TrackError),
    /// The account found is no admin's.
    #[error(transparent)]
    Admin(#[from] Forbidden),
    /// The database failed.
    #[error("the database failed; check that it runs and that the account may use it")]
    Store(#[from] StoreError),
}

/// Makes the shipped tracks on behalf of the first admin when there never was a track, and says how many were made. Who has
/// deleted them all, or has no admin yet, gets none.
pub(crate) async fn install_shipped_tracks(state: &AppState) -> Result<usize, ShippedTracksError> {
    if state.store.has_had_tracks().await? {
        return Ok(0);
    }
    let Some(first) = state.store.first_active_admin().await? else {
        return Ok(0);
    };
    let install = InstallTracks {
        admin: first.admin()?,
        tracks: shipped_tracks()?,
    };
    match state.store.run(&install, &state.ctx(START, Actor::System)).await {
        Ok(made) => Ok(made.len()),
        // Another process that started at the same time has made them.
        Err(TrackError::SlugTaken) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use domain::audit::Actor;
    use domain::authoring::DeleteTrack;
    use domain::identity::Role;
    use testkit::{Backend, TestDatabase, builders};

    use super::*;
    use crate::config::Config;
    use crate::wiring;

    fn state(database: &TestDatabase) -> AppState {
        let connections = database.store.database().clone();
        let config = Config::for_testing();
        wiring::state(config, connections, database.clock.clone(), database.ids.clone()).unwrap()
    }

    async fn slugs(state: &AppState) -> Vec<String> {
        let tracks = state.store.list_tracks().await.unwrap();
        tracks.into_iter().map(|view| view.track.slug).collect()
    }

    async fn tracks_are_made_once(backend: Backend) {
        let database = TestDatabase::new(backend).await.unwrap();
        let state = state(&database);
        assert_eq!(
            install_shipped_tracks(&state).await.unwrap(),
            0,
            "there is no admin yet"
        );
        let admin = builders::admin(&database).await.unwrap();
        builders::principal(&database, Role::Admin, 2).await.unwrap();
        assert_eq!(install_shipped_tracks(&state).await.unwrap(), 2);
        assert_eq!(slugs(&state).await, ["backend-engineer", "data-analyst"]);
        let published_by = format!("definition_versions WHERE published_by = '{}'", admin.user_id());
        if backend == Backend::Postgres {
            assert_eq!(database.count(&published_by).await.unwrap(), 2);
        }
        assert_eq!(install_shipped_tracks(&state).await.unwrap(), 0);
        let ctx = state.ctx("test", Actor::System);
        for slug in slugs(&state).await {
            state.store.run(&DeleteTrack { admin, slug }, &ctx).await.unwrap();
        }
        assert_eq!(
            install_shipped_tracks(&state).await.unwrap(),
            0,
            "deleted ones do not come back"
        );
    }

    async fn two_processes_that_start_at_once_make_them_once(backend: Backend) {
        let database = TestDatabase::new(backend).await.unwrap();
        let state = state(&database);
        builders::admin(&database).await.unwrap();
        let (one, other) = tokio::join!(install_shipped_tracks(&state), install_shipped_tracks(&state));
        assert_eq!(one.unwrap() + other.unwrap(), 2);
        assert_eq!(slugs(&state).await.len(), 2);
        let shipped: usize = shipped_tracks()
            .unwrap()
            .iter()
            .map(|track| track.items.len())
            .sum();
        assert_eq!(
            database.count("items").await.unwrap(),
            i64::try_from(shipped).unwrap()
        );
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn tracks_are_made_once_on_sqlite() {
        tracks_are_made_once(Backend::Sqlite).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn tracks_are_made_once_on_postgres() {
        tracks_are_made_once(Backend::Postgres).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn two_processes_make_them_once_on_sqlite() {
        two_processes_that_start_at_once_make_them_once(Backend::Sqlite).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn two_processes_make_them_once_on_postgres() {
        two_processes_that_start_at_once_make_them_once(Backend::Postgres).await;
    }
}
