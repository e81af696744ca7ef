//! Changes of a bank while it is used: new attempts see them, running ones do not, and two editors do not lose a change.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use async_trait::async_trait;
use domain::authoring::item::{ItemContent, ItemKind};
use domain::authoring::{AddQuestion, BankError, BankItem, ChangeQuestion, Mix, QuestionFilter, Settings};
use domain::ids::ItemId;
use domain::reports::PageRequest;
use domain::store::{Ctx, Tx, UseCase};
use testkit::{TestDatabase, both_databases, builders};
use tokio::sync::Barrier;

use crate::raw;
use crate::repository::in_tx;
use crate::track_scene::TrackScene;

both_databases!(
    a_new_question_is_drawn_by_new_attempts_only,
    a_changed_question_is_a_new_version_for_new_attempts_only,
    an_edit_from_an_old_version_is_refused,
    two_edits_from_one_version_leave_one,
    an_edit_that_waited_for_another_keeps_its_change,
    two_additions_at_once_are_both_in_the_bank,
);

/// Draws everything there is.
fn everything() -> Settings {
    let mix = Mix {
        rule_scored: 50,
        essay: 50,
        profile: 50,
        external: 50,
    };
    Settings {
        mix: Some(mix),
        ..Settings::for_tracks()
    }
}

async fn question(scene: &TrackScene, kind: ItemKind) -> BankItem {
    let filter = QuestionFilter {
        track: None,
        kind: Some(kind),
    };
    let page = PageRequest::new(None, None).unwrap();
    scene
        .database
        .store
        .list_questions(&filter, page)
        .await
        .unwrap()
        .items
        .remove(0)
}

async fn edit(scene: &TrackScene, item: &BankItem, stem: &str, seen_version: Option<i32>) -> ChangeQuestion {
    ChangeQuestion {
        admin: builders::admin(&scene.database).await.unwrap(),
        item_id: item.item_id,
        seen_version,
        content: Some(ItemContent {
            stem: stem.to_owned(),
            ..item.content.clone()
        }),
        tracks: None,
        reason: None,
    }
}

async fn a_new_question_is_drawn_by_new_attempts_only(database: TestDatabase) {
    let mut scene = TrackScene::new(database, everything()).await;
    let running = scene.take().await;
    let add = AddQuestion {
        admin: builders::admin(&scene.database).await.unwrap(),
        tracks: vec!["backend".to_owned()],
        content: builders::bank().remove(2),
    };
    let added = scene.run(&add).await.unwrap();
    assert_eq!(
        (added.version, added.tracks.as_slice()),
        (1, ["backend".to_owned()].as_slice())
    );
    assert_eq!(scene.items(running.id).await.len(), 15);
    assert_eq!(scene.stored(running.id).await, running);
    scene.candidate = builders::candidate(&scene.database, 2).await.unwrap();
    let fresh = scene.take().await;
    assert_ne!(fresh.definition_version_id, running.definition_version_id);
    let drawn = scene.items(fresh.id).await;
    assert_eq!(drawn.len(), 16);
    assert!(
        drawn
            .iter()
            .any(|item| item.item_version_id == added.item_version_id)
    );
}

async fn a_changed_question_is_a_new_version_for_new_attempts_only(database: TestDatabase) {
    let mut scene = TrackScene::new(database, everything()).await;
    let running = scene.take().await;
    let before = question(&scene, ItemKind::TrueFalse).await;
    let changed = scene
        .run(&edit(&scene, &before, "Is it so?", Some(1)).await)
        .await
        .unwrap();
    assert_eq!((changed.version, changed.item_id), (2, before.item_id));
    assert_ne!(changed.item_version_id, before.item_version_id);
    assert_eq!(question(&scene, ItemKind::TrueFalse).await, changed);
    scene.candidate = builders::candidate(&scene.database, 2).await.unwrap();
    let fresh = scene.take().await;
    for (attempt, expected) in [(running.id, &before), (fresh.id, &changed)] {
        let items = scene.items(attempt).await;
        let item = items.iter().find(|item| item.item_id == before.item_id).unwrap();
        assert_eq!(
            (item.version, &item.content),
            (expected.version, &expected.content)
        );
    }
    // The same content again is no new version.
    let same = scene
        .run(&edit(&scene, &changed, "Is it so?", None).await)
        .await
        .unwrap();
    assert_eq!(same, changed);
}

async fn an_edit_from_an_old_version_is_refused(database: TestDatabase) {
    let scene = TrackScene::new(database, everything()).await;
    let before = question(&scene, ItemKind::TrueFalse).await;
    scene
        .run(&edit(&scene, &before, "One?", Some(1)).await)
        .await
        .unwrap();
    let refusal = scene
        .run(&edit(&scene, &before, "Two?", Some(1)).await)
        .await
        .unwrap_err();
    assert!(matches!(refusal, BankError::ChangedMeanwhile), "{refusal}");
    assert_eq!(question(&scene, ItemKind::TrueFalse).await.content.stem, "One?");
}

