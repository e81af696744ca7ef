//! Syllabi, the order for a draft, and the draft stored whole.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::time::Duration;

use domain::audit::Actor;
use domain::authoring::blueprint::Blueprint;
use domain::authoring::generator::{DroppedItem, GeneratedAssessment, GeneratedSection};
use domain::authoring::item::ItemContent;
use domain::authoring::jobs::GeneratePayload;
use domain::authoring::{
    AddSyllabi, DefinitionDetail, DefinitionStatus, NewSyllabus, RequestGeneration, RequestGenerationError,
    Review, Settings, Syllabus,
};
use domain::ids::{DefinitionId, IdSource as _, SyllabusId};
use domain::job::Enqueued;
use domain::reports::PageRequest;
use jobs::views::JobStatus;
use testkit::builders::{StoreDraft, every_kind};
use testkit::{TestDatabase, both_databases, builders};
use uuid::Uuid;

use crate::raw;

both_databases!(
    a_syllabus_is_kept_page_by_page,
    syllabi_are_listed_newest_first,
    nothing_is_generated_without_a_syllabus,
    an_unknown_syllabus_is_named,
    an_archived_syllabus_is_unknown,
    the_same_order_gives_the_same_job,
    another_blueprint_gives_another_job,
    after_a_failure_the_same_order_gives_a_new_job,
    the_payload_names_what_the_job_needs,
    a_draft_is_stored_whole,
    a_draft_takes_its_settings_from_the_blueprint,
);

async fn add(database: &TestDatabase, subject: &str, pages: &[&str]) -> Syllabus {
    let syllabus = NewSyllabus {
        subject: subject.to_owned(),
        file_name: format!("{subject}.pdf"),
        media_type: "application/pdf".to_owned(),
        pages: pages.iter().map(|page| (*page).to_owned()).collect(),
    };
    let admin = builders::admin(database).await.unwrap();
    database
        .store
        .run(
            &AddSyllabi {
                admin,
                syllabi: vec![syllabus],
            },
            &builders::ctx(database, Actor::System),
        )
        .await
        .unwrap()
        .remove(0)
}

async fn request(
    database: &TestDatabase,
    syllabus_ids: Option<Vec<SyllabusId>>,
    blueprint: Blueprint,
) -> Result<Enqueued, RequestGenerationError> {
    let admin = builders::admin(database).await.unwrap();
    let request = RequestGeneration {
        admin,
        syllabus_ids,
        blueprint,
    };
    database
        .store
        .run(&request, &builders::ctx(database, Actor::System))
        .await
}

async fn a_syllabus_is_kept_page_by_page(database: TestDatabase) {
    let added = add(
        &database,
        "Locks",
        &["Über Sperren.", "", "\u{1f512} \"quoted\"\n"],
    )
    .await;
    assert_eq!(added.content_hash.len(), 64);
    assert_eq!(database.store.find_syllabus(added.id).await.unwrap(), Some(added));
    assert_eq!(
        database
            .store
            .find_syllabus(SyllabusId(Uuid::nil()))
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        raw::count(&database, "audit_log WHERE action = 'authoring.syllabus_added'").await,
        1
    );
}

async fn syllabi_are_listed_newest_first(database: TestDatabase) {
    for number in 0..12 {
        add(&database, &format!("S{number}"), &["äöü", "two"]).await;
        database.clock.advance(Duration::from_secs(1));
    }
    raw::execute(
        &database,
        "UPDATE syllabi SET status = 'archived' WHERE subject = 'S11'",
    )
    .await
    .unwrap();
    let page = database
        .store
        .list_syllabi(PageRequest::new(Some(1), Some(10)).unwrap())
        .await
        .unwrap();
    assert_eq!((page.total, page.items.len()), (11, 10));
    let first = &page.items[0];
    assert_eq!(
        (first.subject.as_str(), first.pages, first.characters),
        ("S10", 2, 6)
    );
    let page = database
        .store
        .list_syllabi(PageRequest::new(Some(2), Some(10)).unwrap())
        .await
        .unwrap();
    assert_eq!(
        page.items
            .iter()
            .map(|syllabus| syllabus.subject.as_str())
            .collect::<Vec<_>>(),
        ["S0"]
    );
}

