//! The catalogue in the store: entries in versions, found by what they teach, and what tells its states apart.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use async_trait::async_trait;
use domain::authoring::{CreateTrack, NewTrack, Settings, Skill};
use domain::catalog::{
    AddCredential, CatalogError, CatalogFilter, CatalogStamp, ChangeCredential, Credential, CredentialChange,
    CredentialContent, CredentialLevel, DeleteCredential,
};
use domain::ids::{CredentialId, UserId};
use domain::reports::PageRequest;
use domain::store::{Ctx, StoreError, Tx, UseCase};
use testkit::{TestDatabase, both_databases, builders};
use tokio::sync::Barrier;
use uuid::Uuid;

use crate::attempt_scene::{MINUTE, ctx};
use crate::raw;
use crate::repository::in_tx;

both_databases!(
    an_entry_is_found_as_it_was_made,
    a_change_is_the_next_version_and_nothing_of_the_others_is_lost,
    what_changes_nothing_makes_no_version,
    what_was_taken_out_is_kept_and_its_title_free,
    a_title_is_taken_once_per_provider,
    entries_are_listed_by_title_level_skill_and_track,
    every_change_makes_another_stamp,
    two_changes_from_one_version_leave_one,
    changes_of_different_members_at_once_are_both_kept,
    a_change_that_waited_for_another_keeps_it,
    two_changes_to_one_title_leave_one,
    the_store_refuses_a_version_out_of_turn,
);

async fn add(database: &TestDatabase, title: &str, skills: &[&str]) -> Credential {
    let content = builders::credential_content(title, skills);
    builders::credential(database, content).await.unwrap()
}

async fn change(
    database: &TestDatabase,
    id: CredentialId,
    seen_version: Option<i32>,
    change: impl Fn(&mut CredentialContent) + Send + Sync + 'static,
) -> ChangeCredential {
    let change: CredentialChange = Box::new(move |current| {
        let mut content = current.clone();
        change(&mut content);
        content
    });
    ChangeCredential {
        admin: builders::admin(database).await.unwrap(),
        id,
        seen_version,
        change,
    }
}

async fn run<U: UseCase>(database: &TestDatabase, use_case: &U) -> Result<U::Out, U::Err> {
    database.store.run(use_case, &ctx(database)).await
}

async fn delete(database: &TestDatabase, id: CredentialId) -> Result<(), CatalogError> {
    let admin = builders::admin(database).await.unwrap();
    run(database, &DeleteCredential { admin, id }).await
}

async fn stored(database: &TestDatabase, id: CredentialId) -> Option<Credential> {
    let found = database.store.find_credential(id).await.unwrap();
    assert_eq!(
        in_tx!(database, tx => tx.catalog().find_credential(id)).unwrap(),
        found
    );
    found
}

async fn version_numbers(database: &TestDatabase, id: CredentialId) -> Vec<i32> {
    let versions = database.store.credential_versions(id).await.unwrap();
    versions.iter().map(|version| version.version).collect()
}

async fn is_empty(database: &TestDatabase) -> bool {
    in_tx!(database, tx => tx.catalog().is_empty()).unwrap()
}

/// Skills by which the entry is found.
async fn taught(database: &TestDatabase) -> Vec<String> {
    raw::texts(database, "SELECT skill FROM credential_skills ORDER BY skill").await
}

