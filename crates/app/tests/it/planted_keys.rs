//! No reply to a learner ever carries a part of a key, at any stage, in any encoding.
//!
//! Every operation of the contract is either refused to a student or visited here; a new one fails the test until it is.

mod tour;

use domain::authoring::item::{Blank, BlankComparison, ItemBody, ItemContent, ItemKind, Negative, Tolerance};
use domain::authoring::rubric::Rubric;
use domain::authoring::sample_answers::wrong_answer;
use domain::authoring::{Settings, VersionedItem};
use domain::ids::DefinitionId;
use domain::points::Points;
use serde_json::{Value, json};
use testkit::Backend;
use testkit::builders::{self, KEY_SCORE, PLANTED_KEYS, Published};

use super::support::{Marker, PASSWORD, Reply, TestApp, TestTrack, answers, bank, leaks};
use tour::{SLUG, Stop, Tour};

/// Numbers that stand in keys and nowhere else.
const WEIGHTS: [&str; 6] = [
    "0.137137", "0.713713", "0.619619", "61.6161", "7.0707", "0.123987",
];

/// Names of members that only keys have.
const KEY_MEMBERS: [&str; 12] = [
    "accepted",
    "comparison",
    "concepts",
    "floor",
    "from_score",
    "key",
    "negative",
    "partial_credit",
    "reference",
    "source",
    "tolerance",
    "weight",
];

fn markers() -> Vec<Marker> {
    PLANTED_KEYS
        .iter()
        .chain(&WEIGHTS)
        .map(|text| Marker::new(text))
        .collect()
}

/// The items of the builders with odd numbers in every weight, tolerance and penalty.
fn planted_items() -> Vec<ItemContent> {
    let mut items = builders::every_kind();
    for item in &mut items {
        plant(&mut item.body);
    }
    items
}

fn plant(body: &mut ItemBody) {
    let penalty = Negative {
        percent: Some(0.619_619),
        mark: Some(Points::from_hundredths(77)),
    };
    match body {
        ItemBody::MultipleChoice { negative, .. }
        | ItemBody::MultipleResponse { negative, .. }
        | ItemBody::TrueFalse { negative, .. } => *negative = penalty,
        ItemBody::FillBlank { blanks } => blanks.iter_mut().for_each(plant_blank),
        ItemBody::Numeric { tolerance, .. } => *tolerance = Tolerance::Relative(0.713_713),
        ItemBody::ShortAnswer { rubric, .. } | ItemBody::Essay { rubric, .. } => plant_rubric(rubric),
        ItemBody::Matching { .. }
        | ItemBody::Ordering { .. }
        | ItemBody::Coding { .. }
        | ItemBody::Profile { .. }
        | ItemBody::FileUpload { .. } => {}
    }
}

fn plant_blank(blank: &mut Blank) {
    blank.weight = 0.137_137;
    if blank.id == "b2" {
        blank.comparison = BlankComparison::Numeric {
            tolerance: Tolerance::Absolute(0.713_713),
        };
    }
}

fn plant_rubric(rubric: &mut Rubric) {
    rubric.floor = 7.0707;
    for criterion in &mut rubric.criteria {
        criterion.weight = 0.137_137;
        criterion
            .levels
            .iter_mut()
            .for_each(|level| level.from_score = 61.6161);
    }
}

async fn publish_planted(app: &TestApp) -> Published {
    let mut first = planted_items();
    let second = first.split_off(5);
    let definition: DefinitionId = builders::draft(&app.database, vec![first, second]).await.unwrap();
    builders::publish(&app.database, definition, planted_settings())
        .await
        .unwrap()
}

fn planted_settings() -> Settings {
    Settings {
        review_below_confidence: 0.123_987,
        ..Settings::default()
    }
}

