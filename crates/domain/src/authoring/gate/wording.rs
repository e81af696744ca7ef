//! Comparing texts the way a reader does: case, punctuation, line breaks and inflection do not count.

use std::collections::BTreeSet;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;

/// Words that carry no meaning of their own. Sorted, for binary search.
const STOP_WORDS: [&str; 120] = [
    "a",
    "about",
    "above",
    "after",
    "all",
    "also",
    "although",
    "an",
    "and",
    "any",
    "are",
    "as",
    "at",
    "be",
    "because",
    "been",
    "before",
    "being",
    "below",
    "between",
    "both",
    "but",
    "by",
    "can",
    "cannot",
    "could",
    "did",
    "do",
    "does",
    "each",
    "either",
    "every",
    "few",
    "following",
    "for",
    "from",
    "had",
    "has",
    "have",
    "he",
    "her",
    "here",
    "his",
    "how",
    "however",
    "i",
    "if",
    "in",
    "into",
    "is",
    "it",
    "its",
    "itself",
    "just",
    "many",
    "may",
    "might",
    "more",
    "most",
    "much",
    "must",
    "neither",
    "no",
    "nor",
    "not",
    "of",
    "on",
    "one",
    "only",
    "or",
    "other",
    "our",
    "out",
    "over",
    "own",
    "same",
    "shall",
    "she",
    "should",
    "so",
    "some",
    "such",
    "than",
    "that",
    "the",
    "their",
    "them",
    "then",
    "there",
    "these",
    "they",
    "this",
    "those",
    "through",
    "to",
    "too",
    "under",
    "until",
    "up",
    "upon",
    "us",
    "very",
    "was",
    "we",
    "were",
    "what",
    "when",
    "where",
    "whereas",
    "which",
    "while",
    "who",
    "whose",
    "why",
    "will",
    "with",
    "within",
    "without",
    "would",
    "you",
];

/// Stems of words that come from the form of the question, not from its matter.
pub(super) const FORM_WORDS: [&str; 22] = [
    "answer",
    "appli",
    "belong",
    "choos",
    "complet",
    "correct",
    "describ",
    "descript",
    "essay",
    "explain",
    "fit",
    "follow",
    "match",
    "number",
    "order",
    "right",
    "select",
    "sentenc",
    "statement",
    "step",
    "term",
    "write",
];

/// Function words that turn a statement round when they are put in, left out or exchanged.
const TURNING_WORDS: [&str; 24] = [
    "above", "after", "all", "before", "below", "both", "cannot", "each", "every", "few", "less", "many",
    "more", "most", "neither", "never", "no", "nor", "not", "only", "some", "until", "with", "without",
];

/// Whether a lower-case word is grammar rather than content.
pub(in crate::authoring) fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.binary_search(&word).is_ok()
}

/// Lower case, compatibility-composed, words parted by single spaces; `5,000` becomes `5000`, `[12]` is left out.
pub(in crate::authoring) fn normal(text: &str) -> String {
    // Most texts are ASCII, for which composing is a costly way of doing nothing.
    let chars: Vec<char> = if text.is_ascii() {
        text.bytes()
            .map(|byte| char::from(byte.to_ascii_lowercase()))
            .collect()
    } else {
        text.nfkc().flat_map(char::to_lowercase).collect()
    };
    let mut result = String::with_capacity(text.len());
    let mut index = 0;
    while index < chars.len() {
        if let Some(length) = citation_length(&chars[index..]) {
            index += length;
            continue;
        }
        match chars[index] {
            letter if letter.is_alphanumeric() => result.push(letter),
            '.' if inside_number(&chars, index) => result.push('.'),
            ',' if inside_number(&chars, index) => {}
            '\'' | '’' | '\u{ad}' | '\u{200b}' => {}
            _ if result.ends_with(' ') || result.is_empty() => {}
            _ => result.push(' '),
        }
        index += 1;
    }
    result.truncate(result.trim_end().len());
    result
}

fn inside_number(chars: &[char], index: usize) -> bool {
    let digit = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(char::is_ascii_digit);
    digit(index.checked_sub(1)) && digit(Some(index + 1))
}

/// Length of a bracketed reference like `[3, 7–9]` at the start; `None` when there is none.
pub(in crate::authoring) fn citation_length(chars: &[char]) -> Option<usize> {
    if chars.first() != Some(&'[') {
        return None;
    }
    let inside = |letter: &&char| letter.is_ascii_digit() || matches!(letter, ',' | '-' | '–' | ' ' | ';');
    let length = chars[1..].iter().take(24).take_while(inside).count();
    let digits = chars[1..=length].iter().any(char::is_ascii_digit);
    (digits && chars.get(length + 1) == Some(&']')).then_some(length + 2)
}

/// [`normal`] without spaces, so that words broken over two lines of a page compare equal.
pub(in crate::authoring) fn squashed(text: &str) -> String {
    normal(text).replace(' ', "")
}

/// Whether a phrase occurs in a text at word boundaries; both in [`normal`] form.
pub(in crate::authoring) fn has_phrase(normal_text: &str, normal_phrase: &str) -> bool {
    if normal_phrase.is_empty() {
        return false;
    }
    normal_text.match_indices(normal_phrase).any(|(start, found)| {
        let starts = normal_text[..start]
            .chars()
            .next_back()
            .is_none_or(|letter| letter == ' ');
        let ends = normal_text[start + found.len()..]
            .chars()
            .next()
            .is_none_or(|letter| letter == ' ');
        starts && ends
    })
}

