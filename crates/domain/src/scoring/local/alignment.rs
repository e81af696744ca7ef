//! How much of one text's weight is found in another, word by word.

use std::collections::{BTreeMap, BTreeSet};

use super::coefficients as c;
use super::tokens::{Class, Text, Token};
use super::words::{COMMON_WORDS, holds};

/// The distinct stems of a text with what each of them weighs.
#[derive(Clone, Debug, Default)]
pub(super) struct Bag<'a> {
    entries: BTreeMap<&'a str, Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    weight: f64,
    glue: bool,
    group: Option<usize>,
    plain: bool,
    negated: bool,
    bigrams: Vec<(char, char)>,
    /// Letter pairs of a longer word as written, else none.
    written: Vec<(char, char)>,
}

/// What two bags have in common; shares are 0–1 of the respective weight.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Overlap {
    /// Share of the expected weight that is found.
    pub(super) recall: f64,
    /// Share of the given weight that was expected.
    pub(super) precision: f64,
    /// Weight given but not expected, relative to the expected weight.
    pub(super) surplus: f64,
}

impl<'a> Bag<'a> {
    /// Weighs the stems of a text; those in `known` (the question's) hardly count, because repeating them proves nothing.
    pub(super) fn new(text: &'a Text, known: &BTreeSet<&str>) -> Self {
        let mut entries: BTreeMap<&str, Entry> = BTreeMap::new();
        for token in text.tokens() {
            let entry = entries.entry(&token.stem).or_insert_with(|| Entry {
                weight: weight(token, known),
                glue: matches!(token.class, Class::Function | Class::Negation),
                group: token.group,
                plain: false,
                negated: false,
                bigrams: bigrams(&token.stem),
                written: if token.word.chars().count() >= c::LONG_SPELLING {
                    bigrams(&token.word)
                } else {
                    Vec::new()
                },
            });
            entry.plain |= !token.negated;
            entry.negated |= token.negated;
        }
        // Glue counts only in a text of nothing else ("before and after"): finding "the" again means nothing.
        if entries.values().any(|entry| !entry.glue) {
            entries.retain(|_, entry| !entry.glue);
        }
        Self { entries }
    }

    /// Sum of all weights.
    pub(super) fn weight(&self) -> f64 {
        self.entries.values().map(|entry| entry.weight).sum()
    }

    /// Finds each stem of this (expected) bag in the other (given) one and the other way round.
    pub(super) fn overlap(&self, given: &Self) -> Overlap {
        let (expected_weight, given_weight) = (self.weight(), given.weight());
        if expected_weight <= 0.0 || given_weight <= 0.0 {
            return Overlap::default();
        }
        let found = found_weight(self, given);
        let wanted = found_weight(given, self);
        Overlap {
            recall: (found / expected_weight).min(1.0),
            precision: (wanted / given_weight).min(1.0),
            surplus: ((given_weight - wanted) / expected_weight).max(0.0),
        }
    }

    /// Share of this bag's weight that is found in the other one, 0–1.
    pub(super) fn recall(&self, given: &Self) -> f64 {
        let weight = self.weight();
        if weight > 0.0 {
            (found_weight(self, given) / weight).min(1.0)
        } else {
            0.0
        }
    }

    /// Cosine of the two bags as vectors of weights, 0–1.
    pub(super) fn cosine(&self, other: &Self) -> f64 {
        let squares = |bag: &Self| {
            bag.entries
                .values()
                .map(|entry| entry.weight.powi(2))
                .sum::<f64>()
        };
        let norm = squares(self) * squares(other);
        let product = |(stem, entry): (&&str, &Entry)| {
            let other = other.entries.get(stem)?;
            Some(entry.weight * other.weight)
        };
        let dot: f64 = self.entries.iter().filter_map(product).sum();
        if norm > 0.0 {
            (dot / norm.sqrt()).min(1.0)
        } else {
            0.0
        }
    }

    /// Whether any word of meaning here has the same root as one there ("store" and "storage"), or is spelled like it.
    pub(super) fn touches(&self, other: &Self) -> bool {
        let related = |(stem, entry): (&&str, &Entry)| {
            let alike = |(there, their): (&&str, &Entry)| {
                same_root(stem, there)
                    || (entry.group.is_some() && entry.group == their.group)
                    || (!entry.written.is_empty()
                        && dice(&entry.written, &their.written) >= c::LEAST_LIKENESS)
            };
            other.entries.iter().take(c::MOST_SOFT_MATCHES).any(alike)
        };
        self.entries.iter().take(c::MOST_SOFT_MATCHES).any(related)
    }

