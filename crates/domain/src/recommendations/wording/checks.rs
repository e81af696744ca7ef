//! What a reason in a model's words has to keep to.

use std::collections::BTreeSet;
use std::fmt;

use unicode_normalization::char::is_combining_mark;

use super::super::model::{Pick, SkillEstimate};
use super::super::reasons::Figures;
use super::numbers::{Number, Percentages, are_understood, numbers_in};
use super::quotations::quotations;
use super::titles::{folded, plain};
use crate::llm::{is_unprintable, visible_words};

/// Characters of a reason that are neither blank nor put upon others.
const LEAST_CHARACTERS: usize = 20;
/// Characters of a reason, whichever they are.
const MOST_CHARACTERS: usize = 600;
/// What links, addresses and markup have; texts are compared in lower case and compatibility forms.
const MARKUP: [&str; 12] = [
    "<",
    ">",
    "`",
    "@",
    "://",
    "www.",
    "mailto:",
    "javascript:",
    "data:",
    "](",
    "&#",
    "\\",
];
/// Characters of markup that a reason may only have where its pick has them, as in `C#`.
const MARKS: [char; 10] = ['*', '_', '#', '~', '|', '^', '{', '}', '$', '='];
/// What English is written with beside ASCII and Latin letters.
const PUNCTUATION: [char; 7] = ['“', '”', '‘', '’', '–', '—', '…'];

/// The check that a reason fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// It is too short or too long.
    Length,
    /// It has line breaks, control or invisible characters.
    Layout,
    /// It has a character that is neither English nor of the pick.
    Character,
    /// It has a link, an address or markup.
    Markup,
    /// The numbers in brackets are not those cited, or not the pick's.
    Citation,
    /// It quotes what no cited sentence says.
    Quotation,
    /// It has a percentage that is none of the facts, or a number that is nowhere.
    Number,
    /// What was reached is said to be asked for, or the other way round.
    Swapped,
    /// It names another entry of the catalogue.
    OtherEntry,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "is too short or too long",
            Self::Layout => "has line breaks or characters that cannot be seen",
            Self::Character => "has characters that are neither English nor in its evidence",
            Self::Markup => "has a link, an address or markup",
            Self::Citation => "does not cite exactly its evidence, by numbers in square brackets",
            Self::Quotation => "quotes what no sentence that it cites says",
            Self::Number => "has a percentage or number that is not in its evidence",
            Self::Swapped => "says that what is asked for was reached, or the other way round",
            Self::OtherEntry => "names another credential",
        })
    }
}

/// What may be said of one pick.
pub(super) struct Allowed<'a> {
    /// The sentences of its evidence.
    snippets: Vec<String>,
    percentages: Percentages,
    /// Other numbers that may be said.
    numbers: BTreeSet<String>,
    /// Words with a dot inside that may be said.
    dotted: BTreeSet<String>,
    /// Characters of its title, provider, sentences and skills, as they are and in compatibility forms.
    characters: BTreeSet<char>,
    /// The same texts, folded.
    own: Vec<String>,
    /// Titles that may not be said where they are none of its own words, folded.
    titles: &'a [&'a str],
}