/// The stem of a lower-case English word.
pub(in crate::authoring) fn stem(word: &str) -> String {
    Stemmer::create(Algorithm::English).stem(word).into_owned()
}

/// The stems of the words that carry meaning.
pub(in crate::authoring) fn content_stems(text: &str) -> BTreeSet<String> {
    let stemmer = Stemmer::create(Algorithm::English);
    normal(text)
        .split(' ')
        .filter(|word| !word.is_empty() && !is_stop_word(word))
        .map(|word| stemmer.stem(word).into_owned())
        .collect()
}

/// The stems of the words that decide what a statement says, in its order: content, and words that turn it round.
pub(super) fn telling(text: &str) -> Vec<String> {
    let stemmer = Stemmer::create(Algorithm::English);
    normal(text)
        .split(' ')
        .filter(|word| !word.is_empty() && (!is_stop_word(word) || TURNING_WORDS.contains(word)))
        .map(|word| stemmer.stem(word).into_owned())
        .collect()
}

/// All words as stems, parted by single spaces, so that phrases are found whatever their inflection.
pub(super) fn stemmed(text: &str) -> String {
    let stemmer = Stemmer::create(Algorithm::English);
    let text = normal(text);
    let stems: Vec<_> = text.split(' ').map(|word| stemmer.stem(word)).collect();
    stems.join(" ")
}

/// Whether a text in [`normal`] form denies something.
pub(super) fn denies(normal_text: &str) -> bool {
    let contracted = |word: &str| {
        matches!(
            word,
            "isnt"
                | "arent"
                | "wasnt"
                | "werent"
                | "doesnt"
                | "dont"
                | "didnt"
                | "cant"
                | "wont"
                | "hasnt"
                | "havent"
        )
    };
    normal_text
        .split(' ')
        .any(|word| matches!(word, "not" | "no" | "never" | "neither" | "nor" | "cannot") || contracted(word))
}

/// The text outside of quotation marks.
pub(super) fn without_quotes(text: &str) -> String {
    let mut inside = false;
    let mut kept = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '“' => inside = true,
            '”' => inside = false,
            '"' => inside = !inside,
            _ if !inside => kept.push(letter),
            _ => {}
        }
    }
    kept
}

/// Share of the first set that is also in the second, 0–1; 0 for an empty first set.
pub(in crate::authoring) fn share_within(part: &BTreeSet<String>, whole: &BTreeSet<String>) -> f64 {
    ratio(part.intersection(whole).count(), part.len())
}

/// `part / whole`, 0 when the whole is nothing.
pub(in crate::authoring) fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts of words and characters stay far below 2^52"
    )]
    {
        part as f64 / whole as f64
    }
}

/// Whether a phrase is spoken with “an”: by its first letter, with the usual exceptions and spelled-out abbreviations.
pub(in crate::authoring) fn takes_an(phrase: &str) -> bool {
    let word: String = phrase
        .chars()
        .skip_while(|c| !c.is_alphanumeric())
        .take_while(|c| c.is_alphanumeric())
        .collect();
    let lower = word.to_lowercase();
    let starts = |openers: &[&str]| openers.iter().any(|opener| lower.starts_with(opener));
    let spelled_out = word.len() >= 2 && word.len() <= 5 && word.chars().all(|c| c.is_ascii_uppercase());
    if spelled_out && !word.chars().skip(1).any(|c| "AEIOU".contains(c)) {
        return word.starts_with(['A', 'E', 'F', 'H', 'I', 'L', 'M', 'N', 'O', 'R', 'S', 'X']);
    }
    if starts(&["hour", "honest", "honour", "honor", "heir"]) {
        return true;
    }
    if starts(&[
        "uni", "use", "usu", "util", "eu", "one", "once", "ubiq", "ura", "ure",
    ]) {
        return starts(&["unin", "unim", "unid"]);
    }
    lower.starts_with(['a', 'e', 'i', 'o', 'u']) || starts(&["8", "11", "18"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_words_are_sorted_for_the_search() {
        assert!(STOP_WORDS.is_sorted());
        assert!(is_stop_word("whereas") && !is_stop_word("lock"));
    }

    #[test]
    fn the_normal_form_keeps_numbers_and_drops_references() {
        assert_eq!(
            normal("The ﬁrst 5,000 rows, about 8.8\n hours [3, 7–9]."),
            "the first 5000 rows about 8.8 hours"
        );
        assert_eq!(squashed("manip-\nulation"), squashed("manipulation"));
    }

    #[test]
    fn the_article_follows_the_sound() {
        for phrase in ["index", "SQL query", "hour", "unidentified key", "8-bit field"] {
            assert!(takes_an(phrase), "{phrase}");
        }
        for phrase in [
            "unique key",
            "user",
            "join",
            "UNIQUE constraint",
            "one-way hash",
            "table",
        ] {
            assert!(!takes_an(phrase), "{phrase}");
        }
    }

    #[test]
    fn a_phrase_is_found_at_word_boundaries_only() {
        assert!(has_phrase("a foreign key is", "foreign key"));
        assert!(!has_phrase("a foreign keyhole", "foreign key"));
        assert!(!has_phrase("anything", ""));
    }
}
