//! Saves that meet at the door of PostgreSQL go through it together (adr/0019).
//!
//! ```text
//! save ─┬─ fewer than AT_ONCE under way: alone, at once, by the statement for one
//!       └─ else: waits ── a turn ends ── everybody who waits (distinct attempts) in ONE statement ── each is told its own
//! ```
//!
//! Nobody waits for company: whoever comes when there is room goes at once, and a group is whatever came meanwhile.
//! Architecture invariants: nobody is told "saved" before the statement has committed; the guard refuses each save for itself;
//! a save whose attempt is locked by somebody else, or whose group fails, is done again alone, so that no save meets a
//! failure or a wait that is another's.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::attempts::{NewResponse, SavedResponse};
use domain::ids::AttemptId;
use domain::store::StoreError;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::attempts_saving::{SaveGuard, written_at};
use crate::database::Backend;
use crate::dialect::{json_rows, not_by_index, rows_of_json};
use crate::sql::{fetch_all, to_json, values};
use crate::store::Store;

/// Statements of saves under way at once; more would make groups smaller, and the database does not get faster by them.
const AT_ONCE: usize = 2;
/// Answers of a group, so that no statement takes long.
const MOST_ANSWERS: usize = 64;
/// A save that takes longer, because somebody holds its attempt, does not keep its turn from others.
const PATIENCE: Duration = Duration::from_millis(20);

/// The saves of one process.
#[derive(Default)]
pub(crate) struct GroupedSaves(Mutex<Door>);

#[derive(Default)]
struct Door {
    under_way: usize,
    waiting: VecDeque<Waiting>,
}

struct Waiting {
    guard: SaveGuard,
    responses: Vec<NewResponse>,
    told: oneshot::Sender<Told>,
}

/// What a save that waited is told.
enum Told {
    Saved(Vec<SavedResponse>),
    /// Nothing came of it in company.
    GoAlone,
    Failed(StoreError),
}

