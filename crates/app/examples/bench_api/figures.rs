//! Samples by name, printed as `name<TAB>unit<TAB>sample,sample,…`.

use crate::round::{Costs, OPERATIONS};

/// Samples in the order in which their names were first seen.
#[derive(Default)]
pub(crate) struct Figures {
    rows: Vec<(String, &'static str, Vec<f64>)>,
}

impl Figures {
    /// Adds the four rounds of a turn.
    pub(crate) fn add(&mut self, program: &Costs, baseline: &Costs, many: &Costs, own: &Costs) {
        for (index, operation) in OPERATIONS.into_iter().enumerate() {
            let (ours, theirs) = (program[index], baseline[index]);
            self.push(operation, "", "CPU µs", ours.server);
            self.push(operation, ", baseline", "CPU µs", theirs.server);
            self.push(operation, ", to baseline", "× CPU", ours.server / theirs.server);
            if let Some((ours, theirs)) = ours.database.zip(theirs.database) {
                self.push(operation, ", in PostgreSQL", "CPU µs", ours);
                self.push(operation, ", in PostgreSQL, baseline", "CPU µs", theirs);
            }
            self.push(operation, "", "wall µs", ours.wall);
            self.push(operation, ", baseline", "wall µs", theirs.wall);
            let (many, own) = (many[index].whole(), own[index].whole());
            self.push(
                operation,
                ", 10 × the rows (goal ≤ 1.2)",
                "× CPU",
                many / ours.whole(),
            );
            self.push(
                operation,
                ", 10 × the own history (goal ≤ 1.2)",
                "× CPU",
                own / many,
            );
        }
    }

    /// Prints all rows for the database.
    #[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
    pub(crate) fn print(&self, database: &str) {
        for (name, unit, samples) in &self.rows {
            let samples: Vec<String> = samples.iter().map(|sample| format!("{sample:.3}")).collect();
            println!("api, {database}: {name}\t{unit}\t{}", samples.join(","));
        }
    }

    fn push(&mut self, operation: &str, detail: &str, unit: &'static str, sample: f64) {
        let name = format!("{operation}{detail}");
        match self
            .rows
            .iter_mut()
            .find(|(known, of, _)| *known == name && *of == unit)
        {
            Some((_, _, samples)) => samples.push(sample),
            None => self.rows.push((name, unit, vec![sample])),
        }
    }
}
