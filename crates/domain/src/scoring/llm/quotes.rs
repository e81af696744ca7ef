//! Finding a model's quotes in the answer: only what is there is evidence.

use crate::llm::is_invisible;
use crate::scoring::model::Quote;

/// Characters that a quote keeps at most.
const MOST_CHARS: usize = 300;
/// Fewer letters and digits than this are in nearly every text.
const LEAST_LETTERS: usize = 3;

/// The words of the answer that a quote repeats, as they stand there. White space, letter case, kinds of quotation marks and dashes
/// may differ, and the quote may begin or end with an ellipsis; nothing else may.
pub fn find_quote(answer: &str, quote: &str) -> Option<Quote> {
    let wanted = folded(quote.trim_matches(is_wrapping));
    let wanted: Vec<char> = wanted.iter().map(|(character, _)| *character).collect();
    let letters = wanted.iter().filter(|character| character.is_alphanumeric());
    if letters.count() < LEAST_LETTERS {
        return None;
    }
    let there = folded(answer);
    let at = there
        .windows(wanted.len())
        .position(|window| window.iter().map(|(character, _)| character).eq(wanted.iter()))?;
    let start = there.get(at)?.1;
    let end = there.get(at + wanted.len() - 1)?.1 + 1;
    let end = end.min(start + MOST_CHARS);
    Some(Quote {
        start: u32::try_from(start).ok()?,
        end: u32::try_from(end).ok()?,
        text: answer.chars().skip(start).take(end - start).collect(),
    })
}

fn is_wrapping(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '"' | '\'' | '…' | '.' | '“' | '”' | '‘' | '’' | '«' | '»'
        )
}

/// Characters as they are compared, each with its place in the text; runs of white space are one blank.
fn folded(text: &str) -> Vec<(char, usize)> {
    let mut folded: Vec<(char, usize)> = Vec::with_capacity(text.len());
    for (place, character) in text.chars().enumerate() {
        if is_invisible(character) {
            continue;
        }
        if character.is_whitespace() {
            if folded.last().is_some_and(|(last, _)| *last != ' ') {
                folded.push((' ', place));
            }
            continue;
        }
        let plain = match character {
            '“' | '”' | '„' | '«' | '»' => '"',
            '‘' | '’' | '‚' | '`' => '\'',
            '–' | '—' | '‑' | '−' => '-',
            other => other,
        };
        folded.extend(plain.to_lowercase().map(|lower| (lower, place)));
    }
    while folded.last().is_some_and(|(last, _)| *last == ' ') {
        folded.pop();
    }
    folded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(answer: &str, quote: &str) -> Option<(u32, u32, String)> {
        find_quote(answer, quote).map(|quote| (quote.start, quote.end, quote.text))
    }

    #[test]
    fn a_quote_is_found_as_the_answer_has_it() {
        let answer = "First line.\n  A lock — “exclusive” — keeps\tothers out.";
        let quote = "a lock - \"exclusive\" - keeps others out";
        assert_eq!(
            found(answer, quote),
            Some((14, 53, "A lock — “exclusive” — keeps\tothers out".to_owned()))
        );
        assert_eq!(
            found(answer, "…keeps others out."),
            Some((37, 53, "keeps\tothers out".to_owned()))
        );
        assert_eq!(found("İstanbul is large", "istanbul IS"), None);
        assert_eq!(found("Straße", "straße"), Some((0, 6, "Straße".to_owned())));
    }

    #[test]
    fn what_is_not_there_or_says_nothing_is_no_quote() {
        for quote in [
            "keeps nobody out",
            "",
            " ",
            "…",
            "a",
            "\"..\"",
            "keeps others, out",
        ] {
            assert_eq!(found("A lock keeps others out.", quote), None, "{quote}");
        }
        assert_eq!(found("", "lock"), None);
    }

    proptest! {
        #[test]
        fn every_piece_of_an_answer_is_found_and_verbatim(answer in "\\PC{0,80}", from in 0_usize..80, length in 1_usize..80) {
            let piece: String = answer.chars().skip(from).take(length).collect();
            let found = find_quote(&answer, &piece);
            if let Some(quote) = &found {
                let (start, end) = (usize::try_from(quote.start).unwrap(), usize::try_from(quote.end).unwrap());
                prop_assert_eq!(&answer.chars().skip(start).take(end - start).collect::<String>(), &quote.text);
            }
            let letters = piece.trim_matches(is_wrapping).chars().filter(char::is_ascii_alphanumeric);
            prop_assert!(found.is_some() || letters.count() < LEAST_LETTERS, "{:?}", piece);
        }

        #[test]
        fn nothing_panics(answer in any::<String>(), quote in any::<String>()) {
            let _ = find_quote(&answer, &quote);
        }
    }
}
