//! What every dispatch must do, told as sentences: with whole workers and relays, each as a process of its own, over one
//! freshly migrated database.
//!
//! Whatever happens to what is between them, each job runs once; the rows of `job_attempts` count. Time runs here, because a
//! dispatch waits on clocks of its own.

mod delivering;
mod hall;
mod losing;

pub use delivering::*;
pub use hall::{Dispatcher, Hall};
pub use losing::*;
