//! Anthropic's messages.

use domain::llm::{ChatMessage, ChatRole, Finish, ModelReply, ModelRequest, OutputFormat};
use serde_json::{Value, json};

use super::reading::{Unreadable, count, count_or_none, usage};

/// The version of the format, a header.
pub(super) const VERSION: &str = "2023-06-01";
/// The others' scale goes to 2.
const HOTTEST: f64 = 1.0;

/// The body of a request.
pub(super) fn body(model: &str, request: &ModelRequest) -> Value {
    let (system, talk): (Vec<_>, Vec<_>) = request
        .messages
        .iter()
        .partition(|message| message.role == ChatRole::System);
    let mut body = json!({
        "model": model,
        "max_tokens": request.max_output_tokens,
        "messages": talk.into_iter().map(message).collect::<Vec<_>>(),
    });
    if !system.is_empty() {
        let texts: Vec<_> = system.iter().map(|message| message.text.as_str()).collect();
        body["system"] = json!(texts.join("\n\n"));
    }
    if let OutputFormat::JsonSchema { schema, .. } = &request.format {
        body["output_config"] = json!({"format": {"type": "json_schema", "schema": schema}});
    }
    if let Some(temperature) = request.temperature {
        body["temperature"] = json!(temperature.min(HOTTEST));
    }
    body
}

fn message(message: &ChatMessage) -> Value {
    let role = match message.role {
        ChatRole::System | ChatRole::User => "user",
        ChatRole::Assistant => "assistant",
    };
    json!({"role": role, "content": message.text})
}

/// What an answer says: its blocks of text, one after the other; those of other kinds are no words.
pub(super) fn reply(answer: &Value) -> Result<ModelReply, Unreadable> {
    let blocks = answer.get("content").and_then(Value::as_array);
    let mut text = String::new();
    for block in blocks.ok_or(Unreadable::Without("content"))? {
        match block.get("type").and_then(Value::as_str) {
            Some("text") => {
                let words = block.get("text").and_then(Value::as_str);
                text.push_str(words.ok_or(Unreadable::Without("content[].text"))?);
            }
            Some(_) => {}
            None => return Err(Unreadable::Without("content[].type")),
        }
    }
    let finish = match answer.get("stop_reason").and_then(Value::as_str) {
        Some("end_turn" | "stop_sequence") => Finish::Stop,
        Some("max_tokens" | "model_context_window_exceeded") => Finish::Length,
        Some("refusal") => Finish::Refused,
        _ => Finish::Other,
    };
    let said = |name: &str| answer.get("usage").and_then(|usage| usage.get(name));
    let input = [
        count(said("input_tokens")),
        count_or_none(said("cache_creation_input_tokens")),
        count_or_none(said("cache_read_input_tokens")),
    ];
    Ok(ModelReply {
        text,
        usage: usage(&input, &[count(said("output_tokens"))]),
        finish,
    })
}

#[cfg(test)]
mod tests {
    use domain::llm::Usage;

    use super::super::test_requests::{for_any_answer, graded, plain};
    use super::*;

    fn answer(stop_reason: &str) -> Value {
        json!({
            "type": "message",
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "x"},
                {"type": "text", "text": "{\"a\":"},
                {"type": "text", "text": " 1}"},
            ],
            "stop_reason": stop_reason,
            "usage": {
                "input_tokens": 10,
                "cache_creation_input_tokens": null,
                "cache_read_input_tokens": 90,
                "output_tokens": 7,
            },
        })
    }

    #[test]
    fn a_schema_goes_out_and_the_system_stands_apart() {
        let request = graded();
        let OutputFormat::JsonSchema { schema, .. } = &request.format else {
            unreachable!()
        };
        let expected = json!({
            "model": "claude-haiku-4-5",
            "max_tokens": 300,
            "system": "Grade.\n\nStrictly.",
            "messages": [
                {"role": "user", "content": "The answer."},
                {"role": "assistant", "content": "Hm."},
            ],
            "output_config": {"format": {"type": "json_schema", "schema": schema}},
            "temperature": 0.5,
        });
        assert_eq!(body("claude-haiku-4-5", &request), expected);
    }

    #[test]
    fn what_is_not_asked_for_is_not_sent() {
        let expected = json!({
            "model": "claude-haiku-4-5",
            "max_tokens": 20,
            "messages": [{"role": "user", "content": "Hello."}],
        });
        assert_eq!(body("claude-haiku-4-5", &plain()), expected);
    }

    #[test]
    fn its_own_scale_of_temperatures_ends_at_one() {
        let mut request = plain();
        request.temperature = Some(1.7);
        assert_eq!(body("claude-haiku-4-5", &request)["temperature"], 1.0);
    }

    #[test]
    fn blocks_of_text_are_joined_and_cached_tokens_counted() {
        let expected = ModelReply {
            text: "{\"a\": 1}".into(),
            usage: Some(Usage {
                input_tokens: 100,
                output_tokens: 7,
            }),
            finish: Finish::Stop,
        };
        assert_eq!(reply(&answer("end_turn")).unwrap(), expected);
    }

    #[test]
    fn every_end_has_its_name() {
        let ends = [
            ("end_turn", Finish::Stop),
            ("stop_sequence", Finish::Stop),
            ("max_tokens", Finish::Length),
            ("model_context_window_exceeded", Finish::Length),
            ("refusal", Finish::Refused),
            ("pause_turn", Finish::Other),
            ("", Finish::Other),
        ];
        for (reason, finish) in ends {
            assert_eq!(reply(&answer(reason)).unwrap().finish, finish, "{reason}");
        }
    }

    #[test]
    fn what_is_no_answer_is_unreadable() {
        let odd = [
            json!([]),
            json!({"content": "hello"}),
            json!({"content": [{"text": "hello"}]}),
            json!({"content": [{"type": "text", "text": 7}]}),
            json!({"content": ["hello"]}),
        ];
        for answer in odd {
            assert!(reply(&answer).is_err(), "{answer}");
        }
    }

    #[test]
    fn nothing_that_comes_back_makes_it_panic() {
        for_any_answer(&answer("end_turn"), |answer| drop(reply(answer)));
    }
}
