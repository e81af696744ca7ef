//! What a reason in a model's words has to keep to.

use std::collections::BTreeSet;
use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

use super::super::model::{Pick, SkillEstimate};
use super::super::reasons::Figures;
use crate::llm::{is_invisible, visible_words};

/// Characters of a reason.
const LENGTH: std::ops::RangeInclusive<usize> = 20..=600;
/// What links, addresses and markup have; texts are compared in lower case and compatibility forms.
const MARKUP: [&str; 11] = [
    "<",
    ">",
    "`",
    "@",
    "://",
    "www.",
    "mailto:",
    "javascript:",
    "](",
    "&#",
    "\\",
];
/// Quotation marks that begin with the first character and end with one of the others.
const QUOTATIONS: [(char, &[char]); 5] = [
    ('“', &['”', '“']),
    ('"', &['"']),
    ('„', &['“', '”']),
    ('«', &['»']),
    ('‘', &['’']),
];

/// The check that a reason fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// It is too short or too long.
    Length,
    /// It has line breaks, control or invisible characters.
    Layout,
    /// It has a link, an address or markup.
    Markup,
    /// The numbers in brackets are not those cited, or not the pick's.
    Citation,
    /// It quotes what no cited sentence says.
    Quotation,
    /// It has a percentage that is none of the facts, or a number that is nowhere.
    Number,
    /// It names another entry of the catalogue.
    OtherEntry,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "is too short or too long",
            Self::Layout => "has line breaks or characters that cannot be seen",
            Self::Markup => "has a link, an address or markup",
            Self::Citation => "does not cite exactly its evidence, by numbers in square brackets",
            Self::Quotation => "quotes what no sentence that it cites says",
            Self::Number => "has a percentage or number that is not in its evidence",
            Self::OtherEntry => "names another credential",
        })
    }
}

/// What may be said of one pick.
pub(super) struct Allowed {
    /// The sentences of its evidence.
    snippets: Vec<String>,
    /// Percentages that may be said.
    percentages: BTreeSet<String>,
    /// Other numbers that may be said.
    numbers: BTreeSet<String>,
    /// Words with a dot inside that may be said.
    dotted: BTreeSet<String>,
    /// Titles that may not be said.
    titles: Vec<String>,
}

impl Allowed {
    /// For a pick with the skills of its traces; `titles` are those of all entries, folded.
    pub(super) fn of(pick: &Pick, skills: &[&SkillEstimate], titles: &[String]) -> Self {
        let visible = |text: &str| visible_words(text, usize::MAX);
        let snippets: Vec<String> = pick.traces.iter().map(|trace| visible(&trace.snippet)).collect();
        let names = skills.iter().map(|skill| skill.name.as_str());
        let names: Vec<&str> = names.chain([pick.content.title.as_str()]).collect();
        let figures = skills.iter().map(|skill| Figures::of(skill));
        let percentages = figures.flat_map(|figures| [figures.reached, figures.asked]);
        let percentages: BTreeSet<String> = percentages
            .flat_map(|figure| numbers_in(&plain(&figure)))
            .map(|number| number.value)
            .collect();
        let said = names.iter().copied().chain(snippets.iter().map(String::as_str));
        let numbers = said.flat_map(|text| numbers_in(&plain(text)));
        let own: Vec<String> = names.iter().map(|name| folded(name)).collect();
        let is_other = |title: &&String| !own.iter().any(|own| own.contains(title.as_str()));
        Self {
            numbers: numbers
                .map(|number| number.value)
                .chain(percentages.clone())
                .collect(),
            percentages,
            dotted: skills
                .iter()
                .flat_map(|skill| dotted_words(&plain(&skill.name)))
                .collect(),
            titles: titles.iter().filter(is_other).cloned().collect(),
            snippets,
        }
    }

    /// The first check that a text with these citations fails.
    pub(super) fn flaw_of(&self, text: &str, cites: &BTreeSet<usize>) -> Option<Flaw> {
        let plain = plain(text);
        let checks = [
            (LENGTH.contains(&text.chars().count()), Flaw::Length),
            (!text.chars().any(is_hidden), Flaw::Layout),
            (self.is_free_of_markup(&plain), Flaw::Markup),
            (self.cites_its_evidence(text, cites), Flaw::Citation),
            (self.quotes_its_evidence(text, cites), Flaw::Quotation),
            (self.has_known_numbers(&plain), Flaw::Number),
            (self.names_no_other_entry(text), Flaw::OtherEntry),
        ];
        checks
            .into_iter()
            .find_map(|(passes, flaw)| (!passes).then_some(flaw))
    }

