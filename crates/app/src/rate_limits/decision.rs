//! What a caller is told of a limit, in the structured form of the draft "RateLimit header fields for HTTP"
//! (draft-ietf-httpapi-ratelimit-headers).

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use domain::rate_limits::{Quota, Taken};

use super::class::Class;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Whether one request may go on, and how many more may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether it may.
    pub allowed: bool,
    /// How many more may now, as far as this process knows.
    pub remaining: u32,
    /// Until the bucket is full again.
    pub reset_after: Duration,
    /// Until the next one may; zero for one that may.
    pub retry_after: Duration,
    class: Class,
    quota: Quota,
}

impl Decision {
    pub(super) const fn new(class: Class, quota: Quota, taken: &Taken) -> Self {
        Self {
            allowed: taken.granted > 0,
            remaining: taken.remaining,
            reset_after: taken.reset_after,
            retry_after: taken.retry_after,
            class,
            quota,
        }
    }

    /// Writes `RateLimit-Policy` and `RateLimit`; what was there before goes.
    pub fn write_headers(&self, headers: &mut HeaderMap) {
        let name = self.class.name();
        let (quota, window) = (self.quota.requests(), self.quota.window().as_secs());
        let (remaining, reset) = (self.remaining, whole_seconds(self.reset_after));
        let lines = [
            (POLICY, format!("\"{name}\";q={quota};w={window}")),
            (LIMIT, format!("\"{name}\";r={remaining};t={reset}")),
        ];
        for (header, line) in lines {
            if let Ok(value) = HeaderValue::try_from(line) {
                headers.insert(header, value);
            }
        }
    }

    /// For `Retry-After` of a refusal: whole seconds, at least one, after which a request will be let in.
    pub fn retry_after_seconds(&self) -> u32 {
        whole_seconds(self.retry_after).max(1)
    }
}

fn whole_seconds(span: Duration) -> u32 {
    let rounded_up = span.as_secs() + u64::from(span.subsec_nanos() > 0);
    u32::try_from(rounded_up).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use domain::rate_limits::Gcra;
    use domain::time::Timestamp;

    use super::*;

    fn decision(requests: u32, wanted: u32) -> (Decision, [String; 2]) {
        let (quota, now) = (Quota::per_minute(requests), Timestamp::from_micros(0));
        let before = Gcra::new(quota).take(None, now, wanted - 1);
        let taken = Gcra::new(quota).take(Some(before.state), now, 1);
        let decision = Decision::new(Class::Reads, quota, &taken);
        let mut headers = HeaderMap::new();
        decision.write_headers(&mut headers);
        let line = |name| headers[name].to_str().unwrap().to_owned();
        (decision, [line(POLICY), line(LIMIT)])
    }

    #[test]
    fn a_caller_is_told_what_is_left_and_until_when() {
        let (first, lines) = decision(300, 1);
        assert!(first.allowed);
        assert_eq!(lines, ["\"reads\";q=300;w=60", "\"reads\";r=299;t=1"]);
        let (_, lines) = decision(300, 60);
        assert_eq!(lines[1], "\"reads\";r=240;t=12");
    }

    #[test]
    fn a_refusal_says_when_to_come_back_in_whole_seconds() {
        let (refused, lines) = decision(300, 301);
        assert!(!refused.allowed);
        assert_eq!(refused.retry_after, Duration::from_millis(200));
        assert_eq!(
            (refused.retry_after_seconds(), lines[1].as_str()),
            (1, "\"reads\";r=0;t=60")
        );
        assert_eq!(decision(7, 8).0.retry_after_seconds(), 9);
    }
}
