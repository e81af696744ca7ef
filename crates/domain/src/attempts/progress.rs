//! Progress of scoring, computed from rows: four stages with fixed weights.

use serde::Serialize;

use super::model::ScoringState;
use super::state::AttemptState;
use crate::job::JobStatus;

/// What the rows say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageCounts {
    /// How taking stands.
    pub state: AttemptState,
    /// How scoring stands.
    pub scoring: ScoringState,
    /// Items scored by rules.
    pub rule_items: u32,
    /// Text answers to be judged.
    pub texts: u32,
    /// Text answers with a record, or whose job has ended without one.
    pub texts_done: u32,
    /// Of these, text answers whose job ended without a record.
    pub texts_lost: u32,
    /// The job that looks for what to recommend; none where nothing is recommended.
    pub retrieval: Option<JobStatus>,
    /// Whether what is popular stands in for what could not be looked for.
    pub retrieval_failed: bool,
}

/// How one stage stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StageStatus {
    /// Not begun.
    Pending,
    /// Under way.
    InProgress,
    /// Ended.
    Completed,
    /// Ended without all it should have given; counts in full.
    Degraded,
    /// Does not apply; counts in full.
    Skipped,
    /// Could not end; counts nothing.
    Failed,
}

impl StageStatus {
    /// The public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Degraded => "degraded",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }
}

/// One stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    /// `rule_score`, `gpt`, `rag`, `fusion`.
    pub name: &'static str,
    /// How it stands.
    pub status: StageStatus,
    /// 0–100.
    pub percentage: u32,
    /// Finished pieces.
    pub done: u32,
    /// All pieces.
    pub total: u32,
    /// Share of the whole, in percent.
    weight: u32,
}

/// All stages and the weighted whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// 0–100, rounded down.
    pub overall: u32,
    /// In pipeline order.
    pub stages: [Stage; 4],
}

impl Progress {
    /// Computes progress; before submission every stage is pending.
    pub fn from_counts(counts: &StageCounts) -> Self {
        let stages = [
            rule_score(counts),
            essays(counts),
            retrieval(counts),
            fusion(counts),
        ];
        let overall = stages
            .iter()
            .map(|stage| stage.percentage * stage.weight)
            .sum::<u32>()
            / 100;
        Self { overall, stages }
    }
}

fn stage(name: &'static str, weight: u32, status: StageStatus, done: u32, total: u32) -> Stage {
    let percentage = match status {
        StageStatus::Completed | StageStatus::Degraded | StageStatus::Skipped => 100,
        StageStatus::Pending | StageStatus::Failed => 0,
        StageStatus::InProgress => 100 * done / total.max(1),
    };
    Stage {
        name,
        status,
        percentage,
        done,
        total,
        weight,
    }
}

fn rule_score(counts: &StageCounts) -> Stage {
    let status = if counts.scoring == ScoringState::None {
        StageStatus::Pending
    } else {
        StageStatus::Completed
    };
    let done = if status == StageStatus::Completed {
        counts.rule_items
    } else {
        0
    };
    stage("rule_score", 20, status, done, counts.rule_items)
}

fn essays(counts: &StageCounts) -> Stage {
    let status = match counts.scoring {
        ScoringState::None => StageStatus::Pending,
        _ if counts.texts == 0 => StageStatus::Skipped,
        ScoringState::Failed => StageStatus::Failed,
        ScoringState::Running if counts.texts_done < counts.texts => StageStatus::InProgress,
        ScoringState::Running | ScoringState::Done if counts.texts_lost > 0 => StageStatus::Degraded,
        ScoringState::Running | ScoringState::Done => StageStatus::Completed,
    };
    stage(
        "gpt",
        30,
        status,
        counts.texts_done.min(counts.texts),
        counts.texts,
    )
}

/// Where nothing is recommended it reads as skipped once scoring has begun.
fn retrieval(counts: &StageCounts) -> Stage {
    let status = match (counts.scoring, counts.retrieval) {
        (ScoringState::None, _) => StageStatus::Pending,
        (_, None) => StageStatus::Skipped,
        (_, Some(JobStatus::Completed)) if counts.retrieval_failed => StageStatus::Degraded,
        (_, Some(JobStatus::Completed)) => StageStatus::Completed,
        // What is done stays done, also while a dead search is tried once more.
        (ScoringState::Done, Some(_)) | (_, Some(JobStatus::Failed | JobStatus::Cancelled)) => {
            StageStatus::Degraded
        }
        (ScoringState::Failed, Some(JobStatus::Queued | JobStatus::InProgress)) => StageStatus::Failed,
        (_, Some(JobStatus::Queued)) => StageStatus::Pending,
        (_, Some(JobStatus::InProgress)) => StageStatus::InProgress,
    };
    let total = u32::from(counts.retrieval.is_some());
    let done = total * u32::from(counts.retrieval.is_some_and(JobStatus::is_final));
    stage("rag", 30, status, done, total)
}

