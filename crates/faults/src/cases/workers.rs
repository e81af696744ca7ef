//! Rows 3, 17, 18, 54, 55: what workers and their jobs can do wrong.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::checker::{check, no_dead_letters};
use crate::effects;
use crate::load::Load;
use crate::node::{Node, Role};
use crate::outcome::Outcome;
use crate::stage::{Ground, Plan, Stage};
use crate::waiting::until_true;

const SOON: Duration = Duration::from_mins(1);
/// Interposed before the C library: the wall clock of the process goes wrong by what a file says.
const CLOCK_SHIM: &str = include_str!("../clock_shim.c");

/// Row 3: the end of a job is committed and the worker dies before it tells anybody.
pub(crate) async fn killed_after_commit(ground: &Ground) -> Result<Outcome> {
    let mut stage = Stage::open(ground, "unacked", Plan::counting(1, 0)).await?;
    let mut chance = ground.chance("unacked");
    let cycles = ground.form(50, 3);
    for cycle in 0..cycles {
        let round = format!("round{cycle}");
        let point = format!("jobs.finished@{}", 1 + chance.below(4));
        let armed = stage
            .start(Role::Worker, &[("TOUCHSTONE_FAILPOINTS", &point)])
            .await?;
        effects::insert(&stage.sql, &round, 12, &json!({ "ledger": true })).await?;
        until_true("the end of a job to be held", SOON, async || {
            Ok(armed.logged()?.contains("jobs.finished"))
        })
        .await?;
        armed.kill().await?;
        ensure!(
            effects::in_state(&stage.sql, &round, "completed").await? > 0,
            "an end was committed before the kill"
        );
        let other = stage.start(Role::Worker, &[]).await?;
        effects::ended(&stage.sql, &round, SOON).await?;
        stage.workers = vec![other];
        stage.workers.clear();
    }
    stage.workers = vec![stage.start(Role::Worker, &[]).await?];
    let verdict = check(&stage, None).await?;
    no_dead_letters(&stage).await?;
    Ok(Outcome::of(cycles, verdict).remark(calls(&stage)))
}

/// Row 54: after three crashes the job is put aside, and the others have been done.
pub(crate) async fn poison(ground: &Ground) -> Result<Outcome> {
    let mut stage = Stage::open(ground, "poison", Plan::counting(1, 2)).await?;
    effects::insert(
        &stage.sql,
        "poison",
        1,
        &json!({ "do": "abort", "milliseconds": 50 }),
    )
    .await?;
    effects::insert(&stage.sql, "sound", 60, &json!({ "milliseconds": 20 })).await?;
    let mut deaths = 0;
    let limit = tokio::time::Instant::now() + SOON * 2;
    while effects::in_state(&stage.sql, "poison", "failed").await? == 0 {
        ensure!(
            tokio::time::Instant::now() < limit,
            "the job was not put aside after {deaths} deaths"
        );
        deaths += revive(&mut stage).await?;
    }
    effects::ended(&stage.sql, "sound", SOON).await?;
    deaths += revive(&mut stage).await?;
    ensure!(deaths == 3, "{deaths} processes died of the job");
    let sound = effects::in_state(&stage.sql, "sound", "completed").await?;
    ensure!(sound == 60, "{sound} of 60 sound jobs were done");
    let verdict = check(&stage, None).await?;
    Ok(Outcome::of(3, verdict).remark("3 processes died, 60 of 60 other jobs done"))
}

