//! What every world of a bench begins with: the track that is taken, keys that the bench signs tokens with, forms.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use domain::authoring::item::{ItemGroup, ItemKind};
use domain::authoring::{CreateTrack, Track, shipped_tracks};
use domain::identity::{Role, User, UserStatus};
use domain::ids::UserId;
use domain::time::Timestamp;
use testkit::{TestDatabase, builders};
use touchstone::config::{Config, Secret};
use touchstone::security::{TokenService, Vault, load_secrets};
use uuid::Uuid;

use crate::history::{FORMS, Form};

/// Master key of all servers: the bench signs the candidates' tokens itself, so that no password has to be hashed for them.
pub(crate) const MASTER_KEY: &str = "the-master-key-of-the-bench-and-of-nobody-0";

/// The first track that the program brings with it.
pub(crate) async fn create_track(database: &TestDatabase) -> Result<Track> {
    let shipped = shipped_tracks()?.into_iter().next();
    let admin = builders::principal(database, Role::Admin, 1).await?;
    let create = CreateTrack {
        admin: admin.admin()?,
        track: shipped.context("a track is shipped")?,
    };
    let ctx = builders::ctx(database, admin.actor());
    Ok(database.store.run(&create, &ctx).await?)
}

/// Signs with the keys that the servers find in the database.
pub(crate) async fn token_service(database: &TestDatabase, now: Timestamp) -> Result<TokenService> {
    let mut config = Config::default();
    config.security.master_key = Secret::new(MASTER_KEY);
    let vault = Arc::new(Vault::open(&config)?);
    let tokens = TokenService::new(Arc::clone(&vault), &config.auth);
    let algorithm = config.auth.jwt_algorithm.into();
    load_secrets(&database.store, &vault, &tokens, algorithm, now).await?;
    Ok(tokens)
}

/// An account, as far as a token looks at it.
pub(crate) fn student(id: Uuid, now: Timestamp) -> User {
    User {
        id: UserId(id),
        email: String::new(),
        display_name: String::new(),
        role: Role::Student,
        status: UserStatus::Active,
        password_hash: String::new(),
        created_at: now,
    }
}

/// Some forms of the track's mix, each from other places of the bank.
pub(crate) fn forms(kinds: &[ItemKind]) -> [Form; FORMS] {
    let mix = [
        (ItemGroup::RuleScored, 3),
        (ItemGroup::Essay, 3),
        (ItemGroup::Profile, 4),
    ];
    std::array::from_fn(|number| {
        let drawn = mix.iter().flat_map(|(group, count)| {
            let of_group = kinds
                .iter()
                .zip(0_u16..)
                .filter(|(kind, _)| kind.group() == *group);
            let places: Vec<u16> = of_group.map(|(_, place)| place).collect();
            let turned = places
                .clone()
                .into_iter()
                .cycle()
                .skip(number * count)
                .take((*count).min(places.len()));
            turned.collect::<Vec<_>>()
        });
        drawn.collect()
    })
}
