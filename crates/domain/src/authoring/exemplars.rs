//! Exemplars: answers that people have graded, for calibration. The slice `scoring` checks and keeps them.

use serde_json::Value;

use super::bank::BankItem;
use super::commands::hash_of;
use super::model::VersionedItem;
use crate::ids::{AttemptId, ExemplarId, ItemId, ItemVersionId, UserId};
use crate::points::Points;
use crate::time::Timestamp;

/// An answer that a person has graded.
#[derive(Clone, Debug, PartialEq)]
pub struct Exemplar {
    /// Which.
    pub id: ExemplarId,
    /// To which question.
    pub item_id: ItemId,
    /// In which version it was graded.
    pub item_version_id: ItemVersionId,
    /// In the shape of the kind.
    pub answer: Value,
    /// SHA-256 of the answer; the same answer is kept once.
    pub answer_hash: String,
    /// What the person gave.
    pub points: Points,
    /// Out of how many.
    pub max_points: Points,
    /// Why.
    pub note: Option<String>,
    /// The attempt it was given in, when it is a candidate's that a person has judged in a review; erased with them.
    pub attempt_id: Option<AttemptId>,
    /// By whom it was brought in.
    pub added_by: UserId,
    /// When.
    pub created_at: Timestamp,
}

/// A graded answer about to be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct NewExemplar {
    /// In the shape of the kind.
    pub answer: Value,
    /// What a person gave.
    pub points: Points,
    /// Why.
    pub note: Option<String>,
}

/// Why a graded answer cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExemplarFault {
    /// Place in the list, from 0.
    pub index: usize,
    /// `answer` or `points`.
    pub member: &'static str,
    /// JSON pointer inside the member; empty means the member itself.
    pub pointer: String,
    /// What belongs there; reads on after "must be".
    pub expected: String,
}

/// Which review an exemplar comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GradedIn {
    /// The exemplar to be.
    pub id: ExemplarId,
    /// Whose answer.
    pub attempt_id: AttemptId,
    /// Who has judged it.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
}

impl Exemplar {
    /// A candidate's answer to the version that they saw, as a person has judged it.
    pub fn of_candidate(item: &VersionedItem, answer: &Value, points: Points, graded: GradedIn) -> Self {
        Self {
            id: graded.id,
            item_id: item.item_id,
            item_version_id: item.item_version_id,
            answer_hash: hash_of([answer.to_string().as_str()].into_iter()),
            answer: answer.clone(),
            points,
            max_points: item.content.marks,
            note: None,
            attempt_id: Some(graded.attempt_id),
            added_by: graded.by,
            created_at: graded.at,
        }
    }
}

impl NewExemplar {
    /// As it is kept, for the current version of the question.
    pub fn kept(&self, id: ExemplarId, item: &BankItem, added_by: UserId, now: Timestamp) -> Exemplar {
        Exemplar {
            id,
            item_id: item.item_id,
            item_version_id: item.item_version_id,
            answer_hash: hash_of([self.answer.to_string().as_str()].into_iter()),
            answer: self.answer.clone(),
            points: self.points,
            max_points: item.content.marks,
            note: self.note.clone(),
            attempt_id: None,
            added_by,
            created_at: now,
        }
    }
}
