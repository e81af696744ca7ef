//! Review of a draft and its frozen versions.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::authoring::item::{ItemContent, ItemKind};
use domain::authoring::{
    DefinitionStatus, ItemReview, Publish, PublishedVersion, PublishingError, Review, ReviewDefinition,
    Settings, Verdict,
};
use domain::identity::Role;
use domain::ids::{DefinitionId, DefinitionVersionId, ItemId};
use domain::reports::PageRequest;
use testkit::builders::every_kind;
use testkit::{TestDatabase, both_databases, builders};
use uuid::Uuid;

use crate::raw;

both_databases!(
    published_items_are_what_was_drafted,
    versions_are_numbered_from_one,
    a_published_version_is_not_changed_by_a_later_review,
    rejected_items_and_empty_sections_are_left_out,
    nothing_is_published_when_everything_is_rejected,
    an_unknown_item_is_named_and_nothing_is_changed,
    impossible_settings_are_refused,
    an_archived_definition_is_neither_reviewed_nor_published,
    an_unknown_definition_is_not_found,
    definitions_are_listed_by_status,
    what_is_published_can_be_taken,
);

async fn sample_draft(database: &TestDatabase) -> DefinitionId {
    let mut first = every_kind();
    let second = first.split_off(5);
    builders::draft(database, vec![first, second]).await.unwrap()
}

/// The items of a draft with their sections, in order.
async fn drafted(database: &TestDatabase, id: DefinitionId) -> Vec<(ItemId, i32)> {
    let detail = database.store.definition_detail(id).await.unwrap().unwrap();
    detail
        .items
        .iter()
        .map(|item| (item.item.item_id, item.item.section_index))
        .collect()
}

/// A review that changes nothing yet.
async fn review_of(database: &TestDatabase, definition_id: DefinitionId) -> ReviewDefinition {
    let admin = builders::admin(database).await.unwrap();
    ReviewDefinition {
        admin,
        definition_id,
        title: None,
        settings: None,
        items: Vec::new(),
    }
}

fn verdict(item_id: ItemId, review: Review) -> ItemReview {
    ItemReview {
        item_id,
        verdict: match review {
            Review::Accepted => Verdict::Accept {
                note: Some("is accepted".to_owned()),
            },
            Review::Rejected => Verdict::Reject {
                reason: "is rejected".to_owned(),
            },
            Review::Pending => Verdict::Reopen,
        },
    }
}

async fn run(database: &TestDatabase, review: &ReviewDefinition) -> Result<(), PublishingError> {
    let admin = builders::principal(database, Role::Admin, 1).await.unwrap();
    database
        .store
        .run(review, &builders::ctx(database, admin.actor()))
        .await
}

async fn publish(
    database: &TestDatabase,
    definition_id: DefinitionId,
) -> Result<PublishedVersion, PublishingError> {
    let advisor = builders::principal(database, Role::Advisor, 1).await.unwrap();
    let publish = Publish {
        staff: advisor.staff().unwrap(),
        definition_id,
        accept_remaining: true,
        seen_revision: None,
    };
    database
        .store
        .run(&publish, &builders::ctx(database, advisor.actor()))
        .await
}

async fn published_items_are_what_was_drafted(database: TestDatabase) {
    let published = builders::publish_sample(&database, Settings::default())
        .await
        .unwrap();
    let contents: Vec<ItemContent> = published.items().map(|item| item.content.clone()).collect();
    assert_eq!(contents, every_kind());
    assert_eq!(
        published
            .sections
            .iter()
            .map(|section| section.items.len())
            .collect::<Vec<_>>(),
        [5, 4]
    );
    assert_eq!(published.item(ItemKind::Essay).unwrap().position, 3);
    assert_eq!(
        database
            .store
            .version_content(DefinitionVersionId(Uuid::nil()))
            .await
            .unwrap(),
        None
    );
}

