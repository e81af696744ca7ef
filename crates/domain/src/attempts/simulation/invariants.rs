//! What must hold whatever the model says, checked on the stored rows alone.

use std::collections::BTreeMap;

use super::catalogue::{PER_SECTION, number_of};
use super::memory::{ResponseRow, Row};
use super::outcome::Outcome;
use super::real::{Check, Real, user_id};
use super::steps::CANDIDATES;
use crate::attempts::{Attempt, AttemptState};
use crate::ids::{AttemptId, ItemVersionId};

/// What an attempt looked like after the latest step that wrote it.
struct Seen {
    attempt: Attempt,
    locked: BTreeMap<ItemVersionId, ResponseRow>,
    records: usize,
}

/// Remembers attempts in order to judge how they change.
#[derive(Default)]
pub(super) struct Witness {
    seen: BTreeMap<AttemptId, Seen>,
    audited: usize,
}

macro_rules! must {
    ($condition:expr, $($what:tt)+) => {
        if !$condition {
            return Err(format!($($what)+));
        }
    };
}

impl Witness {
    /// Judges one step by its outcome and by what it wrote.
    pub(super) fn check(&mut self, real: &Real, outcome: &Outcome) -> Check<()> {
        one_at_a_time(real)?;
        let mut moved = false;
        for id in &real.touched {
            let Some(row) = real.memory.rows.get(id) else {
                return Err(format!("{id} is gone"));
            };
            if let Some(seen) = self.seen.get(id) {
                moved |= seen.attempt.state != row.attempt.state;
                moved |= seen.attempt.current_section != row.attempt.current_section;
                lawful_change(seen, row)?;
            } else {
                moved = true;
                must!(
                    row.attempt.state == AttemptState::OptedIn,
                    "made as {:?}",
                    row.attempt.state
                );
            }
            self.seen.insert(*id, Seen::of(row));
        }
        reported(real, outcome)?;
        let audited = real.memory.audit.len();
        let unaudited = matches!(outcome, Outcome::Quiet);
        must!(
            unaudited || moved == (audited > self.audited),
            "moved: {moved}, audit rows: {audited}"
        );
        self.audited = audited;
        Ok(())
    }
}

impl Seen {
    fn of(row: &Row) -> Self {
        let locked = |item: ItemVersionId| {
            let section = i32::try_from(number_of(item.0) / PER_SECTION).expect("a small number");
            row.attempt.state != AttemptState::InProgress || section < row.attempt.current_section
        };
        let responses = row.responses.iter().filter(|(item, _)| locked(**item));
        Self {
            attempt: row.attempt.clone(),
            locked: responses
                .map(|(item, response)| (*item, response.clone()))
                .collect(),
            records: row.records.len(),
        }
    }
}

fn one_at_a_time(real: &Real) -> Check<()> {
    let mut running = [0; CANDIDATES];
    for row in real.memory.rows.values() {
        if row.attempt.state == AttemptState::InProgress {
            let who = (0..CANDIDATES).find(|who| user_id(*who) == row.attempt.user_id);
            running[who.ok_or("an attempt of nobody")?] += 1;
        }
    }
    must!(
        running.iter().all(|count| *count <= 1),
        "in progress per candidate: {running:?}"
    );
    Ok(())
}

fn lawful_change(seen: &Seen, row: &Row) -> Check<()> {
    use AttemptState as S;
    let (old, new) = (&seen.attempt, &row.attempt);
    let lawful = match old.state {
        S::OptedIn => matches!(new.state, S::OptedIn | S::InProgress | S::Voided),
        S::InProgress => matches!(
            new.state,
            S::InProgress | S::AwaitingAsync | S::Expired | S::Voided
        ),
        S::AwaitingAsync => matches!(new.state, S::AwaitingAsync | S::Completed | S::Failed | S::Voided),
        S::Completed | S::Failed | S::Expired | S::Voided => new.state == old.state || new.state == S::Voided,
    };
    must!(lawful, "went from {:?} to {:?}", old.state, new.state);
    let advance = new.current_section - old.current_section;
    must!((0..=1).contains(&advance), "went on by {advance} sections");
    must!(
        new.current_section <= new.section_count,
        "went beyond the last section"
    );
    must!(
        new.response_seq >= old.response_seq,
        "sequence numbers fell to {}",
        new.response_seq
    );
    must!(
        new == old || new.revision > old.revision,
        "changed and stayed at revision {}",
        new.revision
    );
    must!(row.records.len() >= seen.records, "lost score records");
    for (item, answer) in &seen.locked {
        must!(
            row.responses.get(item) == Some(answer),
            "the locked answer to {item} changed"
        );
    }
    let locked_new = !matches!(old.state, S::InProgress) && row.responses.len() != seen.locked.len();
    must!(!locked_new, "an answer came in while {:?}", old.state);
    numbers(row)
}

/// Every answer has its own number, none above the attempt's.
fn numbers(row: &Row) -> Check<()> {
    let mut numbers: Vec<i64> = row.responses.values().map(|response| response.seq).collect();
    numbers.sort_unstable();
    must!(
        numbers.windows(2).all(|pair| pair[0] < pair[1]),
        "a sequence number twice: {numbers:?}"
    );
    must!(
        numbers
            .last()
            .is_none_or(|last| *last <= row.attempt.response_seq),
        "a number not given out"
    );
    Ok(())
}

/// A refusal changes nothing; found expiry changes one attempt to expired.
fn reported(real: &Real, outcome: &Outcome) -> Check<()> {
    match outcome {
        Outcome::Refused(refusal) => {
            must!(real.touched.is_empty(), "refused with {refusal:?}, yet wrote");
        }
        Outcome::Expired(_) => {
            let [id] = real.touched.as_slice() else {
                return Err(format!("expiry wrote {} attempts", real.touched.len()));
            };
            must!(
                real.memory.rows[id].attempt.state == AttemptState::Expired,
                "expiry was not persisted"
            );
        }
        Outcome::Attempt(_)
        | Outcome::Saved(_)
        | Outcome::Section(_)
        | Outcome::Submitted(_)
        | Outcome::Quiet => {}
    }
    Ok(())
}
