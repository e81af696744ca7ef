//! A second generation from the same text takes what people found good of the first.

use std::collections::BTreeSet;

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use testkit::Backend;

use super::support::{Client, Reply, SYLLABUS, TestApp};

on_both_databases!(items_that_were_published_are_taken_again);

async fn generate(app: &TestApp, admin: &Client, blueprint: Value) -> Value {
    let body = json!({ "blueprint": blueprint });
    let asked = admin.post("/assessments/generate", &body).await.is(202);
    app.drain_jobs().await;
    let job = format!("/jobs/{}", asked["job_id"].as_str().unwrap());
    admin.get(&job).await.is(200)["result"].clone()
}

/// The ids of the items with what is said of them.
async fn items(admin: &Client, made: &Value) -> Vec<(String, String)> {
    let path = format!(
        "/assessments/definitions/{}",
        made["assessment_definition_id"].as_str().unwrap()
    );
    let definition = admin.get(&path).await.is(200);
    let sections = definition["sections"].as_array().unwrap();
    let all = sections
        .iter()
        .flat_map(|section| section["items"].as_array().unwrap());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    all.map(|item| (text(&item["item_id"]), text(&item["review"])))
        .collect()
}

async fn items_that_were_published_are_taken_again(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let form = Form::new().part("files[]", Part::bytes(SYLLABUS).file_name("syllabus.pdf"));
    let upload = admin.request(Method::POST, "/admin/syllabus/upload");
    Reply::to(upload.multipart(form)).await.is(201);

    let first = generate(&app, &admin, json!({ "items_per_section": 3 })).await;
    assert_eq!(first["reused"], 0);
    let made = items(&admin, &first).await;
    let publish = format!(
        "/assessments/definitions/{}/publish",
        first["assessment_definition_id"].as_str().unwrap()
    );
    admin.post(&publish, &json!({})).await.is(201);

    let cells = json!({ "cells": [
        { "topic": "keys", "count": 4 },
        { "topic": "keys", "cognitive_level": "apply", "count": 2 },
    ]});
    let second = generate(&app, &admin, cells).await;
    let again = items(&admin, &second).await;
    let known: BTreeSet<&String> = made.iter().map(|(id, _)| id).collect();
    let (taken, new): (Vec<_>, Vec<_>) = again.iter().partition(|(id, _)| known.contains(id));
    assert_eq!(taken.len(), 3, "{second}");
    assert!(taken.iter().all(|(_, review)| review == "accepted"));
    assert_eq!(new.len(), 1);
    assert!(new.iter().all(|(_, review)| review == "pending"));
    assert_eq!(
        (&second["reused"], &second["items"], &second["missing"]),
        (&json!(3), &json!(4), &json!(2))
    );
    let rows = second["coverage"].as_array().unwrap();
    assert_eq!(
        (&rows[0]["wanted"], &rows[0]["count"], &rows[0]["reused"]),
        (&json!(4), &json!(4), &json!(3))
    );
    assert_eq!((&rows[1]["wanted"], &rows[1]["count"]), (&json!(2), &json!(0)));
}
