//! What is recommended, kept and read again.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use async_trait::async_trait;
use domain::attempts::DegradedReason;
use domain::authoring::sample_answers::answer_key;
use domain::catalog::Credential;
use domain::ids::{AttemptId, CredentialId};
use domain::llm::ModelName;
use domain::recommendations::{Outcome, Pick, Recommend, RecommendationView, Selection, Trace, popular};
use domain::store::{Ctx, StoreError, Tx, UseCase};
use testkit::{TestDatabase, both_databases, builders};
use uuid::Uuid;

use crate::attempt_scene::Scene;

both_databases!(
    a_recommendation_is_read_as_it_was_kept,
    the_first_one_of_an_attempt_stays,
    only_what_is_in_the_catalogue_can_be_kept,
    what_is_popular_says_that_nothing_was_looked_for,
    what_was_taken_out_of_the_catalogue_is_not_popular,
);

struct Keep(Recommend);

#[async_trait]
impl UseCase for Keep {
    const NAME: &'static str = "tests.keep";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        self.0.apply(ctx, tx).await
    }
}

struct StandIn(AttemptId);

#[async_trait]
impl UseCase for StandIn {
    const NAME: &'static str = "tests.stand_in";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        Recommend::stand_in(self.0, ctx, tx).await
    }
}

async fn credential(scene: &Scene, title: &str) -> Credential {
    let content = builders::credential_content(title, &["sql-joins"]);
    builders::credential(&scene.database, content).await.unwrap()
}

fn pick(scene: &Scene, credential: &Credential, confidence: f64) -> Pick {
    let item = scene.published.items().next().unwrap().item_version_id;
    let trace = |snippet: &str, similarity| Trace {
        skill: "sql-joins".to_owned(),
        skill_name: "SQL \"joins\"".to_owned(),
        item_version_id: item,
        snippet: snippet.to_owned(),
        similarity,
    };
    Pick {
        credential_id: credential.id,
        version: credential.version,
        content: credential.content.clone(),
        confidence,
        rationale: "Because of “joins” [1] and <b>outer</b> ones [2].".to_owned(),
        worded_by: Some(ModelName {
            provider: "openai".to_owned(),
            model: "m".to_owned(),
        }),
        traces: vec![trace("What it is for.", 1.0), trace("How it is done.", -0.25)],
    }
}

fn of(picks: Vec<Pick>) -> Selection {
    Selection {
        outcome: Outcome::Recommended,
        picks,
        summary: "Two fit.".to_owned(),
        embedding_provider: "lexical-hash".to_owned(),
    }
}

async fn keep(scene: &Scene, selection: Selection) -> Result<(), StoreError> {
    let recommend = Recommend {
        attempt_id: scene.attempt_id,
        selection,
        took: Duration::from_millis(1_234),
    };
    scene.run(&Keep(recommend)).await
}

/// Its candidate knows the result.
async fn release(scene: &Scene) {
    let job = scene.attempt().await.evaluation_job_id.unwrap();
    scene.finish_evaluation(job).await;
}

async fn kept(scene: &Scene) -> Option<RecommendationView> {
    let store = &scene.database.store;
    store.recommendation(scene.attempt_id).await.unwrap()
}

async fn a_recommendation_is_read_as_it_was_kept(database: TestDatabase) {
    let scene = Scene::submitted(database, answer_key).await;
    let first = credential(&scene, "Joins").await;
    let second = credential(&scene, "More joins").await;
    let picks = vec![pick(&scene, &second, 0.75), pick(&scene, &first, 0.0)];
    keep(&scene, of(picks.clone())).await.unwrap();
    let view = kept(&scene).await.unwrap();
    assert_eq!(
        (
            view.outcome,
            view.summary.as_str(),
            view.embedding_provider.as_str()
        ),
        (Outcome::Recommended, "Two fit.", "lexical-hash")
    );
    assert_eq!(
        (view.took, view.made_at),
        (Duration::from_millis(1_234), scene.now())
    );
    assert_eq!(view.items.len(), 2);
    for (item, pick) in view.items.iter().zip(&picks) {
        let traces: Vec<Trace> = item.traces.iter().map(|trace| trace.trace.clone()).collect();
        assert_eq!(
            (
                item.credential_id,
                item.version,
                &item.content,
                &item.rationale,
                &traces
            ),
            (
                pick.credential_id,
                pick.version,
                &pick.content,
                &pick.rationale,
                &pick.traces
            )
        );
        assert!((item.confidence - pick.confidence).abs() < f64::EPSILON);
        assert_eq!(item.worded_by.as_deref(), Some("openai/m"));
        let question = scene.published.items().next().unwrap().item_id;
        assert!(item.traces.iter().all(|trace| trace.question_id == question));
    }
    assert_eq!(scene.attempt().await.degraded_reasons, []);
}

