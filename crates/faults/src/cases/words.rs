//! Rows 22 and 25: what a model says that is no verdict, or one with markup in it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use providers::{Answer, Question, Wire, Words, malformed_answers, malformed_exchanges};
use reqwest::Method;
use serde_json::{Value, json};

use crate::candidate::Candidate;
use crate::checker::{check, no_dead_letters, quiet};
use crate::classroom::{Classroom, HONEST, Paper};
use crate::model::{graded, verdict};
use crate::outcome::Outcome;
use crate::signals;
use crate::stage::{Ground, Plan};
use crate::waiting::until_true;

/// Texts of a paper.
const TEXTS: usize = 60;
const SOON: Duration = Duration::from_mins(5);
/// What a worker may grow by over all of them, in KiB.
const GROWTH: u64 = 64 * 1024;
/// One malformed answer among so many: with more the breaker would rightly leave the model alone.
const AMONG: usize = 3;

/// Row 22: through a real worker, one after the other.
pub(crate) async fn malformed(ground: &Ground) -> Result<Outcome> {
    let plan = Plan::counting(1, 1).with("TOUCHSTONE__JOBS__CONCURRENCY__LLM", "1");
    // What is unsure is not asked for again: calls are to be counted.
    let settings = json!({ "review_below_confidence": 0.0 });
    let class = Classroom::with_settings(ground, "malformed", plan, TEXTS, settings).await?;
    let odd = odd_answers(ground.full);
    let (all, calls) = (odd.len(), AtomicUsize::new(0));
    let candidate = class.candidate("malformed").await?;
    // What a worker needs for the first answer of all is not counted.
    class.provider.by_default(|question| graded(question, 60.0));
    let first = class.sit(&candidate, &class.all(HONEST)).await?;
    quiet(&class.stage).await?;
    let before = memory(&class)?;
    class.provider.by_default(move |question| {
        let call = calls.fetch_add(1, Ordering::SeqCst);
        match odd.get(call / AMONG) {
            Some(odd) if call % AMONG == 0 => odd.of(question),
            _ => graded(question, 60.0),
        }
    });
    let asked_before = class.provider.ledger().len();
    let mut papers = vec![first];
    while class.provider.ledger().len() - asked_before < all * AMONG {
        papers.push(class.sit(&candidate, &class.all(HONEST)).await?);
        until_true("every text to be judged", SOON, async || {
            quiet(&class.stage).await?;
            Ok(true)
        })
        .await?;
    }
    let after = memory(&class)?;
    let (judged, degraded) = within_range(&class, &candidate, &papers).await?;
    let verdict = check(&class.stage, Some(&class.books)).await?;
    no_dead_letters(&class.stage).await?;
    let grown = after.saturating_sub(before);
    ensure!(grown <= GROWTH, "the worker grew from {before} to {after} KiB");
    let remark = format!(
        "{all} malformed answers among {} calls: {judged} texts judged by the model, {degraded} by the local scorer until it answers, \
         no panic; the worker grew by {} MiB to {} MiB",
        class.provider.ledger().len(),
        grown / 1024,
        after / 1024
    );
    Ok(Outcome::of(u32::try_from(all)?, verdict).remark(remark))
}

fn memory(class: &Classroom<'_>) -> Result<u64> {
    let worker = class.stage.workers.first().context("there is a worker")?;
    signals::resident(worker.process()).context("the worker lives")
}

/// Every text has points within its range, by the model or by the local scorer; how many by each.
async fn within_range(
    class: &Classroom<'_>,
    candidate: &Candidate,
    papers: &[Paper],
) -> Result<(usize, usize)> {
    let (mut judged, mut degraded) = (0, 0);
    for paper in papers {
        let result = class.result(candidate, paper).await?;
        for item in result["scores"]["items"].as_array().into_iter().flatten() {
            let points = item["points"].as_f64().unwrap_or(-1.0);
            ensure!((0.0..=10.0).contains(&points), "points out of range: {item}");
            match item["scorer"].as_str() {
                Some("llm") => judged += 1,
                Some("local") if result["degraded"] == json!(true) => degraded += 1,
                _ => anyhow::bail!("neither answered nor degraded: {item}"),
            }
        }
    }
    Ok((judged, degraded))
}

/// Something that is no verdict.
enum Odd {
    /// Whatever was asked.
    Answer(Answer),
    /// A verdict, spoilt.
    Verdict(fn(Value) -> String),
}

impl Odd {
    fn of(&self, question: &Question) -> Answer {
        match self {
            Self::Answer(answer) => answer.clone(),
            Self::Verdict(spoil) => Answer::words(spoil(verdict(question, 60.0, "", "It says half."))),
        }
    }
}

