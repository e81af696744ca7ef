//! Exemplars: answers that people have graded, for calibration. The slice `scoring` checks and keeps them.

use serde_json::Value;

use super::bank::BankItem;
use super::commands::hash_of;
use crate::ids::{ExemplarId, ItemId, ItemVersionId, UserId};
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
            added_by,
            created_at: now,
        }
    }
}