async fn an_entry_is_found_as_it_was_made(database: TestDatabase) {
    assert!(is_empty(&database).await);
    let content = CredentialContent {
        description: "Says \"hello\" – and 100 %.\n\n'Twice'.".to_owned(),
        url: None,
        effort_hours: None,
        ..builders::credential_content("HTTP in depth", &["http-apis", "caching"])
    };
    let made = builders::credential(&database, content.clone()).await.unwrap();
    assert_eq!((made.version, &made.content), (1, &content));
    assert_eq!(stored(&database, made.id).await, Some(made.clone()));
    assert_eq!(
        database.store.catalog().await.unwrap(),
        std::slice::from_ref(&made)
    );
    assert!(!is_empty(&database).await);
    let versions = database.store.credential_versions(made.id).await.unwrap();
    let by = builders::admin(&database).await.unwrap().user_id();
    assert_eq!(versions.len(), 1);
    assert_eq!(
        (
            versions[0].version,
            &versions[0].content,
            versions[0].made_by,
            versions[0].created_at
        ),
        (1, &content, by, made.created_at)
    );
    let none = CredentialId(Uuid::nil());
    assert_eq!(stored(&database, none).await, None);
    assert_eq!(version_numbers(&database, none).await, [0; 0]);
}

async fn a_change_is_the_next_version_and_nothing_of_the_others_is_lost(database: TestDatabase) {
    let made = add(&database, "Caching", &["caching", "http-apis"]).await;
    let other = add(&database, "Locks", &["locking"]).await;
    database.clock.advance(MINUTE);
    let moved = change(&database, made.id, Some(1), |content| {
        content.title = " Caches ".into();
        content.level = CredentialLevel::Advanced;
        content.skills = vec!["caching".to_owned(), "queues".to_owned()];
    })
    .await;
    let changed = run(&database, &moved).await.unwrap();
    assert_eq!((changed.version, changed.content.title.as_str()), (2, "Caches"));
    assert_eq!(
        (changed.created_at, changed.changed_at),
        (made.created_at, made.created_at + MINUTE)
    );
    assert_eq!(changed.content.description, made.content.description);
    assert_eq!(stored(&database, made.id).await, Some(changed.clone()));
    assert_eq!(taught(&database).await, ["caching", "locking", "queues"]);
    let versions = database.store.credential_versions(made.id).await.unwrap();
    let contents: Vec<_> = versions.into_iter().map(|version| version.content).collect();
    assert_eq!(contents, [changed.content.clone(), made.content]);
    let mut all = vec![changed, other];
    all.sort_by_key(|credential| credential.id);
    assert_eq!(database.store.catalog().await.unwrap(), all);
    let audited = "audit_log WHERE action LIKE 'catalog.credential_%' AND resource_type = 'credential'";
    assert_eq!(raw::count(&database, audited).await, 3);
}

async fn what_changes_nothing_makes_no_version(database: TestDatabase) {
    let made = add(&database, "Caching", &["caching"]).await;
    let before = database.store.catalog_stamp().await.unwrap();
    database.clock.advance(MINUTE);
    let same = change(&database, made.id, None, |content| {
        content.title = " Caching ".into();
    })
    .await;
    assert_eq!(run(&database, &same).await.unwrap(), made);
    assert_eq!(version_numbers(&database, made.id).await, [1]);
    assert_eq!(database.store.catalog_stamp().await.unwrap(), before);
    let audited = "audit_log WHERE action = 'catalog.credential_changed'";
    assert_eq!(raw::count(&database, audited).await, 0);
}

async fn what_was_taken_out_is_kept_and_its_title_free(database: TestDatabase) {
    let made = add(&database, "Caching", &["caching"]).await;
    delete(&database, made.id).await.unwrap();
    assert_eq!(stored(&database, made.id).await, None);
    assert!(is_empty(&database).await);
    assert_eq!(database.store.catalog().await.unwrap(), []);
    assert_eq!(listed(&database, CatalogFilter::default()).await, [""; 0]);
    assert_eq!(version_numbers(&database, made.id).await, [1]);
    assert_eq!(
        raw::count(&database, "credentials WHERE deleted_at IS NOT NULL").await,
        1
    );
    let again = delete(&database, made.id).await.unwrap_err();
    assert!(matches!(again, CatalogError::NotFound), "{again}");
    let late = change(&database, made.id, None, |content| content.skills.clear()).await;
    let late = run(&database, &late).await.unwrap_err();
    assert!(matches!(late, CatalogError::NotFound), "{late}");
    let next = add(&database, "Caching", &[]).await;
    assert_ne!(next.id, made.id);
    let audited = "audit_log WHERE action = 'catalog.credential_deleted'";
    assert_eq!(raw::count(&database, audited).await, 1);
}

