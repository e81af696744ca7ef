//! Gaps in a text, each compared in its own way.

use std::collections::BTreeMap;

use super::quantity::Quantity;
use super::text::{collapse, fold};
use super::{Grade, Graded, part, shares};
use crate::authoring::item::{Blank, BlankComparison, Tolerance};

pub(crate) const RIGHT: &str = "This blank is right.";
pub(crate) const WRONG: &str = "This blank is not right.";
pub(crate) const EMPTY: &str = "This blank was left empty.";

/// What comparing found out about one blank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compared<'a> {
    Right,
    Wrong,
    Empty,
    /// These words differ from every accepted answer; their meaning may not.
    NeedsText(&'a str),
}

/// Share of the marks of all blanks; `None` when the meaning of at least one has to be judged.
pub(super) fn grade(blanks: &[Blank], texts: &BTreeMap<String, String>) -> Option<Graded> {
    if !has_key(blanks) {
        return Some(Grade::NoKey.into());
    }
    let mut share = 0.0;
    let mut parts = Vec::with_capacity(blanks.len());
    for (blank, weight) in blanks.iter().zip(weights(blanks)) {
        let (earned, rationale) = match compare(blank, texts) {
            Compared::Right => (1.0, RIGHT),
            Compared::Wrong => (0.0, WRONG),
            Compared::Empty => (0.0, EMPTY),
            Compared::NeedsText(_) => return None,
        };
        share += weight * earned;
        parts.push(part(&blank.id, earned, weight, rationale));
    }
    if parts.iter().all(|part| part.score >= 100.0) {
        share = 1.0;
    }
    Some(Graded {
        grade: Grade::Share(share),
        parts,
    })
}

/// Whether there are blanks and every one has an accepted answer it can be compared with.
pub(crate) fn has_key(blanks: &[Blank]) -> bool {
    let usable = |blank: &Blank| {
        blank.accepted.iter().any(|accepted| match blank.comparison {
            BlankComparison::Numeric { .. } => Quantity::parse(accepted).is_some(),
            BlankComparison::Strict | BlankComparison::Normal | BlankComparison::Semantic => {
                !collapse(accepted).is_empty()
            }
        })
    };
    !blanks.is_empty() && blanks.iter().all(usable)
}

/// Weights that sum to 1; equal ones when none is positive.
pub(crate) fn weights(blanks: &[Blank]) -> Vec<f64> {
    shares(blanks.iter().map(|blank| blank.weight))
}

/// Compares what was written into one blank. `texts` maps folded blank ids to text.
pub(crate) fn compare<'a>(blank: &Blank, texts: &'a BTreeMap<String, String>) -> Compared<'a> {
    let Some(written) = texts.get(&fold(&blank.id)) else {
        return Compared::Empty;
    };
    let matches_any = |matches: &dyn Fn(&str) -> bool| {
        blank
            .accepted
            .iter()
            .any(|accepted| !collapse(accepted).is_empty() && matches(accepted))
    };
    let right = match blank.comparison {
        BlankComparison::Strict => {
            let exact = collapse(written);
            matches_any(&|accepted| collapse(accepted) == exact)
        }
        BlankComparison::Normal | BlankComparison::Semantic => {
            let folded = fold(written);
            matches_any(&|accepted| fold(accepted) == folded)
        }
        BlankComparison::Numeric { tolerance } => Quantity::parse(written)
            .is_some_and(|quantity| matches_any(&|accepted| same_quantity(&quantity, accepted, tolerance))),
    };
    match (right, blank.comparison) {
        (true, _) => Compared::Right,
        (false, BlankComparison::Semantic) => Compared::NeedsText(written),
        (false, BlankComparison::Strict | BlankComparison::Normal | BlankComparison::Numeric { .. }) => {
            Compared::Wrong
        }
    }
}

/// A unit may be left out, but one that is written must be the accepted one.
fn same_quantity(written: &Quantity, accepted: &str, tolerance: Tolerance) -> bool {
    Quantity::parse(accepted).is_some_and(|accepted| {
        (written.unit.is_none() || written.unit == accepted.unit)
            && written.is_near(accepted.value, tolerance)
    })
}
