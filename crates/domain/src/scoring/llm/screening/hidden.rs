//! Undoing what hides words from a reader.

use unicode_normalization::UnicodeNormalization as _;

use crate::llm::is_invisible;

/// Letters of an encoded word at least, so that ordinary words are none.
const LEAST_ENCODED: usize = 16;

/// Invisible characters that no script needs: joiners between letters of scripts that have them, and selectors behind a
/// picture, are left out.
pub(super) fn invisible_count(text: &str) -> usize {
    let characters: Vec<char> = text.chars().collect();
    let needed = |place: usize| {
        let before = place.checked_sub(1).and_then(|before| characters.get(before));
        let ordinary = before.is_some_and(|character| !character.is_ascii() && !is_invisible(*character));
        ordinary
            && matches!(
                characters[place],
                '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}'
            )
    };
    (0..characters.len())
        .filter(|place| is_invisible(characters[*place]) && !needed(*place))
        .count()
}

/// The text as it reads, and as it reads when it is taken for hidden.
pub(super) fn readings(answer: &str) -> Vec<String> {
    let shown = plain(answer);
    let mut readings = vec![shown.clone()];
    let tags = from_tags(answer);
    let decoded = answer.split(|c: char| !is_base64(c)).filter_map(from_base64);
    let others = std::iter::once(tags).chain(decoded).map(|text| plain(&text));
    readings.extend(others.filter(|text| !text.trim().is_empty()));
    readings.extend([
        joined(&shown),
        with_letters(&shown),
        shown.chars().map(turned).collect(),
        shown.chars().rev().collect(),
    ]);
    readings
}

/// Lower case, compatibility forms resolved, letters that look Latin as Latin, nothing invisible.
pub(super) fn plain(text: &str) -> String {
    let visible = text.chars().filter(|character| !is_invisible(*character));
    let folded: String = visible.nfkc().flat_map(char::to_lowercase).collect();
    folded
        .split_inclusive(char::is_whitespace)
        .map(latin_where_mixed)
        .collect()
}

/// Words of a text: runs of letters and digits.
pub(super) fn words(text: &str) -> Vec<String> {
    let words = text.split(|character: char| !character.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// A word with Latin letters and some that only look so is meant to be read as Latin.
fn latin_where_mixed(word: &str) -> String {
    if word.is_ascii() || !word.chars().any(|character| character.is_ascii_alphabetic()) {
        return word.to_owned();
    }
    word.chars().map(look_alike).collect()
}

fn look_alike(character: char) -> char {
    match character {
        'а' | 'α' => 'a',
        'с' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'е' | 'ё' | 'ε' => 'e',
        'һ' => 'h',
        'і' | 'ι' | 'ı' => 'i',
        'ј' => 'j',
        'к' | 'κ' => 'k',
        'м' => 'm',
        'о' | 'ο' => 'o',
        'р' | 'ρ' => 'p',
        'ѕ' => 's',
        'т' | 'τ' => 't',
        'υ' => 'u',
        'ν' => 'v',
        'ԝ' => 'w',
        'х' | 'χ' => 'x',
        'у' => 'y',
        other => other,
    }
}

/// Letters set apart by one sign, `i g n o r e` or `i-g-n-o-r-e`, as one word.
fn joined(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let is_letter = |at: usize| {
        characters
            .get(at)
            .is_some_and(|character| character.is_alphanumeric())
    };
    let stands_alone = |at: usize| is_letter(at) && !is_letter(at + 1);
    let mut joined = String::with_capacity(text.len());
    let mut at = 0;
    while at < characters.len() {
        joined.push(characters[at]);
        let begins = stands_alone(at) && (at == 0 || !is_letter(at - 1));
        at += 1;
        let Some(sign) = characters.get(at).filter(|_| begins).copied() else {
            continue;
        };
        while characters.get(at) == Some(&sign) && stands_alone(at + 1) {
            joined.push(characters[at + 1]);
            at += 2;
        }
    }
    joined
}

/// Digits and signs that stand for letters, in words that have both.
fn with_letters(text: &str) -> String {
    let word = |word: &str| -> String {
        if !word.chars().any(char::is_alphabetic) {
            return word.to_owned();
        }
        let letter = |character| match character {
            '0' => 'o',
            '1' | '!' | '|' => 'i',
            '3' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            '7' => 't',
            other => other,
        };
        word.chars().map(letter).collect()
    };
    text.split_inclusive(char::is_whitespace).map(word).collect()
}

/// ROT13.
fn turned(character: char) -> char {
    let turn = |byte: u8, first: u8| char::from((byte - first + 13) % 26 + first);
    match u8::try_from(character) {
        Ok(byte @ b'a'..=b'z') => turn(byte, b'a'),
        _ => character,
    }
}

/// Characters of the tag block are a shadow of ASCII.
fn from_tags(text: &str) -> String {
    let ascii = |character: char| {
        let code = u32::from(character).checked_sub(0xe_0000)?;
        char::from_u32(code).filter(|shadow| (' '..='~').contains(shadow))
    };
    text.chars().filter_map(ascii).collect()
}

const fn is_base64(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '+' | '/' | '=' | '-' | '_')
}

/// The text that a word encodes; none if it is no text.
fn from_base64(word: &str) -> Option<String> {
    let digits = word.trim_end_matches('=');
    if digits.len() < LEAST_ENCODED {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    let (mut held, mut bits) = (0_u32, 0_u32);
    for character in digits.bytes() {
        let value = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        held = ((held << 6) | u32::from(value)) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((held >> bits) & 0xff).unwrap_or_default());
        }
    }
    let text = String::from_utf8(bytes).ok()?;
    let readable = |character: char| !character.is_control() || character.is_whitespace();
    text.chars().all(readable).then_some(text)
}
