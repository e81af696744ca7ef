//! After every step: the stored rows must be what the model says.

use std::time::Duration;

use super::catalogue::{Kind, MAX_ITEMS, definition_id, number_of, user_id, value, version_id};
use super::editions::{Version, has_catalogue};
use super::memory::Row;
use super::model::Model;
use super::model_attempt::{Mark, ModelAttempt};
use super::real::{Check, Real};
use crate::attempts::jobs::{EVALUATE, RECOMMEND};
use crate::attempts::{DegradedReason, ScoringState};
use crate::ids::AttemptId;
use crate::scoring::jobs::{SCORE_CODE, SCORE_TEXT, ScoreAnswerPayload};
use crate::scoring::{Reason, ResolutionReason, ScoreRecord, Scorer};
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
        let found = attempt(row, expected);
        let found = found.and_then(|()| {
            if touched {
                let version = model.version(index);
                hanging_on(row, expected, (*id, version))?;
                let searches = version.is_track() && has_catalogue(&model.setups);
                jobs(row, expected, version.is_track(), searches)
            } else {
                Ok(())
            }
        });
        found.map_err(|difference| format!("attempt {index}: {difference}"))?;
    }
    around(real, model)
}

/// Cohorts, accommodations, the mark of the service, and what the step left in the audit log.
fn around(real: &Real, model: &Model) -> Check<()> {
    let small = &real.memory.small;
    same!(small.groups, model.groups);
    same!(small.factors.map(|factor| factor.unwrap_or(100)), model.factors);
    same!(small.served.map(Timestamp::as_micros), model.served);
    let rows = &real.memory.audit[real.audited..];
    let about = |row: &crate::audit::AuditEntry| match row.resource_type {
        "attempt" => row.resource_id.map(|id| real.index(AttemptId(id))),
        _ => None,
    };
    let mut audited: Vec<_> = rows.iter().map(|row| (row.action, about(row))).collect();
    let mut expected = model.audited.clone();
    audited.sort_unstable();
    expected.sort_unstable();
    same!(audited, expected);
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
    same!(micros(stored.ended_at), expected.ended);
    same!(micros(stored.scored_at), expected.scored);
    same!(micros(stored.released_at), expected.released);
    same!(stored.updated_at.as_micros(), expected.changed);
    same!(stored.degraded_reasons, expected.degraded);
    let late = expected
        .marks
        .iter()
        .filter(|mark| **mark == Some(Mark::JudgedLate));
    let records = expected.marks.iter().flatten().count() + late.count();
    same!(row.records.len(), records);
    same!(row.responses.len(), expected.answers.iter().flatten().count());
    Ok(())
}

fn hanging_on(row: &Row, expected: &ModelAttempt, (id, version): (AttemptId, &Version)) -> Check<()> {
    fixed(row, expected, version)?;
    times(row, expected)?;
    answers(row, expected, version.is_track())?;
    let submitted: Vec<i32> = row.submitted_sections.iter().copied().collect();
    same!(submitted, (0..expected.section).collect::<Vec<_>>());
    same!(row.resolutions.len(), expected.marks.iter().flatten().count());
    for record in &row.records {
        same!(record.attempt_id, id);
        score(row, record, expected)?;
    }
    Ok(())
}

fn fixed(row: &Row, expected: &ModelAttempt, version: &Version) -> Check<()> {
    let stored = &row.attempt;
    same!(stored.user_id, user_id(expected.who));
    same!(stored.definition_id, definition_id(expected.assessment));
    same!(stored.definition_version_id, version_id(expected.version));
    same!(stored.opted_in_at.as_micros(), expected.opted_in);
    same!(stored.section_count, version.edition.sections);
    same!(stored.item_count, expected.form.count_ones());
    same!(row.metadata.is_some(), expected.taken_at_once);
    Ok(())
}

fn times(row: &Row, expected: &ModelAttempt) -> Check<()> {
    let micros = |span: i64| Duration::from_micros(u64::try_from(span).unwrap_or_default());
    let stored = &row.attempt;
    same!(stored.inactivity_limit, micros(expected.inactivity));
    same!(stored.extra_time, micros(expected.extra));
    same!(stored.time_factor, expected.factor);
    same!(stored.submitted_at.map(Timestamp::as_micros), expected.submitted);
    same!(stored.voided_by, expected.voided_by);
    same!(stored.evaluation_job_id.is_some(), expected.evaluation_job);
    same!(
        stored.degraded_reasons.contains(&DegradedReason::Unanswered),
        expected.marks.contains(&Some(Mark::Unanswered))
    );
    Ok(())
}

