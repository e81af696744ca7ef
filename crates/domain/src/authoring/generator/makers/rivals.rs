//! Wrong options: other terms of the same text, those most easily confused with the right one first.

use std::collections::BTreeSet;

use super::super::super::gate::wording::{content_stems, has_phrase, is_stop_word, normal, stem};
use super::super::english::is_among;
use super::super::facts::{Definition, Shape};
use super::Workshop;

/// Up to this many definitions all are compared with all.
const FEW_DEFINITIONS: usize = 300;

/// What is compared of a defined term, worked out once.
pub(super) struct Profile {
    normal_term: String,
    normal_body: String,
    words: BTreeSet<String>,
    head: String,
    /// All capitals, a capital, or small.
    case: u8,
    word_count: usize,
    ending: String,
}

impl Profile {
    pub(super) fn of(definition: &Definition) -> Self {
        let term = &definition.term.text;
        let normal_term = normal(term);
        let main = normal_term.split(" of ").next().unwrap_or_default();
        let head = stem(main.split(' ').next_back().unwrap_or_default());
        Self {
            words: content_stems(term),
            case: case_of(term),
            word_count: term.split(' ').count(),
            ending: normal_term.chars().rev().take(3).collect(),
            normal_body: normal(&definition.body),
            head,
            normal_term,
        }
    }
}

/// 0 small, 1 capital first letter, 2 capitals.
pub(super) fn case_of(text: &str) -> u8 {
    let mut capitals = text.chars().map(char::is_uppercase);
    match (capitals.next(), capitals.next()) {
        (Some(true), Some(true)) => 2,
        (Some(true), _) => 1,
        _ => 0,
    }
}

impl Workshop<'_> {
    /// Up to `count` definitions whose terms could be mistaken for this one and are certainly not right in its place.
    pub(super) fn rivals(&self, of: usize, count: usize, fits: &dyn Fn(&Definition) -> bool) -> Vec<usize> {
        let own = self.definition(of);
        let pool = self.rival_pool(of);
        let score = |other: usize| (-self.likeness(of, other), self.tie(of, other), other);
        let mut ranked: Vec<(i64, u64, usize)> = pool.into_iter().map(score).collect();
        ranked.sort_unstable();
        let mut chosen: Vec<usize> = Vec::new();
        for (_, _, other) in ranked {
            let theirs = self.definition(other);
            let plural_fits = theirs.term.plural == own.term.plural && fits(theirs);
            let apart = plural_fits
                && !self.related(of, other)
                && chosen.iter().all(|known| !self.same_term(*known, other));
            if apart {
                chosen.push(other);
            }
            if chosen.len() == count {
                break;
            }
        }
        chosen
    }

    /// All other definitions; of a long text those of the neighbouring sections and those with the same head word.
    fn rival_pool(&self, of: usize) -> Vec<usize> {
        let count = self.facts.definitions.len();
        let section = self.definition(of).section;
        let near = |other: usize| {
            let close = self.definition(other).section.abs_diff(section) <= 1;
            count <= FEW_DEFINITIONS || close || self.profiles[other].head == self.profiles[of].head
        };
        (0..count).filter(|other| *other != of && near(*other)).collect()
    }

    fn likeness(&self, of: usize, other: usize) -> i64 {
        let (own, theirs) = (&self.profiles[of], &self.profiles[other]);
        let (own_fact, their_fact) = (self.definition(of), self.definition(other));
        let same_list = own_fact.list.is_some() && own_fact.list == their_fact.list;
        let signs = [
            (6, own.head == theirs.head),
            (4, same_list),
            (3, own_fact.section == their_fact.section),
            (1, own_fact.section.abs_diff(their_fact.section) == 1),
            (2, own.case == theirs.case),
            (1, own.word_count == theirs.word_count),
            (2, own.ending == theirs.ending),
            (2, own_fact.shape == their_fact.shape),
            (1, own_fact.term.article == their_fact.term.article),
        ];
        signs
            .into_iter()
            .filter(|(_, alike)| *alike)
            .map(|(weight, _)| weight)
            .sum()
    }

    /// Whether two terms are kinds of the same thing by their main noun (`key RCF`, `key PULSE`; `page table`, `process table`).
    pub(super) fn same_head(&self, one: usize, other: usize) -> bool {
        let (one, other) = (&self.profiles[one], &self.profiles[other]);
        let first = |profile: &Profile| profile.normal_term.split(' ').next().map(str::to_owned);
        one.head == other.head || one.word_count > 1 && other.word_count > 1 && first(one) == first(other)
    }

    fn same_term(&self, one: usize, other: usize) -> bool {
        self.profiles[one].words == self.profiles[other].words
    }

    /// Whether one term is a kind or part of the other, so that what is said of one may hold for both.
    pub(super) fn related(&self, one: usize, other: usize) -> bool {
        let (one, other) = (&self.profiles[one], &self.profiles[other]);
        let nested = one.words.is_subset(&other.words) || other.words.is_subset(&one.words);
        let mentioned = has_phrase(&one.normal_body, &other.normal_term)
            || has_phrase(&other.normal_body, &one.normal_term);
        nested || mentioned
    }

    /// Whether the body names the term itself, which would give the answer away.
    pub(super) fn circular(&self, of: usize) -> bool {
        let own = &self.profiles[of];
        has_phrase(&own.normal_body, &own.normal_term)
    }
}

/// Whether two definitions answer the same kind of question in the same kind of words.
pub(super) fn same_style(one: &Definition, other: &Definition) -> bool {
    let same_list = one.list.is_some() && one.list == other.list;
    let article = |body: &str| body.starts_with("a ") || body.starts_with("an ") || body.starts_with("the ");
    one.shape == other.shape
        && one.shape != Shape::Action
        && one.verb == other.verb
        && one.list.is_some() == other.list.is_some()
        && (same_list || article(&one.body) == article(&other.body) && is_abstract(one) == is_abstract(other))
        && one.body.len().abs_diff(other.body.len()) <= one.body.len().max(50)
}

/// Whether a definition says that its term is something done, felt or counted, not a thing that can be touched; a thing
/// is no plausible option where an act is asked for.
fn is_abstract(definition: &Definition) -> bool {
    let article = |word: &&str| !matches!(*word, "a" | "an" | "the" | "any");
    let genus: Vec<&str> = definition.body.split(' ').filter(article).take(4).collect();
    let end = genus
        .iter()
        .position(|word| is_stop_word(word))
        .unwrap_or(genus.len());
    let Some(head) = genus[..end].last() else {
        return false;
    };
    let ends = ["ion", "ment", "ing", "ance", "ence", "ness", "ity", "ism", "ship"];
    ends.iter().any(|end| head.ends_with(end)) || is_among(ABSTRACT_NOUNS, head)
}

/// Genus words of acts, states and measures that their ending does not show.
const ABSTRACT_NOUNS: &str = "\
    act process state technique policy practice loss interval number rate share guarantee rule principle law idea \
    method form way kind amount degree time fault event withdrawal change release effect theory procedure step phase \
    request task goal comparison strategy approach problem risk sequence order";
