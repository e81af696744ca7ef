//! The words worth asking for: defined terms, names, abbreviations and phrases the text keeps using.

use std::collections::BTreeMap;

use super::super::super::gate::wording::{is_stop_word, normal};
use super::super::document::Document;
use super::super::english::{bare, is_among, is_plural};
use super::definitions::Definition;

/// What makes a phrase worth asking for, best last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Class {
    Frequent,
    Defined,
    Name,
}

/// A phrase of the lexicon at one place of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Mention {
    /// As written there.
    pub(in super::super) text: String,
    /// Byte range in the sentence.
    pub(in super::super) range: std::ops::Range<usize>,
    pub(in super::super) class: Class,
}

/// A phrase of the lexicon as it reads inside a sentence.
#[derive(Clone, Debug)]
pub(in super::super) struct Entry {
    pub(in super::super) text: String,
    pub(in super::super) lower: String,
    pub(in super::super) class: Class,
    pub(in super::super) plural: bool,
}

#[derive(Debug, Default)]
pub(in super::super) struct Lexicon {
    /// Phrases in normal form under their first word.
    phrases: BTreeMap<String, Vec<(String, Class)>>,
    /// Every phrase, in order of normal form.
    pub(in super::super) entries: Vec<Entry>,
}

const LONGEST_PHRASE: usize = 5;
const FREQUENT_USES: usize = 3;
/// Capitals of emphasis and of calendars, not of names worth asking for.
const EMPHATIC: [&str; 24] = [
    "MUST",
    "SHOULD",
    "SHALL",
    "MAY",
    "NOT",
    "REQUIRED",
    "OPTIONAL",
    "RECOMMENDED",
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
    "Note",
    "OK",
    "TODO",
    "Chapter",
];
/// Nouns too general to be the point of a sentence.
const GENERAL_NOUNS: &str = "\
    number example section system problem result process method following function purpose structure \
    position different question certain particular previous current specific general several original \
    present document changes";

impl Lexicon {
    pub(super) fn of(document: &Document<'_>, definitions: &[Definition], plain: &[usize]) -> Self {
        let mut found: BTreeMap<String, (String, Class)> = BTreeMap::new();
        for phrase in frequent(document, plain) {
            found.insert(normal(&phrase), (phrase, Class::Frequent));
        }
        for definition in definitions {
            found.insert(
                normal(&definition.term.text),
                (definition.term.text.clone(), Class::Defined),
            );
        }
        for index in plain {
            for name in names_in(document, document.text(*index)) {
                found.insert(normal(&name), (name, Class::Name));
            }
        }
        let mut lexicon = Self::default();
        for (key, (text, class)) in found {
            let first = key.split(' ').next().unwrap_or_default().to_owned();
            if key.len() >= 3 {
                lexicon.phrases.entry(first).or_default().push((key, class));
                lexicon.entries.push(Entry {
                    lower: text.to_lowercase(),
                    plural: is_plural(&text),
                    text,
                    class,
                });
            }
        }
        lexicon
    }

    /// The longest phrases of the lexicon in a sentence, left to right; a phrase that stands there twice is left out.
    pub(in super::super) fn mentions_in(&self, sentence: &str) -> Vec<Mention> {
        let words = words_with_places(sentence);
        let mut mentions: Vec<Mention> = Vec::new();
        let mut index = 0;
        while index < words.len() {
            match self.longest_at(&words[index..], sentence) {
                Some((length, mention)) => {
                    mentions.push(mention);
                    index += length;
                }
                None => index += 1,
            }
        }
        let whole = normal(sentence);
        let count = |text: &str| whole.matches(&normal(text)).count();
        mentions.retain(|mention| count(&mention.text) == 1);
        mentions
    }

