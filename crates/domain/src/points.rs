//! Marks with two decimals.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Neg, Sub};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A mark in hundredths of a point. Arithmetic is exact; rounding happens once, in [`Points::from_f64`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Points(i64);

impl Points {
    /// No points.
    pub const ZERO: Self = Self(0);

    /// Takes hundredths of a point, as stored.
    pub const fn from_hundredths(hundredths: i64) -> Self {
        Self(hundredths)
    }

    /// Takes whole points.
    pub const fn whole(points: i64) -> Self {
        Self(points * 100)
    }

    /// Rounds to two decimals, half away from zero; `None` for NaN, infinities and what does not fit.
    pub fn from_f64(points: f64) -> Option<Self> {
        // The tiny nudge undoes binary representation error (1.005 is stored as 1.00499…), so that decimal halves
        // round the way a person with pencil and paper rounds them.
        let hundredths = points * 100.0;
        let rounded = (hundredths + hundredths.signum() * 1e-7).round();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "checked to be finite and within ±1e15 first"
        )]
        (rounded.is_finite() && rounded.abs() < 1e15).then_some(Self(rounded as i64))
    }

    /// Hundredths of a point.
    pub const fn hundredths(self) -> i64 {
        self.0
    }

    /// The value in points.
    pub fn as_f64(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "marks stay far below 2^52 hundredths")]
        {
            self.0 as f64 / 100.0
        }
    }

    /// `self × ratio`, rounded once; an impossible ratio (NaN, infinite) counts as zero.
    #[must_use]
    pub fn scaled(self, ratio: f64) -> Self {
        Self::from_f64(self.as_f64() * ratio).unwrap_or(Self::ZERO)
    }
}

impl Add for Points {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Points {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Points {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Sum for Points {
    fn sum<I: Iterator<Item = Self>>(points: I) -> Self {
        points.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Points {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:.2}", self.as_f64())
    }
}

impl Serialize for Points {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.as_f64())
    }
}

impl<'de> Deserialize<'de> for Points {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let points = f64::deserialize(deserializer)?;
        Self::from_f64(points).ok_or_else(|| serde::de::Error::custom("points must be a finite number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_half_away_from_zero_on_both_sides() {
        assert_eq!(Points::from_f64(1.005), Some(Points::from_hundredths(101)));
        assert_eq!(Points::from_f64(-1.005), Some(Points::from_hundredths(-101)));
        assert_eq!(Points::from_f64(2.004_999), Some(Points::from_hundredths(200)));
        assert_eq!(Points::from_f64(f64::NAN), None);
        assert_eq!(Points::from_f64(f64::INFINITY), None);
    }

    #[test]
    fn a_ratio_of_marks_is_rounded_once() {
        assert_eq!(Points::whole(8).scaled(0.5), Points::whole(4));
        assert_eq!(Points::whole(1).scaled(1.0 / 3.0).to_string(), "0.33");
        assert_eq!(Points::whole(2).scaled(f64::NAN), Points::ZERO);
    }
}
