//! What an answer without success means for the caller.

use std::time::Duration;

use domain::llm::ModelError;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use serde_json::Value;

/// Nobody is asked to wait longer at once; after that it is tried again.
const LONGEST_WAIT: Duration = Duration::from_hours(1);
const RETRY_AFTER_MS: &str = "retry-after-ms";
/// Codes and types of errors that say that somebody has to pay.
const UNPAID: [&str; 4] = [
    "insufficient_quota",
    "billing_not_active",
    "billing_hard_limit_reached",
    "billing_error",
];

/// A status that is a server's fault.
#[derive(Debug, thiserror::Error)]
#[error("the provider answers with status {0}")]
struct ServerFault(u16);

/// `body` may be the beginning of one; only codes are taken from it.
pub(super) fn refusal(status: u16, headers: &HeaderMap, body: &[u8]) -> ModelError {
    let body = serde_json::from_slice(body).unwrap_or(Value::Null);
    match status {
        402 => ModelError::QuotaExhausted,
        400 | 403 | 429 if is_unpaid(&body) => ModelError::QuotaExhausted,
        429 => ModelError::RateLimited {
            after: wait(headers).or_else(|| retry_info(&body)),
        },
        503 | 529 => ModelError::Down(Box::new(ServerFault(status))),
        408 | 500..=599 => ModelError::Unavailable(Box::new(ServerFault(status))),
        _ => ModelError::Rejected { status },
    }
}

fn is_unpaid(body: &Value) -> bool {
    ["/error/code", "/error/type"].into_iter().any(|place| {
        let said = body.pointer(place).and_then(Value::as_str);
        said.is_some_and(|said| UNPAID.contains(&said))
    })
}

fn wait(headers: &HeaderMap) -> Option<Duration> {
    let said = |name: &str| headers.get(name)?.to_str().ok();
    if let Some(wait) = said(RETRY_AFTER_MS).and_then(|text| seconds(text, 0.001)) {
        return Some(wait);
    }
    let after = said(RETRY_AFTER.as_str())?;
    seconds(after, 1.0).or_else(|| until(after, said(DATE.as_str())?))
}

/// `unit` is how many seconds one is.
fn seconds(text: &str, unit: f64) -> Option<Duration> {
    let number: f64 = text.trim().parse().ok()?;
    // Also false for what is not a number.
    if number >= 0.0 {
        let bounded = (number * unit).min(LONGEST_WAIT.as_secs_f64());
        Duration::try_from_secs_f64(bounded).ok()
    } else {
        None
    }
}

/// From the time of the answer by the provider's own clock, which need not be ours.
fn until(after: &str, answered: &str) -> Option<Duration> {
    let after = httpdate::parse_http_date(after).ok()?;
    let answered = httpdate::parse_http_date(answered).ok()?;
    let wait = after.duration_since(answered).unwrap_or_default();
    Some(wait.min(LONGEST_WAIT))
}

/// Gemini says it in the body: `{"error": {"details": [{"@type": "…RetryInfo", "retryDelay": "58.9s"}]}}`.
fn retry_info(body: &Value) -> Option<Duration> {
    let details = body.pointer("/error/details")?.as_array()?;
    let is_retry_info = |detail: &&Value| {
        let kind = detail.get("@type").and_then(Value::as_str);
        kind.is_some_and(|kind| kind.ends_with("google.rpc.RetryInfo"))
    };
    let delay = details.iter().find(is_retry_info)?.get("retryDelay")?.as_str()?;
    seconds(delay.strip_suffix('s')?, 1.0)
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};
    use serde_json::json;

    use super::*;

    type Header<'a> = (&'static str, &'a str);

    fn headers(pairs: &[Header<'_>]) -> HeaderMap {
        let pair = |(name, value): &Header<'_>| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            )
        };
        pairs.iter().map(pair).collect()
    }

    fn wait_of(pairs: &[Header<'_>], body: &Value) -> Option<Duration> {
        match refusal(429, &headers(pairs), body.to_string().as_bytes()) {
            ModelError::RateLimited { after } => after,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_wait_is_read_in_every_form_and_bounded() {
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        let endless = "9".repeat(400);
        let cases: [(&[Header<'_>], Option<Duration>); 12] = [
            (&[], None),
            (&[("retry-after", "20")], Some(Duration::from_secs(20))),
            (&[("retry-after", "0")], Some(Duration::ZERO)),
            (&[("retry-after", " 1.5 ")], Some(Duration::from_millis(1500))),
            (&[("retry-after", "86400")], Some(LONGEST_WAIT)),
            (&[("retry-after", &endless)], Some(LONGEST_WAIT)),
            (&[("retry-after", "-5")], None),
            (&[("retry-after", "NaN")], None),
            (&[("retry-after", "soon")], None),
            (
                &[("retry-after-ms", "250"), ("retry-after", "1")],
                Some(Duration::from_millis(250)),
            ),
            (
                &[date, ("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT")],
                Some(Duration::from_secs(30)),
            ),
            (
                &[date, ("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT")],
                Some(Duration::ZERO),
            ),
        ];
        for (said, expected) in cases {
            assert_eq!(wait_of(said, &Value::Null), expected, "{said:?}");
        }
    }

    #[test]
    fn a_date_without_the_provider_s_own_time_says_nothing() {
        let alone = [("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT")];
        assert_eq!(wait_of(&alone, &Value::Null), None);
    }

    #[test]
    fn the_wait_may_stand_in_the_body() {
        let body = json!({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [
            {"@type": "type.googleapis.com/google.rpc.Help"},
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "58.9s"},
        ]}});
        assert_eq!(wait_of(&[], &body), Some(Duration::from_millis(58_900)));
        assert_eq!(
            wait_of(&[("retry-after", "2")], &body),
            Some(Duration::from_secs(2))
        );
    }

    #[test]
    fn an_unpaid_account_is_told_from_a_crowd() {
        let unpaid =
            json!({"error": {"type": "insufficient_quota", "code": "insufficient_quota"}}).to_string();
        let crowd = json!({"error": {"type": "requests", "code": "rate_limit_exceeded"}}).to_string();
        let none = HeaderMap::new();
        for status in [400, 403, 429] {
            let refused = refusal(status, &none, unpaid.as_bytes());
            assert!(matches!(refused, ModelError::QuotaExhausted), "{status}");
        }
        let refused = refusal(429, &none, crowd.as_bytes());
        assert!(matches!(refused, ModelError::RateLimited { after: None }));
        assert!(matches!(refusal(402, &none, b""), ModelError::QuotaExhausted));
    }

    #[test]
    fn every_status_has_one_meaning() {
        let none = HeaderMap::new();
        for status in 100..1000 {
            let refused = refusal(status, &none, b"{\"error\": \"candidate\"}");
            let right = match refused {
                ModelError::Down(_) => [503, 529].contains(&status),
                ModelError::Unavailable(_) => status == 408 || (500..600).contains(&status),
                ModelError::RateLimited { after: None } => status == 429,
                ModelError::QuotaExhausted => status == 402,
                ModelError::Rejected { status: said } => said == status && status != 429,
                _ => false,
            };
            assert!(right, "{status}");
        }
    }
}
