//! Lists of questions and of graded answers.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::authoring::item::ItemKind;
use domain::authoring::{
    BankError, BankItem, ChangeQuestion, DeleteQuestion, NewExemplar, QuestionFilter, Settings,
};
use domain::ids::ItemId;
use domain::points::Points;
use domain::reports::{Page, PageRequest};
use domain::scoring::{AddExemplars, ExemplarsAdded};
use serde_json::{Value, json};
use testkit::{TestDatabase, both_databases, builders};
use uuid::Uuid;

use crate::attempt_scene::{MINUTE, ctx};
use crate::raw;

both_databases!(
    questions_are_filtered_by_track_and_kind,
    questions_come_newest_first_in_pages,
    a_question_in_two_banks_is_listed_once,
    what_is_deleted_is_not_listed,
    an_exemplar_is_kept_once_per_answer,
    exemplars_are_listed_newest_first,
    exemplars_out_of_range_are_all_refused,
);

async fn page(database: &TestDatabase, track: Option<&str>, kind: Option<ItemKind>) -> Page<BankItem> {
    let filter = QuestionFilter {
        track: track.map(ToOwned::to_owned),
        kind,
    };
    let page = PageRequest::new(None, Some(100)).unwrap();
    database.store.list_questions(&filter, page).await.unwrap()
}

/// Track `a` with the whole bank, then, a minute later, `b` with a choice and an essay; and a generated assessment.
async fn banks(database: &TestDatabase) {
    builders::track(database, "a", builders::bank(), Settings::for_tracks())
        .await
        .unwrap();
    database.clock.advance(MINUTE);
    let of_b = builders::bank()
        .into_iter()
        .filter(|content| matches!(content.body.kind(), ItemKind::MultipleChoice | ItemKind::Essay));
    builders::track(database, "b", of_b.collect(), Settings::for_tracks())
        .await
        .unwrap();
    builders::publish_sample(database, Settings::default())
        .await
        .unwrap();
}

async fn questions_are_filtered_by_track_and_kind(database: TestDatabase) {
    banks(&database).await;
    let profile = Some(ItemKind::Profile);
    let essay = Some(ItemKind::Essay);
    for (track, kind, expected) in [
        (None, None, 17),
        (Some("a"), None, 15),
        (Some("b"), None, 2),
        (Some("c"), None, 0),
        (None, essay, 2),
        (Some("a"), profile, 4),
        (Some("b"), profile, 0),
        (Some("b"), essay, 1),
    ] {
        let page = page(&database, track, kind).await;
        assert_eq!(
            (page.total, page.items.len() as u64),
            (expected, expected),
            "{track:?} {kind:?}"
        );
        for item in page.items {
            assert!(track.is_none_or(|track| item.tracks == [track]));
            assert!(kind.is_none_or(|kind| item.content.body.kind() == kind));
        }
    }
}

async fn questions_come_newest_first_in_pages(database: TestDatabase) {
    banks(&database).await;
    let mut listed = Vec::new();
    for number in 1..=2 {
        let request = PageRequest::new(Some(number), Some(10)).unwrap();
        let page = database
            .store
            .list_questions(&QuestionFilter::default(), request)
            .await
            .unwrap();
        assert_eq!(page.total, 17);
        listed.extend(page.items);
    }
    assert_eq!(listed.len(), 17);
    assert!(listed.iter().take(2).all(|item| item.tracks == ["b"]));
    let keys: Vec<_> = listed
        .iter()
        .map(|item| (item.created_at, item.item_id))
        .collect();
    let mut sorted = keys.clone();
    sorted.sort();
    sorted.reverse();
    assert_eq!(keys, sorted);
}

async fn change_tracks(database: &TestDatabase, item_id: ItemId, tracks: &[&str]) {
    let change = ChangeQuestion {
        admin: builders::admin(database).await.unwrap(),
        item_id,
        seen_version: None,
        content: None,
        tracks: Some(tracks.iter().map(|slug| (*slug).to_owned()).collect()),
        reason: None,
    };
    database.store.run(&change, &ctx(database)).await.unwrap();
}

async fn a_question_in_two_banks_is_listed_once(database: TestDatabase) {
    banks(&database).await;
    let essay = page(&database, Some("b"), Some(ItemKind::Essay))
        .await
        .items
        .remove(0);
    change_tracks(&database, essay.item_id, &["b", "a", "b"]).await;
    assert_eq!(page(&database, None, None).await.total, 17);
    let of_a = page(&database, Some("a"), Some(ItemKind::Essay)).await;
    assert_eq!(of_a.total, 2);
    assert_eq!(of_a.items[0].tracks, ["a", "b"]);
    change_tracks(&database, essay.item_id, &["a"]).await;
    assert_eq!(page(&database, Some("b"), None).await.total, 1);
}

