//! Reasons of recommendations in the words of the first model that answers.

use std::time::Duration;

use domain::ids::AttemptId;
use domain::job::JobId;
use domain::llm::JournalSecret;
use domain::recommendations::wording::{Material, Step, Worded, Wording};
use domain::recommendations::{Outcome, Profile, Selection};
use domain::store::StoreError;
use tokio::time::Instant;

use super::gateway::{About, Gateway, GatewayError, Offer};

/// How long all models together may take, waiting for their turn included: the reasons of this program are there already.
const ALL_WITHIN: Duration = Duration::from_secs(20);
/// How much of that the gateway may wait for a turn ([`Gateway::ask`]).
const TURN: Duration = Duration::from_secs(5);
/// With less time than this nobody is asked any more.
const LEAST_TIME: Duration = Duration::from_secs(2);

/// Who asks, and about what.
#[derive(Clone, Copy, Debug)]
pub struct Reasoning<'a> {
    /// What the recommendation is for, by ids.
    pub subject: &'a str,
    /// Whose result it follows from.
    pub attempt_id: AttemptId,
    /// The job.
    pub job: JobId,
    /// What the selection was made from.
    pub profile: &'a Profile,
    /// The titles of all entries of the catalogue.
    pub titles: &'a [&'a str],
    /// How long somebody may be kept waiting for it.
    pub within: Duration,
}

/// The selection with its reasons in a model's words where those can be had and used; where they cannot, it stays as it is.
pub async fn word(
    gateway: &Gateway,
    selection: Selection,
    asking: Reasoning<'_>,
) -> Result<Selection, StoreError> {
    let Some(secret) = gateway.secret() else {
        return Ok(selection);
    };
    if selection.outcome != Outcome::Recommended {
        return Ok(selection);
    }
    let until = Instant::now() + asking.within.min(ALL_WITHIN);
    // One that has just failed is left to those who need it.
    for offer in gateway.offers().iter().filter(|offer| !offer.is_suspect()) {
        if let Some(worded) = by(gateway, offer, (&selection, secret), asking, until).await? {
            return Ok(worded.applied_to(selection));
        }
    }
    Ok(selection)
}

/// What one model said; none if it says nothing now.
async fn by(
    gateway: &Gateway,
    offer: &Offer,
    (selection, secret): (&Selection, &JournalSecret),
    asking: Reasoning<'_>,
    until: Instant,
) -> Result<Option<Worded>, StoreError> {
    let material = Material {
        selection,
        profile: asking.profile,
        titles: asking.titles,
    };
    let about = About {
        attempt_id: Some(asking.attempt_id),
        job_id: Some(asking.job),
        is_optional: true,
        ..About::default()
    };
    let (subject, model) = (asking.subject.to_owned(), offer.model().name().clone());
    let mut wording = Wording::begin(material, subject, model, secret);
    let mut has_answered = false;
    loop {
        let mut asked = match wording.next() {
            Step::Done(worded) => return Ok(Some(worded)),
            Step::Ask(asked) => asked,
        };
        let left = until.saturating_duration_since(Instant::now());
        let Some(time) = time_for_answer(left) else {
            return Ok(has_answered.then(|| wording.cut_short()));
        };
        asked.request.timeout = asked.request.timeout.min(time);
        match gateway.ask(offer, (&asked.key, &asked.request), about).await {
            Ok(answer) => {
                wording.answered(&answer.text);
                has_answered = true;
            }
            Err(GatewayError::Store(error)) => return Err(error),
            Err(
                GatewayError::Unavailable(_)
                | GatewayError::NotYet { .. }
                | GatewayError::NoMoney(_)
                | GatewayError::BudgetReached,
            ) => return Ok(has_answered.then(|| wording.cut_short())),
        }
    }
}

/// How long a model may take for its answer when so much time is left, its turn included; none if that is too little.
fn time_for_answer(left: Duration) -> Option<Duration> {
    let time = left.saturating_sub(TURN);
    (time >= LEAST_TIME).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_leaves_room_for_the_wait_and_nobody_is_asked_in_a_hurry() {
        let seconds = Duration::from_secs;
        assert_eq!(time_for_answer(ALL_WITHIN), Some(seconds(15)));
        assert_eq!(time_for_answer(seconds(7)), Some(seconds(2)));
        assert_eq!(time_for_answer(Duration::from_millis(6_999)), None);
        assert_eq!(time_for_answer(Duration::ZERO), None);
    }
}
