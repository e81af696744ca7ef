//! Items for a draft written by models, several sections at once.

use domain::authoring::generator::writing::{Asked, Assignment, Desk, Step, Writing, Written};
use domain::job::JobId;
use domain::scoring::DeferralReason;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jobs::JobError;

use super::gateway::{About, Gateway, GatewayError, Offer};

/// Sections that are written at the same time.
const AT_ONCE: usize = 4;

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

/// Asks the models in their order for every section. `subject` names the draft, or the item that is made anew, by ids. Whoever has to wait for a turn waits with the whole job: what was said by then
/// is in the journal, and is not asked again.
pub(crate) async fn write_items(
    gateway: &Gateway,
    desk: &Desk,
    subject: &str,
    job: JobId,
) -> Result<Drafted, JobError> {
    let mut written = Vec::with_capacity(desk.assignments.len());
    for assignment in &desk.assignments {
        written.push(section(gateway, (desk, assignment), subject, job));
    }
    let sections: Vec<Drafted> = stream::iter(written).buffered(AT_ONCE).try_collect().await?;
    Ok(sections.into_iter().fold(Drafted::default(), Drafted::and))
}

async fn section(
    gateway: &Gateway,
    (desk, assignment): (&Desk, &Assignment),
    subject: &str,
    job: JobId,
) -> Result<Drafted, JobError> {
    let secret = gateway.secret().ok_or_else(|| JobError::transient("no_secret"))?;
    let about = About {
        job_id: Some(job),
        ..About::default()
    };
    let mut best = Drafted {
        missing: Some(DeferralReason::LlmUnavailable),
        ..Drafted::default()
    };
    for offer in gateway.offers() {
        let subject = format!("{subject}/{}", assignment.section);
        let writing = Writing::begin((desk, assignment), subject, offer.model().name().clone(), secret);
        let drafted = by(gateway, offer, writing, about).await?;
        let is_done = drafted.missing.is_none();
        if is_done || drafted.written.items.len() >= best.written.items.len() {
            best = drafted;
        }
        if is_done {
            break;
        }
    }
    Ok(best)
}

async fn by(
    gateway: &Gateway,
    offer: &Offer,
    mut writing: Writing<'_>,
    about: About,
) -> Result<Drafted, JobError> {
    loop {
        let asked: Box<Asked> = match writing.next() {
            Step::Ask(asked) => asked,
            Step::Done(written) => {
                let missing = written.cut_short.then_some(DeferralReason::LlmUnavailable);
                return Ok(Drafted { written, missing });
            }
        };
        let missing = match gateway.ask(offer, (&asked.key, &asked.request), about).await {
            Ok(answer) => {
                writing.answered(&answer.text);
                continue;
            }
            Err(GatewayError::Store(error)) => return Err(JobError::transient("database").because(error)),
            Err(GatewayError::NotYet { after }) => return Err(JobError::rate_limited("quota", after)),
            Err(GatewayError::Unavailable(_)) => DeferralReason::LlmUnavailable,
            Err(GatewayError::NoMoney(_)) => DeferralReason::Budget,
        };
        return Ok(Drafted {
            written: writing.cut_short(),
            missing: Some(missing),
        });
    }
}
