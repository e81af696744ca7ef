//! Titles of other entries, which a reason may not name.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;

use crate::llm::is_invisible;
use crate::scoring::local::content_words;

/// Words that carry meaning in a title that tells which entry is meant: "SQL" and "The basics" are said of anything.
const LEAST_WORDS: usize = 2;
/// Characters of such a title.
const LEAST_CHARACTERS: usize = 10;

/// The titles that tell which entry is meant, [folded](folded), each once.
pub(in super::super) fn telling_titles<'t>(titles: impl Iterator<Item = &'t str>) -> Vec<String> {
    let telling = titles.filter(|title| content_words(title).len() >= LEAST_WORDS);
    let distinct: BTreeSet<String> = telling.map(folded).collect();
    let is_long = |title: &String| title.trim().chars().count() >= LEAST_CHARACTERS;
    distinct.into_iter().filter(is_long).collect()
}

/// Words in lower case between single blanks, with one before and one behind.
pub(super) fn folded(text: &str) -> String {
    let plain: String = plain(text)
        .chars()
        .filter(|character| !is_invisible(*character))
        .collect();
    let words = plain.split(|character: char| !character.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    format!(" {} ", words.join(" "))
}

/// Compatibility forms in lower case.
pub(super) fn plain(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_titles_that_tell_which_entry_is_meant_are_kept_once_and_folded() {
        let titles = [
            "SQL",
            "You",
            "The basics",
            "Of the and",
            "?",
            "",
            "Go to C",
            "Web APIs",
            "Bread-Baking",
            "BREAD baking!",
            "Über\u{200b}setzung für Größen",
        ];
        let kept = telling_titles(titles.into_iter());
        assert_eq!(kept, [" bread baking ", " übersetzung für größen "]);
    }
}
