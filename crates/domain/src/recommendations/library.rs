//! The catalogue, read and ready to be searched.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::bm25::{Index, count};
use super::chunks::{Part, chunks_of};
use super::model::SkillEstimate;
use super::wording::telling_titles;
use crate::catalog::Credential;
use crate::embedding::{EmbedError, Embedder, Embedding, LexicalHash};
use crate::scoring::local::{ContentWord, content_words};

/// Texts given to the embedder at once.
const BATCH: usize = 64;
/// Topics of lost marks that a skill is searched with, beside its name.
const MOST_TOPICS: usize = 6;
/// Characters that a skill is searched with.
const MOST_QUERY_CHARS: usize = 400;

/// From this cosine on a sentence model alone says that a chunk is about a skill. Chosen for all-MiniLM-L6-v2 and not measured: high,
/// because what is found by it alone shares no word with the skill.
const LEAST_COSINE: f32 = 0.35;
/// From this relevance on an entry is about a skill that it does not name and that no sentence model finds in it. Chosen and not
/// measured.
const LEAST_RELEVANCE: f64 = 0.25;
/// Words of the search that such an entry has: one alone may mean something else there, and spelling would count it twice.
const LEAST_SHARED: usize = 2;
/// Of the words of a skill's name more than this share, by their inverse document frequency, is enough by itself.
const HALF_OF_NAME: f64 = 0.5;

/// How much of what is missing to certainty each sign of relevance takes away: the author names the skill, the words of the
/// skill are there, the best chunk is about it.
const BY_NAME: f64 = 0.6;
const BY_WORDS: f64 = 0.5;
const BY_MEANING: f64 = 0.5;

/// All entries, cut into chunks with their embeddings, in the order of their ids. It is a pure function of the entries and the
/// embedder, and may be kept for as long as neither changes.
#[derive(Clone, Debug)]
pub struct Library {
    pub(super) provider: String,
    pub(super) entries: Vec<Entry>,
    words: Index,
    /// Of different chunks; chunks of the same text share one.
    vectors: Vec<Arc<Embedding>>,
    /// What [`Self::titles`] gives.
    titles: Vec<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) credential: Credential,
    pub(super) chunks: Vec<Chunk>,
}

#[derive(Clone, Debug)]
pub(super) struct Chunk {
    pub(super) part: Part,
    pub(super) text: String,
    /// Which of the library's vectors.
    vector: usize,
}

/// A skill as it is searched for.
pub(super) struct Query {
    slug: String,
    pub(super) text: String,
    /// Stems of its words; of the frequent ones only where it has no others.
    stems: BTreeSet<String>,
    /// Those of its name.
    stems_of_name: BTreeSet<String>,
}

/// What the library has on one skill.
pub(super) struct Found {
    /// Cosine of the skill and each vector.
    cosines: Vec<f32>,
    /// How each entry fits, in their order; none where it is about something else.
    pub(super) fits: Vec<Option<Fit>>,
    /// Of the skill.
    stems: BTreeSet<String>,
}

/// How an entry fits a skill.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fit {
    /// Its author names the skill.
    pub(super) named: bool,
    /// BM25, from 0.
    pub(super) words: f64,
    /// Share of the skill's words that are there, 0–1.
    pub(super) covered: f64,
    /// How many of them.
    pub(super) shared: usize,
    /// Share of the words of its name, 0–1.
    pub(super) covered_name: f64,
    /// Of the best chunk, -1 to 1.
    pub(super) cosine: f64,
}

impl Fit {
    /// 0–1: 1 - (1 - 0.6 named) (1 - 0.5 covered) (1 - 0.5 cosine), with a cosine below 0 as 0. More of anything never makes it
    /// less.
    pub(super) fn relevance(&self) -> f64 {
        let by_name = if self.named { BY_NAME } else { 0.0 };
        let missing =
            (1.0 - by_name) * (1.0 - BY_WORDS * self.covered) * (1.0 - BY_MEANING * self.cosine.max(0.0));
        (1.0 - missing).clamp(0.0, 1.0)
    }

    /// Whether the words that it shares with the skill are enough to be about it.
    fn shares_enough(&self) -> bool {
        let has_name = self.covered_name > HALF_OF_NAME;
        has_name || self.shared >= LEAST_SHARED && self.relevance() >= LEAST_RELEVANCE
    }
}

