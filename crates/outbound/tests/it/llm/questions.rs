//! Questions arrive as they were asked, and answers as they were given.

use std::sync::Arc;
use std::time::Duration;

use domain::llm::{Finish, ModelError, ModelReply, ModelRequest, OutputFormat, Usage};
use outbound::llm::{self, ApiKey, LimitField, LlmHttp, OpenAiDialect, StructuredOutput};
use providers::{Answer, Answered, Ending, Prices, ScriptedProvider, Wire, Words};
use serde_json::json;

use super::every_wire;
use super::support::{Classroom, as_heard, request, settings};

every_wire!(
    a_question_arrives_and_its_answer_comes_back,
    a_schema_arrives_as_it_is,
    a_question_without_a_schema_asks_for_words,
    every_ending_is_told,
    the_key_and_the_tag_are_in_headers_only,
    another_key_is_refused,
    models_of_one_provider_share_connections,
    the_ledger_and_the_bill_agree_with_what_came_back,
    many_are_answered_at_once,
);

async fn a_question_arrives_and_its_answer_comes_back(wire: Wire) {
    let classroom = Classroom::of(wire);
    let text = "{\"points\": 5, \"quote\": \"„süß“ \u{1f33f}\"}\n";
    let reply = classroom
        .told(Words::new(text).with_tokens(11, 7).into())
        .await
        .unwrap();
    let expected = ModelReply {
        text: text.into(),
        usage: Some(Usage {
            input_tokens: 11,
            output_tokens: 7,
        }),
        finish: Finish::Stop,
    };
    assert_eq!(reply, expected);

    let asked = classroom.provider.last_question().unwrap();
    let sent = request();
    assert_eq!(asked.model, "model-1");
    assert_eq!(asked.messages, as_heard(&sent));
    assert_eq!(asked.max_output_tokens, Some(300));
    assert_eq!(asked.temperature, sent.temperature);
    assert_eq!(classroom.model.name().to_string(), "scripted/model-1");
}

async fn a_schema_arrives_as_it_is(wire: Wire) {
    let classroom = Classroom::of(wire);
    classroom.told(Answer::words("{}")).await.unwrap();
    let asked = classroom.provider.last_question().unwrap();
    let OutputFormat::JsonSchema { schema, .. } = request().format else {
        unreachable!()
    };
    assert_eq!(asked.schema.as_ref(), Some(&schema));
}

async fn a_question_without_a_schema_asks_for_words(wire: Wire) {
    let classroom = Classroom::of(wire);
    let plain = ModelRequest {
        format: OutputFormat::Text,
        temperature: None,
        ..request()
    };
    classroom.model.ask(&plain).await.unwrap();
    let asked = classroom.provider.last_question().unwrap();
    assert_eq!((asked.schema.as_ref(), asked.is_json_mode), (None, false));
    assert_eq!(asked.temperature, None);
}

async fn every_ending_is_told(wire: Wire) {
    let classroom = Classroom::of(wire);
    // Ollama knows no withholding: a model that refuses says so in words.
    let withheld = if wire == Wire::Ollama {
        Finish::Stop
    } else {
        Finish::Refused
    };
    let endings = [
        (Ending::Complete, "Well", Finish::Stop),
        (Ending::CutOff, "Well", Finish::Length),
        (Ending::Withheld, "", withheld),
    ];
    for (ending, text, finish) in endings {
        let words = Words::new("Well").ending(ending).with_tokens(11, 7);
        let reply = classroom.told(words.into()).await.unwrap();
        assert_eq!((reply.text.as_str(), reply.finish), (text, finish), "{ending:?}");
        assert!(reply.usage.is_some(), "{ending:?}");
    }
}

async fn the_key_and_the_tag_are_in_headers_only(wire: Wire) {
    let classroom = Classroom::of(wire);
    classroom.told(Answer::words("{}")).await.unwrap();
    let asked = classroom.provider.last_question().unwrap();
    let key = classroom.provider.key();
    assert!(!asked.target.contains(key), "{}", asked.target);
    assert!(!asked.body.to_string().contains(key));
    let with_key = asked.headers.iter().filter(|(_, value)| value.contains(key));
    assert_eq!(with_key.count(), 1);
    assert_eq!(asked.tag, Some(request().tag));
    if wire == Wire::OpenAi {
        assert_eq!(asked.header("x-client-request-id"), asked.tag.as_deref());
    }
}

async fn another_key_is_refused(wire: Wire) {
    let provider = ScriptedProvider::start(wire).unwrap();
    let mut settings = settings(wire, &provider);
    settings.api_key = Some(ApiKey::new("somebody-else-s").unwrap());
    let model = llm::model(settings, &LlmHttp::new()).unwrap();
    let refused = model.ask(&request()).await;
    // Gemini has its own word for it.
    let expected = if wire == Wire::Gemini { 400 } else { 401 };
    let is_refused = matches!(refused, Err(ModelError::Rejected { status }) if status == expected);
    assert!(is_refused, "{refused:?}");
    let ledger = provider.ledger();
    assert_eq!(ledger[0].answered, Answered::Status(expected));
    assert_eq!(ledger[0].cost_micro_dollars, 0);
}

async fn models_of_one_provider_share_connections(wire: Wire) {
    let provider = ScriptedProvider::start(wire).unwrap();
    let http = LlmHttp::new();
    for _ in 0..3 {
        let model = llm::model(settings(wire, &provider), &http).unwrap();
        for answer in [Answer::words("{}"), Answer::too_many("1"), Answer::status(500)] {
            provider.script([answer]);
            let _ = model.ask(&request()).await;
        }
    }
    assert_eq!(provider.ledger().len(), 9);
    // One would do; a question that is quicker than the way of a connection back to the others opens another.
    assert!(provider.connections() < 5, "{}", provider.connections());
}

