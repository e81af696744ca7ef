//! Error events by test. The tests of a process share one subscriber, but each has a runtime of its own.

use std::collections::HashMap;
use std::fmt::{Debug, Write as _};
use std::sync::{LazyLock, Mutex, Once, PoisonError};

use tokio::runtime::{Handle, Id};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

static INSTALLED: Once = Once::new();
static ERRORS: LazyLock<Mutex<HashMap<Id, Vec<String>>>> = LazyLock::new(Mutex::default);

/// Collects error events from now on, in whatever runtime.
pub(super) fn collect_errors() {
    INSTALLED.call_once(|| {
        tracing_subscriber::registry()
            .with(ByRuntime.with_filter(LevelFilter::ERROR))
            .init();
    });
}

/// Error events of the current runtime since the last call.
pub(super) fn take_errors() -> Vec<String> {
    let mut errors = ERRORS.lock().unwrap_or_else(PoisonError::into_inner);
    errors.remove(&Handle::current().id()).unwrap_or_default()
}

struct ByRuntime;

impl<S: Subscriber> Layer<S> for ByRuntime {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let mut line = Line(event.metadata().target().to_owned());
        event.record(&mut line);
        let mut errors = ERRORS.lock().unwrap_or_else(PoisonError::into_inner);
        errors.entry(runtime.id()).or_default().push(line.0);
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_is_collected_on_whatever_thread_it_was_logged() {
    collect_errors();
    tracing::error!(cause = "planted", "here");
    tokio::task::spawn_blocking(|| tracing::error!("there"))
        .await
        .unwrap();
    tracing::warn!("not an error");
    let found = take_errors();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].contains("planted") && found[1].contains("there"),
        "{found:?}"
    );
    assert!(take_errors().is_empty());
}
