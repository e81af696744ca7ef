//! Somebody who claims and finishes, and counts the time that it takes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use jobs::{Claim, Finish, JobStore as _, Transition};
use uuid::Uuid;

use crate::figures::{number, quantile};
use crate::ground::Ground;

/// Two of them take turns batch by batch, so that what disturbs the machine disturbs both.
pub(crate) struct Claimer<'a> {
    ground: &'a Ground,
    owner: Uuid,
    jobs: i64,
    claims: Vec<Duration>,
    spent: Duration,
}

impl<'a> Claimer<'a> {
    pub(crate) async fn new(ground: &'a Ground) -> Result<Self> {
        Ok(Self {
            ground,
            owner: ground.process().await?.id,
            jobs: 0,
            claims: Vec::new(),
            spent: Duration::ZERO,
        })
    }

    /// Claims a batch.
    pub(crate) async fn claim(&mut self) -> Result<Vec<Claim>> {
        let begun = Instant::now();
        let claimed = self
            .ground
            .database
            .store
            .claim(&self.ground.request(self.owner))
            .await?;
        self.spent += begun.elapsed();
        self.claims.push(begun.elapsed());
        self.jobs += i64::try_from(claimed.len())?;
        Ok(claimed)
    }

    /// Claims a batch and completes it; false when nothing was ready.
    pub(crate) async fn work(&mut self) -> Result<bool> {
        let claimed = self.claim().await?;
        if claimed.is_empty() {
            return Ok(false);
        }
        let begun = Instant::now();
        let at = self.ground.now();
        let finish = |claim| {
            let transition = Transition::Complete { result: None };
            let finish = Finish {
                at,
                transition,
                failure: None,
            };
            (Arc::new(claim), finish)
        };
        let endings: Vec<_> = claimed.into_iter().map(finish).collect();
        self.ground.database.store.finish_many(&endings).await?;
        self.spent += begun.elapsed();
        Ok(true)
    }

    /// Jobs a second of its own time.
    pub(crate) fn rate(&self) -> f64 {
        number(self.jobs) / self.spent.as_secs_f64()
    }

    /// The slowest claim but for one in a hundred, in milliseconds.
    pub(crate) fn slowest_claim(&mut self) -> f64 {
        quantile(&mut self.claims, 99)
    }
}