/// Verdicts spoilt, answers that are too long or have no end, exchanges that are no HTTP, and bodies that are none: some of
/// each kind, or all of them.
fn odd_answers(all: bool) -> Vec<Odd> {
    let step = if all { 1 } else { 12 };
    let bodies = malformed_answers(Wire::OpenAi).into_iter().step_by(step);
    let exchanges = malformed_exchanges().into_iter();
    let wires = bodies.chain(exchanges).map(|odd| Odd::Answer(odd.answer));
    let endless = [
        Answer::body(vec![b' '; 10 * 1024 * 1024]),
        Answer::words("a".repeat(10 * 1024 * 1024)),
        Answer::Endless,
        Answer::ResetInBody(Words::new("{}")),
        Answer::ResetBeforeHead,
    ];
    let endless = endless.into_iter().map(Odd::Answer);
    SPOILT
        .into_iter()
        .map(Odd::Verdict)
        .chain(endless)
        .chain(wires)
        .collect()
}

/// What models make of a verdict.
const SPOILT: [fn(Value) -> String; 18] = [
    |said| format!("```json\n{said}\n```"),
    |said| format!("Here is my verdict:\n{said}\nI hope that this helps."),
    |said| said.to_string().replace('}', ",}"),
    |said| said.to_string().replace("60.0", "NaN"),
    |said| said.to_string().replace("60.0", "1e400"),
    |said| said.to_string().replace("60.0", "-60"),
    |said| said.to_string().replace("60.0", "\"sixty\""),
    |said| said.to_string().replace("60.0", "[60]"),
    |said| said.to_string().replace("true", "True").replace("false", "False"),
    |said| said.to_string().replace('"', "'"),
    |said| said.to_string().replace("relevance", "elegance"),
    |said| said.to_string().chars().take(100).collect(),
    |said| format!("{said}{said}"),
    |said| json!([said]).to_string(),
    |said| json!({ "criteria": {}, "was": said }).to_string(),
    |said| said["criteria"].to_string(),
    |_| String::new(),
    |_| "I cannot grade this.".to_owned(),
];

/// Row 25: a model that writes pages.
pub(crate) async fn markup(ground: &Ground) -> Result<Outcome> {
    const RATIONALE: &str = "<script>alert(1)</script> <img src=x onerror=alert(2)> [see](javascript:alert(3)) \
        [here](https://evil.test/?q=1) https://evil.test \"'>&lt;";
    const ANSWER: &str = "A <b>writer</b> locks the row: <script>alert(4)</script> [link](https://evil.test). Readers can share.";
    const QUOTE: &str = "<b>writer</b> locks the row: <script>alert(4)</script> [link](https://evil.test)";
    let class = Classroom::open(ground, "markup", Plan::counting(1, 1), 1).await?;
    class
        .provider
        .by_default(|question| Answer::words(verdict(question, 60.0, QUOTE, RATIONALE).to_string()));
    let candidate = class.candidate("markup").await?;
    let paper = class.sit(&candidate, &class.all(ANSWER)).await?;
    quiet(&class.stage).await?;
    let result = class.result(&candidate, &paper).await?;
    let criterion = &result["scores"]["items"][0]["criteria"][0];
    ensure!(
        criterion["rationale"] == RATIONALE && criterion["evidence"][0]["text"] == QUOTE,
        "text is not kept as text: {criterion}"
    );
    let reviews = class.as_admin(Method::GET, "/reviews", None).await?;
    let mut doors = vec![
        (candidate.token(), format!("/assessments/{}/result", paper.id)),
        (candidate.token(), format!("/assessments/{}/status", paper.id)),
        (class.admin(), "/reviews".to_owned()),
    ];
    if let Some(review) = reviews["items"][0]["review_id"].as_str() {
        doors.push((class.admin(), format!("/reviews/{review}")));
    }
    let looked = doors.len();
    for (token, path) in doors {
        is_no_page(&class, token, &path).await?;
    }
    let verdict = check(&class.stage, Some(&class.books)).await?;
    let remark = format!(
        "stored and told as text; {looked} answers are JSON with nosniff and a policy that runs nothing"
    );
    Ok(Outcome::of(1, verdict).remark(remark))
}

pub(super) async fn is_no_page(class: &Classroom<'_>, token: &str, path: &str) -> Result<()> {
    let door = class.stage.doors()?.remove(0);
    let client = reqwest::Client::builder().no_proxy().build()?;
    let reply = client
        .get(format!("{door}{path}"))
        .bearer_auth(token)
        .send()
        .await?;
    let header = |name: &str| {
        let value = reply.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    ensure!(
        reply.status().is_success()
            && header("content-type") == "application/json"
            && header("x-content-type-options") == "nosniff"
            && header("content-security-policy").starts_with("default-src 'none'"),
        "{path} was answered {} with {:?}",
        reply.status(),
        reply.headers()
    );
    Ok(())
}
