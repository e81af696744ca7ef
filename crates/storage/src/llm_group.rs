//! Entries of the journal of calls that meet are written in one transaction.
//!
//! ```text
//! entry ─┬─ none under way: alone, at once, by its use case
//!        └─ else: waits ── the one under way ends ── everybody who waits, in ONE transaction ── each is told its own
//! ```
//!
//! All calls of a day share the row with what is booked for it, and each entry alone would hold that row until its commit is on
//! the disk; together they hold it once (as saves, adr/0019).
//! Architecture invariants: nobody is told before the commit; an entry that is in any way special (an answer that is there, an
//! older reservation, a pause, a cap that it would reach) is left out and goes alone, by the use case that knows what to do; if
//! the transaction fails, all of them go alone.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::ids::{AttemptId, LlmCallId};
use domain::llm::{
    CallEnd, CallJournal as _, Caps, Day, MicroDollars, NewCall, ReserveCall, ReserveError, Reserved,
    SettleCall,
};
use domain::store::{Ctx, StoreError};
use domain::time::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::llm_group_rows as rows;
use crate::store::Store;
use crate::transaction::SqlTx;

/// Entries of a group, so that no transaction takes long.
const MOST: usize = 128;

/// The entries of one process.
#[derive(Default)]
pub(crate) struct GroupedCalls(Mutex<Door>);

#[derive(Default)]
struct Door {
    is_under_way: bool,
    waiting: VecDeque<Waiting>,
}

struct Waiting {
    entry: Entry,
    told: oneshot::Sender<Told>,
}

/// What is to be written.
pub(crate) enum Entry {
    /// A call that is about to be made.
    Reserve(Box<Reservation>),
    /// The end of one.
    Settle(Box<Settlement>),
}

/// See [`ReserveCall`].
pub(crate) struct Reservation {
    pub(crate) id: LlmCallId,
    pub(crate) digest: String,
    pub(crate) call: NewCall,
    pub(crate) caps: Caps,
    pub(crate) now: Timestamp,
}

/// See [`SettleCall`].
pub(crate) struct Settlement {
    pub(crate) id: LlmCallId,
    pub(crate) end: CallEnd,
    pub(crate) cost: Option<MicroDollars>,
    pub(crate) now: Timestamp,
}

/// What whoever waited is told.
enum Told {
    Written,
    /// Nothing came of it in company.
    GoAlone,
    Failed(StoreError),
}

