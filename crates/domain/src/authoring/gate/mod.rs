//! The quality gate: what a generated item must pass before a person sees it.
//!
//! [`judge`] is a pure function of an item, the text it cites and its [`Context`]; how the item came to be plays no part, so
//! every generator goes through the same gate. Each rule has a name that is kept with every dropped item, and never repairs
//! anything: an item is sound as it is, or it is dropped with the reason. `docs/quality-gate.md` says what each rule refuses,
//! how it decides and what it cannot see.

mod blueprint;
mod content;
mod demand;
mod distractors;
mod flaws;
mod grounded;
mod known;
mod leak;
mod negation;
mod numerals;
mod one_key;
mod reading;
#[cfg(test)]
mod testing;
mod topics;
mod trivial;
pub(super) mod wording;

use super::item::{CognitiveLevel, Difficulty, ItemContent};
use reading::Reading;

pub use content::{content_hash, is_scored_alike};
pub use known::Known;
pub use topics::Topics;

/// What a rule looks at.
struct Case<'a> {
    item: &'a ItemContent,
    /// The cited span.
    reading: Reading,
    context: &'a Context<'a>,
}

type Rule = (&'static str, fn(&Case<'_>) -> Result<(), String>);

/// The rules in the order in which they are asked: fundamental and cheap ones first.
const RULES: [Rule; 8] = [
    ("one_key", |case| one_key::check(case.item)),
    ("flaws", |case| flaws::check(case.item)),
    ("no_leak", |case| leak::check(case.item)),
    ("grounded", |case| {
        grounded::check(case.item, &case.reading, case.context.cited)
    }),
    ("distractors", |case| distractors::check(case.item, &case.reading)),
    ("not_trivial", |case| trivial::check(case.item)),
    ("no_duplicate", |case| case.context.known.check(case.item)),
    ("blueprint", |case| {
        blueprint::check(case.item, &case.reading, case.context)
    }),
];

/// Names of the rules, in the order in which they are asked.
pub fn rule_names() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|(name, _)| *name)
}

/// Why an item was dropped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule}: {reason}")]
pub struct Refusal {
    /// Name of the rule (`no_leak`).
    pub rule: &'static str,
    /// What is wrong with the item.
    pub reason: String,
}

/// What an item is judged against.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The items of the batch so far and of the bank.
    pub known: &'a Known,
    /// What the topics of the text speak of; without any, the topic of an item is only compared with the wanted one.
    pub topics: &'a Topics,
    /// The cell of the blueprint the item is meant for.
    pub wanted: Wanted<'a>,
    /// The text that stands at the cited place, where whoever made the item wrote its quote himself; `None` when the quote
    /// was cut out of the text.
    pub cited: Option<&'a str>,
}

/// A cell of a blueprint; what is absent may be anything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// Words of the topic.
    pub topic: Option<&'a str>,
    /// What the candidate has to do.
    pub cognitive_level: Option<CognitiveLevel>,
    /// How hard.
    pub difficulty: Option<Difficulty>,
}

/// Judges an item: sound, or refused by the first rule it breaks.
pub fn judge(item: &ItemContent, context: &Context<'_>) -> Result<(), Refusal> {
    verdicts(item, context).next().map_or(Ok(()), Err)
}

/// All rules an item breaks, in their order. Each asks about the item as if the others were kept.
fn verdicts<'a>(item: &'a ItemContent, context: &'a Context<'a>) -> impl Iterator<Item = Refusal> + 'a {
    let quote = item.source.as_ref().map_or("", |source| source.quote.as_str());
    let case = Case {
        item,
        reading: Reading::of(quote),
        context,
    };
    RULES.iter().filter_map(move |(rule, check)| {
        let reason = check(&case).err()?;
        Some(Refusal { rule, reason })
    })
}

/// Judges one item against others, of whichever topic, level and difficulty it may be; the first rule it breaks is named.
pub fn check(item: &ItemContent, others: &[ItemContent]) -> Result<(), Refusal> {
    Gate::new(Topics::default(), Known::of(others)).judge(item, Wanted::default())
}

/// Like [`check`], but names every rule the item breaks, in their order; for people who change an item.
pub fn refusals(item: &ItemContent, others: &[ItemContent]) -> Vec<Refusal> {
    let (known, topics) = (Known::of(others), Topics::default());
    let context = Context {
        known: &known,
        topics: &topics,
        wanted: Wanted::default(),
        cited: None,
    };
    verdicts(item, &context).collect()
}

/// A gate that remembers what it let through, so that a batch is compared with itself.
#[derive(Debug, Default)]
pub struct Gate {
    topics: Topics,
    known: Known,
}

impl Gate {
    /// A gate for a text with these topics that already knows a bank of items.
    pub fn new(topics: Topics, known: Known) -> Self {
        Self { topics, known }
    }

    /// Judges an item without remembering it.
    pub fn judge(&self, item: &ItemContent, wanted: Wanted<'_>) -> Result<(), Refusal> {
        let context = Context {
            known: &self.known,
            topics: &self.topics,
            wanted,
            cited: None,
        };
        judge(item, &context)
    }

    /// Whether an item asks what another one asks that the gate let through or was told of.
    pub fn knows(&self, item: &ItemContent) -> bool {
        self.known.check(item).is_err()
    }

    /// Compares later items with one that a person found good.
    pub fn note(&mut self, item: &ItemContent) {
        self.known.note(item);
    }

    /// Judges an item and, when it is sound, compares later ones with it.
    pub fn admit(&mut self, item: &ItemContent, wanted: Wanted<'_>) -> Result<(), Refusal> {
        self.judge(item, wanted)?;
        self.known.note(item);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::testing::choice;
    use super::*;

    #[test]
    fn a_gate_knows_what_it_admitted() {
        let item = choice(
            "Which animal barks loudly at strangers?",
            &["Dog", "Cat", "Cow"],
            "A dog barks loudly at strangers.",
        );
        let mut gate = Gate::default();
        assert_eq!(gate.judge(&item, Wanted::default()), Ok(()));
        assert_eq!(gate.admit(&item, Wanted::default()), Ok(()));
        let refused = gate.admit(&item, Wanted::default()).unwrap_err();
        assert_eq!(refused.rule, "no_duplicate");
        assert_eq!(
            check(&item, std::slice::from_ref(&item)).unwrap_err().rule,
            "no_duplicate"
        );
    }

    #[test]
    fn all_broken_rules_are_named_in_their_order() {
        let item = choice(
            "Which animal is never a dog?",
            &["Dog", "Cat"],
            "A cow eats grass.",
        );
        let broken: Vec<&str> = refusals(&item, &[]).iter().map(|refusal| refusal.rule).collect();
        assert_eq!(
            broken,
            ["flaws", "no_leak", "grounded", "distractors", "not_trivial"]
        );
        let mut places = rule_names().enumerate();
        assert_eq!(
            places.find(|(_, name)| *name == "blueprint"),
            Some((7, "blueprint"))
        );
    }
}
