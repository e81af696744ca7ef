//! `GET /assessments/{id}/events`

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use domain::identity::Scope;
use domain::ids::AttemptId;
use futures::stream::{self, Stream, StreamExt as _};
use storage::WatchedAttempt;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use super::status::StatusBody;
use crate::http::caller::Caller;
use crate::http::extract::PathId;
use crate::http::problem::{NotFound, Problem, ProblemBody, ServerProblems, TokenProblems, kinds};
use crate::progress::is_over;
use crate::runtime::AppState;
use crate::telemetry::chain;

/// Proxies give up connections on which nothing moves for a minute or less.
const LONGEST: Duration = Duration::from_mins(15);
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Until then a page that was closed may have given its place back.
const PLACE_RETRY_SECONDS: u32 = 5;
/// Asks nginx and those that imitate it not to collect events before they pass them on.
const UNBUFFERED: (&str, &str) = ("x-accel-buffering", "no");

/// One event of the stream, by the names of its fields. Only the contract speaks of it; [`Event`] writes it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `Event` writes")]
struct EventBody {
    /// `progress` or `end`.
    #[schema(example = "progress")]
    event: String,
    /// JSON as text: the body of `/status`, or an empty object with `end`.
    data: String,
    /// Of `progress`: grows with every change of the attempt.
    id: Option<String>,
}

/// Follow the scoring of an attempt as server-sent events
///
/// Tells what `/status` tells: at once, and again whenever it has changed. An event `progress` carries the body of `/status`;
/// an event `end` follows the last one there will be, and clients close the stream then. A stream that ends without it
/// (a restart, or the life of an access token is over) is to be opened again: it begins with the whole state, so that
/// nothing is missed. Each account may have a few streams open at once (`limits.streams_per_principal`).
#[utoipa::path(
    get,
    path = "/assessments/{id}/events",
    tag = "assessments",
    params(("id" = uuid::Uuid, Path, description = "The attempt")),
    responses(
        (status = 200, description = "Events `progress`, whose `data` is the body of `/status`, and `end`",
            body = EventBody, content_type = "text/event-stream"),
        (status = 429, description = "The account has as many streams open as it may; see `Retry-After`.",
            body = ProblemBody, content_type = "application/problem+json"),
        TokenProblems,
        ServerProblems,
        NotFound
    ),
    security(("bearer" = []))
)]
pub(super) async fn events(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<AttemptId>,
) -> Result<Response, Problem> {
    let viewer = caller.viewer(Scope::ReadAssessments)?;
    let place = state.progress.place(caller.principal.user_id);
    let place =
        place.ok_or_else(|| Problem::of(&kinds::TOO_MANY_STREAMS).retry_after(PLACE_RETRY_SECONDS))?;
    let visible = state.store.attempt_status(id, viewer).await?;
    let following = match visible {
        Some(_) => place.follow(id).await?,
        None => None,
    };
    let following = following.ok_or_else(|| Problem::of(&kinds::ATTEMPT))?;
    let good_for = caller.until.since(state.now()).min(LONGEST);
    let ended = state.sign_ins.ended(caller.principal.user_id);
    let end = end(state.stop.clone(), good_for, ended);
    Ok(respond(told(following.states().take_until(end)), KEEP_ALIVE))
}

/// When a stream ends whatever it follows: with the process, when the token it was opened with is no longer good, or when
/// this process ends the sign-in.
async fn end(stop: CancellationToken, good_for: Duration, ended: impl Future<Output = ()>) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(good_for) => {}
        () = ended => {}
    }
}

fn respond(events: impl Stream<Item = Event> + Send + 'static, keep_alive: Duration) -> Response {
    let stream = Sse::new(events.map(Ok::<_, Infallible>));
    let stream = stream.keep_alive(KeepAlive::new().interval(keep_alive));
    ([(CACHE_CONTROL.as_str(), "no-store"), UNBUFFERED], stream).into_response()
}

/// The events of a stream of states; states that read the same are told once.
fn told(states: impl Stream<Item = Arc<WatchedAttempt>> + Send) -> impl Stream<Item = Event> + Send {
    let events = states.scan(String::new(), |last, watched| {
        let events = events_of(&watched, last);
        std::future::ready(Some(stream::iter(events)))
    });
    events.flatten()
}

fn events_of(watched: &WatchedAttempt, last: &mut String) -> Vec<Event> {
    let mut events = Vec::with_capacity(2);
    match serde_json::to_string(&StatusBody::from(watched)) {
        Ok(text) if text == *last => {}
        Ok(text) => {
            let id = watched.attempt.revision.to_string();
            events.push(Event::default().event("progress").id(id).data(&text));
            *last = text;
        }
        Err(error) => tracing::error!(error = chain(&error), "progress cannot be written as JSON"),
    }
    if is_over(&watched.attempt) {
        // Browsers drop events without data.
        events.push(Event::default().event("end").data("{}"));
    }
    events
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test]
    async fn a_stream_ends_with_the_process_and_with_its_token() {
        let stop = CancellationToken::new();
        stop.cancel();
        end(stop, Duration::MAX, pending()).await;
        let running = CancellationToken::new();
        end(running.clone(), Duration::from_millis(1), pending()).await;
        end(running.clone(), Duration::MAX, std::future::ready(())).await;
        assert!(!running.is_cancelled());
    }

    #[tokio::test]
    async fn a_stream_with_nothing_to_tell_shows_that_it_lives() {
        let silent = respond(stream::pending(), Duration::from_millis(1));
        assert_eq!(silent.headers()["content-type"], "text/event-stream");
        assert_eq!(silent.headers()["cache-control"], "no-store");
        assert_eq!(silent.headers()["x-accel-buffering"], "no");
        let mut body = silent.into_body().into_data_stream();
        for _ in 0..2 {
            let sent = body.next().await.unwrap().unwrap();
            assert_eq!(sent, ":\n\n", "a comment");
        }
    }
}
