//! Every operation, asked by everybody, over HTTP: the answers are those of a table that is kept by hand.
//!
//! An operation of the contract that is not in the table fails the test, and so does a row without an operation.

mod objects;
mod table;

use std::collections::BTreeSet;

use domain::identity::Scope;
use reqwest::Method;
use serde_json::Value;
use testkit::Backend;

use objects::{Object, School, form};
use table::{CALLERS, Caller, Row, rows};

use super::support::{Reply, TestApp};

on_both_databases!(everybody_is_answered_as_the_table_says);

async fn document(app: &TestApp) -> Value {
    app.anonymous().get("//api/openapi.json").await.is(200)
}

/// `METHOD path` of every operation with the scope it declares for keys.
fn operations(document: &Value) -> Vec<(String, Option<Scope>)> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if operation["responses"].is_object() {
                let scope = operation["x-policy"]["scope"].as_str().and_then(Scope::parse);
                operations.push((format!("{} {path}", method.to_uppercase()), scope));
            }
        }
    }
    operations
}

async fn everybody_is_answered_as_the_table_says(backend: Backend) {
    let school = School::open(backend).await;
    let rows = rows();
    let operations = operations(&document(&school.app).await);
    let in_contract: BTreeSet<&String> = operations.iter().map(|(name, _)| name).collect();
    assert_eq!(
        in_contract,
        rows.keys().collect(),
        "the contract and the table differ"
    );
    let mut deviations = Vec::new();
    for (name, scope) in &operations {
        let row = &rows[name];
        for (caller, expected) in CALLERS.into_iter().zip(&row.expected) {
            let object = school.object(&row.object).await;
            let reply = ask(&school, row, (caller, *scope), &object).await;
            if reply.status != *expected {
                deviations.push(format!(
                    "{name} by {caller:?}: {} instead of {expected}: {}",
                    reply.status, reply.text
                ));
            }
            deviations.extend(
                told(&school, caller, &object, &reply)
                    .await
                    .map(|what| format!("{name}: {what}")),
            );
        }
    }
    assert!(
        deviations.is_empty(),
        "{} deviations: {deviations:#?}",
        deviations.len()
    );
}

async fn ask(school: &School, row: &Row, (caller, scope): (Caller, Option<Scope>), object: &Object) -> Reply {
    let client = school.client(caller, object.owner, scope).await;
    let path = row
        .path
        .replace("{id}", &object.name)
        .replace("{slug}", &object.name)
        .replace("{name}", &object.name)
        .replace("{item_id}", &object.item)
        // What there is one version of is compared with itself.
        .replace("{from}", "1")
        .replace("{to}", "1");
    let method = Method::from_bytes(row.method.as_bytes()).unwrap();
    let request = client.request(method, &format!("/{path}"));
    let request = match row.body.as_str() {
        "" => request,
        "file" => request.multipart(form()),
        body => {
            let body: Value = serde_json::from_str(&school.body(body, object)).unwrap();
            request.json(&body)
        }
    };
    Reply::to(request).await
}

/// What an answer tells somebody of a person or attempt that is not theirs to know of. Lists and counts are answers, too.
async fn told(school: &School, caller: Caller, object: &Object, reply: &Reply) -> Option<String> {
    let foreign = matches!(
        caller,
        Caller::Nobody | Caller::Stranger | Caller::Outsider | Caller::Unscoped
    );
    if !foreign || object.name.is_empty() {
        return None;
    }
    let mut body = reply.text.clone();
    // A problem repeats the path it was asked with.
    if reply.status >= 400 {
        body = body.replace(&reply.request[reply.request.find('/').unwrap_or(0)..], "");
    }
    let address = format!("student{}@school.test", object.owner);
    let is_personal = !school.is_shared(&object.name).await;
    let named = body.contains(&address) || (is_personal && body.contains(&object.name));
    let total = serde_json::from_str::<Value>(&body)
        .ok()
        .and_then(|body| body["total"].as_u64());
    let counted = caller == Caller::Stranger && reply.request.ends_with("/assessments") && total != Some(0);
    (named || counted).then(|| format!("{caller:?} is told of {}: {}", object.name, reply.text))
}