/// A failure of everybody in a group.
#[derive(Debug, thiserror::Error)]
#[error("the entries of several callers failed together")]
struct Together(#[source] Arc<StoreError>);

/// The right to have a transaction under way; dropping it passes it on.
struct Turn(Store);

impl GroupedCalls {
    fn door(&self) -> MutexGuard<'_, Door> {
        // Nothing that holds the lock leaves the door half open.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// None when there is room.
    fn wait(&self, entry: impl FnOnce() -> Entry) -> Option<oneshot::Receiver<Told>> {
        let mut door = self.door();
        if !door.is_under_way {
            door.is_under_way = true;
            return None;
        }
        let (told, hears) = oneshot::channel();
        door.waiting.push_back(Waiting { entry: entry(), told });
        Some(hears)
    }
}

impl Store {
    /// Books a call, with others that come at the same time.
    pub async fn reserve_call(&self, reserve: &ReserveCall, ctx: &Ctx) -> Result<Reserved, ReserveError> {
        let id = LlmCallId(ctx.new_uuid());
        let entry = || {
            Entry::Reserve(Box::new(Reservation {
                id,
                digest: reserve.call.key.digest(),
                call: reserve.call.clone(),
                caps: reserve.caps,
                now: ctx.now(),
            }))
        };
        let Some(hears) = self.calls().wait(entry) else {
            let _turn = Turn(self.clone());
            return self.run(reserve, ctx).await;
        };
        match hears.await {
            Ok(Told::Written) => Ok(Reserved::Make(id)),
            Ok(Told::Failed(error)) => Err(error.into()),
            Ok(Told::GoAlone) | Err(_) => self.run(reserve, ctx).await,
        }
    }

    /// Settles a call, with others that end at the same time. A pause is written alone.
    pub async fn settle_call(&self, settle: &SettleCall, ctx: &Ctx) -> Result<(), StoreError> {
        if settle.pause.is_some() {
            return self.run(settle, ctx).await;
        }
        let entry = || {
            Entry::Settle(Box::new(Settlement {
                id: settle.id,
                end: settle.end.clone(),
                cost: settle.end.cost(settle.price),
                now: ctx.now(),
            }))
        };
        let Some(hears) = self.calls().wait(entry) else {
            let _turn = Turn(self.clone());
            return self.run(settle, ctx).await;
        };
        match hears.await {
            Ok(Told::Written) => Ok(()),
            Ok(Told::Failed(error)) => Err(error),
            Ok(Told::GoAlone) | Err(_) => self.run(settle, ctx).await,
        }
    }

    /// Gives, for each entry, whether it was written; nothing is if it fails.
    async fn write_together(&self, entries: &[&Entry]) -> Result<Vec<bool>, StoreError> {
        let mut tx = self.begin().await?;
        let written = write(&mut tx, entries).await;
        match written {
            Ok(written) => {
                self.commit(tx).await?;
                Ok(written)
            }
            Err(error) => {
                tx.roll_back().await?;
                Err(error)
            }
        }
    }
}

async fn write(tx: &mut SqlTx, entries: &[&Entry]) -> Result<Vec<bool>, StoreError> {
    let (mut reservations, mut settlements) = (Vec::new(), Vec::new());
    for entry in entries {
        match entry {
            Entry::Reserve(reservation) => reservations.push(reservation.as_ref()),
            Entry::Settle(settlement) => settlements.push(settlement.as_ref()),
        }
    }
    let mut days: BTreeMap<Day, i64> = BTreeMap::new();
    let left_out = settle(tx, &settlements, &mut days).await?;
    let reserved = reserve(tx, &reservations).await?;
    // Last, because all calls of a day share its row.
    book_days(tx, reservations.iter().filter(|one| reserved.contains(&one.id))).await?;
    for (day, by) in days {
        tx.correct_day(day, MicroDollars(by)).await?;
    }
    let is_written = |entry: &&Entry| match entry {
        Entry::Reserve(reservation) => reserved.contains(&reservation.id),
        Entry::Settle(settlement) => !left_out.contains(&settlement.id),
    };
    Ok(entries.iter().map(is_written).collect())
}

/// Settles what is not settled yet and adds the corrections to `days`; gives those that have to go alone.
async fn settle(
    tx: &mut SqlTx,
    settlements: &[&Settlement],
    days: &mut BTreeMap<Day, i64>,
) -> Result<BTreeSet<LlmCallId>, StoreError> {
    let mut left_out = BTreeSet::new();
    if settlements.is_empty() {
        return Ok(left_out);
    }
    let ids: Vec<LlmCallId> = settlements.iter().map(|one| one.id).collect();
    let open = rows::open_calls(tx, &ids).await?;
    let (mut ends, mut attempts) = (Vec::new(), BTreeMap::<AttemptId, i64>::new());
    for settlement in settlements {
        // One that is settled already stays as it is.
        let Some(call) = open.get(&settlement.id) else {
            continue;
        };
        if call.is_superseded && matches!(settlement.end, CallEnd::Answered { .. }) {
            left_out.insert(settlement.id);
            continue;
        }
        ends.push(*settlement);
        let at_most = call.booked.at_most.0;
        let correction = settlement.cost.map_or(at_most, |cost| cost.0) - at_most;
        if let Some(attempt) = call.booked.attempt_id {
            *attempts.entry(attempt).or_default() += correction;
        }
        *days.entry(call.booked.day).or_default() += correction;
    }
    rows::write_ends(tx, &ends).await?;
    attempts.retain(|_, by| *by != 0);
    days.retain(|_, by| *by != 0);
    rows::correct_attempts(tx, &attempts).await?;
    Ok(left_out)
}

/// Writes those that nothing speaks against, and books them for their attempts.
async fn reserve(tx: &mut SqlTx, reservations: &[&Reservation]) -> Result<BTreeSet<LlmCallId>, StoreError> {
    if reservations.is_empty() {
        return Ok(BTreeSet::new());
    }
    let known = rows::known_digests(tx, reservations).await?;
    let paused = rows::paused_models(tx, reservations).await?;
    let (mut digests, mut plain) = (BTreeSet::new(), Vec::new());
    for reservation in reservations {
        let model = reservation.call.key.model.to_string();
        let is_first = digests.insert(reservation.digest.as_str());
        if is_first && !known.contains(&reservation.digest) && !paused.contains(&model) {
            plain.push(*reservation);
        }
    }
    let booked = rows::book_attempts(tx, &plain).await?;
    plain.retain(|one| {
        one.call
            .attempt_id
            .is_none_or(|attempt| booked.contains(&attempt))
    });
    rows::insert(tx, &plain).await?;
    Ok(plain.iter().map(|one| one.id).collect())
}

/// Books all of them, or fails.
async fn book_days<'a>(
    tx: &mut SqlTx,
    reserved: impl Iterator<Item = &'a &'a Reservation>,
) -> Result<(), StoreError> {
    let mut days: BTreeMap<Day, (i64, Option<MicroDollars>)> = BTreeMap::new();
    for one in reserved {
        let (amount, cap) = days.entry(Day::of(one.now)).or_insert((0, one.caps.day));
        *amount += one.call.at_most.0;
        *cap = least(*cap, one.caps.day);
    }
    for (day, (amount, cap)) in days {
        if !tx.book_day(day, MicroDollars(amount), cap).await? {
            // Some of them may still fit.
            return Err(StoreError::Conflict);
        }
    }
    Ok(())
}

