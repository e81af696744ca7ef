//! Language models, as the rules see them: a request with messages and a schema goes out, words and a bill come back.
//!
//! Invariants: nothing that a model says is an instruction, a URL or an id for anything else; a request is a pure function of
//! what is asked, so that a rerun asks the same; what a call may cost is known before it is made.
//! Deliberately absent: wire formats and addresses of providers (adapters know them), and what is asked (slices do).

mod breaker;
mod calls;
mod journal;
mod model;
mod no_money;
mod object;
mod ports;
mod quoting;
mod spending;
mod views;

pub use breaker::{Breaker, Permit};
pub use calls::{
    Booked, BookedCall, CallEnd, CallJournal, CallState, Cap, Caps, Day, NewCall, ReserveCall, ReserveError,
    Reserved, SettleCall, SettledCall, StoredAnswer,
};
pub use journal::{CallKey, CallSeed, JournalSecret, input_hash};
pub use model::{ChatMessage, ChatRole, Finish, ModelName, ModelReply, ModelRequest, OutputFormat, Usage};
pub use no_money::NoteNoMoney;
pub use object::{MOST_CHARS_READ, NoObject, object_in};
pub use ports::{LanguageModel, ModelError};
pub use quoting::{as_data, is_invisible, is_name, is_unprintable, visible_words};
pub use spending::{MicroDollars, Price, most_tokens};
pub use views::{AttemptUse, ModelUse, UnknownCall};
