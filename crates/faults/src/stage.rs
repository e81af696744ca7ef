//! Everything one case needs: a database of its own, proxies, a ledger, processes of the program.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::chance::Chance;
use crate::guardian::Guardian;
use crate::ledger::Ledger;
use crate::node::{self, Node, Recipe, Role};
use crate::postgres::Postgres;
use crate::proxy::Proxy;
use crate::redis::Redis;
use crate::sql::Sql;

const START_TRIES: u32 = 3;
/// Load from one machine is not to be refused.
const UNLIMITED: [&str; 7] = [
    "TOUCHSTONE__RATE_LIMITS__SAVES",
    "TOUCHSTONE__RATE_LIMITS__READS",
    "TOUCHSTONE__RATE_LIMITS__AI",
    "TOUCHSTONE__RATE_LIMITS__ADMIN_WRITES",
    "TOUCHSTONE__RATE_LIMITS__OTHER",
    "TOUCHSTONE__RATE_LIMITS__LOGIN_ACCOUNT",
    "TOUCHSTONE__RATE_LIMITS__LOGIN_ADDRESS",
];

/// What all cases of a run share.
pub(crate) struct Ground {
    pub(crate) program: PathBuf,
    pub(crate) postgres: Postgres,
    pub(crate) redis_server: Option<PathBuf>,
    pub(crate) guardian: Arc<Guardian>,
    pub(crate) seed: u64,
    /// Ten times the counts, and the real lease where one is named.
    pub(crate) full: bool,
}

impl Ground {
    /// `full` of something in the full form, a tenth in the short one.
    pub(crate) fn rounds(&self, full: u32) -> u32 {
        if self.full { full } else { full.div_ceil(10) }
    }

    pub(crate) fn chance(&self, name: &str) -> Chance {
        Chance::of(self.seed, name)
    }

    /// One or the other by form.
    pub(crate) fn form<T>(&self, full: T, short: T) -> T {
        if self.full { full } else { short }
    }
}

/// What differs between stages.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) apis: usize,
    pub(crate) workers: usize,
    /// Lease in seconds and beat in milliseconds.
    pub(crate) lease: (u64, u64),
    /// Whether jobs are dispatched by Redis.
    pub(crate) redis: bool,
    /// Further settings of every process.
    pub(crate) settings: Vec<(&'static str, String)>,
}

impl Plan {
    /// Short leases, for counting.
    pub(crate) fn counting(apis: usize, workers: usize) -> Self {
        Self {
            apis,
            workers,
            lease: (2, 500),
            redis: false,
            settings: Vec::new(),
        }
    }

    /// Leases as they are in production.
    pub(crate) fn real_leases(self) -> Self {
        Self {
            lease: (15, 5_000),
            ..self
        }
    }

    pub(crate) fn on_redis(self) -> Self {
        Self { redis: true, ..self }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.settings.push((name, value.to_owned()));
        self
    }
}

/// See the module.
pub(crate) struct Stage<'ground> {
    pub(crate) ground: &'ground Ground,
    pub(crate) plan: Plan,
    pub(crate) database: String,
    pub(crate) sql: Sql,
    /// In front of PostgreSQL.
    pub(crate) proxy: Proxy,
    pub(crate) redis: Option<Redis>,
    pub(crate) ledger: Ledger,
    pub(crate) apis: Vec<Node>,
    pub(crate) workers: Vec<Node>,
    pub(crate) recipe: Recipe,
    started: usize,
}

impl<'ground> Stage<'ground> {
    /// Makes and migrates the database, then starts the processes. `name` is that of the database.
    pub(crate) async fn open(ground: &'ground Ground, name: &str, plan: Plan) -> Result<Self> {
        let database = format!(
            "case_{}",
            name.replace(|letter: char| !letter.is_alphanumeric(), "_")
        );
        let admin = Sql::connect(&ground.postgres.url("postgres")).await?;
        admin
            .execute(&format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)"))
            .await?;
        admin.execute(&format!("CREATE DATABASE {database}")).await?;
        admin.close().await?;
        let target = SocketAddr::from(([127, 0, 0, 1], ground.postgres.port()));
        let proxy = Proxy::open(target, ground.chance(name)).await?;
        let redis = match (&ground.redis_server, plan.redis) {
            (_, false) => None,
            (Some(program), true) => {
                Some(Redis::start(program, &ground.guardian, ground.chance(name)).await?)
            }
            (None, true) => anyhow::bail!("this case needs redis-server"),
        };
        let ledger = Ledger::open().await?;
        let recipe = recipe(ground, &plan, &database, (&proxy, redis.as_ref(), &ledger))?;
        let mut stage = Self {
            sql: Sql::connect(&ground.postgres.url(&database)).await?,
            ground,
            plan,
            database,
            proxy,
            redis,
            ledger,
            apis: Vec::new(),
            workers: Vec::new(),
            recipe,
            started: 0,
        };
        stage.run(&["migrate"]).await?;
        for _ in 0..stage.plan.apis {
            let api = stage.start(Role::Api, &[]).await?;
            stage.apis.push(api);
        }
        for _ in 0..stage.plan.workers {
            let worker = stage.start(Role::Worker, &[]).await?;
            stage.workers.push(worker);
        }
        Ok(stage)
    }

