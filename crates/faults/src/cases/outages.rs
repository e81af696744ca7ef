//! Rows 19, 20 and 21, R14, and the other half of S10: providers of language models that are busy, away or unpaid.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};
use futures::future::try_join_all;
use providers::{Answer, Answered, Entry, ScriptedProvider};
use reqwest::Method;
use serde_json::json;
use tokio::time::Instant;

use super::rescue::sum;
use crate::candidate::Candidate;
use crate::checker::{Verdict, check, no_dead_letters, quiet};
use crate::classroom::{Classroom, HONEST, Paper};
use crate::model::graded;
use crate::outcome::Outcome;
use crate::stage::{Ground, Plan};
use crate::waiting::{until, until_true};

const WORKERS: usize = 2;
/// Calls within which the breaker of a worker opens.
const OPENS_WITHIN: usize = 20;
/// Jobs that ask models at once in one worker.
const AT_ONCE: usize = 8;
/// R14.
const DEGRADED_WITHIN: Duration = Duration::from_mins(1);
/// A breaker stays open for half a minute, and answers are put off by as much.
const BACK_WITHIN: Duration = Duration::from_mins(2);
/// What was under way when a provider asked for patience.
const UNDER_WAY: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_secs(5);

/// Row 19.
pub(crate) async fn rate_storm(ground: &Ground) -> Result<Outcome> {
    let (length, patience) = ground.form((60, 20), (20, 5));
    let (length, patience) = (Duration::from_secs(length), Duration::from_secs(patience));
    let class = Classroom::open(ground, "rate-storm", Plan::counting(1, WORKERS), 1).await?;
    let storms = storm(&class.provider, patience);
    let load = class.paced(class.candidate("rate-storm").await?, Duration::from_millis(200));
    tokio::time::sleep(LOOK * 2).await;
    let begun = class.provider.age();
    storms.store(true, Ordering::SeqCst);
    tokio::time::sleep(length).await;
    storms.store(false, Ordering::SeqCst);
    // The last who was told to wait.
    tokio::time::sleep(patience + LOOK * 2).await;
    let end = class.provider.age();
    let papers = load.end().await?;
    until_true("everything to be judged by the model", BACK_WITHIN, async || {
        quiet(&class.stage).await?;
        Ok(class.left_over().await? == 0)
    })
    .await?;
    let ledger = class.provider.ledger();
    let refused = nobody_asked_too_early(&ledger, patience)?;
    let before = answered_before(&ledger, begun);
    let after = answered_before(&ledger, end);
    ensure!(
        after * 10 >= before * 9,
        "{before} answers in 5 s before the storm, {after} from 5 to 10 s after it"
    );
    let verdict = check(&class.stage, Some(&class.books)).await?;
    no_dead_letters(&class.stage).await?;
    judged_once(&class, papers.len()).await?;
    let burnt = class
        .stage
        .sql
        .count("job_attempts WHERE outcome <> 'completed'")
        .await?;
    ensure!(burnt == 0, "{burnt} attempts of jobs were used up");
    let remark = format!(
        "{refused} of {} calls refused with Retry-After {} s, none made before it; {before} answers in 5 s before, {after} from 5 to \
         10 s after; no attempt of a job used up",
        ledger.len(),
        patience.as_secs()
    );
    Ok(Outcome::of(1, verdict).remark(remark))
}

/// While what it gives back is true, four of five calls are refused.
fn storm(provider: &ScriptedProvider, patience: Duration) -> Arc<AtomicBool> {
    let storms = Arc::new(AtomicBool::new(false));
    let (seen, calls) = (Arc::clone(&storms), AtomicU64::new(0));
    provider.by_default(move |question| {
        if seen.load(Ordering::SeqCst) && !calls.fetch_add(1, Ordering::SeqCst).is_multiple_of(5) {
            Answer::too_many(&patience.as_secs().to_string())
        } else {
            graded(question, 80.0)
        }
    });
    storms
}

/// How many were told to wait.
fn nobody_asked_too_early(ledger: &[Entry], patience: Duration) -> Result<usize> {
    let refused: Vec<Duration> = ledger
        .iter()
        .filter(|entry| entry.answered == Answered::Status(429))
        .map(|entry| entry.arrived)
        .collect();
    ensure!(!refused.is_empty(), "the storm refused nobody");
    for told in &refused {
        let early = (*told + UNDER_WAY)..(*told + patience);
        let asked = ledger.iter().find(|entry| early.contains(&entry.arrived));
        if let Some(entry) = asked {
            anyhow::bail!("told to wait at {told:?}, somebody asked at {:?}", entry.arrived);
        }
    }
    Ok(refused.len())
}

/// Answers in the time of a look before an instant.
fn answered_before(ledger: &[Entry], end: Duration) -> usize {
    let looked_at = end.saturating_sub(LOOK)..end;
    let answered = ledger.iter().filter(|entry| entry.answered == Answered::Words);
    answered
        .filter(|entry| looked_at.contains(&entry.arrived))
        .count()
}

