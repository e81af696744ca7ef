//! A scripted model that writes what the offline makers make, and answers it.

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::super::super::blueprint::{Blueprint, Writer};
use super::super::super::super::item::{ItemBody, ItemContent};
use super::super::super::{SourceText, generate};
use super::super::{Asked, Assignment, Desk, Step, WRITTEN_KINDS, Writing, Written};
use crate::ids::SyllabusId;
use crate::llm::{JournalSecret, ModelName};

pub(super) const DEMO: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../app/assets/demo/syllabus.md"
));

pub(super) fn sources() -> Arc<[SourceText]> {
    Arc::from([SourceText {
        syllabus_id: SyllabusId(Uuid::from_u128(1)),
        subject: "Databases".to_owned(),
        pages: vec![DEMO.to_owned()],
    }])
}

pub(super) fn blueprint() -> Blueprint {
    Blueprint {
        writer: Writer::Model,
        items_per_section: 3,
        essays: Some(0),
        ..Blueprint::default()
    }
}

pub(super) fn desk() -> Desk {
    Desk::open(&sources(), &blueprint(), &[]).unwrap()
}

/// Sound items of the first section, of kinds that models write.
pub(super) fn made() -> Vec<ItemContent> {
    let many = Blueprint {
        items_per_section: 20,
        kinds: Some(WRITTEN_KINDS.to_vec()),
        ..blueprint()
    };
    let made = generate(&sources(), &many, 5).unwrap();
    made.sections[0].items.clone()
}

pub(super) fn model() -> ModelName {
    ModelName {
        provider: "openai".to_owned(),
        model: "gpt-4o-mini".to_owned(),
    }
}

pub(super) fn secret() -> JournalSecret {
    JournalSecret::new([7; 32])
}

/// The data between the boundaries of a question: sentences, or items.
pub(super) fn data(asked: &Asked) -> Vec<Value> {
    let mut messages = asked.request.messages.iter().rev();
    let framed = messages.find(|message| message.text.contains("The data end above"));
    let lines: Vec<&str> = framed.unwrap().text.lines().collect();
    let end = lines.iter().rposition(|line| *line == lines[0]).unwrap();
    let data: Value = serde_json::from_str(&lines[1..end].join("\n")).unwrap();
    data.get("sentences").unwrap_or(&data).as_array().unwrap().clone()
}

pub(super) fn texts(value: &Value) -> String {
    let kept = value
        .as_str()
        .unwrap()
        .chars()
        .filter(|character| character.is_alphanumeric());
    kept.flat_map(char::to_lowercase).collect()
}

/// An item as a model writes it, citing the sentences that its quote touches.
pub(super) fn entry(item: &ItemContent, sentences: &[Value]) -> Value {
    let quote = texts(&json!(item.source.as_ref().unwrap().quote));
    let cited: Vec<&Value> = sentences
        .iter()
        .filter(|sentence| quote.contains(&texts(&sentence["text"])))
        .map(|sentence| &sentence["number"])
        .collect();
    let mut entry = json!({
        "order": 1, "kind": item.body.kind(), "stem": item.stem, "options": [], "key": [], "truth": null, "answers": [],
        "reference": null, "ideas": [], "sentences": cited, "cognitive_level": item.cognitive_level,
        "difficulty": item.difficulty,
    });
    match &item.body {
        ItemBody::MultipleChoice { options, key, .. } => {
            entry["options"] = options.iter().map(|option| option.text.clone()).collect();
            entry["key"] = json!([options
                .iter()
                .position(|option| key.contains(&option.id))
                .unwrap()
                + 1]);
        }
        ItemBody::MultipleResponse { options, key, .. } => {
            entry["options"] = options.iter().map(|option| option.text.clone()).collect();
            let right = options
                .iter()
                .zip(1..)
                .filter(|(option, _)| key.contains(&option.id));
            entry["key"] = right.map(|(_, number): (_, usize)| number).collect();
        }
        ItemBody::TrueFalse { key, .. } => entry["truth"] = json!(key),
        ItemBody::FillBlank { blanks } => {
            entry["answers"] = blanks.iter().map(|blank| blank.accepted[0].clone()).collect();
        }
        ItemBody::ShortAnswer { reference, rubric } => {
            entry["reference"] = json!(reference);
            entry["ideas"] = json!(rubric.criteria[0].concepts);
        }
        other => panic!("{other:?}"),
    }
    entry
}

/// Answers with the key, as somebody who knows the items gives them.
pub(super) fn answers(items: &[ItemContent], asked: &Asked, given_away: bool) -> Value {
    let answer = |shown: &Value| {
        let item = items
            .iter()
            .find(|item| shown["stem"] == json!(item.stem))
            .unwrap();
        let written = entry(item, &[]);
        let right: Vec<&Value> = written["key"]
            .as_array()
            .unwrap()
            .iter()
            .map(|number| &written["options"][usize::try_from(number.as_u64().unwrap()).unwrap() - 1])
            .collect();
        let shown_options = shown["options"].as_array().unwrap().iter().zip(1..);
        let options: Vec<usize> = shown_options
            .filter(|(option, _)| right.contains(option))
            .map(|(_, number)| number)
            .collect();
        let words = match &item.body {
            ItemBody::ShortAnswer { reference, .. } => json!([reference]),
            _ => written["answers"].clone(),
        };
        json!({
            "item": shown["item"], "options": options, "truth": written["truth"], "words": words,
            "cognitive_level": item.cognitive_level, "given_away": given_away,
        })
    };
    json!({ "answers": data(asked).iter().map(answer).collect::<Vec<_>>() })
}

/// Runs a section through with a script that gets the purpose of each question.
pub(super) fn run(
    desk: &Desk,
    assignment: &Assignment,
    mut script: impl FnMut(&Asked) -> String,
) -> (Written, Vec<Asked>) {
    let secret = secret();
    let mut writing = Writing::begin((desk, assignment), "draft/0".to_owned(), model(), &secret);
    let mut all = Vec::new();
    loop {
        match writing.next() {
            Step::Done(written) => return (written, all),
            Step::Ask(asked) => {
                writing.answered(&script(&asked));
                all.push(*asked);
                assert!(all.len() < 100, "it does not end");
            }
        }
    }
}

/// A model that writes these items and answers them rightly.
pub(super) fn honest(items: &[ItemContent]) -> impl FnMut(&Asked) -> String {
    |asked| match asked.key.purpose {
        "write_items" => {
            json!({ "items": items.iter().map(|item| entry(item, &data(asked))).collect::<Vec<_>>() })
                .to_string()
        }
        _ => answers(items, asked, false).to_string(),
    }
}

pub(super) fn rules(written: &Written) -> Vec<(&str, u8)> {
    written
        .dropped
        .iter()
        .map(|dropped| (dropped.rule.as_str(), dropped.tries))
        .collect()
}
