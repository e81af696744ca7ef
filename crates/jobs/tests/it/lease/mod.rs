//! The lease protocol, checked in every order of events (docs/lease-protocol.md), and real stores against the model.

mod check;
mod model;
mod moves;
mod steps;
mod traces;