    /// A further process; who calls it keeps it. One that ends while it starts, because the machine is too busy for the time
    /// it gives the database, is started again, as a supervisor would.
    pub(crate) async fn start(&mut self, role: Role, extra: &[(&str, &str)]) -> Result<Node> {
        let mut tries = 1;
        loop {
            self.started += 1;
            let name = format!("{role:?}-{}", self.started);
            match Node::start(&self.recipe, role, &name, extra).await {
                Err(_) if tries < START_TRIES => tries += 1,
                started => return started,
            }
        }
    }

    /// The program with these arguments, to its end, past the proxies.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Result<String> {
        let url = self.ground.postgres.url(&self.database);
        let output = node::command(&self.recipe, arguments)
            .env("TOUCHSTONE_DATABASE_URL", url)
            .output()
            .await?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(
            output.status.success(),
            "touchstone {} ended with {}: {said} {}",
            arguments.join(" "),
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(said)
    }

    /// Where the API servers are.
    pub(crate) fn doors(&self) -> Result<Vec<String>> {
        let addresses = self.apis.iter().map(|api| api.address.clone());
        addresses
            .map(|address| Some(format!("http://{}/api/v1", address?)))
            .collect::<Option<_>>()
            .context("API servers listen")
    }

    /// Of a stage that has one.
    pub(crate) fn redis(&mut self) -> Result<&mut Redis> {
        self.redis.as_mut().context("this stage has a Redis")
    }

    /// Kills a worker and starts another in its place.
    pub(crate) async fn replace_worker(&mut self, index: usize) -> Result<()> {
        self.workers.swap_remove(index).kill().await?;
        let worker = self.start(Role::Worker, &[]).await?;
        self.workers.push(worker);
        Ok(())
    }

    /// A claim that a dead process held is free again after this long, and what failed four times has been tried again.
    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs(self.plan.lease.0 * 4 + 90)
    }
}

fn recipe(
    ground: &Ground,
    plan: &Plan,
    database: &str,
    (proxy, redis, ledger): (&Proxy, Option<&Redis>, &Ledger),
) -> Result<Recipe> {
    let directory = ground.guardian.directory().join(database);
    if directory.exists() {
        std::fs::remove_dir_all(&directory)?;
    }
    std::fs::create_dir_all(&directory)?;
    let mut settings = vec![
        (
            "TOUCHSTONE_DATABASE_URL",
            Postgres::url_at(proxy.port(), database),
        ),
        (
            "TOUCHSTONE_DATA_DIR",
            directory.join("data").display().to_string(),
        ),
        // The same for all processes, as a deployment has it; it protects nothing here.
        ("TOUCHSTONE__SECURITY__MASTER_KEY", "A".repeat(43)),
        (
            "TOUCHSTONE__LOGGING__LEVEL",
            "warn,touchstone::cli=info".to_owned(),
        ),
        ("TOUCHSTONE__JOBS__LEASE_SECONDS", plan.lease.0.to_string()),
        (
            "TOUCHSTONE__JOBS__BEAT_SECONDS",
            plan.lease.1.div_ceil(1000).to_string(),
        ),
        ("TOUCHSTONE__JOBS__CONCURRENCY__STATIC", "8".to_owned()),
        ("TOUCHSTONE_FAILPOINT_BEAT_MILLISECONDS", plan.lease.1.to_string()),
        ("TOUCHSTONE_FAILPOINT_LEDGER", ledger.url()),
    ];
    settings.extend(UNLIMITED.map(|name| (name, "1000000".to_owned())));
    if let Some(redis) = redis {
        settings.push(("TOUCHSTONE_REDIS_URL", redis.url()));
    }
    settings.extend(plan.settings.iter().cloned());
    Ok(Recipe {
        program: ground.program.clone(),
        directory,
        settings: settings
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        guardian: Arc::clone(&ground.guardian),
    })
}
