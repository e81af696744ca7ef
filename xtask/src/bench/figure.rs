//! One measured quantity over several runs, and the table of all.

use std::fmt::Write;
use std::time::Duration;

/// A quantity with its median and range; single runs say little on a shared machine.
pub(crate) struct Figure {
    name: String,
    unit: String,
    /// Ascending, at least one.
    samples: Vec<f64>,
}

impl Figure {
    /// `samples` in `unit`, in any order.
    pub(crate) fn new(name: impl Into<String>, unit: impl Into<String>, mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        Self {
            name: name.into(),
            unit: unit.into(),
            samples,
        }
    }

    /// Durations as milliseconds.
    pub(crate) fn milliseconds(name: impl Into<String>, samples: &[Duration]) -> Self {
        Self::new(
            name,
            "ms",
            samples
                .iter()
                .map(|sample| sample.as_secs_f64() * 1000.0)
                .collect(),
        )
    }

    /// The middle sample; the mean of the middle two when their number is even; NaN without samples.
    fn median(&self) -> f64 {
        let middle = self.samples.len() / 2;
        match (
            self.samples.get(middle),
            middle.checked_sub(1).and_then(|below| self.samples.get(below)),
        ) {
            (Some(upper), Some(lower)) if self.samples.len().is_multiple_of(2) => {
                f64::midpoint(*lower, *upper)
            }
            (Some(sample), _) => *sample,
            (None, _) => f64::NAN,
        }
    }

    fn row(&self) -> String {
        let least = self.samples.first().copied().unwrap_or(f64::NAN);
        let most = self.samples.last().copied().unwrap_or(f64::NAN);
        let (name, unit, runs) = (&self.name, &self.unit, self.samples.len());
        let [median, least, most] = [self.median(), least, most].map(shown);
        format!("| {name} | {median} {unit} | {least} – {most} {unit} | {runs} |")
    }
}

/// Three digits or so: what is below ten gets two decimals, as ratios need.
fn shown(sample: f64) -> String {
    let decimals = if sample.abs() < 10.0 { 2 } else { 1 };
    format!("{sample:.decimals$}")
}

/// A Markdown table.
pub(crate) fn table(figures: &[Figure]) -> String {
    let mut text = String::from("| measured | median | range | runs |\n|---|---|---|---|\n");
    for figure in figures {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", figure.row());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_of_sorted_samples() {
        assert_eq!(
            Figure::new("a", "ms", vec![9.0, 1.0, 5.0]).row(),
            "| a | 5.00 ms | 1.00 – 9.00 ms | 3 |"
        );
        assert_eq!(
            Figure::new("a", "ms", vec![4.0, 21.0]).row(),
            "| a | 12.5 ms | 4.00 – 21.0 ms | 2 |"
        );
        assert!(Figure::new("a", "ms", Vec::new()).median().is_nan());
    }

    #[test]
    fn the_table_has_a_row_for_every_figure() {
        let figures = [Figure::milliseconds("start", &[Duration::from_micros(1500)])];
        assert_eq!(
            table(&figures).lines().last(),
            Some("| start | 1.50 ms | 1.50 – 1.50 ms | 1 |")
        );
    }
}
