//! A PostgreSQL database with a track, candidates who are signed in, and a history as long as asked for.

use std::collections::HashMap;
use std::rc::Rc;
use std::str::FromStr as _;

use anyhow::{Context as _, Result};
use domain::authoring::item::ItemKind;
use domain::authoring::sample_answers::answer_key;
use domain::ids::{DefinitionVersionId, TokenFamilyId};
use domain::time::{Clock as _, Timestamp};
use sea_orm::sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sea_orm::sqlx::{AssertSqlSafe, query_scalar, raw_sql};
use serde_json::Value;
use storage::clock::DatabaseClock;
use testkit::{Backend, TestDatabase};
use touchstone::security::TokenService;
use uuid::Uuid;

use crate::ground::{create_track, forms, student, token_service};
use crate::history::History;

/// The right answer to each question.
pub(crate) type Answers = Rc<HashMap<Uuid, Value>>;

/// See the module.
pub(crate) struct World {
    /// For processes.
    pub(crate) url: String,
    pub(crate) slug: String,
    pub(crate) answers: Answers,
    /// For looking; not what is measured.
    pub(crate) pool: PgPool,
    /// Rows since then are of the run.
    pub(crate) began_at: Timestamp,
    candidates: Vec<Uuid>,
    tokens: TokenService,
    clock: DatabaseClock,
    _database: TestDatabase,
}

impl World {
    /// Makes it. The candidates have one earlier attempt each, others the rest of `attempts`. Their sign-ins are rows like
    /// those of a real one; no password is hashed for them.
    pub(crate) async fn make(users: u32, attempts: u32) -> Result<Self> {
        let database = TestDatabase::new(Backend::Postgres).await?;
        let track = create_track(&database).await?;
        let version = track.definition.published_version_id;
        let version = version.context("a track with items is published")?;
        let clock = DatabaseClock::start(database.store.database()).await?;
        let tokens = token_service(&database, clock.now()).await?;
        let (answers, kinds) = questions(&database, version).await?;
        database.store.database().close().await?;
        let history = History::open(&database.url, Backend::Postgres).await?;
        let others = attempts.saturating_sub(users);
        history
            .make_track_history((track.definition.id, version), &forms(&kinds), (users, 1), others)
            .await?;
        // Looking at everything may take longer than the program allows its statements.
        let looking = PgConnectOptions::from_str(&database.url)?.options([("statement_timeout", "0")]);
        let pool = PgPoolOptions::new()
            .max_connections(2)
            .connect_with(looking)
            .await?;
        Ok(Self {
            url: database.url.clone(),
            slug: track.slug,
            answers: Rc::new(answers),
            pool,
            began_at: clock.now(),
            candidates: history.candidates().await?,
            tokens,
            clock,
            _database: database,
        })
    }

    /// From now on rows are of the run.
    pub(crate) fn begin_again(&mut self) {
        self.began_at = self.clock.now();
    }

    /// Renames the candidates, so that whoever knows a number knows the id ([`id`]); gives the new ids. Only what signing in
    /// and starting look at is renamed: their history stays with nobody.
    pub(crate) async fn number_candidates(&mut self) -> Result<Vec<Uuid>> {
        let mut transaction = self.pool.begin().await?;
        for text in [
            "SET LOCAL session_replication_role = replica".to_owned(),
            "CREATE TEMP TABLE renamed ON COMMIT DROP AS SELECT id AS old,
                row_number() OVER (ORDER BY email) - 1 AS number FROM users WHERE email LIKE 'candidate%'"
                .to_owned(),
            format!("ALTER TABLE renamed ADD COLUMN id UUID; UPDATE renamed SET id = {}", id("number")),
            "UPDATE users u SET id = r.id FROM renamed r WHERE u.id = r.old".to_owned(),
            "UPDATE refresh_tokens t SET user_id = r.id, family_id = r.id FROM renamed r WHERE t.user_id = r.old".to_owned(),
            "UPDATE cohort_members m SET user_id = r.id FROM renamed r WHERE m.user_id = r.old".to_owned(),
        ] {
            raw_sql(AssertSqlSafe(text)).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        let ids = query_scalar("SELECT id FROM users WHERE email LIKE 'candidate%' ORDER BY id");
        self.candidates = ids.fetch_all(&self.pool).await?;
        Ok(self.candidates.clone())
    }

    /// An access token for each candidate, good for a quarter of an hour from now.
    pub(crate) fn tokens(&self) -> Result<Vec<String>> {
        let now = self.clock.now();
        let token = |id: &Uuid| {
            let issued = self.tokens.issue(&student(*id, now), TokenFamilyId(*id), now)?;
            Ok(issued.token)
        };
        self.candidates.iter().map(token).collect()
    }
}

/// SQL for the id with that number.
pub(crate) fn id(number: &str) -> String {
    format!("CAST('00000000-0000-7000-8000-' || lpad(to_hex(CAST({number} AS BIGINT)), 12, '0') AS UUID)")
}

/// The right answers, and the kinds by place in the bank.
async fn questions(
    database: &TestDatabase,
    version: DefinitionVersionId,
) -> Result<(HashMap<Uuid, Value>, Vec<ItemKind>)> {
    let bank = database.store.version_content(version).await?;
    let items = bank.context("the version is there")?.items;
    let answers = items
        .iter()
        .map(|item| (item.item_id.0, answer_key(&item.content)));
    let kinds = items.iter().map(|item| item.content.body.kind());
    Ok((answers.collect(), kinds.collect()))
}
