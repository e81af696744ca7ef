//! Sentences with a gap where a term or a number stood.

use super::super::super::gate::wording::content_stems;
use super::super::super::item::{Blank, BlankComparison, CognitiveLevel, Difficulty, ItemBody, Tolerance};
use super::super::english::{bare, is_among, is_plural, other_number};
use super::super::facts::{Article, Class, Mention, Shape, quantities_in};
use super::super::quality::has_dangling_pronoun;
use super::choice::with_gap;
use super::{Candidate, Outline, Workshop};

/// A phrase in more sentences than this is the subject of the text.
const COMMON_USES: usize = 3;

/// From three on; smaller ones are more often a manner of speaking.
const NUMBER_WORDS: [&str; 18] = [
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
];
const FIRST_NUMBER_WORD: usize = 3;

impl Workshop<'_> {
    pub(super) fn gaps(&self, section: usize) -> Vec<Candidate> {
        let defined = self
            .definitions_in(section)
            .into_iter()
            .filter_map(|index| self.defined_gap(index));
        let plain = self.plain_in(section);
        let mentioned = plain.iter().filter_map(|sentence| self.mentioned_gap(*sentence));
        let numbers = plain.iter().filter_map(|sentence| self.two_numbers(*sentence));
        let spelled = plain.iter().filter_map(|sentence| self.spelled_number(*sentence));
        defined.chain(mentioned).chain(numbers).chain(spelled).collect()
    }

    /// The definition with the term left out; it says enough for one answer only.
    fn defined_gap(&self, index: usize) -> Option<Candidate> {
        let definition = self.definition(index);
        if has_dangling_pronoun(&definition.body) || self.circular(index) {
            return None;
        }
        let (term, verb, body) = (&definition.term, &definition.verb, &definition.body);
        let repeats = !content_stems(&term.text).is_disjoint(&content_stems(body));
        let common = definition.shape == Shape::Action && self.uses(&term.text) > COMMON_USES;
        if repeats || common {
            return None;
        }
        if let Some((noun, keyword)) = keyword_of(&term.text).filter(|_| definition.list.is_none()) {
            let stem = format!("The {noun} ____ {verb} {body}.");
            return self.gap(
                stem,
                vec![text_blank(1, vec![keyword.to_owned()])],
                definition.sentence,
                4,
            );
        }
        let stem = match (definition.list, term.article) {
            (Some(_), _) => format!("The term for “{body}” is ____."),
            (None, Article::None) => format!("____ {verb} {body}."),
            (None, Article::Definite) => format!("The ____ {verb} {body}."),
            (None, Article::Indefinite) => format!("A(n) ____ {verb} {body}."),
        };
        let mut accepted = accepted_forms(&term.text, term.article == Article::Indefinite || term.plural);
        accepted.extend(initials(&term.text));
        accepted.extend(term.aliases.iter().cloned());
        self.gap(stem, vec![text_blank(1, accepted)], definition.sentence, 4)
    }

    /// A sentence that uses a name or a defined term.
    fn mentioned_gap(&self, sentence: usize) -> Option<Candidate> {
        let text = self.document.text(sentence);
        let mentions = self.facts.lexicon.mentions_in(text);
        let usable = |mention: &&Mention| !is_measure(&mention.text) && !is_attribute(text, mention);
        let known = |class: Class| {
            let fits = move |mention: &&Mention| mention.class == class && usable(mention);
            mentions.iter().filter(fits)
        };
        let introduced = known(Class::Name).find(|mention| is_introduced(text, mention));
        let chosen = introduced
            .or_else(|| known(Class::Name).chain(known(Class::Defined)).next())
            .or_else(|| known(Class::Frequent).max_by_key(|mention| mention.text.len()))?;
        let quality = match chosen.class {
            Class::Name => 3,
            Class::Defined => 2,
            Class::Frequent => 1,
        };
        // What the text speaks of all the time could stand in many places.
        if chosen.class != Class::Name && self.uses(&chosen.text) > COMMON_USES {
            return None;
        }
        let long_enough = text.split(' ').count() >= 8;
        let before = text[..chosen.range.start]
            .trim_end()
            .rsplit(' ')
            .next()
            .unwrap_or_default();
        let counted =
            chosen.class != Class::Name && matches!(before, "a" | "an" | "A" | "An" | "the" | "The");
        let blank = text_blank(1, accepted_forms(&chosen.text, counted));
        long_enough.then(|| self.gap(with_gap(text, chosen), vec![blank], sentence, quality))?
    }

    /// `A summer worker lives for about six weeks`: the number of what can be counted, in words or digits.
    fn spelled_number(&self, sentence: usize) -> Option<Candidate> {
        let text = self.document.text(sentence);
        let (at, word, value) = spelled_in(text)?;
        let stem = format!("{}____{}", &text[..at], &text[at + word.len()..]);
        let blank = text_blank(1, vec![word.to_owned(), value.to_string()]);
        self.gap(stem, vec![blank], sentence, 3)
    }

    /// How many plain sentences have the phrase.
    pub(super) fn uses(&self, phrase: &str) -> usize {
        let phrase = phrase.to_lowercase();
        let has = |sentence: &&usize| self.document.text(**sentence).to_lowercase().contains(&phrase);
        self.facts.plain.iter().filter(has).take(COMMON_USES + 1).count()
    }

    /// Two numbers of one sentence, each with its unit, so that one is told from the other.
    fn two_numbers(&self, sentence: usize) -> Option<Candidate> {
        let text = self.document.text(sentence);
        let quantities = quantities_in(text);
        let [first, second] = quantities.as_slice() else {
            return None;
        };
        let (head, middle, tail) = (
            &text[..first.range.start],
            &text[first.range.end..second.range.start],
            &text[second.range.end..],
        );
        let precise = ![first, second]
            .iter()
            .any(|quantity| quantity.approximate || quantity.bound);
        let blanks = vec![number_blank(1, &first.written), number_blank(2, &second.written)];
        let stem = format!("{head}____{middle}____{tail}");
        (precise && first.value.total_cmp(&second.value).is_ne())
            .then(|| self.gap(stem, blanks, sentence, 2))?
    }

    fn gap(&self, stem: String, blanks: Vec<Blank>, sentence: usize, quality: u8) -> Option<Candidate> {
        let outline = Outline {
            stem,
            marks: if blanks.len() > 1 { 2 } else { 1 },
            level: CognitiveLevel::Remember,
            difficulty: Difficulty::Medium,
            quality,
        };
        self.candidate(outline, ItemBody::FillBlank { blanks }, vec![sentence])
    }
}

