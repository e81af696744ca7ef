//! One answer judged by the first model that does.

use std::time::Duration;

use domain::attempts::{Models, TextAnswer};
use domain::authoring::item::ItemBody;
use domain::authoring::rubric::Rubric;
use domain::llm::{Cap, JournalSecret};
use domain::scoring::llm::screening::{screen, without_suspicion};
use domain::scoring::llm::{Grading, Step, with_suspicion};
use domain::scoring::local::{TextTask, effective};
use domain::scoring::{DeferralReason, Subject, Verdict};
use domain::store::StoreError;
use domain::time::Timestamp;
use jobs::JobError;
use serde_json::Value;
use tokio::time::Instant;

use super::gateway::{About, Gateway, GatewayError, Offer};

/// How long an answer whose models do not answer is left alone.
const LEFT_ALONE: Duration = Duration::from_secs(30);

/// How long an answer is left alone of which models make nothing: until the next day there may be another model.
const UNUSABLE_FOR: Duration = Duration::from_hours(24);

/// How long all models together may take for one answer: the local verdict has to stand within 45 s.
const ALL_WITHIN: Duration = Duration::from_secs(40);
/// With less time than this nobody is asked any more.
const LEAST_TIME: Duration = Duration::from_secs(2);

/// One answer that models are asked about.
pub(crate) struct Judging<'a> {
    /// With its effective rubric.
    pub(crate) task: &'a TextTask<'a>,
    /// Which answer, by ids: names its calls in the journal.
    pub(crate) named: &'a str,
    /// For the journal.
    pub(crate) about: About,
    /// The second opinion.
    pub(crate) local: &'a Verdict,
    /// Further samples are asked for below this confidence, 0–1.
    pub(crate) unsure_below: f64,
    /// How long all models together may take; none where further samples are worth any wait for their turn.
    pub(crate) within: Option<Duration>,
    /// How long the answer had waited before.
    pub(crate) waited: Duration,
}

/// Why no model gave a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoVerdict {
    /// None answered.
    Unavailable,
    /// What it said could not be used, twice; its words are kept, so that asking again gives the same.
    Unusable,
    /// It is not its turn for so long.
    NotYet(Duration),
    /// There is no money.
    NoMoney(Cap),
    /// The run's budget is reached.
    BudgetReached,
}

/// What the models made of an answer, unless the journal cannot be used.
pub(crate) type Judged = Result<Result<Verdict, NoVerdict>, StoreError>;

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
    let judging = Judging {
        task: &TextTask {
            question: &content.stem,
            reference,
            rubric: &rubric,
            marks: content.marks,
            answer: words,
            item_kind: content.body.kind(),
        },
        named: &format!("{}/{}", subject.attempt_id, subject.item_version_id),
        about: About {
            attempt_id: Some(subject.attempt_id),
            item_version_id: Some(subject.item_version_id),
            job_id: subject.job_id,
            ..About::default()
        },
        local: &local,
        unsure_below: answer.thresholds.review_below_confidence,
        within: Some(ALL_WITHIN),
        waited: gateway.now().since(due),
    };
    let judged = judging.by_models(gateway, secret).await;
    match judged.map_err(|error| JobError::transient("database").because(error))? {
        Ok(verdict) => Ok((Models::Judged(verdict), local)),
        Err(why) => {
            let suspected = with_suspicion(local, &screen(words, &rubric));
            Ok((missing(why, gateway.now()), suspected))
        }
    }
}

/// What the local scorer is to read of an answer that speaks to its grader: the rest of it, with blanks for what makes it
/// suspicious, because it has no say in how much the rest is worth.
pub(crate) fn rest_of(answer: &TextAnswer) -> Option<Value> {
    let (_, rubric) = texts_of(&answer.item.content.body)?;
    let rest = without_suspicion(answer.answer.as_str()?, &effective(rubric))?;
    Some(Value::String(rest))
}

/// Reference and rubric of the kinds that models judge.
pub(crate) fn texts_of(body: &ItemBody) -> Option<(Option<&str>, &Rubric)> {
    match body {
        ItemBody::ShortAnswer { reference, rubric } => Some((Some(reference.as_str()), rubric)),
        ItemBody::Essay { reference, rubric } => Some((reference.as_deref(), rubric)),
        _ => None,
    }
}

