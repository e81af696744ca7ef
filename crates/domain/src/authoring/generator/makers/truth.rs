//! Statements of the text, as they are or with one thing changed so that they are false.

use super::super::super::item::{CognitiveLevel, Difficulty, ItemBody, Negative};
use super::super::english::{bare, capitalised, is_among};
use super::super::facts::{Class, Definition, Quantity, Shape, quantities_in};
use super::super::quality::{has_dangling_pronoun, stands_alone};
use super::gaps::{other_number_word, spelled_in};
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

/// Words by which a statement commits itself: it could be otherwise.
const MEASURING_WORDS: &str = "\
    than only least half third quarter twice two three four five six seven eight nine ten twelve twenty \
    hundred thousand million first last both cannot must";

impl Workshop<'_> {
    pub(super) fn truths(&self, section: usize) -> Vec<Candidate> {
        let definitions = self.definitions_in(section);
        let swapped = definitions.iter().filter_map(|index| self.swapped_term(*index));
        let plain = self.plain_in(section);
        let true_ones = plain.iter().filter_map(|sentence| self.as_written(*sentence));
        let numbers = plain.iter().filter_map(|sentence| self.changed_number(*sentence));
        let spelled = plain
            .iter()
            .filter_map(|sentence| self.changed_number_word(*sentence));
        let turned = plain.iter().filter_map(|sentence| self.turned_round(*sentence));
        swapped
            .chain(numbers)
            .chain(spelled)
            .chain(turned)
            .chain(true_ones)
            .collect()
    }

    fn as_written(&self, sentence: usize) -> Option<Candidate> {
        let text = self.document.text(sentence);
        let defines = self
            .facts
            .definitions
            .binary_search_by_key(&sentence, |definition| definition.sentence)
            .is_ok();
        let words = text.split(' ').count();
        let quality = if defines { 4 } else { 3 };
        let telling = defines || self.says_something(sentence);
        (words <= 28 && telling).then(|| self.statement(text.to_owned(), true, sentence, quality))?
    }

    /// Whether a sentence has something one can know: a number, a name or term, a reason.
    pub(super) fn says_something(&self, sentence: usize) -> bool {
        let text = self.document.text(sentence);
        let explained = self
            .facts
            .questions
            .iter()
            .any(|question| question.sentence == sentence);
        let mentions = self.facts.lexicon.mentions_in(text);
        let named = mentions.iter().any(|mention| mention.class != Class::Frequent);
        let measured = text.split(' ').any(|word| is_among(MEASURING_WORDS, bare(word)));
        explained || named || measured || text.contains(|letter: char| letter.is_ascii_digit())
    }

    /// Another term in the place of the defined one.
    fn swapped_term(&self, index: usize) -> Option<Candidate> {
        let definition = self.definition(index);
        let fits = |other: &Definition| other.list.is_none() && other.shape == definition.shape;
        let rival = *self.rivals(index, 1, &fits).first()?;
        // What a thing does is said of another one only where both are of a kind; else the statement is absurd.
        if definition.shape == Shape::Action && !self.same_head(index, rival) {
            return None;
        }
        let usable = definition.list.is_none() && !has_dangling_pronoun(&definition.body);
        let other = capitalised(&self.definition(rival).term.with_article());
        let text = format!("{other} {} {}.", definition.verb, definition.body);
        (usable && stands_alone(&text)).then(|| self.statement(text, false, definition.sentence, 4))?
    }

    fn changed_number(&self, sentence: usize) -> Option<Candidate> {
        let text = self.document.text(sentence);
        let quantities = quantities_in(text);
        let changeable = |quantity: &&Quantity| !quantity.bound;
        let quantity = quantities
            .iter()
            .find(changeable)
            .filter(|_| quantities.len() <= 2 && !text.contains(" between "))?;
        let mut chance = self.chance("number", sentence);
        let changed = (0..6)
            .map(|_| changed(quantity, chance.next()))
            .find(|new| !text.contains(new.as_str()))?;
        let (before, after) = (&text[..quantity.range.start], &text[quantity.range.end..]);
        self.statement(format!("{before}{changed}{after}"), false, sentence, 3)
    }

    fn changed_number_word(&self, sentence: usize) -> Option<Candidate> {
        let text = self.document.text(sentence);
        let (at, word, value) = spelled_in(text)?;
        let other = other_number_word(value, self.chance("number word", sentence).next());
        let changed = format!("{}{other}{}", &text[..at], &text[at + word.len()..]);
        self.statement(changed, false, sentence, 3)
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
            // The same for both, so that the level does not tell the key.
            level: CognitiveLevel::Remember,
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

/// A plausible other number, as round as the old one and written the same way.
pub(super) fn changed(quantity: &Quantity, roll: u64) -> String {
    let whole = quantity.value.fract() == 0.0;
    let choice = usize::try_from(roll % 4).unwrap_or(0);
    let year = whole
        && (1500.0..=2100.0).contains(&quantity.value)
        && quantity.unit.is_none()
        && !quantity.written.contains(',');
    let value = if year {
        quantity.value + [12.0, -8.0, 6.0, -14.0][choice]
    } else if whole && quantity.value <= 10.0 {
        quantity.value + [1.0, 2.0, 3.0, 4.0][choice]
    } else if is_power_of_two(quantity.value) {
        quantity.value * [2.0, 0.5, 4.0, 0.25][choice]
    } else {
        let step = roundness(quantity);
        let steps = (quantity.value * [0.4, -0.3, 0.7, -0.5][choice] / step).round();
        quantity.value + step * if steps == 0.0 { 1.0 } else { steps }
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

fn is_power_of_two(value: f64) -> bool {
    value >= 16.0 && value.log2().fract() == 0.0
}

/// The place value of the last digit that is not a zero.
fn roundness(quantity: &Quantity) -> f64 {
    let digits = quantity.written.replace(',', "");
    if let Some((_, decimals)) = digits.split_once('.') {
        return 0.1_f64.powi(i32::try_from(decimals.len()).unwrap_or(1));
    }
    let zeros = digits.len() - digits.trim_end_matches('0').len();
    10.0_f64.powi(i32::try_from(zeros.min(digits.len().saturating_sub(1))).unwrap_or(0))
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
        assert_eq!(changed(&number("It counts 8,000,000 keys."), 0), "11,000,000");
        assert_eq!(changed(&number("It was found in 1970 there."), 1), "1962");
        assert_eq!(changed(&number("It takes 8.8 hours."), 0), "12.3");
        assert_eq!(changed(&number("It takes 3 steps."), 2), "6");
        assert_eq!(changed(&number("It holds 4096 bytes."), 1), "2048");
        assert_eq!(changed(&number("It holds 50,000 bees."), 1), "30,000");
    }
}
