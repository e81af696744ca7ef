//! Scores that are known to be right, answered over HTTP and read from the result.
//!
//! Of the sums over criteria only the last step is in reach of HTTP as long as nobody but the local scorer judges texts:
//! verdicts with the known criterion scores are recorded by the use case of graders, the sum is the domain's, and the result
//! shows it. How such scores are read out of what a model wrote is not part of this test.

use async_trait::async_trait;
use domain::attempts::Viewer;
use domain::authoring::Settings;
use domain::authoring::item::{
    Blank, BlankComparison, ContextEntry, CountBand, Difficulty, ItemBody, ItemContent, ProfileForm,
};
use domain::authoring::rubric::Rubric;
use domain::ids::AttemptId;
use domain::points::Points;
use domain::scoring::rubric_points::essay_points;
use domain::scoring::{CriterionVerdict, Reason, Scorer, Subject, Verdict, record_verdict};
use domain::store::{Ctx, StoreError, Tx, UseCase};
use serde_json::{Value, json};
use testkit::{Backend, builders};

use super::support::{Sitting, Taking, TestApp};

on_both_databases!(
    known_answers_to_a_track_earn_known_points,
    known_answers_to_a_generated_assessment_earn_known_points,
    known_criterion_scores_add_up_to_known_points,
);

/// An item of the builders with other marks and another body.
fn item(kind_of: usize, marks: i64, change: impl FnOnce(&mut ItemBody)) -> ItemContent {
    let mut item = builders::every_kind().swap_remove(kind_of);
    item.marks = Points::whole(marks);
    change(&mut item.body);
    item
}

/// −50 % of 2 for a wrong option.
fn negative_choice() -> ItemContent {
    item(0, 2, |_| {})
}

/// Two right options, worth 8, with credit for a part.
fn subset_of_two() -> ItemContent {
    item(1, 8, |_| {})
}

/// Blanks that weigh .75 and .25, worth 1.
fn weighed_blanks() -> ItemContent {
    let blank = |id: &str, weight| Blank {
        id: id.to_owned(),
        accepted: vec!["lock".to_owned()],
        comparison: BlankComparison::Normal,
        weight,
    };
    item(3, 1, |body| {
        *body = ItemBody::FillBlank {
            blanks: vec![blank("b1", 0.75), blank("b2", 0.25)],
        };
    })
}

/// 5 to 8 projects count 40, a campus adds 10 and production 15; worth 100.
fn checklist() -> ItemContent {
    let band = |from, to, score| CountBand { from, to, score };
    let context = |id: &str, points| ContextEntry {
        id: id.to_owned(),
        text: format!("In {id}"),
        points,
    };
    let form = ProfileForm::Checklist {
        bands: vec![
            band(1, Some(4), 20.0),
            band(5, Some(8), 40.0),
            band(9, None, 60.0),
        ],
        context: vec![context("campus", 10.0), context("production", 15.0)],
    };
    item(0, 100, |body| *body = ItemBody::Profile { form })
}

/// The known answers with what they earn.
fn known() -> Vec<(ItemContent, Value, f64)> {
    vec![
        (negative_choice(), json!("a"), -1.0),
        (subset_of_two(), json!(["a"]), 4.0),
        (weighed_blanks(), json!({ "b1": "Lock", "b2": "key" }), 0.75),
        (
            checklist(),
            json!({ "count": 5, "context": ["campus", "production"] }),
            65.0,
        ),
    ]
}

fn whole_bank() -> Settings {
    Settings {
        mix: None,
        ..Settings::for_tracks()
    }
}

/// The points of a question, wherever the result has it.
fn points_of(result: &Value, question: &Value) -> Value {
    let scores = &result["scores"];
    let members = [&scores["items"], &scores["profile"]["items"]];
    let mut items = members
        .into_iter()
        .flat_map(|items| items.as_array().into_iter().flatten());
    items.find(|item| item["question_id"] == *question).unwrap()["points"].clone()
}

async fn known_answers_to_a_track_earn_known_points(backend: Backend) {
    let app = TestApp::start(backend).await;
    let items = known().into_iter().map(|(item, ..)| item).collect();
    let track = app.publish_track("known", whole_bank(), items).await;
    let taking = Taking::started(&app, &track, 1).await;
    for (question, (_, answer, _)) in taking.questions.iter().zip(known()) {
        taking.save(&question["question_id"], answer).await.is(202);
    }
    let at_once = taking.submit().await.is(202);
    assert_eq!(
        (
            &at_once["scores"]["rule"]["total"],
            &at_once["scores"]["rule"]["max"]
        ),
        (&json!(3.75), &json!(11.0))
    );
    assert_eq!(at_once["scores"]["profile"]["total"], 65.0);
    let result = taking.scored(&app).await;
    for (question, (_, answer, points)) in taking.questions.iter().zip(known()) {
        assert_eq!(
            points_of(&result, &question["question_id"]),
            json!(points),
            "{answer}"
        );
    }
    assert_eq!(
        (&result["scores"]["total"], &result["scores"]["percent"]),
        (&json!(3.75), &json!(34.09))
    );
    assert_eq!(result["scores"]["profile"]["percent"], 65.0);

    let odd = Taking::started(&app, &track, 2).await;
    let listed = json!({ "count": 5, "context": ["campus", "moon"] });
    odd.save(&odd.questions[3]["question_id"], listed).await.is(202);
    odd.submit().await.is(202);
    let result = odd.scored(&app).await;
    let profile = &result["scores"]["profile"];
    assert_eq!(profile["items"][0]["points"], 50.0);
    assert!(
        profile["items"][0]["criteria"]
            .to_string()
            .contains("no match for “moon”"),
        "{profile}"
    );
}

