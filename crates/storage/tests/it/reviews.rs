//! What people say of scores, as it is stored: which record counts, what is learnt from it, and how an inquiry moves on.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use async_trait::async_trait;
use domain::attempts::{AttemptState, ScoringState, Viewer};
use domain::authoring::NewExemplar;
use domain::authoring::item::ItemKind;
use domain::authoring::sample_answers::answer_key;
use domain::ids::{IdSource as _, InquiryId, ScoreRecordId};
use domain::points::Points;
use domain::reports::PageRequest;
use domain::reviews::{
    CriterionGrade, Decide, Decided, Decision, Grade, Inquiry, InquiryState, OpenInquiry, ReviewEntry,
    ReviewFilter, ReviewOrder, ReviewsError,
};
use domain::scoring::{AddExemplars, Reason, Scorer, Subject, Verdict, record_verdict};
use domain::store::{Ctx, StoreError, Tx, UseCase};
use testkit::{TestDatabase, both_databases, builders};

use crate::attempt_scene::{MINUTE, Scene};
use crate::raw;

both_databases!(
    a_failed_attempt_stays_failed_and_counts_what_people_say,
    a_late_grader_does_not_replace_a_person,
    a_judged_text_is_learnt_from_with_its_latest_grade,
    a_grade_of_others_of_the_same_answer_stays,
    two_scorers_that_differ_are_told_by_how_much,
    what_people_make_of_a_models_verdicts_is_read_with_the_confidence_before_calibration,
    an_inquiry_moves_on_from_the_state_it_was_in,
);

/// Scored, but for the texts, which nobody has judged.
async fn ungraded(database: TestDatabase) -> Scene {
    let scene = Scene::submitted(database, answer_key).await;
    let job = scene.attempt().await.evaluation_job_id.unwrap();
    scene.finish_evaluation(job).await;
    scene
}

/// The record that counts.
async fn counts(scene: &Scene, kind: ItemKind) -> ScoreRecordId {
    let result = scene.result().await;
    let item = result
        .items
        .into_iter()
        .find(|item| item.item.content.body.kind() == kind);
    item.unwrap().counts.unwrap().record.id
}

fn by_criteria(score: f64) -> Decision {
    let ids = [
        "relevance",
        "depth",
        "clarity",
        "completeness",
        "technical_accuracy",
    ];
    let criteria = ids.map(|id| CriterionGrade {
        criterion: id.to_owned(),
        score: Some(score),
        level: None,
        rationale: "Says why.".to_owned(),
    });
    Decision::Override {
        reason: "nobody has judged it".to_owned(),
        grade: Grade::Criteria {
            criteria: criteria.into(),
            off_topic: false,
        },
    }
}

async fn decide(scene: &Scene, seen: ScoreRecordId, decision: Decision) -> Result<Decided, ReviewsError> {
    let staff = builders::advisor(&scene.database, 1).await.unwrap();
    scene
        .run(&Decide {
            staff,
            review: seen,
            seen,
            decision,
        })
        .await
}

async fn queue(scene: &Scene, order: ReviewOrder) -> Vec<ReviewEntry> {
    let page = PageRequest::new(None, None).unwrap();
    let asked = (ReviewFilter::default(), order);
    let found = scene
        .database
        .store
        .list_reviews(Viewer::Admin, asked, page)
        .await;
    found.unwrap().items
}

async fn a_failed_attempt_stays_failed_and_counts_what_people_say(database: TestDatabase) {
    let scene = Scene::submitted(database, answer_key).await;
    let job = scene.attempt().await.evaluation_job_id.unwrap();
    scene.give_up_evaluation(job).await;
    let before = scene.result().await.total();
    assert_eq!(before.ungraded, 2);

    let decided = decide(&scene, counts(&scene, ItemKind::Essay).await, by_criteria(80.0))
        .await
        .unwrap();

    assert_eq!(decided.record.verdict.points, Some(Points::whole(8)));
    let (attempt, after) = (scene.attempt().await, scene.result().await.total());
    assert_eq!(
        (attempt.state, attempt.scoring),
        (AttemptState::Failed, ScoringState::Failed)
    );
    assert_eq!(
        (after.ungraded, after.points),
        (1, before.points + Points::whole(8))
    );
}

struct Judge {
    subject: Subject,
    verdict: Verdict,
}

#[async_trait]
impl UseCase for Judge {
    const NAME: &'static str = "test.judge_again";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        record_verdict(ctx, tx, &self.subject, self.verdict.clone(), 0.6).await
    }
}

fn verdict_of(scorer: Scorer, points: i64) -> Verdict {
    Verdict {
        scorer,
        scorer_version: "late-1".to_owned(),
        points: Some(Points::whole(points)),
        max_points: Points::whole(10),
        reason: Reason::Judged,
        criteria: Vec::new(),
        confidence: Some(0.4),
        flags: Vec::new(),
    }
}

