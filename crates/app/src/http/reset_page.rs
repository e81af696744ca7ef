//! The page behind the link that an administrator hands over: asks for a new password and sends it with the token.
//!
//! The token stands behind the `#` of the link, which browsers send to nobody: it reaches neither logs nor proxies.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue};
use axum::response::Html;
use axum::routing::get;

const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'",
);
const PAGE: &str = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>New password - Touchstone</title>
<script type="module" src="/reset-password.js"></script>
</head>
<body>
<main>
<h1>New password</h1>
<form id="form">
<p><label for="password">New password</label><br>
<input id="password" type="password" autocomplete="new-password" required maxlength="1024"></p>
<p><label for="again">The same again</label><br>
<input id="again" type="password" autocomplete="new-password" required maxlength="1024"></p>
<p><button>Set password</button></p>
</form>
<p id="status" role="status" aria-live="polite"></p>
</main>
</body>
</html>
"#;
const SCRIPT: &str = r#"const form = document.getElementById("form");
const status = document.getElementById("status");
const token = location.hash.slice(1);
history.replaceState(null, "", location.pathname);
const say = (text) => { status.textContent = text; };
if (!token) say("The link is not complete; ask for a new one.");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const password = document.getElementById("password").value;
  if (password !== document.getElementById("again").value) return say("The two passwords differ.");
  say("Sending …");
  try {
    const response = await fetch("/api/v1/auth/reset-password", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ reset_token: token, new_password: password }),
    });
    if (response.ok) {
      form.remove();
      return say("The new password holds. You can sign in with it now.");
    }
    const problem = await response.json();
    const fields = (problem.errors ?? []).map((error) => error.detail);
    say([problem.message ?? problem.title, ...fields].join(" "));
  } catch {
    say("The server did not answer; try again.");
  }
});
"#;

/// The page and its script.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let page = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Router::new()
        .route("/reset-password", get(move || async { (page, Html(PAGE)) }))
        .route("/reset-password.js", get(|| async { (script_type(), SCRIPT) }))
}

const fn script_type() -> [(HeaderName, HeaderValue); 1] {
    [(
        CONTENT_TYPE,
        HeaderValue::from_static("text/javascript; charset=utf-8"),
    )]
}
