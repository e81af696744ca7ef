//! Numbers with units as people write them.

use super::text::collapse;
use crate::authoring::item::Tolerance;

/// A finite number and the unit written behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// Never NaN or infinite.
    pub value: f64,
    /// White space collapsed, NFKC, case kept (`mW` is not `MW`).
    pub unit: Option<String>,
}

/// Longer texts are not numbers anybody meant.
const MAX_CHARS: usize = 200;

impl Quantity {
    /// A number without a unit; `None` for NaN and infinities.
    pub fn bare(value: f64) -> Option<Self> {
        value.is_finite().then_some(Self { value, unit: None })
    }

    /// The same number with a unit; a blank unit is none.
    #[must_use]
    pub fn with_unit(mut self, unit: &str) -> Self {
        let unit = collapse(unit);
        self.unit = (!unit.is_empty()).then_some(unit);
        self
    }

    /// Reads "42", "-1.5e3", "42 ms", "50%", "1,000", "3,14"; `None` for anything else, and for what overflows (1e400).
    ///
    /// A comma groups thousands where groups of three digits follow a first group of one to three without a leading zero
    /// ("1,000" is a thousand); a single other comma is a decimal comma ("3,14", "0,125"). A unit starts with a letter or
    /// one of `% ‰ ° $ € £ ¥`, so that "3 4", "1/2" or "2 x 10^3" are refused instead of half read.
    pub fn parse(text: &str) -> Option<Self> {
        if text.chars().nth(MAX_CHARS).is_some() {
            return None;
        }
        let characters: Vec<char> = text.trim().chars().map(plain).collect();
        let end = number_end(&characters);
        let number = decimal_point(&characters[..end])?;
        let unit: String = characters[end..].iter().collect();
        let unit = unit.trim();
        let value = number.parse::<f64>().ok()?;
        starts_like_a_unit(unit).then(|| Self::bare(value).map(|quantity| quantity.with_unit(unit)))?
    }

    /// Whether this is within `tolerance` of `key`; a nonsensical tolerance (NaN, negative) counts as none.
    pub fn is_near(&self, key: f64, tolerance: Tolerance) -> bool {
        let bound = match tolerance {
            Tolerance::Absolute(value) => value,
            Tolerance::Relative(value) => value * key.abs(),
        };
        let bound = if bound.is_finite() { bound.max(0.0) } else { 0.0 };
        let gap = (self.value - key).abs();
        // A few units in the last place: 1.1 is within 0.1 of 1.0 on paper, though not in binary.
        let slack = 8.0 * f64::EPSILON * self.value.abs().max(key.abs()).max(bound);
        gap.is_finite() && gap <= bound + slack
    }
}

/// Full-width digits and the typographic minus as ASCII. NFKC would turn `10³` into `103`, so it is not used here.
fn plain(character: char) -> char {
    match character {
        '\u{2212}' | '\u{ff0d}' => '-',
        '\u{ff0b}' => '+',
        '\u{ff0e}' => '.',
        '\u{ff10}'..='\u{ff19}' => char::from_digit(u32::from(character) - 0xff10, 10).unwrap_or(character),
        _ => character,
    }
}

/// One past the sign, digits, separators and exponent at the start.
fn number_end(characters: &[char]) -> usize {
    let digits = |from: usize, more: &[char]| {
        from + characters[from..]
            .iter()
            .take_while(|c| c.is_ascii_digit() || more.contains(c))
            .count()
    };
    let sign = |at: usize| at + usize::from(matches!(characters.get(at), Some('+' | '-')));
    let mantissa = digits(sign(0), &['.', ',']);
    if matches!(characters.get(mantissa), Some('e' | 'E')) {
        let exponent = sign(mantissa + 1);
        let end = digits(exponent, &[]);
        if end > exponent {
            return end;
        }
    }
    mantissa
}