async fn two_edits_from_one_version_leave_one(database: TestDatabase) {
    let scene = TrackScene::new(database, everything()).await;
    let before = question(&scene, ItemKind::TrueFalse).await;
    let (one, two) = (
        edit(&scene, &before, "One?", Some(1)).await,
        edit(&scene, &before, "Two?", Some(1)).await,
    );
    let (one, two) = tokio::join!(scene.run(&one), scene.run(&two));
    let (done, refused) = match (one, two) {
        (Ok(done), Err(refused)) | (Err(refused), Ok(done)) => (done, refused),
        other => panic!("{other:?}"),
    };
    assert!(matches!(refused, BankError::ChangedMeanwhile), "{refused}");
    assert_eq!(question(&scene, ItemKind::TrueFalse).await, done);
    let versions = scene
        .database
        .store
        .question(before.item_id)
        .await
        .unwrap()
        .unwrap()
        .versions;
    assert_eq!(versions.len(), 2);
}

/// Finds the question, lets another edit come and wait for it, and then edits.
struct EditWhileAnotherWaits {
    edit: ChangeQuestion,
    found: Arc<Barrier>,
    waiting: Arc<Barrier>,
}

#[async_trait]
impl UseCase for EditWhileAnotherWaits {
    const NAME: &'static str = "test.edit_while_another_waits";
    type Out = BankItem;
    type Err = BankError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<BankItem, BankError> {
        let id: ItemId = self.edit.item_id;
        tx.bank().find_item(id).await?;
        self.found.wait().await;
        self.waiting.wait().await;
        self.edit.run(ctx, tx).await
    }
}

async fn an_edit_that_waited_for_another_keeps_its_change(database: TestDatabase) {
    let scene = TrackScene::new(database, everything()).await;
    builders::track(&scene.database, "frontend", builders::every_kind(), everything())
        .await
        .unwrap();
    let before = question(&scene, ItemKind::Coding).await;
    let (found, waiting) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let first = EditWhileAnotherWaits {
        edit: edit(&scene, &before, "Write it anew.", None).await,
        found: Arc::clone(&found),
        waiting: Arc::clone(&waiting),
    };
    // The second edit only moves the question; it must move the version that the first one has made meanwhile.
    let second = ChangeQuestion {
        content: None,
        tracks: Some(vec!["backend".to_owned(), "frontend".to_owned()]),
        ..edit(&scene, &before, "", None).await
    };
    let second = async {
        found.wait().await;
        scene.run(&second).await
    };
    let until_it_waits = async {
        raw::until_somebody_waits(&scene.database).await;
        waiting.wait().await;
    };
    let (first, second, ()) = tokio::join!(scene.run(&first), second, until_it_waits);
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!((first.version, second.version), (2, 2));
    assert_eq!(second.content.stem, "Write it anew.");
    for slug in ["backend", "frontend"] {
        let track = scene
            .database
            .store
            .find_track(slug)
            .await
            .unwrap()
            .unwrap()
            .track
            .definition
            .id;
        let items = in_tx!(scene.database, tx => tx.authoring().draft_items(track)).unwrap();
        let placed = items.iter().find(|item| item.item_id == before.item_id).unwrap();
        assert_eq!(placed.item_version_id, first.item_version_id, "{slug}");
    }
}

async fn two_additions_at_once_are_both_in_the_bank(database: TestDatabase) {
    let scene = TrackScene::new(database, everything()).await;
    let admin = builders::admin(&scene.database).await.unwrap();
    let add = |index: usize| AddQuestion {
        admin,
        tracks: vec!["backend".to_owned()],
        content: builders::bank().remove(index),
    };
    let (one, two) = (add(0), add(1));
    let (one, two) = tokio::join!(scene.run(&one), scene.run(&two));
    let track = scene.database.store.find_track("backend").await.unwrap().unwrap();
    assert_eq!(track.questions, 17);
    let version = track.track.definition.published_version_id.unwrap();
    let frozen = scene
        .database
        .store
        .version_content(version)
        .await
        .unwrap()
        .unwrap()
        .items;
    let frozen: Vec<_> = frozen.iter().map(|item| item.item_version_id).collect();
    for added in [one.unwrap(), two.unwrap()] {
        assert!(frozen.contains(&added.item_version_id));
    }
    let id = scene.track.definition.id;
    assert_eq!(
        in_tx!(scene.database, tx => tx.authoring().latest_version_number(id)).unwrap(),
        3
    );
}