    /// Share of the common weight that is negated on one side only, 0–1; 0 where both sides negate something, because
    /// then they may well deny the same thing in other words ("no base case", "the base case is not included").
    pub(super) fn contradiction(&self, given: &Self) -> f64 {
        let denies = |bag: &Self| bag.entries.values().any(|entry| entry.negated);
        if denies(self) == denies(given) {
            return 0.0;
        }
        self.opposed(given)
    }

    /// Share of the common weight that is negated on one side only, 0–1, whether or not both sides negate something.
    pub(super) fn opposed(&self, given: &Self) -> f64 {
        let (mut common, mut contradicted) = (0.0, 0.0);
        for (stem, entry) in &self.entries {
            if let Some(other) = given.entries.get(stem) {
                common += entry.weight;
                let agree = (entry.plain && other.plain) || (entry.negated && other.negated);
                contradicted += if agree { 0.0 } else { entry.weight };
            }
        }
        if common > 0.0 { contradicted / common } else { 0.0 }
    }

    /// As [`Bag::touches`], for words that are not `known`.
    pub(super) fn touches_beyond(&self, other: &Self, known: &BTreeSet<&str>) -> bool {
        let beyond = |bag: &Self| Self {
            entries: bag
                .entries
                .iter()
                .filter(|(stem, _)| !known.contains(**stem))
                .map(|(stem, entry)| (*stem, entry.clone()))
                .collect(),
        };
        beyond(self).touches(&beyond(other))
    }

    /// How well the word of this bag that is spelled most like one of the other is spelled like it, 0–1, `known` ones aside.
    pub(super) fn best_likeness(&self, other: &Self, known: &BTreeSet<&str>) -> f64 {
        self.entries
            .iter()
            .filter(|(stem, _)| !known.contains(**stem))
            .map(|(_, entry)| other.likeness(entry))
            .fold(0.0, f64::max)
    }

    /// How well a stem that is not here is represented by a synonym or another spelling, 0–1.
    fn likeness(&self, entry: &Entry) -> f64 {
        let mut best: f64 = 0.0;
        for other in self.entries.values().take(c::MOST_SOFT_MATCHES) {
            if entry.group.is_some() && entry.group == other.group {
                best = best.max(c::SYNONYM_CREDIT);
            }
            let dice = dice(&entry.bigrams, &other.bigrams);
            if dice >= c::LEAST_LIKENESS {
                best = best.max(dice);
            }
        }
        best
    }
}

/// Stems of a text that are not mere glue.
pub(super) fn stems(text: &Text) -> BTreeSet<&str> {
    text.tokens()
        .filter(|token| matches!(token.class, Class::Content | Class::Number))
        .map(|token| token.stem.as_str())
        .collect()
}

/// Share of the expected text's neighbouring content words that are neighbours in the given text too.
pub(super) fn shared_phrases(expected: &Text, given: &Text) -> f64 {
    let (expected, given) = (phrases(expected), phrases(given));
    if expected.is_empty() {
        return 0.0;
    }
    count(expected.intersection(&given).count()) / count(expected.len())
}

/// Longest common subsequence of the content words, relative to the expected text, 0–1.
pub(super) fn shared_order(expected: &Text, given: &Text) -> f64 {
    let content = |text: &Text| -> Vec<String> {
        text.tokens()
            .filter(|token| token.class != Class::Function)
            .take(c::MOST_SOFT_MATCHES)
            .map(|token| token.stem.clone())
            .collect()
    };
    let (expected, given) = (content(expected), content(given));
    let mut lengths = vec![0_usize; given.len() + 1];
    for wanted in &expected {
        let mut diagonal = 0;
        for (at, word) in given.iter().enumerate() {
            let above = lengths[at + 1];
            lengths[at + 1] = if wanted == word {
                diagonal + 1
            } else {
                above.max(lengths[at])
            };
            diagonal = above;
        }
    }
    count(lengths.last().copied().unwrap_or(0)) / count(expected.len().max(1))
}

