//! `A deadlock is a situation in which …`, `External level: the part of …`, `A cross join returns every …`.

use std::collections::BTreeMap;

use super::super::super::gate::wording::{is_stop_word, normal};
use super::super::document::Document;
use super::super::english::{bare, is_among, is_plural, without_stop};
use super::super::quality::is_clean;
use super::nouns::{CONTEXT_NOUNS, PHRASE_BREAKERS, RELATIVE_OPENERS, ROLE_NOUNS};
use super::parser::{Parser, called, is_vague};

/// The article a term is used with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Article {
    None,
    Indefinite,
    Definite,
}

/// A term as it reads inside a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Term {
    pub(in super::super) text: String,
    pub(in super::super) article: Article,
    pub(in super::super) plural: bool,
    /// Abbreviations and other names given for it.
    pub(in super::super) aliases: Vec<String>,
}

/// Which question a definition answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Shape {
    /// `is a …`: what is it?
    Noun,
    /// `means that …`, `states that …`: what does it mean?
    Clause,
    /// `occurs when …`: when does it occur?
    Event,
    /// `returns every …`: what does it do?
    Action,
}

/// A term with what the text says it is.
#[derive(Clone, Debug)]
pub(in super::super) struct Definition {
    pub(in super::super) term: Term,
    pub(in super::super) shape: Shape,
    /// `is`, `means that`, `returns` …
    pub(in super::super) verb: String,
    /// What follows the verb, without the final stop.
    pub(in super::super) body: String,
    pub(in super::super) sentence: usize,
    pub(in super::super) section: usize,
    /// Written as `term: description` in a list; the list is identified by its first entry's sentence.
    pub(in super::super) list: Option<usize>,
}

impl Term {
    /// `a deadlock`, `the buffer pool`, `normalization`.
    pub(in super::super) fn with_article(&self) -> String {
        match self.article {
            Article::None => self.text.clone(),
            Article::Definite => format!("the {}", self.text),
            Article::Indefinite if super::super::super::gate::wording::takes_an(&self.text) => {
                format!("an {}", self.text)
            }
            Article::Indefinite => format!("a {}", self.text),
        }
    }
}

/// The definitions in one sentence of prose; two when it contrasts two terms with `whereas`.
pub(super) fn defined_in(document: &Document<'_>, sentence: usize) -> Vec<Definition> {
    let text = without_stop(document.text(sentence));
    let parse = |clause: &str| {
        let parsed = Parser::of(clause, &document.casing)?
            .parse()
            .or_else(|| called(clause, &document.casing))?;
        let section = document.sentences[sentence].section;
        parsed.sound().then_some(Definition {
            sentence,
            section,
            ..parsed
        })
    };
    let contrast = text
        .split_once(", whereas ")
        .or_else(|| text.split_once(", while "));
    if let Some((first, second)) = contrast {
        return [parse(first), parse(second)].into_iter().flatten().collect();
    }
    let whole = parse(text).or_else(|| apposed(document, sentence, text));
    whole.into_iter().collect()
}

/// `… comes from the fat body, a tissue that stores protein and fat`.
fn apposed(document: &Document<'_>, sentence: usize, text: &str) -> Option<Definition> {
    let (before, body) = text
        .split_once(", a ")
        .map(|(before, rest)| (before, format!("a {rest}")))
        .or_else(|| {
            text.split_once(", an ")
                .map(|(before, rest)| (before, format!("an {rest}")))
        })?;
    let relative = [" that ", " which ", " in which "]
        .iter()
        .any(|mark| body.contains(mark));
    if body.contains([',', ';', ':']) || before.contains(',') || !relative {
        return None;
    }
    let at = [" the ", " a ", " an "]
        .iter()
        .filter_map(|mark| Some((before.rfind(mark)?, *mark)))
        .max()?;
    let name = &before[at.0 + at.1.len()..];
    let plain = name.split(' ').count() <= 3
        && !name
            .split(' ')
            .any(|word| is_among(PHRASE_BREAKERS, word) || is_stop_word(word));
    let term = Term {
        text: name.to_owned(),
        article: if at.1 == " the " {
            Article::Definite
        } else {
            Article::Indefinite
        },
        plural: false,
        aliases: Vec::new(),
    };
    let definition = Definition {
        term,
        shape: Shape::Noun,
        verb: "is".to_owned(),
        body,
        sentence,
        section: document.sentences[sentence].section,
        list: None,
    };
    (plain && !is_plural(name) && definition.sound()).then_some(definition)
}

