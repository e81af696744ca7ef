//! Graded answers as a text scorer learns from them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::authoring::item::{ItemBody, ItemKind};
use domain::authoring::{BankItem, ChangeQuestion, NewExemplar, QuestionFilter, Settings};
use domain::points::Points;
use domain::reports::PageRequest;
use domain::scoring::AddExemplars;
use domain::scoring::calibration::{GradedAnswer, MOST_EXEMPLARS};
use serde_json::json;
use testkit::{TestDatabase, both_databases, builders};

use crate::attempt_scene::{MINUTE, ctx};

both_databases!(
    graded_answers_come_newest_first_and_bounded,
    grades_hold_for_versions_that_ask_the_same,
);

async fn essay(database: &TestDatabase) -> BankItem {
    let all = builders::bank();
    let texts = all.into_iter().filter(|item| item.body.kind().is_text());
    builders::track(database, "a", texts.collect(), Settings::for_tracks())
        .await
        .unwrap();
    let filter = QuestionFilter {
        track: None,
        kind: Some(ItemKind::Essay),
    };
    let page = PageRequest::new(None, Some(10)).unwrap();
    database
        .store
        .list_questions(&filter, page)
        .await
        .unwrap()
        .items
        .remove(0)
}

async fn add(database: &TestDatabase, item: &BankItem, answers: impl Iterator<Item = (String, i64)>) {
    database.clock.advance(MINUTE);
    let exemplar = |(answer, points)| NewExemplar {
        answer: json!(answer),
        points: Points::whole(points),
        note: None,
    };
    let add = AddExemplars {
        staff: builders::advisor(database, 1).await.unwrap(),
        item_id: item.item_id,
        exemplars: answers.map(exemplar).collect(),
    };
    database.store.run(&add, &ctx(database)).await.unwrap();
}

async fn graded(database: &TestDatabase, item: &BankItem) -> Vec<GradedAnswer> {
    let found = database.store.graded_answers(item.item_id, &item.content).await;
    found.unwrap()
}

async fn graded_answers_come_newest_first_and_bounded(database: TestDatabase) {
    let essay = essay(&database).await;
    assert_eq!(graded(&database, &essay).await, []);
    add(&database, &essay, [("First.".to_owned(), 3)].into_iter()).await;
    add(&database, &essay, [("Second.".to_owned(), 4)].into_iter()).await;
    let marks = essay.content.marks;
    let expected = [("Second.", 4), ("First.", 3)].map(|(answer, points)| GradedAnswer {
        answer: json!(answer),
        points: Points::whole(points),
        max_points: marks,
    });
    assert_eq!(graded(&database, &essay).await, expected);
    add(
        &database,
        &essay,
        (0..MOST_EXEMPLARS).map(|number| (format!("Answer {number}."), 1)),
    )
    .await;
    let newest = graded(&database, &essay).await;
    assert_eq!(newest.len(), MOST_EXEMPLARS);
    assert!(newest.iter().all(|one| one.points == Points::whole(1)));
}

async fn change(database: &TestDatabase, item: &BankItem, change: impl FnOnce(&mut BankItem)) -> BankItem {
    let mut changed = item.clone();
    change(&mut changed);
    let change = ChangeQuestion {
        admin: builders::admin(database).await.unwrap(),
        item_id: item.item_id,
        seen_version: None,
        content: Some(changed.content),
        tracks: None,
        reason: None,
    };
    database.store.run(&change, &ctx(database)).await.unwrap()
}

async fn grades_hold_for_versions_that_ask_the_same(database: TestDatabase) {
    let first = essay(&database).await;
    add(&database, &first, [("First.".to_owned(), 3)].into_iter()).await;
    let other_marks = change(&database, &first, |item| item.content.marks = Points::whole(20)).await;
    add(&database, &other_marks, [("Second.".to_owned(), 15)].into_iter()).await;
    let other_key = change(&database, &other_marks, |item| {
        if let ItemBody::Essay { reference, .. } = &mut item.content.body {
            *reference = Some("Something else altogether.".to_owned());
        }
    })
    .await;
    assert_eq!(graded(&database, &other_key).await, []);
    add(&database, &other_key, [("Third.".to_owned(), 1)].into_iter()).await;
    let answers = |graded: Vec<GradedAnswer>| {
        let answers = graded
            .into_iter()
            .map(|one| one.answer.as_str().unwrap().to_owned());
        answers.collect::<Vec<_>>()
    };
    assert_eq!(answers(graded(&database, &other_key).await), ["Third."]);
    assert_eq!(answers(graded(&database, &first).await), ["Second.", "First."]);
    assert_eq!(
        answers(graded(&database, &other_marks).await),
        ["Second.", "First."]
    );
}