/// Starts workers again that have ended; how many had.
async fn revive(stage: &mut Stage<'_>) -> Result<u32> {
    let mut deaths = 0;
    for index in (0..stage.workers.len()).rev() {
        if stage.workers[index].has_ended()? {
            stage.workers.swap_remove(index);
            let worker = stage.start(Role::Worker, &[]).await?;
            stage.workers.push(worker);
            deaths += 1;
        }
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    Ok(deaths)
}

/// Row 55: the lease is kept, the job's deadline ends the claim, the process says that it is not well.
pub(crate) async fn spinning(ground: &Ground) -> Result<Outcome> {
    let mut stage = Stage::open(ground, "spinning", Plan::counting(0, 0)).await?;
    let both = stage.start(Role::Both, &[]).await?;
    let address = both.address.clone().context("a server has an address")?;
    effects::insert(&stage.sql, "spinning", 1, &json!({ "do": "spin" })).await?;
    until_true("the process to say that it is not well", SOON, async || {
        let reply = reqwest::get(format!("http://{address}/readyz")).await?;
        let body: Value = reply.json().await?;
        Ok(body["dependencies"]["worker"] == "unhealthy")
    })
    .await?;
    effects::insert(&stage.sql, "others", 20, &json!({})).await?;
    effects::ended(&stage.sql, "others", SOON).await?;
    effects::ended(&stage.sql, "spinning", SOON).await?;
    let deadline = "job_attempts WHERE error_code = 'deadline' AND outcome <> 'completed'";
    let ended = stage.sql.count(deadline).await?;
    ensure!(ended == 1, "{ended} claims ended by the deadline");
    let lost = stage.sql.count("job_attempts WHERE outcome = 'lost'").await?;
    ensure!(lost == 0, "the lease was lost");
    let verdict = check(&stage, None).await?;
    both.kill().await?;
    Ok(Outcome::of(1, verdict).remark("unhealthy on /readyz, retried after the deadline"))
}

/// Rows 17 and 18: nobody's exam ends early and no lease is lost, whatever the machines' clocks say.
pub(crate) async fn clocks(ground: &Ground) -> Result<Outcome> {
    let mut stage = Stage::open(ground, "skew", Plan::counting(0, 0)).await?;
    let begun = effects::micros();
    let mut skewed = Skewed::prepare(&stage)?;
    for seconds in [600, -600] {
        let api = skewed.start(&mut stage, Role::Api, seconds).await?;
        stage.apis.push(api);
        let worker = skewed.start(&mut stage, Role::Worker, seconds).await?;
        stage.workers.push(worker);
    }
    let load = Load::begin(stage.doors()?, 4, &ground.chance("skew")).await?;
    let cycles = ground.rounds(20).max(4);
    for cycle in 0..cycles {
        let round = format!("round{cycle}");
        effects::insert(&stage.sql, &round, 20, &json!({ "milliseconds": 50 })).await?;
        // An hour back, two hours on, and so on, in one process after the other.
        skewed.jump(cycle as usize % 4, if cycle % 2 == 0 { -3_600 } else { 7_200 })?;
        effects::ended(&stage.sql, &round, SOON).await?;
    }
    let books = load.end().await?;
    let verdict = check(&stage, Some(&books)).await?;
    no_dead_letters(&stage).await?;
    none(
        &stage,
        "attempts WHERE state = 'expired'",
        "attempts expired early",
    )
    .await?;
    none(
        &stage,
        "job_attempts WHERE outcome IN ('lost', 'stale')",
        "claims were lost",
    )
    .await?;
    let now = effects::micros();
    let far = format!("attempts WHERE started_at NOT BETWEEN {begun} AND {now} OR submitted_at < started_at");
    none(&stage, &far, "attempts began at another time").await?;
    let negative = "job_attempts WHERE finished_at < started_at";
    none(&stage, negative, "claims ended before they began").await?;
    Ok(Outcome::of(cycles, verdict).remark("clocks of 4 processes at ± 10 min, set back 1 h and on 2 h"))
}

async fn none(stage: &Stage<'_>, from: &str, what: &str) -> Result<()> {
    let count = stage.sql.count(from).await?;
    ensure!(count == 0, "{count} {what}");
    Ok(())
}

/// Processes whose wall clocks are wrong.
struct Skewed {
    shim: String,
    files: Vec<std::path::PathBuf>,
}

impl Skewed {
    fn prepare(stage: &Stage<'_>) -> Result<Self> {
        let directory = &stage.recipe.directory;
        let (source, shim) = (directory.join("clock_shim.c"), directory.join("clock_shim.so"));
        std::fs::write(&source, CLOCK_SHIM)?;
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(&shim)
            .arg(&source)
            .status()
            .context("a C compiler makes the clock that is wrong")?;
        ensure!(built.success(), "the clock that is wrong does not compile");
        Ok(Self {
            shim: shim.display().to_string(),
            files: Vec::new(),
        })
    }

    async fn start(&mut self, stage: &mut Stage<'_>, role: Role, seconds: i64) -> Result<Node> {
        let file = stage.recipe.directory.join(format!("clock-{}", self.files.len()));
        std::fs::write(&file, seconds.to_ne_bytes())?;
        self.files.push(file.clone());
        let file = file.display().to_string();
        let extra = [("LD_PRELOAD", self.shim.as_str()), ("FAULTS_CLOCK_FILE", &file)];
        let node = stage.start(role, &extra).await?;
        Ok(node)
    }

    /// The clock of a running process is now wrong by this much. Written in place: the process has the file mapped.
    fn jump(&self, index: usize, seconds: i64) -> Result<()> {
        use std::os::unix::fs::FileExt as _;
        let file = std::fs::OpenOptions::new().write(true).open(&self.files[index])?;
        Ok(file.write_all_at(&seconds.to_ne_bytes(), 0)?)
    }
}

/// How often the world outside was called.
pub(super) fn calls(stage: &Stage<'_>) -> String {
    let (jobs, calls) = stage.ledger.totals();
    format!("{calls} outside calls for {jobs} jobs")
}
