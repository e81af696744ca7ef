//! When two pieces of text count as the same.

use unicode_normalization::UnicodeNormalization;

/// NFKC with runs of white space collapsed to one space and none at the ends; case is kept.
///
/// White space is collapsed and not removed: "to day" stays different from "today".
pub(crate) fn collapse(text: &str) -> String {
    let normalised: String = text
        .nfkc()
        .filter(|character| !is_invisible(*character))
        .collect();
    normalised.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// [`collapse`] without regard to case. Upper case first, so that `ß` and `ss` or the Greek sigmas meet.
pub(crate) fn fold(text: &str) -> String {
    collapse(text).to_uppercase().to_lowercase()
}

/// Whether a text says nothing: white space and characters without a shape only.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars()
        .all(|character| character.is_whitespace() || character.is_control() || is_invisible(character))
}

/// Characters that take no room: soft hyphen, zero-width spaces and joiners, direction marks, byte-order mark.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_collapsed_but_not_removed() {
        assert_eq!(collapse("  New \t\n York\u{a0}City "), "New York City");
        assert_ne!(collapse("to day"), collapse("today"));
    }

    #[test]
    fn folding_ignores_case_width_and_ligatures() {
        assert_eq!(fold("ＦＩＬＥ"), fold("ﬁle"));
        assert_eq!(fold("Straße"), fold("STRASSE"));
        assert_ne!(collapse("File"), collapse("file"));
    }

    #[test]
    fn text_without_any_shape_is_blank() {
        assert!(is_blank(" \u{200b}\u{feff}\n\u{0}"));
        assert!(!is_blank(" . "));
    }
}
