//! The JSON object in a model's words, whatever is around it.
//!
//! Repairs change the form and never a number: fences and prose around the object, trailing commas, raw line breaks in strings,
//! Python's `True`, `False` and `None`. `NaN` and infinities become null, which is a missing number.

use serde_json::{Map, Value};

/// Longer answers are not looked at: a verdict on 20 criteria has some 20,000 characters.
pub const MOST_CHARS_READ: usize = 200_000;
/// Places at which an object may begin that are tried.
const MOST_BEGINNINGS: usize = 50;

/// Why there is no object, in words that a re-ask repeats to the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoObject {
    /// None begins.
    #[error("there is no JSON object in it")]
    Missing,
    /// It ends before the object does.
    #[error("the JSON object is cut off")]
    CutOff,
    /// It is longer than any answer.
    #[error("it is far too long")]
    TooLong,
}

/// The first object in the text that can be read. What begins inside one that is cut off is a part of it.
pub fn object_in(text: &str) -> Result<Map<String, Value>, NoObject> {
    if text.chars().nth(MOST_CHARS_READ).is_some() {
        return Err(NoObject::TooLong);
    }
    for (start, _) in text.match_indices('{').take(MOST_BEGINNINGS) {
        let end = end_of_object(&text[start..]).ok_or(NoObject::CutOff)?;
        let found = &text[start..start + end];
        let read = serde_json::from_str(found).or_else(|_| serde_json::from_str(&repaired(found)));
        if let Ok(object) = read {
            return Ok(object);
        }
    }
    Err(NoObject::Missing)
}

/// Bytes of the object that begins a text; none if it does not end.
fn end_of_object(text: &str) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// See the module.
fn repaired(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    let mut word = String::new();
    for character in text.chars() {
        if in_string {
            match character {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => in_string = false,
                _ => {}
            }
            push_in_string(&mut out, character);
            continue;
        }
        if character.is_ascii_alphabetic() || (!word.is_empty() && character.is_alphanumeric()) {
            word.push(character);
            continue;
        }
        push_word(&mut out, &mut word);
        match character {
            '"' => in_string = true,
            '}' | ']' => drop_comma(&mut out),
            _ => {}
        }
        out.push(character);
    }
    push_word(&mut out, &mut word);
    out
}

fn push_in_string(out: &mut String, character: char) {
    match character {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        _ if character.is_control() => out.push(' '),
        _ => out.push(character),
    }
}

/// A bare word as JSON says it. An exponent belongs to its number.
fn push_word(out: &mut String, word: &mut String) {
    let known = match word.as_str() {
        "True" => "true",
        "False" => "false",
        "None" | "undefined" => "null",
        "NaN" | "Infinity" | "inf" | "nan" => {
            if out.ends_with(['-', '+']) {
                out.pop();
            }
            "null"
        }
        other => other,
    };
    out.push_str(known);
    word.clear();
}

fn drop_comma(out: &mut String) {
    let kept = out.trim_end().trim_end_matches(',').len();
    if out[kept..].contains(',') {
        out.truncate(kept);
    }
}