async fn judged_by(scene: &Scene, scorer: Scorer, points: i64) {
    judged_for(scene, ItemKind::Essay, "rescore:1", verdict_of(scorer, points)).await;
}

async fn judged_for(scene: &Scene, kind: ItemKind, cause: &str, verdict: Verdict) {
    let item = scene.published.item(kind).unwrap();
    let subject = Subject {
        attempt_id: scene.attempt_id,
        item_version_id: item.item_version_id,
        cause: cause.to_owned(),
        job_id: None,
    };
    scene.run(&Judge { subject, verdict }).await.unwrap();
}

async fn what_people_make_of_a_models_verdicts_is_read_with_the_confidence_before_calibration(
    database: TestDatabase,
) {
    let scene = ungraded(database).await;
    let store = &scene.database.store;
    judged_by(&scene, Scorer::Llm, 4).await;
    assert_eq!(store.judged_verdicts("late-1").await.unwrap(), []);
    decide(&scene, counts(&scene, ItemKind::Essay).await, by_criteria(80.0))
        .await
        .unwrap();
    let calibrated = Verdict {
        scorer_version: "late-1/cal-30-abc".to_owned(),
        flags: vec!["sign:role".to_owned(), "before_calibration:0.62".to_owned()],
        ..verdict_of(Scorer::Llm, 5)
    };
    judged_for(&scene, ItemKind::ShortAnswer, "rescore:1", calibrated).await;
    let seen = counts(&scene, ItemKind::ShortAnswer).await;
    decide(&scene, seen, Decision::Confirm { counts: None })
        .await
        .unwrap();

    let mut judged = store.judged_verdicts("late-1").await.unwrap();
    judged.sort_by(|one, other| one.predicted.total_cmp(&other.predicted));
    let shares: Vec<(f64, f64, f64)> = judged
        .iter()
        .map(|one| (one.predicted, one.human, one.confidence))
        .collect();
    assert_eq!(shares, [(0.4, 0.8, 0.4), (0.5, 0.5, 0.62)]);
    for other in ["late", "late-10", "late-1/cal", "%"] {
        assert_eq!(store.judged_verdicts(other).await.unwrap(), [], "{other}");
    }
    // Whoever judges again has the last word.
    decide(&scene, counts(&scene, ItemKind::Essay).await, by_criteria(100.0))
        .await
        .unwrap();
    let judged = store.judged_verdicts("late-1").await.unwrap();
    let mut humans: Vec<f64> = judged.iter().map(|one| one.human).collect();
    humans.sort_by(f64::total_cmp);
    assert_eq!(humans, [0.5, 1.0]);
}

async fn a_late_grader_does_not_replace_a_person(database: TestDatabase) {
    let scene = ungraded(database).await;
    let seen = counts(&scene, ItemKind::Essay).await;
    let decided = decide(&scene, seen, by_criteria(80.0)).await.unwrap();
    judged_by(&scene, Scorer::Llm, 1).await;
    assert_eq!(counts(&scene, ItemKind::Essay).await, decided.record.id);
    // A person may, and agree with the machine.
    let llm = scene
        .database
        .store
        .review(seen, Viewer::Admin)
        .await
        .unwrap()
        .unwrap();
    let llm = llm
        .records
        .iter()
        .find(|reviewed| reviewed.record.verdict.scorer == Scorer::Llm);
    let confirm = Decision::Confirm {
        counts: Some(llm.unwrap().record.id),
    };
    let again = decide(&scene, decided.record.id, confirm).await.unwrap();
    assert_eq!(
        (again.record.verdict.points, again.record.cause.as_str()),
        (Some(Points::whole(1)), "review:2")
    );
    let stale = decide(&scene, decided.record.id, by_criteria(1.0))
        .await
        .unwrap_err();
    assert!(matches!(stale, ReviewsError::Changed { counts } if counts == again.record.id));
    let unknown = decide(&scene, ScoreRecordId(scene.attempt_id.0), by_criteria(1.0)).await;
    assert!(matches!(unknown, Err(ReviewsError::NotFound)));
}

async fn a_judged_text_is_learnt_from_with_its_latest_grade(database: TestDatabase) {
    let scene = ungraded(database).await;
    for score in [80.0, 50.0] {
        scene.advance(MINUTE);
        let seen = counts(&scene, ItemKind::Essay).await;
        assert!(decide(&scene, seen, by_criteria(score)).await.unwrap().calibrates);
    }
    let essay = scene.published.item(ItemKind::Essay).unwrap();
    let store = &scene.database.store;
    let learnt = store.graded_answers(essay.item_id, &essay.content).await.unwrap();
    assert_eq!(learnt.len(), 1);
    assert_eq!(
        (&learnt[0].answer, learnt[0].points),
        (&answer_key(&essay.content), Points::whole(5))
    );
    let listed = store
        .list_exemplars(essay.item_id, PageRequest::new(None, None).unwrap())
        .await
        .unwrap();
    assert_eq!(listed.total, 0, "the attempt is not for everybody to see");
}

