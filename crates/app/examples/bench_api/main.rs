//! Status poll and answer save over HTTP, beside the same statements run directly: CPU time per operation.
//!
//! Run by `cargo xtask bench api`, which hands over the release binary and a PostgreSQL server. The two sides of a pair
//! run one after the other, so that both meet the same noise. CPU time is the process's own (user + system): with SQLite
//! the database is inside it, with PostgreSQL it is not.

mod server;

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result};
use domain::attempts::{AttemptVersion, NewResponse, Viewer};
use domain::authoring::Settings;
use domain::authoring::item::ItemKind;
use domain::authoring::sample_answers::answer_key;
use domain::ids::AttemptId;
use domain::time::{Clock as _, Timestamp};
use serde_json::{Value, json};
use storage::clock::DatabaseClock;
use testkit::builders::publish_sample;
use testkit::{Backend, TestDatabase};

use server::{Client, Server, cpu_microseconds};

const PAIRS: usize = 5;
const OPERATIONS: u32 = 1_500;

#[tokio::main]
async fn main() -> Result<()> {
    let binary: PathBuf = std::env::args()
        .nth(1)
        .context("usage: bench_api RELEASE_BINARY")?
        .into();
    rustls::crypto::ring::default_provider().install_default().ok();
    for (backend, name) in [(Backend::Sqlite, "SQLite"), (Backend::Postgres, "PostgreSQL")] {
        let scene = Scene::set(&binary, backend).await?;
        let mut figures = Figures::default();
        for _ in 0..PAIRS {
            figures.add(&scene).await?;
        }
        figures.print(name);
    }
    Ok(())
}

/// A candidate in the middle of an attempt, at a server of the real program.
struct Scene {
    database: TestDatabase,
    clock: Arc<DatabaseClock>,
    server: Server,
    client: Client,
    attempt: AttemptVersion,
    question: Value,
    response: NewResponse,
}

impl Scene {
    async fn set(binary: &std::path::Path, backend: Backend) -> Result<Self> {
        let database = TestDatabase::new(backend).await?;
        let published = publish_sample(&database, Settings::default()).await?;
        let server = Server::start(binary, &database.url)?;
        let client = Client::register(&server).await?;
        let opted = client
            .post(
                "/sessions/opt-in",
                &json!({ "assessment_definition_id": published.definition_id }),
            )
            .await?;
        let id = AttemptId(serde_json::from_value(opted["session_id"].clone())?);
        client
            .post("/sessions/start", &json!({ "session_id": id }))
            .await?;
        let attempt = database
            .store
            .attempt_version(id)
            .await?
            .context("the attempt is there")?;
        let item = published.item(ItemKind::MultipleChoice)?;
        let answer = answer_key(&item.content);
        let question = json!({ "responses": [{ "question_id": item.item_id, "answer": answer }] });
        let clock = Arc::new(DatabaseClock::start(database.store.database()).await?);
        let response = NewResponse {
            item_version_id: item.item_version_id,
            answer,
            written_at: Timestamp::from_micros(0),
        };
        Ok(Self {
            database,
            clock,
            server,
            client,
            attempt,
            question,
            response,
        })
    }

    async fn status_over_http(&self) -> Result<()> {
        self.client
            .get(&format!("/assessments/{}/status", self.attempt.attempt_id))
            .await
    }

    async fn status_directly(&self) -> Result<()> {
        let (id, viewer) = (self.attempt.attempt_id, Viewer::Owner(self.attempt.user_id));
        self.database
            .store
            .attempt_status(id, viewer)
            .await?
            .context("the attempt is there")?;
        self.database.store.jobs_for_subject(id.0).await?;
        Ok(())
    }

    async fn save_over_http(&self) -> Result<()> {
        let path = format!("/assessments/{}/responses", self.attempt.attempt_id);
        self.client.post(&path, &self.question).await.map(|_| ())
    }

    async fn save_directly(&self) -> Result<()> {
        let now = self.clock.now();
        let response = NewResponse {
            written_at: now,
            ..self.response.clone()
        };
        let saved = self
            .database
            .store
            .save_responses(self.attempt, 0, &[response], now)
            .await?;
        saved.context("the save is not refused").map(|_| ())
    }
}

/// CPU and wall time per operation in microseconds.
struct Cost {
    cpu: f64,
    wall: f64,
}

/// Repeats `operation` and charges process `pid`, or this one.
async fn measure<F: Future<Output = Result<()>>>(
    pid: Option<u32>,
    operation: impl Fn() -> F,
) -> Result<Cost> {
    let (cpu, wall) = (cpu_microseconds(pid)?, Instant::now());
    for _ in 0..OPERATIONS {
        operation().await?;
    }
    let count = f64::from(OPERATIONS);
    Ok(Cost {
        cpu: (cpu_microseconds(pid)? - cpu) / count,
        wall: wall.elapsed().as_secs_f64() * 1e6 / count,
    })
}

#[derive(Default)]
struct Figures {
    rows: Vec<(&'static str, &'static str, Vec<f64>)>,
}

impl Figures {
    async fn add(&mut self, scene: &Scene) -> Result<()> {
        let server = Some(scene.server.pid());
        let http = measure(server, || scene.status_over_http()).await?;
        let direct = measure(None, || scene.status_directly()).await?;
        self.pair(
            [
                "status poll over HTTP",
                "its statements alone",
                "status poll, HTTP : statements",
            ],
            &http,
            &direct,
        );
        let http = measure(server, || scene.save_over_http()).await?;
        let direct = measure(None, || scene.save_directly()).await?;
        self.pair(
            [
                "answer save over HTTP",
                "its statements alone (save)",
                "answer save, HTTP : statements",
            ],
            &http,
            &direct,
        );
        Ok(())
    }

    fn pair(&mut self, names: [&'static str; 3], http: &Cost, direct: &Cost) {
        self.push(names[0], "CPU µs", http.cpu);
        self.push(names[1], "CPU µs", direct.cpu);
        self.push(names[2], "× CPU", http.cpu / direct.cpu);
        self.push(names[0], "wall µs", http.wall);
        self.push(names[1], "wall µs", direct.wall);
    }

    fn push(&mut self, name: &'static str, unit: &'static str, sample: f64) {
        match self
            .rows
            .iter_mut()
            .find(|(known, of, _)| (*known, *of) == (name, unit))
        {
            Some((_, _, samples)) => samples.push(sample),
            None => self.rows.push((name, unit, vec![sample])),
        }
    }

    #[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
    fn print(&self, database: &str) {
        for (name, unit, samples) in &self.rows {
            let samples: Vec<String> = samples.iter().map(|sample| format!("{sample:.2}")).collect();
            println!("api, {database}: {name}\t{unit}\t{}", samples.join(","));
        }
    }
}
