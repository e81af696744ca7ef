//! Words that are data: how they travel to a model, and what is kept of those that come back.

use std::fmt::Write as _;

/// Whether nobody sees a character: zero-width and direction marks, tags, fillers, variation selectors, marks of layout; not what
/// parts lines and paragraphs ([`is_unprintable`]).
pub fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Whether a character has no place in one line of text: controls, what nobody sees, separators of lines and paragraphs.
pub fn is_unprintable(character: char) -> bool {
    character.is_control() || is_invisible(character) || matches!(character, '\u{2028}' | '\u{2029}')
}

/// Whether a text is a name: 1 to `most` characters in one line, each of them to be seen, without white space around them.
pub fn is_name(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.chars().count()) && text.trim() == text && !text.contains(is_unprintable)
}

/// A JSON string in which whatever cannot be seen is escaped, and what looks like a tag cannot be one.
pub fn as_data(text: &str) -> String {
    let mut data = String::with_capacity(text.len() + 2);
    data.push('"');
    for character in text.chars() {
        match character {
            '"' => data.push_str("\\\""),
            '\\' => data.push_str("\\\\"),
            '\n' => data.push_str("\\n"),
            '\t' => data.push_str("\\t"),
            '<' | '>' | '`' => escape(&mut data, character),
            _ if is_unprintable(character) => escape(&mut data, character),
            _ => data.push(character),
        }
    }
    data.push('"');
    data
}

fn escape(data: &mut String, character: char) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        // Writing to a String does not fail.
        let _ = write!(data, "\\u{unit:04x}");
    }
}

/// Words without control and invisible characters, in one line, cut at `most` characters.
pub fn visible_words(text: &str, most: usize) -> String {
    let visible = text.chars().filter(|character| !is_invisible(*character));
    let spaced: String = visible
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    words.join(" ").chars().take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that Unicode calls ignorable by default and that has no shape.
    const UNSEEN: [(char, char); 25] = [
        ('\u{ad}', '\u{ad}'),
        ('\u{34f}', '\u{34f}'),
        ('\u{61c}', '\u{61c}'),
        ('\u{115f}', '\u{1160}'),
        ('\u{17b4}', '\u{17b5}'),
        ('\u{180b}', '\u{180d}'),
        ('\u{180e}', '\u{180e}'),
        ('\u{180f}', '\u{180f}'),
        ('\u{200b}', '\u{200f}'),
        ('\u{202a}', '\u{202e}'),
        ('\u{2060}', '\u{2064}'),
        ('\u{2065}', '\u{206f}'),
        ('\u{2800}', '\u{2800}'),
        ('\u{3164}', '\u{3164}'),
        ('\u{fe00}', '\u{fe0f}'),
        ('\u{feff}', '\u{feff}'),
        ('\u{ffa0}', '\u{ffa0}'),
        ('\u{fff0}', '\u{fff8}'),
        ('\u{fff9}', '\u{fffb}'),
        ('\u{1bca0}', '\u{1bca3}'),
        ('\u{1d173}', '\u{1d17a}'),
        ('\u{e0000}', '\u{e007f}'),
        ('\u{e0080}', '\u{e00ff}'),
        ('\u{e0100}', '\u{e01ef}'),
        ('\u{e01f0}', '\u{e0fff}'),
    ];

    #[test]
    fn nobody_sees_any_of_these_ranges_and_what_is_beside_them_is_seen() {
        for (first, last) in UNSEEN {
            for unseen in first..=last {
                assert!(is_invisible(unseen) && is_unprintable(unseen), "{unseen:?}");
            }
        }
        let seen = "a\u{ac}\u{ae}\u{180a}\u{1810}\u{2027}\u{27ff}\u{2801}\u{3163}\u{fffc}\u{fffd}\u{1d172}\u{1d17b}é\u{301}漢🙂 ";
        for seen in seen.chars() {
            assert!(!is_invisible(seen) && !is_unprintable(seen), "{seen:?}");
        }
    }

    #[test]
    fn what_parts_lines_is_no_part_of_one() {
        for parting in ['\n', '\r', '\t', '\0', '\u{85}', '\u{2028}', '\u{2029}'] {
            assert!(is_unprintable(parting) && !is_invisible(parting), "{parting:?}");
            assert_eq!(visible_words(&format!("a{parting}b"), 9), "a b");
        }
        assert_eq!(visible_words("a\u{e0100}\u{fff9}b\u{2800}", 9), "ab");
    }

    #[test]
    fn a_name_is_one_line_that_everybody_sees() {
        for name in ["C++", "x", "Größe des Netzes", "HTTP APIs", "ab cd"] {
            assert!(is_name(name, 16), "{name}");
        }
        for none in [
            "",
            " ",
            " a",
            "a ",
            "a\nb",
            "a\u{2028}b",
            "a\u{200b}",
            "\u{2800}",
            "12345678901234567",
        ] {
            assert!(!is_name(none, 16), "{none:?}");
        }
    }

    #[test]
    fn data_is_one_line_of_what_can_be_seen() {
        assert_eq!(
            as_data("a\u{2028}b\u{2029}\u{e0100}<x>\n\"\\"),
            "\"a\\u2028b\\u2029\\udb40\\udd00\\u003cx\\u003e\\n\\\"\\\\\""
        );
    }
}
