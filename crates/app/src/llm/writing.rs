//! Items for a draft written by models, several sections at once.

use std::time::Duration;

use domain::authoring::generator::writing::{Asked, Assignment, Desk, Step, Writing, Written};
use domain::job::JobId;
use domain::scoring::{DeferralReason, LONGEST_WAIT};
use domain::time::Timestamp;
use futures::{StreamExt as _, stream};
use jobs::JobError;

use super::gateway::{About, Gateway, GatewayError, Offer};

/// Sections that are written at the same time.
const AT_ONCE: usize = 4;
/// How long a model is left alone that its breaker keeps from being asked.
const LEFT_ALONE: Duration = Duration::from_secs(30);

/// What models wrote for a draft.
#[derive(Debug, Default)]
pub(crate) struct Drafted {
    /// Section by section.
    pub(crate) written: Written,
    /// Why something is missing that a model was asked for; nothing is where models did what they could.
    pub(crate) missing: Option<DeferralReason>,
}

impl Drafted {
    /// This section's and the next one's.
    fn and(mut self, next: Self) -> Self {
        self.written.items.extend(next.written.items);
        self.written.dropped.extend(next.written.dropped);
        self.written.cut_short |= next.written.cut_short;
        self.missing = self.missing.or(next.missing);
        self
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asking<'a> {
    /// The draft, or the item that is made anew, by ids.
    pub(crate) subject: &'a str,
    /// The job.
    pub(crate) job: JobId,
    /// Since when there is something to be asked: nobody waits for a turn for longer than [`LONGEST_WAIT`] from then.
    pub(crate) since: Timestamp,
}

/// What became of one section.
enum Outcome {
    Drafted(Drafted),
    /// It is nobody's turn.
    NotYet(Duration),
}

/// Asks the models in their order for every section. Whoever has to wait for a turn waits with the whole job, when all sections
/// have come to their end: what was said by then is in the journal, and is not asked again.
pub(crate) async fn write_items(
    gateway: &Gateway,
    desk: &Desk,
    asking: Asking<'_>,
) -> Result<Drafted, JobError> {
    let mut sections = Vec::with_capacity(desk.assignments.len());
    for assignment in &desk.assignments {
        sections.push(section(gateway, (desk, assignment), asking));
    }
    let outcomes: Vec<Result<Outcome, JobError>> = stream::iter(sections).buffered(AT_ONCE).collect().await;
    let (mut drafted, mut wait) = (Drafted::default(), None);
    for outcome in outcomes {
        match outcome? {
            Outcome::Drafted(section) => drafted = drafted.and(section),
            Outcome::NotYet(after) => wait = wait.max(Some(after)),
        }
    }
    match wait {
        Some(after) => Err(JobError::rate_limited("quota", after)),
        None => Ok(drafted),
    }
}

async fn section(
    gateway: &Gateway,
    (desk, assignment): (&Desk, &Assignment),
    asking: Asking<'_>,
) -> Result<Outcome, JobError> {
    let secret = gateway.secret().ok_or_else(|| JobError::transient("no_secret"))?;
    let about = About {
        job_id: Some(asking.job),
        ..About::default()
    };
    let mut best = Drafted {
        missing: Some(DeferralReason::LlmUnavailable),
        ..Drafted::default()
    };
    let mut wait: Option<Duration> = None;
    for offer in gateway.offers() {
        let subject = format!("{}/{}", asking.subject, assignment.section);
        let writing = Writing::begin((desk, assignment), subject, offer.model().name().clone(), secret);
        match by(gateway, offer, writing, about).await? {
            Outcome::Drafted(drafted) => {
                let is_done = drafted.missing.is_none();
                if drafted.written.items.len() >= best.written.items.len() {
                    best = drafted;
                }
                if is_done {
                    return Ok(Outcome::Drafted(best));
                }
            }
            Outcome::NotYet(after) => wait = Some(wait.map_or(after, |wait| wait.min(after))),
        }
    }
    let patience = (asking.since + LONGEST_WAIT).since(gateway.now());
    match wait {
        Some(after) if patience > Duration::ZERO => Ok(Outcome::NotYet(after.min(patience))),
        _ => Ok(Outcome::Drafted(best)),
    }
}

async fn by(
    gateway: &Gateway,
    offer: &Offer,
    mut writing: Writing<'_>,
    about: About,
) -> Result<Outcome, JobError> {
    loop {
        let asked: Box<Asked> = match writing.next() {
            Step::Ask(asked) => asked,
            Step::Done(written) => {
                let missing = written.cut_short.then_some(DeferralReason::LlmUnavailable);
                return Ok(Outcome::Drafted(Drafted { written, missing }));
            }
        };
        let missing = match gateway.ask(offer, (&asked.key, &asked.request), about).await {
            Ok(answer) => {
                writing.answered(&answer.text);
                continue;
            }
            Err(GatewayError::Store(error)) => return Err(JobError::transient("database").because(error)),
            Err(GatewayError::NotYet { after }) => return Ok(Outcome::NotYet(after)),
            // It is left alone for a while, and asked again then.
            Err(GatewayError::Unavailable(None)) => return Ok(Outcome::NotYet(LEFT_ALONE)),
            Err(GatewayError::Unavailable(Some(_))) => DeferralReason::LlmUnavailable,
            Err(GatewayError::NoMoney(_) | GatewayError::BudgetReached) => DeferralReason::Budget,
        };
        return Ok(Outcome::Drafted(Drafted {
            written: writing.cut_short(),
            missing: Some(missing),
        }));
    }
}
