//! `GET /ops/models`

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::llm::{ModelUse, UnknownCall};
use domain::scoring::DeferralReason;
use domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::permitted::ByAdmin;
use crate::http::problem::{Problem, ServerProblems, TokenProblems};
use crate::llm::Offer;
use crate::runtime::AppState;

/// What language models do and cost.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ModelsBody {
    /// When it was read.
    at: DateTime<Utc>,
    /// Who is asked, the first choice first.
    models: Vec<ModelBody>,
    /// Booked for the calls of this day (UTC): the bill of those that have ended, the bound of the others.
    booked_today_dollars: f64,
    /// What all calls of a day may cost.
    day_cap_dollars: f64,
    /// What the answers of one attempt may cost.
    attempt_cap_dollars: f64,
    /// Calls that have begun and have not ended.
    calls_in_flight: u64,
    /// Calls that broke off, of which nobody knows whether they were billed; they stay booked at their bound.
    unknown_calls: u64,
    /// The latest of them, newest first, to be compared with the provider's bill; 50 at most.
    latest_unknown_calls: Vec<UnknownCallBody>,
    /// Answers that stand with the local verdict and are still to be judged by a model.
    answers_waiting: WaitingBody,
}

/// A model.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ModelBody {
    /// Provider and model, as in verdicts.
    model: String,
    /// Whether the process that answers leaves it alone because it failed too often.
    left_alone: bool,
    /// Until when it asked for patience.
    paused_until: Option<DateTime<Utc>>,
}

/// A call that broke off.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UnknownCallBody {
    /// The call.
    call_id: Uuid,
    /// Who was asked.
    model: String,
    /// `score_text`, `write_items`, `answer_open` or `answer_closed`.
    purpose: String,
    /// Whose answer, if it was about one.
    assessment_id: Option<Uuid>,
    /// What the provider saw as `X-Request-Tag`.
    request_tag: String,
    /// What happened: `unavailable`, `unreadable`, or `abandoned` by a process that died.
    error_code: Option<String>,
    /// What stays booked.
    booked_dollars: f64,
    /// When it was made.
    asked_at: DateTime<Utc>,
}

/// Answers by what keeps models from judging them.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct WaitingBody {
    /// None answered.
    llm_unavailable: u32,
    /// There is no money for it.
    budget: u32,
    /// It is not their turn.
    quota: u32,
}

/// What language models do and cost
///
/// For admins.
#[utoipa::path(get, path = "/ops/models", tag = "operations", responses(
    (status = 200, description = "Models, what is booked, what is unknown and what waits", body = ModelsBody),
    TokenProblems, ServerProblems))]
pub(super) async fn models(State(state): State<AppState>, _: ByAdmin) -> Result<Json<ModelsBody>, Problem> {
    let now = state.now();
    let usage = state.store.model_use(now).await?;
    let mut waiting = WaitingBody::default();
    for (reason, answers) in state.store.deferred_counts().await? {
        match reason {
            DeferralReason::LlmUnavailable => waiting.llm_unavailable = answers,
            DeferralReason::Budget => waiting.budget = answers,
            DeferralReason::Quota => waiting.quota = answers,
        }
    }
    let offers = state.llm.offers().iter();
    Ok(Json(ModelsBody {
        at: now.to_datetime(),
        models: offers.map(|offer| ModelBody::new(offer, &usage, now)).collect(),
        booked_today_dollars: usage.booked.dollars(),
        day_cap_dollars: state.config.llm.day_cap_dollars,
        attempt_cap_dollars: state.config.llm.attempt_cap_dollars,
        calls_in_flight: usage.in_flight,
        unknown_calls: usage.unknown,
        latest_unknown_calls: usage
            .latest_unknown
            .into_iter()
            .map(UnknownCallBody::from)
            .collect(),
        answers_waiting: waiting,
    }))
}

impl ModelBody {
    fn new(offer: &Offer, usage: &ModelUse, now: Timestamp) -> Self {
        let model = offer.model().name().to_string();
        let pause = usage.pauses.iter().find(|(paused, _)| *paused == model);
        Self {
            left_alone: !offer.is_well(now),
            paused_until: pause.map(|(_, until)| Timestamp::to_datetime(*until)),
            model,
        }
    }
}

impl From<UnknownCall> for UnknownCallBody {
    fn from(call: UnknownCall) -> Self {
        Self {
            call_id: call.id.0,
            model: call.model.to_string(),
            purpose: call.purpose,
            assessment_id: call.attempt_id.map(|attempt| attempt.0),
            request_tag: call.tag,
            error_code: call.error_code,
            booked_dollars: call.booked.dollars(),
            asked_at: call.asked_at.to_datetime(),
        }
    }
}