fn fusion(counts: &StageCounts) -> Stage {
    let waits = counts.texts_done < counts.texts || counts.retrieval.is_some_and(|job| !job.is_final());
    let status = match counts.scoring {
        ScoringState::None => StageStatus::Pending,
        ScoringState::Running if waits => StageStatus::Pending,
        ScoringState::Running => StageStatus::InProgress,
        ScoringState::Done => StageStatus::Completed,
        ScoringState::Failed => StageStatus::Failed,
    };
    let done = u32::from(status == StageStatus::Completed);
    stage("fusion", 20, status, done, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overall(scoring: ScoringState, texts: u32, texts_done: u32) -> (u32, [&'static str; 4]) {
        let counts = StageCounts {
            state: AttemptState::AwaitingAsync,
            scoring,
            rule_items: 8,
            texts,
            texts_done,
            texts_lost: 0,
            retrieval: None,
            retrieval_failed: false,
        };
        said(&counts)
    }

    fn said(counts: &StageCounts) -> (u32, [&'static str; 4]) {
        let progress = Progress::from_counts(counts);
        (
            progress.overall,
            progress.stages.map(|stage| stage.status.as_str()),
        )
    }

    #[test]
    fn progress_follows_the_rows() {
        assert_eq!(overall(ScoringState::None, 3, 0), (0, ["pending"; 4]));
        assert_eq!(
            overall(ScoringState::Running, 3, 0),
            (50, ["completed", "in_progress", "skipped", "pending"])
        );
        assert_eq!(
            overall(ScoringState::Running, 3, 1),
            (59, ["completed", "in_progress", "skipped", "pending"])
        );
        assert_eq!(
            overall(ScoringState::Running, 3, 3),
            (80, ["completed", "completed", "skipped", "in_progress"])
        );
        assert_eq!(
            overall(ScoringState::Running, 0, 0),
            (80, ["completed", "skipped", "skipped", "in_progress"])
        );
        assert_eq!(
            overall(ScoringState::Done, 3, 3),
            (100, ["completed", "completed", "skipped", "completed"])
        );
        assert_eq!(
            overall(ScoringState::Failed, 3, 1),
            (50, ["completed", "failed", "skipped", "failed"])
        );
    }

    #[test]
    fn texts_that_nobody_could_judge_degrade_their_stage_and_do_not_hold_it_up() {
        let counts = StageCounts {
            state: AttemptState::Completed,
            scoring: ScoringState::Done,
            rule_items: 8,
            texts: 3,
            texts_done: 3,
            texts_lost: 1,
            retrieval: None,
            retrieval_failed: false,
        };
        let progress = Progress::from_counts(&counts);
        assert_eq!(progress.stages[1].status, StageStatus::Degraded);
        assert_eq!(progress.overall, 100);
    }

    #[test]
    fn retrieval_comes_after_the_texts_and_before_the_end() {
        use JobStatus as Job;
        use ScoringState as Scoring;
        let came_to = |scoring, texts_done, job, retrieval_failed| {
            let counts = StageCounts {
                state: AttemptState::AwaitingAsync,
                scoring,
                rule_items: 8,
                texts: 2,
                texts_done,
                texts_lost: 0,
                retrieval: Some(job),
                retrieval_failed,
            };
            let (overall, stages) = said(&counts);
            format!("{overall} {}", stages.join(" "))
        };
        let running = |texts_done, job| came_to(Scoring::Running, texts_done, job, false);
        assert_eq!(
            running(1, Job::Queued),
            "35 completed in_progress pending pending"
        );
        assert_eq!(
            running(2, Job::InProgress),
            "50 completed completed in_progress pending"
        );
        assert_eq!(
            running(2, Job::Completed),
            "80 completed completed completed in_progress"
        );
        let done = |job, failed| came_to(Scoring::Done, 2, job, failed);
        assert_eq!(
            done(Job::Completed, false),
            "100 completed completed completed completed"
        );
        let degraded = "100 completed completed degraded completed";
        assert_eq!(done(Job::Completed, true), degraded);
        assert_eq!(done(Job::Cancelled, false), degraded);
        // A dead search that is tried once more.
        assert_eq!(done(Job::Queued, true), degraded);
        assert_eq!(
            came_to(Scoring::Failed, 2, Job::InProgress, false),
            "20 completed failed failed failed"
        );
    }
}