/// The number with its commas resolved, ready for `f64::from_str`.
fn decimal_point(number: &[char]) -> Option<String> {
    let text: String = number.iter().collect();
    let exponent = text.find(['e', 'E']).unwrap_or(text.len());
    let (mantissa, exponent) = text.split_at(exponent);
    if !mantissa.contains(|character: char| character.is_ascii_digit()) {
        return None;
    }
    if !mantissa.contains(',') {
        return Some(text);
    }
    let (whole, fraction) = mantissa
        .split_once('.')
        .map_or((mantissa, None), |(whole, rest)| (whole, Some(rest)));
    if fraction.is_some_and(|fraction| fraction.contains([',', '.'])) {
        return None;
    }
    if is_grouped(whole.trim_start_matches(['+', '-'])) {
        return Some(text.replace(',', ""));
    }
    (fraction.is_none() && whole.matches(',').count() == 1)
        .then(|| format!("{}{exponent}", whole.replace(',', ".")))
}

/// Whether commas part a first group of one to three digits and then groups of exactly three.
fn is_grouped(whole: &str) -> bool {
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    (1..=3).contains(&first.len()) && !first.starts_with('0') && groups.all(|group| group.len() == 3)
}

fn starts_like_a_unit(unit: &str) -> bool {
    let mut characters = unit.chars();
    match (characters.next(), characters.next()) {
        (None, _) => true,
        // "3 x 10^4" and "3 x 4" are sums, not units.
        (Some('x' | 'X'), Some(next)) => next.is_alphabetic(),
        (Some(first), _) => first.is_alphabetic() || "%‰°$€£¥".contains(first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(f64, Option<String>)> {
        Quantity::parse(text).map(|quantity| (quantity.value, quantity.unit))
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let cases = [
            ("42", 42.0),
            (" +4.50 ", 4.5),
            ("\u{2212}3", -3.0),
            ("-.5", -0.5),
            ("5.", 5.0),
            ("1.5e-3", 0.0015),
            ("1,000", 1000.0),
            ("-12,345,678.9", -12_345_678.9),
            ("3,25", 3.25),
            ("0,125", 0.125),
            ("２５", 25.0),
            ("1e-400", 0.0),
        ];
        for (text, value) in cases {
            assert_eq!(read(text), Some((value, None)), "{text}");
        }
    }

    #[test]
    fn a_unit_may_follow_with_or_without_space() {
        for (text, value, unit) in [
            ("42 ms", 42.0, "ms"),
            ("50%", 50.0, "%"),
            ("5em", 5.0, "em"),
            ("9.81  m/s^2", 9.81, "m/s^2"),
        ] {
            assert_eq!(read(text), Some((value, Some(unit.to_owned()))), "{text}");
        }
    }

    #[test]
    fn what_is_no_single_finite_number_is_refused() {
        let long = "1".repeat(201);
        for text in [
            "",
            "abc",
            "NaN",
            "inf",
            "-",
            ".",
            "1e400",
            "3 4",
            "1/2",
            "1.2.3",
            "1,2,3",
            "1.000,5",
            "10³",
            "2 x 10^3",
            "1,0.5",
            long.as_str(),
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(Quantity::bare(f64::NAN), None);
    }

    #[test]
    fn tolerances_include_their_ends() {
        let near = |value: f64, key: f64, tolerance| Quantity { value, unit: None }.is_near(key, tolerance);
        assert!(near(1.1, 1.0, Tolerance::Absolute(0.1)));
        assert!(!near(1.11, 1.0, Tolerance::Absolute(0.1)));
        assert!(near(-105.0, -100.0, Tolerance::Relative(0.05)));
        assert!(!near(-106.0, -100.0, Tolerance::Relative(0.05)));
        assert!(near(0.3, 0.1 + 0.2, Tolerance::Absolute(0.0)));
    }

    #[test]
    fn nonsensical_tolerances_and_overflow_never_make_an_answer_right() {
        let near = |value: f64, key: f64, tolerance| Quantity { value, unit: None }.is_near(key, tolerance);
        assert!(!near(2.0, 1.0, Tolerance::Absolute(f64::NAN)));
        assert!(!near(2.0, 1.0, Tolerance::Absolute(f64::INFINITY)));
        assert!(near(1.0, 1.0, Tolerance::Absolute(-3.0)));
        assert!(!near(1e308, -1e308, Tolerance::Relative(0.5)));
        assert!(!near(1.0, f64::NAN, Tolerance::Absolute(1.0)));
    }
}