async fn known_answers_to_a_generated_assessment_earn_known_points(backend: Backend) {
    let app = TestApp::start(backend).await;
    let items = known().into_iter().map(|(item, ..)| item).collect();
    let draft = builders::draft(&app.database, vec![items]).await.unwrap();
    let settings = Settings {
        profile_counts: true,
        ..Settings::default()
    };
    let published = builders::publish(&app.database, draft, settings).await.unwrap();
    let sitting = Sitting::started(&app, &published, 1).await;
    let questions: Vec<String> = published.items().map(|item| item.item_id.to_string()).collect();
    let answers = questions
        .iter()
        .cloned()
        .zip(known())
        .map(|(id, (_, answer, _))| (id, answer));
    sitting
        .submit_section(0, &answers.collect::<serde_json::Map<_, _>>().into())
        .await
        .is(200);
    sitting.complete().await.is(202);
    app.drain_jobs().await;
    let result = sitting.result().await.is(200);
    for (question, (_, answer, points)) in questions.iter().zip(known()) {
        assert_eq!(points_of(&result, &json!(question)), json!(points), "{answer}");
    }
    assert_eq!(
        result["scores"]["total"], 68.75,
        "here the profile is part of the mark"
    );
    assert_eq!(result["scores"]["items"].as_array().unwrap().len(), 4);
}

/// Relevance, depth, clarity, completeness, technical accuracy.
const KNOWN_SUMS: [(Difficulty, [f64; 5], f64); 4] = [
    (Difficulty::Hard, [90.0, 80.0, 70.0, 60.0, 50.0], 70.0),
    (Difficulty::Medium, [92.0, 88.0, 95.0, 85.0, 78.0], 88.3),
    (Difficulty::Medium, [85.0, 80.0, 90.0, 75.0, 70.0], 80.75),
    (Difficulty::Medium, [150.0, -10.0, 90.0, 75.0, 70.0], 68.5),
];

/// An essay worth 100 with the default rubric of a difficulty.
fn essay(difficulty: Difficulty) -> ItemContent {
    item(8, 100, |body| {
        *body = ItemBody::Essay {
            reference: None,
            rubric: Rubric::default_for(difficulty),
        };
    })
}

/// A grader's verdict with these criterion scores.
fn verdict(difficulty: Difficulty, given: [f64; 5]) -> Verdict {
    let rubric = Rubric::default_for(difficulty);
    let ids = rubric.criteria.iter().map(|criterion| criterion.id.as_str());
    let scores: Vec<(&str, f64)> = ids.zip(given).collect();
    let criterion = |((criterion, weight), score): ((&domain::authoring::rubric::Criterion, f64), f64)| {
        CriterionVerdict {
            criterion: criterion.id.clone(),
            score: score.clamp(0.0, 100.0),
            weight,
            level: None,
            evidence: Vec::new(),
            rationale: "As given.".to_owned(),
        }
    };
    Verdict {
        scorer: Scorer::Human,
        scorer_version: "known".to_owned(),
        points: Some(essay_points(&rubric, &scores, true, Points::whole(100)).unwrap()),
        max_points: Points::whole(100),
        reason: Reason::Judged,
        criteria: rubric.normalised().zip(given).map(criterion).collect(),
        confidence: None,
        flags: Vec::new(),
    }
}

/// Records a verdict the way graders do.
struct Grade {
    subject: Subject,
    verdict: Verdict,
}

#[async_trait]
impl UseCase for Grade {
    const NAME: &'static str = "test.grade";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        record_verdict(ctx, tx, &self.subject, self.verdict.clone(), 0.0).await
    }
}

async fn known_criterion_scores_add_up_to_known_points(backend: Backend) {
    let app = TestApp::start(backend).await;
    let items = KNOWN_SUMS
        .iter()
        .map(|(difficulty, ..)| essay(*difficulty))
        .collect();
    let track = app.publish_track("known", whole_bank(), items).await;
    let taking = Taking::started(&app, &track, 1).await;
    let texts = taking
        .questions
        .iter()
        .map(|question| json!({ "question_id": question["question_id"], "answer": "Waiting." }));
    taking.save_all(&texts.collect()).await.is(202);
    taking.submit().await.is(202);
    app.drain_jobs().await;
    let attempt_id = AttemptId(taking.id);
    let scored = app
        .state
        .store
        .attempt_result(attempt_id, Viewer::Admin)
        .await
        .unwrap()
        .unwrap();
    for (item, (difficulty, given, _)) in scored.items.iter().zip(KNOWN_SUMS) {
        let subject = Subject {
            attempt_id,
            item_version_id: item.item.item_version_id,
            cause: "rescore:1".to_owned(),
            job_id: None,
        };
        let verdict = verdict(difficulty, given);
        app.run(Grade { subject, verdict }).await;
    }
    let result = taking.result().await.is(200);
    for (question, (_, given, points)) in taking.questions.iter().zip(KNOWN_SUMS) {
        assert_eq!(
            points_of(&result, &question["question_id"]),
            json!(points),
            "{given:?}"
        );
    }
    assert_eq!(
        (&result["scores"]["total"], &result["provisional"]),
        (&json!(307.55), &json!(false))
    );
}
