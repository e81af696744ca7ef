//! Samples by name, printed as `name<TAB>unit<TAB>sample,sample,…`.

/// Samples in the order in which their names were first seen.
#[derive(Default)]
pub(crate) struct Figures {
    rows: Vec<(String, &'static str, Vec<f64>)>,
}

impl Figures {
    /// Adds a sample.
    pub(crate) fn push(&mut self, name: impl Into<String>, unit: &'static str, sample: f64) {
        let name = name.into();
        match self
            .rows
            .iter_mut()
            .find(|(known, of, _)| *known == name && *of == unit)
        {
            Some((_, _, samples)) => samples.push(sample),
            None => self.rows.push((name, unit, vec![sample])),
        }
    }

    #[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
    pub(crate) fn print(&self) {
        for (name, unit, samples) in &self.rows {
            let samples: Vec<String> = samples.iter().map(|sample| format!("{sample:.3}")).collect();
            println!("llm, {name}\t{unit}\t{}", samples.join(","));
        }
    }
}

/// A count to calculate with.
pub(crate) fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}
