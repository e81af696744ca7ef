//! What the readers of all wire formats share.

use domain::llm::Usage;
use serde_json::Value;

/// Why a successful answer is none in its format. Nothing of the answer is in it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("the answer is longer than {limit} bytes")]
    TooLong { limit: usize },
    #[error("the answer is no JSON at line {line}, column {column}")]
    NotJson { line: usize, column: usize },
    #[error("the answer has no usable {0}")]
    Without(&'static str),
}

/// The JSON of a body. What `serde_json` says of a wrong one is dropped, for it quotes.
pub(super) fn json(body: &[u8]) -> Result<Value, Unreadable> {
    serde_json::from_slice(body).map_err(|error| Unreadable::NotJson {
        line: error.line(),
        column: error.column(),
    })
}

/// A text that may be absent or null, which is no words; `None` if something else stands there.
pub(super) fn words(value: Option<&Value>) -> Option<String> {
    match value {
        None | Some(Value::Null) => Some(String::new()),
        Some(Value::String(text)) => Some(text.clone()),
        Some(_) => None,
    }
}

/// A number of tokens; `None` for what is no count, or more than can be.
pub(super) fn count(value: Option<&Value>) -> Option<u32> {
    value?.as_u64()?.try_into().ok()
}

/// A number of tokens that providers leave out when there are none.
pub(super) fn count_or_none(value: Option<&Value>) -> Option<u32> {
    match value {
        None | Some(Value::Null) => Some(0),
        given => count(given),
    }
}

/// The bill, if all of its parts can be read: half a bill is worse than an estimate.
pub(super) fn usage(input: &[Option<u32>], output: &[Option<u32>]) -> Option<Usage> {
    let sum = |parts: &[Option<u32>]| {
        let mut parts = parts.iter();
        parts.try_fold(0_u32, |sum, part| sum.checked_add((*part)?))
    };
    Some(Usage {
        input_tokens: sum(input)?,
        output_tokens: sum(output)?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_error_does_not_quote_what_it_could_not_read() {
        for body in ["\"candidate\" wrote", "{\"candidate\": wrote}", "candidate"] {
            let error = json(body.as_bytes()).unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(
                !shown.contains("candidate") && !shown.contains("wrote"),
                "{shown}"
            );
        }
    }

    #[test]
    fn only_whole_numbers_that_can_be_are_counts() {
        assert_eq!(count(Some(&json!(12))), Some(12));
        for odd in [
            json!(-1),
            json!(1.5),
            json!("12"),
            json!(null),
            json!(4_294_967_296_u64),
        ] {
            assert_eq!(count(Some(&odd)), None, "{odd}");
        }
        assert_eq!(count_or_none(None), Some(0));
        assert_eq!(count_or_none(Some(&json!("12"))), None);
    }

    #[test]
    fn a_bill_with_a_part_missing_is_none() {
        assert_eq!(usage(&[Some(1), None], &[Some(2)]), None);
        assert_eq!(usage(&[Some(u32::MAX), Some(1)], &[Some(2)]), None);
        let whole = Usage {
            input_tokens: 4,
            output_tokens: 2,
        };
        assert_eq!(usage(&[Some(1), Some(3)], &[Some(2)]), Some(whole));
    }
}
