//! Words that are data: how they travel to a model, and what is kept of those that come back.

use std::fmt::Write as _;

/// Whether nobody sees a character: zero-width and direction marks, tags, fillers, variation selectors.
pub fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e007f}'
    )
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
            _ if character.is_control() || is_invisible(character) => {
                escape(&mut data, character);
            }
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