async fn a_title_is_taken_once_per_provider(database: TestDatabase) {
    let made = add(&database, "Caching", &[]).await;
    let twin = AddCredential {
        admin: builders::admin(&database).await.unwrap(),
        content: builders::credential_content("  Caching\n", &[]),
    };
    let refused = run(&database, &twin).await.unwrap_err();
    assert!(matches!(refused, CatalogError::TitleTaken), "{refused}");
    let other = CredentialContent {
        provider: "Other School".to_owned(),
        ..made.content.clone()
    };
    let other = builders::credential(&database, other).await.unwrap();
    let renamed = change(&database, other.id, None, |content| {
        content.provider = "Open School".into();
    })
    .await;
    let refused = run(&database, &renamed).await.unwrap_err();
    assert!(matches!(refused, CatalogError::TitleTaken), "{refused}");
    assert_eq!(stored(&database, other.id).await, Some(other));
    // Case tells titles apart.
    add(&database, "caching", &[]).await;
    assert_eq!(raw::count(&database, "credential_versions").await, 3);
    let row = Credential {
        id: CredentialId(Uuid::from_u128(7)),
        ..made.clone()
    };
    let by = builders::admin(&database).await.unwrap().user_id();
    let refused = in_tx!(database, tx => tx.catalog().insert_credential(&row, by)).unwrap_err();
    assert!(
        matches!(&refused, StoreError::Constraint { name } if name == "credentials_title"),
        "{refused}"
    );
}

async fn listed(database: &TestDatabase, filter: CatalogFilter) -> Vec<String> {
    let page = PageRequest::new(None, None).unwrap();
    let page = database.store.list_credentials(&filter, page).await.unwrap();
    assert_eq!(page.total, page.items.len() as u64);
    page.items.into_iter().map(|item| item.content.title).collect()
}

async fn track_with(database: &TestDatabase, slug: &str, skills: &[&str]) {
    let skill = |skill: &&str| Skill {
        skill: (*skill).to_owned(),
        name: (*skill).to_uppercase(),
        target_level: 70.0,
    };
    let create = CreateTrack {
        admin: builders::admin(database).await.unwrap(),
        track: NewTrack {
            slug: slug.to_owned(),
            title: slug.to_owned(),
            description: String::new(),
            skills: skills.iter().map(skill).collect(),
            settings: Settings::for_tracks(),
            items: Vec::new(),
        },
    };
    run(database, &create).await.unwrap();
}

async fn entries_are_listed_by_title_level_skill_and_track(database: TestDatabase) {
    track_with(&database, "backend", &["caching", "queues"]).await;
    track_with(&database, "nothing", &[]).await;
    add(&database, "C", &["caching", "queues"]).await;
    add(&database, "A", &["locking"]).await;
    let advanced = CredentialContent {
        level: CredentialLevel::Advanced,
        ..builders::credential_content("B", &["caching"])
    };
    builders::credential(&database, advanced).await.unwrap();
    let with = |level, skill: Option<&str>, track: Option<&str>| CatalogFilter {
        level,
        skill: skill.map(ToOwned::to_owned),
        track: track.map(ToOwned::to_owned),
    };
    let advanced = Some(CredentialLevel::Advanced);
    for (filter, expected) in [
        (with(None, None, None), vec!["A", "B", "C"]),
        (with(advanced, None, None), vec!["B"]),
        (with(Some(CredentialLevel::Intermediate), None, None), vec![]),
        (with(None, Some("caching"), None), vec!["B", "C"]),
        (with(None, Some("cach"), None), vec![]),
        (with(None, None, Some("backend")), vec!["B", "C"]),
        (with(None, None, Some("nothing")), vec![]),
        (with(None, None, Some("unknown")), vec![]),
        (with(advanced, Some("caching"), Some("backend")), vec!["B"]),
        (with(advanced, Some("queues"), Some("backend")), vec![]),
    ] {
        assert_eq!(listed(&database, filter.clone()).await, expected, "{filter:?}");
    }
    for number in 0..9 {
        add(&database, &format!("D{number}"), &[]).await;
    }
    let second = PageRequest::new(Some(2), Some(10)).unwrap();
    let every = CatalogFilter::default();
    let page = database.store.list_credentials(&every, second).await.unwrap();
    let titles: Vec<_> = page
        .items
        .iter()
        .map(|item| item.content.title.as_str())
        .collect();
    assert_eq!((page.total, titles), (12, vec!["D7", "D8"]));
}

