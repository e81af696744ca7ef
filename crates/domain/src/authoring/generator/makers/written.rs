//! Questions answered in words: short answers on one sentence, essays on a section.

use std::collections::BTreeSet;

use super::super::super::gate::wording::{content_stems, is_stop_word, normal};
use super::super::super::item::{CognitiveLevel, Difficulty, ItemBody};
use super::super::super::rubric::{Criterion, Rubric};
use super::super::english::{base_form, capitalised, is_among, listed, without_stop};
use super::super::facts::{Asked, Definition, Question, Shape, copula};
use super::super::quality::has_dangling_pronoun;
use super::analytic::levels_of;
use super::{Candidate, Outline, Workshop};

const SHORT_CONCEPTS: usize = 6;
const ESSAY_CONCEPTS: usize = 12;
const ESSAY_TERMS: usize = 3;
const ESSAY_THEMES: usize = 2;
const ESSAY_MARKS: i64 = 10;
const SUMMARISED_SENTENCES: usize = 8;
/// Words that any sentence may have and that show no understanding of this one.
const GENERAL_WORDS: &str = "\
    abbreviated allows always another becomes called causes contains describes differs done first gives \
    keeps less like made make makes means named namely never offers often refers several takes three \
    used uses using usually whole";

/// Verbs that ask more exactly than `do` does.
const TELLING_VERBS: &str = "\
    shows contains measures stores holds prevents returns determines describes defines represents protects \
    produces requires needs gives controls records indicates causes provides";

