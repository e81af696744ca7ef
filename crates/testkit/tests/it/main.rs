//! What the test kit's own collections promise.

mod answers;
mod gate;
