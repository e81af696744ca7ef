//! Several right options: the members of a list of the text among names that are not on it.

use std::collections::BTreeSet;

use super::super::super::gate::wording::{content_stems, has_phrase, normal};
use super::super::super::item::{CognitiveLevel, Difficulty, ItemBody, Negative};
use super::super::english::capitalised;
use super::super::facts::Enumeration;
use super::rivals::case_of;
use super::{Candidate, Outline, Workshop, as_set, shuffled_options};

const MOST_RIGHT: usize = 4;
const ENOUGH_NEARBY: usize = 40;

impl Workshop<'_> {
    pub(super) fn responses(&self, section: usize) -> Vec<Candidate> {
        let inside = self
            .facts
            .enumerations
            .iter()
            .filter(|enumeration| enumeration.section == section);
        inside
            .filter_map(|enumeration| self.response(enumeration))
            .collect()
    }

    fn response(&self, enumeration: &Enumeration) -> Option<Candidate> {
        let first = *enumeration.sentences.first()?;
        let mut chance = self.chance("response", first);
        let mut right: Vec<String> = enumeration
            .members
            .iter()
            .map(|member| capitalised(member))
            .collect();
        chance.shuffle(&mut right);
        right.truncate(MOST_RIGHT);
        // Of a longer list a part is asked, so that the number of right options is not always the same.
        let wanted = if right.len() == MOST_RIGHT { 2 } else { 3 };
        let wrong = self.outsiders(enumeration, wanted);
        let outline = Outline {
            stem: format!("{}? Select all that apply.", enumeration.question),
            marks: 3,
            level: CognitiveLevel::Understand,
            difficulty: Difficulty::Medium,
            quality: 4,
        };
        let (options, key) = shuffled_options(&right, &wrong, &mut chance);
        let body = ItemBody::MultipleResponse {
            options,
            key: as_set(key),
            partial_credit: true,
            negative: Negative::default(),
        };
        self.candidate(outline, body, enumeration.sentences.clone())
    }

    /// Members of other lists and defined terms, most alike in form first; nothing that the list itself mentions.
    fn outsiders(&self, enumeration: &Enumeration, count: usize) -> Vec<String> {
        let own: Vec<String> = enumeration
            .sentences
            .iter()
            .map(|index| normal(self.document.text(*index)))
            .collect();
        let mut taken: Vec<BTreeSet<String>> = enumeration
            .members
            .iter()
            .map(|member| content_stems(member))
            .collect();
        let mut chosen: Vec<String> = Vec::new();
        for text in self.ranked_outsiders(enumeration) {
            let words = content_stems(&text);
            let apart = taken
                .iter()
                .all(|known| !known.is_subset(&words) && !words.is_subset(known));
            if apart && !own.iter().any(|sentence| has_phrase(sentence, &normal(&text))) {
                taken.push(words);
                chosen.push(text);
            }
            if chosen.len() == count {
                break;
            }
        }
        chosen
    }

    fn ranked_outsiders(&self, enumeration: &Enumeration) -> Vec<String> {
        let others = self
            .facts
            .enumerations
            .iter()
            .filter(|other| other.sentences != enumeration.sentences);
        let members = others.flat_map(|other| other.members.iter().map(|member| (other.section, member)));
        let terms = self
            .facts
            .definitions
            .iter()
            .map(|definition| (definition.section, &definition.term.text));
        let mut pool: Vec<(usize, &String)> = members.chain(terms).collect();
        // Names from nearby are the better wrong options; in a long text they are also enough.
        let nearby = |(section, _): &(usize, &String)| section.abs_diff(enumeration.section) <= 1;
        if pool.iter().filter(|entry| nearby(entry)).count() >= ENOUGH_NEARBY {
            pool.retain(nearby);
        }
        let mut ranked: Vec<(i64, u64, String)> = pool
            .into_iter()
            .enumerate()
            .map(|(index, (section, text))| {
                let near = i64::from(section == enumeration.section);
                let score = likeness(text, &enumeration.members) + near;
                (
                    -score,
                    self.tie(enumeration.sentences[0], index),
                    capitalised(text),
                )
            })
            .collect();
        ranked.sort();
        ranked.into_iter().map(|(.., text)| text).collect()
    }
}

/// How much a name looks like the members: case, number of words, endings.
fn likeness(text: &str, members: &[String]) -> i64 {
    let ending = |text: &str| text.chars().rev().take(3).collect::<String>();
    let words = text.split(' ').count();
    let alike = |member: &String| {
        // List labels start with a capital although they are common nouns.
        let case = if case_of(member) == 2 || case_of(text) == 2 {
            case_of(member) == case_of(text)
        } else {
            true
        };
        let shape = i64::from(case) * 4 + i64::from(member.split(' ').count() == words) * 2;
        let last_word = |text: &str| text.rsplit(' ').next().map(str::to_lowercase);
        shape
            + i64::from(ending(member) == ending(text)) * 2
            + i64::from(words > 1 && last_word(member) == last_word(text)) * 3
    };
    members.iter().map(alike).max().unwrap_or(0)
}
