//! What must hold whatever the model says, checked on the stored rows alone.

use std::collections::{BTreeMap, BTreeSet};

use super::catalogue::{item_id, number_of, section_of};
use super::memory::{ResponseRow, Row};
use super::outcome::Outcome;
use super::real::{Check, Real, is_track};
use super::steps::CANDIDATES;
use crate::attempts::jobs::EVALUATE;
use crate::attempts::{Attempt, AttemptState, GRACE, ScoringState};
use crate::ids::{AttemptId, ItemVersionId};
use crate::time::Timestamp;

/// What an attempt looked like after the latest step that wrote it.
struct Seen {
    attempt: Attempt,
    responses: BTreeMap<ItemVersionId, ResponseRow>,
    records: usize,
}

/// Remembers attempts in order to judge how they change.
#[derive(Default)]
pub(super) struct Witness {
    seen: BTreeMap<AttemptId, Seen>,
    /// The mark of the service before the step.
    pub(super) served: Option<i64>,
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
    pub(super) fn check(&mut self, real: &Real, asked: Option<usize>, outcome: &Outcome) -> Check<()> {
        one_at_a_time(real)?;
        // A clock that was put back may well have it in time again.
        let served = self.served.filter(|served| *served <= real.ctx.now().as_micros());
        for id in &real.touched {
            let Some(row) = real.memory.rows.get(id) else {
                return Err(format!("{id} is gone"));
            };
            if let Some(seen) = self.seen.get(id) {
                lawful_move(&seen.attempt, &row.attempt)?;
                nothing_lost(seen, row)?;
                lasting(&seen.attempt, &row.attempt)?;
                times(&seen.attempt, &row.attempt)?;
                nothing_revived(&seen.attempt, &row.attempt, served)?;
            } else {
                must!(
                    matches!(
                        row.attempt.state,
                        AttemptState::OptedIn | AttemptState::InProgress
                    ),
                    "made as {:?}",
                    row.attempt.state
                );
            }
            numbers(row)?;
            only_of_the_form(row)?;
            ends(row)?;
            self.seen.insert(*id, Seen::of(row));
        }
        self.served = real.memory.small.served.map(Timestamp::as_micros);
        self.reported(real, asked.map(|index| real.ids[index]), outcome)
    }

