//! One answer judged by the first model that does.

use std::time::Duration;

use domain::attempts::{Models, TextAnswer};
use domain::authoring::item::ItemBody;
use domain::authoring::rubric::Rubric;
use domain::llm::Cap;
use domain::scoring::llm::screening::{screen, without_suspicion};
use domain::scoring::llm::{Grading, Step, with_suspicion};
use domain::scoring::local::{TextTask, effective};
use domain::scoring::{DeferralReason, Subject, Verdict};
use domain::time::Timestamp;
use jobs::JobError;
use serde_json::Value;
use tokio::time::Instant;

use super::gateway::{About, Gateway, GatewayError, Offer};

/// How long an answer whose models do not answer is left alone.
const LEFT_ALONE: Duration = Duration::from_secs(30);

/// How long an answer is left alone of which models make nothing: until the next day there may be another model.
const UNUSABLE_FOR: Duration = Duration::from_hours(24);

/// How long all models together may take for one answer: the local verdict has to stand within 45 s (DOMAIN.md 4).
const ALL_WITHIN: Duration = Duration::from_secs(40);
/// With less time than this nobody is asked any more.
const LEAST_TIME: Duration = Duration::from_secs(2);

/// Why one model gave no verdict.
#[derive(Clone, Copy, Debug, PartialEq)]
enum NoVerdict {
    Unavailable,
    NotYet(Duration),
    NoMoney(Cap),
    /// It answered, and nothing can be made of it; its words are kept, so that asking again gives the same.
    Unusable,
}

/// Asks the models in their order; `local` is the second opinion, and comes back with it: with what screening saw where no model
/// has judged. `due` is when the job was. Blanks and what the rules judge are not theirs.
pub(crate) async fn judge_text(
    gateway: &Gateway,
    subject: &Subject,
    answer: &TextAnswer,
    local: Verdict,
    due: Timestamp,
) -> Result<(Models, Verdict), JobError> {
    let (Some((reference, rubric)), Some(words)) =
        (texts_of(&answer.item.content.body), answer.answer.as_str())
    else {
        return Ok((Models::Unset, local));
    };
    if gateway.offers().is_empty() {
        return Ok((Models::Unset, local));
    }
    let secret = gateway.secret().ok_or_else(|| JobError::transient("no_secret"))?;
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
    let unsure_below = answer.thresholds.review_below_confidence;
    let grading = |offer: &Offer| {
        let named = format!("{}/{}", subject.attempt_id, subject.item_version_id);
        Grading::begin(
            &task,
            named,
            offer.model().name().clone(),
            secret,
            (&local, unsure_below),
        )
    };
    let (begun, waited) = (Instant::now(), gateway.now().since(due));
    let mut shortest: Option<NoVerdict> = None;
    for offer in gateway.offers() {
        let until = begun + time_for(waited, offer.is_suspect());
        match by(gateway, offer, grading(offer), subject, until).await? {
            Ok(verdict) => return Ok((Models::Judged(verdict), local)),
            Err(why) => shortest = Some(gentler(shortest, why)),
        }
    }
    let suspected = with_suspicion(local, &screen(words, &rubric));
    Ok((missing(shortest.as_ref(), gateway.now()), suspected))
}

/// What the local scorer is to read of an answer that speaks to its grader: the rest of it, with blanks for what makes it
/// suspicious, because it has no say in how much the rest is worth.
pub(crate) fn rest_of(answer: &TextAnswer) -> Option<Value> {
    let (_, rubric) = texts_of(&answer.item.content.body)?;
    let rest = without_suspicion(answer.answer.as_str()?, &effective(rubric))?;
    Some(Value::String(rest))
}

/// How long a model may take for an answer whose job has waited for so long. Behind calls that hang jobs wait, and the local verdict
/// has to stand all the same; behind calls that are answered nobody is kept from the model by having waited.
fn time_for(waited: Duration, is_suspect: bool) -> Duration {
    if is_suspect {
        ALL_WITHIN.saturating_sub(waited)
    } else {
        ALL_WITHIN
    }
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
    mut grading: Grading<'_>,
    subject: &Subject,
    until: Instant,
) -> Result<Result<Verdict, NoVerdict>, JobError> {
    let about = About {
        attempt_id: Some(subject.attempt_id),
        item_version_id: Some(subject.item_version_id),
        job_id: subject.job_id,
    };
    loop {
        let mut asked = match grading.next() {
            Step::Done(verdict) => return Ok(Ok(verdict)),
            Step::Unusable(_) => return Ok(Err(NoVerdict::Unusable)),
            Step::Ask(asked) => asked,
        };
        let left = until.saturating_duration_since(Instant::now());
        if left < LEAST_TIME {
            return Ok(grading.cut_short().ok_or(NoVerdict::Unavailable));
        }
        asked.request.timeout = asked.request.timeout.min(left);
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
        (Some(no_money @ NoVerdict::NoMoney(_)), NoVerdict::Unusable)
        | (_, no_money @ NoVerdict::NoMoney(_)) => no_money,
        (_, NoVerdict::Unusable) => NoVerdict::Unusable,
    }
}

fn missing(why: Option<&NoVerdict>, now: Timestamp) -> Models {
    let (reason, not_before) = match why {
        Some(NoVerdict::NotYet(after)) => (DeferralReason::Quota, Some(now + *after)),
        Some(NoVerdict::NoMoney(Cap::Day(until) | Cap::Account(until))) => {
            (DeferralReason::Budget, Some(*until))
        }
        Some(NoVerdict::NoMoney(Cap::Attempt)) => (DeferralReason::Budget, None),
        Some(NoVerdict::Unusable) => (DeferralReason::LlmUnavailable, Some(now + UNUSABLE_FOR)),
        Some(NoVerdict::Unavailable) | None => (DeferralReason::LlmUnavailable, Some(now + LEFT_ALONE)),
    };
    Models::Missing { reason, not_before }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_a_model_that_hangs_the_wait_counts_and_behind_one_that_answers_it_does_not() {
        let seconds = Duration::from_secs;
        assert_eq!(time_for(seconds(39), false), ALL_WITHIN);
        assert_eq!(time_for(seconds(10), true), seconds(30));
        assert!(time_for(seconds(39), true) < LEAST_TIME);
        assert_eq!(time_for(seconds(90), true), Duration::ZERO);
    }

    #[test]
    fn of_two_reasons_the_one_that_ends_sooner_is_told() {
        let tomorrow = Timestamp::from_micros(1_795_000_000_000_000);
        let order = || {
            [
                NoVerdict::NotYet(Duration::from_secs(20)),
                NoVerdict::Unavailable,
                NoVerdict::NoMoney(Cap::Day(tomorrow)),
                NoVerdict::Unusable,
            ]
        };
        for (first, sooner) in order().into_iter().enumerate() {
            for later in order().into_iter().skip(first) {
                let told = gentler(Some(later), order()[first]);
                assert_eq!(told, sooner);
            }
        }
    }
}
