//! Candidates with attempts in progress in front of one unlimited process, for the comparisons.

use std::cell::Cell;
use std::rc::Rc;

use anyhow::{Context as _, Result, ensure};
use sea_orm::sqlx::query;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::connections::Connections;
use crate::meter::Meter;
use crate::options::{Comparison, Options};
use crate::paper::Paper;
use crate::programs::Programs;
use crate::world::World;

/// See the module.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) meter: Meter,
    pub(crate) connections: Rc<Connections>,
    pub(crate) sitting: Rc<Vec<Candidate>>,
    _programs: Programs,
}

/// Somebody in the middle of an attempt, whose id is theirs.
pub(crate) struct Candidate {
    pub(crate) id: Uuid,
    pub(crate) token: String,
    pub(crate) paper: Paper,
}

impl Stage {
    /// Makes everything and lets everybody start.
    pub(crate) async fn set(options: &Options, comparison: &Comparison) -> Result<Self> {
        let mut world = World::make(comparison.users, comparison.seeded_attempts).await?;
        let ids = world.number_candidates().await?;
        let programs = Programs::unlimited(&options.binary, &world.url, options.redis_url.as_deref())?;
        let meter = Meter::of(&programs, &world.pool, options.redis_url.as_deref()).await?;
        let places = usize::try_from(comparison.clients)?;
        let connections = Rc::new(Connections::to(&programs.addresses, places));
        let mut sitting = Vec::with_capacity(ids.len());
        for (id, token) in ids.into_iter().zip(world.tokens()?) {
            let body = json!({ "role_slug": world.slug });
            let request = post("/assessments/start", &token, &body);
            let reply = connections.send(&request).await?;
            ensure!(reply.status == 201, "a start was answered {}", reply.status);
            let mut paper = Paper::of(&reply.body, &world.answers)?;
            paper.attempt = id;
            sitting.push(Candidate { id, token, paper });
        }
        let renamed = query("UPDATE attempts SET id = user_id WHERE opted_in_at >= $1")
            .bind(world.began_at.as_micros())
            .execute(&world.pool)
            .await?;
        ensure!(
            renamed.rows_affected() == sitting.len() as u64,
            "an attempt of each candidate is renamed"
        );
        Ok(Self {
            world,
            meter,
            connections,
            sitting: Rc::new(sitting),
            _programs: programs,
        })
    }
}

/// The bytes of a GET.
pub(crate) fn get(path: &str, token: &str) -> Vec<u8> {
    format!("GET /api/v1{path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n\r\n").into_bytes()
}

/// The bytes of a POST; null is no body.
pub(crate) fn post(path: &str, token: &str, body: &Value) -> Vec<u8> {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    format!(
        "POST /api/v1{path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Everybody's turn, in an order that spreads them.
pub(crate) struct Turns(Cell<usize>);

impl Turns {
    /// From the first on.
    pub(crate) const fn new() -> Self {
        Self(Cell::new(0))
    }

    /// The next place of so many, and the number of the round.
    pub(crate) fn next(&self, places: usize) -> Result<(usize, usize)> {
        let turn = self.0.get();
        self.0.set(turn + 1);
        let place = turn.checked_rem(places).context("somebody is there")?;
        Ok((place, turn / places))
    }
}