    fn longest_at(&self, words: &[(usize, &str)], sentence: &str) -> Option<(usize, Mention)> {
        let candidates = self.phrases.get(normal(words.first()?.1).split(' ').next()?)?;
        (1..=words.len().min(LONGEST_PHRASE)).rev().find_map(|length| {
            let (last_at, last) = words[length - 1];
            let broken = words[..length - 1]
                .iter()
                .any(|(_, word)| word.ends_with([',', ';', ':', ')', '.']));
            let (from, to) = (words[0].0, last_at + last.len());
            let slice = sentence.get(from..to)?;
            let text = bare(slice);
            let key = normal(text);
            let (_, class) = candidates.iter().find(|(phrase, _)| *phrase == key)?;
            let start = from + slice.find(text)?;
            let mention = Mention {
                text: text.to_owned(),
                range: start..start + text.len(),
                class: *class,
            };
            (!broken).then_some((length, mention))
        })
    }
}

fn words_with_places(sentence: &str) -> Vec<(usize, &str)> {
    let mut at = 0;
    let mut words = Vec::new();
    for word in sentence.split(' ') {
        words.push((at, word));
        at += word.len() + 1;
    }
    words
}

/// Runs of capitalised words inside a sentence, and words in capitals.
fn names_in(document: &Document<'_>, sentence: &str) -> Vec<String> {
    let words: Vec<&str> = sentence.split(' ').collect();
    let mut names = Vec::new();
    let mut run: Vec<&str> = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let plain = bare(word);
        let grammar =
            is_stop_word(&plain.to_lowercase()) || EMPHATIC.contains(&plain) || plain.chars().count() < 2;
        let shouted = plain.chars().all(char::is_uppercase);
        // The first word of a sentence has its capital anyway; only a name right behind it makes it one.
        let led = index > 0 || words.get(1).is_some_and(|next| document.casing.is_name(next));
        let fits = !grammar && (shouted || plain.starts_with(char::is_uppercase) && led);
        if fits && plain.len() >= word.trim_end_matches(['.', ',', ')', ';', ':']).len() {
            run.push(plain);
        }
        if (!fits || word.ends_with([',', '.', ';', ':', ')'])) && !run.is_empty() {
            names.push(std::mem::take(&mut run));
        }
    }
    let is_shouted = |word: &&str| word.chars().all(char::is_uppercase);
    let sound = |run: &Vec<&str>| {
        run.len() <= 4
            && run
                .iter()
                .any(|word| is_shouted(word) || document.casing.is_name(word))
    };
    names.into_iter().filter(sound).map(|run| run.join(" ")).collect()
}

/// One- and two-word phrases that the text keeps using after an article.
fn frequent(document: &Document<'_>, plain: &[usize]) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for index in plain {
        let words: Vec<&str> = document.text(*index).split(' ').collect();
        for start in 1..words.len() {
            let led = matches!(words[start - 1].to_lowercase().as_str(), "a" | "an" | "the");
            let phrase = if led { noun_after(&words[start..]) } else { None };
            if let Some(phrase) = phrase {
                *counts.entry(phrase).or_default() += 1;
            }
        }
    }
    counts.retain(|_, count| *count >= FREQUENT_USES);
    counts.into_keys().collect()
}

/// The noun phrase after an article: one word before a verb or preposition, or two.
fn noun_after(words: &[&str]) -> Option<String> {
    let content = |word: &&str| {
        let small = word.chars().all(|letter| letter.is_lowercase() || letter == '-');
        small
            && word.len() >= 4
            && !is_stop_word(word)
            && !["ly", "ing", "ed"].iter().any(|end| word.ends_with(end))
    };
    let ended = |word: &str| word.ends_with([',', '.', ';', ':', ')']);
    let first = words.first()?;
    let plain = bare(first);
    if !content(&plain) {
        return None;
    }
    let stops = ended(first)
        || words
            .get(1)
            .is_none_or(|next| is_stop_word(&bare(next).to_lowercase()));
    if stops {
        return (plain.len() >= 6 && !is_among(GENERAL_NOUNS, plain)).then(|| plain.to_owned());
    }
    let second = bare(words.get(1)?);
    let closed = ended(words[1])
        || words
            .get(2)
            .is_none_or(|next| is_stop_word(&bare(next).to_lowercase()));
    (closed && content(&second) && !is_plural(second)).then(|| format!("{plain} {second}"))
}
