//! `load`: seeds, starts the processes, lets everybody sit, waits for the jobs, checks, and reports.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Result, ensure};
use sea_orm::sqlx::{Row as _, query, query_scalar};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{Instant, sleep, sleep_until};

use crate::check::{Findings, check, drain};
use crate::connections::Connections;
use crate::drive::drive;
use crate::meter::{Cpu, Meter};
use crate::options::{Load, Options, Storm};
use crate::prices::{PRICED_USERS, Prices, Till};
use crate::programs::Programs;
use crate::report::Report;
use crate::tally::Tally;
use crate::user::{Scene, Step, User};
use crate::world::World;

/// How long the processes are watched while nobody asks anything of them.
const REST: Duration = Duration::from_secs(5);
/// A history of a million audit rows is sealed in a minute or two.
const SETTLING: Duration = Duration::from_mins(5);
const STATEMENTS: i64 = 14;

/// All that a report is made of.
pub(crate) struct Outcome {
    pub(crate) load: Load,
    /// Of the ramp, and of the load.
    pub(crate) tallies: [Tally; 2],
    /// Used in the ramp, in the load, and from its end until no job was left.
    pub(crate) cpu: [Cpu; 3],
    /// Used in a second in which nobody asks anything.
    pub(crate) rest: Cpu,
    pub(crate) memory: BTreeMap<&'static str, f64>,
    /// MiB before and after.
    pub(crate) database: [f64; 2],
    pub(crate) findings: Findings,
    pub(crate) prices: Option<Prices>,
    /// Warnings and errors in the logs of the processes.
    pub(crate) complaints: Vec<String>,
    pub(crate) statements: Vec<String>,
}

/// Runs it; whether everything was as it must be.
pub(crate) async fn run(options: &Options, load: &Load) -> Result<bool> {
    let outcome = Box::pin(LocalSet::new().run_until(measure(options, load))).await?;
    let report = Report::of(&outcome)?;
    report.print();
    if let Some(path) = &load.json {
        report.write(path)?;
    }
    Ok(outcome.findings.is_clean() && outcome.tallies.iter().all(|tally| tally.failures() == 0))
}

async fn measure(options: &Options, load: &Load) -> Result<Outcome> {
    let redis_url = options.redis_url.as_deref();
    let sample = if load.prices { PRICED_USERS } else { 0 };
    let mut world = World::make(load.users + sample, load.seeded_attempts).await?;
    let before = database_size(&world).await?;
    let programs = Programs::start(&options.binary, &world.url, redis_url, load.processes)?;
    let meter = Rc::new(Meter::of(&programs, &world.pool, redis_url).await?);
    settle(&world).await?;
    let rest = at_rest(&meter).await?;
    let prices = prices(&world, (&programs, &meter), load, rest).await?;
    if load.statements {
        for text in [
            "CREATE EXTENSION IF NOT EXISTS pg_stat_statements",
            "SELECT pg_stat_statements_reset()",
        ] {
            query(text).execute(&world.pool).await?;
        }
    }
    // The check is of what begins now.
    world.begin_again();
    let mut tokens = world.tokens()?;
    tokens.truncate(usize::try_from(load.users)?);
    let scene = Rc::new(scene(&world, &programs, load));
    let users = users(tokens, &scene);
    let marks = spawn_local(marks(Rc::clone(&scene), Rc::clone(&meter)));
    let users = drive(&scene, users).await;
    let (began, (ramped, sat, memory)) = marks.await??;
    let drained = drain(&world, load.drain()).await?;
    let end = meter.cpu()?;
    let statements = statements(&world, load).await?;
    let findings = check(&world, users.iter().flat_map(User::all_papers), drained).await?;
    Ok(Outcome {
        load: load.clone(),
        tallies: scene.tallies.take(),
        cpu: [ramped.since(&began), sat.since(&ramped), end.since(&sat)],
        rest,
        memory,
        database: [before, database_size(&world).await?],
        findings,
        prices,
        complaints: programs.complaints()?,
        statements,
    })
}

