//! Who does what to whom: the reference's own words with two of them in each other's place.

use std::collections::BTreeSet;

use super::tokens::{Class, Sentence, Text};

/// Whether two words of one of the reference's sentences have changed sides around a third one in the answer: "the client
/// serves the server" for "the server serves the client". A part that moves as a whole changes nothing ("if A, then B",
/// "B if A"), and "by" on one side only makes a passive of it.
pub(super) fn swapped(reference: &Text, answer: &Text) -> bool {
    reference.sentences.iter().any(|expected| {
        answer
            .sentences
            .iter()
            .any(|given| is_passive(expected) == is_passive(given) && crossed(expected, given))
    })
}

fn is_passive(sentence: &Sentence) -> bool {
    sentence.tokens.iter().any(|token| token.word == "by")
}

fn crossed(expected: &Sentence, given: &Sentence) -> bool {
    let (expected, given) = (content(expected), content(given));
    if expected.len() > MOST_WORDS || given.len() > MOST_WORDS {
        return false;
    }
    expected.iter().enumerate().any(|(at, middle)| {
        let Some(there) = given.iter().position(|stem| stem == middle) else {
            return false;
        };
        let now_left: BTreeSet<&str> = given[..there].iter().copied().collect();
        let now_right: BTreeSet<&str> = given[there + 1..].iter().copied().collect();
        let only = |side: &BTreeSet<&str>, other: &BTreeSet<&str>, stem: &str| {
            side.contains(stem) && !other.contains(stem)
        };
        let (left, right) = (&expected[..at], &expected[at + 1..]);
        let moved_right = left
            .iter()
            .any(|stem| !right.contains(stem) && only(&now_right, &now_left, stem));
        let moved_left = right
            .iter()
            .any(|stem| !left.contains(stem) && only(&now_left, &now_right, stem));
        moved_right && moved_left
    })
}

/// Longer sentences say too much for two words in other places to tell anything.
const MOST_WORDS: usize = 12;

fn content(sentence: &Sentence) -> Vec<&str> {
    sentence
        .tokens
        .iter()
        .filter(|token| matches!(token.class, Class::Content | Class::Number))
        .map(|token| token.stem.as_str())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_change_sides_are_seen() {
        let seen = |reference, answer| swapped(&Text::new(reference), &Text::new(answer));
        for (reference, answer) in [
            ("The server serves the client.", "The client serves the server."),
            ("Bees pollinate the flowers.", "Flowers pollinate the bees."),
            (
                "What was added last is removed first.",
                "What was added first is removed last.",
            ),
            ("Warm air rises above cold air.", "Cold air rises above warm air."),
        ] {
            assert!(seen(reference, answer), "{reference} {answer}");
        }
        for (reference, answer) in [
            (
                "The server serves the client.",
                "The client is served by the server.",
            ),
            (
                "A body rests unless a force acts.",
                "Unless a force acts, a body rests.",
            ),
            (
                "The server serves the client.",
                "It serves the client, the server.",
            ),
            ("The server serves the client.", "The server serves the client."),
        ] {
            assert!(!seen(reference, answer), "{reference} {answer}");
        }
    }
}
