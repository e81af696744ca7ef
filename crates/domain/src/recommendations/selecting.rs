//! From a profile to what fits it.
//!
//! For every skill below its target the entries about it are ranked by words, by meaning and by name; the rankings are fused by
//! reciprocal ranks (Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning
//! Methods", 2009), and the skills weigh as much as they lack. Whoever lacks nothing is shown what goes further, of the level that they are
//! ready for, in the skills that the track asks most of. Equals are in the order of their ids, so that the same input gives the same bits.

use std::ops::RangeInclusive;

use super::library::{Fit, Found, Library, Query, belief};
use super::model::{Outcome, Pick, Profile, Selection, SkillEstimate, Trace};
use super::reasons::{self, Nothing};
use crate::catalog::CredentialLevel;
use crate::embedding::{EmbedError, Embedder};

/// What is recommended at most.
pub const MOST_PICKS: usize = 5;
/// Evidence for one pick at most.
pub const MOST_TRACES: usize = 3;
/// Skills that are searched for at most.
const MOST_AIMS: usize = 20;
/// How much the first ranks are worth more than the next ones: k of reciprocal rank fusion, as in the paper.
const K: f64 = 60.0;
/// From this percentage of the marks on somebody is ready for intermediate entries.
const INTERMEDIATE_FROM: f64 = 50.0;
/// From this one on for advanced entries, too.
const ADVANCED_FROM: f64 = 75.0;

/// The most demanding level that an attempt of this mark is ready for; without a mark the least demanding one.
pub fn readiness(percent: Option<f64>) -> CredentialLevel {
    match percent {
        Some(percent) if percent >= ADVANCED_FROM => CredentialLevel::Advanced,
        Some(percent) if percent >= INTERMEDIATE_FROM => CredentialLevel::Intermediate,
        Some(_) | None => CredentialLevel::Foundation,
    }
}

/// A skill to be searched for.
struct Aim<'p> {
    skill: &'p SkillEstimate,
    /// Share of all weights, 0–1.
    weight: f64,
    found: Found,
}

impl Library {
    /// What fits a profile: five entries at most, or none with the reason why. `embedder` is the one that the library was read by.
    pub fn select(&self, profile: &Profile, embedder: &dyn Embedder) -> Result<Selection, EmbedError> {
        let weighted = weighted(profile);
        let skills: Vec<&SkillEstimate> = weighted.iter().map(|(skill, _)| *skill).collect();
        if skills.is_empty() {
            return Ok(self.nothing(&Nothing::NoSkill));
        }
        if self.entries.is_empty() {
            return Ok(self.nothing(&Nothing::NoEntry));
        }
        let queries: Vec<Query> = skills.iter().map(|skill| Query::of(skill)).collect();
        let found = self.find(&queries, embedder)?.into_iter();
        let aims = weighted.iter().zip(found);
        let aims: Vec<Aim<'_>> = aims
            .map(|((skill, weight), found)| Aim {
                skill,
                weight: *weight,
                found,
            })
            .collect();
        let ready = readiness(profile.percent);
        let lacks_something = skills.iter().any(|skill| skill.gap() > 0.0);
        // What asks for less than somebody is ready for takes nobody further.
        let least = if lacks_something {
            CredentialLevel::Foundation
        } else {
            ready
        };
        let best = self.best(&aims, least..=ready);
        if best.is_empty() {
            let any = aims.iter().any(|aim| aim.found.fits.iter().any(Option::is_some));
            return Ok(self.nothing(&match (any, lacks_something) {
                (false, _) => Nothing::About(&skills),
                (true, true) => Nothing::Ready(ready, &skills),
                (true, false) => Nothing::Further(ready, &skills),
            }));
        }
        let picks: Vec<Pick> = best.into_iter().map(|entry| self.pick(entry, &aims)).collect();
        Ok(Selection {
            outcome: Outcome::Recommended,
            summary: reasons::found(&picks, &skills),
            picks,
            embedding_provider: self.provider.clone(),
        })
    }