impl<'a> Allowed<'a> {
    /// For a pick with the skills of its traces; `titles` are those that tell entries apart, folded.
    pub(super) fn of(pick: &Pick, skills: &[&SkillEstimate], titles: &'a [&'a str]) -> Self {
        let visible = |text: &str| visible_words(text, usize::MAX);
        let snippets: Vec<String> = pick.traces.iter().map(|trace| visible(&trace.snippet)).collect();
        let names = skills.iter().map(|skill| skill.name.as_str());
        let names: Vec<&str> = names.chain([pick.content.title.as_str()]).collect();
        let said: Vec<&str> = names
            .into_iter()
            .chain(snippets.iter().map(String::as_str))
            .collect();
        let own: Vec<&str> = said
            .iter()
            .copied()
            .chain([pick.content.provider.as_str()])
            .collect();
        let percentages = percentages_of(skills);
        let numbers = said.iter().flat_map(|text| values(text));
        let figures = percentages.reached.iter().chain(&percentages.asked).cloned();
        Self {
            numbers: numbers.chain(figures).collect(),
            dotted: skills
                .iter()
                .flat_map(|skill| dotted_words(&plain(&skill.name)))
                .collect(),
            characters: own
                .iter()
                .flat_map(|text| text.chars().chain(plain(text).chars()).collect::<Vec<_>>())
                .collect(),
            own: own.iter().map(|text| folded(text)).collect(),
            percentages,
            titles,
            snippets,
        }
    }

    /// The first check that a text with these citations fails.
    pub(super) fn flaw_of(&self, text: &str, cites: &BTreeSet<usize>) -> Option<Flaw> {
        // Nothing else is looked for in what may be very long.
        if !has_length(text) {
            return Some(Flaw::Length);
        }
        let plain = plain(text);
        let without = without_citations(&plain);
        let numbers = numbers_in(&without);
        let is_known = |number: &Number| {
            if number.is_percentage {
                self.percentages.contains(&number.value)
            } else {
                self.numbers.contains(&number.value)
            }
        };
        let numbers_are_known = numbers.iter().all(is_known) && are_understood(&without, &numbers);
        let checks = [
            (!text.contains(is_unprintable), Flaw::Layout),
            (self.knows_its_characters(text), Flaw::Character),
            (self.is_free_of_markup(&plain), Flaw::Markup),
            (self.cites_its_evidence(text, cites), Flaw::Citation),
            (self.quotes_its_evidence(text, cites), Flaw::Quotation),
            (numbers_are_known, Flaw::Number),
            (self.percentages.are_told_apart(&numbers), Flaw::Swapped),
            (self.names_no_other_entry(text), Flaw::OtherEntry),
        ];
        checks
            .into_iter()
            .find_map(|(passes, flaw)| (!passes).then_some(flaw))
    }

    fn knows_its_characters(&self, text: &str) -> bool {
        text.chars().all(|character| match character {
            ' '..='~' => true,
            '\u{c0}'..='\u{24f}' if character.is_alphabetic() => true,
            _ => PUNCTUATION.contains(&character) || self.characters.contains(&character),
        })
    }

    fn is_free_of_markup(&self, plain: &str) -> bool {
        let is_mark = |mark: char| MARKS.contains(&mark) && !self.characters.contains(&mark);
        let brackets = plain
            .match_indices('[')
            .all(|(at, _)| citation(&plain[at..]).is_some());
        let addresses = dotted_words(plain).iter().any(|word| !self.dotted.contains(word));
        brackets
            && !addresses
            && !begins_a_list(plain)
            && !plain.contains(is_mark)
            && !MARKUP.iter().any(|mark| plain.contains(mark))
    }

    fn cites_its_evidence(&self, text: &str, cites: &BTreeSet<usize>) -> bool {
        let said = text
            .match_indices('[')
            .filter_map(|(at, _)| citation(&text[at..]));
        let said: BTreeSet<usize> = said.map(|(number, _)| number).collect();
        let evidence = 1..=self.snippets.len();
        !cites.is_empty() && said == *cites && cites.iter().all(|cite| evidence.contains(cite))
    }

    fn quotes_its_evidence(&self, text: &str, cites: &BTreeSet<usize>) -> bool {
        let sentences: Vec<&String> = cites
            .iter()
            .filter_map(|cite| self.snippets.get(cite.checked_sub(1)?))
            .collect();
        let is_there = |quote: &str| {
            let quote = quote.trim_matches(|c: char| c.is_whitespace() || matches!(c, '…' | '.' | ',' | ';'));
            !quote.is_empty() && sentences.iter().any(|snippet| snippet.contains(quote))
        };
        quotations(text).is_some_and(|quotes| quotes.into_iter().all(is_there))
    }

    fn names_no_other_entry(&self, text: &str) -> bool {
        let text = folded(text);
        let is_own = |title: &str| self.own.iter().any(|own| own.contains(title));
        !self
            .titles
            .iter()
            .any(|title| text.contains(title) && !is_own(title))
    }
}

fn percentages_of(skills: &[&SkillEstimate]) -> Percentages {
    let mut percentages = Percentages::default();
    for skill in skills {
        let Figures { reached, asked } = Figures::of(skill);
        percentages.reached.extend(values(&reached));
        percentages.asked.extend(values(&asked));
    }
    percentages
}

fn values(text: &str) -> Vec<String> {
    let numbers = numbers_in(&plain(text)).into_iter();
    numbers.map(|number| number.value).collect()
}

fn has_length(text: &str) -> bool {
    let counts = |character: &char| {
        !character.is_whitespace() && !is_unprintable(*character) && !is_combining_mark(*character)
    };
    text.chars().filter(counts).count() >= LEAST_CHARACTERS && text.chars().count() <= MOST_CHARACTERS
}

/// Whether a text begins like an entry of a list: `- `, `+ `, `1. `, `1) `.
fn begins_a_list(text: &str) -> bool {
    let text = text.trim_start();
    let behind = text.trim_start_matches(|character: char| character.is_ascii_digit());
    let numbered = behind.len() < text.len()
        && behind
            .strip_prefix(['.', ')'])
            .is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()));
    numbered || text.starts_with(['-', '+'])
}

/// The number in brackets that a text begins with, and its length in bytes.
fn citation(text: &str) -> Option<(usize, usize)> {
    let inside = text.strip_prefix('[')?;
    let end = inside.find(']')?;
    let digits = &inside[..end];
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.parse().ok().filter(|_| is_number)?;
    Some((number, end + 2))
}

fn without_citations(text: &str) -> String {
    let mut without = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('[') {
        without.push_str(&rest[..at]);
        let length = citation(&rest[at..]).map_or(1, |(_, length)| length);
        without.push(' ');
        rest = &rest[at + length..];
    }
    without.push_str(rest);
    without
}

/// Words with a dot between letters, like the names of sites; an abbreviation (`e.g.`) has one letter behind the dot.
fn dotted_words(plain: &str) -> Vec<String> {
    let words = plain.split(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '/' | '_')));
    let dotted = words.map(|word| word.trim_matches('.')).filter(|word| {
        word.split('.').skip(1).any(|behind| {
            let letters = behind.chars().take_while(|c| c.is_alphabetic());
            letters.count() > 1
        })
    });
    dotted.map(str::to_owned).collect()
}