async fn nothing_is_generated_without_a_syllabus(database: TestDatabase) {
    for ids in [None, Some(Vec::new())] {
        let refusal = request(&database, ids, Blueprint::default()).await;
        assert!(
            matches!(refusal, Err(RequestGenerationError::NoSyllabus)),
            "{refusal:?}"
        );
    }
    assert_eq!(raw::count(&database, "jobs").await, 0);
}

async fn an_unknown_syllabus_is_named(database: TestDatabase) {
    let known = add(&database, "Locks", &["A lock."]).await.id;
    let unknown = SyllabusId(Uuid::nil());
    let refusal = request(&database, Some(vec![known, unknown]), Blueprint::default()).await;
    assert!(
        matches!(refusal, Err(RequestGenerationError::UnknownSyllabus(id)) if id == unknown),
        "{refusal:?}"
    );
}

async fn an_archived_syllabus_is_unknown(database: TestDatabase) {
    let archived = add(&database, "Locks", &["A lock."]).await.id;
    raw::execute(&database, "UPDATE syllabi SET status = 'archived'")
        .await
        .unwrap();
    let refusal = request(&database, Some(vec![archived]), Blueprint::default()).await;
    assert!(
        matches!(refusal, Err(RequestGenerationError::UnknownSyllabus(id)) if id == archived),
        "{refusal:?}"
    );
    let refusal = request(&database, None, Blueprint::default()).await;
    assert!(
        matches!(refusal, Err(RequestGenerationError::NoSyllabus)),
        "{refusal:?}"
    );
}

async fn the_same_order_gives_the_same_job(database: TestDatabase) {
    let one = add(&database, "Locks", &["A lock."]).await.id;
    let two = add(&database, "Logs", &["A log."]).await.id;
    let first = request(&database, None, Blueprint::default()).await.unwrap();
    assert!(!first.deduplicated);
    for ids in [None, Some(vec![two, one]), Some(vec![one, two, one])] {
        let again = request(&database, ids, Blueprint::default()).await.unwrap();
        assert_eq!(
            again,
            Enqueued {
                deduplicated: true,
                ..first
            }
        );
    }
    let fewer = request(&database, Some(vec![one]), Blueprint::default())
        .await
        .unwrap();
    assert!(!fewer.deduplicated);
    assert_eq!(raw::count(&database, "jobs").await, 2);
}

async fn another_blueprint_gives_another_job(database: TestDatabase) {
    add(&database, "Locks", &["A lock."]).await;
    let first = request(&database, None, Blueprint::default()).await.unwrap();
    let other = Blueprint {
        items_per_section: 7,
        ..Blueprint::default()
    };
    let second = request(&database, None, other).await.unwrap();
    assert!(!second.deduplicated);
    assert_ne!(first.id, second.id);
}

async fn after_a_failure_the_same_order_gives_a_new_job(database: TestDatabase) {
    add(&database, "Locks", &["A lock."]).await;
    let first = request(&database, None, Blueprint::default()).await.unwrap();
    raw::execute(&database, "UPDATE jobs SET state = 'failed'")
        .await
        .unwrap();
    let second = request(&database, None, Blueprint::default()).await.unwrap();
    assert!(!second.deduplicated);
    assert_ne!(first.id, second.id);
}

