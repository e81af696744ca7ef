//! Storage on both real databases.

mod append_only;
mod attempt_scene;
mod attempts_opening;
mod attempts_saving;
mod attempts_scoring;
mod attempts_sections;
mod attempts_submission;
mod generation;
mod idempotency;
mod identity;
mod job_store;
mod migrations;
mod publishing;
mod raw;
mod transactions;