    /// A refusal changes nothing; found expiry is persisted; acknowledged answers have new numbers and are there.
    fn reported(&self, real: &Real, asked: Option<AttemptId>, outcome: &Outcome) -> Check<()> {
        let asked = asked.and_then(|id| self.seen.get(&id));
        match outcome {
            Outcome::Refused(refusal) => {
                must!(real.touched.is_empty(), "refused with {refusal:?}, yet wrote");
                must!(
                    real.memory.audit.len() == real.audited,
                    "refused, yet in the audit log"
                );
            }
            Outcome::Expired(_) => {
                // Opting in and taking name an assessment, and expire what is open of it.
                let expired = |seen: &Seen| seen.attempt.state == AttemptState::Expired;
                let mut touched = real.touched.iter().filter_map(|id| self.seen.get(id));
                let persisted = asked.map_or_else(|| touched.any(expired), expired);
                must!(persisted, "expiry was not persisted");
            }
            Outcome::Saved(acknowledged)
            | Outcome::Submitted {
                saved: acknowledged, ..
            } => {
                for (seq, stored) in acknowledged.iter().flatten() {
                    let mut answers = asked.into_iter().flat_map(|seen| seen.responses.values());
                    must!(
                        answers.any(|answer| answer.seq == *seq) == *stored,
                        "acknowledged {seq} (stored: {stored})"
                    );
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl Seen {
    fn of(row: &Row) -> Self {
        Self {
            attempt: row.attempt.clone(),
            responses: row.responses.clone(),
            records: row.records.len(),
        }
    }

    /// Whether the answer to an item could no longer be changed.
    fn is_locked(&self, item: ItemVersionId) -> bool {
        let section = section_of(is_track(&self.attempt), number_of(item.0));
        self.attempt.state != AttemptState::InProgress || section < self.attempt.current_section
    }
}

fn one_at_a_time(real: &Real) -> Check<()> {
    let mut running = [0; CANDIDATES];
    for row in real.memory.rows.values() {
        if row.attempt.state == AttemptState::InProgress {
            let who = running.get_mut(number_of(row.attempt.user_id.0));
            *who.ok_or("an attempt of no candidate")? += 1;
        }
    }
    must!(
        running.iter().all(|count| *count <= 1),
        "in progress per candidate: {running:?}"
    );
    Ok(())
}

fn lawful_move(old: &Attempt, new: &Attempt) -> Check<()> {
    use AttemptState as S;
    let lawful = match old.state {
        S::OptedIn => matches!(new.state, S::OptedIn | S::InProgress | S::Expired | S::Voided),
        S::InProgress => matches!(
            new.state,
            S::InProgress | S::AwaitingAsync | S::Expired | S::Voided
        ),
        S::AwaitingAsync => matches!(new.state, S::AwaitingAsync | S::Completed | S::Failed | S::Voided),
        S::Failed => matches!(new.state, S::Failed | S::Completed | S::Voided),
        S::Completed | S::Expired | S::Voided => new.state == old.state || new.state == S::Voided,
    };
    must!(lawful, "went from {:?} to {:?}", old.state, new.state);
    let advance = new.current_section - old.current_section;
    must!((0..=1).contains(&advance), "went on by {advance} sections");
    must!(
        new == old || new.revision > old.revision,
        "changed and stayed at revision {}",
        new.revision
    );
    Ok(())
}

/// Answers are replaced by newer ones until they are locked, and never go; records only come.
fn nothing_lost(seen: &Seen, row: &Row) -> Check<()> {
    must!(row.records.len() >= seen.records, "lost score records");
    for (item, old) in &seen.responses {
        let Some(new) = row.responses.get(item) else {
            return Err(format!("lost the answer to {item}"));
        };
        must!(
            new == old || !seen.is_locked(*item),
            "the locked answer to {item} changed"
        );
        must!(
            new == old || new.seq > old.seq && !written_earlier(new, old),
            "an older answer to {item} replaced a newer one"
        );
    }
    let added = row
        .responses
        .keys()
        .filter(|item| !seen.responses.contains_key(item));
    for item in added {
        must!(!seen.is_locked(*item), "an answer to {item} came too late");
    }
    let written = row
        .responses
        .iter()
        .filter(|(item, new)| seen.responses.get(item) != Some(new));
    for (item, new) in written {
        must!(
            new.seq > seen.attempt.response_seq,
            "the answer to {item} got a number given out before"
        );
    }
    Ok(())
}

fn written_earlier(new: &ResponseRow, old: &ResponseRow) -> bool {
    new.written_at
        .is_some_and(|new| new < old.written_at.unwrap_or(old.saved_at))
}

/// What never changes, and what is said once.
fn lasting(old: &Attempt, new: &Attempt) -> Check<()> {
    must!(
        (
            old.user_id,
            old.definition_id,
            old.definition_version_id,
            old.kind
        ) == (
            new.user_id,
            new.definition_id,
            new.definition_version_id,
            new.kind
        ),
        "became an attempt of somebody or something else"
    );
    must!(
        (old.seed, &old.form, old.item_count, old.section_count)
            == (new.seed, &new.form, new.item_count, new.section_count),
        "the form changed"
    );
    must!(old.opted_in_at == new.opted_in_at, "was opted in again");
    let once = [
        (old.started_at, new.started_at, "started"),
        (old.submitted_at, new.submitted_at, "submitted"),
        (old.ended_at, new.ended_at, "ended"),
        (old.scored_at, new.scored_at, "scored"),
    ];
    for (before, after, what) in once {
        let done_late =
            what == "scored" && (old.scoring, new.scoring) == (ScoringState::Failed, ScoringState::Done);
        must!(before.is_none() || before == after || done_late, "{what} again");
    }
    must!(
        old.evaluation_job_id.is_none() || old.evaluation_job_id == new.evaluation_job_id,
        "another evaluation job"
    );
    Ok(())
}

fn times(old: &Attempt, new: &Attempt) -> Check<()> {
    must!(
        new.response_seq >= old.response_seq,
        "sequence numbers fell to {}",
        new.response_seq
    );
    must!(
        new.last_activity_at >= old.last_activity_at,
        "less active than before"
    );
    must!(new.extra_time >= old.extra_time, "an extension was taken back");
    let lowered = new.time_factor < old.time_factor;
    let earlier = match (old.deadline_at, new.deadline_at) {
        (Some(before), Some(after)) => after < before,
        (Some(_), None) => true,
        (None, None) => false,
        // It gets one at the start, and never afterwards.
        (None, Some(_)) => old.state != AttemptState::OptedIn,
    };
    must!(
        lowered || !earlier,
        "the deadline went from {:?} to {:?}",
        old.deadline_at,
        new.deadline_at
    );
    must!(
        lowered || new.inactivity_limit >= old.inactivity_limit,
        "may be inactive for {:?} only",
        new.inactivity_limit
    );
    Ok(())
}

/// What was over before the service went down stays over.
fn nothing_revived(old: &Attempt, new: &Attempt, served: Option<i64>) -> Check<()> {
    let (AttemptState::InProgress, Some(served)) = (old.state, served.map(Timestamp::from_micros)) else {
        return Ok(());
    };
    let inactive = old.last_activity_at.map(|last| last + old.inactivity_limit);
    let limits = [old.deadline_at, inactive].into_iter().flatten().min();
    let was_over = limits.is_some_and(|limit| served > limit + GRACE);
    let unchanged = (old.deadline_at, old.last_activity_at) == (new.deadline_at, new.last_activity_at);
    must!(
        !was_over || unchanged || new.state != AttemptState::InProgress,
        "was over before the service went down, and is alive again"
    );
    Ok(())
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
    let sections = row.submitted_sections.len();
    must!(
        i32::try_from(sections) == Ok(row.attempt.current_section),
        "{sections} sections were submitted"
    );
    Ok(())
}

/// Only items of the form have answers and records.
fn only_of_the_form(row: &Row) -> Check<()> {
    let track = is_track(&row.attempt);
    let Some(places) = row.attempt.form.places() else {
        return Ok(());
    };
    let form: BTreeSet<ItemVersionId> = places
        .iter()
        .map(|place| item_id(track, usize::from(*place)))
        .collect();
    let answered = row.responses.keys();
    let scored = row.records.iter().map(|record| &record.item_version_id);
    for item in answered.chain(scored) {
        must!(form.contains(item), "{item} is not in the form {places:?}");
    }
    Ok(())
}

/// How taking and scoring stand fits together.
fn ends(row: &Row) -> Check<()> {
    let attempt = &row.attempt;
    let open = matches!(attempt.state, AttemptState::OptedIn | AttemptState::InProgress);
    must!(
        attempt.ended_at.is_none() == open,
        "ended: {:?}",
        attempt.ended_at
    );
    let scored = matches!(attempt.scoring, ScoringState::Done | ScoringState::Failed);
    must!(
        attempt.released_at.is_none() || scored && attempt.scored_at.is_some(),
        "released before it was scored"
    );
    must!(
        attempt.voided_by.is_some() == (attempt.state == AttemptState::Voided),
        "voided by {:?}",
        attempt.voided_by
    );
    let parents = row.jobs.iter().filter(|job| job.kind == EVALUATE).count();
    must!(parents <= 1, "{parents} evaluation jobs");
    must!(
        parents == 1 || attempt.scoring == ScoringState::None,
        "scoring without an evaluation job"
    );
    must!(!open || parents == 0, "scoring began before the end");
    Ok(())
}
