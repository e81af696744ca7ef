//! A streaming replica of PostgreSQL to read from, and how far behind it is.
//!
//! Every look notes where the primary's log ends at an instant, and how far the replica has replayed it. What was acknowledged
//! before an instant is in the log up to the position noted then; a replica that has replayed that position shows it. No
//! statement is added to a write.
//!
//! Positions are compared on one timeline only. After a fail-over a replica may go on following the server that is no longer
//! the primary, and have positions that mean something else there.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::store::StoreError;
use domain::time::Timestamp;

use crate::database::Database;
use crate::sql::{Row, fetch_optional, values};
use crate::store::Store;

/// Looks that are remembered; of a replica that is further behind nothing is known.
const REMEMBERED: usize = 256;
/// A server that takes longer is away.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// What is flushed; the end of what is inserted may lie behind the head of a page that no record follows yet, which nobody can
/// replay. Where `synchronous_commit` is off it lags the acknowledgement by less than a second.
///
/// A file of the log is named after its timeline first, in eight hexadecimal digits.
const WRITTEN: &str = "SELECT pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::bigint AS position,
     system_identifier AS cluster,
     ('x' || left(pg_walfile_name(pg_current_wal_flush_lsn()), 8))::bit(32)::int AS timeline
     FROM pg_control_system()";
/// No row on a server that is no replica. What its control file says of the timeline lags what it replays and never runs ahead
/// of it; `pg_stat_wal_receiver` would say it at once, but only to those who may read all statistics.
const REPLAYED: &str = "SELECT pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint AS position,
     system_identifier AS cluster, GREATEST(timeline_id, min_recovery_end_timeline) AS timeline
     FROM pg_control_system(), pg_control_checkpoint(), pg_control_recovery() WHERE pg_is_in_recovery()";

/// See the module.
pub struct Replica {
    primary: Database,
    copy: Database,
    store: Store,
    positions: Mutex<Positions>,
}

impl Replica {
    /// The replica at `copy` of the database of `store`.
    pub fn new(store: &Store, copy: Database) -> Self {
        Self {
            primary: store.database().clone(),
            store: store.reading_from(&copy),
            copy,
            positions: Mutex::default(),
        }
    }

    /// The same storage with its reads outside of transactions from the replica.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// What was acknowledged before that instant is there. None while nothing is known.
    pub fn as_of(&self) -> Option<Timestamp> {
        self.positions().as_of
    }

    /// To be called often; after a failure nothing is known until a look succeeds. `now` is read before anything is asked.
    pub async fn look(&self, now: Timestamp) -> Result<(), StoreError> {
        let found = tokio::time::timeout(ANSWER_WITHIN, self.ask())
            .await
            .unwrap_or_else(|late| Err(StoreError::Unavailable(Box::new(late))));
        let mut positions = self.positions();
        match found {
            Ok(Some((written, replayed))) => positions.note(now, written, replayed),
            Ok(None) | Err(_) => *positions = Positions::default(),
        }
        found.map(|_| ())
    }

    /// The ends of both logs; none when the other server is no replica of this one.
    async fn ask(&self) -> Result<Option<(i64, i64)>, StoreError> {
        let written = fetch_optional(self.primary.write(), WRITTEN, values![]).await?;
        let replayed = fetch_optional(self.copy.read(), REPLAYED, values![]).await?;
        let Some((written, replayed)) = written.zip(replayed) else {
            return Ok(None);
        };
        let (written, replayed) = (End::of(&written)?, End::of(&replayed)?);
        Ok(written.compared_to(replayed))
    }

    fn positions(&self) -> std::sync::MutexGuard<'_, Positions> {
        self.positions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a server's log ends.
#[derive(Clone, Copy)]
struct End {
    cluster: i64,
    timeline: i32,
    /// None before anything was replayed.
    position: Option<i64>,
}

impl End {
    fn of(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            cluster: row.get("cluster")?,
            timeline: row.get("timeline")?,
            position: row.get("position")?,
        })
    }

    /// Both positions, if they are of one log.
    fn compared_to(self, other: Self) -> Option<(i64, i64)> {
        let is_one = (self.cluster, self.timeline) == (other.cluster, other.timeline);
        self.position.zip(other.position).filter(|_| is_one)
    }
}

#[derive(Default)]
struct Positions {
    /// Instants with the end of the primary's log, none of which the replica has reached; both rise.
    ahead: VecDeque<(Timestamp, i64)>,
    as_of: Option<Timestamp>,
}

impl Positions {
    fn note(&mut self, at: Timestamp, written: i64, replayed: i64) {
        if self.ahead.back().is_some_and(|(_, before)| *before > written) {
            // Another server has become the primary: positions of the one before say nothing.
            *self = Self::default();
        }
        self.ahead.push_back((at, written));
        while let Some((at, _)) = self.ahead.front().filter(|(_, written)| *written <= replayed) {
            self.as_of = Some(*at);
            self.ahead.pop_front();
        }
        if self.ahead.len() > REMEMBERED {
            self.ahead.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    #[test]
    fn a_replica_is_as_of_the_last_position_that_it_has_reached() {
        let mut positions = Positions::default();
        positions.note(at(1), 100, 90);
        assert_eq!(positions.as_of, None);
        positions.note(at(2), 200, 150);
        assert_eq!(positions.as_of, Some(at(1)));
        positions.note(at(3), 300, 299);
        assert_eq!(positions.as_of, Some(at(2)));
        positions.note(at(4), 300, 300);
        assert_eq!(positions.as_of, Some(at(4)));
        assert!(positions.ahead.is_empty());
    }

    #[test]
    fn a_replica_that_stands_still_falls_back_and_takes_no_memory() {
        let mut positions = Positions::default();
        for second in 0..10_000 {
            positions.note(at(second), second + 1, 1);
        }
        assert_eq!(positions.as_of, Some(at(0)));
        assert!(positions.ahead.len() <= REMEMBERED);
    }

    #[test]
    fn positions_are_compared_on_one_timeline_of_one_cluster() {
        let end = |cluster, timeline, position| End {
            cluster,
            timeline,
            position,
        };
        let primary = end(1, 2, Some(700));
        assert_eq!(primary.compared_to(end(1, 2, Some(600))), Some((700, 600)));
        assert_eq!(
            primary.compared_to(end(1, 1, Some(900))),
            None,
            "it follows the former primary"
        );
        assert_eq!(primary.compared_to(end(3, 2, Some(600))), None);
        assert_eq!(primary.compared_to(end(1, 2, None)), None);
    }

    #[test]
    fn another_primary_begins_anew() {
        let mut positions = Positions::default();
        positions.note(at(1), 500, 500);
        positions.note(at(2), 600, 500);
        positions.note(at(3), 550, 540);
        assert_eq!(positions.as_of, None);
    }
}