    /// The places of the best entries of these levels, the best first.
    fn best(&self, aims: &[Aim<'_>], levels: RangeInclusive<CredentialLevel>) -> Vec<usize> {
        let mut scores = vec![0.0; self.entries.len()];
        for aim in aims {
            let fits = aim.found.fits.iter().zip(&self.entries).enumerate();
            let ready: Vec<(usize, Fit)> = fits
                .filter(|(_, (_, entry))| levels.contains(&entry.credential.content.level))
                .filter_map(|(at, (fit, _))| Some((at, (*fit)?)))
                .collect();
            for (at, score) in fused(&ready) {
                scores[at] += aim.weight * score;
            }
        }
        let mut ranked: Vec<(usize, f64)> = scores.into_iter().enumerate().collect();
        ranked.retain(|(_, score)| *score > 0.0);
        by_score(&mut ranked);
        ranked.into_iter().take(MOST_PICKS).map(|(at, _)| at).collect()
    }

    fn pick(&self, at: usize, aims: &[Aim<'_>]) -> Pick {
        let entry = &self.entries[at];
        let fitting = || aims.iter().filter_map(|aim| Some((aim, aim.found.fits[at]?)));
        // By the skill that it fits best; what more skills say is no surer.
        let confidence = fitting()
            .map(|(aim, fit)| fit.relevance() * belief(aim.skill.evidence.len()))
            .fold(0.0, f64::max);
        let traced = fitting().filter_map(|(aim, _)| {
            let (snippet, similarity) = self.best_quote(entry, &aim.found)?;
            let trace = Trace {
                skill: aim.skill.skill.clone(),
                skill_name: aim.skill.name.clone(),
                item_version_id: aim.skill.evidence.first()?.item_version_id,
                snippet: snippet.to_owned(),
                similarity,
            };
            Some((aim.skill, trace))
        });
        let traced: Vec<(&SkillEstimate, Trace)> = traced.take(MOST_TRACES).collect();
        Pick {
            credential_id: entry.credential.id,
            version: entry.credential.version,
            content: entry.credential.content.clone(),
            confidence: confidence.clamp(0.0, 1.0),
            rationale: reasons::rationale(&traced),
            worded_by: None,
            traces: traced.into_iter().map(|(_, trace)| trace).collect(),
        }
    }

    fn nothing(&self, why: &Nothing<'_>) -> Selection {
        Selection {
            outcome: Outcome::NothingFits,
            picks: Vec::new(),
            summary: why.to_string(),
            embedding_provider: self.provider.clone(),
        }
    }
}

/// The skills to be searched for with their weights, which are 1 together: those below their target by their gaps, or else those
/// that the track asks most of, alike. A skill without evidence is none.
fn weighted(profile: &Profile) -> Vec<(&SkillEstimate, f64)> {
    let shown = || profile.skills.iter().filter(|skill| !skill.evidence.is_empty());
    let mut aims: Vec<(&SkillEstimate, f64)> = shown()
        .map(|skill| (skill, skill.gap()))
        .filter(|(_, gap)| *gap > 0.0)
        .take(MOST_AIMS)
        .collect();
    if aims.is_empty() {
        let highest = shown()
            .map(|skill| skill.target)
            .fold(f64::NEG_INFINITY, f64::max);
        let asked_most = shown().filter(|skill| skill.target >= highest);
        aims = asked_most.map(|skill| (skill, 1.0)).take(MOST_AIMS).collect();
    }
    let whole: f64 = aims.iter().map(|(_, weight)| weight).sum();
    aims.into_iter()
        .map(|(skill, weight)| (skill, weight / whole))
        .collect()
}

/// Reciprocal ranks of entries by words, by meaning and by name, added up. Those that name the skill all have the first rank.
fn fused(fits: &[(usize, Fit)]) -> Vec<(usize, f64)> {
    let by_words = fits.iter().filter(|(_, fit)| fit.words > 0.0);
    let mut by_words: Vec<(usize, f64)> = by_words.map(|(at, fit)| (*at, fit.words)).collect();
    let mut by_meaning: Vec<(usize, f64)> = fits.iter().map(|(at, fit)| (*at, fit.cosine)).collect();
    by_score(&mut by_words);
    by_score(&mut by_meaning);
    let mut rank = 0.0;
    let mut fused = Vec::with_capacity(3 * fits.len());
    for ranking in [by_words, by_meaning] {
        for (at, _) in ranking {
            rank += 1.0;
            fused.push((at, 1.0 / (K + rank)));
        }
        rank = 0.0;
    }
    let named = fits.iter().filter(|(_, fit)| fit.named);
    fused.extend(named.map(|(at, _)| (*at, 1.0 / (K + 1.0))));
    fused
}

/// The best first, equals in the order of their places.
fn by_score(ranked: &mut [(usize, f64)]) {
    ranked.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
}

#[cfg(test)]
#[path = "selecting_tests.rs"]
mod tests;
