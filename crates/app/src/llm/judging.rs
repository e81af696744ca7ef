//! One answer judged by the first model that does.

use std::time::Duration;

use domain::attempts::{Models, TextAnswer};
use domain::authoring::item::ItemBody;
use domain::authoring::rubric::Rubric;
use domain::llm::Cap;
use domain::scoring::llm::{Grading, Step};
use domain::scoring::local::{TextTask, effective};
use domain::scoring::{DeferralReason, Subject, Verdict};
use domain::time::Timestamp;
use jobs::JobError;

use super::gateway::{About, Gateway, GatewayError, Offer};

/// How long an answer whose models do not answer is left alone.
const LEFT_ALONE: Duration = Duration::from_secs(30);

/// Why one model gave no verdict.
enum NoVerdict {
    Unavailable,
    NotYet(Duration),
    NoMoney(Cap),
}

/// Asks the models in their order; `local` is the second opinion. Blanks and what the rules judge are not theirs.
pub(crate) async fn judge_text(
    gateway: &Gateway,
    subject: &Subject,
    answer: &TextAnswer,
    local: &Verdict,
) -> Result<Models, JobError> {
    let (Some((reference, rubric)), Some(words)) =
        (texts_of(&answer.item.content.body), answer.answer.as_str())
    else {
        return Ok(Models::Unset);
    };
    if gateway.offers().is_empty() {
        return Ok(Models::Unset);
    }
    let content = &answer.item.content;
    let rubric = effective(rubric);
    let task = TextTask {
        question: &content.stem,
        reference,
        rubric: &rubric,
        marks: content.marks,
        answer: words,
        item_kind: content.body.kind(),
    };
    let mut shortest: Option<NoVerdict> = None;
    for offer in gateway.offers() {
        let unsure_below = answer.thresholds.review_below_confidence;
        match by(gateway, offer, &task, subject, (local, unsure_below)).await? {
            Ok(verdict) => return Ok(Models::Judged(verdict)),
            Err(why) => shortest = Some(gentler(shortest, why)),
        }
    }
    Ok(missing(shortest, gateway.now()))
}

/// Reference and rubric of the kinds that models judge.
fn texts_of(body: &ItemBody) -> Option<(Option<&str>, &Rubric)> {
    match body {
        ItemBody::ShortAnswer { reference, rubric } => Some((Some(reference.as_str()), rubric)),
        ItemBody::Essay { reference, rubric } => Some((reference.as_deref(), rubric)),
        _ => None,
    }
}

async fn by(
    gateway: &Gateway,
    offer: &Offer,
    task: &TextTask<'_>,
    subject: &Subject,
    local: (&Verdict, f64),
) -> Result<Result<Verdict, NoVerdict>, JobError> {
    let secret = gateway.secret().ok_or_else(|| JobError::transient("no_secret"))?;
    let named = format!("{}/{}", subject.attempt_id, subject.item_version_id);
    let mut grading = Grading::begin(task, named, offer.model().name().clone(), secret, local);
    let about = About {
        attempt_id: Some(subject.attempt_id),
        item_version_id: Some(subject.item_version_id),
        job_id: subject.job_id,
    };
    loop {
        let asked = match grading.next() {
            Step::Done(verdict) => return Ok(Ok(verdict)),
            Step::Unusable(_) => return Ok(Err(NoVerdict::Unavailable)),
            Step::Ask(asked) => asked,
        };
        let why = match gateway.ask(offer, (&asked.key, &asked.request), about).await {
            Ok(answer) => {
                grading.answered(&answer.text);
                continue;
            }
            Err(GatewayError::Store(error)) => return Err(JobError::transient("database").because(error)),
            Err(GatewayError::Unavailable(_)) => NoVerdict::Unavailable,
            Err(GatewayError::NotYet { after }) => NoVerdict::NotYet(after),
            Err(GatewayError::NoMoney(cap)) => NoVerdict::NoMoney(cap),
        };
        // A first sample that is unsure is better than none.
        return Ok(grading.cut_short().ok_or(why));
    }
}

/// Of two reasons the one that ends sooner and by itself.
fn gentler(one: Option<NoVerdict>, other: NoVerdict) -> NoVerdict {
    match (one, other) {
        (Some(NoVerdict::NotYet(one)), NoVerdict::NotYet(other)) => NoVerdict::NotYet(one.min(other)),
        (Some(NoVerdict::NotYet(after)), _) | (_, NoVerdict::NotYet(after)) => NoVerdict::NotYet(after),
        (Some(NoVerdict::Unavailable), _) | (_, NoVerdict::Unavailable) => NoVerdict::Unavailable,
        (_, no_money @ NoVerdict::NoMoney(_)) => no_money,
    }
}

fn missing(why: Option<NoVerdict>, now: Timestamp) -> Models {
    let (reason, not_before) = match why {
        Some(NoVerdict::NotYet(after)) => (DeferralReason::Quota, Some(now + after)),
        Some(NoVerdict::NoMoney(Cap::Day(until))) => (DeferralReason::Budget, Some(until)),
        Some(NoVerdict::NoMoney(Cap::Attempt)) => (DeferralReason::Budget, None),
        Some(NoVerdict::Unavailable) | None => (DeferralReason::LlmUnavailable, Some(now + LEFT_ALONE)),
    };
    Models::Missing { reason, not_before }
}
