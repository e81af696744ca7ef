//! Two reviewers at one item, and one who publishes meanwhile.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::Backend;

use super::{Draft, reworded};
use crate::support::{Client, Reply, TestApp, http_client};

const CONNECTIONS: u32 = 10;
const ROUNDS: usize = 5;

on_both_databases!(
    of_all_steps_at_one_item_one_is_taken,
    an_edit_beside_publishing_is_in_the_version_with_its_verdict_or_not_at_all,
);

/// Sends requests at the same moment, each over a connection of its own.
async fn at_once(client: &Client, requests: Vec<(Method, String, Value)>) -> Vec<Reply> {
    let running = requests.into_iter().map(|(method, path, body)| {
        let client = client.over(http_client());
        tokio::spawn(async move { Reply::to(client.request(method, &path).json(&body)).await })
    });
    join_all(running).await.into_iter().map(Result::unwrap).collect()
}

async fn of_all_steps_at_one_item_one_is_taken(backend: Backend) {
    let app = TestApp::with_connections(backend, CONNECTIONS).await;
    let draft = Draft::open(&app).await;
    for item in draft.ids().await.iter().skip(2).take(ROUNDS) {
        let at = format!("{}/items/{item}", draft.path);
        let edit = json!({ "marks": 3.25, "reason": "worth more", "revision": 1 });
        let requests = vec![
            (Method::POST, format!("{at}/accept"), json!({ "revision": 1 })),
            (
                Method::POST,
                format!("{at}/reject"),
                json!({ "reason": "too easy", "revision": 1 }),
            ),
            (Method::PATCH, at.clone(), edit),
            (Method::POST, format!("{at}/accept"), json!({ "revision": 1 })),
        ];
        let replies = at_once(&draft.reviewer, requests).await;
        let (taken, refused): (Vec<&Reply>, Vec<&Reply>) =
            replies.iter().partition(|reply| reply.status == 200);
        assert_eq!(taken.len(), 1, "{replies:?}");
        for reply in refused {
            assert_eq!(
                reply.is(409)["type"],
                "/problems#item-changed",
                "{}",
                reply.request
            );
        }
        let after = draft.item(item).await;
        assert_eq!(
            (&after["revision"], &after["review"]),
            (&json!(2), &taken[0].json()["review"])
        );
    }
    let verdicts = "audit_log WHERE action LIKE 'authoring.item_%'";
    assert_eq!(app.count(verdicts, &[]).await, i64::try_from(ROUNDS).unwrap());
}

async fn an_edit_beside_publishing_is_in_the_version_with_its_verdict_or_not_at_all(backend: Backend) {
    let app = TestApp::with_connections(backend, CONNECTIONS).await;
    for _ in 0..ROUNDS {
        let draft = Draft::open(&app).await;
        let ids = draft.ids().await;
        for item in &ids {
            draft.accept(item).await.is(200);
        }
        let edit = reworded("What is committed survives a crash.");
        let replies = at_once(
            &draft.reviewer,
            vec![
                (Method::PATCH, format!("{}/items/{}", draft.path, ids[2]), edit),
                (
                    Method::POST,
                    format!("{}/publish", draft.path),
                    json!({ "accept_remaining": false }),
                ),
            ],
        )
        .await;
        replies[0].is(200);
        let frozen = "SELECT CAST(v.version AS TEXT) FROM definition_version_items f
             JOIN definition_versions d ON d.id = f.definition_version_id JOIN item_versions v ON v.id = f.item_version_id
             WHERE d.definition_id = $1 AND v.version > 1";
        if replies[1].status == 201 {
            assert_eq!(app.rows.texts(frozen, &[draft.id]).await, [""; 0]);
        } else {
            let refused = replies[1].is(409);
            assert_eq!(refused["item_ids"], json!([ids[2]]), "{refused}");
        }
        assert_eq!(draft.item(&ids[2]).await["review"], "pending");
    }
}
