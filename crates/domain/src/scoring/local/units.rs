//! Quantities in running text: the same number with another unit is another answer, and so is another number with it.
//!
//! Only units that mean one thing after a number are known; a unit that is not known is never held against an answer.

use super::coefficients as c;
use super::tokens::{Class, Text};

/// What a unit measures; temperatures are not converted, so each scale is a dimension of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dimension {
    Length,
    Mass,
    Volume,
    Time,
    Data,
    Frequency,
    Force,
    Energy,
    Power,
    Voltage,
    Pressure,
    Celsius,
    Fahrenheit,
    Kelvin,
}

/// A number with its unit: `value` of what is `scale` times the dimension's first unit.
#[derive(Clone, Copy, Debug)]
struct Quantity {
    value: f64,
    dimension: Dimension,
    scale: f64,
}

impl Quantity {
    fn comparable(self, other: Self) -> bool {
        self.dimension == other.dimension || near(self.value, other.value)
    }

    fn same_amount(self, other: Self) -> bool {
        self.dimension == other.dimension && near(self.value * self.scale, other.value * other.scale)
    }
}

/// Whether an expected number stands there with another unit, or another one with an expected unit, and no quantity is right.
pub(super) fn wrong_quantity(expected: &Text, given: &Text) -> bool {
    let (expected, given) = (quantities(expected), quantities(given));
    let any = |same: fn(Quantity, Quantity) -> bool| {
        expected
            .iter()
            .any(|wanted| given.iter().any(|one| same(*wanted, *one)))
    };
    any(Quantity::comparable) && !any(Quantity::same_amount)
}

/// Whether an expected quantity stands there, be it in another unit: "1000 m" for "1 km".
pub(super) fn right_amount(expected: &Text, given: &Text) -> bool {
    let given = quantities(given);
    quantities(expected)
        .iter()
        .any(|wanted| given.iter().any(|one| wanted.same_amount(*one)))
}

fn quantities(text: &Text) -> Vec<Quantity> {
    let mut found = Vec::new();
    for sentence in &text.sentences {
        for (at, token) in sentence.tokens.iter().enumerate() {
            let mut next = sentence.tokens[at + 1..]
                .iter()
                .map(|token| token.word.as_str())
                .filter(|word| !matches!(*word, "degree" | "degrees"));
            let (number, unit) = if token.class == Class::Number {
                (token.stem.as_str(), next.next())
            } else {
                // "5km" is one token.
                let digits = |character: char| character.is_ascii_digit() || character == '.';
                let rest = token.stem.trim_start_matches(digits);
                (&token.stem[..token.stem.len() - rest.len()], Some(rest))
            };
            let quantity = number.parse::<f64>().ok().zip(unit.and_then(unit_of));
            found.extend(quantity.map(|(value, (dimension, scale))| Quantity {
                value,
                dimension,
                scale,
            }));
        }
    }
    found
}

fn unit_of(word: &str) -> Option<(Dimension, f64)> {
    let listed = |word: &str| UNITS.iter().find(|(names, ..)| names.contains(&word));
    let singular = word.strip_suffix('s').unwrap_or(word);
    if let Some((_, dimension, scale)) = listed(word).or_else(|| listed(singular)) {
        return Some((*dimension, *scale));
    }
    PREFIXES.iter().find_map(|(prefix, factor)| {
        let base = singular.strip_prefix(prefix)?;
        let (_, dimension, scale) = listed(base).filter(|_| base.len() >= LEAST_BASE)?;
        Some((*dimension, scale * factor))
    })
}

fn near(left: f64, right: f64) -> bool {
    (left - right).abs() <= c::ROUNDED * left.abs().max(right.abs())
}

/// Letters of a unit that takes a written prefix, at least: "kilobit".
const LEAST_BASE: usize = 3;
const PREFIXES: [(&str, f64); 8] = [
    ("kilo", 1e3),
    ("mega", 1e6),
    ("giga", 1e9),
    ("tera", 1e12),
    ("centi", 1e-2),
    ("milli", 1e-3),
    ("micro", 1e-6),
    ("nano", 1e-9),
];

type Unit = (&'static [&'static str], Dimension, f64);

