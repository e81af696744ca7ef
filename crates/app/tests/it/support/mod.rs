//! The service under test, its clients, and what they look at.

mod app;
mod client;
pub(crate) mod events;
mod instance;
mod leaks;
mod logs;
mod observed;
pub(crate) mod process;
pub(crate) mod properties;
pub(crate) mod raw;
mod rows;
mod sitting;
mod track;

pub(crate) use app::{PASSWORD, TestApp};
pub(crate) use client::{Client, Reply, http_client, picked};
pub(crate) use leaks::{Marker, leaks};
pub(crate) use sitting::{Sitting, answers};
pub(crate) use track::{Taking, TestTrack, bank};

use std::time::Duration;

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_mins(1);

/// The shipped syllabus.
pub(crate) const SYLLABUS: &[u8] = include_bytes!("../../../assets/demo/syllabus.pdf");