    fn is_free_of_markup(&self, plain: &str) -> bool {
        let brackets = plain
            .match_indices('[')
            .all(|(at, _)| citation(&plain[at..]).is_some());
        let addresses = dotted_words(plain).iter().any(|word| !self.dotted.contains(word));
        brackets && !addresses && !MARKUP.iter().any(|mark| plain.contains(mark))
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

    fn has_known_numbers(&self, plain: &str) -> bool {
        let without = without_citations(plain);
        let numbers = numbers_in(&without);
        let known = |number: &Number| {
            let allowed = if number.is_percentage {
                &self.percentages
            } else {
                &self.numbers
            };
            allowed.contains(&number.value)
        };
        let percentages = numbers.iter().filter(|number| number.is_percentage).count();
        // Every sign of a percentage belongs to a number, and every digit is one that is understood.
        numbers.iter().all(known)
            && percentages == percent_signs(&without)
            && !without.chars().any(|c| c.is_numeric() && !c.is_ascii_digit())
    }

    fn names_no_other_entry(&self, text: &str) -> bool {
        let text = folded(text);
        !self.titles.iter().any(|title| text.contains(title))
    }
}

/// Titles as they are compared; those without a letter are left out.
pub(super) fn folded_titles(titles: &[&str]) -> Vec<String> {
    let distinct: BTreeSet<String> = titles.iter().map(|title| folded(title)).collect();
    distinct
        .into_iter()
        .filter(|title| !title.trim().is_empty())
        .collect()
}

/// Compatibility forms in lower case.
fn plain(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).collect()
}

/// Words in lower case between single blanks, with one before and one behind.
fn folded(text: &str) -> String {
    let plain: String = plain(text)
        .chars()
        .filter(|character| !is_invisible(*character))
        .collect();
    let words = plain.split(|character: char| !character.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    format!(" {} ", words.join(" "))
}

fn is_hidden(character: char) -> bool {
    character.is_control() || is_invisible(character) || matches!(character, '\u{2028}' | '\u{2029}')
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

/// What stands in quotation marks; none if one of them does not end.
fn quotations(text: &str) -> Option<Vec<&str>> {
    let mut quotes = Vec::new();
    let mut rest = text;
    while let Some((at, mark)) = rest.char_indices().find(|(_, mark)| is_quotation_mark(*mark)) {
        let inside = &rest[at + mark.len_utf8()..];
        // One that only ends a quotation begins none.
        let (_, ends) = QUOTATIONS.iter().find(|(begin, _)| *begin == mark)?;
        let (end, closing) = inside.char_indices().find(|(_, mark)| ends.contains(mark))?;
        quotes.push(&inside[..end]);
        rest = &inside[end + closing.len_utf8()..];
    }
    Some(quotes)
}

fn is_quotation_mark(character: char) -> bool {
    matches!(character, '“' | '”' | '"' | '„' | '«' | '»' | '‘')
}

/// A number in a text.
struct Number {
    /// Digits, with a dot before decimals and no zeros that say nothing.
    value: String,
    is_percentage: bool,
}

fn numbers_in(plain: &str) -> Vec<Number> {
    let characters: Vec<char> = plain.chars().collect();
    let is_digit = |at: usize| characters.get(at).is_some_and(char::is_ascii_digit);
    let mut numbers = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        let start = at;
        while is_digit(at)
            || (at > start && matches!(characters.get(at), Some('.' | ',')) && is_digit(at + 1))
        {
            at += 1;
        }
        if at == start {
            at += 1;
            continue;
        }
        let written: String = characters[start..at].iter().collect();
        let rest: String = characters[at..].iter().take(12).collect();
        numbers.push(Number {
            value: canonical(&written),
            is_percentage: begins_with_percent(rest.trim_start()),
        });
    }
    numbers
}

/// `042,50` as `42.5`.
fn canonical(written: &str) -> String {
    let dotted = written.replace(',', ".");
    let decimals = if dotted.contains('.') {
        dotted.trim_end_matches('0').trim_end_matches('.')
    } else {
        dotted.as_str()
    };
    match decimals.trim_start_matches('0') {
        whole if whole.is_empty() || whole.starts_with('.') => format!("0{whole}"),
        whole => whole.to_owned(),
    }
}

/// Whether what stands behind a number makes it a percentage; "percentage points" do not.
fn begins_with_percent(rest: &str) -> bool {
    rest.starts_with('%')
        || ["percent", "per cent"].iter().any(|word| {
            rest.strip_prefix(word)
                .is_some_and(|rest| !rest.starts_with(char::is_alphabetic))
        })
}

fn percent_signs(plain: &str) -> usize {
    let places = plain.char_indices();
    places
        .filter(|(at, _)| begins_with_percent(&plain[*at..]))
        .count()
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
