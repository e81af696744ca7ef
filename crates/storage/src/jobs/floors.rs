//! Where looks for jobs may begin.
//!
//! A claimed job leaves its entry in the index of ready jobs. It is cleaned up as soon as no transaction can see the row as
//! it was; while one stays open for long, what was claimed since piles up before what is ready, and every look has to pass
//! it. A process therefore remembers, for each lane, how far it has claimed, and begins there as long as looks from the
//! beginning take long.
//!
//! Nothing may rely on it: what becomes ready before a floor (a late commit, a lock that was given back, a job that is put
//! back as of long ago) is found by a look from the beginning. There is one whenever a look from the floors finds nothing,
//! and one now and then, so seldom that it takes a twentieth of the time.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::job::{Priority, Queue, Timestamp};
use uuid::Uuid;

/// A look from the beginning that takes longer begins at the floors next time.
const CHEAP: Duration = Duration::from_millis(1);
/// One that takes longer is not repeated at once because nothing was found.
const DEAR: Duration = Duration::from_millis(50);
/// So many times as long as the last look from the beginning took there is no other one,
const REST: u32 = 20;
/// but at least so long.
const SHORTEST_REST: Duration = Duration::from_secs(1);
/// Floors stay so far in the past: commits may be late.
const LATE_COMMITS: Duration = Duration::from_secs(1);

/// A place in a lane: when it came due, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) run_at: i64,
    pub(super) id: Uuid,
}

impl Place {
    /// Before everything.
    pub(super) const BEGINNING: Self = Self {
        run_at: i64::MIN,
        id: Uuid::nil(),
    };
    /// Behind everything.
    pub(super) const END: Self = Self {
        run_at: i64::MAX,
        id: Uuid::max(),
    };

    /// Before everything that came due then or later.
    const fn due(run_at: i64) -> Self {
        Self {
            run_at,
            id: Uuid::nil(),
        }
    }
}

/// A queue and a priority.
pub(super) type Lane = (Queue, Priority);

/// What a process remembers of its lanes.
#[derive(Debug, Default)]
pub(crate) struct LaneFloors(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    floors: BTreeMap<Lane, Place>,
    /// When the last look from the beginning ended, and how long it took.
    whole: Option<(Instant, Duration)>,
}

impl Memory {
    fn rests(&self) -> bool {
        self.whole.is_some_and(|(ended, took)| {
            took > CHEAP && ended.elapsed() < SHORTEST_REST.max(took.saturating_mul(REST))
        })
    }
}

impl LaneFloors {
    /// Where the next look begins; nothing if that is the beginning of every lane.
    pub(super) fn current(&self) -> Option<BTreeMap<Lane, Place>> {
        let memory = self.memory();
        (memory.rests() && !memory.floors.is_empty()).then(|| memory.floors.clone())
    }

    /// Whether a look from the floors that found nothing is to be repeated from the beginning.
    pub(super) fn may_look_again(&self) -> bool {
        self.memory().whole.is_none_or(|(_, took)| took <= DEAR)
    }

    /// Where claims of a lane begin whose first ready job came due at `head`.
    pub(super) fn begin(&self, lane: Lane, head: i64) -> Place {
        let memory = self.memory();
        let floor = memory.floors.get(&lane).filter(|_| memory.rests());
        floor.map_or(Place::due(head), |floor| Place::due(head).max(*floor))
    }

    /// A look from the beginning at these lanes has ended that found these heads among what was due by then.
    pub(super) fn looked(
        &self,
        took: Duration,
        lanes: impl Iterator<Item = Lane>,
        heads: &BTreeMap<Lane, i64>,
        due_by: Timestamp,
    ) {
        let mut memory = self.memory();
        memory.whole = Some((Instant::now(), took));
        let late = Place::due((due_by - LATE_COMMITS).as_micros());
        for lane in lanes {
            let floor = memory.floors.get(&lane).copied();
            match heads.get(&lane).map(|head| Place::due(*head)) {
                // Jobs that came due at the same instant are in the order of their ids: the floor is among them.
                Some(head) if floor.is_some_and(|floor| floor.run_at == head.run_at) => {}
                Some(head) => {
                    memory
                        .floors
                        .insert(lane, floor.map_or(head, |floor| floor.min(head)));
                }
                None => {
                    memory.floors.insert(lane, late);
                }
            }
        }
    }

    /// Everything of the lane up to `last` was claimed, or is somebody else's. Nothing to claim: the floor may be too high.
    pub(super) fn claimed(&self, lane: Lane, last: Option<Place>, now: Timestamp) {
        let latest = Place::due((now - LATE_COMMITS).as_micros());
        let mut memory = self.memory();
        match last {
            Some(last) => memory.floors.insert(lane, last.min(latest)),
            None => memory.floors.remove(&lane),
        };
    }

    /// The floors are too high.
    pub(super) fn forget(&self) {
        self.memory().floors.clear();
    }

    /// A panic leaves nothing half-written.
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::iter;

    use ::jobs::{ClaimRequest, JobStore as _, Process};
    use domain::job::Clock as _;
    use testkit::{TestDatabase, both_databases};

    use super::*;
    use crate::database::{Database, DatabaseOptions};
    use crate::sql::{execute, values};
    use crate::store::Store;

    const LANE: Lane = (Queue::Llm, Priority::Normal);
    const SECOND: i64 = 1_000_000;
    const NOW: Timestamp = Timestamp::from_micros(100 * SECOND);

