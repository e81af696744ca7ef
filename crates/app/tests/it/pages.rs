//! The contract and the pages that show it; probes.

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};
use testkit::Backend;

use super::support::{Reply, SECOND, TestApp};

on_both_databases!(the_probes_answer);

async fn the_probes_answer(backend: Backend) {
    let app = TestApp::alone(backend).await;
    let anyone = app.anonymous();
    assert_eq!(anyone.get("//healthz").await.is(200), json!({ "status": "ok" }));
    let ready = anyone.get("//readyz").await.is(200);
    assert_eq!(
        ready,
        json!({ "status": "ok", "dependencies": { "database": "ok", "worker": "none" } })
    );

    app.state.store.database().close().await.unwrap();
    assert_eq!(
        anyone.get("//readyz").await.is(200),
        ready,
        "an answer is given for a second"
    );
    app.advance(SECOND);
    let failing = Reply::unchecked(anyone.request(Method::GET, "//readyz"))
        .await
        .is(503);
    assert_eq!(
        failing,
        json!({ "status": "unavailable", "dependencies": { "database": "unreachable", "worker": "none" } })
    );
    anyone.get("//healthz").await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_served_contract_is_the_one_of_the_code_and_of_the_repository() {
    let app = TestApp::start(Backend::Sqlite).await;
    let served = app.anonymous().get("//api/openapi.json").await.is(200);
    assert!(
        served["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3.1")),
        "{}",
        served["openapi"]
    );
    let document = touchstone::http::openapi();
    assert_eq!(served, serde_json::to_value(&document).unwrap());
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api/openapi.yaml");
    if committed.exists() {
        let committed = std::fs::read_to_string(committed).unwrap();
        assert!(
            committed == document.to_yaml().unwrap(),
            "run `cargo xtask openapi` and commit the new contract"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_load_nothing_from_elsewhere() {
    let app = TestApp::start(Backend::Sqlite).await;
    let anyone = app.anonymous();
    let moved = anyone.get("//docs").await;
    let docs = if moved.status == 200 {
        "/docs"
    } else {
        moved.header("location").unwrap()
    };
    let docs = if docs.ends_with('/') {
        docs.to_owned()
    } else {
        format!("{docs}/")
    };
    for (page, folder) in [(docs.as_str(), docs.as_str()), ("/redoc", "/")] {
        let reply = anyone.get(&format!("/{page}")).await;
        assert_eq!(reply.status, 200, "{page}");
        let policy = reply.header("content-security-policy").unwrap_or_default();
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("http"),
            "{page}: {policy}"
        );
        let loaded = loaded_by(&reply.text);
        assert!(loaded.len() >= 2, "{page} loads {loaded:?}");
        for address in loaded {
            assert!(
                !address.contains("://") && !address.starts_with("//"),
                "{page} loads {address}"
            );
            let path = if address.starts_with('/') {
                address
            } else {
                format!("{folder}{}", address.trim_start_matches("./"))
            };
            let part = anyone.get(&format!("/{path}")).await;
            assert!(
                part.status == 200 && !part.text.is_empty(),
                "{page} needs {path}: {}",
                part.status
            );
        }
    }
}

/// Addresses in `src` and `href`, without those that hold their content themselves.
fn loaded_by(html: &str) -> Vec<String> {
    let named = ["src=\"", "href=\""]
        .into_iter()
        .flat_map(|attribute| html.split(attribute).skip(1));
    let address = named.map(|rest| rest.split('"').next().unwrap_or_default().to_owned());
    address.filter(|address| !address.starts_with("data:")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_problem_is_listed() {
    let app = TestApp::start(Backend::Sqlite).await;
    let table = app.anonymous().get("//problems").await;
    assert_eq!(table.header("content-type"), Some("text/markdown; charset=utf-8"));
    let refused: Value = app.anonymous().get("/auth/me").await.is(401);
    let (_, slug) = refused["type"].as_str().unwrap().split_once('#').unwrap();
    assert!(
        table.text.contains(&format!("<a id=\"{slug}\"></a>")),
        "{}",
        table.text
    );
}
