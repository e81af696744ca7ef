//! Numbers that need no text: what the words of the question mean, what everybody knows, what the question itself adds up to.

use super::super::numerals::{number_of, same_number};
use super::super::wording::{has_phrase, normal, stem};

/// Words that name a number.
const NAMED: [(&str, f64); 27] = [
    ("dual", 2.0),
    ("double", 2.0),
    ("pair", 2.0),
    ("couple", 2.0),
    ("twin", 2.0),
    ("binary", 2.0),
    ("bicycle", 2.0),
    ("bilateral", 2.0),
    ("duplex", 2.0),
    ("triple", 3.0),
    ("triplet", 3.0),
    ("triad", 3.0),
    ("trio", 3.0),
    ("triangle", 3.0),
    ("tripod", 3.0),
    ("trilogy", 3.0),
    ("tricycle", 3.0),
    ("quadruple", 4.0),
    ("quadrilateral", 4.0),
    ("quartet", 4.0),
    ("pentagon", 5.0),
    ("hexagon", 6.0),
    ("octagon", 8.0),
    ("decade", 10.0),
    ("dozen", 12.0),
    ("century", 100.0),
    ("millennium", 1000.0),
];
/// How many of the first there are in one of the second.
const EVERYBODY_KNOWS: [(&str, &str, f64); 12] = [
    ("days", "week", 7.0),
    ("months", "year", 12.0),
    ("weeks", "year", 52.0),
    ("days", "year", 365.0),
    ("hours", "day", 24.0),
    ("minutes", "hour", 60.0),
    ("seconds", "minute", 60.0),
    ("cents", "euro", 100.0),
    ("grams", "kilogram", 1000.0),
    ("metres", "kilometre", 1000.0),
    ("legs", "dog", 4.0),
    ("fingers", "hand", 5.0),
];

/// What is counted in the singular only when there is one of it.
const COUNTED: [&str; 16] = [
    "second", "minute", "hour", "day", "week", "month", "year", "byte", "bit", "kilobyte", "megabyte",
    "gigabyte", "metre", "gram", "volt", "litre",
];

pub(super) fn check(question: &str, key: f64) -> Result<(), String> {
    let text = normal(question);
    let after = question
        .split_once("____")
        .map_or("", |(_, after)| after.trim_start());
    let counted = after
        .split(|letter: char| !letter.is_alphabetic())
        .next()
        .unwrap_or_default();
    if same_number(key, 1.0) && COUNTED.contains(&counted) {
        return Err(format!("“{counted}” in the singular tells that there is one"));
    }
    let words: Vec<String> = text.split(' ').map(stem).collect();
    let stands = |word: &str| words.contains(&stem(word));
    if let Some((word, _)) = NAMED
        .iter()
        .find(|(word, number)| same_number(*number, key) && stands(word))
    {
        return Err(format!("“{word}” in the stem means {key}"));
    }
    let known = |(many, one, number): &(&str, &str, f64)| {
        let asked = has_phrase(&text, &format!("how many {many}"));
        same_number(*number, key) && asked && stands(one)
    };
    if EVERYBODY_KNOWS.iter().any(known) {
        return Err("everybody knows the number".to_owned());
    }
    let own: Vec<f64> = text.split(' ').filter_map(number_of).collect();
    let [one, other] = own.as_slice() else {
        return Ok(());
    };
    let mut results = vec![one + other, one - other, other - one, one * other];
    if *one != 0.0 && *other != 0.0 {
        results.extend([one / other, other / one]);
    }
    if results.iter().any(|result| same_number(*result, key)) {
        return Err("the number follows from those in the stem".to_owned());
    }
    Ok(())
}
