//! What is printed, and written for a later run to compare with.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::histogram::Histogram;
use crate::load::Outcome;
use crate::meter::{Cpu, GROUPS};
use crate::prices::Prices;
use crate::tally::{Operation, Tally};

/// Candidates for whom the cost is extrapolated.
const MANY: f64 = 100_000.0;

/// Lines for people, and the same for programs.
pub(crate) struct Report {
    lines: Vec<String>,
    json: Value,
}

impl Report {
    /// Puts it together.
    pub(crate) fn of(outcome: &Outcome) -> Result<Self> {
        let mut report = Self {
            lines: Vec::new(),
            json: json!({}),
        };
        report.head(outcome);
        for (name, tally) in ["ramp", "load"].into_iter().zip(&outcome.tallies) {
            report.phase(name, tally, outcome);
        }
        report.cost(outcome)?;
        report.findings(outcome);
        Ok(report)
    }

    /// Prints the lines.
    #[expect(clippy::print_stdout, reason = "the report is what this program is for")]
    pub(crate) fn print(&self) {
        for line in &self.lines {
            println!("{line}");
        }
    }

    /// Writes the JSON.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(&self.json)?;
        std::fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
    }

    fn say(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    fn head(&mut self, outcome: &Outcome) {
        let load = &outcome.load;
        self.say(format!(
            "load: {} users, {} s after a ramp of {} s; a save every {} s, a heartbeat every {} s, {} s from start to submit; \
             {:.0} % follow by events; {} API, {} worker processes; {} seeded attempts",
            load.users,
            load.duration().as_secs(),
            load.ramp().as_secs(),
            load.think_time().as_secs_f64(),
            load.heartbeat().as_secs_f64(),
            load.sitting().as_secs_f64(),
            load.sse * 100.0,
            load.processes.api,
            load.processes.worker,
            load.seeded_attempts
        ));
        self.json["users"] = json!(load.users);
        self.json["seconds"] = json!(load.duration().as_secs());
        self.json["think_seconds"] = json!(load.think_time().as_secs_f64());
        self.json["sitting_seconds"] = json!(load.sitting().as_secs_f64());
    }

    fn phase(&mut self, name: &str, tally: &Tally, outcome: &Outcome) {
        if tally.planned.is_empty() {
            return;
        }
        let seconds = match (name, outcome.load.storm) {
            ("ramp", _) => outcome.load.ramp(),
            (_, Some(crate::options::Storm::Start)) => outcome.load.ramp() + outcome.load.duration(),
            _ => outcome.load.duration(),
        };
        let seconds = seconds.as_secs_f64();
        self.say(format!(
            "\n{name}: planned and answered per second, milliseconds from the due time"
        ));
        self.say("| operation | planned/s | answered/s | p50 | p95 | p99 | p99.9 | max |\n|---|---|---|---|---|---|---|---|");
        for (operation, done) in &tally.done {
            let planned = tally.planned.get(operation).copied().unwrap_or_default();
            let at = [500, 950, 990, 999].map(|per_mille| done.milliseconds_at(per_mille));
            self.say(format!(
                "| {} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} |",
                operation.name(),
                float(planned) / seconds,
                float(done.total()) / seconds,
                at[0],
                at[1],
                at[2],
                at[3],
                done.longest_milliseconds()
            ));
            self.json[name]["operations"][operation.name()] = json!({
                "planned": planned, "answered": done.total(), "p50": at[0], "p95": at[1], "p99": at[2], "p999": at[3],
                "max": done.longest_milliseconds(),
            });
        }
        let (p99, slowest) = of_writes(tally);
        self.say(format!(
            "p99 of all writes (goal ≤ 100 ms): {p99:.1} ms; of the slowest kind: {slowest:.1} ms"
        ));
        self.say(format!(
            "lateness of the tool itself: p50 {:.1}, p99 {:.1}, max {:.1} ms; sent again after a broken connection: {}",
            tally.late.milliseconds_at(500),
            tally.late.milliseconds_at(990),
            tally.late.longest_milliseconds(),
            tally.repeated
        ));
        self.say(format!(
            "told to come later (and did): {}",
            listed(&tally.refused)
        ));
        self.say(format!(
            "errors (goal 0): {} {}",
            tally.failures(),
            listed(&tally.failed)
        ));
        self.json[name]["write_p99"] = json!(p99);
        self.json[name]["slowest_write_p99"] = json!(slowest);
        self.json[name]["errors"] = json!(tally.failed);
        self.json[name]["refused"] = json!(tally.refused);
        self.json[name]["late_p99"] = json!(tally.late.milliseconds_at(990));
    }

    fn cost(&mut self, outcome: &Outcome) -> Result<()> {
        let [ramp, load, drain] = outcome.cpu;
        let tally = &outcome.tallies[1];
        let (requests, flows) = (float(tally.requests()), float(tally.count(Operation::Submit)));
        let seconds = outcome.load.duration().as_secs_f64();
        self.say("\nCPU | share of the cores in the load | µs per request | µs per flow (a whole sitting with its scoring) | MiB\n|---|---|---|---|---|");
        for (group, name) in GROUPS.into_iter().enumerate() {
            self.say(format!(
                "| {name} | {:.1} % | {:.0} | {:.0} | {:.0} |",
                load.0[group] / seconds / 1e4,
                load.0[group] / requests,
                load.0[group] / flows,
                outcome.memory.get(name).copied().unwrap_or_default()
            ));
        }
        self.say(format!(
            "all but the load tool: {:.2} cores; {:.0} µs per request, {:.0} µs per flow; in the ramp {:.1} s, after the load {:.1} s; \
             at rest {:.3} cores",
            load.service() / seconds / 1e6,
            load.service() / requests,
            load.service() / flows,
            ramp.service() / 1e6,
            drain.service() / 1e6,
            outcome.rest.service() / 1e6
        ));
        let named = |cpu: &Cpu| GROUPS.into_iter().zip(cpu.0).collect::<BTreeMap<_, _>>();
        self.json["micros_per_flow"] = json!(load.service() / flows);
        self.json["micros_per_request"] = json!(load.service() / requests);
        self.json["cpu_micros"] = json!(named(&load));
        self.json["rest_micros_per_second"] = json!(named(&outcome.rest));
        self.extrapolate(outcome);
        if let Some(prices) = &outcome.prices {
            self.price_list(outcome, prices);
        }
        if let Some(path) = &outcome.load.predict_from {
            let text = std::fs::read_to_string(path).with_context(|| format!("no {}", path.display()))?;
            self.compare(outcome, &serde_json::from_str(&text)?);
        }
        Ok(())
    }

    /// What is used at rest, and the rest of the cost in proportion to the number of candidates.
    fn extrapolate(&mut self, outcome: &Outcome) {
        let seconds = outcome.load.duration().as_secs_f64();
        let rest = outcome.rest.service();
        let each = (outcome.cpu[1].service() / seconds - rest) / f64::from(outcome.load.users);
        self.say(format!(
            "model: {:.3} cores at rest + {:.2} µs per second and candidate; 100,000 candidates: {:.2} cores (the same mix, think \
             time and machine; nothing that grows faster than the number of requests)",
            rest / 1e6,
            each,
            (rest + each * MANY) / 1e6
        ));
        self.json["micros_per_second_and_user"] = json!(each);
    }

    /// What the operations cost by themselves, and what that says of this load and of a larger one.
    fn price_list(&mut self, outcome: &Outcome, prices: &Prices) {
        let seconds = outcome.load.duration().as_secs_f64();
        self.say("\nprices, CPU µs of one by itself: | API | worker | PostgreSQL | Redis | all | cores for 100,000\n|---|---|---|---|---|---|---|");
        let mut sum = outcome.rest;
        let scale = MANY / f64::from(outcome.load.users);
        for operation in Operation::ALL {
            let Some(price) = prices.of(operation) else {
                continue;
            };
            let rate = float(outcome.tallies[1].count(operation)) / seconds;
            sum = sum.plus(&price.times(rate));
            self.say(format!(
                "| {} | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} | {:.2} |",
                operation.name(),
                price.0[0],
                price.0[1],
                price.0[2],
                price.0[3],
                price.service(),
                price.service() * rate * scale / 1e6
            ));
            self.json["prices"][operation.name()] = json!(price.0);
        }
        let measured = outcome.cpu[1].service() / seconds;
        self.say(format!(
            "sum over operations of rate × price, and rest: {:.3} cores, measured {:.3}: {:+.1} % (goal within ± 15 %); for 100,000: {:.2}",
            sum.service() / 1e6,
            measured / 1e6,
            (sum.service() / measured - 1.0) * 100.0,
            ((sum.service() - outcome.rest.service()) * scale + outcome.rest.service()) / 1e6
        ));
    }

    /// The earlier run's model against this run's cost.
    fn compare(&mut self, outcome: &Outcome, earlier: &Value) {
        let number = |value: &Value| value.as_f64().unwrap_or_default();
        let seconds = outcome.load.duration().as_secs_f64();
        let same = ["think_seconds", "sitting_seconds"]
            .into_iter()
            .all(|name| (number(&earlier[name]) - number(&self.json[name])).abs() < 1e-9);
        let mut rest = 0.0;
        for name in &GROUPS[..4] {
            rest += number(&earlier["rest_micros_per_second"][*name]);
        }
        let each = number(&earlier["micros_per_second_and_user"]);
        let predicted = rest + each * f64::from(outcome.load.users);
        let measured = outcome.cpu[1].service() / seconds;
        self.say(format!(
            "predicted from {} users{}: {:.3} cores, measured {:.3}: {:+.1} % (goal within ± 15 %)",
            earlier["users"],
            if same { "" } else { " (of ANOTHER mix)" },
            predicted / 1e6,
            measured / 1e6,
            (predicted / measured - 1.0) * 100.0
        ));
        self.json["predicted_to_measured"] = json!(predicted / measured);
    }

    fn findings(&mut self, outcome: &Outcome) {
        let findings = &outcome.findings;
        self.say(format!(
            "\ncheck: {} acknowledged answers of {} attempts, {} submitted; no job left after {:.1} s; database {:.0} → {:.0} MiB",
            findings.answers,
            findings.attempts,
            findings.submitted,
            findings.drained_after.as_secs_f64(),
            outcome.database[0],
            outcome.database[1]
        ));
        for (what, count) in &findings.wrong {
            self.say(format!(
                "{} {what}: {count}",
                if *count == 0 { "ok  " } else { "WRONG" }
            ));
            self.json["wrong"][*what] = json!(count);
        }
        self.json["database_mebibytes"] = json!(outcome.database);
        self.say(format!(
            "warnings and errors in the logs of the processes: {}",
            outcome.complaints.len()
        ));
        for line in outcome.complaints.iter().take(5) {
            self.say(format!("  {line}"));
        }
        if !outcome.statements.is_empty() {
            self.say("\nstatements by time in PostgreSQL:");
            self.lines.extend(outcome.statements.iter().cloned());
        }
    }
}

/// Milliseconds of the p99 of all writes together, and of the slowest kind of them.
fn of_writes(tally: &Tally) -> (f64, f64) {
    let (mut all, mut slowest) = (Histogram::default(), 0.0_f64);
    for (_, done) in tally.done.iter().filter(|(operation, _)| operation.is_write()) {
        all.join(done);
        slowest = slowest.max(done.milliseconds_at(990));
    }
    (all.milliseconds_at(990), slowest)
}

fn listed<K: std::fmt::Display>(counts: &BTreeMap<K, u64>) -> String {
    if counts.is_empty() {
        return "none".to_owned();
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|(what, count)| format!("{what} × {count}"))
        .collect();
    counts.join(", ")
}

#[expect(clippy::cast_precision_loss, reason = "counts of requests")]
fn float(count: u64) -> f64 {
    count as f64
}
