//! Progress: a bar on standard error while a step runs, one line on standard output when it is done.
//!
//! Bars draw only on terminals; the lines are there in any case, so a log of the demonstration reads the same.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::{CliError, Terminal};

const REDRAW: Duration = Duration::from_millis(80);

/// The steps of a demonstration, numbered.
pub(super) struct Steps {
    count: u32,
    number: u32,
}

/// A step under way.
pub(super) struct Step {
    /// Moves on; can be cloned into tasks.
    pub(super) bar: ProgressBar,
    heading: String,
    begun: Instant,
}

impl Steps {
    pub(super) const fn new(count: u32) -> Self {
        Self { count, number: 0 }
    }

    /// Begins the next step; with a length it is a bar, without one a spinner.
    pub(super) fn begin(&mut self, title: &str, length: Option<u64>) -> Step {
        self.number += 1;
        let heading = format!("[{}/{}] {title}", self.number, self.count);
        let bar = match length {
            Some(length) => {
                ProgressBar::new(length).with_style(style("{prefix} [{bar:30}] {pos}/{len} {msg}"))
            }
            None => ProgressBar::new_spinner().with_style(style("{prefix} {spinner} {msg}")),
        };
        bar.set_prefix(heading.clone());
        bar.enable_steady_tick(REDRAW);
        Step {
            bar,
            heading,
            begun: Instant::now(),
        }
    }
}

impl Step {
    /// Ends the step with what came of it.
    pub(super) fn done(self, outcome: &str) -> Result<(), CliError> {
        self.bar.finish_and_clear();
        Terminal::line(&format!(
            "{}: {outcome} ({:.2} s)",
            self.heading,
            self.begun.elapsed().as_secs_f64()
        ))
    }
}

impl Drop for Step {
    /// A step that failed leaves no half bar behind the error.
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_count_up_and_clear_their_bars() {
        let mut steps = Steps::new(2);
        let first = steps.begin("upload", None);
        assert_eq!(first.heading, "[1/2] upload");
        let bar = first.bar.clone();
        drop(first);
        assert!(bar.is_finished());
        assert_eq!(steps.begin("generate", Some(3)).bar.length(), Some(3));
    }
}
