//! Forms: what is drawn is stored, and items are read in its order.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use domain::attempts::{Attempt, AttemptState, Form, Slot};
use domain::authoring::item::ItemGroup;
use domain::authoring::{DefinitionKind, Mix, Settings, VersionedItem};
use domain::ids::{AttemptId, ItemVersionId};
use serde_json::json;
use testkit::{TestDatabase, both_databases, builders};
use uuid::Uuid;

use crate::attempt_scene::Scene;
use crate::raw;
use crate::repository::in_tx;
use crate::track_scene::TrackScene;

both_databases!(
    slots_are_the_version_in_order,
    an_attempt_in_progress_is_stored_as_it_is_given,
    a_track_attempt_reads_its_items_in_the_order_of_its_form,
    a_form_without_places_has_no_items,
    a_shuffled_generated_attempt_keeps_its_sections,
    a_track_draws_by_its_mix_and_each_attempt_its_own,
);

fn versions(items: &[VersionedItem]) -> Vec<ItemVersionId> {
    items.iter().map(|item| item.item_version_id).collect()
}

async fn slots_are_the_version_in_order(database: TestDatabase) {
    let scene = Scene::new(database, Settings::default()).await;
    let version = scene.published.version_id;
    let slots = in_tx!(scene.database, tx => tx.attempts().slots(version)).unwrap();
    let expected: Vec<Slot> = scene
        .published
        .items()
        .map(|item| Slot {
            section_index: item.section_index,
            group: item.content.body.kind().group(),
        })
        .collect();
    assert_eq!(slots, expected);
    assert_eq!(slots.len(), 9);
    let unknown = domain::ids::DefinitionVersionId(Uuid::nil());
    assert_eq!(
        in_tx!(scene.database, tx => tx.attempts().slots(unknown)).unwrap(),
        []
    );
}

async fn an_attempt_in_progress_is_stored_as_it_is_given(database: TestDatabase) {
    let scene = TrackScene::new(database, Settings::for_tracks()).await;
    let taken = scene.take().await;
    let other = builders::candidate(&scene.database, 2).await.unwrap();
    let attempt = Attempt {
        id: AttemptId(Uuid::from_u128(77)),
        user_id: other.user_id(),
        seed: i64::MIN,
        form: Form::of_places(vec![14, 0, 3]),
        item_count: 3,
        time_factor: 125,
        extra_time: std::time::Duration::from_mins(9),
        revision: 2,
        ..taken
    };
    let metadata = json!({ "browser": "a \"new\" one", "zoom": 1.5 });
    let (given, said) = (attempt.clone(), metadata.clone());
    in_tx!(scene.database, tx => tx.attempts().insert(&given, Some(&said))).unwrap();
    assert_eq!(scene.stored(attempt.id).await, attempt);
    let found = in_tx!(scene.database, tx => tx.attempts().find_in_progress(other.user_id())).unwrap();
    assert_eq!(found, Some(attempt.clone()));
    let owner = scene
        .database
        .store
        .attempt_version(attempt.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((owner.seed, owner.form), (i64::MIN, attempt.form));
    let stored = raw::texts(
        &scene.database,
        "SELECT metadata FROM attempts WHERE metadata IS NOT NULL",
    )
    .await;
    assert_eq!(stored, [metadata.to_string()]);
}

/// The items an attempt with these places reads.
async fn items_of(scene: &TrackScene, attempt: &Attempt, places: Vec<u16>) -> Vec<VersionedItem> {
    let attempt = Attempt {
        form: Form::of_places(places),
        ..attempt.clone()
    };
    in_tx!(scene.database, tx => tx.attempts().items(&attempt)).unwrap()
}

async fn a_track_attempt_reads_its_items_in_the_order_of_its_form(database: TestDatabase) {
    let scene = TrackScene::new(database, Settings::for_tracks()).await;
    let attempt = scene.take().await;
    let version = attempt.definition_version_id;
    let all = scene
        .database
        .store
        .version_content(version)
        .await
        .unwrap()
        .unwrap()
        .items;
    assert_eq!(all.len(), 15);
    for places in [vec![14, 0, 3, 7], vec![2], (0..15).rev().collect()] {
        let expected: Vec<VersionedItem> = places
            .iter()
            .map(|place| all[usize::from(*place)].clone())
            .collect();
        assert_eq!(items_of(&scene, &attempt, places).await, expected);
    }
    let whole = Attempt {
        form: Form::whole(),
        ..attempt
    };
    assert_eq!(
        in_tx!(scene.database, tx => tx.attempts().items(&whole)).unwrap(),
        all
    );
}

async fn a_form_without_places_has_no_items(database: TestDatabase) {
    let scene = TrackScene::new(database, Settings::for_tracks()).await;
    let attempt = scene.take().await;
    assert_eq!(items_of(&scene, &attempt, Vec::new()).await, []);
    let generated = Attempt {
        kind: DefinitionKind::Generated,
        ..attempt
    };
    assert_eq!(items_of(&scene, &generated, Vec::new()).await, []);
}

async fn a_shuffled_generated_attempt_keeps_its_sections(database: TestDatabase) {
    let settings = Settings {
        shuffle_items: true,
        ..Settings::default()
    };
    let scene = Scene::new(database, settings).await;
    let attempt = scene.start().await;
    let places = attempt.form.places().unwrap().to_vec();
    assert_eq!(places.iter().collect::<BTreeSet<_>>().len(), 9);
    let published: Vec<VersionedItem> = scene.published.items().cloned().collect();
    let given = attempt.clone();
    let items = in_tx!(scene.database, tx => tx.attempts().items(&given)).unwrap();
    let expected: Vec<VersionedItem> = places
        .iter()
        .map(|place| published[usize::from(*place)].clone())
        .collect();
    assert_eq!(items, expected);
    assert_ne!(versions(&items), versions(&published), "nothing was shuffled");
    let sections: Vec<i32> = items.iter().map(|item| item.section_index).collect();
    assert_eq!(sections, [0, 0, 0, 0, 0, 1, 1, 1, 1]);
    // The result has the same order.
    let shown: Vec<ItemVersionId> = scene
        .result()
        .await
        .items
        .iter()
        .map(|item| item.item.item_version_id)
        .collect();
    assert_eq!(shown, versions(&items));
}

async fn a_track_draws_by_its_mix_and_each_attempt_its_own(database: TestDatabase) {
    let mix = Mix {
        rule_scored: 3,
        essay: 1,
        profile: 9,
        external: 1,
    };
    let settings = Settings {
        mix: Some(mix),
        ..Settings::for_tracks()
    };
    let scene = TrackScene::new(database, settings).await;
    let mut drawn = BTreeSet::new();
    for _ in 0..6 {
        let attempt = scene.take().await;
        assert_eq!((attempt.kind, attempt.section_count), (DefinitionKind::Track, 1));
        let items = scene.items(attempt.id).await;
        let of = |group| {
            items
                .iter()
                .filter(|item| item.content.body.kind().group() == group)
                .count()
        };
        // The bank has only four profiles.
        assert_eq!(
            ItemGroup::ALL.map(of),
            ItemGroup::ALL.map(|group| mix.of(group).min(4) as usize)
        );
        assert_eq!(attempt.item_count as usize, items.len());
        drawn.insert(versions(&items));
        scene.submit(attempt.id, Vec::new()).await;
        assert_eq!(scene.stored(attempt.id).await.state, AttemptState::AwaitingAsync);
    }
    assert!(drawn.len() > 1, "every attempt drew the same");
}
