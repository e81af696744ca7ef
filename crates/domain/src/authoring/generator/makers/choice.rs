//! One right option: the term of a description, the description of a term, the term missing in a sentence.

use super::super::super::item::{CognitiveLevel, Difficulty, ItemBody, Negative};
use super::super::english::{capitalised, is_plural};
use super::super::facts::{Article, Definition, Entry, Mention, Shape, copula};
use super::super::quality::has_dangling_pronoun;
use super::rivals::{case_of, same_style};
use super::{Candidate, Outline, Workshop, shuffled_options};

pub(super) const WRONG_OPTIONS: usize = 3;

impl Workshop<'_> {
    pub(super) fn choices(&self, section: usize) -> Vec<Candidate> {
        let definitions = self.definitions_in(section);
        let terms = definitions
            .iter()
            .filter_map(|index| self.term_of_description(*index));
        let descriptions = definitions
            .iter()
            .filter_map(|index| self.description_of_term(*index));
        let missing = self
            .plain_in(section)
            .into_iter()
            .filter_map(|sentence| self.missing_term(sentence));
        terms.chain(descriptions).chain(missing).collect()
    }

    /// “Which term is described as …?”
    fn term_of_description(&self, index: usize) -> Option<Candidate> {
        let definition = self.definition(index);
        if has_dangling_pronoun(&definition.body) || self.circular(index) {
            return None;
        }
        let body = &definition.body;
        let (stem, quality) = match definition.shape {
            Shape::Noun => (format!("Which term is described as “{body}”?"), 4),
            Shape::Clause if definition.verb.starts_with("means") => {
                (format!("Which term means that {body}?"), 4)
            }
            Shape::Clause => (format!("Which of the following {} {body}?", definition.verb), 4),
            Shape::Event => (format!("What {} {body}?", definition.verb), 4),
            Shape::Action => (format!("Which of the following {} {body}?", definition.verb), 3),
        };
        let fits = |other: &Definition| {
            let same_list = other.list.is_some() == definition.list.is_some();
            same_list && (other.shape == definition.shape || definition.shape != Shape::Action)
        };
        let wrong = self.rivals(index, WRONG_OPTIONS, &fits);
        let wrong: Vec<String> = wrong
            .iter()
            .map(|other| capitalised(&self.definition(*other).term.text))
            .collect();
        let outline = Outline {
            stem,
            marks: 1,
            level: CognitiveLevel::Remember,
            difficulty: Difficulty::Easy,
            quality,
        };
        self.choice(
            outline,
            capitalised(&definition.term.text),
            &wrong,
            definition.sentence,
        )
    }

    /// “What is a deadlock?”
    fn description_of_term(&self, index: usize) -> Option<Candidate> {
        let definition = self.definition(index);
        let own = &definition.term;
        let stem = match definition.shape {
            Shape::Noun if definition.list.is_some() => format!("Which description fits “{}”?", own.text),
            Shape::Noun => format!("What {} {}?", copula(&own.text, own.plural), own.with_article()),
            Shape::Event => format!(
                "When does {} {}?",
                own.with_article(),
                definition.verb.trim_end_matches('s')
            ),
            Shape::Clause | Shape::Action => return None,
        };
        if self.circular(index) || own.article == Article::None && own.plural != is_plural(&own.text) {
            return None;
        }
        let fits = |other: &Definition| same_style(definition, other) && !has_dangling_pronoun(&other.body);
        let wrong = self.rivals(index, WRONG_OPTIONS, &fits);
        let wrong: Vec<String> = wrong
            .iter()
            .map(|other| capitalised(&self.definition(*other).body))
            .collect();
        let outline = Outline {
            stem,
            marks: 2,
            level: CognitiveLevel::Understand,
            difficulty: Difficulty::Medium,
            quality: 4,
        };
        self.choice(
            outline,
            capitalised(&definition.body),
            &wrong,
            definition.sentence,
        )
    }

    /// “Which term completes the statement …?”, for texts that define little.
    fn missing_term(&self, sentence: usize) -> Option<Candidate> {
        let text = self.document.text(sentence);
        let mentions = self.facts.lexicon.mentions_in(text);
        let mention = mentions
            .iter()
            .max_by_key(|mention| (mention.class, mention.text.len()))?;
        let wrong = self.stand_ins(mention, sentence, text);
        if wrong.len() < WRONG_OPTIONS {
            return None;
        }
        let stem = format!(
            "Which term completes the statement? “{}”",
            with_gap(text, mention)
        );
        let outline = Outline {
            stem,
            marks: 1,
            level: CognitiveLevel::Remember,
            difficulty: Difficulty::Easy,
            quality: 1,
        };
        self.choice(outline, capitalised(&mention.text), &wrong, sentence)
    }

    /// Entries of the lexicon of the same class and form that the sentence does not mention.
    fn stand_ins(&self, mention: &Mention, sentence: usize, text: &str) -> Vec<String> {
        let lower = text.to_lowercase();
        let (case, plural) = (case_of(&mention.text), is_plural(&mention.text));
        let fits = |entry: &&Entry| {
            let same_form =
                entry.class == mention.class && entry.plural == plural && case_of(&entry.text) == case;
            same_form && !lower.contains(&entry.lower) && !entry.text.contains(&mention.text)
        };
        let mut entries: Vec<&String> = self
            .facts
            .lexicon
            .entries
            .iter()
            .filter(fits)
            .map(|entry| &entry.text)
            .collect();
        self.chance("stand-in", sentence).shuffle(&mut entries);
        let words = mention.text.split(' ').count();
        entries.retain(|entry| entry.split(' ').count().abs_diff(words) <= 1);
        entries.sort_by_key(|entry| entry.split(' ').count().abs_diff(words));
        entries
            .into_iter()
            .take(WRONG_OPTIONS)
            .map(|entry| capitalised(entry))
            .collect()
    }

    pub(super) fn choice(
        &self,
        outline: Outline,
        right: String,
        wrong: &[String],
        sentence: usize,
    ) -> Option<Candidate> {
        let mut chance = self.chance(&outline.stem, sentence);
        let (options, key) = shuffled_options(&[right], wrong, &mut chance);
        let body = ItemBody::MultipleChoice {
            options,
            key,
            negative: Negative::default(),
        };
        self.candidate(outline, body, vec![sentence])
    }
}

/// The sentence with a gap; an article before it is opened so that it does not narrow the answer.
pub(super) fn with_gap(text: &str, mention: &Mention) -> String {
    let before = &text[..mention.range.start];
    let after = &text[mention.range.end..];
    let before = match before.trim_end().rsplit(' ').next() {
        Some("a" | "an") => format!("{}a(n) ", before.trim_end().trim_end_matches(['a', 'n'])),
        Some("A" | "An") => format!(
            "{}A(n) ",
            before.trim_end().trim_end_matches("An").trim_end_matches('A')
        ),
        _ => before.to_owned(),
    };
    format!("{before}____{after}")
}
