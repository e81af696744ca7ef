//! Many calls under way: with nothing but the wire, and through the gateway with its journal.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result, ensure};
use domain::llm::{JournalSecret, LanguageModel, ModelName};
use domain::scoring::Verdict;
use domain::scoring::llm::{Grading, Step};
use tokio::task::JoinSet;
use touchstone::llm::{About, Gateway};

use crate::Plan;
use crate::cpu::Used;
use crate::figures::{Figures, number};
use crate::ground::{self, Sample};
use crate::provider::{Manner, Provider};

/// Below this confidence further samples would be asked for: every answer is one call.
const NEVER_UNSURE: f64 = 0.0;

/// Whoever answers.
enum Answering {
    Wire(Arc<dyn LanguageModel>),
    Gateway(Arc<Gateway>),
}

pub(crate) async fn measure(plan: &Plan, figures: &mut Figures) -> Result<()> {
    for (name, journal) in [
        ("prompt, HTTP and reply, no journal", false),
        ("gateway, journal in PostgreSQL", true),
    ] {
        let database = ground::database().await?;
        // The first round opens connections and does not count.
        for round in 0..=plan.rounds {
            let mut provider = Provider::start(Manner::Grades, plan.delay).await?;
            let answering = if journal {
                Answering::Gateway(Arc::new(ground::gateway(&provider, &database).await?))
            } else {
                Answering::Wire(ground::model_at(&provider)?)
            };
            let before = Used::by_process(std::process::id())?;
            judge_all(plan, Arc::new(answering), round).await?;
            let spent = Used::by_process(std::process::id())?.since(&before);
            if round > 0 {
                let calls = plan.at_once * plan.waves;
                record(plan, figures, (name, spent), &mut provider, calls).await?;
            }
        }
    }
    Ok(())
}

/// What it took to make so many calls, `spent` in microseconds of CPU.
pub(crate) async fn record(
    plan: &Plan,
    figures: &mut Figures,
    (name, spent): (&str, f64),
    provider: &mut Provider,
    calls: usize,
) -> Result<()> {
    let seen = provider.seen().await?;
    ensure!(seen.len() == calls, "{} calls instead of {calls}", seen.len());
    let (full, last) = (seen[plan.at_once - 1].at, seen[calls - 1].at);
    let rate = number(calls - plan.at_once) / (last - full) * 1000.0;
    let ideal = number(plan.at_once) / plan.delay.as_secs_f64();
    let share = format!("{name}: calls answered to {ideal:.0} a second (goal ≥ 95)");
    figures.push(share, "%", rate / ideal * 100.0);
    figures.push(format!("{name}: CPU of a call"), "µs", spent / number(calls));
    let core = format!("{name}: of one core at that rate (goal ≤ 15)");
    figures.push(core, "%", spent / number(calls) * rate / 10_000.0);
    Ok(())
}

/// As many at once as there are places; each place judges one answer after the other.
async fn judge_all(plan: &Plan, answering: Arc<Answering>, round: usize) -> Result<()> {
    let (next, sample) = (Arc::new(AtomicUsize::new(0)), Arc::new(Sample::new()));
    let all = plan.at_once * plan.waves;
    let mut places = JoinSet::new();
    for _ in 0..plan.at_once {
        let (answering, next, sample) = (Arc::clone(&answering), Arc::clone(&next), Arc::clone(&sample));
        places.spawn(async move {
            let secret = ground::secret();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= all {
                    return anyhow::Ok(());
                }
                let verdict = answering
                    .judge(&sample, &secret, format!("{round}/{number}"))
                    .await?;
                ensure!(verdict.points.is_some(), "a verdict without points");
            }
        });
    }
    while let Some(place) = places.join_next().await {
        place??;
    }
    Ok(())
}

impl Answering {
    async fn judge(&self, sample: &Sample, secret: &JournalSecret, named: String) -> Result<Verdict> {
        let task = sample.task();
        let second = (&sample.local, NEVER_UNSURE);
        let mut grading = Grading::begin(&task, named, self.name(), secret, second);
        loop {
            let asked = match grading.next() {
                Step::Done(verdict) => return Ok(verdict),
                Step::Unusable(unusable) => anyhow::bail!("{unusable:?}"),
                Step::Ask(asked) => asked,
            };
            let text = match self {
                Self::Wire(model) => model.ask(&asked.request).await?.text,
                Self::Gateway(gateway) => {
                    let offer = gateway.offers().first().context("an offer")?;
                    let question = (&asked.key, &asked.request);
                    gateway.ask(offer, question, About::default()).await?.text
                }
            };
            grading.answered(&text);
        }
    }

    fn name(&self) -> ModelName {
        match self {
            Self::Wire(model) => model.name().clone(),
            Self::Gateway(gateway) => gateway.offers()[0].model().name().clone(),
        }
    }
}