impl Query {
    /// The skill's name and what its evidence is about, the most marks lost first.
    pub(super) fn of(skill: &SkillEstimate) -> Self {
        let mut parts: Vec<&str> = vec![skill.name.trim()];
        let mut seen = BTreeSet::from([skill.name.trim().to_lowercase()]);
        for evidence in &skill.evidence {
            let topic = evidence.topic.trim();
            if parts.len() <= MOST_TOPICS && !topic.is_empty() && seen.insert(topic.to_lowercase()) {
                parts.push(topic);
            }
        }
        let text: String = parts.join(". ").chars().take(MOST_QUERY_CHARS).collect();
        let (common, telling): (Vec<ContentWord>, Vec<ContentWord>) =
            content_words(&text).into_iter().partition(|word| word.is_common);
        let kept = if telling.is_empty() { common } else { telling };
        let stems: BTreeSet<String> = kept.into_iter().map(|word| word.stem).collect();
        let of_name = stems_of(&skill.name).into_iter();
        Self {
            slug: skill.skill.clone(),
            text,
            stems_of_name: of_name.filter(|stem| stems.contains(stem)).collect(),
            stems,
        }
    }
}

impl Library {
    /// Reads the entries; of an id that is there twice the latest version counts. Blocks for the embeddings.
    pub fn build(credentials: Vec<Credential>, embedder: &dyn Embedder) -> Result<Self, EmbedError> {
        Self::read(credentials, embedder, &BTreeMap::new())
    }

    /// The same as [`Self::build`], without embedding again what a previous library of the same provider has embedded.
    pub fn build_on(
        previous: &Self,
        credentials: Vec<Credential>,
        embedder: &dyn Embedder,
    ) -> Result<Self, EmbedError> {
        let same_space = previous.provider == embedder.provider();
        let known = previous.entries.iter().filter(|_| same_space);
        let known = known.flat_map(|entry| &entry.chunks);
        let known = known.map(|chunk| (chunk.text.as_str(), &previous.vectors[chunk.vector]));
        Self::read(credentials, embedder, &known.collect())
    }

    fn read(
        mut credentials: Vec<Credential>,
        embedder: &dyn Embedder,
        known: &BTreeMap<&str, &Arc<Embedding>>,
    ) -> Result<Self, EmbedError> {
        credentials.sort_by_key(|credential| (credential.id, std::cmp::Reverse(credential.version)));
        credentials.dedup_by_key(|credential| credential.id);
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        let mut texts: Vec<String> = Vec::new();
        let mut entries = Vec::with_capacity(credentials.len());
        for credential in credentials {
            let cut = chunks_of(&credential.content).into_iter();
            let chunks = cut.map(|(part, text)| {
                let vector = *places.entry(text.clone()).or_insert_with(|| {
                    texts.push(text.clone());
                    texts.len() - 1
                });
                Chunk { part, text, vector }
            });
            entries.push(Entry {
                chunks: chunks.collect(),
                credential,
            });
        }
        let stems: Vec<Vec<String>> = texts.iter().map(|text| stems_of(text)).collect();
        let of_entry = |entry: &Entry| {
            let chunks = entry.chunks.iter();
            chunks.flat_map(|chunk| stems[chunk.vector].clone()).collect()
        };
        Ok(Self {
            provider: embedder.provider().to_owned(),
            words: Index::of(entries.iter().map(of_entry)),
            vectors: embedded_anew(&texts, embedder, known)?,
            titles: telling_titles(
                entries
                    .iter()
                    .map(|entry| entry.credential.content.title.as_str()),
            ),
            entries,
        })
    }

    /// The vector space in which its sentences are compared ([`Embedder::provider`]).
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The titles of all entries that tell which one is meant, as the words of a reason are compared with them
    /// ([`super::wording::Material::titles`]).
    pub fn titles(&self) -> impl Iterator<Item = &str> {
        self.titles.iter().map(String::as_str)
    }

    /// What there is on each query, in their order.
    pub(super) fn find(&self, queries: &[Query], embedder: &dyn Embedder) -> Result<Vec<Found>, EmbedError> {
        if embedder.provider() != self.provider {
            let fault = "the library was read by another embedder";
            return Err(EmbedError::Failed(fault.to_owned()));
        }
        let texts: Vec<String> = queries.iter().map(|query| query.text.clone()).collect();
        let asked = embedded(&texts, embedder)?;
        let found = queries.iter().zip(&asked);
        Ok(found.map(|(query, asked)| self.found(query, asked)).collect())
    }