impl Judging<'_> {
    /// The verdict of the first model that gives one.
    pub(crate) async fn by_models(&self, gateway: &Gateway, secret: &JournalSecret) -> Judged {
        let begun = Instant::now();
        let mut gentlest: Option<NoVerdict> = None;
        for offer in gateway.offers() {
            let until = self.time_for(offer).map(|time| begun + time);
            match self.by(gateway, offer, secret, until).await? {
                Ok(verdict) => return Ok(Ok(verdict)),
                Err(NoVerdict::BudgetReached) => return Ok(Err(NoVerdict::BudgetReached)),
                Err(why) => gentlest = Some(gentler(gentlest, why)),
            }
        }
        Ok(Err(gentlest.unwrap_or(NoVerdict::Unavailable)))
    }

    /// How long a model may take. Behind calls that hang jobs wait, and the local verdict has to stand all the same; behind calls
    /// that are answered nobody is kept from the model by having waited.
    fn time_for(&self, offer: &Offer) -> Option<Duration> {
        let waited = if offer.is_suspect() {
            self.waited
        } else {
            Duration::ZERO
        };
        Some(self.within?.saturating_sub(waited))
    }

    async fn by(
        &self,
        gateway: &Gateway,
        offer: &Offer,
        secret: &JournalSecret,
        until: Option<Instant>,
    ) -> Judged {
        let (named, model) = (self.named.to_owned(), offer.model().name().clone());
        let second = (self.local, self.unsure_below);
        let trust = gateway.trust(offer).await?;
        let mut grading = Grading::begin(self.task, named, model, secret, second).trusting(trust.as_deref());
        loop {
            let mut asked = match grading.next() {
                Step::Done(verdict) => return Ok(Ok(verdict)),
                Step::Unusable(_) => return Ok(Err(NoVerdict::Unusable)),
                Step::Ask(asked) => asked,
            };
            let left = until.map_or(Duration::MAX, |until| {
                until.saturating_duration_since(Instant::now())
            });
            if left < LEAST_TIME {
                return Ok(grading.cut_short().ok_or(NoVerdict::Unavailable));
            }
            asked.request.timeout = asked.request.timeout.min(left);
            let question = (&asked.key, &asked.request);
            let why = match gateway.ask(offer, question, self.about).await {
                Ok(answer) => {
                    grading.answered(&answer.text);
                    continue;
                }
                Err(GatewayError::Store(error)) => return Err(error),
                Err(GatewayError::Unavailable(_)) => NoVerdict::Unavailable,
                Err(GatewayError::NotYet { after }) if until.is_none() && grading.cut_short().is_some() => {
                    tokio::time::sleep(after).await;
                    continue;
                }
                Err(GatewayError::NotYet { after }) => NoVerdict::NotYet(after),
                Err(GatewayError::NoMoney(cap)) => NoVerdict::NoMoney(cap),
                Err(GatewayError::BudgetReached) => NoVerdict::BudgetReached,
            };
            // A first sample that is unsure is better than none.
            return Ok(grading.cut_short().ok_or(why));
        }
    }
}

/// Of two reasons the one that ends sooner and by itself.
fn gentler(one: Option<NoVerdict>, other: NoVerdict) -> NoVerdict {
    use NoVerdict::{BudgetReached, NoMoney, NotYet, Unavailable, Unusable};
    match (one, other) {
        (Some(NotYet(one)), NotYet(other)) => NotYet(one.min(other)),
        (Some(NotYet(after)), _) | (_, NotYet(after)) => NotYet(after),
        (Some(Unavailable), _) | (_, Unavailable) => Unavailable,
        (Some(no_money @ (NoMoney(_) | BudgetReached)), Unusable)
        | (_, no_money @ (NoMoney(_) | BudgetReached)) => no_money,
        (_, Unusable) => Unusable,
    }
}

fn missing(why: NoVerdict, now: Timestamp) -> Models {
    let (reason, not_before) = match why {
        NoVerdict::NotYet(after) => (DeferralReason::Quota, Some(now + after)),
        NoVerdict::NoMoney(Cap::Day(until) | Cap::Account(until)) => (DeferralReason::Budget, Some(until)),
        NoVerdict::NoMoney(Cap::Attempt) | NoVerdict::BudgetReached => (DeferralReason::Budget, None),
        NoVerdict::Unusable => (DeferralReason::LlmUnavailable, Some(now + UNUSABLE_FOR)),
        NoVerdict::Unavailable => (DeferralReason::LlmUnavailable, Some(now + LEFT_ALONE)),
    };
    Models::Missing { reason, not_before }
}
