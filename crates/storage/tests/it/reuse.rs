//! Items that are there already are not stored again.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use domain::audit::Actor;
use domain::authoring::item::{ItemBody, ItemContent};
use domain::authoring::{
    DefinitionDetail, EditItem, ItemReview, Review, ReviewDefinition, Settings, Verdict,
};
use domain::ids::{DefinitionId, ItemId, SyllabusId};
use testkit::builders::every_kind;
use testkit::{TestDatabase, both_databases, builders};
use uuid::Uuid;

use crate::raw;

both_databases!(
    what_asks_the_same_is_the_item_made_before,
    another_key_makes_another_item,
    what_was_corrected_is_not_taken_up_again,
    a_rejected_item_is_not_taken_up_again,
    items_without_a_source_stay_apart,
    the_bank_has_what_people_accepted_or_published_from_a_text,
);

const TEXT: SyllabusId = SyllabusId(Uuid::from_u128(5));

/// Items that cite the text.
fn cited() -> Vec<ItemContent> {
    let mut items = every_kind();
    for source in items.iter_mut().filter_map(|item| item.source.as_mut()) {
        source.syllabus_id = TEXT;
    }
    items
}

async fn detail(database: &TestDatabase, id: DefinitionId) -> DefinitionDetail {
    database.store.definition_detail(id).await.unwrap().unwrap()
}

fn ids(detail: &DefinitionDetail) -> BTreeSet<ItemId> {
    detail.items.iter().map(|item| item.item.item_id).collect()
}

async fn judge(database: &TestDatabase, draft: DefinitionId, item_id: ItemId, verdict: Verdict) {
    let review = ReviewDefinition {
        admin: builders::admin(database).await.unwrap(),
        definition_id: draft,
        title: None,
        settings: None,
        items: vec![ItemReview { item_id, verdict }],
    };
    let ctx = builders::ctx(database, Actor::System);
    database.store.run(&review, &ctx).await.unwrap();
}

async fn what_asks_the_same_is_the_item_made_before(database: TestDatabase) {
    let mut items = cited();
    let first = builders::draft(&database, vec![items.clone()]).await.unwrap();
    items.reverse();
    // The same question from a text that overlaps with the first one.
    items[0].source.as_mut().unwrap().syllabus_id = SyllabusId(Uuid::from_u128(6));
    "Another question altogether?".clone_into(&mut items[1].stem);
    let second = builders::draft(&database, vec![items.clone()]).await.unwrap();

    let (before, after) = (detail(&database, first).await, detail(&database, second).await);
    assert_eq!(ids(&before).intersection(&ids(&after)).count(), items.len() - 1);
    assert_eq!(
        raw::count(&database, "items").await,
        i64::try_from(items.len()).unwrap() + 1
    );
    assert!(after.items.iter().all(|item| item.review == Review::Pending));
    let stems: Vec<&str> = after
        .items
        .iter()
        .map(|item| item.item.content.stem.as_str())
        .collect();
    let wanted: Vec<&str> = items.iter().map(|item| item.stem.as_str()).collect();
    assert_eq!(stems, wanted);
}

async fn another_key_makes_another_item(database: TestDatabase) {
    let mut items = cited();
    let first = builders::draft(&database, vec![items.clone()]).await.unwrap();
    // A corrected text has the same steps in another order, and asks the same of them.
    items.retain(|item| matches!(item.body, ItemBody::Ordering { .. }));
    let ItemBody::Ordering { key, .. } = &mut items[0].body else {
        panic!("an ordering was kept");
    };
    key.reverse();
    let second = builders::draft(&database, vec![items.clone()]).await.unwrap();
    let (first, second) = (detail(&database, first).await, detail(&database, second).await);
    assert!(ids(&first).is_disjoint(&ids(&second)));
    assert_eq!(second.items[0].item.content, items[0]);
}

async fn what_was_corrected_is_not_taken_up_again(database: TestDatabase) {
    let draft = builders::draft(&database, vec![cited()]).await.unwrap();
    builders::publish(&database, draft, Settings::default())
        .await
        .unwrap();
    let all = database.store.banked_items(&[TEXT]).await.unwrap().len();
    let reviewed = detail(&database, draft).await.items[0].clone();
    let item = reviewed.item;
    let mut corrected = item.content.clone();
    corrected.stem.push_str(" Think of all cases.");
    let edit = EditItem {
        staff: builders::staff_admin(&database).await.unwrap(),
        definition_id: draft,
        item_id: item.item_id,
        seen_revision: reviewed.revision,
        content: corrected,
        reason: "unclear".to_owned(),
    };
    let ctx = builders::ctx(&database, Actor::System);
    database.store.run(&edit, &ctx).await.unwrap();
    assert_eq!(database.store.banked_items(&[TEXT]).await.unwrap().len(), all - 1);
    let again = builders::draft(&database, vec![vec![item.content]])
        .await
        .unwrap();
    assert_ne!(detail(&database, again).await.items[0].item.item_id, item.item_id);
}

async fn a_rejected_item_is_not_taken_up_again(database: TestDatabase) {
    let items = cited();
    let first = builders::draft(&database, vec![items.clone()]).await.unwrap();
    let rejected = detail(&database, first).await.items[0].item.item_id;
    let reason = "it asks for nothing".to_owned();
    judge(&database, first, rejected, Verdict::Reject { reason }).await;
    let second = builders::draft(&database, vec![items.clone()]).await.unwrap();
    let again = ids(&detail(&database, second).await);
    assert!(!again.contains(&rejected));
    assert_eq!(
        again.intersection(&ids(&detail(&database, first).await)).count(),
        items.len() - 1
    );
}

async fn items_without_a_source_stay_apart(database: TestDatabase) {
    let mut items = cited();
    for item in &mut items {
        item.source = None;
    }
    let first = builders::draft(&database, vec![items.clone()]).await.unwrap();
    let second = builders::draft(&database, vec![items]).await.unwrap();
    let (first, second) = (detail(&database, first).await, detail(&database, second).await);
    assert!(ids(&first).is_disjoint(&ids(&second)));
}

async fn the_bank_has_what_people_accepted_or_published_from_a_text(database: TestDatabase) {
    let banked = async || database.store.banked_items(&[TEXT]).await.unwrap();
    let draft = builders::draft(&database, vec![cited()]).await.unwrap();
    assert_eq!(banked().await, []);
    let items = detail(&database, draft).await.items;
    judge(
        &database,
        draft,
        items[2].item.item_id,
        Verdict::Accept { note: None },
    )
    .await;
    let found = banked().await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].content, items[2].item.content);
    assert_eq!(found[0].known.item_version_id, items[2].item.item_version_id);

    builders::publish(&database, draft, Settings::default())
        .await
        .unwrap();
    assert_eq!(banked().await.len(), items.len());
    let other = [SyllabusId(Uuid::from_u128(6))];
    assert_eq!(database.store.banked_items(&other).await.unwrap(), []);
}
