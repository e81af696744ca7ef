//! Which topic of a text an item belongs to, by its words.

use std::collections::{BTreeMap, BTreeSet};

use super::wording::{content_stems, normal, ratio};

/// An item belongs to its topic unless another one has this much more of its words.
const CLEARLY_MORE: f64 = 1.05;
/// An item shares at least this much of its words with the topic it belongs to.
const LEAST_SHARE: f64 = 0.2;

/// The topics of a text with the words each of them uses.
#[derive(Debug, Default)]
pub struct Topics {
    topics: Vec<Topic>,
    /// In how many topics a word occurs.
    spread: BTreeMap<String, usize>,
}

#[derive(Debug)]
struct Topic {
    title: String,
    normal_title: String,
    words: BTreeSet<String>,
}

impl Topics {
    /// Each topic with its title and its text; topics of the same title are one.
    pub fn of<'a>(topics: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut found = Self::default();
        for (title, text) in topics {
            let mut words = content_stems(text);
            words.extend(content_stems(title));
            let normal_title = normal(title);
            if let Some(known) = found
                .topics
                .iter_mut()
                .find(|topic| topic.normal_title == normal_title)
            {
                known.words.extend(words);
            } else {
                let title = title.to_owned();
                found.topics.push(Topic {
                    title,
                    normal_title,
                    words,
                });
            }
        }
        for word in found.topics.iter().flat_map(|topic| &topic.words) {
            *found.spread.entry(word.clone()).or_default() += 1;
        }
        found
    }

    /// Whether the words of an item belong to the topic it is said to be of.
    pub(super) fn confirm(&self, title: &str, words: &BTreeSet<String>) -> Result<(), String> {
        if self.topics.is_empty() {
            return Ok(());
        }
        let normal_title = normal(title);
        let Some(own) = self
            .topics
            .iter()
            .find(|topic| topic.normal_title == normal_title)
        else {
            return Err(format!("“{title}” is no topic of the text"));
        };
        let all: f64 = words.iter().map(|word| self.weight(word)).sum();
        let score = |topic: &Topic| -> f64 {
            words
                .intersection(&topic.words)
                .map(|word| self.weight(word))
                .sum()
        };
        let own_score = score(own);
        if own_score < LEAST_SHARE * all {
            return Err(format!("it has next to nothing to do with “{title}”"));
        }
        let best = self
            .topics
            .iter()
            .max_by(|one, other| score(one).total_cmp(&score(other)));
        match best {
            Some(best) if score(best) > CLEARLY_MORE * own_score => {
                Err(format!("it belongs to “{}” rather than to “{title}”", best.title))
            }
            _ => Ok(()),
        }
    }

    /// Words of few topics tell more (inverse document frequency, log(1 + N/n)).
    fn weight(&self, word: &str) -> f64 {
        let topics = self.spread.get(word).copied().unwrap_or(1);
        ratio(self.topics.len(), topics).ln_1p()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_belongs_to_the_topic_that_has_its_words() {
        let topics = Topics::of([
            ("Keys", "A primary key identifies a row of a table."),
            ("Locks", "A lock restricts access to a row of a table."),
            ("locks", "A latch is a short lock."),
        ]);
        let confirm = |title, text| topics.confirm(title, &content_stems(text));
        assert_eq!(confirm("Locks", "Which lock restricts access? A latch."), Ok(()));
        assert!(confirm("Keys", "Which lock restricts access?").is_err());
        assert!(confirm("Views", "Which lock restricts access?").is_err());
        assert!(confirm("Keys", "Bananas grow in warm countries.").is_err());
        assert_eq!(
            Topics::default().confirm("Views", &content_stems("Anything")),
            Ok(())
        );
    }
}