/// Every kind, whole, in an order of each attempt's own.
async fn publish_planted_track(app: &TestApp) -> TestTrack {
    let settings = Settings {
        mix: None,
        shuffle_items: true,
        review_below_confidence: 0.123_987,
        ..Settings::for_tracks()
    };
    app.publish_track(SLUG, settings, bank()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_learner_never_reads_a_key() {
    let app = TestApp::start(Backend::Sqlite).await;
    let published = publish_planted(&app).await;
    let track = publish_planted_track(&app).await;
    let mut tour = Tour::begin(&app, published.definition_id.0).await;
    let entry = builders::credential_content("Locks in depth", &["locking"]);
    let entry = builders::credential(&app.database, entry).await.unwrap();
    tour.credential = entry.id.to_string();
    sign_up(&mut tour).await;
    tour.call(Stop::get("/api/v1/assessments/available"))
        .await
        .is(200);
    opt_in(&mut tour).await;
    tour.look_around().await;
    tour.call(Stop::post(
        "/api/v1/sessions/start",
        json!({ "session_id": tour.session }),
    ))
    .await
    .is(200);
    tour.look_around().await;
    for (index, section) in published.sections.iter().enumerate() {
        answer_section(&mut tour, &published, index).await;
        tour.submit(index, section.id, &answers(section, wrong_answer))
            .await
            .is(200);
        tour.look_around().await;
    }
    let completed = tour
        .call(Stop::post("/api/v1/sessions/{id}/complete", json!({})))
        .await
        .is(202);
    tour.job = completed["evaluation_job_id"].as_str().map(str::to_owned);
    tour.look_around().await;
    app.drain_jobs().await;
    tour.look_around().await;
    tour.call(Stop::get("/api/v1/assessments/{id}/result"))
        .await
        .is(200);
    tour.call(Stop::get("/api/v1/assessments/{id}/events")).await;
    contest(&app, &mut tour, &published).await;
    take_the_track(&app, &mut tour, &track).await;
    tour.be_refused().await;
    leave(&app, &mut tour).await;

    assert_nothing_is_told(&tour.seen);
    tour.assert_everything_was_visited();
}

fn assert_nothing_is_told(seen: &[Reply]) {
    let mut markers = markers();
    markers.push(Marker::new(&KEY_SCORE.to_string()));
    for reply in seen {
        let found = leaks(&format!("{}\n{:?}", reply.text, reply.headers), &markers);
        assert!(
            found.is_empty(),
            "{} tells {found:?}: {}",
            reply.request,
            reply.text
        );
        let told = key_members(&serde_json::from_str(&reply.text).unwrap_or_default());
        assert!(
            told.is_empty(),
            "{} has the members {told:?}: {}",
            reply.request,
            reply.text
        );
    }
    assert!(seen.len() > 50, "only {} replies were looked at", seen.len());
}

/// An inquiry, and a person's verdict by levels, whose least scores are part of the key.
async fn contest(app: &TestApp, tour: &mut Tour, published: &Published) {
    let essay = published.item(ItemKind::Essay).unwrap().item_id;
    let ask = json!({ "message": "Why?", "question_id": essay });
    let opened = tour
        .call(Stop::post("/api/v1/assessments/{id}/inquiries", ask))
        .await
        .is(201);
    opened["inquiry_id"]
        .as_str()
        .unwrap()
        .clone_into(&mut tour.inquiry);
    let reviews = format!("/reviews?assessment_id={}&reason=inquiry", tour.session);
    let admin = app.admin().await;
    let waiting = admin.get(&reviews).await.is(200)["items"][0].clone();
    let ids = [
        "relevance",
        "depth",
        "clarity",
        "completeness",
        "technical_accuracy",
    ];
    let criteria =
        ids.map(|id| json!({ "criterion": id, "level": "Proficient", "rationale": "It says why." }));
    let verdict = json!({ "decision": "override", "seen": waiting["review_id"], "reason": "see there", "criteria": criteria });
    let path = format!("/reviews/{}", waiting["review_id"].as_str().unwrap());
    admin.post(&path, &verdict).await.is(201);
    let more = json!({ "message": "And why?" });
    tour.call(Stop::post("/api/v1/inquiries/{id}", more))
        .await
        .is(200);
    tour.call(Stop::get("/api/v1/inquiries/{id}")).await.is(200);
    tour.call(Stop::get("/api/v1/inquiries")).await.is(200);
    tour.look_around().await;
}

/// The same in the door of tracks, with the kinds that only people write; given up once and submitted once.
async fn take_the_track(app: &TestApp, tour: &mut Tour, track: &TestTrack) {
    let start = || Stop::post("/api/v1/assessments/start", track.body());
    let given_up = tour.call(start()).await.is(201);
    tour.session = serde_json::from_value(given_up["assessment_id"].clone()).unwrap();
    tour.look_around().await;
    tour.call(Stop::delete("/api/v1/assessments/{id}")).await;
    tour.look_around().await;
    let started = tour.call(start()).await.is(201);
    tour.session = serde_json::from_value(started["assessment_id"].clone()).unwrap();
    tour.call(start()).await.is(200);
    for item in &track.version.items {
        save_in_every_shape(tour, item).await;
    }
    let submitted = tour
        .call(Stop::post("/api/v1/assessments/{id}/submit", json!({})))
        .await
        .is(202);
    tour.job = submitted["jobs_queued"][0].as_str().map(str::to_owned);
    tour.look_around().await;
    app.drain_jobs().await;
    tour.look_around().await;
}

/// What ends sign-ins comes last.
async fn leave(app: &TestApp, tour: &mut Tour) {
    let change = json!({ "current_password": PASSWORD, "new_password": "staple horse battery" });
    let changed = tour
        .call(Stop::post("/api/v1/auth/change-password", change))
        .await;
    assert_eq!(changed.status, 204);
    let path = format!("/users/{}/reset-password", tour.user);
    let reset = app.admin().await.post(&path, &json!({})).await.is(201);
    let reset = json!({ "reset_token": reset["reset_token"], "new_password": PASSWORD });
    let set = tour.call(Stop::post("/api/v1/auth/reset-password", reset)).await;
    assert_eq!(set.status, 204);
    let login = json!({ "email": "eve@example.org", "password": PASSWORD });
    let session = tour.call(Stop::post("/api/v1/auth/login", login)).await.is(200);
    tour.sign_in(session["tokens"]["access_token"].as_str().unwrap());
    let out = tour
        .call(Stop::post("/api/v1/auth/logout", json!({ "everywhere": true })))
        .await;
    assert_eq!(out.status, 204);
}

async fn sign_up(tour: &mut Tour) {
    let account = json!({ "email": "eve@example.org", "password": PASSWORD, "display_name": "Eve" });
    tour.call(Stop::post("/api/v1/auth/register", account))
        .await
        .is(201);
    let login = json!({ "email": "eve@example.org", "password": PASSWORD });
    let session = tour.call(Stop::post("/api/v1/auth/login", login)).await.is(200);
    let refresh = json!({ "refresh_token": session["tokens"]["refresh_token"] });
    let session = tour
        .call(Stop::post("/api/v1/auth/refresh", refresh))
        .await
        .is(200);
    session["user"]["user_id"]
        .as_str()
        .unwrap()
        .clone_into(&mut tour.user);
    tour.sign_in(session["tokens"]["access_token"].as_str().unwrap());
    tour.call(Stop::get("/api/v1/auth/me")).await.is(200);
}

async fn opt_in(tour: &mut Tour) {
    let body = json!({ "assessment_definition_id": tour.definition });
    let opted_in = tour
        .call(Stop::post("/api/v1/sessions/opt-in", body))
        .await
        .is(201);
    tour.session = serde_json::from_value(opted_in["session_id"].clone()).unwrap();
}

/// Saves that are taken and saves that are refused; a refusal may not tell what would have been right either.
async fn answer_section(tour: &mut Tour, published: &Published, index: usize) {
    for item in &published.sections[index].items {
        save_in_every_shape(tour, item).await;
    }
}

async fn save_in_every_shape(tour: &mut Tour, item: &VersionedItem) {
    let shapes = [
        wrong_answer(&item.content),
        json!({ "odd": [1] }),
        json!("nonsense"),
        json!(99),
        json!(["zz"]),
    ];
    for answer in shapes {
        let responses = json!([{ "question_id": item.item_id, "answer": answer }]);
        let body = json!({ "responses": responses });
        tour.call(Stop::post("/api/v1/assessments/{id}/responses", body))
            .await;
    }
}

/// Member names of keys, wherever they stand.
fn key_members(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => {
            // Of an upload it is the media types that are accepted.
            let public = |name: &str| name == "accepted" && members.contains_key("max_files");
            let own = members
                .keys()
                .filter(|name| KEY_MEMBERS.contains(&name.as_str()) && !public(name))
                .cloned();
            // An answer is what the learner sent.
            let below = members.iter().filter(|(name, _)| *name != "answer");
            own.chain(below.flat_map(|(_, member)| key_members(member)))
                .collect()
        }
        Value::Array(entries) => entries.iter().flat_map(key_members).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_read_every_key_that_is_planted() {
    let app = TestApp::start(Backend::Sqlite).await;
    let published = publish_planted(&app).await;
    let detail = app
        .admin()
        .await
        .get(&format!("/assessments/definitions/{}", published.definition_id))
        .await;
    assert_eq!(
        leaks(&detail.text, &markers()).len(),
        PLANTED_KEYS.len() + WEIGHTS.len(),
        "{}",
        detail.text
    );
    let told = key_members(&detail.is(200));
    assert!(
        KEY_MEMBERS
            .iter()
            .all(|member| told.iter().any(|name| name == member)),
        "{told:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn options_are_named_in_the_order_shown() {
    let app = TestApp::start(Backend::Sqlite).await;
    let published = publish_planted(&app).await;
    let sitting = super::support::Sitting::started(&app, &published, 1).await;
    sitting.submit_section(0, &json!({})).await.is(200);
    let second = sitting.get().await.is(200);
    let mut questions = published.sections[0].items.len();
    for item in published.items() {
        let shown = domain::authoring::learner::LearnerItem::from(item);
        let ids: Vec<String> = shown
            .choices
            .into_iter()
            .flatten()
            .map(|choice| choice.id)
            .collect();
        assert!(ids.is_sorted(), "{:?} shows {ids:?}", shown.kind);
    }
    for question in second["current_section"]["questions"].as_array().unwrap() {
        let shown = question["choices"].as_array().cloned().unwrap_or_default();
        let ids: Vec<&str> = shown
            .iter()
            .filter_map(|choice| choice["option_id"].as_str())
            .collect();
        assert!(ids.is_sorted(), "{question}");
        questions += 1;
    }
    assert_eq!(questions, published.items().count());
}
