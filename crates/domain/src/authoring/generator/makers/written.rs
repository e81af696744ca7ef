//! Questions answered in words: short answers on one sentence, essays on a section.

use std::collections::BTreeSet;

use super::super::super::gate::wording::{content_stems, is_stop_word, normal, stem};
use super::super::super::item::{CognitiveLevel, Difficulty, ItemBody};
use super::super::super::rubric::{Criterion, Rubric};
use super::super::english::{capitalised, is_among, listed, without_stop};
use super::super::facts::{Class, Shape, copula, questions_in};
use super::super::quality::has_dangling_pronoun;
use super::{Candidate, Outline, Workshop};

const SHORT_CONCEPTS: usize = 6;
const ESSAY_CONCEPTS: usize = 12;
const ESSAY_TERMS: usize = 3;
const ESSAY_THEMES: usize = 2;
const ESSAY_MARKS: i64 = 10;
/// Words that any sentence may have and that show no understanding of this one.
const GENERAL_WORDS: &str = "\
    abbreviated allows always another becomes called causes contains describes differs done first gives \
    keeps less like made make makes means named namely never offers often refers several takes three \
    used uses using usually whole";

impl Workshop<'_> {
    pub(super) fn short_answers(&self, section: usize) -> Vec<Candidate> {
        let asked = self
            .plain_in(section)
            .into_iter()
            .filter_map(|sentence| self.asked_by(sentence));
        let defined = self
            .definitions_in(section)
            .into_iter()
            .filter_map(|index| self.defined(index));
        asked.chain(defined).collect()
    }

    fn asked_by(&self, sentence: usize) -> Option<Candidate> {
        let question = questions_in(self.document, sentence)?;
        let reference = self.document.text(sentence).to_owned();
        let (level, difficulty) = if question.compares {
            (CognitiveLevel::Analyse, Difficulty::Hard)
        } else {
            (CognitiveLevel::Understand, Difficulty::Medium)
        };
        let outline = Outline {
            stem: question.text,
            marks: if question.compares { 4 } else { 3 },
            level,
            difficulty,
            quality: 4,
        };
        self.short_answer(outline, reference, sentence)
    }

    fn defined(&self, index: usize) -> Option<Candidate> {
        let definition = self.definition(index);
        let term = definition.term.with_article();
        if has_dangling_pronoun(&definition.body) && definition.shape != Shape::Noun {
            return None;
        }
        let stem = match definition.shape {
            Shape::Noun if definition.list.is_some() => {
                format!("Explain the term “{}” in one sentence.", definition.term.text)
            }
            Shape::Noun => format!(
                "What {} {term}? Answer in one sentence.",
                copula(&definition.term.text, definition.term.plural)
            ),
            Shape::Clause if definition.verb.starts_with("means") => {
                format!("What is meant by {term}? Answer in one sentence.")
            }
            Shape::Clause => format!("What does {term} state?"),
            Shape::Event => format!("When does {term} {}?", definition.verb.trim_end_matches('s')),
            Shape::Action => format!("What does {term} do? Answer in one sentence."),
        };
        let reference = match definition.list {
            Some(_) => self.document.text(definition.sentence).to_owned(),
            None => format!("{} {} {}.", capitalised(&term), definition.verb, definition.body),
        };
        let quality = if definition.shape == Shape::Action { 2 } else { 3 };
        let outline = Outline {
            stem,
            marks: 2,
            level: CognitiveLevel::Understand,
            difficulty: Difficulty::Medium,
            quality,
        };
        self.short_answer(outline, reference, definition.sentence)
    }

    fn short_answer(&self, outline: Outline, reference: String, sentence: usize) -> Option<Candidate> {
        let concepts = self.concepts(&outline.stem, &reference, SHORT_CONCEPTS);
        if concepts.len() < 2 {
            return None;
        }
        let floor = Rubric::default_for(outline.difficulty).floor;
        let criteria = vec![
            criterion(
                "completeness",
                "Completeness",
                "Says everything the question asks for.",
                0.6,
                &concepts,
            ),
            criterion(
                "technical_accuracy",
                "Technical accuracy",
                "Uses terms and facts correctly.",
                0.4,
                &concepts,
            ),
        ];
        let body = ItemBody::ShortAnswer {
            reference,
            rubric: Rubric { criteria, floor },
        };
        self.candidate(outline, body, vec![sentence])
    }

    /// Words and phrases that a full answer brings and the question does not, in the order of the reference.
    fn concepts(&self, stem_text: &str, reference: &str, most: usize) -> Vec<String> {
        let mut known: BTreeSet<String> = content_stems(stem_text);
        let mut concepts = Vec::new();
        let mentions = self
            .facts
            .lexicon
            .mentions_in(reference)
            .into_iter()
            .map(|mention| mention.text);
        let words = normal(reference);
        let telling =
            |word: &&str| word.chars().count() >= 4 && !is_stop_word(word) && !is_among(GENERAL_WORDS, word);
        let words = words.split(' ').filter(telling).map(str::to_owned);
        for text in mentions.chain(words) {
            let stems = content_stems(&text);
            if stems.is_disjoint(&known) && !stems.is_empty() {
                known.extend(stems);
                concepts.push(text);
            }
        }
        concepts.truncate(most);
        let place = |text: &String| normal(reference).find(&normal(text)).unwrap_or(usize::MAX);
        concepts.sort_by_key(place);
        concepts
    }

    /// Concepts of every sentence of an essay's reference, so that no part of it counts for nothing.
    fn essay_concepts(&self, sentences: &[usize]) -> Vec<String> {
        let each = ESSAY_CONCEPTS.div_ceil(sentences.len().max(1));
        let mut known = String::new();
        let mut concepts = Vec::new();
        for sentence in sentences {
            let found = self.concepts(&known, self.document.text(*sentence), each);
            known.push(' ');
            known.push_str(&found.join(" "));
            concepts.extend(found);
        }
        concepts
    }

    /// The essay a section allows; none when it has too few sentences that carry it on one page.
    pub(in super::super) fn essay(&self, section: usize) -> Option<Candidate> {
        let plan = self.essay_plan(section)?;
        let sentences: Vec<usize> = plan.sentences.iter().copied().collect();
        let reference = sentences
            .iter()
            .map(|index| self.document.text(*index))
            .collect::<Vec<_>>()
            .join(" ");
        let title = &self.document.sections[section].title;
        let opening = if title.starts_with("Part ") {
            "Write an essay".to_owned()
        } else {
            format!("Write an essay on “{title}”")
        };
        let stem = format!("{opening}: {}.", plan.task());
        let difficulty = Difficulty::Medium;
        let mut rubric = Rubric::default_for(difficulty);
        let concepts = self.essay_concepts(&sentences);
        for criterion in &mut rubric.criteria {
            if matches!(criterion.id.as_str(), "completeness" | "technical_accuracy") {
                criterion.concepts.clone_from(&concepts);
            }
        }
        let quality = u8::try_from(plan.terms.len() + 2 * plan.themes.len()).unwrap_or(u8::MAX);
        let outline = Outline {
            stem,
            marks: ESSAY_MARKS,
            level: CognitiveLevel::Analyse,
            difficulty,
            quality,
        };
        self.candidate(
            outline,
            ItemBody::Essay {
                reference: Some(reference),
                rubric,
            },
            sentences,
        )
    }

    /// Terms and themes of the page of the section that has most of them.
    fn essay_plan(&self, section: usize) -> Option<Plan> {
        let definitions = self.definitions_in(section);
        let usable = self.plain_in(section);
        let pages: BTreeSet<(usize, u32)> = usable.iter().map(|index| self.page_of(*index)).collect();
        let plans = pages.into_iter().map(|page| {
            let mut plan = Plan::default();
            for index in definitions
                .iter()
                .filter(|index| self.page_of(self.definition(**index).sentence) == page)
            {
                self.plan_term(&mut plan, *index);
            }
            for sentence in usable.iter().filter(|sentence| self.page_of(**sentence) == page) {
                self.plan_theme(&mut plan, *sentence);
            }
            self.plan_support(&mut plan, &usable, page);
            plan
        });
        let best =
            plans.max_by_key(|plan| (plan.terms.len() + 2 * plan.themes.len(), plan.sentences.len()))?;
        (best.sentences.len() >= 3 && best.terms.len() + best.themes.len() >= 2).then_some(best)
    }

    fn page_of(&self, sentence: usize) -> (usize, u32) {
        let place = self.document.sentences[sentence].place;
        (place.source, place.page)
    }

    fn plan_term(&self, plan: &mut Plan, index: usize) {
        let definition = self.definition(index);
        let apart = plan.definitions.iter().all(|other| !self.related(*other, index));
        if plan.terms.len() < ESSAY_TERMS
            && definition.list.is_none()
            && definition.shape == Shape::Noun
            && apart
        {
            plan.definitions.push(index);
            plan.terms.push(definition.term.with_article());
            plan.sentences.insert(definition.sentence);
        }
    }

    fn plan_theme(&self, plan: &mut Plan, sentence: usize) {
        if plan.themes.len() < ESSAY_THEMES
            && let Some(question) = questions_in(self.document, sentence)
        {
            plan.themes.push(question.theme);
            plan.sentences.insert(sentence);
        }
    }

    /// A text without definitions is asked about by the names it uses most.
    fn plan_support(&self, plan: &mut Plan, usable: &[usize], page: (usize, u32)) {
        if plan.terms.len() + plan.themes.len() >= 2 {
            return;
        }
        let mut named: BTreeSet<String> = BTreeSet::new();
        for sentence in usable
            .iter()
            .filter(|sentence| self.page_of(**sentence) == page)
            .take(6)
        {
            let mentions = self.facts.lexicon.mentions_in(self.document.text(*sentence));
            for mention in mentions
                .into_iter()
                .filter(|mention| mention.class != Class::Frequent)
            {
                let key = stem(&normal(&mention.text));
                if named.len() < ESSAY_TERMS && named.insert(key) {
                    plan.roles.push(mention.text);
                }
            }
            plan.sentences.insert(*sentence);
        }
        if plan.terms.is_empty() && plan.roles.len() == ESSAY_TERMS {
            plan.terms = plan.roles.iter().map(|role| format!("“{role}”")).collect();
        }
    }
}

/// What an essay asks for and the sentences that answer it.
#[derive(Default)]
struct Plan {
    definitions: Vec<usize>,
    terms: Vec<String>,
    themes: Vec<String>,
    roles: Vec<String>,
    sentences: BTreeSet<usize>,
}

impl Plan {
    fn task(&self) -> String {
        let defined = self.definitions.len() == self.terms.len();
        let terms = listed(&self.terms);
        let explain = if defined {
            format!("explain what is meant by {terms}")
        } else {
            format!("explain the part played by {terms}")
        };
        let themes = listed(&self.themes);
        match (self.terms.is_empty(), self.themes.is_empty()) {
            (true, _) => format!("discuss {}", without_stop(&themes)),
            (false, true) => format!("{explain}, and discuss how they are related"),
            (false, false) => format!("{explain}, and discuss {themes}"),
        }
    }
}

fn criterion(id: &str, name: &str, description: &str, weight: f64, concepts: &[String]) -> Criterion {
    Criterion {
        id: id.to_owned(),
        name: name.to_owned(),
        description: description.to_owned(),
        weight,
        concepts: concepts.to_vec(),
        levels: Vec::new(),
    }
}