    fn found(&self, query: &Query, asked: &Embedding) -> Found {
        let cosines: Vec<f32> = self.vectors.iter().map(|vector| asked.cosine(vector)).collect();
        let words = self.words.matches(&query.stems);
        let of_name = self.words.matches(&query.stems_of_name);
        let words = words.into_iter().zip(of_name);
        let fits = self.entries.iter().zip(words).map(|(entry, (words, name))| {
            let best = entry.chunks.iter().map(|chunk| cosines[chunk.vector]);
            let best = best.fold(-1.0_f32, f32::max);
            let named = entry.credential.content.skills.contains(&query.slug);
            let fit = Fit {
                named,
                words: words.score,
                covered: words.covered.min(1.0),
                shared: words.shared,
                covered_name: name.covered,
                cosine: f64::from(best),
            };
            let is_about_it = named || self.is_close(best) || fit.shares_enough();
            let can_be_quoted = entry.chunks.iter().any(|chunk| chunk.part != Part::Skills);
            (is_about_it && can_be_quoted).then_some(fit)
        });
        Found {
            fits: fits.collect(),
            stems: query.stems.clone(),
            cosines,
        }
    }

    /// Whether the sentence model alone says so; spelling alone does not.
    fn is_close(&self, cosine: f32) -> bool {
        self.provider != LexicalHash::PROVIDER && cosine >= LEAST_COSINE
    }

    /// The chunk of an entry that says most about a skill, with its cosine: a sentence of the description with a word of the skill or
    /// close to it, or else the closest of title and sentences; the first of equals.
    pub(super) fn best_quote<'l>(&self, entry: &'l Entry, found: &Found) -> Option<(&'l str, f64)> {
        let quotable = entry.chunks.iter().filter(|chunk| chunk.part != Part::Skills);
        let rated = quotable.map(|chunk| {
            let cosine = found.cosines[chunk.vector];
            let has_word = || {
                stems_of(&chunk.text)
                    .iter()
                    .any(|stem| found.stems.contains(stem))
            };
            let tells = chunk.part == Part::Sentence && (self.is_close(cosine) || has_word());
            (tells, cosine, chunk)
        });
        // The last of equals wins in `max_by`: hence from the end.
        let rated: Vec<(bool, f32, &Chunk)> = rated.collect();
        let best = rated
            .into_iter()
            .rev()
            .max_by(|one, other| one.0.cmp(&other.0).then(one.1.total_cmp(&other.1)))?;
        Some((best.2.text.as_str(), f64::from(best.1)))
    }
}

fn stems_of(text: &str) -> Vec<String> {
    content_words(text).into_iter().map(|word| word.stem).collect()
}

/// How far evidence of so many items is believed: n / (n + 1).
pub(super) fn belief(items: usize) -> f64 {
    count(items) / (count(items) + 1.0)
}

/// The vectors of texts, those that are known without asking for them.
fn embedded_anew(
    texts: &[String],
    embedder: &dyn Embedder,
    known: &BTreeMap<&str, &Arc<Embedding>>,
) -> Result<Vec<Arc<Embedding>>, EmbedError> {
    let is_new = |text: &&String| !known.contains_key(text.as_str());
    let new: Vec<String> = texts.iter().filter(is_new).cloned().collect();
    let mut new = embedded(&new, embedder)?.into_iter().map(Arc::new);
    let vectors = texts.iter().filter_map(|text| match known.get(text.as_str()) {
        Some(vector) => Some(Arc::clone(vector)),
        None => new.next(),
    });
    Ok(vectors.collect())
}

fn embedded(texts: &[String], embedder: &dyn Embedder) -> Result<Vec<Embedding>, EmbedError> {
    let mut vectors = Vec::with_capacity(texts.len());
    for batch in texts.chunks(BATCH) {
        let batch: Vec<&str> = batch.iter().map(String::as_str).collect();
        vectors.extend(embedder.embed(&batch)?);
    }
    if vectors.len() == texts.len() {
        Ok(vectors)
    } else {
        let fault = "another number of embeddings than of texts came back";
        Err(EmbedError::Failed(fault.to_owned()))
    }
}

#[cfg(test)]
#[path = "library_tests.rs"]
mod tests;
