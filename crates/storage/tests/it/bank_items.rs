//! Questions in the store: versions, places in banks, deletion.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::authoring::item::ItemContent;
use domain::authoring::{BankItem, ItemChange, Settings, Track};
use domain::ids::{DefinitionId, ItemId, ItemVersionId};
use domain::store::StoreError;
use domain::time::Clock as _;
use testkit::{TestDatabase, both_databases, builders};
use uuid::Uuid;

use crate::attempt_scene::MINUTE;
use crate::raw;
use crate::repository::in_tx;

both_databases!(
    a_question_is_found_in_its_current_version,
    a_question_outside_every_live_bank_is_not_found,
    a_version_number_is_given_once,
    placing_appends_and_replaces_in_place,
    removing_takes_out_of_one_bank_only,
    a_question_is_deleted_once,
);

/// Two tracks; the first with two questions.
async fn tracks(database: &TestDatabase) -> (Track, Track) {
    let items: Vec<ItemContent> = builders::bank().into_iter().take(2).collect();
    let first = builders::track(database, "a", items, Settings::for_tracks())
        .await
        .unwrap();
    let second = builders::track(database, "b", Vec::new(), Settings::for_tracks())
        .await
        .unwrap();
    (first, second)
}

/// A question that is in no bank yet.
fn question(database: &TestDatabase, number: u128) -> BankItem {
    BankItem {
        item_id: ItemId(Uuid::from_u128(number)),
        item_version_id: ItemVersionId(Uuid::from_u128(1000 * number)),
        version: 1,
        content: builders::bank().remove(4),
        tracks: Vec::new(),
        created_at: database.clock.now(),
        changed_at: database.clock.now(),
    }
}

/// The next version of a question, a minute later.
fn next_version(before: &BankItem) -> BankItem {
    BankItem {
        item_version_id: ItemVersionId(Uuid::from_u128(before.item_version_id.0.as_u128() + 1)),
        version: before.version + 1,
        content: builders::bank().remove(5),
        changed_at: before.changed_at + MINUTE,
        ..before.clone()
    }
}

async fn insert(database: &TestDatabase, item: &BankItem) {
    let (item, by) = (item.clone(), builders::admin(database).await.unwrap().user_id());
    in_tx!(database, tx => tx.bank().insert_item(&item, by)).unwrap();
}

async fn insert_version(database: &TestDatabase, item: &BankItem) -> Result<(), StoreError> {
    let item = item.clone();
    let change = ItemChange {
        item_version_id: item.item_version_id,
        version: item.version,
        made_by: builders::admin(database).await.unwrap().user_id(),
        reason: None,
        made_at: item.changed_at,
    };
    in_tx!(database, tx => tx.bank().insert_item_version(&item, &change))
}

async fn place(database: &TestDatabase, track: &Track, item: &BankItem) {
    let (id, item) = (track.definition.id, item.clone());
    in_tx!(database, tx => tx.bank().place_item(id, &item)).unwrap();
}

async fn found(database: &TestDatabase, id: ItemId) -> Option<BankItem> {
    let found = in_tx!(database, tx => tx.bank().find_item(id)).unwrap();
    let read = database.store.question(id).await.unwrap();
    assert_eq!(read.map(|detail| detail.item), found);
    found
}

/// Places, questions and versions of a bank in order.
async fn bank(database: &TestDatabase, track: &Track) -> Vec<(i32, ItemId, ItemVersionId)> {
    let id = track.definition.id;
    let items = in_tx!(database, tx => tx.authoring().draft_items(id)).unwrap();
    let count = in_tx!(database, tx => tx.bank().count_items(id)).unwrap();
    assert_eq!(count as usize, items.len());
    items
        .into_iter()
        .map(|item| (item.position, item.item_id, item.item_version_id))
        .collect()
}

async fn a_question_is_found_in_its_current_version(database: TestDatabase) {
    let (a, b) = tracks(&database).await;
    let first = question(&database, 7);
    insert(&database, &first).await;
    place(&database, &b, &first).await;
    place(&database, &a, &first).await;
    let expected = BankItem {
        tracks: vec!["a".to_owned(), "b".to_owned()],
        ..first.clone()
    };
    assert_eq!(found(&database, first.item_id).await, Some(expected));
    let second = next_version(&first);
    insert_version(&database, &second).await.unwrap();
    let expected = BankItem {
        tracks: vec!["a".to_owned(), "b".to_owned()],
        ..second.clone()
    };
    assert_eq!(found(&database, first.item_id).await, Some(expected));
    let detail = database.store.question(first.item_id).await.unwrap().unwrap();
    let versions: Vec<_> = detail
        .versions
        .iter()
        .map(|version| (version.version, version.id))
        .collect();
    assert_eq!(
        versions,
        [(2, second.item_version_id), (1, first.item_version_id)]
    );
    assert_eq!(detail.versions[1].content, first.content);
    assert_eq!(detail.versions[0].created_at, second.changed_at);
}

