//! Identifiers: UUIDv7 newtypes, so that an attempt id cannot be passed where an item id is meant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where new ids come from: random in production, counted in tests.
pub trait IdSource: Send + Sync {
    /// A fresh UUIDv7.
    fn new_uuid(&self) -> Uuid;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

ids! {
    /// A person or machine client.
    UserId,
    /// An uploaded syllabus.
    SyllabusId,
    /// An authored assessment, in whatever version.
    DefinitionId,
    /// One frozen, published version of an assessment.
    DefinitionVersionId,
    /// A question in all its versions; the `question_id` of the HTTP contract.
    ItemId,
    /// One immutable version of a question.
    ItemVersionId,
    /// One candidate taking one assessment.
    AttemptId,
    /// One append-only score record.
    ScoreRecordId,
    /// A background job.
    JobId,
    /// A group of people with the assessments assigned to it.
    CohortId,
    /// An answer that a person has graded.
    ExemplarId,
    /// A call of a language model.
    LlmCallId,
    /// A chain of rotating refresh tokens from one login.
    TokenFamilyId,
    /// A key of a machine client.
    ApiKeyId,
    /// An invitation to make accounts.
    InvitationId,
    /// A candidate's question about their score.
    InquiryId,
    /// Scoring again.
    RegradeId,
    /// A micro-credential of the catalogue, in whatever version.
    CredentialId,
    /// What was recommended after an attempt.
    RecommendationId,
    /// One piece of evidence behind a recommendation.
    TraceId,
}
