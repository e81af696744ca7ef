//! Shapes of regrades. They are for admins.

use chrono::{DateTime, Utc};
use domain::regrades::{Effect, Outcome, Policy, Regrade, RegradeSummary, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Which changes are wanted.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum PolicyBody {
    /// Points that would fall stay.
    NeverLower,
    /// Points rise and fall.
    BothWays,
}

impl From<PolicyBody> for Policy {
    fn from(body: PolicyBody) -> Self {
        match body {
            PolicyBody::NeverLower => Self::NeverLower,
            PolicyBody::BothWays => Self::BothWays,
        }
    }
}

/// A regrade.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RegradeBody {
    /// Which.
    regrade_id: Uuid,
    /// Of this question, or of a whole assessment.
    item_id: Option<Uuid>,
    /// Of every question of this assessment.
    assessment_definition_id: Option<Uuid>,
    /// `never_lower` or `both_ways`.
    policy: &'static str,
    /// `previewing`, `ready`, `applying`, `applied`, `cancelled` or `failed`.
    state: &'static str,
    /// By whom it was asked for.
    requested_by: Uuid,
    /// When.
    created_at: DateTime<Utc>,
    /// Latest step.
    updated_at: DateTime<Utc>,
}

impl From<&Regrade> for RegradeBody {
    fn from(regrade: &Regrade) -> Self {
        let (item_id, assessment_definition_id) = match regrade.scope {
            Scope::Item(item) => (Some(item.0), None),
            Scope::Definition(definition) => (None, Some(definition.0)),
        };
        Self {
            regrade_id: regrade.id.0,
            item_id,
            assessment_definition_id,
            policy: regrade.policy.as_str(),
            state: regrade.state.as_str(),
            requested_by: regrade.requested_by.0,
            created_at: regrade.created_at.to_datetime(),
            updated_at: regrade.updated_at.to_datetime(),
        }
    }
}

/// A regrade with what it comes to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RegradeSummaryBody {
    /// The regrade.
    #[serde(flatten)]
    regrade: RegradeBody,
    /// Attempts with such answers.
    attempts: u64,
    /// Of these, how many failed and would pass with all changes, as of the preview.
    now_pass: u64,
    /// How many passed and would fail.
    now_fail: u64,
    /// Answers.
    answers: AnswersBody,
}

/// How many answers came to what.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AnswersBody {
    /// Changes that are proposed or made: more points.
    raised: u64,
    /// Fewer points.
    lowered: u64,
    /// Points where there were none.
    graded: u64,
    /// Still being judged.
    judging: u64,
    /// The same points.
    unchanged: u64,
    /// Would have fewer points, which the policy does not want.
    kept_higher: u64,
    /// A person has judged them, which stays.
    kept_by_person: u64,
    /// Their candidates saw another question, other options or other marks.
    not_comparable: u64,
    /// No scorer could judge; what counted counts.
    not_judged: u64,
    /// Changes that are made.
    applied: u64,
    /// Changes that are not made, because another record counted by then or the attempt was voided.
    superseded: u64,
}

impl From<RegradeSummary> for RegradeSummaryBody {
    fn from(summary: RegradeSummary) -> Self {
        let tally = &summary.tally;
        Self {
            regrade: RegradeBody::from(&summary.regrade),
            attempts: summary.attempts,
            now_pass: summary.now_pass,
            now_fail: summary.now_fail,
            answers: AnswersBody {
                raised: tally.wanted(Effect::Raised),
                lowered: tally.wanted(Effect::Lowered),
                graded: tally.wanted(Effect::Graded),
                judging: tally.of(Outcome::Judging),
                unchanged: tally.of(Outcome::Unchanged),
                kept_higher: tally.of(Outcome::KeptHigher),
                kept_by_person: tally.of(Outcome::KeptByPerson),
                not_comparable: tally.of(Outcome::NotComparable),
                not_judged: tally.of(Outcome::NotJudged),
                applied: tally.of(Outcome::Applied),
                superseded: tally.of(Outcome::Superseded),
            },
        }
    }
}
