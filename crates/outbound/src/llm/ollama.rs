//! Ollama's own chat.

use domain::llm::{ChatMessage, ChatRole, Finish, ModelReply, ModelRequest, OutputFormat};
use serde_json::{Value, json};

use super::reading::{Unreadable, count, usage, words};

/// The body of a request.
pub(super) fn body(model: &str, context_tokens: Option<u32>, request: &ModelRequest) -> Value {
    let mut options = json!({"num_predict": request.max_output_tokens});
    if let Some(temperature) = request.temperature {
        options["temperature"] = json!(temperature);
    }
    if let Some(tokens) = context_tokens {
        options["num_ctx"] = json!(tokens);
    }
    let mut body = json!({
        "model": model,
        "messages": request.messages.iter().map(message).collect::<Vec<_>>(),
        "stream": false,
        "options": options,
    });
    if let OutputFormat::JsonSchema { schema, .. } = &request.format {
        body["format"] = schema.clone();
    }
    body
}

fn message(message: &ChatMessage) -> Value {
    let role = match message.role {
        ChatRole::System => "system",
        ChatRole::User => "user",
        ChatRole::Assistant => "assistant",
    };
    json!({"role": role, "content": message.text})
}

/// What an answer says.
pub(super) fn reply(answer: &Value) -> Result<ModelReply, Unreadable> {
    let message = answer.get("message").filter(|message| message.is_object());
    let message = message.ok_or(Unreadable::Without("message"))?;
    let text = words(message.get("content"));
    let finish = match answer.get("done_reason").and_then(Value::as_str) {
        Some("stop") => Finish::Stop,
        Some("length") => Finish::Length,
        _ => Finish::Other,
    };
    Ok(ModelReply {
        text: text.ok_or(Unreadable::Without("message.content"))?,
        usage: usage(
            &[count(answer.get("prompt_eval_count"))],
            &[count(answer.get("eval_count"))],
        ),
        finish,
    })
}

#[cfg(test)]
mod tests {
    use domain::llm::Usage;

    use super::super::test_requests::{for_any_answer, graded, plain};
    use super::*;

    fn answer(reason: &str) -> Value {
        json!({
            "model": "llama3.2",
            "message": {"role": "assistant", "content": "{}", "thinking": "Hm."},
            "done": true,
            "done_reason": reason,
            "prompt_eval_count": 11,
            "eval_count": 7,
        })
    }

    #[test]
    fn a_schema_goes_out_as_the_format() {
        let request = graded();
        let OutputFormat::JsonSchema { schema, .. } = &request.format else {
            unreachable!()
        };
        let expected = json!({
            "model": "llama3.2",
            "messages": [
                {"role": "system", "content": "Grade."},
                {"role": "system", "content": "Strictly."},
                {"role": "user", "content": "The answer."},
                {"role": "assistant", "content": "Hm."},
            ],
            "stream": false,
            "format": schema,
            "options": {"num_predict": 300, "temperature": 0.5, "num_ctx": 16_384},
        });
        assert_eq!(body("llama3.2", Some(16_384), &request), expected);
    }

    #[test]
    fn what_is_not_asked_for_is_not_sent() {
        let expected = json!({
            "model": "llama3.2",
            "messages": [{"role": "user", "content": "Hello."}],
            "stream": false,
            "options": {"num_predict": 20},
        });
        assert_eq!(body("llama3.2", None, &plain()), expected);
    }

    #[test]
    fn an_answer_is_read_and_every_end_has_its_name() {
        for (reason, finish) in [
            ("stop", Finish::Stop),
            ("length", Finish::Length),
            ("load", Finish::Other),
        ] {
            let expected = ModelReply {
                text: "{}".into(),
                usage: Some(Usage {
                    input_tokens: 11,
                    output_tokens: 7,
                }),
                finish,
            };
            assert_eq!(reply(&answer(reason)).unwrap(), expected);
        }
    }

    #[test]
    fn what_is_no_answer_is_unreadable() {
        let odd = [
            json!({}),
            json!({"error": "no"}),
            json!({"message": "hello"}),
            json!({"message": {"content": ["hello"]}}),
        ];
        for answer in odd {
            assert!(reply(&answer).is_err(), "{answer}");
        }
    }

    #[test]
    fn nothing_that_comes_back_makes_it_panic() {
        for_any_answer(&answer("stop"), |answer| drop(reply(answer)));
    }
}