impl Workshop<'_> {
    pub(super) fn short_answers(&self, section: usize) -> Vec<Candidate> {
        let asked = self
            .questions_in(section)
            .into_iter()
            .filter_map(|question| self.asked_by(question));
        let defined = self
            .definitions_in(section)
            .into_iter()
            .filter_map(|index| self.defined(index));
        asked.chain(defined).collect()
    }

    fn asked_by(&self, question: &Question) -> Option<Candidate> {
        let sentence = question.sentence;
        let reference = self.document.text(sentence).to_owned();
        // Comparing asks for more than recalling a reason.
        let compares = question.form == Asked::Difference;
        let (level, difficulty) = if compares {
            (CognitiveLevel::Analyse, Difficulty::Hard)
        } else {
            (CognitiveLevel::Understand, Difficulty::Medium)
        };
        let outline = Outline {
            stem: question.text.clone(),
            marks: if compares { 4 } else { 3 },
            level,
            difficulty,
            quality: 4,
        };
        self.short_answer(outline, reference, sentence)
    }

    fn defined(&self, index: usize) -> Option<Candidate> {
        let definition = self.definition(index);
        let term = definition.term.with_article();
        // Of what the text speaks of often, one sentence says only one of many things.
        let vague = definition.shape == Shape::Action && self.uses(&definition.term.text) > 2;
        if vague || has_dangling_pronoun(&definition.body) && definition.shape != Shape::Noun {
            return None;
        }
        let stem = match definition.shape {
            Shape::Noun if acts(definition) => format!("What does “{}” do?", definition.term.text),
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
            Shape::Action => {
                let known = is_among(TELLING_VERBS, &definition.verb);
                let verb = if known {
                    base_form(&definition.verb)
                } else {
                    "do".to_owned()
                };
                format!("What does {term} {verb}? Answer in one sentence.")
            }
        };
        let reference = match definition.list {
            Some(_) if acts(definition) => format!("{} {}.", definition.term.text, definition.body),
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
        let body = ItemBody::ShortAnswer {
            reference,
            rubric: short_answer_rubric(outline.difficulty, &concepts),
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

    /// The essays a section allows, from analysing over judging to making something of one's own.
    pub(in super::super) fn essays(&self, section: usize) -> Vec<Candidate> {
        let Some((essay, terms)) = self
            .essay(section)
            .zip(self.essay_plan(section).map(|plan| plan.terms))
        else {
            return Vec::new();
        };
        let mut essays = vec![essay.clone()];
        if terms.len() >= 2 {
            let terms = listed(&terms);
            let variants = [
                (
                    CognitiveLevel::Evaluate,
                    format!("Assess which of {terms} matters most in practice, and justify your judgement."),
                ),
                (
                    CognitiveLevel::Create,
                    format!(
                        "Design a lesson for beginners that explains {terms}: its aim, its order, one task and the solution."
                    ),
                ),
            ];
            essays.extend(variants.map(|(level, stem)| {
                let mut variant = essay.clone();
                variant.item.stem = stem;
                variant.item.cognitive_level = level;
                variant.quality = 0;
                variant
            }));
        }
        essays
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
        let subject = if title.starts_with("Part ") {
            self.document.subject_of(*sentences.first()?)
        } else {
            title
        };
        let stem = format!("Write an essay on “{subject}”: {}.", plan.task());
        let difficulty = Difficulty::Hard;
        let mut rubric = Rubric::default_for(difficulty);
        let concepts = self.essay_concepts(&sentences);
        for criterion in &mut rubric.criteria {
            criterion.levels = levels_of(&criterion.id);
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
        let asked = best.terms.len() + best.themes.len() >= 2 || best.summarises;
        (best.sentences.len() >= 3 && asked).then_some(best)
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
            && let Some(question) = self
                .facts
                .questions
                .iter()
                .find(|asked| asked.sentence == sentence)
        {
            plan.themes.push(question.theme.clone());
            plan.sentences.insert(sentence);
        }
    }

    /// A text without definitions and reasons is asked about by its main points.
    fn plan_support(&self, plan: &mut Plan, usable: &[usize], page: (usize, u32)) {
        if plan.terms.len() + plan.themes.len() >= 2 {
            return;
        }
        let here = usable.iter().filter(|sentence| self.page_of(**sentence) == page);
        plan.sentences.extend(here.take(SUMMARISED_SENTENCES));
        plan.summarises = true;
    }
}

/// What an essay asks for and the sentences that answer it.
#[derive(Default)]
struct Plan {
    definitions: Vec<usize>,
    terms: Vec<String>,
    themes: Vec<String>,
    /// Too little is defined or explained to be asked about by name.
    summarises: bool,
    sentences: BTreeSet<usize>,
}

impl Plan {
    fn task(&self) -> String {
        let mut tasks = Vec::new();
        if self.summarises {
            tasks.push("summarise its main points in your own words".to_owned());
        }
        if !self.terms.is_empty() {
            tasks.push(format!("explain what is meant by {}", listed(&self.terms)));
        }
        if !self.themes.is_empty() {
            tasks.push(format!("discuss {}", without_stop(&listed(&self.themes))));
        }
        if self.themes.is_empty() && self.summarises {
            tasks.push("discuss how these points are connected".to_owned());
        } else if self.themes.is_empty() {
            tasks.push("discuss how they are related".to_owned());
        }
        let last = tasks.pop().unwrap_or_default();
        if tasks.is_empty() {
            return last;
        }
        format!("{}, and {last}", tasks.join(", "))
    }
}

/// `RUN: starts a run with the current settings`
fn acts(definition: &Definition) -> bool {
    let mut words = definition.body.split(' ');
    let verb = words.next().unwrap_or_default();
    let object = words.next().unwrap_or_default();
    let ends = verb.len() > 3 && verb.ends_with('s') && !verb.ends_with("ss");
    definition.list.is_some() && ends && is_among("a an the all every each its one", object)
}

/// By what an answer in a sentence or two is judged.
pub(in super::super) fn short_answer_rubric(difficulty: Difficulty, concepts: &[String]) -> Rubric {
    let criteria = vec![
        criterion(
            "completeness",
            "Completeness",
            "Says everything the question asks for.",
            0.6,
            concepts,
        ),
        criterion(
            "technical_accuracy",
            "Technical accuracy",
            "Uses terms and facts correctly.",
            0.4,
            concepts,
        ),
    ];
    let floor = Rubric::default_for(difficulty).floor;
    Rubric { criteria, floor }
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
