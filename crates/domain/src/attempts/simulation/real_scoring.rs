//! The code under test: what the jobs of scoring do.

use uuid::Uuid;

use super::catalogue::item_id;
use super::outcome::Outcome;
use super::real::{Check, Real, is_track, run_now};
use super::request::Request;
use crate::attempts::{FinishEvaluation, ScoringState};
use crate::ids::{AttemptId, JobId};
use crate::job::NewJob;
use crate::points::Points;
use crate::scoring::jobs::{SCORE_CODE, SCORE_TEXT, ScoreAnswerPayload};
use crate::scoring::{Reason, Scorer, Subject, Verdict, record_verdict};

impl Real {
    /// The job of an item judges its answer, whatever has become of the attempt meanwhile.
    pub(super) fn judge(&mut self, attempt_id: AttemptId, request: &Request) -> Check<Outcome> {
        let (Some(row), Some(place)) = (self.memory.rows.get(&attempt_id), request.judged) else {
            return Ok(Outcome::Quiet);
        };
        let item = item_id(is_track(&row.attempt), place);
        let payload = |payload: &serde_json::Value| {
            serde_json::from_value::<ScoreAnswerPayload>(payload.clone()).map_err(|error| error.to_string())
        };
        let scores = |job: &&NewJob| job.kind == SCORE_TEXT || job.kind == SCORE_CODE;
        let jobs = row.jobs.iter().filter(scores);
        let mut judging = Vec::new();
        for job in jobs {
            let payload = payload(&job.payload)?;
            if payload.attempt_id != attempt_id {
                return Err(format!("a scoring job of {attempt_id} is about another attempt"));
            }
            if payload.item_version_id == item {
                judging.push(Subject {
                    attempt_id,
                    item_version_id: item,
                    cause: payload.cause,
                    job_id: Some(job.id),
                });
            }
        }
        for subject in judging {
            let recording = record_verdict(&self.ctx, &mut self.memory, &subject, judged(), 0.6);
            run_now(recording).map_err(|error| error.to_string())?;
        }
        self.commit();
        Ok(Outcome::Quiet)
    }

    /// An evaluation job that comes too early or twice is tried as well.
    pub(super) fn end_scoring(&mut self, attempt_id: AttemptId, scoring: ScoringState) -> Check<Outcome> {
        let row = self.memory.rows.get(&attempt_id);
        let job_id = row
            .and_then(|row| row.attempt.evaluation_job_id)
            .unwrap_or(JobId(Uuid::nil()));
        let finish = FinishEvaluation {
            attempt_id,
            cause: "initial".to_owned(),
            job_id,
        };
        let ended = if scoring == ScoringState::Failed {
            run_now(finish.give_up(&self.ctx, &mut self.memory))
        } else {
            run_now(finish.apply(&self.ctx, &mut self.memory))
        };
        ended.map_err(|error| error.to_string())?;
        self.commit();
        Ok(Outcome::Quiet)
    }
}

fn judged() -> Verdict {
    Verdict {
        scorer: Scorer::Local,
        scorer_version: "test-1".to_owned(),
        points: Some(Points::whole(1)),
        max_points: Points::whole(2),
        reason: Reason::Judged,
        criteria: Vec::new(),
        confidence: Some(0.9),
        flags: Vec::new(),
    }
}
