//! What every job store must do, told as sentences; each runs on its own, freshly migrated database.
//!
//! A test names its cause in jobs and reads the outcome from the views. Whether something was written together with a
//! job's end is seen by a *marker*: a job of another kind whose subject is the job it marks.

mod ageing;
mod batches;
mod bench;
mod by_id;
mod cancelling;
mod claims;
mod dead_letters;
mod disturbances;
mod disturbed;
mod fences;
mod parents;
mod pauses;
mod pruning;
mod rescue;
mod schedules;
mod scripted;
mod serving;
mod work;

pub use ageing::*;
pub use batches::*;
pub use by_id::*;
pub use cancelling::*;
pub use claims::*;
pub use dead_letters::*;
pub use disturbances::*;
pub use fences::*;
pub use parents::*;
pub use pauses::*;
pub use pruning::*;
pub use rescue::*;
pub use schedules::*;
pub use serving::*;
pub use work::*;
