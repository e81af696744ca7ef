//! Samples by name, printed as `name<TAB>unit<TAB>sample,sample,…`; one sample per round.

use std::time::Duration;

use crate::attack::Kind;
use crate::flood::Outcome;
use crate::round::Round;

/// Samples in the order in which their names were first seen.
#[derive(Default)]
pub(crate) struct Figures {
    rows: Vec<(String, &'static str, Vec<f64>)>,
    /// Of all quiet rounds, and of all under attack.
    times: [Vec<Duration>; 2],
}

impl Figures {
    /// Adds a quiet round and the one under attack that followed it.
    pub(crate) fn add(&mut self, quiet: &Round, attacked: &Round) {
        self.push("p50 in quiet", "ms", milliseconds(quiet.at(50)));
        self.push("p50 under attack", "ms", milliseconds(attacked.at(50)));
        self.push("p99 in quiet", "ms", milliseconds(quiet.at(99)));
        self.push("p99 under attack", "ms", milliseconds(attacked.at(99)));
        self.times[0].extend_from_slice(&quiet.times);
        self.times[1].extend_from_slice(&attacked.times);
        self.push("CPU of the server in quiet", "% of a core", quiet.server_cpu);
        self.push(
            "CPU of the server under attack",
            "% of a core",
            attacked.server_cpu,
        );
        self.push(
            "requests that failed under attack",
            "",
            count(attacked.failures.len()),
        );
        self.push(
            "requests repeated after a closed connection",
            "",
            count(attacked.repeated),
        );
    }

    /// Compares the slowest hundredth of all rounds: of one round that is a handful of requests, which say more about the
    /// noise of the machine.
    pub(crate) fn compare(&mut self, kind: Kind) {
        let [quiet, attacked] = &mut self.times;
        quiet.sort_unstable();
        attacked.sort_unstable();
        let [quiet, attacked] = [quiet, attacked].map(|times| milliseconds(quantile(times, 99)));
        self.push("p99 of all quiet rounds", "ms", quiet);
        self.push("p99 of all rounds under attack", "ms", attacked);
        let ratio = format!("p99 of all rounds, under attack to quiet (goal {})", kind.goal());
        self.push(&ratio, "×", attacked / quiet);
    }

    /// Adds what the sign-ins of a flood of so long came to.
    pub(crate) fn add_flood(&mut self, outcome: &Outcome, time: Duration) {
        let per_second = |number: usize| count(number) / time.as_secs_f64();
        self.push("passwords looked at", "1/s", per_second(outcome.looked_at));
        self.push("sign-ins refused", "1/s", per_second(outcome.refused.len()));
        let mut refused = outcome.refused.clone();
        refused.sort_unstable();
        let p99 = milliseconds(quantile(&refused, 99));
        self.push("p99 of these refusals (goal < 50 ms)", "ms", p99);
    }

    /// Adds how many sockets were open.
    pub(crate) fn add_sockets(&mut self, opened: usize) {
        self.push("idle sockets opened", "", count(opened));
    }

    /// Prints all rows under the name.
    #[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
    pub(crate) fn print(&self, name: &str) {
        for (row, unit, samples) in &self.rows {
            let samples: Vec<String> = samples.iter().map(|sample| format!("{sample:.3}")).collect();
            println!("edge, {name}: {row}\t{unit}\t{}", samples.join(","));
        }
    }

    fn push(&mut self, name: &str, unit: &'static str, sample: f64) {
        match self.rows.iter_mut().find(|(known, ..)| known == name) {
            Some((_, _, samples)) => samples.push(sample),
            None => self.rows.push((name.to_owned(), unit, vec![sample])),
        }
    }
}

/// Of ascending times; zero of none.
pub(crate) fn quantile(times: &[Duration], percent: usize) -> Duration {
    let index = times.len().saturating_sub(1) * percent / 100;
    times.get(index).copied().unwrap_or_default()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}
