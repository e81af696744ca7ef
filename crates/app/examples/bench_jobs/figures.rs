//! Samples by name, printed as `name<TAB>unit<TAB>sample,sample,…`.

use std::time::Duration;

/// Samples in the order in which their names were first seen.
#[derive(Default)]
pub(crate) struct Figures {
    rows: Vec<(&'static str, &'static str, Vec<f64>)>,
}

impl Figures {
    /// Adds a sample.
    pub(crate) fn push(&mut self, name: &'static str, unit: &'static str, sample: f64) {
        match self
            .rows
            .iter_mut()
            .find(|(known, of, _)| *known == name && *of == unit)
        {
            Some((_, _, samples)) => samples.push(sample),
            None => self.rows.push((name, unit, vec![sample])),
        }
    }

    /// Prints all rows for the database.
    #[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
    pub(crate) fn print(&self, database: &str) {
        for (name, unit, samples) in &self.rows {
            let samples: Vec<String> = samples.iter().map(|sample| format!("{sample:.3}")).collect();
            println!("jobs, {database}: {name}\t{unit}\t{}", samples.join(","));
        }
    }
}

/// A count as a number to calculate with.
pub(crate) fn number(count: i64) -> f64 {
    i32::try_from(count).map_or(f64::INFINITY, f64::from)
}

/// Of times in any order, in milliseconds; zero of none.
pub(crate) fn quantile(times: &mut [Duration], percent: usize) -> f64 {
    times.sort_unstable();
    let index = times.len().saturating_sub(1) * percent / 100;
    times.get(index).copied().unwrap_or_default().as_secs_f64() * 1000.0
}