/// Exactly one verdict of a model for each of so many texts.
async fn judged_once(class: &Classroom<'_>, texts: usize) -> Result<()> {
    let judged = class
        .stage
        .sql
        .count("score_records WHERE scorer = 'llm'")
        .await?;
    ensure!(
        judged == i64::try_from(texts)?,
        "{judged} verdicts of models on {texts} texts"
    );
    Ok(())
}

type Failure = fn() -> Answer;

/// Row 20 and R14: three ways to be away, side by side.
pub(crate) async fn model_down(ground: &Ground) -> Result<Outcome> {
    let all: [(&str, Failure); 3] = [
        ("faults", || Answer::status(500)),
        ("resets", || Answer::ResetBeforeHead),
        ("hangs", || Answer::Hang),
    ];
    let ways = all.into_iter().map(|(name, answer)| away(ground, name, answer));
    let ways = try_join_all(ways).await?;
    let verdict = sum(ways.iter().map(|way| way.verdict));
    let told: Vec<String> = ways.iter().map(Away::told).collect();
    let back = ways.iter().map(|way| way.back);
    let remark = format!(
        "{}; recovery is the time from the return to the last verdict of the model",
        told.join("; ")
    );
    Ok(Outcome::of(3, verdict).recovered(back).remark(remark))
}

struct Away {
    name: &'static str,
    verdict: Verdict,
    texts: usize,
    /// Calls while it was away.
    calls: usize,
    /// The longest from a submission to its result.
    slowest: Duration,
    /// From the return until all was judged by the model.
    back: Duration,
}

impl Away {
    fn told(&self) -> String {
        format!(
            "{}: {} texts, {} calls while away, results after {:.1} s at most",
            self.name,
            self.texts,
            self.calls,
            self.slowest.as_secs_f64()
        )
    }
}

async fn away(ground: &Ground, name: &'static str, answer: Failure) -> Result<Away> {
    const TEXTS: usize = 4;
    let class = Classroom::open(ground, &format!("down-{name}"), Plan::counting(1, WORKERS), TEXTS).await?;
    class.provider.by_default(move |_| answer());
    let candidate = class.candidate(name).await?;
    let mut papers = Vec::new();
    for _ in 0..ground.form(30, 6) {
        papers.push(class.sit(&candidate, &class.all(HONEST)).await?);
    }
    let slowest = all_degraded(&class, &candidate, &papers).await?;
    let calls = class.provider.ledger().len();
    // The breaker of each worker opens within 20 calls, and half-open asks one at a time.
    let most = OPENS_WITHIN * WORKERS;
    ensure!(
        calls <= most,
        "{calls} calls of a provider that is away, for {WORKERS} workers"
    );
    if ground.full {
        probed_one_at_a_time(&class, calls).await?;
    }
    class.provider.by_default(|question| graded(question, 80.0));
    let returned = Instant::now();
    until_true("everything to be judged by the model", BACK_WITHIN, async || {
        Ok(class.left_over().await? == 0)
    })
    .await?;
    let back = returned.elapsed();
    quiet(&class.stage).await?;
    for paper in &papers {
        let result = class.result(&candidate, paper).await?;
        ensure!(result["degraded"] == json!(false), "still degraded: {result}");
    }
    let verdict = check(&class.stage, Some(&class.books)).await?;
    no_dead_letters(&class.stage).await?;
    judged_once(&class, papers.len() * TEXTS).await?;
    Ok(Away {
        name,
        verdict,
        texts: papers.len() * TEXTS,
        calls,
        slowest,
        back,
    })
}

/// Every paper has its result by the local scorer, and says that it lacks the model; the longest that one took.
async fn all_degraded(class: &Classroom<'_>, candidate: &Candidate, papers: &[Paper]) -> Result<Duration> {
    let mut slowest = Duration::ZERO;
    for paper in papers {
        let left = (paper.submitted_at + DEGRADED_WITHIN).saturating_duration_since(Instant::now());
        let result = until("a result without the model", left, async || {
            let scored = format!("attempts WHERE id = '{}' AND scored_at IS NOT NULL", paper.id);
            if class.stage.sql.count(&scored).await? == 0 {
                return Ok(None);
            }
            class.result(candidate, paper).await.map(Some)
        });
        let result = result.await?;
        let took = format!(
            "SELECT scored_at - submitted_at FROM attempts WHERE id = '{}'",
            paper.id
        );
        let took = u64::try_from(class.stage.sql.number(&took).await?)?;
        slowest = slowest.max(Duration::from_micros(took));
        let items = result["scores"]["items"].as_array().cloned().unwrap_or_default();
        ensure!(
            result["degraded_reasons"] == json!(["llm_unavailable"])
                && items
                    .iter()
                    .all(|item| item["scorer"] == "local" && item["points"].is_number()),
            "a result without the model: {result}"
        );
    }
    ensure!(
        slowest <= DEGRADED_WITHIN,
        "a result without the model took {slowest:?}"
    );
    Ok(slowest)
}

