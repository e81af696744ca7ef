//! After every step: the stored rows must be what the model says.

use super::catalogue::{MAX_ITEMS, definition_id, number_of, value, version_id};
use super::memory::Row;
use super::model::Model;
use super::model_attempt::{Mark, ModelAttempt};
use super::real::{Check, Real, user_id};
use crate::attempts::ScoringState;
use crate::attempts::jobs::EVALUATE;
use crate::ids::AttemptId;
use crate::scoring::jobs::{SCORE_TEXT, ScoreTextPayload};
use crate::scoring::{Reason, ScoreRecord, Scorer};
use crate::time::Timestamp;

macro_rules! same {
    ($stored:expr, $expected:expr) => {
        if $stored != $expected {
            return Err(format!(
                "{} is {:?}, should be {:?}",
                stringify!($stored),
                $stored,
                $expected
            ));
        }
    };
}

/// Compares everything the model knows; records and jobs, which only ever grow, in full where the step wrote.
pub(super) fn compare(real: &Real, model: &Model) -> Check<()> {
    same!(real.memory.rows.len(), model.attempts.len());
    for ((index, expected), (id, row)) in model.attempts.iter().enumerate().zip(&real.memory.rows) {
        same!(*id, real.ids[index]);
        let touched = real.touched.contains(id);
        let found = attempt(row, expected).and_then(|()| answers(row, expected));
        let found = found.and_then(|()| {
            if touched {
                hanging_on(row, expected, *id)
            } else {
                Ok(())
            }
        });
        found.map_err(|difference| format!("attempt {index}: {difference}"))?;
        same!(row.attempt.section_count, model.sections(index).1);
    }
    Ok(())
}

fn attempt(row: &Row, expected: &ModelAttempt) -> Check<()> {
    let micros = |instant: Option<Timestamp>| instant.map(Timestamp::as_micros);
    let stored = &row.attempt;
    same!(stored.state, expected.state);
    same!(stored.scoring, expected.scoring);
    same!(stored.current_section, expected.section);
    same!(stored.response_seq, expected.seq);
    same!(micros(stored.started_at), expected.started);
    same!(micros(stored.deadline_at), expected.deadline);
    same!(micros(stored.last_activity_at), expected.last_activity);
    same!(micros(stored.submitted_at), expected.submitted);
    same!(micros(stored.ended_at), expected.ended);
    same!(micros(stored.scored_at), expected.scored);
    same!(micros(stored.released_at), expected.scored);
    same!(stored.updated_at.as_micros(), expected.changed);
    same!(stored.degraded_reasons, expected.degraded);
    same!(stored.evaluation_job_id.is_some(), expected.evaluation_job);
    same!(row.records.len(), expected.marks.iter().flatten().count());
    Ok(())
}

fn answers(row: &Row, expected: &ModelAttempt) -> Check<()> {
    same!(row.responses.len(), expected.answers.iter().flatten().count());
    for (id, stored) in &row.responses {
        let item = number_of(id.0);
        let Some(answer) = expected.answers[item] else {
            return Err(format!("item {item} has an answer"));
        };
        same!(stored.seq, answer.seq);
        same!(&stored.answer, value(item, answer.given));
        same!(stored.written_at.as_micros(), answer.written_at);
        same!(stored.saved_at.as_micros(), answer.saved_at);
    }
    Ok(())
}

fn hanging_on(row: &Row, expected: &ModelAttempt, id: AttemptId) -> Check<()> {
    let stored = &row.attempt;
    same!(stored.user_id, user_id(expected.who));
    same!(stored.definition_id, definition_id(expected.assessment));
    same!(stored.definition_version_id, version_id(expected.assessment));
    same!(stored.opted_in_at.as_micros(), expected.opted_in);
    let submitted: Vec<i32> = row.submitted_sections.iter().copied().collect();
    same!(submitted, (0..expected.section).collect::<Vec<_>>());
    same!(row.resolutions.len(), row.records.len());
    for record in &row.records {
        same!(record.attempt_id, id);
        score(row, record, expected)?;
    }
    jobs(row, expected)
}

/// One record per item, from whom it should be, and it counts.
fn score(row: &Row, record: &ScoreRecord, expected: &ModelAttempt) -> Check<()> {
    let (mark, scorer) = match record.verdict.reason {
        Reason::Correct => (Mark::Right, Scorer::Rule),
        Reason::Incorrect => (Mark::Wrong, Scorer::Rule),
        Reason::Unanswered => (Mark::Unanswered, Scorer::Rule),
        Reason::Judged => (Mark::Judged, Scorer::Local),
        Reason::Ungraded => (Mark::Ungraded, Scorer::Local),
        Reason::PartiallyCorrect | Reason::OffTopic => return Err(format!("unexpected {record:?}")),
    };
    same!(Some(mark), expected.marks[number_of(record.item_version_id.0)]);
    same!(record.verdict.scorer, scorer);
    same!(record.verdict.points.is_none(), mark == Mark::Ungraded);
    same!(record.job_id.is_none(), scorer == Scorer::Rule);
    let Some(resolution) = row.resolutions.get(&record.item_version_id) else {
        return Err(format!("nothing counts for the item of {record:?}"));
    };
    same!(resolution.score_record_id, record.id);
    same!(resolution.provisional, mark == Mark::Ungraded);
    Ok(())
}

/// One evaluation job, which waits for one scoring job per text with words in it.
fn jobs(row: &Row, expected: &ModelAttempt) -> Check<()> {
    let (parents, texts): (Vec<_>, Vec<_>) = row.jobs.iter().partition(|job| job.kind == EVALUATE);
    same!(parents.len(), usize::from(expected.evaluation_job));
    same!(expected.evaluation_job, expected.scoring != ScoringState::None);
    let Some(parent) = parents.first() else {
        return Ok(());
    };
    same!(Some(parent.id), row.attempt.evaluation_job_id);
    same!(parent.waits_for_children, !texts.is_empty());
    let mut judged = Vec::new();
    for job in texts {
        same!(job.kind, SCORE_TEXT);
        same!(job.parent, Some(parent.id));
        same!(job.owner, Some(row.attempt.user_id));
        let payload: ScoreTextPayload =
            serde_json::from_value(job.payload.clone()).map_err(|error| error.to_string())?;
        same!(payload.attempt_id, row.attempt.id);
        judged.push(number_of(payload.item_version_id.0));
    }
    judged.sort_unstable();
    let wanted: Vec<_> = (0..MAX_ITEMS).filter(|item| expected.text_jobs[*item]).collect();
    same!(judged, wanted);
    Ok(())
}