async fn a_question_outside_every_live_bank_is_not_found(database: TestDatabase) {
    let (_, b) = tracks(&database).await;
    assert_eq!(found(&database, ItemId(Uuid::nil())).await, None);
    let item = question(&database, 7);
    insert(&database, &item).await;
    assert_eq!(found(&database, item.item_id).await, None);
    place(&database, &b, &item).await;
    assert!(found(&database, item.item_id).await.is_some());
    let (id, now) = (b.definition.id, database.clock.now());
    assert!(in_tx!(database, tx => tx.bank().delete_track(id, now)).unwrap());
    assert_eq!(found(&database, item.item_id).await, None);
    // What a generated assessment asks is no question of a bank.
    let published = builders::publish_sample(&database, Settings::default())
        .await
        .unwrap();
    let generated = published.items().next().unwrap().item_id;
    assert_eq!(found(&database, generated).await, None);
}

async fn a_version_number_is_given_once(database: TestDatabase) {
    let first = question(&database, 7);
    insert(&database, &first).await;
    let second = next_version(&first);
    insert_version(&database, &second).await.unwrap();
    let twin = BankItem {
        item_version_id: ItemVersionId(Uuid::from_u128(9999)),
        ..second
    };
    let refusal = insert_version(&database, &twin).await.unwrap_err();
    assert!(
        matches!(&refusal, StoreError::Constraint { name } if name == "item_versions_number"),
        "{refusal}"
    );
    assert_eq!(raw::count(&database, "item_versions").await, 2);
}

async fn placing_appends_and_replaces_in_place(database: TestDatabase) {
    let (a, _) = tracks(&database).await;
    let before = bank(&database, &a).await;
    let (one, two) = (question(&database, 7), question(&database, 8));
    for item in [&one, &two] {
        insert(&database, item).await;
        place(&database, &a, item).await;
    }
    let mut expected = before.clone();
    expected.push((2, one.item_id, one.item_version_id));
    expected.push((3, two.item_id, two.item_version_id));
    assert_eq!(bank(&database, &a).await, expected);
    let newer = next_version(&one);
    insert_version(&database, &newer).await.unwrap();
    place(&database, &a, &newer).await;
    expected[2].2 = newer.item_version_id;
    assert_eq!(bank(&database, &a).await, expected);
    // The end of the bank stays behind a gap.
    let (id, gone) = (a.definition.id, before[0].1);
    in_tx!(database, tx => tx.bank().remove_item(id, gone)).unwrap();
    let last = question(&database, 9);
    insert(&database, &last).await;
    place(&database, &a, &last).await;
    expected.remove(0);
    expected.push((4, last.item_id, last.item_version_id));
    assert_eq!(bank(&database, &a).await, expected);
}

async fn removing_takes_out_of_one_bank_only(database: TestDatabase) {
    let (a, b) = tracks(&database).await;
    let item = question(&database, 7);
    insert(&database, &item).await;
    for track in [&a, &b] {
        place(&database, track, &item).await;
    }
    let before = bank(&database, &a).await;
    let (first, id) = (a.definition.id, item.item_id);
    for _ in 0..2 {
        in_tx!(database, tx => tx.bank().remove_item(first, id)).unwrap();
    }
    assert_eq!(bank(&database, &a).await, before[..2]);
    assert_eq!(bank(&database, &b).await, [(0, id, item.item_version_id)]);
    assert_eq!(found(&database, id).await.unwrap().tracks, ["b"]);
    let nowhere = DefinitionId(Uuid::nil());
    assert_eq!(in_tx!(database, tx => tx.bank().count_items(nowhere)).unwrap(), 0);
}

async fn a_question_is_deleted_once(database: TestDatabase) {
    let (a, _) = tracks(&database).await;
    let item = question(&database, 7);
    insert(&database, &item).await;
    place(&database, &a, &item).await;
    let (id, now) = (item.item_id, database.clock.now());
    assert!(in_tx!(database, tx => tx.bank().delete_item(id, now)).unwrap());
    assert!(!in_tx!(database, tx => tx.bank().delete_item(id, now + MINUTE)).unwrap());
    assert_eq!(found(&database, id).await, None);
    let unknown = ItemId(Uuid::nil());
    assert!(!in_tx!(database, tx => tx.bank().delete_item(unknown, now)).unwrap());
    // The row stays, for attempts that have it.
    assert_eq!(
        raw::count(&database, "items WHERE deleted_at IS NOT NULL").await,
        1
    );
}
