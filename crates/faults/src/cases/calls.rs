//! Rows 1 and 2, R5, and the first half of S10: workers that die while a language model is asked, or after it has answered.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use futures::future::try_join_all;
use providers::ScriptedProvider;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::cycles::suspects_done;
use super::rescue::sum;
use crate::candidate::Candidate;
use crate::checker::{Verdict, check, no_dead_letters, quiet};
use crate::classroom::{Classroom, HONEST};
use crate::model::{calls_by_tag, graded};
use crate::node::Role;
use crate::outcome::Outcome;
use crate::sql::Sql;
use crate::stage::{Ground, Plan};
use crate::waiting::until_true;

const SOON: Duration = Duration::from_secs(90);
/// How long the model thinks.
const THINKING: Duration = Duration::from_secs(5);
/// Row 1: from the kill to the next call, at the real lease.
const RERUN_WITHIN: Duration = Duration::from_secs(25);

/// Row 1: counting with short leases, and at the real one.
pub(crate) async fn killed_during_call(ground: &Ground) -> Result<Outcome> {
    let counting = |lane: u32| {
        kill_lane(
            ground,
            format!("call-{lane}"),
            Plan::counting(1, 2),
            ground.form(10, 2),
        )
    };
    let real = kill_lane(
        ground,
        "call-real".to_owned(),
        Plan::counting(1, 2).real_leases(),
        ground.form(3, 1),
    );
    let (lanes, real) = tokio::try_join!(try_join_all((0..ground.form(2, 1)).map(counting)), real)?;
    let slowest = real.spans.iter().max().copied().unwrap_or_default();
    ensure!(
        slowest <= RERUN_WITHIN,
        "at the real lease it took {slowest:?} to ask again"
    );
    let all: Vec<Lane> = lanes.into_iter().chain([real]).collect();
    let (kills, calls, repeated) = all.iter().fold((0, 0, 0), |(kills, calls, repeated), lane| {
        (kills + lane.kills, calls + lane.calls, repeated + lane.repeated)
    });
    let verdict = sum(all.iter().map(|lane| lane.verdict));
    let remark = format!(
        "{calls} calls, {repeated} of them repeated after {kills} kills, each with the tag of the first; at the real lease of 15 s \
         asked again after {:.1} s at most",
        slowest.as_secs_f64()
    );
    let spans = all.iter().flat_map(|lane| lane.spans.clone());
    Ok(Outcome::of(kills, verdict).recovered(spans).remark(remark))
}

struct Lane {
    verdict: Verdict,
    kills: u32,
    calls: u32,
    repeated: u32,
    /// From the kill to the next call.
    spans: Vec<Duration>,
}

async fn kill_lane(ground: &Ground, name: String, plan: Plan, kills: u32) -> Result<Lane> {
    let mut class = Classroom::open(ground, &name, plan, 1).await?;
    class
        .provider
        .by_default(|question| graded(question, 80.0).after(THINKING));
    let candidate = class.candidate(&name).await?;
    let mut spans = Vec::new();
    for _ in 0..kills {
        spans.push(kill_once(&mut class, &candidate).await?);
    }
    let verdict = check(&class.stage, Some(&class.books)).await?;
    no_dead_letters(&class.stage).await?;
    let calls = calls_by_tag(&class.provider)?;
    ensure!(
        calls.values().all(|calls| *calls <= 2),
        "a call was made more than twice: {calls:?}"
    );
    let tags = u32::try_from(calls.len())?;
    ensure!(tags == kills, "{tags} requests for {kills} answers");
    let judged = class
        .stage
        .sql
        .count("score_records WHERE scorer = 'llm'")
        .await?;
    ensure!(judged == i64::from(kills), "{judged} verdicts on {kills} answers");
    never_below(&class.stage.sql, &class.provider).await?;
    let all = calls.values().sum();
    Ok(Lane {
        verdict,
        kills,
        calls: all,
        repeated: all - tags,
        spans,
    })
}

/// Kills the worker that asks; how long until the other one does.
async fn kill_once(class: &mut Classroom<'_>, candidate: &Candidate) -> Result<Duration> {
    let before = class.provider.ledger().len();
    // So that it is known who asks.
    class.stage.workers[1].freeze()?;
    class.sit(candidate, &class.all(HONEST)).await?;
    let first = asked(&class.provider, before + 1).await;
    class.stage.workers[1].thaw()?;
    first?;
    let killed_at = Instant::now();
    class.stage.workers.swap_remove(0).kill().await?;
    asked(&class.provider, before + 2).await?;
    let span = killed_at.elapsed();
    quiet(&class.stage).await?;
    let worker = class.stage.start(Role::Worker, &[]).await?;
    class.stage.workers.push(worker);
    Ok(span)
}

async fn asked(provider: &ScriptedProvider, calls: usize) -> Result<()> {
    until_true("the model to be asked", SOON, async || {
        Ok(provider.ledger().len() >= calls)
    })
    .await
}

