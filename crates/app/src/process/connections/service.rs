//! What a connection knows about its requests: who sends them, whether one is on its way, whether it is the last.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::header::{CONNECTION, HOST, TRANSFER_ENCODING};
use axum::http::{HeaderValue, Request};
use axum::response::Response;
use http_body::{Frame, SizeHint};
use tower::{BoxError, Service};

use super::guarded::{STAND_IN_HOST, Verdict};
use super::places::{Place, Underway};
use crate::http::MalformedHead;

/// The service of one connection.
#[derive(Clone)]
pub(super) struct ConnectionService {
    pub(super) router: Router,
    pub(super) peer: SocketAddr,
    pub(super) place: Arc<Place>,
    pub(super) verdict: Verdict,
}

impl<B> Service<Request<B>> for ConnectionService
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let Self { router, place, .. } = self.clone();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let may_stand_in = request
            .headers()
            .get(HOST)
            .is_some_and(|host| host == STAND_IN_HOST);
        if may_stand_in && let Some(reason) = self.verdict.get() {
            request.extensions_mut().insert(MalformedHead(reason));
        }
        Box::pin(async move {
            let Some(underway) = place.begin() else {
                // The connection is being closed; nothing of the request may happen, since nobody would learn of it.
                return std::future::pending().await;
            };
            answer(router, request, underway).await
        })
    }
}

async fn answer(
    mut router: Router,
    request: Request<Body>,
    underway: Underway,
) -> Result<Response, Infallible> {
    // Where a chunked body ends is the parser's to find, so nothing behind it is taken for a request (RFC 9112, 6.1).
    let is_last = request.headers().contains_key(TRANSFER_ENCODING);
    let mut response = router.call(request).await?;
    if is_last {
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response.map(|body| {
        Body::new(Answer {
            body,
            _underway: underway,
        })
    }))
}

/// The body of an answer, which keeps its connection busy.
struct Answer {
    body: Body,
    _underway: Underway,
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
