//! Saves of many candidates at the same moment: each is told its own, whoever else saves. On PostgreSQL they share statements.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use domain::attempts::{AttemptVersion, NewResponse, SavedResponse, Take};
use domain::authoring::Settings;
use domain::ids::ItemVersionId;
use domain::store::StoreError;
use futures::future::join_all;
use sea_orm::{ConnectionTrait as _, TransactionTrait as _};
use serde_json::json;
use testkit::{Backend, TestDatabase, both_databases, builders};
use uuid::Uuid;

use crate::raw;
use crate::track_scene::TrackScene;

both_databases!(
    everybody_gets_numbers_of_their_own,
    a_refused_save_changes_nothing_for_others,
    a_save_that_fails_fails_alone,
    an_attempt_that_is_held_does_not_hold_up_others,
);

/// More than fit into one statement.
const CANDIDATES: u32 = 40;

type Outcome = Result<Option<Vec<SavedResponse>>, StoreError>;

/// Many candidates in the middle of the same track.
struct Room {
    scene: TrackScene,
    sitting: Vec<(AttemptVersion, ItemVersionId)>,
}

impl Room {
    async fn of(database: TestDatabase, candidates: u32) -> Self {
        let scene = TrackScene::new(database, Settings::default()).await;
        let mut sitting = Vec::new();
        for number in 1..=candidates {
            let candidate = builders::candidate(&scene.database, number).await.unwrap();
            let take = Take {
                candidate,
                ..scene.take_it()
            };
            let attempt = scene.take_as(&take).await.unwrap().attempt;
            let owned = scene.database.store.attempt_version(attempt.id).await;
            let item = scene.items(attempt.id).await[0].item_version_id;
            sitting.push((owned.unwrap().unwrap(), item));
        }
        Self { scene, sitting }
    }

    async fn save(&self, owner: &AttemptVersion, section: i32, item: ItemVersionId, answer: &str) -> Outcome {
        let answers = [NewResponse {
            item_version_id: item,
            answer: json!(answer),
            written_at: None,
        }];
        let store = &self.scene.database.store;
        store
            .save_responses(owner, section, &answers, self.scene.now())
            .await
    }

    /// Everybody saves at once, and so does the one with that place in another way; the outcomes in the order of places.
    async fn all_but(&self, place: usize, other: impl Future<Output = Outcome>) -> (Vec<Outcome>, Outcome) {
        let rest = self.sitting.iter().enumerate().filter(|(at, _)| *at != place);
        let rest = rest.map(|(_, (owner, item))| self.save(owner, 0, *item, "a"));
        tokio::join!(join_all(rest), other)
    }
}

async fn everybody_gets_numbers_of_their_own(database: TestDatabase) {
    let room = Room::of(database, CANDIDATES).await;
    let answers = ["first", "second", "third"];
    let writing = answers.iter().flat_map(|answer| {
        let everybody = room.sitting.iter();
        everybody.map(|(owner, item)| room.save(owner, 0, *item, answer))
    });
    let saved = join_all(writing).await;
    let numbers = saved.into_iter().map(|saved| saved.unwrap().unwrap()[0].seq);
    let numbers: Vec<i64> = numbers.collect();
    for place in 0..room.sitting.len() {
        let own = numbers.iter().skip(place).step_by(room.sitting.len());
        assert_eq!(own.copied().collect::<BTreeSet<_>>(), BTreeSet::from([1, 2, 3]));
    }
    let kept = "responses WHERE seq = 3";
    assert_eq!(
        raw::count(&room.scene.database, kept).await,
        i64::from(CANDIDATES)
    );
}

async fn a_refused_save_changes_nothing_for_others(database: TestDatabase) {
    let room = Room::of(database, CANDIDATES).await;
    let (owner, item) = &room.sitting[5];
    let (others, refused) = room.all_but(5, room.save(owner, 1, *item, "a")).await;
    assert_eq!(refused.unwrap(), None);
    assert!(others.into_iter().all(|saved| saved.unwrap().is_some()));
    let mut foreign = owner.clone();
    foreign.user_id = room.sitting[6].0.user_id;
    let (others, refused) = room.all_but(5, room.save(&foreign, 0, *item, "a")).await;
    assert_eq!(refused.unwrap(), None);
    assert!(others.into_iter().all(|saved| saved.unwrap().is_some()));
    let stored = raw::count(&room.scene.database, "responses").await;
    assert_eq!(stored, i64::from(CANDIDATES) - 1);
}

async fn a_save_that_fails_fails_alone(database: TestDatabase) {
    let room = Room::of(database, CANDIDATES).await;
    let unknown = ItemVersionId(Uuid::from_u128(404));
    let (owner, _) = &room.sitting[5];
    let (others, failed) = room.all_but(5, room.save(owner, 0, unknown, "a")).await;
    assert!(matches!(failed, Err(StoreError::Constraint { .. })), "{failed:?}");
    assert!(others.into_iter().all(|saved| saved.unwrap().is_some()));
    let stored = raw::count(&room.scene.database, "responses").await;
    assert_eq!(stored, i64::from(CANDIDATES) - 1);
}

/// On SQLite, which has one writer, whoever holds the database holds up everybody; there is nothing to be shown.
async fn an_attempt_that_is_held_does_not_hold_up_others(database: TestDatabase) {
    if database.store.database().backend() == Backend::Sqlite {
        return assert_eq!(raw::count(&database, "responses").await, 0);
    }
    let room = Room::of(database, CANDIDATES).await;
    let (held, item) = &room.sitting[0];
    let connection = raw::connect(&room.scene.database).await;
    let holding = connection.begin().await.unwrap();
    let lock = format!(
        "SELECT id FROM attempts WHERE id = '{}' FOR UPDATE",
        held.attempt_id
    );
    holding.execute_unprepared(&lock).await.unwrap();
    let waiting = join_all(["first", "second", "third"].map(|answer| room.save(held, 0, *item, answer)));
    let others = async {
        raw::until_somebody_waits(&room.scene.database).await;
        let others = room.sitting[1..].iter();
        let saved = join_all(others.map(|(owner, item)| room.save(owner, 0, *item, "a"))).await;
        assert!(saved.into_iter().all(|saved| saved.unwrap().is_some()));
        // Only now may the first ones go on.
        holding.rollback().await.unwrap();
    };
    let (waited, ()) = tokio::join!(waiting, others);
    let numbers = waited.into_iter().map(|saved| saved.unwrap().unwrap()[0].seq);
    assert_eq!(numbers.collect::<BTreeSet<_>>(), BTreeSet::from([1, 2, 3]));
    connection.close().await.unwrap();
}
