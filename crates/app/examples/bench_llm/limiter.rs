//! How full a provider's sliding minute is where there is always something to ask.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use testkit::TestDatabase;
use tokio::process::{Child, Command};

use crate::Plan;
use crate::asker::{Buckets, Task};
use crate::figures::{Figures, number};
use crate::ground;
use crate::provider::{Manner, Provider, Seen};

const REDIS: &str = "TOUCHSTONE_TEST_REDIS_URL";
const MINUTE: Duration = Duration::from_mins(1);
const DELAY: Duration = Duration::from_millis(100);
/// In a minute.
const REQUESTS: u32 = 600;
const TOKENS: u32 = 200_000;

/// Askers and the provider that counts them.
struct Watched {
    name: String,
    /// Of requests or tokens.
    limit: u32,
    of_tokens: bool,
    provider: Provider,
    askers: Vec<Child>,
    _database: TestDatabase,
}

pub(crate) async fn measure(plan: &Plan, figures: &mut Figures) -> Result<()> {
    #[expect(clippy::disallowed_methods, reason = "xtask says where Redis is")]
    let redis = std::env::var(REDIS).context("no Redis was handed over")?;
    let mut all = Vec::new();
    for of_tokens in [false, true] {
        for (name, processes, buckets) in [
            ("one process", 1, Buckets::Own),
            ("two processes by PostgreSQL", 2, Buckets::Database),
            ("two processes by Redis", 2, Buckets::Redis(redis.clone())),
        ] {
            all.push(Watched::start(plan, (name, of_tokens), processes, buckets).await?);
        }
    }
    for mut watched in all {
        for asker in &mut watched.askers {
            ensure!(asker.wait().await?.success(), "{}: an asker failed", watched.name);
        }
        let seen = watched.provider.seen().await?;
        watched.record(plan, &seen, figures)?;
    }
    Ok(())
}

impl Watched {
    async fn start(
        plan: &Plan,
        (name, of_tokens): (&str, bool),
        processes: usize,
        buckets: Buckets,
    ) -> Result<Self> {
        let (database, provider) = (
            ground::database().await?,
            Provider::start(Manner::Nods, DELAY).await?,
        );
        let limit = if of_tokens { TOKENS } else { REQUESTS };
        let asker = |process: usize| {
            let task = Task {
                base_url: provider.base_url.clone(),
                key: provider.key.clone(),
                requests: if of_tokens { 0 } else { limit },
                tokens: if of_tokens { limit } else { 0 },
                database: database.url.clone(),
                buckets: buckets.clone(),
                milliseconds: u64::try_from(plan.watched.as_millis())?,
                name: format!("asker-{process}"),
            };
            let mut command = Command::new(std::env::current_exe()?);
            command
                .args(["asker", &serde_json::to_string(&task)?])
                .kill_on_drop(true);
            Ok(command.spawn()?)
        };
        let askers = (0..processes).map(asker).collect::<Result<_>>()?;
        let what = if of_tokens { "tokens" } else { "requests" };
        Ok(Self {
            name: format!("limit of {what}, {name}"),
            limit,
            of_tokens,
            askers,
            provider,
            _database: database,
        })
    }

    /// Looks at every window that begins with a call and is over before the last one.
    fn record(&self, plan: &Plan, seen: &[Seen], figures: &mut Figures) -> Result<()> {
        let window = MINUTE.min(plan.watched / 2);
        let units = |seen: &Seen| {
            if self.of_tokens {
                f64::from(seen.tokens)
            } else {
                1.0
            }
        };
        let limit = f64::from(self.limit) * window.as_secs_f64() / MINUTE.as_secs_f64();
        let largest = seen.iter().map(units).fold(0.0, f64::max);
        let length = window.as_secs_f64() * 1000.0;
        let last = seen.last().context("nobody asked")?.at;
        let in_window = |from: usize| -> f64 {
            let within = seen[from..]
                .iter()
                .take_while(|one| one.at < seen[from].at + length);
            within.map(units).sum()
        };
        let whole = (0..seen.len()).take_while(|from| seen[*from].at + length <= last);
        let used: Vec<f64> = whole.map(in_window).collect();
        ensure!(
            !used.is_empty(),
            "{}: {} calls are no window",
            self.name,
            number(seen.len())
        );
        let (fullest, emptiest) = (
            used.iter().copied().fold(f64::MIN, f64::max),
            used.iter().copied().fold(f64::MAX, f64::min),
        );
        let over = format!("{}: fullest minute over the limit (goal ≤ 1)", self.name);
        figures.push(over, "calls", ((fullest - limit) / largest).max(0.0));
        let name = format!("{}: emptiest minute of the limit (goal ≥ 97)", self.name);
        figures.push(name, "%", emptiest / limit * 100.0);
        Ok(())
    }
}