fn answers(row: &Row, expected: &ModelAttempt, track: bool) -> Check<()> {
    for (id, stored) in &row.responses {
        let place = number_of(id.0);
        let Some(answer) = expected.answers[place] else {
            return Err(format!("item {place} has an answer"));
        };
        same!(stored.seq, answer.seq);
        same!(&stored.answer, value(Kind::at(track, place), answer.given));
        same!(stored.written_at.map(Timestamp::as_micros), answer.written_at);
        same!(stored.saved_at.as_micros(), answer.saved_at);
    }
    Ok(())
}

/// One record per item, from whom it should be, and it counts; but for the one that a grader replaced who came back.
fn score(row: &Row, record: &ScoreRecord, expected: &ModelAttempt) -> Check<()> {
    let awaited = expected.marks[number_of(record.item_version_id.0)];
    let (mark, scorer) = match (record.verdict.reason, record.verdict.scorer) {
        (Reason::Correct, scorer) => (Mark::Right, scorer),
        (Reason::Incorrect, scorer) => (Mark::Wrong, scorer),
        (Reason::Unanswered, scorer) => (Mark::Unanswered, scorer),
        (Reason::Judged, scorer) if awaited == Some(Mark::JudgedLate) => (Mark::JudgedLate, scorer),
        (Reason::Judged, scorer) => (Mark::Judged, scorer),
        (Reason::Ungraded, Scorer::Rule) => (Mark::Awaited, Scorer::Rule),
        (Reason::Ungraded, Scorer::Local) if awaited == Some(Mark::JudgedLate) => return Ok(()),
        (Reason::Ungraded, scorer) => (Mark::Ungraded, scorer),
        (Reason::PartiallyCorrect | Reason::OffTopic, _) => return Err(format!("unexpected {record:?}")),
    };
    let (by, reason) = match mark {
        Mark::Right | Mark::Wrong | Mark::Unanswered => (Scorer::Rule, ResolutionReason::Rule),
        Mark::Awaited => (Scorer::Rule, ResolutionReason::AwaitsPerson),
        Mark::Judged | Mark::JudgedLate => (Scorer::Local, ResolutionReason::OnlyVerdict),
        Mark::Ungraded => (Scorer::Local, ResolutionReason::GraderFailed),
    };
    let open = matches!(mark, Mark::Awaited | Mark::Ungraded);
    same!(Some(mark), awaited);
    same!(scorer, by);
    same!(record.verdict.points.is_none(), open);
    same!(record.job_id.is_none(), scorer == Scorer::Rule);
    let Some(resolution) = row.resolutions.get(&record.item_version_id) else {
        return Err(format!("nothing counts for the item of {record:?}"));
    };
    same!(resolution.score_record_id, record.id);
    same!(resolution.provisional, open);
    same!(resolution.reason, reason);
    Ok(())
}

/// One evaluation job, which waits for one scoring job per text and program with something in it; on a track that has anything to
/// recommend, by way of the search for it.
fn jobs(row: &Row, expected: &ModelAttempt, track: bool, is_searched: bool) -> Check<()> {
    let (parents, others): (Vec<_>, Vec<_>) = row.jobs.iter().partition(|job| job.kind == EVALUATE);
    let (searches, children): (Vec<_>, Vec<_>) = others.into_iter().partition(|job| job.kind == RECOMMEND);
    same!(searches.len(), parents.len() * usize::from(is_searched));
    same!(parents.len(), usize::from(expected.evaluation_job));
    if expected.scoring != ScoringState::None {
        same!(parents.len(), 1);
    }
    let Some(parent) = parents.first() else {
        same!(children.len(), 0);
        return Ok(());
    };
    same!(Some(parent.id), row.attempt.evaluation_job_id);
    same!(
        parent.waits_for_children,
        !(children.is_empty() && searches.is_empty())
    );
    if let Some(search) = searches.first() {
        same!(search.parent, Some(parent.id));
        same!(search.waits_for_children, !children.is_empty());
    }
    let waiting = searches.first().unwrap_or(parent).id;
    let mut judged = Vec::new();
    for job in children {
        let payload: ScoreAnswerPayload =
            serde_json::from_value(job.payload.clone()).map_err(|error| error.to_string())?;
        let place = number_of(payload.item_version_id.0);
        let kind = if Kind::at(track, place) == Kind::Program {
            SCORE_CODE
        } else {
            SCORE_TEXT
        };
        same!(job.kind, kind);
        same!(job.parent, Some(waiting));
        same!(job.owner, Some(row.attempt.user_id));
        same!(payload.attempt_id, row.attempt.id);
        judged.push(place);
    }
    judged.sort_unstable();
    let wanted: Vec<_> = (0..MAX_ITEMS)
        .filter(|place| expected.jobs >> place & 1 == 1)
        .collect();
    same!(judged, wanted);
    Ok(())
}
