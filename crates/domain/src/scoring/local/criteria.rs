//! From measurements to a verdict on one criterion, and the words for it.

use std::collections::BTreeSet;

use super::alignment::Bag;
use super::coefficients as c;
use super::evidence::Evidence;
use super::observation::{Observation, Texts, between};
use super::tokens::Text;
use crate::authoring::rubric::{Criterion, Level};
use crate::scoring::model::CriterionVerdict;

/// What a criterion looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dimension {
    /// Whether it says what is expected; every criterion of an author's own.
    Content,
    Relevance,
    Depth,
    Clarity,
    Completeness,
    Accuracy,
}

/// Said where a verdict cannot point at words of the answer.
const NO_QUOTE: &str = " No sentence of the answer could be quoted for it.";

/// How many of a criterion's concepts an answer mentions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Coverage {
    /// Concepts of the criterion.
    expected: usize,
    /// Those mentioned for the better part.
    mentioned: usize,
    /// Mean degree of mention, 0–1.
    share: f64,
}

/// Whether any criterion's concepts are mentioned at all.
pub(super) fn mentions_any(criteria: &[Criterion], answer: &Text) -> bool {
    criteria
        .iter()
        .any(|criterion| coverage(&criterion.concepts, answer).share > 0.0)
}

/// Judges one criterion; `weight` is normalised.
pub(super) fn judge(
    criterion: &Criterion,
    weight: f64,
    seen: &Observation,
    texts: &Texts,
    evidence: &Evidence<'_>,
) -> CriterionVerdict {
    let covered = coverage(&criterion.concepts, &texts.answer);
    let content = content(criterion, covered, seen, texts);
    let dimension = dimension(criterion);
    let share = share(dimension, content, seen) * seen.guards.damping();
    // In tenths, so that the points can be recomputed from what is stored and shown.
    let score = (share.clamp(0.0, 1.0) * 1000.0).round() / 10.0;
    let quotes = evidence.best(&criterion.concepts);
    let mut rationale = rationale(dimension, score / 100.0, covered, seen);
    if quotes.is_empty() {
        rationale.push_str(NO_QUOTE);
    }
    CriterionVerdict {
        criterion: criterion.id.clone(),
        score,
        weight,
        level: level(&criterion.levels, score),
        evidence: quotes,
        rationale,
    }
}

/// The highest level whose least score is reached; below all of them, the lowest.
pub(crate) fn level(levels: &[Level], score: f64) -> Option<String> {
    levels
        .iter()
        .rev()
        .find(|level| level.from_score <= score)
        .or(levels.first())
        .map(|level| level.name.clone())
}

/// "about half" and the like, for a share of what is expected.
pub(super) fn how_much(share: f64) -> &'static str {
    match share {
        share if share >= 0.9 => "nearly all",
        share if share >= 0.65 => "most",
        share if share >= 0.35 => "about half",
        share if share >= 0.12 => "a small part",
        _ => "hardly any",
    }
}

/// Ids of the default dimensions and the usual names for the same things.
fn dimension(criterion: &Criterion) -> Dimension {
    match criterion.id.trim().to_ascii_lowercase().as_str() {
        "relevance" => Dimension::Relevance,
        "depth" | "analysis" | "reasoning" | "argumentation" => Dimension::Depth,
        "clarity" | "coherence" | "organisation" | "organization" | "style" | "grammar" | "language" => {
            Dimension::Clarity
        }
        "completeness" | "coverage" => Dimension::Completeness,
        "technical_accuracy" | "technical" | "accuracy" | "correctness" => Dimension::Accuracy,
        _ => Dimension::Content,
    }
}

