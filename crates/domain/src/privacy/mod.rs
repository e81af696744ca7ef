//! What is known of a person, given to them and taken out: export and erasure.
//!
//! Which columns hold something about whom is one list, owned by storage, which both walk; nothing here names a table.
//! Invariants: erasure is one transaction; what is under way for the person ends with it (attempts are voided, jobs
//! cancelled, so that a late verdict is refused by its fence); scores and audit rows stay and name an account that names
//! nobody; the last active admin stays. Requests that had been let in before are followed by a second walk.
//! Deliberately absent: logs and backups, which the program cannot reach (docs/privacy.md).

mod commands;
pub mod jobs;
mod model;
mod ports;

pub use commands::{Erase, EraseAgain, NoteExport};
pub use model::{Erased, MayExport, PersonalExport};
pub use ports::PrivacyRepository;
