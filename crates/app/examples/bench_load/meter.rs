//! CPU time and memory of everything that takes part, by kind of process, from /proc.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use sea_orm::sqlx::postgres::PgPool;
use sea_orm::sqlx::query_scalar;

use crate::programs::Programs;

/// What `/proc/<pid>/stat` counts in (`USER_HZ`, which is 100 on Linux whatever the kernel's own rate).
const TICK_MICROS: u64 = 10_000;

/// Kinds of processes.
pub(crate) const GROUPS: [&str; 5] = ["API", "worker", "PostgreSQL", "Redis", "load tool"];

/// Knows the processes of each kind.
pub(crate) struct Meter {
    api: Vec<u32>,
    workers: Vec<u32>,
    postmaster: u32,
    redis: Option<u32>,
}

/// CPU microseconds by kind, in the order of [`GROUPS`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Cpu(pub(crate) [f64; 5]);

impl Meter {
    /// Finds them; PostgreSQL and Redis have to run on this machine.
    pub(crate) async fn of(programs: &Programs, pool: &PgPool, redis_url: Option<&str>) -> Result<Self> {
        let backend: i32 = query_scalar("SELECT pg_backend_pid()").fetch_one(pool).await?;
        let [api, workers] = programs.pids();
        let postmaster = Stat::of(u32::try_from(backend)?).context("PostgreSQL is not on this machine")?;
        Ok(Self {
            api,
            workers,
            postmaster: postmaster.parent,
            redis: redis_url.and_then(redis_process),
        })
    }

    /// CPU time that was used until now.
    pub(crate) fn cpu(&self) -> Result<Cpu> {
        let of = |pids: &[u32]| -> u64 {
            pids.iter()
                .filter_map(|pid| Stat::of(*pid))
                .map(|stat| stat.own)
                .sum()
        };
        let backends: u64 = self.backends()?.iter().map(|stat| stat.own).sum();
        let postmaster = Stat::of(self.postmaster).context("PostgreSQL has ended")?;
        let ticks = [
            of(&self.api),
            of(&self.workers),
            // Whatever has ended was waited for by the postmaster.
            backends + postmaster.own + postmaster.reaped,
            of(self.redis.as_slice()),
            of(&[std::process::id()]),
        ];
        Ok(Cpu(ticks.map(|ticks| micros(ticks * TICK_MICROS))))
    }

    /// Resident MiB by kind. PostgreSQL: what its processes have for themselves, and the shared memory once.
    pub(crate) fn memory(&self) -> Result<BTreeMap<&'static str, f64>> {
        let of = |pids: &[u32]| pids.iter().map(|pid| status(*pid, "VmRSS")).sum::<f64>();
        let backends: Vec<u32> = self.backends()?.iter().map(|stat| stat.pid).collect();
        let own: f64 = backends.iter().map(|pid| status(*pid, "RssAnon")).sum();
        let shared = backends.iter().map(|pid| status(*pid, "RssShmem"));
        let sizes = [
            of(&self.api),
            of(&self.workers),
            own + shared.fold(0.0, f64::max),
            of(self.redis.as_slice()),
            of(&[std::process::id()]),
        ];
        Ok(GROUPS.into_iter().zip(sizes).collect())
    }

    fn backends(&self) -> Result<Vec<Stat>> {
        Ok(all()?.filter(|stat| stat.parent == self.postmaster).collect())
    }
}

impl Cpu {
    /// What was used from `earlier` to this.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        Self(std::array::from_fn(|group| self.0[group] - earlier.0[group]))
    }

    /// All kinds but the load tool.
    pub(crate) fn service(&self) -> f64 {
        self.0[..4].iter().sum()
    }

    /// Everything, `factor` times.
    #[must_use]
    pub(crate) fn times(&self, factor: f64) -> Self {
        Self(self.0.map(|micros| micros * factor))
    }

    /// Both together.
    #[must_use]
    pub(crate) fn plus(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|group| self.0[group] + other.0[group]))
    }
}

/// CPU microseconds of one process.
pub(crate) fn process_cpu(pid: u32) -> Result<f64> {
    let stat = Stat::of(pid).with_context(|| format!("process {pid} has ended"))?;
    Ok(micros(stat.own * TICK_MICROS))
}

struct Stat {
    pid: u32,
    parent: u32,
    /// User and system.
    own: u64,
    /// The same of children that were waited for.
    reaped: u64,
}

impl Stat {
    fn of(pid: u32) -> Option<Self> {
        let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        Self::parse(pid, &text)
    }

    /// What follows the name, which may contain anything, is numbers.
    fn parse(pid: u32, text: &str) -> Option<Self> {
        let (_, numbers) = text.rsplit_once(')')?;
        let numbers: Vec<&str> = numbers.split_whitespace().collect();
        let number = |place: usize| numbers.get(place)?.parse::<u64>().ok();
        Some(Self {
            pid,
            parent: u32::try_from(number(1)?).ok()?,
            own: number(11)? + number(12)?,
            reaped: number(13)? + number(14)?,
        })
    }
}

fn all() -> Result<impl Iterator<Item = Stat>> {
    let entries = std::fs::read_dir("/proc").context("this bench needs Linux")?;
    let pids = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    Ok(pids.filter_map(Stat::of))
}

/// A line of `/proc/<pid>/status` in MiB.
fn status(pid: u32, name: &str) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(name));
    let kibibytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    kibibytes.unwrap_or_default() / 1024.0
}

/// The process that was told to listen on the port of the URL.
fn redis_process(url: &str) -> Option<u32> {
    let (_, authority) = url.rsplit_once("//")?;
    let port = authority.split('/').next()?.rsplit_once(':')?.1;
    let is_it = |pid: u32| {
        let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command);
        // It writes its address behind its name; whoever started it has the name among its arguments.
        let program = command.split(['\0', ' ']).next().unwrap_or_default();
        program.ends_with("redis-server") && command.contains(port)
    };
    all().ok()?.map(|stat| stat.pid).find(|pid| is_it(*pid))
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52 microseconds")]
fn micros(micros: u64) -> f64 {
    micros as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_parentheses_do_not_shift_the_numbers() {
        let text = "12 (a) b) S 7 12 12 0 -1 4194560 0 0 0 0 31 11 5 2 20 0 1 0 100";
        let stat = Stat::parse(12, text).unwrap();
        assert_eq!((stat.parent, stat.own, stat.reaped), (7, 42, 7));
    }
}