/// While it stays away, a worker whose breaker is open tries with one call after every half minute.
async fn probed_one_at_a_time(class: &Classroom<'_>, calls: usize) -> Result<()> {
    const STAYS_AWAY: Duration = Duration::from_secs(70);
    tokio::time::sleep(STAYS_AWAY).await;
    let all = class.provider.ledger().len();
    // A worker that had few of the first calls opens its breaker only now.
    let most = WORKERS * (OPENS_WITHIN + 3);
    ensure!(
        (calls + 1..=most).contains(&all),
        "{calls} calls, and {all} after {STAYS_AWAY:?}, by {WORKERS} workers"
    );
    Ok(())
}

/// Row 21 and S10: an account without money, and a cap that leaves none.
pub(crate) async fn budget(ground: &Ground) -> Result<Outcome> {
    let (unpaid, capped, none) = tokio::try_join!(
        unpaid(ground),
        capped(ground, "cap-small", "0.002"),
        capped(ground, "cap-none", "0"),
    )?;
    ensure!(
        none.spent == 0,
        "a cap of nothing cost {} micro-dollars",
        none.spent
    );
    let verdict = sum([unpaid.0, capped.verdict, none.verdict]);
    let remark = format!(
        "unpaid: {} calls for {TEXTS} texts, none in the next 12 s; cap of 2000 micro-dollars: {} billed for {} calls; cap of nothing: \
         no call; parked as `budget`, told in the audit log",
        unpaid.1, capped.spent, capped.calls
    );
    Ok(Outcome::of(3, verdict).remark(remark))
}

const TEXTS: usize = 12;

async fn unpaid(ground: &Ground) -> Result<(Verdict, usize)> {
    let class = Classroom::open(ground, "unpaid", Plan::counting(1, WORKERS), TEXTS).await?;
    class.provider.by_default(|_| Answer::unpaid());
    parked(&class).await?;
    let calls = class.provider.ledger().len();
    ensure!(
        calls <= WORKERS * AT_ONCE,
        "{calls} calls of an account without money"
    );
    // Whatever comes back to answers that were put off does so every 10 s.
    tokio::time::sleep(Duration::from_secs(12)).await;
    let later = class.provider.ledger().len();
    ensure!(
        later == calls,
        "{} more calls of an account without money",
        later - calls
    );
    told(&class, "llm.account_unpaid").await?;
    Ok((check(&class.stage, Some(&class.books)).await?, calls))
}

struct Capped {
    verdict: Verdict,
    /// Micro-dollars.
    spent: u64,
    calls: usize,
}

async fn capped(ground: &Ground, name: &str, dollars: &str) -> Result<Capped> {
    let plan = Plan::counting(1, WORKERS).with("TOUCHSTONE__LLM__DAY_CAP_DOLLARS", dollars);
    let class = Classroom::open(ground, name, plan, TEXTS).await?;
    class.provider.by_default(|question| graded(question, 80.0));
    parked(&class).await?;
    let (calls, spent) = (class.provider.ledger().len(), class.provider.bill_micro_dollars());
    let cap = (dollars.parse::<f64>()? * 1_000_000.0).round();
    #[expect(clippy::cast_precision_loss, reason = "micro-dollars of a test")]
    let (billed, booked) = (spent as f64, class.booked().await? as f64);
    ensure!(
        billed <= cap && booked <= cap,
        "{billed} billed and {booked} booked at a cap of {cap}"
    );
    told(&class, "llm.day_cap_reached").await?;
    let verdict = check(&class.stage, Some(&class.books)).await?;
    Ok(Capped {
        verdict,
        spent,
        calls,
    })
}

/// A paper is handed in and has its result; what no model judged waits for money.
async fn parked(class: &Classroom<'_>) -> Result<()> {
    let candidate = class.candidate("poor").await?;
    let paper = class.sit(&candidate, &class.all(HONEST)).await?;
    quiet(&class.stage).await?;
    let result = class.result(&candidate, &paper).await?;
    ensure!(
        result["degraded_reasons"] == json!(["budget"]),
        "without money: {result}"
    );
    let others = class
        .stage
        .sql
        .count("deferred_scores WHERE reason <> 'budget' OR queued")
        .await?;
    ensure!(others == 0, "{others} answers are not parked for money");
    no_dead_letters(&class.stage).await
}

/// Administrators can read it: once by each worker, at most.
async fn told(class: &Classroom<'_>, action: &str) -> Result<()> {
    let path = format!("/audit?action={action}");
    let page = class.as_admin(Method::GET, &path, None).await?;
    let rows = page["items"].as_array().map_or(0, Vec::len);
    ensure!((1..=WORKERS).contains(&rows), "{rows} rows of {action}: {page}");
    Ok(())
}
