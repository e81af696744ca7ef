//! Sign-ins with wrong passwords, each for another address, from one network address.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};
use reqwest::StatusCode;
use serde_json::json;

use crate::pace::at_rate;

const PER_SECOND: u32 = 200;
/// Addresses so far; none is tried twice, so that no lock keeps the flood from the hashing threads.
static TRIED: AtomicUsize = AtomicUsize::new(0);

/// Who tries.
pub(crate) struct Flood {
    http: reqwest::Client,
    url: String,
}

/// What became of the sign-ins of a while.
pub(crate) struct Outcome {
    /// From the time at which each was to be sent to its refusal without a look at the password.
    pub(crate) refused: Vec<Duration>,
    /// Passwords that were looked at.
    pub(crate) looked_at: usize,
}

impl Flood {
    /// Against the server at that address.
    pub(crate) fn new(base: &str) -> Result<Self> {
        Ok(Self {
            http: reqwest::Client::builder().no_proxy().build()?,
            url: format!("{base}/api/v1/auth/login"),
        })
    }

    /// Goes on for so long, and until everything is answered.
    pub(crate) async fn run(&self, time: Duration) -> Result<Outcome> {
        let (http, url) = (self.http.clone(), self.url.clone());
        let answers = at_rate(PER_SECOND, time, move |_, due| {
            let number = TRIED.fetch_add(1, Ordering::Relaxed);
            let body =
                json!({ "email": format!("nobody-{number}@bench.example"), "password": "not the one" });
            let request = http.post(&url).json(&body);
            async move {
                let answer = request.send().await?;
                let status = answer.status();
                answer.bytes().await?;
                Ok::<_, reqwest::Error>((status, due.elapsed()))
            }
        })
        .await?;
        let mut outcome = Outcome {
            refused: Vec::new(),
            looked_at: 0,
        };
        for answer in answers {
            let (status, after) = answer?;
            match status {
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                    outcome.refused.push(after);
                }
                _ => {
                    ensure!(
                        status == StatusCode::UNAUTHORIZED,
                        "a sign-in was answered {status}"
                    );
                    outcome.looked_at += 1;
                }
            }
        }
        Ok(outcome)
    }
}