/// The `term: description` entries of all lists.
pub(super) fn labelled_in(document: &Document<'_>) -> Vec<Definition> {
    let entries = document
        .lists
        .iter()
        .flat_map(|list| list.entries.iter().map(|entry| (list.entries[0], *entry)));
    entries
        .filter_map(|(list, entry)| labelled(document, list, entry))
        .collect()
}

fn labelled(document: &Document<'_>, list: usize, entry: usize) -> Option<Definition> {
    let sentence = &document.sentences[entry];
    let text = without_stop(&sentence.text);
    let (label, body) = text
        .split_once(": ")
        .or_else(|| text.split_once(" – "))
        .or_else(|| text.split_once(" — "))?;
    let words = label.split(' ').count();
    let (head, count) = (bare(label).to_lowercase(), body.split(' ').count());
    let sound = sentence.whole && words <= 5 && (4..=35).contains(&count) && label.chars().count() >= 2;
    let named = is_clean(label)
        && is_clean(body)
        && !is_among(ROLE_NOUNS, &head)
        && !label.contains([',', ':'])
        && !label.starts_with(|letter: char| letter.is_ascii_digit());
    let term = Term {
        text: document.casing.inside(label),
        article: Article::None,
        plural: is_plural(label),
        aliases: Vec::new(),
    };
    let body = document.casing.inside(body);
    let definition = Definition {
        term,
        shape: Shape::Noun,
        verb: "is".to_owned(),
        body,
        sentence: entry,
        section: sentence.section,
        list: Some(list),
    };
    (sound && named && !is_vague(label.split(' ').next()?) && !is_pointing(&definition.body))
        .then_some(definition)
}

fn is_pointing(body: &str) -> bool {
    body.split(' ').any(|word| {
        matches!(
            bare(word),
            "this" | "these" | "above" | "below" | "you" | "your" | "we" | "following"
        )
    })
}

/// A term that the text defines in two ways is asked in neither direction with the other as a wrong option; the first
/// definition is kept.
pub(super) fn drop_contradictions(definitions: &mut Vec<Definition>) {
    let mut seen: BTreeMap<(String, Shape), usize> = BTreeMap::new();
    definitions.sort_by_key(|definition| definition.sentence);
    definitions.retain(|definition| {
        let count = seen
            .entry((normal(&definition.term.text), definition.shape))
            .or_default();
        *count += 1;
        *count == 1
    });
}

impl Definition {
    pub(super) fn sound(&self) -> bool {
        let term_words: Vec<&str> = self.term.text.split(' ').collect();
        let head = self
            .term
            .text
            .split(" of ")
            .next()
            .unwrap_or_default()
            .split(' ')
            .next_back()
            .unwrap_or_default();
        let head = head.to_lowercase();
        let contentful = term_words
            .iter()
            .any(|word| word.chars().count() >= 2 && !is_stop_word(&word.to_lowercase()));
        let named =
            contentful && !is_among(ROLE_NOUNS, &head) && !is_among(ROLE_NOUNS, head.trim_end_matches('s'));
        let in_context = self.term.article == Article::Definite && is_among(CONTEXT_NOUNS, &head);
        let relative = is_among(RELATIVE_OPENERS, &term_words[0].to_lowercase())
            || self.term.text.contains(['/', '“', '”', '"', '?', '’', '‘']);
        let named = named && !in_context && !relative;
        let length = self.body.split(' ').count();
        let needed = if self.shape == Shape::Noun { 4 } else { 3 };
        named && (needed..=34).contains(&length) && is_clean(&self.body) && is_clean(&self.term.text)
    }
}