async fn a_grade_of_others_of_the_same_answer_stays(database: TestDatabase) {
    let scene = ungraded(database).await;
    let essay = scene.published.item(ItemKind::Essay).unwrap().clone();
    let add = AddExemplars {
        staff: builders::advisor(&scene.database, 1).await.unwrap(),
        item_id: essay.item_id,
        exemplars: vec![NewExemplar {
            answer: answer_key(&essay.content),
            points: Points::whole(9),
            note: None,
        }],
    };
    scene.run(&add).await.unwrap();
    let seen = counts(&scene, ItemKind::Essay).await;
    assert!(!decide(&scene, seen, by_criteria(50.0)).await.unwrap().calibrates);
    let learnt = scene
        .database
        .store
        .graded_answers(essay.item_id, &essay.content)
        .await
        .unwrap();
    assert_eq!(learnt[0].points, Points::whole(9));
}

async fn two_scorers_that_differ_are_told_by_how_much(database: TestDatabase) {
    let scene = ungraded(database).await;
    judged_by(&scene, Scorer::Local, 3).await;
    judged_by(&scene, Scorer::Llm, 7).await;
    for order in ReviewOrder::ALL {
        let entries = queue(&scene, order).await;
        assert_eq!(entries.len(), 2, "{order:?}");
        let gap = |kind: ItemKind| {
            entries
                .iter()
                .find(|entry| entry.kind == kind)
                .unwrap()
                .gap_percent
        };
        assert_eq!(
            (gap(ItemKind::Essay), gap(ItemKind::ShortAnswer)),
            (Some(40.0), None),
            "{order:?}"
        );
    }
    let first = async |order| queue(&scene, order).await[0].kind;
    assert_eq!(first(ReviewOrder::Disagreement).await, ItemKind::Essay);
    // What nobody could judge is least sure.
    assert_eq!(first(ReviewOrder::Confidence).await, ItemKind::ShortAnswer);
    let user = builders::advisor(&scene.database, 2).await.unwrap().user_id();
    let everyone = domain::identity::EVERYONE;
    let backend = scene.database.store.database().backend();
    let leave = format!(
        "DELETE FROM cohort_members WHERE cohort_id = {} AND user_id = {}",
        raw::id(backend, everyone.0),
        raw::id(backend, user.0)
    );
    raw::execute(&scene.database, &leave).await.unwrap();
    let page = PageRequest::new(None, None).unwrap();
    let asked = (ReviewFilter::default(), ReviewOrder::Age);
    let store = &scene.database.store;
    assert_eq!(
        store
            .list_reviews(Viewer::Advisor(user), asked, page)
            .await
            .unwrap()
            .total,
        0
    );
}

/// Tries to move an inquiry on.
struct Advance {
    inquiry: InquiryId,
    from: InquiryState,
    to: InquiryState,
}

#[async_trait]
impl UseCase for Advance {
    const NAME: &'static str = "test.advance_inquiry";
    type Out = bool;
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<bool, StoreError> {
        tx.inquiries()
            .advance(self.inquiry, self.from, self.to, ctx.now())
            .await
    }
}

/// Adds an inquiry past the rules.
struct Insert(Inquiry);

#[async_trait]
impl UseCase for Insert {
    const NAME: &'static str = "test.insert_inquiry";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, _: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        tx.inquiries().insert(&self.0).await
    }
}

async fn an_inquiry_moves_on_from_the_state_it_was_in(database: TestDatabase) {
    let scene = ungraded(database).await;
    for (question, index) in [
        (None, "inquiries_one_open_whole"),
        (
            Some(scene.published.item(ItemKind::Essay).unwrap().item_id),
            "inquiries_one_open",
        ),
    ] {
        let open = OpenInquiry {
            candidate: scene.candidate,
            attempt_id: scene.attempt_id,
            question,
            message: "Why?".to_owned(),
        };
        let inquiry = scene.run(&open).await.unwrap();
        let twin = Inquiry {
            id: InquiryId(scene.database.ids.new_uuid()),
            ..inquiry.clone()
        };
        let refused = scene.run(&Insert(twin)).await.unwrap_err();
        assert!(
            matches!(&refused, StoreError::Constraint { name } if name == index),
            "{refused:?}"
        );
        let step = |from, to| Advance {
            inquiry: inquiry.id,
            from,
            to,
        };
        let late = step(InquiryState::Answered, InquiryState::Withdrawn);
        assert!(!scene.run(&late).await.unwrap());
        let lawful = step(InquiryState::Open, InquiryState::Withdrawn);
        assert!(scene.run(&lawful).await.unwrap());
        assert!(!scene.run(&lawful).await.unwrap());
        scene.run(&open).await.unwrap();
    }
}