/// A failure of everybody in a group.
#[derive(Debug, thiserror::Error)]
#[error("the saves of several callers failed together")]
struct Together(#[source] Arc<StoreError>);

/// The right to have a statement under way; dropping it passes it on.
struct Turn(Store);

impl GroupedSaves {
    fn door(&self) -> MutexGuard<'_, Door> {
        // Nothing that holds the lock leaves the door half open.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Saves at once if there is room, else with those who wait as well.
    pub(crate) async fn save_among_others(
        &self,
        guard: &SaveGuard,
        responses: &[NewResponse],
    ) -> Result<Option<Vec<SavedResponse>>, StoreError> {
        let Some(hears) = self.wait_at_the_door(guard, responses) else {
            let turn = Turn(self.clone());
            let mut saving = pin!(self.save_in_one_statement(guard, responses));
            if let Ok(saved) = tokio::time::timeout(PATIENCE, &mut saving).await {
                return saved;
            }
            drop(turn);
            return saving.await;
        };
        match hears.await {
            Ok(Told::Saved(saved)) => Ok(Some(saved)),
            Ok(Told::Failed(error)) => Err(error),
            Ok(Told::GoAlone) | Err(_) => self.save_in_one_statement(guard, responses).await,
        }
    }

    /// None when there is room.
    fn wait_at_the_door(
        &self,
        guard: &SaveGuard,
        responses: &[NewResponse],
    ) -> Option<oneshot::Receiver<Told>> {
        let mut door = self.saves().door();
        if door.under_way < AT_ONCE {
            door.under_way += 1;
            return None;
        }
        let (told, hears) = oneshot::channel();
        door.waiting.push_back(Waiting {
            guard: guard.clone(),
            responses: responses.to_vec(),
            told,
        });
        Some(hears)
    }

    /// Saves of different attempts in one statement; those that are not in the answer were refused or are locked.
    async fn save_together(
        &self,
        group: &[Waiting],
    ) -> Result<HashMap<AttemptId, Vec<SavedResponse>>, StoreError> {
        let rows: Vec<GroupedAnswer> = group.iter().flat_map(GroupedAnswer::of).collect();
        let rows = fetch_all(self.database().write(), &statement(), values![to_json(&rows)?]).await?;
        let mut firsts: HashMap<AttemptId, i64> = HashMap::with_capacity(group.len());
        let mut stored = BTreeSet::new();
        for row in &rows {
            let attempt = AttemptId(row.get("id")?);
            firsts.insert(attempt, row.get("first")?);
            stored.extend(
                row.get::<Option<Uuid>>("item_version_id")?
                    .map(|item| (attempt, item)),
            );
        }
        let saved = group.iter().filter_map(|waiting| {
            let attempt = waiting.guard.attempt_id;
            let first = *firsts.get(&attempt)?;
            let saved = waiting.responses.iter().zip(first..);
            let saved = saved.map(|(response, seq)| SavedResponse {
                item_version_id: response.item_version_id,
                seq,
                stored: stored.contains(&(attempt, response.item_version_id.0)),
            });
            Some((attempt, saved.collect()))
        });
        Ok(saved.collect())
    }
}

impl Turn {
    /// Takes a group of those who wait through, and tells them.
    async fn take_through(self, group: Vec<Waiting>) {
        let outcome = self.0.save_together(&group).await;
        // The next group begins while these are told.
        drop(self);
        match outcome {
            Ok(mut saved) => {
                for waiting in group {
                    let mine = saved.remove(&waiting.guard.attempt_id);
                    waiting.tell(mine.map_or(Told::GoAlone, Told::Saved));
                }
            }
            Err(error @ StoreError::Unavailable(_)) => {
                let error = Arc::new(error);
                for waiting in group {
                    let shared = Together(Arc::clone(&error));
                    waiting.tell(Told::Failed(StoreError::Unavailable(Box::new(shared))));
                }
            }
            // Whose fault it was shows when each tries alone.
            Err(_) => group.into_iter().for_each(|waiting| waiting.tell(Told::GoAlone)),
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut door = self.0.saves().door();
        let group = door.next_group();
        match Handle::try_current() {
            Ok(runtime) if !group.is_empty() => {
                drop(door);
                runtime.spawn(Self(self.0.clone()).take_through(group));
            }
            // Without a runtime the process ends; those in the group hear that they are on their own.
            Ok(_) | Err(_) => door.under_way -= 1,
        }
    }
}

impl Door {
    /// The first who wait, of each attempt one, in the order in which they came. Whoever has gone away is left out: they
    /// were told nothing, and may have saved something newer meanwhile.
    fn next_group(&mut self) -> Vec<Waiting> {
        let mut group: Vec<Waiting> = Vec::new();
        let mut stay = VecDeque::new();
        let (mut attempts, mut answers) = (BTreeSet::new(), 0);
        self.waiting.retain(|waiting| !waiting.told.is_closed());
        while let Some(waiting) = self.waiting.pop_front() {
            let is_next = attempts.insert(waiting.guard.attempt_id);
            let has_room = group.is_empty() || answers + waiting.responses.len() <= MOST_ANSWERS;
            if has_room && is_next {
                answers += waiting.responses.len();
                group.push(waiting);
            } else {
                stay.push_back(waiting);
            }
            if answers >= MOST_ANSWERS {
                break;
            }
        }
        stay.append(&mut self.waiting);
        self.waiting = stay;
        group
    }
}

impl Waiting {
    fn tell(self, told: Told) {
        // Whoever has gone away meanwhile does not hear it.
        let _ = self.told.send(told);
    }
}

json_rows! {
    /// One answer with what its save demands; the save is that of its first answer.
    struct GroupedAnswer {
        to_attempt: Uuid,
        by_user: Uuid,
        of_section: i32,
        answers: i64,
        came_at: i64,
        open_at: i64,
        place: i64,
        of_item: Uuid,
        new_answer: String,
        was_written_at: i64,
    }
}

impl GroupedAnswer {
    fn of(waiting: &Waiting) -> impl Iterator<Item = Self> {
        let guard = &waiting.guard;
        waiting.responses.iter().zip(0..).map(|(response, place)| Self {
            to_attempt: guard.attempt_id.0,
            by_user: guard.user_id.0,
            of_section: guard.section_index,
            answers: guard.count,
            came_at: guard.now.as_micros(),
            open_at: guard.open_at().as_micros(),
            place,
            of_item: response.item_version_id.0,
            new_answer: response.answer.to_string(),
            was_written_at: written_at(response),
        })
    }
}

/// The same guard and upsert as for one, each save by its own rows. `free` passes over attempts that somebody holds.
pub(crate) fn statement() -> String {
    format!(
        "WITH given AS MATERIALIZED (SELECT * FROM {}),
         free AS MATERIALIZED (
            SELECT a.id FROM given JOIN attempts a ON a.id = given.to_attempt WHERE given.place = 0
            FOR NO KEY UPDATE OF a SKIP LOCKED),
         guard AS (
            UPDATE attempts a SET response_seq = a.response_seq + given.answers,
                last_activity_at = CASE WHEN a.last_activity_at > given.came_at THEN a.last_activity_at ELSE given.came_at END,
                revision = a.revision + 1, updated_at = given.came_at
            FROM given
            WHERE given.place = 0 AND a.id = given.to_attempt AND a.id IN (SELECT id FROM free)
                AND a.user_id = given.by_user AND {state} = 'in_progress' AND a.current_section = given.of_section
                AND (a.deadline_at IS NULL OR a.deadline_at >= given.open_at)
                AND a.last_activity_at + a.inactivity_limit >= given.open_at
            RETURNING a.id, a.response_seq - given.answers + 1 AS first),
         saved AS (
            INSERT INTO responses (attempt_id, item_version_id, seq, answer, written_at, saved_at)
            SELECT guard.id, given.of_item, guard.first + given.place, given.new_answer, given.was_written_at, given.came_at
            FROM guard JOIN given ON given.to_attempt = guard.id
            ON CONFLICT (attempt_id, item_version_id) DO UPDATE SET seq = excluded.seq, answer = excluded.answer,
                written_at = excluded.written_at, saved_at = excluded.saved_at
            WHERE excluded.written_at = 0 OR excluded.written_at >=
                CASE WHEN responses.written_at = 0 THEN responses.saved_at ELSE responses.written_at END
            RETURNING attempt_id, item_version_id)
         SELECT guard.id, guard.first, saved.item_version_id FROM guard LEFT JOIN saved ON saved.attempt_id = guard.id",
        rows_of_json(Backend::Postgres, GroupedAnswer::COLUMNS),
        state = not_by_index("a.state"),
    )
}

#[cfg(test)]
mod tests {
    use domain::ids::{ItemVersionId, UserId};
    use domain::time::Timestamp;
    use serde_json::json;

    use super::*;

    /// A save of so many answers in this attempt, and who is told.
    fn waiting(attempt: u128, answers: usize) -> (Waiting, oneshot::Receiver<Told>) {
        let (told, hears) = oneshot::channel();
        let response = NewResponse {
            item_version_id: ItemVersionId(Uuid::from_u128(7)),
            answer: json!("a"),
            written_at: None,
        };
        let guard = SaveGuard {
            attempt_id: AttemptId(Uuid::from_u128(attempt)),
            user_id: UserId(Uuid::from_u128(1)),
            section_index: 0,
            count: i64::try_from(answers).unwrap(),
            now: Timestamp::from_micros(0),
        };
        let responses = vec![response; answers];
        (
            Waiting {
                guard,
                responses,
                told,
            },
            hears,
        )
    }

    /// The attempts and numbers of answers of the next group.
    fn next(door: &mut Door) -> Vec<(u128, usize)> {
        let group = door.next_group();
        let told = |waiting: &Waiting| (waiting.guard.attempt_id.0.as_u128(), waiting.responses.len());
        group.iter().map(told).collect()
    }

    #[test]
    fn a_save_does_not_overtake_an_earlier_one_of_its_attempt_that_found_no_room() {
        let saves = [(1, 10), (2, 60), (2, 1), (3, 1)].map(|(attempt, answers)| waiting(attempt, answers));
        let (waiting, _hearing): (VecDeque<_>, Vec<_>) = saves.into_iter().unzip();
        let mut door = Door {
            under_way: 0,
            waiting,
        };
        assert_eq!(next(&mut door), [(1, 10), (3, 1)]);
        assert_eq!(next(&mut door), [(2, 60)]);
        assert_eq!(next(&mut door), [(2, 1)]);
        assert_eq!(next(&mut door), []);
    }

    #[test]
    fn whoever_has_gone_away_is_left_out() {
        let (gone, hears) = waiting(1, 1);
        let (stays, _hears) = waiting(1, 2);
        drop(hears);
        let mut door = Door {
            under_way: 0,
            waiting: VecDeque::from([gone, stays]),
        };
        assert_eq!(next(&mut door), [(1, 2)]);
    }
}
