//! Chat completions: OpenAI's format, and that of whoever is compatible with it.

use domain::llm::{ChatMessage, ChatRole, Finish, ModelReply, ModelRequest, OutputFormat};
use serde_json::{Value, json};

use super::reading::{Unreadable, count, usage, words};
use super::settings::{LimitField, OpenAiDialect, StructuredOutput};

/// The body of a request.
pub(super) fn body(model: &str, dialect: OpenAiDialect, request: &ModelRequest) -> Value {
    let mut messages: Vec<Value> = request.messages.iter().map(message).collect();
    let mut body = json!({"model": model});
    if let OutputFormat::JsonSchema { name, schema } = &request.format {
        body["response_format"] = match dialect.structured {
            StructuredOutput::JsonSchema => json!({
                "type": "json_schema",
                "json_schema": {"name": name, "strict": true, "schema": schema},
            }),
            StructuredOutput::JsonObject => {
                ask_for_schema(&mut messages, schema);
                json!({"type": "json_object"})
            }
        };
    }
    body["messages"] = Value::Array(messages);
    let limit = dialect.limit.unwrap_or(LimitField::MaxTokens);
    body[limit.field()] = json!(request.max_output_tokens);
    if let Some(temperature) = request.temperature {
        body["temperature"] = json!(temperature);
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

/// JSON mode knows no schema and insists on the word JSON in the messages, so both go into the last one of the system, never into
/// one that carries data.
fn ask_for_schema(messages: &mut Vec<Value>, schema: &Value) {
    let words = format!("Answer with nothing but one JSON object of this JSON schema:\n{schema}");
    let is_system = |message: &Value| message["role"] == "system";
    match messages.iter().rposition(is_system) {
        Some(place) => {
            let before = messages[place]["content"].as_str().unwrap_or_default();
            messages[place]["content"] = json!(format!("{before}\n\n{words}"));
        }
        None => messages.insert(0, json!({"role": "system", "content": words})),
    }
}

/// What an answer says.
pub(super) fn reply(answer: &Value) -> Result<ModelReply, Unreadable> {
    let choice = answer.pointer("/choices/0");
    let choice = choice.ok_or(Unreadable::Without("choices[0]"))?;
    let message = choice.get("message").filter(|message| message.is_object());
    let message = message.ok_or(Unreadable::Without("choices[0].message"))?;
    let text = words(message.get("content"));
    let refusal = message.get("refusal").and_then(Value::as_str);
    let finish = match choice.get("finish_reason").and_then(Value::as_str) {
        _ if refusal.is_some_and(|refusal| !refusal.is_empty()) => Finish::Refused,
        Some("stop") => Finish::Stop,
        Some("length") => Finish::Length,
        Some("content_filter") => Finish::Refused,
        _ => Finish::Other,
    };
    Ok(ModelReply {
        text: text.ok_or(Unreadable::Without("choices[0].message.content"))?,
        usage: usage(
            &[count(answer.pointer("/usage/prompt_tokens"))],
            &[count(answer.pointer("/usage/completion_tokens"))],
        ),
        finish,
    })
}

#[cfg(test)]
mod tests {
    use domain::llm::Usage;

    use super::super::test_requests::{for_any_answer, graded, plain};
    use super::*;

    fn dialect(structured: StructuredOutput) -> OpenAiDialect {
        OpenAiDialect {
            structured,
            limit: Some(LimitField::MaxCompletionTokens),
        }
    }

    fn answer(choice: &Value) -> Value {
        json!({"choices": [choice], "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}})
    }

    #[test]
    fn a_schema_goes_out_in_strict_mode() {
        let request = graded();
        let OutputFormat::JsonSchema { schema, .. } = &request.format else {
            unreachable!()
        };
        let expected = json!({
            "model": "gpt-4o-mini",
            "messages": [
                {"role": "system", "content": "Grade."},
                {"role": "system", "content": "Strictly."},
                {"role": "user", "content": "The answer."},
                {"role": "assistant", "content": "Hm."},
            ],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "verdict", "strict": true, "schema": schema},
            },
            "max_completion_tokens": 300,
            "temperature": 0.5,
        });
        let sent = body("gpt-4o-mini", dialect(StructuredOutput::JsonSchema), &request);
        assert_eq!(sent, expected);
    }

    #[test]
    fn json_mode_puts_the_schema_into_the_last_words_of_the_system() {
        let request = graded();
        let sent = body("gpt-3.5-turbo", dialect(StructuredOutput::JsonObject), &request);
        assert_eq!(sent["response_format"], json!({"type": "json_object"}));
        assert_eq!(sent["messages"][0]["content"], "Grade.");
        let last = sent["messages"][1]["content"].as_str().unwrap();
        assert!(
            last.starts_with("Strictly.\n\nAnswer with nothing but one JSON object"),
            "{last}"
        );
        assert!(last.contains("\"additionalProperties\":false"), "{last}");
        assert_eq!(sent["messages"][2]["content"], "The answer.");
    }

    #[test]
    fn json_mode_makes_a_system_message_where_there_is_none() {
        let mut request = graded();
        request
            .messages
            .retain(|message| message.role != ChatRole::System);
        let sent = body("gpt-3.5-turbo", dialect(StructuredOutput::JsonObject), &request);
        assert_eq!(sent["messages"][0]["role"], "system");
        assert!(
            sent["messages"][0]["content"]
                .as_str()
                .unwrap()
                .contains("JSON schema")
        );
        assert_eq!(sent["messages"].as_array().unwrap().len(), 3);
    }

    #[test]
    fn what_is_not_asked_for_is_not_sent() {
        let sent = body("llama3.2", OpenAiDialect::default(), &plain());
        let expected = json!({
            "model": "llama3.2",
            "messages": [{"role": "user", "content": "Hello."}],
            "max_tokens": 20,
        });
        assert_eq!(sent, expected);
    }

    #[test]
    fn an_answer_is_read() {
        let said = answer(
            &json!({"message": {"role": "assistant", "content": "{}", "refusal": null}, "finish_reason": "stop"}),
        );
        let expected = ModelReply {
            text: "{}".into(),
            usage: Some(Usage {
                input_tokens: 11,
                output_tokens: 7,
            }),
            finish: Finish::Stop,
        };
        assert_eq!(reply(&said).unwrap(), expected);
    }

    #[test]
    fn every_end_has_its_name() {
        let ends = [
            (json!("stop"), Finish::Stop),
            (json!("length"), Finish::Length),
            (json!("content_filter"), Finish::Refused),
            (json!("tool_calls"), Finish::Other),
            (json!(null), Finish::Other),
            (json!(1), Finish::Other),
        ];
        for (reason, finish) in ends {
            let said = answer(&json!({"message": {"content": "x"}, "finish_reason": reason}));
            assert_eq!(reply(&said).unwrap().finish, finish, "{reason}");
        }
    }

    #[test]
    fn a_refusal_is_no_answer() {
        let said = answer(&json!({"message": {"content": null, "refusal": "No."}, "finish_reason": "stop"}));
        let read = reply(&said).unwrap();
        assert_eq!((read.text.as_str(), read.finish), ("", Finish::Refused));
    }

    #[test]
    fn what_is_no_answer_is_unreadable() {
        let odd = [
            json!(null),
            json!({}),
            json!({"choices": []}),
            json!({"choices": [{}]}),
            json!({"choices": [{"message": "hello"}]}),
            json!({"choices": [{"message": {"content": 7}}]}),
        ];
        for answer in odd {
            assert!(reply(&answer).is_err(), "{answer}");
        }
    }

    #[test]
    fn nothing_that_comes_back_makes_it_panic() {
        let good = answer(&json!({"message": {"content": "{}"}, "finish_reason": "stop"}));
        for_any_answer(&good, |answer| drop(reply(answer)));
    }
}
