//! Full-text relevance: Okapi BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009).

use std::collections::{BTreeMap, BTreeSet};

/// How soon another occurrence of a word counts for nothing.
const K1: f64 = 1.2;
/// How much longer texts have to say more, 0–1.
const B: f64 = 0.75;

/// The words of texts, ready to be asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// Stem → texts with its number of occurrences, in the order of texts.
    postings: BTreeMap<String, Vec<(usize, f64)>>,
    /// Words of each text.
    lengths: Vec<f64>,
    mean_length: f64,
}

/// What a text has of the words that were asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct WordMatch {
    /// BM25, from 0.
    pub(super) score: f64,
    /// Share of the words, each by its inverse document frequency, 0–1: more than 0 exactly where one is there.
    pub(super) covered: f64,
    /// How many of the words are there.
    pub(super) shared: usize,
}

impl Index {
    /// The texts as stems.
    pub(super) fn of(texts: impl IntoIterator<Item = Vec<String>>) -> Self {
        let mut index = Self::default();
        for (text, stems) in texts.into_iter().enumerate() {
            index.lengths.push(count(stems.len()));
            for stem in stems {
                let posting = index.postings.entry(stem).or_default();
                match posting.last_mut() {
                    Some((last, occurrences)) if *last == text => *occurrences += 1.0,
                    _ => posting.push((text, 1.0)),
                }
            }
        }
        let words: f64 = index.lengths.iter().sum();
        index.mean_length = words / count(index.lengths.len().max(1));
        index
    }

    /// How well each text matches, in the order of texts.
    pub(super) fn matches(&self, stems: &BTreeSet<String>) -> Vec<WordMatch> {
        let mut matches = vec![WordMatch::default(); self.lengths.len()];
        let whole: f64 = stems.iter().map(|stem| self.idf(stem)).sum();
        for stem in stems {
            let idf = self.idf(stem);
            for (text, occurrences) in self.postings.get(stem).into_iter().flatten() {
                // A text with a word has a length, and so the mean is more than 0.
                let length = self.lengths[*text] / self.mean_length;
                let saturated = occurrences * (K1 + 1.0) / (occurrences + K1 * (1.0 - B + B * length));
                matches[*text].score += idf * saturated;
                matches[*text].covered += idf / whole;
                matches[*text].shared += 1;
            }
        }
        matches
    }

    /// ln(1 + (N - n + 0.5) / (n + 0.5)) for a word in n of N texts: the usual form, which is never negative.
    fn idf(&self, stem: &str) -> f64 {
        let with = count(self.postings.get(stem).map_or(0, Vec::len));
        (1.0 + (count(self.lengths.len()) - with + 0.5) / (with + 0.5)).ln()
    }
}

/// A count as a float.
pub(super) fn count(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stems(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    fn matches(texts: &[&str], asked: &str) -> Vec<WordMatch> {
        let asked = stems(asked).into_iter().collect();
        Index::of(texts.iter().map(|text| stems(text))).matches(&asked)
    }

    #[test]
    fn the_score_is_the_formula_s() {
        let found = matches(&["http api http", "sql", "http cook"], "http api");
        // n = 2 and 1 of 3 texts, mean length 2.
        let (http, api) = ((1.0_f64 + 1.5 / 2.5).ln(), (1.0_f64 + 2.5 / 1.5).ln());
        let long = 1.2 * (0.25 + 0.75 * 1.5);
        let expected = http * 2.0 * 2.2 / (2.0 + long) + api * 2.2 / (1.0 + long);
        assert!((found[0].score - expected).abs() < 1e-12, "{}", found[0].score);
        assert!((found[0].covered - 1.0).abs() < 1e-12);
        assert_eq!(found[1], WordMatch::default());
        assert_eq!((found[0].shared, found[2].shared), (2, 1));
        assert!((found[2].score - http).abs() < 1e-12);
        assert!((found[2].covered - http / (http + api)).abs() < 1e-12);
    }

    #[test]
    fn a_rare_word_says_more_than_a_frequent_one_and_saying_it_often_helps_little() {
        let found = matches(&["sql data", "data data", "data cook", "data"], "sql data");
        assert!(found[0].score > found[1].score && found[1].score > found[2].score);
        assert!(found[1].score < 2.0 * found[3].score);
    }

    #[test]
    fn no_texts_no_words_and_unknown_words_match_nothing() {
        assert_eq!(matches(&[], "sql"), Vec::new());
        assert_eq!(matches(&["", ""], "sql"), vec![WordMatch::default(); 2]);
        assert_eq!(matches(&["sql"], ""), vec![WordMatch::default()]);
        assert_eq!(matches(&["sql"], "cook"), vec![WordMatch::default()]);
    }
}
