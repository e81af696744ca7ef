//! Gemini's `generateContent`. The model's name stands in the path, not in the body.

use domain::llm::{ChatMessage, ChatRole, Finish, ModelReply, ModelRequest, OutputFormat, Usage};
use serde_json::{Value, json};

use super::reading::{Unreadable, count, count_or_none, usage};

/// The body of a request.
pub(super) fn body(request: &ModelRequest) -> Value {
    let (system, talk): (Vec<_>, Vec<_>) = request
        .messages
        .iter()
        .partition(|message| message.role == ChatRole::System);
    let mut body = json!({"contents": talk.into_iter().map(content).collect::<Vec<_>>()});
    if !system.is_empty() {
        let parts: Vec<_> = system.into_iter().map(part).collect();
        body["systemInstruction"] = json!({"parts": parts});
    }
    let mut generation = json!({"maxOutputTokens": request.max_output_tokens});
    if let OutputFormat::JsonSchema { schema, .. } = &request.format {
        generation["responseMimeType"] = json!("application/json");
        generation["responseJsonSchema"] = schema.clone();
    }
    if let Some(temperature) = request.temperature {
        generation["temperature"] = json!(temperature);
    }
    body["generationConfig"] = generation;
    body
}

fn content(message: &ChatMessage) -> Value {
    let role = match message.role {
        ChatRole::System | ChatRole::User => "user",
        ChatRole::Assistant => "model",
    };
    json!({"role": role, "parts": [part(message)]})
}

fn part(message: &ChatMessage) -> Value {
    json!({"text": message.text})
}

/// What an answer says. One that was withheld may have no candidate, or a candidate without words.
pub(super) fn reply(answer: &Value) -> Result<ModelReply, Unreadable> {
    let Some(candidate) = answer.pointer("/candidates/0") else {
        let blocked = answer.pointer("/promptFeedback/blockReason");
        let blocked = blocked.filter(|reason| reason.is_string());
        blocked.ok_or(Unreadable::Without("candidates[0]"))?;
        return Ok(ModelReply {
            text: String::new(),
            usage: bill(answer),
            finish: Finish::Refused,
        });
    };
    let reason = candidate.get("finishReason").and_then(Value::as_str);
    let text = match (candidate.get("content"), reason) {
        (None, Some(_)) => String::new(),
        (Some(content), _) => words(content)?,
        (None, None) => return Err(Unreadable::Without("candidates[0].content")),
    };
    Ok(ModelReply {
        text,
        usage: bill(answer),
        finish: finish(reason),
    })
}

/// The parts that are text, without thoughts. A content that has no parts has no words: that is how thinking looks that went on
/// until the longest answer.
fn words(content: &Value) -> Result<String, Unreadable> {
    let parts = match content.get("parts") {
        None if content.is_object() => return Ok(String::new()),
        parts => parts.and_then(Value::as_array),
    };
    let mut words = String::new();
    for part in parts.ok_or(Unreadable::Without("candidates[0].content.parts"))? {
        let is_thought = part.get("thought") == Some(&Value::Bool(true));
        match part.get("text") {
            Some(Value::String(text)) if !is_thought => words.push_str(text),
            Some(Value::String(_)) => {}
            None if part.is_object() => {}
            _ => return Err(Unreadable::Without("candidates[0].content.parts[].text")),
        }
    }
    Ok(words)
}

fn finish(reason: Option<&str>) -> Finish {
    match reason {
        Some("STOP") => Finish::Stop,
        Some("MAX_TOKENS") => Finish::Length,
        Some("SAFETY" | "RECITATION" | "LANGUAGE" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII") => {
            Finish::Refused
        }
        _ => Finish::Other,
    }
}

/// Zeros are left out by the provider, except that there is no request without tokens.
fn bill(answer: &Value) -> Option<Usage> {
    let said = |name: &str| answer.get("usageMetadata").and_then(|usage| usage.get(name));
    let output = [
        count_or_none(said("candidatesTokenCount")),
        count_or_none(said("thoughtsTokenCount")),
    ];
    usage(&[count(said("promptTokenCount"))], &output)
}

#[cfg(test)]
mod tests {
    use super::super::test_requests::{for_any_answer, graded, plain};
    use super::*;