/// Names in lower case without a plural's s; letters that are words or other units as well ("a", "in", "b", "k") are not here.
const UNITS: [Unit; 49] = [
    (&["m", "metre", "meter"], Dimension::Length, 1.0),
    (&["km"], Dimension::Length, 1e3),
    (&["dm"], Dimension::Length, 0.1),
    (&["cm"], Dimension::Length, 1e-2),
    (&["mm"], Dimension::Length, 1e-3),
    (&["nm"], Dimension::Length, 1e-9),
    (&["mile"], Dimension::Length, 1609.344),
    (&["yard"], Dimension::Length, 0.9144),
    (&["foot", "feet", "ft"], Dimension::Length, 0.3048),
    (&["inch", "inche"], Dimension::Length, 0.0254),
    (&["g", "gram", "gramme"], Dimension::Mass, 1.0),
    (&["kg"], Dimension::Mass, 1e3),
    (&["mg"], Dimension::Mass, 1e-3),
    (&["t", "tonne"], Dimension::Mass, 1e6),
    (&["l", "litre", "liter"], Dimension::Volume, 1.0),
    (&["ml"], Dimension::Volume, 1e-3),
    (&["cl"], Dimension::Volume, 1e-2),
    (&["s", "sec", "second"], Dimension::Time, 1.0),
    (&["ms"], Dimension::Time, 1e-3),
    (&["ns"], Dimension::Time, 1e-9),
    (&["min", "minute"], Dimension::Time, 60.0),
    (&["h", "hr", "hour"], Dimension::Time, 3600.0),
    (&["day"], Dimension::Time, 86_400.0),
    (&["week"], Dimension::Time, 604_800.0),
    (&["month"], Dimension::Time, 2_629_746.0),
    (&["year"], Dimension::Time, 31_556_952.0),
    (&["decade"], Dimension::Time, 315_569_520.0),
    (&["century", "centurie"], Dimension::Time, 3_155_695_200.0),
    (&["bit"], Dimension::Data, 1.0),
    (&["byte"], Dimension::Data, 8.0),
    (&["kb"], Dimension::Data, 8e3),
    (&["mb"], Dimension::Data, 8e6),
    (&["gb"], Dimension::Data, 8e9),
    (&["tb"], Dimension::Data, 8e12),
    (&["hz", "hertz"], Dimension::Frequency, 1.0),
    (&["khz"], Dimension::Frequency, 1e3),
    (&["mhz"], Dimension::Frequency, 1e6),
    (&["ghz"], Dimension::Frequency, 1e9),
    (&["n", "newton"], Dimension::Force, 1.0),
    (&["j", "joule"], Dimension::Energy, 1.0),
    (&["kj"], Dimension::Energy, 1e3),
    (&["w", "watt"], Dimension::Power, 1.0),
    (&["kw"], Dimension::Power, 1e3),
    (&["v", "volt"], Dimension::Voltage, 1.0),
    (&["pa", "pascal"], Dimension::Pressure, 1.0),
    (&["bar"], Dimension::Pressure, 1e5),
    (&["c", "celsius"], Dimension::Celsius, 1.0),
    (&["f", "fahrenheit"], Dimension::Fahrenheit, 1.0),
    (&["kelvin"], Dimension::Kelvin, 1.0),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_unit_or_another_number_with_the_unit_is_wrong() {
        let wrong = |expected, given| wrong_quantity(&Text::new(expected), &Text::new(given));
        for (expected, given) in [
            ("5 km", "5 m"),
            ("It is 5 km long.", "5m"),
            ("42 kilometres", "42 metres"),
            ("100 degrees Celsius", "100 degrees Fahrenheit"),
            ("20 °C", "20 °F"),
            ("5 km", "7 m"),
            ("9.5 seconds", "9.5 kilograms"),
        ] {
            assert!(wrong(expected, given), "{expected}: {given}");
        }
        for (expected, given) in [
            ("5 km", "5 kilometers"),
            ("5 km", "5"),
            ("5 km", "5 apples"),
            ("5 km", "7 apples"),
            ("9.81 metres", "9.8 m"),
            ("1 km", "1 km, which is 1000 m"),
            ("eight bits", "8 bits"),
        ] {
            assert!(!wrong(expected, given), "{expected}: {given}");
        }
    }

    #[test]
    fn amounts_are_converted() {
        let right = |expected, given| right_amount(&Text::new(expected), &Text::new(given));
        assert!(right("1 km", "1000 m") && right("2 hours", "120 minutes") && right("1 byte", "8 bits"));
        assert!(!right("1 km", "100 m") && !right("1 km", "1000 g"));
    }
}