/// The clocks at the beginning, after the ramp and at the end of the load, where memory is looked at, too.
type Marks = (Cpu, (Cpu, Cpu, BTreeMap<&'static str, f64>));

async fn marks(scene: Rc<Scene>, meter: Rc<Meter>) -> Result<Marks> {
    let began = meter.cpu()?;
    sleep_until(scene.measured.0).await;
    let ramped = meter.cpu()?;
    sleep_until(scene.measured.1).await;
    Ok((began, (ramped, meter.cpu()?, meter.memory()?)))
}

/// Waits until the audit rows of the seeded attempts are sealed: an installation with such a history did that long ago.
async fn settle(world: &World) -> Result<()> {
    let began = Instant::now();
    let waiting = "SELECT (SELECT count(*) FROM audit_log) - (SELECT count(*) FROM audit_chain)";
    while query_scalar::<_, i64>(waiting).fetch_one(&world.pool).await? > 0 {
        ensure!(
            began.elapsed() < SETTLING,
            "the seeded audit rows are not being sealed"
        );
        sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

async fn at_rest(meter: &Meter) -> Result<Cpu> {
    // What starting takes is over by then.
    sleep(REST).await;
    let before = meter.cpu()?;
    sleep(REST).await;
    Ok(meter.cpu()?.since(&before).times(1.0 / REST.as_secs_f64()))
}

/// Of candidates beyond those who will sit.
async fn prices(
    world: &World,
    (programs, meter): (&Programs, &Meter),
    load: &Load,
    rest: Cpu,
) -> Result<Option<Prices>> {
    if !load.prices {
        return Ok(None);
    }
    let connections = Rc::new(Connections::to(&programs.addresses, load.connections));
    let till = Till {
        world,
        meter,
        connections,
        rest,
    };
    let tokens = world.tokens()?.split_off(usize::try_from(load.users)?);
    Prices::measure(&till, &tokens).await.map(Some)
}

fn scene(world: &World, programs: &Programs, load: &Load) -> Scene {
    let ramped = Instant::now() + load.ramp();
    // Everybody's starting at once is what is measured of such a storm.
    let from = match load.storm {
        Some(Storm::Start) => Instant::now(),
        Some(Storm::Submit) | None => ramped,
    };
    Scene {
        connections: Connections::to(&programs.addresses, load.connections),
        answers: Rc::clone(&world.answers),
        slug: world.slug.clone(),
        load: load.clone(),
        measured: (from, ramped + load.duration()),
        tallies: RefCell::default(),
    }
}

/// They start one after the other, at different places of their sittings: as many as begin hand in.
fn users(tokens: Vec<String>, scene: &Scene) -> Vec<User> {
    let load = &scene.load;
    let began = scene.measured.1 - load.duration() - load.ramp();
    let count = f64::from(load.users);
    let users = tokens.into_iter().zip(1_u32..).map(|(token, number)| {
        let place = f64::from(number) / count;
        let mut user = User {
            token,
            streams: false,
            due: began + load.ramp().mul_f64(place),
            first: Duration::ZERO,
            step: Step::Outside,
            papers: Vec::new(),
            chance: u64::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15),
        };
        user.streams = user.fraction() < load.sse;
        user.first = match load.storm {
            // In the middle of the load.
            Some(Storm::Submit) => (scene.measured.0 + load.duration() / 2).duration_since(user.due),
            Some(Storm::Start) | None => load.sitting().mul_f64(user.fraction()),
        };
        user
    });
    users.collect()
}

async fn database_size(world: &World) -> Result<f64> {
    let bytes: i64 = query_scalar("SELECT pg_database_size(current_database())")
        .fetch_one(&world.pool)
        .await?;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 bytes")]
    Ok(bytes as f64 / f64::from(1 << 20))
}

/// The statements that took PostgreSQL longest.
async fn statements(world: &World, load: &Load) -> Result<Vec<String>> {
    if !load.statements {
        return Ok(Vec::new());
    }
    let rows = query(
        "SELECT calls, total_exec_time, mean_exec_time * 1000 AS mean, rows, wal_bytes::BIGINT AS wal,
            left(regexp_replace(query, '\\s+', ' ', 'g'), 110) AS text
         FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
         ORDER BY total_exec_time DESC LIMIT $1",
    )
    .bind(STATEMENTS)
    .fetch_all(&world.pool)
    .await?;
    let line = |row: &sea_orm::sqlx::postgres::PgRow| {
        Ok(format!(
            "{:>8} calls {:>8.0} ms {:>7.0} µs each {:>10} bytes of WAL  {}",
            row.try_get::<i64, _>("calls")?,
            row.try_get::<f64, _>("total_exec_time")?,
            row.try_get::<f64, _>("mean")?,
            row.try_get::<i64, _>("wal")?,
            row.try_get::<String, _>("text")?
        ))
    };
    rows.iter().map(line).collect()
}
