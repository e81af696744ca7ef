//! The same as jobs of a real worker.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use domain::attempts::{OptIn, StartAttempt, Submit, SubmitSection, Touched};
use domain::authoring::item::ItemContent;
use domain::authoring::sample_answers::answer_key;
use domain::authoring::{Settings, item::ItemKind};
use domain::identity::Candidate;
use domain::time::Clock as _;
use tempfile::TempDir;
use testkit::TestDatabase;
use testkit::builders::{self, Published};
use tokio::process::{Child, Command};

use crate::Plan;
use crate::calls::record;
use crate::cpu::Used;
use crate::figures::Figures;
use crate::ground::{self, LIMIT};
use crate::provider::{Manner, Provider};

/// Texts of one attempt.
const TEXTS: usize = 10;
const LOOK: Duration = Duration::from_millis(50);
const MASTER_KEY: &str = "the-master-key-of-the-bench-and-of-nobody-0";

pub(crate) async fn measure(plan: &Plan, binary: &Path, figures: &mut Figures) -> Result<()> {
    for round in 0..=plan.rounds {
        let database = ground::database().await?;
        let calls = plan.at_once * plan.waves;
        seed(&database, calls).await?;
        let mut provider = Provider::start(Manner::Grades, plan.delay).await?;
        let worker = Worker::start(binary, &database, &provider, plan.at_once)?;
        let first = async {
            while provider.count().await? == 0 {
                tokio::time::sleep(LOOK).await;
            }
            anyhow::Ok(())
        };
        let first = tokio::time::timeout(LIMIT, first).await;
        first.context("the worker asks nothing")??;
        let before = worker.used()?;
        recorded(&database, calls).await?;
        let spent = worker.used()?.since(&before);
        // The first round warms the machine up and does not count.
        if round > 0 {
            let name = "whole worker on PostgreSQL";
            record(plan, figures, (name, spent), &mut provider, calls).await?;
        }
    }
    Ok(())
}

/// Returns when every text has a model's verdict.
async fn recorded(database: &TestDatabase, calls: usize) -> Result<()> {
    let all = i64::try_from(calls)?;
    let waiting = async {
        while database.count("score_records WHERE scorer = 'llm'").await? < all {
            tokio::time::sleep(LOOK).await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(LIMIT, waiting)
        .await
        .context("the worker does not come to an end")??;
    let degraded = database.count("deferred_scores").await?;
    ensure!(degraded == 0, "{degraded} answers were left for later");
    Ok(())
}

/// Attempts that have just been submitted, with so many texts in all.
async fn seed(database: &TestDatabase, texts: usize) -> Result<()> {
    let items: Vec<ItemContent> = builders::every_kind()
        .into_iter()
        .filter(|item| item.body.kind() == ItemKind::ShortAnswer)
        .collect();
    let item = items.first().context("a short answer")?;
    let numbered = |number: usize| ItemContent {
        stem: format!("{} ({number})", item.stem),
        ..item.clone()
    };
    let definition = builders::draft(database, vec![(1..=TEXTS).map(numbered).collect()]).await?;
    let published = builders::publish(database, definition, Settings::default()).await?;
    for number in 0..texts.div_ceil(TEXTS) {
        let candidate = builders::candidate(database, u32::try_from(number)?).await?;
        submit(database, &published, candidate).await?;
    }
    Ok(())
}

async fn submit(database: &TestDatabase, published: &Published, candidate: Candidate) -> Result<()> {
    let ctx = ground::system(database);
    let opt_in = OptIn {
        candidate,
        definition_id: published.definition_id,
    };
    let attempt_id = alive(database.store.run(&opt_in, &ctx).await?)?.id;
    let start = StartAttempt {
        candidate,
        attempt_id,
        access_code: None,
    };
    alive(database.store.run(&start, &ctx).await?)?;
    let submit_section = SubmitSection {
        candidate,
        attempt_id,
        section_index: 0,
        answers: published.sections[0].answers(database.clock.now(), answer_key),
    };
    alive(database.store.run(&submit_section, &ctx).await?)?;
    let submit = Submit {
        candidate,
        attempt_id,
        answers: Vec::new(),
    };
    alive(database.store.run(&submit, &ctx).await?)?;
    Ok(())
}

fn alive<T>(touched: Touched<T>) -> Result<T> {
    match touched {
        Touched::Alive(found) => Ok(found),
        Touched::Expired(_) => anyhow::bail!("an attempt has expired"),
    }
}

/// A running `touchstone worker`; killed when dropped.
struct Worker {
    child: Child,
    _data: TempDir,
}

impl Worker {
    fn start(binary: &Path, database: &TestDatabase, provider: &Provider, at_once: usize) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let log = std::fs::File::create(data.path().join("log"))?;
        let child = Command::new(binary)
            .args(["worker", "--queues", "llm,static", "--concurrency"])
            .arg(format!("llm={at_once}"))
            .env("TOUCHSTONE_DATA_DIR", data.path())
            .env("TOUCHSTONE_DATABASE_URL", &database.url)
            .env("TOUCHSTONE__SECURITY__MASTER_KEY", MASTER_KEY)
            .env("TOUCHSTONE__LOGGING__LEVEL", "warn")
            .env("TOUCHSTONE__LLM__ORDER", "openai")
            .env("TOUCHSTONE__LLM__DAY_CAP_DOLLARS", "1000000")
            .env("TOUCHSTONE__LLM__OPENAI__BASE_URL", &provider.base_url)
            .env("TOUCHSTONE__LLM__OPENAI__API_KEY", &provider.key)
            .env("TOUCHSTONE__LLM__OPENAI__REQUESTS_PER_MINUTE", "0")
            .env("TOUCHSTONE__LLM__OPENAI__TOKENS_PER_MINUTE", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .context("the worker cannot be started")?;
        Ok(Self { child, _data: data })
    }

    fn used(&self) -> Result<Used> {
        Used::by_process(self.child.id().context("the worker runs")?)
    }
}