/// Of two caps the one that is reached first.
pub(crate) fn least(one: Option<MicroDollars>, other: Option<MicroDollars>) -> Option<MicroDollars> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

impl Turn {
    /// Writes what a group wants to have written, and tells them.
    async fn take_through(self, group: Vec<Waiting>) {
        let entries: Vec<&Entry> = group.iter().map(|waiting| &waiting.entry).collect();
        let outcome = self.0.write_together(&entries).await;
        // The next group begins while these are told.
        drop(self);
        let told: Vec<Told> = match outcome {
            Ok(written) => written
                .into_iter()
                .map(|written| if written { Told::Written } else { Told::GoAlone })
                .collect(),
            Err(error @ StoreError::Unavailable(_)) => {
                let error = Arc::new(error);
                let shared = || StoreError::Unavailable(Box::new(Together(Arc::clone(&error))));
                group.iter().map(|_| Told::Failed(shared())).collect()
            }
            // Whose fault it was shows when each tries alone.
            Err(_) => group.iter().map(|_| Told::GoAlone).collect(),
        };
        for (waiting, told) in group.into_iter().zip(told) {
            // Whoever has gone away meanwhile does not hear it.
            let _ = waiting.told.send(told);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut door = self.0.calls().door();
        // A call that nobody waits for any more is not made, and its end would be written by nobody else.
        door.waiting.retain(|waiting| match waiting.entry {
            Entry::Reserve(_) => !waiting.told.is_closed(),
            Entry::Settle(_) => true,
        });
        let size = door.waiting.len().min(MOST);
        let group: Vec<Waiting> = door.waiting.drain(..size).collect();
        match Handle::try_current() {
            Ok(runtime) if !group.is_empty() => {
                drop(door);
                runtime.spawn(Self(self.0.clone()).take_through(group));
            }
            // Without a runtime the process ends; those in the group hear that they are on their own.
            Ok(_) | Err(_) => door.is_under_way = false,
        }
    }
}
