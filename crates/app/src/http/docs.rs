//! The contract for programs (`/api/openapi.json`) and people (`/docs`, `/redoc`, `/problems`).
//!
//! Everything comes out of this program: the pages work without the internet, and their policy forbids loading from
//! elsewhere.

use std::sync::{Arc, LazyLock};

use aide::redoc::Redoc;
use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue};
use axum::response::Html;
use axum::routing::get;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::problem::render_table;

const OPENAPI_PATH: &str = "/api/openapi.json";
/// Both pages style elements inline; Redoc searches in a worker made from a blob.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; \
     connect-src 'self'; worker-src blob:; child-src blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);
const REDOC_PAGE: &str = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Touchstone API</title>
<style>body { margin: 0 }</style>
</head>
<body>
<div id="redoc"></div>
<script src="/redoc/redoc.js"></script>
<script src="/redoc/start.js"></script>
</body>
</html>
"#;
const REDOC_START: &str =
    "Redoc.init('/api/openapi.json', { disableSearch: false }, document.getElementById('redoc'));\n";
/// The one picture that the bundle loads from elsewhere.
const REDOC_LOGO: &str = "https://cdn.redoc.ly/redoc/logo-mini.svg";

/// The bundle without its picture; made on the first visit, a megabyte that no start has to pay for.
static REDOC_SCRIPT: LazyLock<String> = LazyLock::new(|| {
    let page = Redoc::new(OPENAPI_PATH).html();
    let script = page
        .split_once("<script>")
        .and_then(|(_, rest)| rest.rsplit_once("Redoc.init("));
    script.map_or_else(String::new, |(script, _)| script.replace(REDOC_LOGO, "data:,"))
});

/// The document and the pages that show it.
pub(super) fn routes<S: Clone + Send + Sync + 'static>(document: OpenApi) -> Router<S> {
    let json = Arc::new(LazyLock::new(
        Box::new(move || document.to_json().unwrap_or_default()) as Box<dyn FnOnce() -> String + Send>,
    ));
    let swagger = SwaggerUi::new("/docs").config(Config::from(OPENAPI_PATH).validator_url("none"));
    let pages = Router::new()
        .merge(swagger)
        .route("/redoc", get(|| async { Html(REDOC_PAGE) }))
        .route("/redoc/redoc.js", get(|| async { script(REDOC_SCRIPT.as_str()) }))
        .route("/redoc/start.js", get(|| async { script(REDOC_START) }))
        .layer(SetResponseHeaderLayer::overriding(
            CONTENT_SECURITY_POLICY,
            PAGE_POLICY,
        ))
        .layer(SetResponseHeaderLayer::overriding(
            CACHE_CONTROL,
            HeaderValue::from_static("no-cache"),
        ));
    Router::new()
        .merge(pages)
        .route(
            "/problems",
            get(|| async { ([media_type("text/markdown; charset=utf-8")], render_table()) }),
        )
        .route(
            OPENAPI_PATH,
            get(move || async move { ([media_type("application/json")], LazyLock::force(&json).clone()) }),
        )
}

fn script(text: &'static str) -> ([(HeaderName, HeaderValue); 1], &'static str) {
    ([media_type("text/javascript; charset=utf-8")], text)
}

const fn media_type(value: &'static str) -> (HeaderName, HeaderValue) {
    (CONTENT_TYPE, HeaderValue::from_static(value))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Request, StatusCode};
    use tower::ServiceExt;

    use super::*;

    async fn get_text(path: &str) -> String {
        let router: Router = routes(crate::http::openapi());
        let response = router
            .oneshot(Request::get(path).body(Body::empty()).unwrap())
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let bytes = axum::body::to_bytes(response.into_body(), 10 << 20)
            .await
            .unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn pages_load_nothing_from_elsewhere() {
        for path in [
            "/docs/",
            "/docs/swagger-initializer.js",
            "/redoc",
            "/redoc/start.js",
        ] {
            let text = get_text(path).await;
            let foreign = ["http://", "https://", "src=\"//", "href=\"//"];
            assert!(
                !foreign.iter().any(|start| text.contains(start)),
                "{path}: {text}"
            );
        }
    }

    #[tokio::test]
    async fn the_redoc_bundle_is_whole_and_without_its_picture() {
        let script = get_text("/redoc/redoc.js").await;
        assert!(
            script.len() > 500_000,
            "the bundle was not found in its page: {}",
            script.len()
        );
        assert!(!script.contains("cdn.redoc.ly") && !script.contains("fonts.googleapis"));
    }

    #[tokio::test]
    async fn the_pages_show_the_document_and_the_policy_keeps_them_here() {
        assert!(
            get_text("/docs/swagger-initializer.js")
                .await
                .contains(OPENAPI_PATH)
        );
        assert!(REDOC_START.contains(OPENAPI_PATH));
        let document: serde_json::Value = serde_json::from_str(&get_text(OPENAPI_PATH).await).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
        assert!(!PAGE_POLICY.to_str().unwrap().contains("http"));
    }
}
