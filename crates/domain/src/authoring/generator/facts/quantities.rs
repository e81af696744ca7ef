//! Numbers in sentences, with their units.

use super::super::english::{bare, is_among};

/// A number that can be asked for.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Quantity {
    pub(in super::super) value: f64,
    /// As written (`2,147,483,647`).
    pub(in super::super) written: String,
    /// Byte range in the sentence.
    pub(in super::super) range: std::ops::Range<usize>,
    /// A unit of measure; `None` for counts, years and names such as port numbers.
    pub(in super::super) unit: Option<String>,
    /// Written with `about` or a like word.
    pub(in super::super) approximate: bool,
    /// Written as a bound (`at most 5`), of which the opposite value may be true as well.
    pub(in super::super) bound: bool,
}

const UNITS: &str = "\
    micrometres micrometers nanometres nanometers millimetres millimeters centimetres centimeters \
    milliseconds microseconds nanoseconds amperes joules kilojoules calories pascals decibels inches \
    feet miles pounds tonnes percent % bit bits byte bytes kilobyte kilobytes megabyte megabytes \
    gigabyte gigabytes kb mb gb tb ms s second seconds minute minutes hour hours day days week weeks \
    month months year years mm cm m km metre metres meter meters kilometres kilometers mg g kg gram \
    grams kilogram kilograms ml l litre litres liters degrees volt volts watt watts hertz hz bar newton \
    newtons";
const APPROXIMATE: [&str; 8] = [
    "about",
    "approximately",
    "around",
    "roughly",
    "nearly",
    "almost",
    "circa",
    "some",
];
const BOUNDS: [&str; 12] = [
    "least",
    "most",
    "to",
    "than",
    "over",
    "under",
    "below",
    "above",
    "between",
    "within",
    "exceeding",
    "beyond",
];
/// Words after which a number is a name.
const NAMING: [&str; 26] = [
    "figure",
    "fig",
    "table",
    "section",
    "chapter",
    "page",
    "equation",
    "appendix",
    "version",
    "rfc",
    "iso",
    "step",
    "type",
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "part",
];

/// The numbers of a sentence that are amounts, not parts of names, dates or formulas.
pub(in super::super) fn quantities_in(sentence: &str) -> Vec<Quantity> {
    let mut words: Vec<(usize, &str)> = Vec::new();
    let mut at = 0;
    for word in sentence.split(' ') {
        words.push((at, word));
        at += word.len() + 1;
    }
    (0..words.len())
        .filter_map(|index| quantity(&words, index))
        .collect()
}

fn quantity(words: &[(usize, &str)], index: usize) -> Option<Quantity> {
    let (at, word) = words[index];
    let start = word.find(|letter: char| letter != '(')?;
    let body = &word[start..];
    let length = body
        .find(|letter: char| !letter.is_ascii_digit() && letter != ',' && letter != '.')
        .unwrap_or(body.len());
    let written = body[..length].trim_end_matches(['.', ',']);
    let tail = &body[written.len()..];
    let clean_tail = tail
        .chars()
        .all(|letter| matches!(letter, '.' | ',' | ')' | ';' | '%' | '?'));
    if written.is_empty() || !clean_tail || !is_grouped(written) {
        return None;
    }
    let value: f64 = written.replace(',', "").parse().ok()?;
    let before = index.checked_sub(1).map_or("", |before| bare(words[before].1));
    let next = words.get(index + 1).map_or("", |next| next.1);
    let unit = if tail.starts_with('%') {
        Some("%".to_owned())
    } else {
        unit_of(tail, &words[index + 1..])
    };
    // A number right behind a name belongs to the name (`Apollo 11`), unless a unit says otherwise.
    let names = before.starts_with(char::is_uppercase) && unit.is_none();
    let before = before.to_lowercase();
    let day = NAMING[13..].contains(&bare(next).to_lowercase().as_str());
    if NAMING.contains(&before.as_str()) || day || names || before.is_empty() {
        return None;
    }
    Some(Quantity {
        value,
        written: written.to_owned(),
        range: at + start..at + start + written.len(),
        unit,
        approximate: APPROXIMATE.contains(&before.as_str()),
        bound: BOUNDS.contains(&before.as_str()),
    })
}

/// The unit behind a number, with what belongs to it (`newton metres`, `degrees Celsius`, `bits per second`).
fn unit_of(tail: &str, rest: &[(usize, &str)]) -> Option<String> {
    let word = |at: usize| rest.get(at).map_or("", |word| word.1);
    let unit = bare(word(0));
    if !tail.is_empty() || !is_among(UNITS, &unit.to_lowercase()) && !is_rate(rest) {
        return None;
    }
    let closed = |at: usize| bare(word(at)).len() < word(at).len();
    let second = bare(word(1));
    if closed(0) || second.is_empty() {
        return Some(unit.to_owned());
    }
    if is_rate(rest) {
        return Some(format!("{unit} per {}", bare(word(2))));
    }
    let belongs = matches!(unit, "newton" | "kilowatt" | "watt") && is_among("metres meters hours", second)
        || unit == "degrees" && matches!(second, "Celsius" | "Fahrenheit");
    Some(if belongs {
        format!("{unit} {second}")
    } else {
        unit.to_owned()
    })
}

/// `revolutions per minute`
fn is_rate(rest: &[(usize, &str)]) -> bool {
    let word = |at: usize| rest.get(at).map_or("", |word| word.1);
    let counted = word(0).ends_with('s') && word(0).chars().all(char::is_lowercase);
    counted && word(1) == "per" && is_among("second minute hour day week month year", bare(word(2)))
}

/// Digits with correct thousands groups and at most one decimal point (no version numbers, no lists).
fn is_grouped(written: &str) -> bool {
    let (whole, decimals) = written.split_once('.').unwrap_or((written, "0"));
    let digits = |text: &str| !text.is_empty() && text.chars().all(|letter| letter.is_ascii_digit());
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let grouped = groups.all(|group| group.len() == 3 && digits(group));
    digits(first)
        && grouped
        && digits(decimals)
        && whole.len() <= 19
        && (!whole.contains(',') || first.len() <= 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(sentence: &str) -> Vec<(f64, Option<String>)> {
        quantities_in(sentence)
            .into_iter()
            .map(|quantity| (quantity.value, quantity.unit))
            .collect()
    }

    #[test]
    fn amounts_are_found_with_their_units() {
        assert_eq!(
            found("A page has a size of 8 kilobytes."),
            [(8.0, Some("kilobytes".to_owned()))]
        );
        assert_eq!(
            found("It counts up to 2,147,483,647 rows."),
            [(2_147_483_647.0, None)]
        );
        assert_eq!(
            found("The torque is 8 newton metres at 14,000 revolutions per minute."),
            [
                (8.0, Some("newton metres".to_owned())),
                (14000.0, Some("revolutions per minute".to_owned()))
            ]
        );
        assert_eq!(found("An availability of 99.9% permits 8.8 hours.").len(), 2);
    }

    #[test]
    fn numbers_that_are_names_are_not() {
        for sentence in [
            "See Figure 3 there.",
            "It is version 4.19.0 now.",
            "On 18 August it rained.",
            "The 3NF and a 2-way lock.",
            "It was Apollo 11 then.",
        ] {
            assert_eq!(found(sentence), [], "{sentence}");
        }
    }
}