/// How far what is expected under a criterion is there.
fn content(criterion: &Criterion, covered: Coverage, seen: &Observation, texts: &Texts) -> f64 {
    if criterion.concepts.is_empty() || seen.verbatim {
        return seen.agreement;
    }
    let Some(reference) = &texts.reference else {
        return covered.share;
    };
    // A reference that leaves concepts out must still earn full marks; one that has none of them says nothing here.
    let by_reference = coverage(&criterion.concepts, reference).share;
    let relative = if by_reference > 0.0 {
        (covered.share / by_reference).min(1.0)
    } else {
        covered.share.max(seen.agreement)
    };
    c::CONCEPT_SHARE * relative + (1.0 - c::CONCEPT_SHARE) * seen.agreement
}

/// The share of a dimension's marks. Every formula gives 1 for the reference and is 0 for a text off topic.
fn share(dimension: Dimension, content: f64, seen: &Observation) -> f64 {
    if seen.verbatim {
        return 1.0;
    }
    let topic = seen.topic.max(content);
    let precision = seen.to_the_point.max(content);
    match dimension {
        Dimension::Content => content,
        Dimension::Relevance => topic * (0.4 * precision + 0.6 * content),
        Dimension::Depth => content * (0.7 + 0.3 * seen.reasoning),
        Dimension::Clarity => topic * seen.shape * (0.4 + 0.6 * content),
        Dimension::Completeness => {
            content * (0.85 + 0.15 * between(seen.overlap.recall.max(content), 0.0, 0.6))
        }
        Dimension::Accuracy => content * (0.8 + 0.2 * precision),
    }
}

fn coverage(concepts: &[String], text: &Text) -> Coverage {
    let nothing_known = BTreeSet::new();
    let given = Bag::new(text, &nothing_known);
    let mut coverage = Coverage {
        expected: concepts.len(),
        ..Coverage::default()
    };
    for concept in concepts {
        let concept = Text::new(concept);
        let concept = Bag::new(&concept, &nothing_known);
        let mention = between(concept.overlap(&given).recall, c::CONCEPT_FROM, c::CONCEPT_FULL)
            * (1.0 - c::CONTRADICTION_LOSS * concept.contradiction(&given));
        coverage.share += mention;
        coverage.mentioned += usize::from(mention >= 0.5);
    }
    coverage.share /= super::alignment::count(concepts.len().max(1));
    coverage
}

/// One sentence about the answer; it never quotes what was expected.
fn rationale(dimension: Dimension, share: f64, covered: Coverage, seen: &Observation) -> String {
    if seen.guards.other_language {
        return "Could not be judged well, because it seems not to be in English.".to_owned();
    }
    let amount = how_much(share);
    let pick = |good: &str, fair: &str, poor: &str| {
        match share {
            share if share >= 0.7 => good,
            share if share >= 0.35 => fair,
            _ => poor,
        }
        .to_owned()
    };
    match dimension {
        Dimension::Content | Dimension::Completeness if covered.expected > 0 => {
            format!(
                "Mentions {} of {} expected ideas.",
                covered.mentioned, covered.expected
            )
        }
        Dimension::Content | Dimension::Completeness => {
            format!("Covers {amount} of what a full answer says.")
        }
        Dimension::Relevance => pick(
            "Stays on the question.",
            "Is partly about the question.",
            "Is hardly about the question.",
        ),
        Dimension::Depth if seen.connectives == 0 => "Names no reasons or connections.".to_owned(),
        Dimension::Depth => pick(
            "Gives reasons and connections.",
            "Gives some reasons, but leaves much unexplained.",
            "Gives few reasons that bear on the question.",
        ),
        Dimension::Clarity => pick(
            "Is well built and easy to follow.",
            "Can be followed, but is unevenly built.",
            "Is hard to follow as an answer to the question.",
        ),
        Dimension::Accuracy if seen.wrong_numbers > 0.0 => {
            "Gives a number that differs from what is expected.".to_owned()
        }
        Dimension::Accuracy if seen.contradiction > 0.2 && seen.disputed() => {
            "Some of what it says runs against what is expected.".to_owned()
        }
        Dimension::Accuracy => format!("Agrees with {amount} of what is expected."),
    }
}
