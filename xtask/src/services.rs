//! What the tests run against: servers of their own.

use std::process::Command;

use crate::{postgres, redis};

/// All running; dropping it stops them.
pub(crate) struct Services {
    postgres: postgres::Server,
    redis: redis::Server,
    replicated: Option<postgres::Server>,
}

impl Services {
    /// A PostgreSQL and a Redis. Installs what is missing.
    pub(crate) fn start() -> anyhow::Result<Self> {
        Ok(Self {
            postgres: postgres::Server::start()?,
            redis: redis::Server::start()?,
            replicated: None,
        })
    }

    /// And a second PostgreSQL with a replica.
    pub(crate) fn start_all() -> anyhow::Result<Self> {
        Ok(Self {
            replicated: Some(postgres::Server::start_with_replica()?),
            ..Self::start()?
        })
    }

    /// Tells a command where they are.
    pub(crate) fn lend(&self, command: &mut Command) {
        command
            .env(postgres::URL_VARIABLE, self.postgres.url())
            .env(redis::URL_VARIABLE, self.redis.url());
        if let Some(server) = &self.replicated {
            command
                .env(postgres::REPLICATED_VARIABLE, server.url())
                .envs(server.replica_url().map(|url| (postgres::REPLICA_VARIABLE, url)));
        }
    }
}
