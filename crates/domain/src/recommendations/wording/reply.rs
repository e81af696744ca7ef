//! Reading a model's reasons: local repair first ([`object_in`]), then faults that a re-ask can name.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use super::Sent;
use super::checks::Flaw;
use crate::llm::{NoObject, object_in};

/// Reasons of one answer that are looked at.
const MOST_REASONS: usize = 20;
/// Numbers of one reason that are looked at.
const MOST_CITES: usize = 20;

/// What is in an answer.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// By the numbers of their picks; each has passed every check.
    pub(super) reasons: Vec<(usize, String)>,
    pub(super) faults: Vec<Fault>,
}

/// What is wrong with an answer, in words that a re-ask repeats to the model. None quotes what anybody wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It holds no object.
    Form(NoObject),
    /// It contains what it was told never to say; nothing of it is taken.
    Leaked,
    /// A reason is for none of the picks that were asked about.
    Unasked,
    /// A pick has more than one reason; none of them is taken.
    Twice(usize),
    /// A pick has no reason.
    Missing(usize),
    /// A reason fails a check.
    Reason(usize, Flaw),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(fault) => fault.fmt(f),
            Self::Leaked => f.write_str("it contains a word that it must not contain"),
            Self::Unasked => f.write_str("a reason is for a pick that was not asked about"),
            Self::Twice(pick) => write!(f, "pick {pick} has more than one reason"),
            Self::Missing(pick) => write!(f, "pick {pick} has no reason"),
            Self::Reason(pick, flaw) => write!(f, "the reason of pick {pick} {flaw}"),
        }
    }
}

/// One reason as it was said.
struct Reason<'v> {
    pick: usize,
    text: &'v str,
    cites: BTreeSet<usize>,
}

/// Reads an answer about the picks that were asked about.
pub(super) fn read(words: &str, sent: &BTreeMap<usize, Sent<'_>>, canary: &str) -> Said {
    let fault = |fault| Said {
        faults: vec![fault],
        ..Said::default()
    };
    if leaks(words, canary) {
        return fault(Fault::Leaked);
    }
    let object = match object_in(words) {
        Ok(object) => object,
        Err(none) => return fault(Fault::Form(none)),
    };
    let entries = object.get("reasons").and_then(Value::as_array);
    let entries = entries.into_iter().flatten().take(MOST_REASONS);
    let reasons: Vec<Reason<'_>> = entries.filter_map(reason).collect();
    // What is spelled with escapes shows only now.
    if reasons.iter().any(|reason| leaks(reason.text, canary)) {
        return fault(Fault::Leaked);
    }
    let mut said = Said::default();
    if reasons.iter().any(|reason| !sent.contains_key(&reason.pick)) {
        said.faults.push(Fault::Unasked);
    }
    for (number, asked) in sent {
        let of_it: Vec<&Reason<'_>> = reasons.iter().filter(|reason| reason.pick == *number).collect();
        match of_it.as_slice() {
            [] => said.faults.push(Fault::Missing(*number)),
            [reason] => match asked.allowed.flaw_of(reason.text, &reason.cites) {
                None => said.reasons.push((*number, reason.text.to_owned())),
                Some(flaw) => said.faults.push(Fault::Reason(*number, flaw)),
            },
            _ => said.faults.push(Fault::Twice(*number)),
        }
    }
    said
}

fn leaks(words: &str, canary: &str) -> bool {
    words.to_ascii_lowercase().contains(canary)
}

/// One entry of the list; what has no number and no text is none.
fn reason(entry: &Value) -> Option<Reason<'_>> {
    let cites = entry.get("cites").and_then(Value::as_array);
    let cites = cites.into_iter().flatten().take(MOST_CITES);
    Some(Reason {
        pick: number(entry.get("pick")?)?,
        text: entry.get("text")?.as_str()?.trim(),
        // What is no number is no evidence, and no evidence has the number 0.
        cites: cites.map(|cite| number(cite).unwrap_or(0)).collect(),
    })
}

fn number(value: &Value) -> Option<usize> {
    usize::try_from(value.as_u64()?).ok()
}