/// Row 2: what was paid for is not asked for again.
pub(crate) async fn killed_after_answer(ground: &Ground) -> Result<Outcome> {
    const POINTS: [&str; 2] = ["llm.settled", "score_text.judged"];
    let mut class = Classroom::open(ground, "answer-stored", Plan::counting(1, 0), 1).await?;
    class.provider.by_default(|question| graded(question, 80.0));
    let candidate = class.candidate("answer-stored").await?;
    let kills = ground.form(30, 4);
    for (_, point) in (0..kills).zip(POINTS.into_iter().cycle()) {
        let armed = class
            .stage
            .start(Role::Worker, &[("TOUCHSTONE_FAILPOINTS", point)])
            .await?;
        class.sit(&candidate, &class.all(HONEST)).await?;
        until_true("the worker to be held", SOON, async || {
            Ok(armed.logged()?.contains(point))
        })
        .await?;
        armed.kill().await?;
        let other = class.stage.start(Role::Worker, &[]).await?;
        quiet(&class.stage).await?;
        other.kill().await?;
    }
    class.stage.workers = vec![class.stage.start(Role::Worker, &[]).await?];
    let verdict = check(&class.stage, Some(&class.books)).await?;
    no_dead_letters(&class.stage).await?;
    let calls = class.provider.ledger().len();
    ensure!(calls == kills as usize, "{calls} calls for {kills} answers");
    let judged = class
        .stage
        .sql
        .count("score_records WHERE scorer = 'llm'")
        .await?;
    ensure!(judged == i64::from(kills), "{judged} verdicts on {kills} answers");
    let bill = equal(&class).await?;
    let remark = format!("{calls} calls for {kills} answers; booked as billed, {bill} micro-dollars");
    Ok(Outcome::of(kills, verdict).remark(remark))
}

/// S10: what is booked is never below the provider's bill, and equal to it where nobody dies.
pub(crate) async fn killed_at_random(ground: &Ground) -> Result<Outcome> {
    const TEXTS: usize = 3;
    let mut chance = ground.chance("ledger-kills");
    let mut class = Classroom::open(ground, "ledger-kills", Plan::counting(1, 2), TEXTS).await?;
    class.provider.by_default(|question| {
        // Some are quick, some slow: a second and a half at most, by the first digits of the tag.
        let tag = question.tag.as_deref().and_then(|tag| tag.get(..4));
        let thinking = tag.and_then(|tag| u64::from_str_radix(tag, 16).ok()).unwrap_or(0) % 1_500;
        graded(question, 80.0).after(Duration::from_millis(thinking))
    });
    let candidate = class.candidate("ledger-kills").await?;
    for _ in 0..ground.form(20, 3) {
        class.sit(&candidate, &class.all(HONEST)).await?;
    }
    quiet(&class.stage).await?;
    let quiet_bill = equal(&class).await?;
    let watch = Watch::begin(&class);
    let kills = ground.form(60, 6);
    for _ in 0..kills {
        class.sit(&candidate, &class.all(HONEST)).await?;
        tokio::time::sleep(chance.up_to(Duration::from_millis(1_200))).await;
        class.stage.replace_worker(chance.below(2)).await?;
        suspects_done(&class.stage).await?;
    }
    quiet(&class.stage).await?;
    let looks = watch.end().await?;
    let verdict = check(&class.stage, Some(&class.books)).await?;
    no_dead_letters(&class.stage).await?;
    let unknown = listed_for_every_difference(&class).await?;
    let (booked, bill) = (class.booked().await?, class.provider.bill_micro_dollars());
    let remark = format!(
        "without kills {quiet_bill} micro-dollars booked and billed; after {kills} kills {booked} booked, {bill} billed, {unknown} \
         calls listed as unknown, and never less booked than billed in {looks} looks"
    );
    Ok(Outcome::of(kills, verdict).remark(remark))
}

/// To the micro-dollar; gives the amount.
async fn equal(class: &Classroom<'_>) -> Result<u64> {
    let (booked, bill) = (class.booked().await?, class.provider.bill_micro_dollars());
    ensure!(
        bill > 0 && booked == bill,
        "{booked} micro-dollars are booked, and {bill} billed"
    );
    Ok(bill)
}

async fn never_below(sql: &Sql, provider: &ScriptedProvider) -> Result<()> {
    // In this order: what is billed by now was booked before.
    let bill = provider.bill_micro_dollars();
    let booked = "SELECT CAST(coalesce(sum(booked), 0) AS BIGINT) FROM llm_days";
    let booked = u64::try_from(sql.number(booked).await?)?;
    ensure!(
        booked >= bill,
        "{booked} micro-dollars are booked, and {bill} billed"
    );
    Ok(())
}

/// Where journal and bill differ, there is a call that the journal lists as unknown; gives how many it lists.
async fn listed_for_every_difference(class: &Classroom<'_>) -> Result<usize> {
    let text = "SELECT digest || ' ' || CAST(sum(coalesce(cost, at_most)) AS BIGINT) || ' '
            || sum(CASE WHEN state IN ('unknown', 'reserved') THEN 1 ELSE 0 END)
        FROM llm_calls GROUP BY digest";
    let mut billed: BTreeMap<String, u64> = BTreeMap::new();
    for entry in class.provider.ledger() {
        *billed.entry(entry.tag.unwrap_or_default()).or_default() += entry.cost_micro_dollars;
    }
    let mut listed = 0;
    for line in class.stage.sql.texts(text).await? {
        let words: Vec<&str> = line.split(' ').collect();
        let (booked, unknown): (u64, usize) = (words[1].parse()?, words[2].parse()?);
        let bill = billed.remove(words[0]).unwrap_or(0);
        ensure!(
            booked == bill || (unknown > 0 && booked > bill),
            "call {}: {booked} booked, {bill} billed, {unknown} unknown",
            words[0]
        );
        listed += unknown;
    }
    ensure!(billed.is_empty(), "{} calls are in no journal", billed.len());
    Ok(listed)
}

/// Compares books and bill again and again.
struct Watch {
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<u64>>,
}

impl Watch {
    fn begin(class: &Classroom<'_>) -> Self {
        let (sql, provider) = (class.stage.sql.clone(), Arc::clone(&class.provider));
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(async move {
            let mut looks = 0;
            while !*stopped.borrow() {
                never_below(&sql, &provider).await?;
                looks += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Ok(looks)
        });
        Self { stop, task }
    }

    /// How often they were compared.
    async fn end(self) -> Result<u64> {
        self.stop.send_replace(true);
        self.task.await?
    }
}