    both_databases!(
        jobs_are_claimed_in_their_order_from_the_floor,
        what_becomes_ready_before_the_floor_is_found,
    );

    fn looked(floors: &LaneFloors, took: Duration, head: Option<i64>) {
        let heads = head.map(|head| (LANE, head)).into_iter().collect();
        floors.looked(took, iter::once(LANE), &heads, NOW);
    }

    fn place(run_at: i64, id: u128) -> Place {
        Place {
            run_at,
            id: Uuid::from_u128(id),
        }
    }

    #[test]
    fn only_after_a_long_look_does_the_next_one_begin_at_the_floors() {
        let floors = LaneFloors::default();
        assert_eq!(floors.current(), None);
        looked(&floors, CHEAP, Some(7));
        assert_eq!(floors.current(), None);
        looked(&floors, CHEAP * 2, Some(7));
        assert_eq!(floors.current(), Some(BTreeMap::from([(LANE, Place::due(7))])));
        floors.forget();
        assert_eq!(floors.current(), None);
    }

    #[test]
    fn floors_stay_behind_the_present_where_commits_may_be_late() {
        let floors = LaneFloors::default();
        let latest = Place::due(99 * SECOND);
        looked(&floors, DEAR, None);
        assert_eq!(floors.begin(LANE, 5), latest);
        floors.claimed(LANE, Some(place(100 * SECOND, 1)), NOW);
        assert_eq!(floors.begin(LANE, 5), latest);
        floors.claimed(LANE, Some(place(50 * SECOND, 1)), NOW);
        assert_eq!(floors.begin(LANE, 5), place(50 * SECOND, 1));
        assert_eq!(floors.begin(LANE, 60 * SECOND), Place::due(60 * SECOND));
    }

    #[test]
    fn an_earlier_head_lowers_the_floor_and_one_of_the_same_instant_does_not() {
        let floors = LaneFloors::default();
        floors.claimed(LANE, Some(place(50 * SECOND, 9)), NOW);
        looked(&floors, DEAR, Some(50 * SECOND));
        assert_eq!(floors.begin(LANE, 50 * SECOND), place(50 * SECOND, 9));
        looked(&floors, DEAR, Some(40 * SECOND));
        assert_eq!(floors.begin(LANE, 40 * SECOND), Place::due(40 * SECOND));
        floors.claimed(LANE, None, NOW);
        assert_eq!(floors.current(), None);
    }

    struct Ground {
        database: TestDatabase,
        store: Store,
    }

    impl Ground {
        async fn of(database: TestDatabase) -> Self {
            let options = DatabaseOptions::new(database.url.clone());
            let store = Store::new(Database::connect(options).await.unwrap());
            Self { database, store }
        }

        fn now(&self) -> Timestamp {
            self.database.clock.now()
        }
    }

    async fn insert(ground: &Ground, id: u128, run_at: Timestamp) {
        let text =
            "INSERT INTO jobs (id, kind, queue, dedupe_key, state, run_at, max_attempts, payload, created_at)
            VALUES ($1, 'test', 'llm', $2, 'ready', $3, 5, 'null', $3)";
        let bound = values![Uuid::from_u128(id), id.to_string(), run_at.as_micros()];
        execute(ground.store.database().write(), text, bound)
            .await
            .unwrap();
    }

    /// The ids of the next two.
    async fn claim(ground: &Ground) -> Vec<u128> {
        let now = ground.now();
        let owner = Uuid::from_u128(1);
        let host = "test".to_owned();
        let store = &ground.store;
        store
            .register_process(&Process { id: owner, host }, now)
            .await
            .unwrap();
        let request = ClaimRequest {
            slots: vec![(Queue::Llm, 2)],
            suspect: false,
            owner,
            now,
            lease: Duration::from_secs(15),
            unclaimed_since: None,
        };
        let claims = store.claim(&request).await.unwrap();
        claims.iter().map(|claim| claim.id.0.as_u128()).collect()
    }

    /// As if looks from the beginning took long.
    fn engage(ground: &Ground) {
        let floors = ground.store.lane_floors();
        let heads = BTreeMap::from([(LANE, 0)]);
        floors.looked(DEAR, iter::once(LANE), &heads, ground.now());
    }

    async fn jobs_are_claimed_in_their_order_from_the_floor(database: TestDatabase) {
        let ground = Ground::of(database).await;
        let due = ground.now() - Duration::from_mins(1);
        for id in 1..=6 {
            insert(&ground, id, due).await;
        }
        for expected in [&[1, 2][..], &[3, 4], &[5, 6], &[]] {
            engage(&ground);
            assert_eq!(claim(&ground).await, expected);
        }
    }

    async fn what_becomes_ready_before_the_floor_is_found(database: TestDatabase) {
        let ground = Ground::of(database).await;
        let now = ground.now();
        for id in 3..=6 {
            insert(&ground, id, now - Duration::from_mins(1)).await;
        }
        engage(&ground);
        assert_eq!(claim(&ground).await, [3, 4]);
        insert(&ground, 1, now - Duration::from_mins(1)).await;
        insert(&ground, 2, now - Duration::from_secs(90)).await;
        assert_eq!(claim(&ground).await, [5, 6]);
        assert_eq!(claim(&ground).await, [2, 1]);
        assert_eq!(claim(&ground).await, []);
    }
}
