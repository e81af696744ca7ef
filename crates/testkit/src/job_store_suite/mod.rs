//! What every job store must do, told as sentences; each runs on its own, freshly migrated database.
//!
//! A test names its cause in jobs and reads the outcome from the views. Whether something was written together with a
//! job's end is seen by a *marker*: a job of another kind whose subject is the job it marks.

mod bench;
mod claims;
mod fences;
mod parents;
mod rescue;
mod schedules;
mod scripted;
mod serving;
mod work;

pub use claims::*;
pub use fences::*;
pub use parents::*;
pub use rescue::*;
pub use schedules::*;
pub use serving::*;
pub use work::*;