async fn versions_are_numbered_from_one(database: TestDatabase) {
    let draft = sample_draft(&database).await;
    let first = publish(&database, draft).await.unwrap();
    let second = publish(&database, draft).await.unwrap();
    assert_eq!((first.number, second.number), (1, 2));
    let detail = database.store.definition_detail(draft).await.unwrap().unwrap();
    assert_eq!(detail.definition.status, DefinitionStatus::Published);
    assert_eq!(detail.definition.published_version_id, Some(second.id));
    assert_eq!(
        raw::count(&database, "audit_log WHERE action = 'authoring.published'").await,
        2
    );
}

async fn a_published_version_is_not_changed_by_a_later_review(database: TestDatabase) {
    let published = builders::publish_sample(&database, Settings::default())
        .await
        .unwrap();
    let before = database
        .store
        .version_content(published.version_id)
        .await
        .unwrap();
    let mut review = review_of(&database, published.definition_id).await;
    review.title = Some("Another title".to_owned());
    review.settings = Some(Box::new(|in_force| Settings {
        pass_percent: 90.0,
        ..in_force.clone()
    }));
    review.items = vec![verdict(
        published.items().next().unwrap().item_id,
        Review::Rejected,
    )];
    run(&database, &review).await.unwrap();
    assert_eq!(
        database
            .store
            .version_content(published.version_id)
            .await
            .unwrap(),
        before
    );

    let second = publish(&database, published.definition_id).await.unwrap();
    assert_eq!(
        (second.title.as_str(), second.settings.pass_percent),
        ("Another title", 90.0)
    );
    assert_eq!(second.items.len(), 8);
    assert_eq!(
        database
            .store
            .version_content(published.version_id)
            .await
            .unwrap(),
        before
    );
}

async fn rejected_items_and_empty_sections_are_left_out(database: TestDatabase) {
    let draft = sample_draft(&database).await;
    let items = drafted(&database, draft).await;
    let mut review = review_of(&database, draft).await;
    // All of the first section, and the first of the second.
    review.items = items[..6]
        .iter()
        .map(|(item, _)| verdict(*item, Review::Rejected))
        .collect();
    review.items.push(verdict(items[6].0, Review::Accepted));
    run(&database, &review).await.unwrap();

    let detail = database.store.definition_detail(draft).await.unwrap().unwrap();
    assert_eq!(detail.items[0].note.as_deref(), Some("is rejected"));
    assert_eq!(
        (detail.items[6].review, detail.items[7].review),
        (Review::Accepted, Review::Pending)
    );
    let version = publish(&database, draft).await.unwrap();
    let content = database.store.version_content(version.id).await.unwrap().unwrap();
    assert_eq!(
        content
            .sections
            .iter()
            .map(|section| section.title.as_str())
            .collect::<Vec<_>>(),
        ["Section 2"]
    );
    let places: Vec<_> = content
        .items
        .iter()
        .map(|item| (item.item_id, item.section_index, item.position))
        .collect();
    assert_eq!(
        places,
        [(items[6].0, 0, 0), (items[7].0, 0, 1), (items[8].0, 0, 2)]
    );
}

async fn nothing_is_published_when_everything_is_rejected(database: TestDatabase) {
    let draft = sample_draft(&database).await;
    let mut review = review_of(&database, draft).await;
    review.items = drafted(&database, draft)
        .await
        .into_iter()
        .map(|(item, _)| verdict(item, Review::Rejected))
        .collect();
    run(&database, &review).await.unwrap();
    let refusal = publish(&database, draft).await;
    assert!(
        matches!(refusal, Err(PublishingError::NothingToPublish)),
        "{refusal:?}"
    );
    assert_eq!(raw::count(&database, "definition_versions").await, 0);
}

