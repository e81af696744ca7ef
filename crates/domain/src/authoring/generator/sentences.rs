//! From blocks to sentences that know their place on the page.

use super::document::{Form, Place, Sentence};
use super::pages::Glyph;

/// Abbreviations whose full stop ends no sentence.
const ABBREVIATIONS: [&str; 34] = [
    "e.g", "i.e", "cf", "vs", "fig", "figs", "eq", "eqs", "sec", "dr", "mr", "mrs", "ms", "prof", "st",
    "vol", "pp", "approx", "al", "ca", "inc", "ltd", "jr", "sr", "resp", "ref", "refs", "viz", "no", "nos",
    "dept", "est", "ed", "eds",
];

/// The sentences of a block of prose, in order.
pub(super) fn sentences_of(glyphs: &[Glyph], source: usize, section: usize) -> Vec<Sentence> {
    let letters: Vec<char> = glyphs.iter().map(|glyph| glyph.letter).collect();
    let mut sentences = Vec::new();
    let mut start = 0;
    for end in ends_of(&letters) {
        sentences.extend(sentence(&glyphs[start..end], source, section));
        start = end;
    }
    sentences.extend(sentence(&glyphs[start..], source, section));
    sentences
}

/// The first sentence of a list entry; what follows it in the entry usually refers back to it.
pub(super) fn entry_of(glyphs: &[Glyph], source: usize, section: usize) -> Option<Sentence> {
    let mut entry = sentences_of(glyphs, source, section).into_iter().next()?;
    entry.form = Form::Entry;
    Some(entry)
}

fn sentence(glyphs: &[Glyph], source: usize, section: usize) -> Option<Sentence> {
    let first = glyphs.iter().position(|glyph| glyph.letter != ' ')?;
    let last = glyphs.iter().rposition(|glyph| glyph.letter != ' ')?;
    let glyphs = &glyphs[first..=last];
    let page = glyphs[0].page;
    let here = glyphs.iter().filter(|glyph| glyph.page == page);
    let end = here.map(|glyph| glyph.offset).max()?.saturating_add(1);
    let place = Place {
        source,
        page,
        start: glyphs[0].offset,
        end,
    };
    let text: String = glyphs.iter().map(|glyph| glyph.letter).collect();
    let whole = glyphs[glyphs.len() - 1].page == page;
    Some(Sentence {
        text,
        place,
        whole,
        section,
        form: Form::Prose,
    })
}

/// Positions just behind each sentence but the last, in letters whose white space is blanks.
pub(crate) fn ends_of(letters: &[char]) -> Vec<usize> {
    let mut ends = Vec::new();
    for (index, letter) in letters.iter().enumerate() {
        if !matches!(letter, '.' | '!' | '?') {
            continue;
        }
        let closing = letters[index + 1..]
            .iter()
            .take_while(|c| matches!(c, ')' | '"' | '”' | '’' | '\'' | ']'))
            .count();
        let behind = index + 1 + closing;
        let parted = letters.get(behind) == Some(&' ');
        let opens = letters
            .get(behind + 1)
            .is_some_and(|c| c.is_uppercase() || c.is_ascii_digit() || matches!(c, '"' | '“' | '('));
        if parted && opens && !(*letter == '.' && is_abbreviation(&letters[..index])) {
            ends.push(behind);
        }
    }
    ends
}

fn is_abbreviation(before: &[char]) -> bool {
    let start = before
        .iter()
        .rposition(|letter| matches!(letter, ' ' | '(' | '“' | '"'))
        .map_or(0, |at| at + 1);
    let word: String = before[start..].iter().collect();
    let initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    initial || ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<String> {
        let glyphs: Vec<Glyph> = (0..)
            .zip(text.chars())
            .map(|(offset, letter)| Glyph {
                letter,
                page: 0,
                offset,
            })
            .collect();
        sentences_of(&glyphs, 0, 0)
            .into_iter()
            .map(|sentence| sentence.text)
            .collect()
    }

    #[test]
    fn abbreviations_initials_and_decimals_end_no_sentence() {
        let text =
            "Edgar F. Codd wrote it in 1970. Pages, e.g. leaves, hold 8.8 KB. Done (at last.) Next one!";
        let expected = [
            "Edgar F. Codd wrote it in 1970.",
            "Pages, e.g. leaves, hold 8.8 KB.",
            "Done (at last.)",
            "Next one!",
        ];
        assert_eq!(split(text), expected);
    }
}
