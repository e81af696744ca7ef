//! What the demonstration promises, checked against what happened.

use super::coverage::Coverage;
use super::replies::{Definition, Outcome};
use super::scripts::Script;
use super::wording::{counted, number};

const LEAST_ITEMS: usize = 12;
const LEAST_KINDS: usize = 5;
const STRONG_PERCENT: f64 = 85.0;
const WEAK_PERCENT: f64 = 40.0;

/// One promise.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Promise {
    pub(super) text: String,
    pub(super) found: String,
    pub(super) kept: bool,
}

impl Promise {
    fn new(text: impl Into<String>, found: impl Into<String>, kept: bool) -> Self {
        Self {
            text: text.into(),
            found: found.into(),
            kept,
        }
    }
}

/// Checks all promises.
pub(super) fn check(
    definition: &Definition,
    coverage: &Coverage,
    outcomes: &[(Script, Outcome)],
) -> Vec<Promise> {
    let items = definition.items().count();
    let kinds = counted(definition.items().map(|item| item.body.kind().as_str())).len();
    let missing = coverage.missing();
    let sections = match missing.as_slice() {
        [] => format!("all {}", coverage.sections.len()),
        missing => format!("nothing about {}", missing.join(", ")),
    };
    let mut promises = vec![
        Promise::new(
            format!("at least {LEAST_ITEMS} items"),
            items.to_string(),
            items >= LEAST_ITEMS,
        ),
        Promise::new(
            format!("at least {LEAST_KINDS} kinds of item"),
            kinds.to_string(),
            kinds >= LEAST_KINDS,
        ),
        Promise::new("items on every section of the text", sections, missing.is_empty()),
    ];
    promises.extend(outcomes.iter().map(|(script, outcome)| score(*script, outcome)));
    promises
}

fn score(script: Script, outcome: &Outcome) -> Promise {
    let percent = outcome.scores.percent;
    let kept = |judge: fn(f64) -> bool| percent.is_some_and(judge);
    let (text, kept) = match script {
        Script::Strong => (
            format!("strong script ≥ {STRONG_PERCENT} %"),
            kept(|percent| percent >= STRONG_PERCENT),
        ),
        Script::Weak => (
            format!("weak script ≤ {WEAK_PERCENT} %"),
            kept(|percent| percent <= WEAK_PERCENT),
        ),
        // A comparison of floating-point numbers that is exact: nothing was added up.
        Script::Blank => (
            "blank script 0 %".to_owned(),
            kept(|percent| percent.abs() < f64::EPSILON),
        ),
    };
    Promise::new(
        text,
        percent.map_or_else(
            || "not scored".to_owned(),
            |percent| format!("{} %", number(percent)),
        ),
        kept,
    )
}

/// The promises that were not kept, in words.
pub(super) fn broken(promises: &[Promise]) -> Vec<String> {
    let broken = promises.iter().filter(|promise| !promise.kept);
    broken
        .map(|promise| format!("{} (found: {})", promise.text, promise.found))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::replies::Scores;
    use super::super::tests::definition;
    use super::*;

    fn outcome(percent: Option<f64>) -> Outcome {
        Outcome {
            scores: Scores {
                percent,
                ..Scores::default()
            },
            ..Outcome::default()
        }
    }

    #[test]
    fn scores_are_held_against_their_bounds() {
        let kept = |script, percent| score(script, &outcome(percent)).kept;
        assert!(kept(Script::Strong, Some(85.0)) && !kept(Script::Strong, Some(84.99)));
        assert!(kept(Script::Weak, Some(40.0)) && !kept(Script::Weak, Some(40.01)));
        assert!(kept(Script::Blank, Some(0.0)) && !kept(Script::Blank, Some(0.01)));
        assert!(Script::ALL.into_iter().all(|script| !kept(script, None)));
    }

    #[test]
    fn broken_promises_say_what_was_found() {
        let definition = definition();
        let coverage = Coverage::of(
            &definition,
            Some(vec!["Keys and locks".to_owned(), "Recovery".to_owned()]),
        );
        let promises = check(&definition, &coverage, &[(Script::Strong, outcome(Some(90.0)))]);
        assert_eq!(
            broken(&promises),
            [
                "at least 12 items (found: 3)",
                "at least 5 kinds of item (found: 3)",
                "items on every section of the text (found: nothing about Recovery)",
            ]
        );
    }
}
