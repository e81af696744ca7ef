//! Statements of the text, as they are or with one thing changed so that they are false.

use super::super::super::item::{CognitiveLevel, Difficulty, ItemBody, Negative};
use super::super::english::{bare, capitalised};
use super::super::facts::{Definition, Quantity, quantities_in};
use super::super::quality::{has_dangling_pronoun, stands_alone};
use super::{Candidate, Outline, Workshop};

/// Words that turn a statement round when one takes the place of the other.
const OPPOSITES: [(&str, &str); 18] = [
    ("increases", "decreases"),
    ("increase", "decrease"),
    ("larger", "smaller"),
    ("largest", "smallest"),
    ("faster", "slower"),
    ("higher", "lower"),
    ("highest", "lowest"),
    ("before", "after"),
    ("more", "fewer"),
    ("longer", "shorter"),
    ("stronger", "weaker"),
    ("warm", "cold"),
    ("high", "low"),
    ("permanent", "temporary"),
    ("earlier", "later"),
    ("strictest", "weakest"),
    ("cheapest", "most expensive"),
    ("upper", "lower"),
];

impl Workshop<'_> {
    pub(super) fn truths(&self, section: usize) -> Vec<Candidate> {
        let definitions = self.definitions_in(section);
        let swapped = definitions.iter().filter_map(|index| self.swapped_term(*index));
        let plain = self.plain_in(section);
        let true_ones = plain.iter().filter_map(|sentence| self.as_written(*sentence));
        let numbers = plain.iter().filter_map(|sentence| self.changed_number(*sentence));
        let turned = plain.iter().filter_map(|sentence| self.turned_round(*sentence));
        swapped.chain(numbers).chain(turned).chain(true_ones).collect()
    }

    fn as_written(&self, sentence: usize) -> Option<Candidate> {
        let text = self.document.text(sentence);
        let defines = self
            .facts
            .definitions
            .binary_search_by_key(&sentence, |definition| definition.sentence)
            .is_ok();
        let words = text.split(' ').count();
        (words <= 28).then(|| self.statement(text.to_owned(), true, sentence, if defines { 4 } else { 3 }))?
    }

    /// Another term in the place of the defined one.
    fn swapped_term(&self, index: usize) -> Option<Candidate> {
        let definition = self.definition(index);
        let fits = |other: &Definition| other.list.is_none() && other.shape == definition.shape;
        let rival = *self.rivals(index, 1, &fits).first()?;
        let usable = definition.list.is_none() && !has_dangling_pronoun(&definition.body);
        let other = capitalised(&self.definition(rival).term.with_article());
        let text = format!("{other} {} {}.", definition.verb, definition.body);
        (usable && stands_alone(&text)).then(|| self.statement(text, false, definition.sentence, 4))?
    }

    fn changed_number(&self, sentence: usize) -> Option<Candidate> {
        let text = self.document.text(sentence);
        let quantities = quantities_in(text);
        let changeable = |quantity: &&Quantity| !quantity.approximate && !quantity.bound;
        let quantity = quantities
            .iter()
            .find(changeable)
            .filter(|_| quantities.len() <= 2)?;
        let mut chance = self.chance("number", sentence);
        let changed = (0..6)
            .map(|_| changed(quantity, chance.next()))
            .find(|new| !text.contains(new.as_str()))?;
        let (before, after) = (&text[..quantity.range.start], &text[quantity.range.end..]);
        self.statement(format!("{before}{changed}{after}"), false, sentence, 3)
    }

    fn turned_round(&self, sentence: usize) -> Option<Candidate> {
        let text = self.document.text(sentence);
        let words: Vec<&str> = text.split(' ').collect();
        let pairs = OPPOSITES
            .iter()
            .flat_map(|(one, other)| [(*one, *other), (*other, *one)]);
        let stands = |from: &str| words.iter().filter(|word| bare(word) == from).count() == 1;
        let (from, to) = pairs
            .into_iter()
            .find(|(from, to)| stands(from) && !text.contains(to))?;
        // “a higher” may not become “an lower”, so the article must not touch the changed word.
        let at = words.iter().position(|word| bare(word) == from)?;
        let article = at
            .checked_sub(1)
            .is_some_and(|before| matches!(words[before], "a" | "an" | "A" | "An"));
        let changed: Vec<String> = words
            .iter()
            .map(|word| {
                if bare(word) == from {
                    word.replace(from, to)
                } else {
                    (*word).to_owned()
                }
            })
            .collect();
        let hedged = words
            .iter()
            .any(|word| matches!(bare(word), "may" | "can" | "might" | "or" | "not" | "both"));
        (!article && !hedged).then(|| self.statement(changed.join(" "), false, sentence, 2))?
    }

    fn statement(&self, stem: String, key: bool, sentence: usize, quality: u8) -> Option<Candidate> {
        let outline = Outline {
            stem,
            marks: 1,
            level: if key {
                CognitiveLevel::Remember
            } else {
                CognitiveLevel::Understand
            },
            difficulty: Difficulty::Easy,
            quality,
        };
        self.candidate(
            outline,
            ItemBody::TrueFalse {
                key,
                negative: Negative::default(),
            },
            vec![sentence],
        )
    }
}

/// A plausible other number, written the same way.
fn changed(quantity: &Quantity, roll: u64) -> String {
    let whole = quantity.value.fract() == 0.0;
    let step = u32::try_from(roll % 3).unwrap_or(0);
    let year = whole
        && (1500.0..=2100.0).contains(&quantity.value)
        && quantity.unit.is_none()
        && !quantity.written.contains(',');
    let value = if year {
        quantity.value + [12.0, -8.0, 6.0][usize::try_from(step).unwrap_or(0)]
    } else if whole && quantity.value <= 10.0 {
        quantity.value + f64::from(step) + 1.0
    } else {
        quantity.value * [2.0, 4.0, 3.0][usize::try_from(step).unwrap_or(0)]
    };
    let decimals = quantity
        .written
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len());
    let plain = format!("{value:.decimals$}");
    if quantity.written.contains(',') {
        grouped(&plain)
    } else {
        plain
    }
}

/// Thousands parted by commas.
fn grouped(digits: &str) -> String {
    let (whole, rest) = digits.split_once('.').unwrap_or((digits, ""));
    let mut text = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if rest.is_empty() {
        text
    } else {
        format!("{text}.{rest}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_number_is_written_like_the_old_one() {
        let number = |text: &str| quantities_in(text).remove(0);
        assert_eq!(changed(&number("It counts 8,000,000 keys."), 0), "16,000,000");
        assert_eq!(changed(&number("It was found in 1970 there."), 1), "1962");
        assert_eq!(changed(&number("It takes 8.8 hours."), 0), "17.6");
        assert_eq!(changed(&number("It takes 3 steps."), 2), "6");
    }
}