async fn what_is_deleted_is_not_listed(database: TestDatabase) {
    banks(&database).await;
    let choice = page(&database, Some("b"), Some(ItemKind::MultipleChoice))
        .await
        .items
        .remove(0);
    let delete = DeleteQuestion {
        admin: builders::admin(&database).await.unwrap(),
        item_id: choice.item_id,
    };
    database.store.run(&delete, &ctx(&database)).await.unwrap();
    let listed = page(&database, Some("b"), None).await;
    assert_eq!(
        (listed.total, listed.items[0].content.body.kind()),
        (1, ItemKind::Essay)
    );
    let again = database.store.run(&delete, &ctx(&database)).await.unwrap_err();
    assert!(matches!(again, BankError::NotFound), "{again}");
    raw::execute(&database, "UPDATE tracks SET deleted_at = 1 WHERE slug = 'a'")
        .await
        .unwrap();
    assert_eq!(page(&database, None, None).await.total, 1);
}

fn exemplar(answer: Value, points: i64) -> NewExemplar {
    NewExemplar {
        answer,
        points: Points::whole(points),
        note: Some("clear".to_owned()),
    }
}

async fn add(
    database: &TestDatabase,
    item_id: ItemId,
    exemplars: Vec<NewExemplar>,
) -> Result<ExemplarsAdded, BankError> {
    let add = AddExemplars {
        staff: builders::advisor(database, 1).await.unwrap(),
        item_id,
        exemplars,
    };
    database.store.run(&add, &ctx(database)).await
}

async fn essay(database: &TestDatabase) -> BankItem {
    banks(database).await;
    page(database, Some("b"), Some(ItemKind::Essay))
        .await
        .items
        .remove(0)
}

async fn an_exemplar_is_kept_once_per_answer(database: TestDatabase) {
    let essay = essay(&database).await;
    let other = page(&database, Some("a"), Some(ItemKind::Essay))
        .await
        .items
        .remove(0);
    let both = vec![
        exemplar(json!("One."), 3),
        exemplar(json!("Two."), 4),
        exemplar(json!("One."), 5),
    ];
    let added = add(&database, essay.item_id, both.clone()).await.unwrap();
    assert_eq!(added, ExemplarsAdded { added: 2, known: 1 });
    let added = add(&database, essay.item_id, both).await.unwrap();
    assert_eq!(added, ExemplarsAdded { added: 0, known: 3 });
    // The first grade stays; another question may have the same answer.
    assert_eq!(raw::count(&database, "exemplars WHERE points = 300").await, 1);
    let added = add(&database, other.item_id, vec![exemplar(json!("One."), 5)])
        .await
        .unwrap();
    assert_eq!(added, ExemplarsAdded { added: 1, known: 0 });
    let detail = database.store.question(essay.item_id).await.unwrap().unwrap();
    assert_eq!(detail.exemplars, 2);
}

async fn exemplars_are_listed_newest_first(database: TestDatabase) {
    let essay = essay(&database).await;
    for number in 1..=11 {
        database.clock.advance(MINUTE);
        add(
            &database,
            essay.item_id,
            vec![exemplar(json!(format!("Answer {number}.")), 3)],
        )
        .await
        .unwrap();
    }
    let request = |number| PageRequest::new(Some(number), Some(10)).unwrap();
    let first = database
        .store
        .list_exemplars(essay.item_id, request(1))
        .await
        .unwrap();
    let second = database
        .store
        .list_exemplars(essay.item_id, request(2))
        .await
        .unwrap();
    assert_eq!((first.total, first.items.len(), second.items.len()), (11, 10, 1));
    assert_eq!(
        (&first.items[0].answer, &second.items[0].answer),
        (&json!("Answer 11."), &json!("Answer 1."))
    );
    let newest = &first.items[0];
    assert_eq!(
        (newest.item_id, newest.item_version_id),
        (essay.item_id, essay.item_version_id)
    );
    assert_eq!(
        (newest.points, newest.max_points),
        (Points::whole(3), essay.content.marks)
    );
    assert_eq!(newest.note.as_deref(), Some("clear"));
    let none = database
        .store
        .list_exemplars(ItemId(Uuid::nil()), request(1))
        .await
        .unwrap();
    assert_eq!((none.total, none.items), (0, vec![]));
}

async fn exemplars_out_of_range_are_all_refused(database: TestDatabase) {
    let essay = essay(&database).await;
    let list = vec![exemplar(json!("One."), 3), exemplar(json!("Two."), 999)];
    let refusal = add(&database, essay.item_id, list).await.unwrap_err();
    let BankError::InvalidExemplars(faults) = refusal else {
        panic!("{refusal}");
    };
    assert_eq!(
        (faults.len(), faults[0].index, faults[0].member),
        (1, 1, "points")
    );
    assert_eq!(raw::count(&database, "exemplars").await, 0);
    add(&database, essay.item_id, vec![exemplar(json!("One."), 3)])
        .await
        .unwrap();
    let refusal = raw::execute(&database, "UPDATE exemplars SET points = max_points + 1")
        .await
        .unwrap_err();
    assert!(refusal.to_string().contains("exemplars_points"), "{refusal}");
}
