//! Touchstone in one program: HTTP service, background worker and command line over the crates of the workspace.
//!
//! Exposed for the integration tests; the program itself only calls [`cli::main`].

pub mod cli;
pub mod config;
pub mod content;
pub mod failed_sign_ins;
pub mod http;
pub mod list_reads;
pub mod llm;
mod local_scorer;
pub mod models;
mod outage;
pub mod pdf_text;
mod process;
pub mod progress;
pub mod rate_limits;
pub mod runtime;
pub mod security;
pub mod sign_ins;
pub mod telemetry;
pub mod wiring;
pub mod workers;

use jobs::failpoint;
pub use runtime::{AppState, Services};