async fn an_unknown_item_is_named_and_nothing_is_changed(database: TestDatabase) {
    let draft = sample_draft(&database).await;
    // The same question in two drafts is one item.
    let mut other = every_kind().swap_remove(0);
    "What is left of a transaction that rolls back?".clone_into(&mut other.stem);
    let other = builders::draft(&database, vec![vec![other]]).await.unwrap();
    let foreign = drafted(&database, other).await[0].0;
    let mut review = review_of(&database, draft).await;
    let own = drafted(&database, draft).await[0].0;
    review.title = Some("Another title".to_owned());
    review.items = vec![verdict(own, Review::Rejected), verdict(foreign, Review::Rejected)];
    let refusal = run(&database, &review).await;
    assert!(
        matches!(refusal, Err(PublishingError::UnknownItem(item)) if item == foreign),
        "{refusal:?}"
    );
    let detail = database.store.definition_detail(draft).await.unwrap().unwrap();
    assert_eq!(
        (detail.definition.title.as_str(), detail.items[0].review),
        ("Transactions", Review::Pending)
    );
}

async fn impossible_settings_are_refused(database: TestDatabase) {
    let draft = sample_draft(&database).await;
    let mut review = review_of(&database, draft).await;
    review.settings = Some(Box::new(|in_force| Settings {
        inactivity_minutes: 0,
        ..in_force.clone()
    }));
    let refusal = run(&database, &review).await;
    assert!(
        matches!(&refusal, Err(PublishingError::Settings(error)) if error.field == "inactivity_minutes"),
        "{refusal:?}"
    );
}

async fn an_archived_definition_is_neither_reviewed_nor_published(database: TestDatabase) {
    let draft = sample_draft(&database).await;
    raw::execute(&database, "UPDATE assessment_definitions SET status = 'archived'")
        .await
        .unwrap();
    let review = review_of(&database, draft).await;
    let refusal = run(&database, &review).await;
    assert!(matches!(refusal, Err(PublishingError::Archived)), "{refusal:?}");
    let refusal = publish(&database, draft).await;
    assert!(matches!(refusal, Err(PublishingError::Archived)), "{refusal:?}");
}

async fn an_unknown_definition_is_not_found(database: TestDatabase) {
    let unknown = DefinitionId(Uuid::nil());
    let review = review_of(&database, unknown).await;
    let refusal = run(&database, &review).await;
    assert!(matches!(refusal, Err(PublishingError::NotFound)), "{refusal:?}");
    let refusal = publish(&database, unknown).await;
    assert!(matches!(refusal, Err(PublishingError::NotFound)), "{refusal:?}");
}

async fn definitions_are_listed_by_status(database: TestDatabase) {
    let published = builders::publish_sample(&database, Settings::default())
        .await
        .unwrap()
        .definition_id;
    let draft = sample_draft(&database).await;
    let page = PageRequest::new(None, None).unwrap();
    let of = async |status| {
        let listed = database.store.list_definitions(status, page).await.unwrap();
        assert_eq!(listed.total, u64::try_from(listed.items.len()).unwrap());
        listed
            .items
            .into_iter()
            .map(|listed| (listed.id, listed.item_count))
            .collect::<Vec<_>>()
    };
    assert_eq!(of(None).await, [(draft, 9), (published, 9)]);
    assert_eq!(of(Some(DefinitionStatus::Published)).await, [(published, 9)]);
    assert_eq!(of(Some(DefinitionStatus::Draft)).await, [(draft, 9)]);
    assert_eq!(of(Some(DefinitionStatus::Archived)).await, []);
}

async fn what_is_published_can_be_taken(database: TestDatabase) {
    sample_draft(&database).await;
    let settings = Settings {
        time_limit_minutes: Some(45),
        max_attempts: Some(2),
        ..Settings::default()
    };
    let published = builders::publish_sample(&database, settings).await.unwrap();
    let candidate = builders::candidate(&database, 1).await.unwrap();
    let available = database
        .store
        .available_assessments(candidate.user_id())
        .await
        .unwrap();
    assert_eq!(available.len(), 1);
    let assessment = &available[0];
    assert_eq!(assessment.definition_id, published.definition_id);
    assert_eq!((assessment.sections, assessment.items), (2, 9));
    assert_eq!(
        (assessment.time_limit_minutes, assessment.attempts_left),
        (Some(45), Some(2))
    );
}