    fn answer(reason: &str) -> Value {
        json!({
            "candidates": [{
                "content": {"role": "model", "parts": [
                    {"text": "Hm.", "thought": true},
                    {"text": "{\"a\":"},
                    {"executableCode": {}},
                    {"text": " 1}", "thought": false},
                ]},
                "finishReason": reason,
            }],
            "usageMetadata": {"promptTokenCount": 11, "candidatesTokenCount": 7, "thoughtsTokenCount": 30},
        })
    }

    #[test]
    fn a_schema_goes_out_and_the_system_stands_apart() {
        let request = graded();
        let OutputFormat::JsonSchema { schema, .. } = &request.format else {
            unreachable!()
        };
        let expected = json!({
            "systemInstruction": {"parts": [{"text": "Grade."}, {"text": "Strictly."}]},
            "contents": [
                {"role": "user", "parts": [{"text": "The answer."}]},
                {"role": "model", "parts": [{"text": "Hm."}]},
            ],
            "generationConfig": {
                "responseMimeType": "application/json",
                "responseJsonSchema": schema,
                "maxOutputTokens": 300,
                "temperature": 0.5,
            },
        });
        assert_eq!(body(&request), expected);
    }

    #[test]
    fn what_is_not_asked_for_is_not_sent() {
        let expected = json!({
            "contents": [{"role": "user", "parts": [{"text": "Hello."}]}],
            "generationConfig": {"maxOutputTokens": 20},
        });
        assert_eq!(body(&plain()), expected);
    }

    #[test]
    fn thoughts_are_paid_for_and_not_read() {
        let expected = ModelReply {
            text: "{\"a\": 1}".into(),
            usage: Some(Usage {
                input_tokens: 11,
                output_tokens: 37,
            }),
            finish: Finish::Stop,
        };
        assert_eq!(reply(&answer("STOP")).unwrap(), expected);
    }

    #[test]
    fn every_end_has_its_name() {
        let ends = [
            ("STOP", Finish::Stop),
            ("MAX_TOKENS", Finish::Length),
            ("SAFETY", Finish::Refused),
            ("PROHIBITED_CONTENT", Finish::Refused),
            ("FINISH_REASON_UNSPECIFIED", Finish::Other),
        ];
        for (reason, finish) in ends {
            assert_eq!(reply(&answer(reason)).unwrap().finish, finish, "{reason}");
        }
    }

    #[test]
    fn what_was_withheld_has_no_words() {
        let blocked =
            json!({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 11}});
        let withheld =
            json!({"candidates": [{"finishReason": "SAFETY"}], "usageMetadata": {"promptTokenCount": 11}});
        let expected = ModelReply {
            text: String::new(),
            usage: Some(Usage {
                input_tokens: 11,
                output_tokens: 0,
            }),
            finish: Finish::Refused,
        };
        assert_eq!(reply(&blocked).unwrap(), expected);
        assert_eq!(reply(&withheld).unwrap(), expected);
    }

    #[test]
    fn thinking_to_the_end_leaves_no_words() {
        let said = json!({"candidates": [{"content": {"role": "model"}, "finishReason": "MAX_TOKENS"}]});
        let expected = ModelReply {
            text: String::new(),
            usage: None,
            finish: Finish::Length,
        };
        assert_eq!(reply(&said).unwrap(), expected);
    }

    #[test]
    fn what_is_no_answer_is_unreadable() {
        let odd = [
            json!({}),
            json!({"candidates": []}),
            json!({"candidates": [{}]}),
            json!({"candidates": [{"content": "hello", "finishReason": "STOP"}]}),
            json!({"candidates": [{"content": {"parts": "hello"}}]}),
            json!({"candidates": [{"content": {"parts": [{"text": 7}]}}]}),
            json!({"candidates": [{"content": {"parts": ["hello"]}}]}),
            json!({"promptFeedback": {"blockReason": 7}}),
        ];
        for answer in odd {
            assert!(reply(&answer).is_err(), "{answer}");
        }
    }

    #[test]
    fn nothing_that_comes_back_makes_it_panic() {
        for_any_answer(&answer("STOP"), |answer| drop(reply(answer)));
    }
}
