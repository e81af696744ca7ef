//! The number of a statement is asked: as a question where the sentence allows it, else as a gap.

use super::super::super::item::{CognitiveLevel, Difficulty, ItemBody, Tolerance};
use super::super::english::{bare, base_form, is_among, is_plural, without_stop};
use super::super::facts::{Quantity, Row, quantities_in};
use super::super::quality::{is_auxiliary, is_pronoun, opens_with_phrase};
use super::choice::WRONG_OPTIONS;
use super::truth::changed;
use super::{Candidate, Outline, Workshop};

/// How far off an answer may be when the text itself says `about`.
const APPROXIMATE_TOLERANCE: f64 = 0.05;
/// Words between a verb and its number that say nothing by themselves.
const QUALIFIERS: [&str; 9] = [
    " about",
    " around",
    " roughly",
    " approximately",
    " nearly",
    " almost",
    " only",
    " exactly",
    " some",
];

impl Workshop<'_> {
    pub(super) fn numbers(&self, section: usize) -> Vec<Candidate> {
        let stated = self
            .plain_in(section)
            .into_iter()
            .flat_map(|sentence| self.numbers_of(sentence));
        let tables = self.facts.tables.iter().filter(|table| table.section == section);
        let listed = tables
            .flat_map(|table| &table.rows)
            .filter_map(|row| self.listed_number(row));
        stated.chain(listed).collect()
    }

    /// “Which number completes the statement?” among other numbers of the text.
    pub(super) fn number_choices(&self, section: usize) -> Vec<Candidate> {
        let plain = self.plain_in(section).into_iter();
        plain
            .filter_map(|sentence| self.number_choice(sentence))
            .collect()
    }

    fn number_choice(&self, sentence: usize) -> Option<Candidate> {
        let text = self.document.text(sentence);
        let asked = asked_in(text);
        let quantity = asked
            .first()
            .filter(|quantity| !quantity.bound && !quantity.approximate)?;
        let mut chance = self.chance("number choice", sentence);
        let mut wrong: Vec<String> = Vec::new();
        for _ in 0..24 {
            let other = changed(quantity, chance.next());
            if wrong.len() < WRONG_OPTIONS && !wrong.contains(&other) && !text.contains(&other) {
                wrong.push(other);
            }
        }
        let stem = match self.direct_question(text, quantity) {
            Some(question) => question,
            None => format!(
                "Which number completes the statement? “{}”",
                with_gap(text, quantity)
            ),
        };
        let outline = Outline {
            stem,
            marks: 1,
            level: CognitiveLevel::Remember,
            difficulty: Difficulty::Easy,
            quality: 3,
        };
        self.choice(outline, quantity.written.clone(), &wrong, sentence)
    }

    fn numbers_of(&self, sentence: usize) -> Vec<Candidate> {
        let text = self.document.text(sentence);
        let asked = asked_in(text);
        asked
            .iter()
            .filter_map(|quantity| self.number(text, quantity, sentence))
            .collect()
    }

    fn number(&self, text: &str, quantity: &Quantity, sentence: usize) -> Option<Candidate> {
        let asked = self.direct_question(text, quantity);
        let direct = asked.is_some();
        let stem = asked.unwrap_or_else(|| {
            format!(
                "Which number completes the statement? “{}”",
                with_gap(text, quantity)
            )
        });
        let tolerance = if quantity.approximate {
            Tolerance::Relative(APPROXIMATE_TOLERANCE)
        } else {
            Tolerance::Absolute(0.0)
        };
        let body = ItemBody::Numeric {
            key: quantity.value,
            tolerance,
            unit: quantity.unit.clone(),
        };
        let quality = if direct || quantity.unit.is_some() { 4 } else { 3 };
        self.candidate(stated(stem, quality), body, vec![sentence])
    }

    fn listed_number(&self, row: &Row) -> Option<Candidate> {
        let section = self.document.sentences[row.sentence].section;
        let title = &self.document.sections[section].title;
        let (label, unit) = (&row.label, &row.unit);
        let verb = super::super::facts::copula(label, false);
        let stem = format!("According to the table in “{title}”, what {verb} the {label}, in {unit}?");
        let body = ItemBody::Numeric {
            key: row.value,
            tolerance: Tolerance::Absolute(0.0),
            unit: Some(unit.clone()),
        };
        self.candidate(stated(stem, 4), body, vec![row.sentence])
    }

    fn direct_question(&self, text: &str, quantity: &Quantity) -> Option<String> {
        let head = text[..quantity.range.start].trim_end();
        let tail = without_stop(text[quantity.range.end..].trim_start());
        let head = QUALIFIERS
            .iter()
            .find_map(|word| head.strip_suffix(word))
            .unwrap_or(head);
        if quantity.bound || head.contains(',') || opens_with_phrase(text) || tail.contains([',', ';', ':']) {
            return None;
        }
        self.feature(head, tail, quantity)
            .or_else(|| self.measure(head, tail, quantity))
            .or_else(|| self.count(head, tail, quantity))
    }

    /// `A log segment has a default size of 16 megabytes` → `What default size does a log segment have, in megabytes?`
    fn feature(&self, head: &str, tail: &str, quantity: &Quantity) -> Option<String> {
        let unit = quantity.unit.as_deref()?;
        let head = head.strip_suffix(" of")?;
        let rest = tail.strip_prefix(unit)?;
        let verbs = [
            (" has a ", "have"),
            (" has an ", "have"),
            (" uses a ", "use"),
            (" requires a ", "require"),
        ];
        let (subject, feature, verb) = verbs.iter().find_map(|(mark, verb)| {
            head.split_once(mark)
                .map(|(subject, feature)| (subject, feature, *verb))
        })?;
        let plain = subject.split(' ').count() <= 8 && feature.split(' ').count() <= 4;
        let subject = self.document.casing.inside(subject);
        (plain && rest.is_empty()).then(|| format!("What {feature} does {subject} {verb}, in {unit}?"))
    }

    /// `The tightening torque of the rotor nut is 8 newton metres` → `What is the tightening torque of the rotor nut, in …?`
    fn measure(&self, head: &str, tail: &str, quantity: &Quantity) -> Option<String> {
        let subject = head.strip_suffix(" is")?;
        let words: Vec<&str> = subject.split(' ').collect();
        let plain = (2..=11).contains(&words.len()) && matches!(words[0], "The" | "A" | "An");
        let relative = words
            .iter()
            .any(|word| is_among("that which who", word) || is_pronoun(word));
        let unit = tail.split(' ').take(3).collect::<Vec<_>>().join(" ");
        let whole = !tail.is_empty() && tail.split(' ').count() <= 3 && !tail.contains(char::is_numeric);
        let subject = self.document.casing.inside(subject);
        (plain && !relative && whole && quantity.unit.is_some())
            .then(|| format!("What is {subject}, in {unit}?"))
    }

    /// `The memory holds 50 programs` → `How many programs does the memory hold?`
    fn count(&self, head: &str, tail: &str, quantity: &Quantity) -> Option<String> {
        let (subject, verb) = head.rsplit_once(' ')?;
        let words: Vec<&str> = subject.split(' ').collect();
        let counted = verb.ends_with('s') && (verb.len() > 4 || verb == "has") && !verb.ends_with("ss");
        let plain = (1..=9).contains(&words.len())
            && !words
                .iter()
                .any(|word| is_among("that which who and or", word) || is_pronoun(word))
            && !words.iter().skip(1).any(|word| is_auxiliary(word))
            && words
                .last()
                .is_some_and(|head| !is_plural(head) && !is_among("a an the", head));
        let (noun, rest) = counted_noun(tail)?;
        let percentage = quantity
            .unit
            .as_deref()
            .is_some_and(|unit| unit.starts_with(['%', 'p']));
        let subject = self.document.casing.inside(subject);
        let rest = if rest.is_empty() {
            String::new()
        } else {
            format!(" {rest}")
        };
        let digits = rest.contains(char::is_numeric);
        (counted && plain && !percentage && !digits)
            .then(|| format!("How many {noun} does {subject} {}{rest}?", base_form(verb)))
    }
}