async fn the_first_one_of_an_attempt_stays(database: TestDatabase) {
    let scene = Scene::submitted(database, answer_key).await;
    let one = credential(&scene, "Joins").await;
    keep(&scene, of(vec![pick(&scene, &one, 0.5)])).await.unwrap();
    let first = kept(&scene).await;
    keep(&scene, of(Vec::new())).await.unwrap();
    scene.run(&StandIn(scene.attempt_id)).await.unwrap();
    assert_eq!(kept(&scene).await, first);
    assert_eq!(scene.attempt().await.degraded_reasons, []);
}

async fn only_what_is_in_the_catalogue_can_be_kept(database: TestDatabase) {
    let scene = Scene::submitted(database, answer_key).await;
    let known = credential(&scene, "Joins").await;
    let invented = Credential {
        id: CredentialId(Uuid::from_u128(0xdead_beef)),
        ..known.clone()
    };
    let later = Credential {
        version: known.version + 1,
        ..known.clone()
    };
    let twice = vec![pick(&scene, &known, 0.5), pick(&scene, &known, 0.5)];
    let refused = [
        vec![pick(&scene, &invented, 0.5)],
        vec![pick(&scene, &later, 0.5)],
        vec![pick(&scene, &known, 1.5)],
        twice,
    ];
    for picks in refused {
        let refusal = keep(&scene, of(picks)).await;
        assert!(
            matches!(refusal, Err(StoreError::Constraint { .. })),
            "{refusal:?}"
        );
        assert_eq!(kept(&scene).await, None);
    }
}

async fn what_is_popular_says_that_nothing_was_looked_for(database: TestDatabase) {
    let scene = Scene::submitted(database, answer_key).await;
    let one = credential(&scene, "Joins").await;
    let stands_in = popular(vec![one.clone()], "lexical-hash");
    keep(&scene, stands_in).await.unwrap();
    release(&scene).await;
    let view = kept(&scene).await.unwrap();
    assert_eq!((view.outcome, view.items.len()), (Outcome::Popular, 1));
    assert_eq!(view.items[0].traces, []);
    assert_eq!(
        scene.attempt().await.degraded_reasons,
        [DegradedReason::RetrievalFailed]
    );
    let track = scene.published.definition_id;
    let known = scene.database.store.popular_credentials(track).await.unwrap();
    assert_eq!(known, [], "what stood in was not chosen");
}

async fn what_was_taken_out_of_the_catalogue_is_not_popular(database: TestDatabase) {
    let scene = Scene::submitted(database, answer_key).await;
    let one = credential(&scene, "Joins").await;
    let other = credential(&scene, "More joins").await;
    let picks = vec![pick(&scene, &one, 0.5), pick(&scene, &other, 0.4)];
    keep(&scene, of(picks)).await.unwrap();
    let track = scene.published.definition_id;
    let store = &scene.database.store;
    assert_eq!(
        store.popular_credentials(track).await.unwrap(),
        [],
        "nobody knows it"
    );
    release(&scene).await;
    let mut both = vec![one.clone(), other.clone()];
    both.sort_by_key(|credential| credential.id);
    assert_eq!(store.popular_credentials(track).await.unwrap(), both);
    let delete = domain::catalog::DeleteCredential {
        admin: builders::admin(&scene.database).await.unwrap(),
        id: one.id,
    };
    scene.run(&delete).await.unwrap();
    assert_eq!(store.popular_credentials(track).await.unwrap(), [other]);
}