async fn every_change_makes_another_stamp(database: TestDatabase) {
    let stamp = async || database.store.catalog_stamp().await.unwrap();
    let mut seen = vec![stamp().await];
    assert_eq!(
        seen[0],
        CatalogStamp {
            entries: 0,
            versions: 0
        }
    );
    // The clock stands still: instants would not tell these apart.
    let one = add(&database, "One", &[]).await;
    seen.push(stamp().await);
    let two = add(&database, "Two", &[]).await;
    seen.push(stamp().await);
    for hours in [1, 2] {
        let changed = change(&database, one.id, None, move |content| {
            content.effort_hours = Some(hours);
        });
        run(&database, &changed.await).await.unwrap();
        seen.push(stamp().await);
    }
    delete(&database, two.id).await.unwrap();
    seen.push(stamp().await);
    add(&database, "Two", &[]).await;
    seen.push(stamp().await);
    delete(&database, one.id).await.unwrap();
    seen.push(stamp().await);
    for (index, stamp) in seen.iter().enumerate() {
        assert!(!seen[..index].contains(stamp), "{index}: {seen:?}");
    }
    assert_eq!(
        seen[seen.len() - 1],
        CatalogStamp {
            entries: 1,
            versions: 5
        }
    );
}

async fn two_changes_from_one_version_leave_one(database: TestDatabase) {
    let made = add(&database, "Caching", &[]).await;
    let one = change(&database, made.id, Some(1), |content| {
        content.effort_hours = Some(1);
    })
    .await;
    let two = change(&database, made.id, Some(1), |content| {
        content.effort_hours = Some(2);
    })
    .await;
    let (done, refused) = match tokio::join!(run(&database, &one), run(&database, &two)) {
        (Ok(done), Err(refused)) | (Err(refused), Ok(done)) => (done, refused),
        other => panic!("{other:?}"),
    };
    assert!(matches!(refused, CatalogError::ChangedMeanwhile), "{refused}");
    assert_eq!(stored(&database, made.id).await, Some(done));
    assert_eq!(version_numbers(&database, made.id).await, [2, 1]);
}

async fn changes_of_different_members_at_once_are_both_kept(database: TestDatabase) {
    let made = add(&database, "Caching", &["caching"]).await;
    let one = change(&database, made.id, None, |content| content.effort_hours = None).await;
    let two = change(&database, made.id, None, |content| content.skills.clear()).await;
    let (one, two) = tokio::join!(run(&database, &one), run(&database, &two));
    let mut versions = [one.unwrap().version, two.unwrap().version];
    versions.sort_unstable();
    assert_eq!(versions, [2, 3]);
    let now = stored(&database, made.id).await.unwrap().content;
    assert_eq!((now.effort_hours, now.skills.len()), (None, 0));
    assert_eq!(taught(&database).await, [""; 0]);
    assert_eq!(version_numbers(&database, made.id).await, [3, 2, 1]);
}