/// The plural noun a number counts, and what follows it.
fn counted_noun(tail: &str) -> Option<(&str, &str)> {
    let words: Vec<&str> = tail.split(' ').collect();
    let last = words
        .iter()
        .take(3)
        .position(|word| is_plural(bare(word)) || is_among("metres feet", word))?;
    let small = words[..=last]
        .iter()
        .all(|word| word.chars().all(|letter| letter.is_lowercase() || letter == '-'));
    let length: usize = words[..=last].iter().map(|word| word.len() + 1).sum();
    let noun = tail.get(..length - 1)?;
    let rest = tail.get(length..).unwrap_or_default();
    let opener = rest.split(' ').next().unwrap_or_default();
    let closed = rest.is_empty()
        || is_among(
            "in on for at of with from to without per after before during",
            opener,
        );
    (small && closed).then_some((noun, rest))
}

fn stated(stem: String, quality: u8) -> Outline {
    Outline {
        stem,
        marks: 2,
        level: CognitiveLevel::Remember,
        difficulty: Difficulty::Medium,
        quality,
    }
}

fn with_gap(text: &str, quantity: &Quantity) -> String {
    format!(
        "{}____{}",
        &text[..quantity.range.start],
        &text[quantity.range.end..]
    )
}

/// The numbers of a sentence that are knowledge: several bare counts in one sentence are an example.
fn asked_in(text: &str) -> Vec<Quantity> {
    let quantities = quantities_in(text);
    let bare_counts = quantities
        .iter()
        .filter(|quantity| quantity.unit.is_none() && quantity.value < 1000.0)
        .count();
    if bare_counts > 1 || quantities.len() > 3 {
        return Vec::new();
    }
    quantities.into_iter().filter(is_worth_asking).collect()
}

/// A lone `1` is more often a word than an amount.
fn is_worth_asking(quantity: &Quantity) -> bool {
    quantity.unit.is_some() || quantity.value > 1.0
}