/// The only number of a sentence that is written as a word before what it counts: where, the word and its value.
pub(super) fn spelled_in(text: &str) -> Option<(usize, &str, usize)> {
    let mut places = text.match_indices(' ').filter_map(|(at, _)| {
        let (word, after) = text[at + 1..].split_once(' ')?;
        let value = NUMBER_WORDS.iter().position(|known| *known == word)?;
        let counted = after.split(' ').next().is_some_and(|noun| is_plural(bare(noun)));
        counted.then_some((at + 1, word, value + FIRST_NUMBER_WORD))
    });
    let found = places.next()?;
    let before = text[..found.0].trim_end().rsplit(' ').next().unwrap_or_default();
    let loose = is_among(
        "the these those to or and between than least most every last first next",
        before,
    );
    (places.next().is_none() && !loose && text.split(' ').count() >= 7).then_some(found)
}

/// Another number word, some steps away.
pub(super) fn other_number_word(value: usize, roll: u64) -> &'static str {
    let own = value - FIRST_NUMBER_WORD;
    let step = 2 + usize::try_from(roll % 4).unwrap_or(0);
    NUMBER_WORDS[(own + step) % NUMBER_WORDS.len()]
}

/// `degrees ____` asks for nothing.
fn is_measure(name: &str) -> bool {
    is_among(
        "celsius fahrenheit kelvin monday tuesday wednesday thursday friday saturday sunday",
        &name.to_lowercase(),
    )
}

/// `European colonies`: an adjective before its noun, for which many others would do.
fn is_attribute(text: &str, mention: &Mention) -> bool {
    let next = text[mention.range.end..].strip_prefix(' ').unwrap_or_default();
    let adjective = ["an", "ese", "ish", "ic"]
        .iter()
        .any(|end| mention.text.ends_with(end));
    mention.class == Class::Name && adjective && next.starts_with(char::is_lowercase)
}

/// Whether the text introduces the name there (`a mite called Varroa`).
fn is_introduced(text: &str, mention: &Mention) -> bool {
    let before = text[..mention.range.start].trim_end();
    ["called", "named", "known as", "calls it", "call it"]
        .iter()
        .any(|mark| before.ends_with(mark))
}

/// The term, of what can be counted in both numbers, and with its hyphens written as spaces.
fn accepted_forms(term: &str, counted: bool) -> Vec<String> {
    let mut forms = vec![term.to_owned()];
    forms.extend(other_number(term).filter(|_| counted));
    if term.contains('-') {
        forms.extend(forms.clone().iter().map(|form| form.replace('-', " ")));
    }
    forms
}

/// `action CASCADE` is a common noun with a keyword; only the keyword is asked.
fn keyword_of(term: &str) -> Option<(&str, &str)> {
    let (noun, keyword) = term.rsplit_once(' ')?;
    let shouted = keyword.chars().count() >= 2 && keyword.chars().all(char::is_uppercase);
    (shouted && noun.chars().all(|letter| letter.is_lowercase() || letter == ' ')).then_some((noun, keyword))
}

/// `RPO` for `recovery point objective`; two words give too short an abbreviation to be anyone's meaning.
fn initials(term: &str) -> Option<String> {
    let words: Vec<&str> = term.split([' ', '-']).filter(|word| *word != "of").collect();
    let letters: String = words
        .iter()
        .filter_map(|word| word.chars().next())
        .flat_map(char::to_uppercase)
        .collect();
    (words.len() >= 3 && letters.chars().all(char::is_alphabetic)).then_some(letters)
}

fn text_blank(number: u32, accepted: Vec<String>) -> Blank {
    Blank {
        id: format!("b{number}"),
        accepted,
        comparison: BlankComparison::Normal,
        weight: 1.0,
    }
}

fn number_blank(number: u32, written: &str) -> Blank {
    let comparison = BlankComparison::Numeric {
        tolerance: Tolerance::Absolute(0.0),
    };
    Blank {
        id: format!("b{number}"),
        accepted: vec![written.replace(',', "")],
        comparison,
        weight: 1.0,
    }
}