/// Cosine of the character trigrams of all words that are not in `known`.
pub(super) fn trigram_cosine(left: &Text, right: &Text, known: &BTreeSet<&str>) -> f64 {
    let (left, right) = (trigrams(left, known), trigrams(right, known));
    let dot: u64 = left
        .iter()
        .filter_map(|(gram, n)| right.get(gram).map(|m| n * m))
        .sum();
    let square = |grams: &BTreeMap<[char; 3], u64>| grams.values().map(|n| n * n).sum::<u64>();
    let norm = as_f64(square(&left)) * as_f64(square(&right));
    if norm > 0.0 {
        as_f64(dot) / norm.sqrt()
    } else {
        0.0
    }
}

/// A small count as a float.
pub(super) fn count(count: usize) -> f64 {
    as_f64(count as u64)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of one answer's words stay far below 2^52"
)]
fn as_f64(count: u64) -> f64 {
    count as f64
}

fn weight(token: &Token, known: &BTreeSet<&str>) -> f64 {
    let weight = match token.class {
        Class::Function | Class::Negation => c::FUNCTION_WEIGHT,
        Class::Number => c::NUMBER_WEIGHT,
        Class::Content if holds(&COMMON_WORDS, &token.word) => c::COMMON_WEIGHT,
        Class::Content => {
            let letters = token.word.chars().count().clamp(c::SHORT_WORD, c::LONG_WORD) - c::SHORT_WORD;
            1.0 + c::WEIGHT_PER_LETTER * count(letters)
        }
    };
    if known.contains(token.stem.as_str()) {
        weight * c::DEMOTED
    } else {
        weight
    }
}

/// Whether two stems begin alike but for at most the last letter of the shorter one.
fn same_root(left: &str, right: &str) -> bool {
    let common = left
        .chars()
        .zip(right.chars())
        .take_while(|(a, b)| a == b)
        .count();
    let shorter = left.chars().count().min(right.chars().count());
    common >= c::LEAST_ROOT.max(shorter.saturating_sub(1))
}

fn found_weight(wanted: &Bag<'_>, among: &Bag<'_>) -> f64 {
    let (mut found, mut tried) = (0.0, 0);
    for (stem, entry) in &wanted.entries {
        if among.entries.contains_key(stem) {
            found += entry.weight;
        } else if tried < c::MOST_SOFT_MATCHES {
            tried += 1;
            found += entry.weight * among.likeness(entry);
        }
    }
    found
}

/// Letter pairs of a stem with its ends marked, sorted.
fn bigrams(stem: &str) -> Vec<(char, char)> {
    let ends = std::iter::once(' ')
        .chain(stem.chars())
        .chain(std::iter::once(' '));
    let mut pairs: Vec<(char, char)> = ends.clone().zip(ends.skip(1)).collect();
    pairs.sort_unstable();
    pairs
}

/// Dice coefficient of two sorted lists; 0 without a look where their lengths rule a likeness out.
fn dice(left: &[(char, char)], right: &[(char, char)]) -> f64 {
    let pairs = count(left.len() + right.len());
    if 2.0 * count(left.len().min(right.len())) < c::LEAST_LIKENESS * pairs {
        return 0.0;
    }
    let (mut i, mut j, mut common) = (0, 0, 0);
    while i < left.len() && j < right.len() {
        match left[i].cmp(&right[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => (i, j, common) = (i + 1, j + 1, common + 1),
        }
    }
    2.0 * count(common) / pairs
}

fn phrases(text: &Text) -> BTreeSet<(&str, &str)> {
    let mut phrases = BTreeSet::new();
    for sentence in &text.sentences {
        let content: Vec<&str> = sentence
            .tokens
            .iter()
            .filter(|token| token.class != Class::Function)
            .map(|token| token.stem.as_str())
            .collect();
        phrases.extend(content.windows(2).map(|pair| (pair[0], pair[1])));
    }
    phrases
}

fn trigrams(text: &Text, known: &BTreeSet<&str>) -> BTreeMap<[char; 3], u64> {
    let mut grams = BTreeMap::new();
    for token in text
        .tokens()
        .filter(|token| matches!(token.class, Class::Content | Class::Number))
    {
        if known.contains(token.stem.as_str()) {
            continue;
        }
        let letters: Vec<char> = std::iter::once(' ')
            .chain(token.word.chars())
            .chain(std::iter::once(' '))
            .collect();
        for gram in letters.windows(3) {
            *grams.entry([gram[0], gram[1], gram[2]]).or_insert(0) += 1;
        }
    }
    grams
}