async fn the_ledger_and_the_bill_agree_with_what_came_back(wire: Wire) {
    let classroom = Classroom::of(wire);
    let prices = Prices {
        input: 2_500_000,
        output: 10_000_000,
    };
    classroom.provider.price("model-1", prices);
    let mut expected = 0;
    for (number, words) in ["a", "some more words", "{}"].into_iter().enumerate() {
        let tagged = ModelRequest {
            tag: format!("tag-{number}"),
            ..request()
        };
        classroom.provider.script([Answer::words(words)]);
        let usage = classroom.model.ask(&tagged).await.unwrap().usage.unwrap();
        expected += prices.cost(usage.input_tokens, usage.output_tokens);
    }
    let ledger = classroom.provider.ledger();
    let tags: Vec<_> = ledger.iter().map(|entry| entry.tag.as_deref().unwrap()).collect();
    assert_eq!(tags, ["tag-0", "tag-1", "tag-2"]);
    for entry in &ledger {
        assert_eq!(entry.model(), Some("model-1"));
        assert_eq!(entry.messages(), as_heard(&request()));
        assert_eq!(entry.answered, Answered::Words);
    }
    assert_eq!(classroom.provider.bill_micro_dollars(), expected);
}

async fn many_are_answered_at_once(wire: Wire) {
    // Four such tests at once, with two sockets for each question, stay below what a shell may open.
    const MANY: usize = 60;
    let classroom = Arc::new(Classroom::of(wire));
    classroom.provider.by_default(|question| {
        Answer::words(question.tag.clone().unwrap()).after(Duration::from_millis(200))
    });
    let asking = (0..MANY).map(|number| {
        let classroom = Arc::clone(&classroom);
        async move {
            let tag = format!("tag-{number}");
            let tagged = ModelRequest {
                tag: tag.clone(),
                ..request()
            };
            let reply = classroom.model.ask(&tagged).await.unwrap();
            assert_eq!(reply.text, tag);
        }
    });
    futures::future::join_all(asking).await;
    assert_eq!(classroom.provider.ledger().len(), MANY);
}

#[tokio::test]
async fn a_model_that_knows_no_schema_gets_it_in_words() {
    let provider = ScriptedProvider::start(Wire::OpenAi).unwrap();
    let mut settings = settings(Wire::OpenAi, &provider);
    settings.name.model = "gpt-3.5-turbo".into();
    let with_schema = llm::model(settings.clone(), &LlmHttp::new()).unwrap();
    let refused = with_schema.ask(&request()).await;
    assert!(
        matches!(refused, Err(ModelError::Rejected { status: 400 })),
        "{refused:?}"
    );

    settings.wire = llm::Wire::OpenAi(OpenAiDialect {
        structured: StructuredOutput::JsonObject,
        limit: None,
    });
    let with_words = llm::model(settings, &LlmHttp::new()).unwrap();
    with_words.ask(&request()).await.unwrap();
    let asked = provider.last_question().unwrap();
    assert!(asked.is_json_mode && asked.schema.is_none());
    assert!(
        asked.messages[0]
            .text
            .contains("\"required\":[\"points\",\"quote\"]")
    );
    assert_eq!(asked.messages[1..], as_heard(&request())[1..]);
}

#[tokio::test]
async fn a_model_that_thinks_wants_the_newer_name_of_the_limit() {
    let provider = ScriptedProvider::start(Wire::OpenAi).unwrap();
    let mut settings = settings(Wire::OpenAi, &provider);
    settings.name.model = "o4-mini".into();
    let older = llm::model(settings.clone(), &LlmHttp::new()).unwrap();
    let refused = older.ask(&request()).await;
    assert!(
        matches!(refused, Err(ModelError::Rejected { status: 400 })),
        "{refused:?}"
    );

    settings.wire = llm::Wire::OpenAi(OpenAiDialect {
        structured: StructuredOutput::JsonSchema,
        limit: Some(LimitField::MaxCompletionTokens),
    });
    let newer = llm::model(settings, &LlmHttp::new()).unwrap();
    newer.ask(&request()).await.unwrap();
    assert_eq!(provider.last_question().unwrap().max_output_tokens, Some(300));
}

#[tokio::test]
async fn a_model_on_one_s_own_machine_needs_no_key() {
    let provider = ScriptedProvider::start(Wire::Ollama).unwrap();
    let mut settings = settings(Wire::Ollama, &provider);
    settings.api_key = None;
    let model = llm::model(settings, &LlmHttp::new()).unwrap();
    model.ask(&request()).await.unwrap();
    let asked = provider.last_question().unwrap();
    assert_eq!(asked.header("authorization"), None);
    assert_eq!(asked.body["options"]["num_ctx"], 8192);
}

#[tokio::test]
async fn an_open_schema_is_refused_where_schemas_are_strict() {
    let open = ModelRequest {
        format: OutputFormat::JsonSchema {
            name: "verdict".into(),
            schema: json!({"type": "object", "properties": {"points": {"type": "integer"}}}),
        },
        ..request()
    };
    for wire in [Wire::OpenAi, Wire::Anthropic] {
        let classroom = Classroom::of(wire);
        let refused = classroom.model.ask(&open).await;
        assert!(
            matches!(refused, Err(ModelError::Rejected { status: 400 })),
            "{refused:?}"
        );
    }
}
