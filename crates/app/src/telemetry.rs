//! Log lines on standard error: one flat JSON object each, or text for people.
//!
//! Fields of the enclosing spans (`correlation_id`, `job_id`, …) stand beside those of the event, with `service` and
//! `component`. Architecture invariant: never answers, tokens, secrets, bodies or query strings.

use std::error::Error;
use std::fmt;
use std::io::{self, Write};

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt as text};

use crate::config::{LogFormat, LoggingConfig};

const SERVICE: &str = "touchstone";
/// What would fill the log, unless the settings ask for it: for every queue and half second that Redis is away, and for every
/// delivery that it forgot. `outbound::bullmq` says once what has happened.
const SILENCED: &str = "bullmq=off";

/// Logs from now on, panics included. A second call in one process changes nothing.
pub fn init(config: &LoggingConfig, component: &'static str) {
    let filter = EnvFilter::builder().parse_lossy(format!("{SILENCED},{}", config.level));
    let registry = tracing_subscriber::registry().with(filter);
    let first = match config.format {
        LogFormat::Json => registry
            .with(JsonLines {
                component,
                output: io::stderr,
            })
            .try_init(),
        LogFormat::Text => registry.with(text::layer().with_writer(io::stderr)).try_init(),
    };
    if first.is_ok() {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            // The message may quote what was being worked on, an answer for example; the place is enough to find it.
            tracing::error!(place, "a thread panicked");
        }));
    }
}

/// An error with its sources, `: ` between them; `Display` alone gives only the outermost.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text += ": ";
        text += &inner.to_string();
        source = inner.source();
    }
    text
}

/// Writes events as flat JSON objects.
struct JsonLines<O> {
    component: &'static str,
    output: fn() -> O,
}

impl<S, O> Layer<S> for JsonLines<O>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    O: Write + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut line = Fields::default();
        line.set("timestamp", timestamp());
        line.set("level", event.metadata().level().as_str());
        line.set("service", SERVICE);
        line.set("component", self.component);
        line.set("target", event.metadata().target());
        for span in context
            .event_scope(event)
            .into_iter()
            .flat_map(tracing_subscriber::registry::Scope::from_root)
        {
            if let Some(fields) = span.extensions().get::<Fields>() {
                line.0.extend(fields.0.clone());
            }
        }
        event.record(&mut line);
        let mut text = Value::Object(line.0).to_string();
        text.push('\n');
        // There is nowhere left to report that the log cannot be written.
        let _ = (self.output)().write_all(text.as_bytes());
    }
}

/// Fields by name, the latest value winning.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field.name(), value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field.name(), value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.set(field.name(), chain(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field.name(), format!("{value:?}"));
    }
}

fn timestamp() -> String {
    let mut text = String::new();
    // Writing into a string does not fail.
    let _ = SystemTime.format_time(&mut Writer::new(&mut text));
    text
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};

    use super::*;

    static WRITTEN: Mutex<Vec<u8>> = Mutex::new(Vec::new());

    struct Memory;

    impl Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            WRITTEN
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] io::Error);

    #[test]
    fn an_event_is_one_flat_object_with_the_fields_of_its_spans_and_the_chain_of_its_error() {
        let lines = JsonLines {
            component: "serve",
            output: || Memory,
        };
        let subscriber = tracing_subscriber::registry().with(lines);
        tracing::subscriber::with_default(subscriber, || {
            let span = tracing::info_span!("request", correlation_id = "c-1", status = tracing::field::Empty);
            let _entered = span.enter();
            span.record("status", 500);
            let error = Outer(io::Error::other("inner"));
            tracing::error!(error = &error as &dyn Error, jobs = 3, "it failed");
        });
        let written = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let line: Value = serde_json::from_slice(&written).unwrap();
        let expected: [(&str, Value); 8] = [
            ("level", "ERROR".into()),
            ("service", "touchstone".into()),
            ("component", "serve".into()),
            ("correlation_id", "c-1".into()),
            ("status", 500.into()),
            ("jobs", 3.into()),
            ("error", "outer: inner".into()),
            ("message", "it failed".into()),
        ];
        for (name, value) in expected {
            assert_eq!(line[name], value, "{name} of {line}");
        }
        assert!(line["timestamp"].as_str().unwrap().starts_with("20"));
    }
}
