//! The engine against a model of its lease protocol.

mod lease;