/// Finds the entry, lets another change come and wait for it, and then changes.
struct ChangeWhileAnotherWaits {
    change: ChangeCredential,
    found: Arc<Barrier>,
    waiting: Arc<Barrier>,
}

#[async_trait]
impl UseCase for ChangeWhileAnotherWaits {
    const NAME: &'static str = "test.change_while_another_waits";
    type Out = Credential;
    type Err = CatalogError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Credential, CatalogError> {
        tx.catalog().find_credential(self.change.id).await?;
        self.found.wait().await;
        self.waiting.wait().await;
        self.change.run(ctx, tx).await
    }
}

async fn a_change_that_waited_for_another_keeps_it(database: TestDatabase) {
    let made = add(&database, "Caching", &["caching"]).await;
    let (found, waiting) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let first = ChangeWhileAnotherWaits {
        change: change(&database, made.id, Some(1), |content| {
            content.title = "Caches".into();
        })
        .await,
        found: Arc::clone(&found),
        waiting: Arc::clone(&waiting),
    };
    let second = change(&database, made.id, None, |content| content.effort_hours = Some(3)).await;
    let second = async {
        found.wait().await;
        run(&database, &second).await
    };
    let until_it_waits = async {
        raw::until_somebody_waits(&database).await;
        waiting.wait().await;
    };
    let (first, second, ()) = tokio::join!(run(&database, &first), second, until_it_waits);
    assert_eq!(first.unwrap().version, 2);
    let second = second.unwrap();
    assert_eq!(
        (
            second.version,
            second.content.title.as_str(),
            second.content.effort_hours
        ),
        (3, "Caches", Some(3))
    );
    assert_eq!(stored(&database, made.id).await, Some(second));
}

async fn two_changes_to_one_title_leave_one(database: TestDatabase) {
    let (one, two) = (add(&database, "One", &[]).await, add(&database, "Two", &[]).await);
    let third = |content: &mut CredentialContent| content.title = "Three".into();
    let first = change(&database, one.id, None, third).await;
    let second = change(&database, two.id, None, third).await;
    let (done, refused) = match tokio::join!(run(&database, &first), run(&database, &second)) {
        (Ok(done), Err(refused)) | (Err(refused), Ok(done)) => (done, refused),
        other => panic!("{other:?}"),
    };
    assert!(matches!(refused, CatalogError::TitleTaken), "{refused}");
    let kept = if done.id == one.id { "Two" } else { "One" };
    let mut expected = vec!["Three", kept];
    expected.sort_unstable();
    let mut titles = listed(&database, CatalogFilter::default()).await;
    titles.sort_unstable();
    assert_eq!(titles, expected);
    assert_eq!(raw::count(&database, "credential_versions").await, 3);
}

async fn the_store_refuses_a_version_out_of_turn(database: TestDatabase) {
    let made = add(&database, "Caching", &["caching"]).await;
    let by: UserId = builders::admin(&database).await.unwrap().user_id();
    for version in [1, 3] {
        let next = Credential {
            version,
            ..made.clone()
        };
        assert!(!in_tx!(database, tx => tx.catalog().update_credential(&next, by)).unwrap());
    }
    let id = made.id;
    let now = made.changed_at + MINUTE;
    assert!(in_tx!(database, tx => tx.catalog().delete_credential(id, now)).unwrap());
    assert!(!in_tx!(database, tx => tx.catalog().delete_credential(id, now)).unwrap());
    let next = Credential { version: 2, ..made };
    assert!(!in_tx!(database, tx => tx.catalog().update_credential(&next, by)).unwrap());
    assert_eq!(version_numbers(&database, id).await, [1]);
    assert_eq!(taught(&database).await, ["caching"]);
    let level = "UPDATE credentials SET level = 'expert'";
    let refused = raw::execute(&database, level).await.unwrap_err().to_string();
    assert!(refused.contains("credentials_level"), "{refused}");
}
