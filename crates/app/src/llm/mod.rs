//! Language models, as handlers of jobs ask them: in the order of the settings, within limits, once for every question.
//!
//! ```text
//! Gateway::ask ── breaker ── pace ── journal: reserve ── model ── journal: settle
//!                   │          │        ├─ known: the answer that was paid for
//!                   │          │        ├─ the provider wants patience
//!                   │          │        ╰─ no money
//!                   │          ╰─ too much at once
//!                   ╰─ left alone for a while, or unpaid
//! ```
//!
//! Architecture invariants: no transaction is open while a model is asked; the answer is kept before anybody reads it; what may
//! have been billed stays booked.

mod budget;
mod gateway;
mod judging;
mod money;
mod pace;
mod wording;
mod writing;

pub use budget::{Budget, Spent};
pub use gateway::{About, Gateway, GatewayError, Offer};
pub(crate) use judging::{Judging, NoVerdict, judge_text, rest_of, texts_of};
pub use pace::{Pace, PaceLimits, tokens_of};
pub use wording::{Reasoning, word};
pub(crate) use writing::{Asking, Drafted, write_items};