async fn the_payload_names_what_the_job_needs(database: TestDatabase) {
    let syllabus = add(&database, "Locks", &["A lock."]).await.id;
    let blueprint = Blueprint {
        title: Some("Locks".to_owned()),
        ..Blueprint::default()
    };
    let enqueued = request(&database, None, blueprint.clone()).await.unwrap();
    let payload = raw::texts(&database, "SELECT payload FROM jobs").await.remove(0);
    let payload: GeneratePayload = serde_json::from_str(&payload).unwrap();
    assert_eq!(
        (payload.syllabus_ids.as_slice(), &payload.blueprint),
        (&[syllabus][..], &blueprint)
    );
    let view = database.store.job_view(enqueued.id).await.unwrap().unwrap();
    assert_eq!(
        (view.kind.as_str(), view.status),
        ("generate_assessment", JobStatus::Queued)
    );
    assert_eq!(view.subject, Some(payload.definition_id.0));
    let dedupe_key = raw::texts(&database, "SELECT dedupe_key FROM jobs")
        .await
        .remove(0);
    assert_eq!(dedupe_key, payload.generation_key);
}

/// Two sections with an item of every kind, and one item that the gate refused.
fn generated() -> GeneratedAssessment {
    let mut first = every_kind();
    let second = first.split_off(5);
    let section = |title: &str, items| GeneratedSection {
        title: title.to_owned(),
        items,
    };
    let dropped = DroppedItem {
        rule: "no_leak".to_owned(),
        reason: "the stem says it".to_owned(),
        stem: "What?".to_owned(),
        tries: 2,
    };
    GeneratedAssessment {
        title: "Locks and logs".to_owned(),
        sections: vec![section("Locks", first), section("Logs", second)],
        dropped: vec![dropped],
        coverage: Vec::new(),
        reused: BTreeMap::new(),
    }
}

async fn stored(database: &TestDatabase, blueprint: Blueprint) -> DefinitionDetail {
    let definition_id = DefinitionId(database.ids.new_uuid());
    let payload = GeneratePayload {
        definition_id,
        syllabus_ids: Vec::new(),
        blueprint,
        generation_key: "key".to_owned(),
        asked_at: domain::time::Timestamp::from_micros(0),
    };
    let store = StoreDraft {
        payload,
        generated: generated(),
    };
    database
        .store
        .run(&store, &builders::ctx(database, Actor::System))
        .await
        .unwrap();
    database
        .store
        .definition_detail(definition_id)
        .await
        .unwrap()
        .unwrap()
}

async fn a_draft_is_stored_whole(database: TestDatabase) {
    let detail = stored(&database, Blueprint::default()).await;
    assert_eq!(
        (detail.definition.title.as_str(), detail.definition.status),
        ("Locks and logs", DefinitionStatus::Draft)
    );
    assert_eq!(detail.dropped, generated().dropped);
    let sections: Vec<_> = detail
        .sections
        .iter()
        .map(|section| (section.index, section.title.as_str()))
        .collect();
    assert_eq!(sections, [(0, "Locks"), (1, "Logs")]);
    let places: Vec<_> = detail
        .items
        .iter()
        .map(|item| (item.item.section_index, item.item.position))
        .collect();
    assert_eq!(
        places,
        [
            (0, 0),
            (0, 1),
            (0, 2),
            (0, 3),
            (0, 4),
            (1, 0),
            (1, 1),
            (1, 2),
            (1, 3)
        ]
    );
    assert!(
        detail
            .items
            .iter()
            .all(|item| item.review == Review::Pending && item.item.version == 1)
    );
    let contents: Vec<ItemContent> = detail.items.into_iter().map(|item| item.item.content).collect();
    assert_eq!(contents, every_kind());
    assert_eq!(
        database
            .store
            .definition_detail(DefinitionId(Uuid::nil()))
            .await
            .unwrap(),
        None
    );
}

async fn a_draft_takes_its_settings_from_the_blueprint(database: TestDatabase) {
    let blueprint = Blueprint {
        time_limit_minutes: Some(20),
        pass_percent: 75.0,
        ..Blueprint::default()
    };
    let detail = stored(&database, blueprint.clone()).await;
    let settings = Settings {
        time_limit_minutes: Some(20),
        pass_percent: 75.0,
        ..Settings::default()
    };
    assert_eq!(
        (detail.definition.settings, detail.blueprint),
        (settings, blueprint)
    );
}
