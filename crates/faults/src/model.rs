//! The language model of a stage: a scripted provider with graders of known character.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Result, ensure};
use providers::{Answer, Question, ScriptedProvider, Wire};
use serde_json::{Value, json};

use crate::stage::Plan;

/// A provider that speaks OpenAI's format; it says nothing of use until it is told what to say.
pub(crate) fn provider() -> Result<Arc<ScriptedProvider>> {
    Ok(Arc::new(ScriptedProvider::start(Wire::OpenAi)?))
}

/// Workers of this plan ask it, as fast as they like.
pub(crate) fn asking(plan: Plan, provider: &ScriptedProvider) -> Plan {
    plan.with("TOUCHSTONE__LLM__ORDER", "openai")
        .with("TOUCHSTONE__LLM__OPENAI__BASE_URL", &provider.base_url())
        .with("TOUCHSTONE__LLM__OPENAI__API_KEY", provider.key())
        .with("TOUCHSTONE__LLM__OPENAI__REQUESTS_PER_MINUTE", "0")
        .with("TOUCHSTONE__LLM__OPENAI__TOKENS_PER_MINUTE", "0")
}

/// The candidate's words in a question; none where it is no question about an answer.
pub(crate) fn words_in(question: &Question) -> Option<String> {
    let line = question.messages.get(2)?.text.lines().nth(2)?;
    serde_json::from_str(line).ok()
}

/// A verdict in the form that is asked for, with the same for every criterion.
pub(crate) fn verdict(question: &Question, score: f64, quote: &str, rationale: &str) -> Value {
    let task = question.messages.get(1).map_or("", |message| &message.text);
    let task: Value = serde_json::from_str(task).unwrap_or_default();
    let criteria = task["criteria"].as_array().cloned().unwrap_or_default();
    let judged = criteria.iter().map(|criterion| {
        json!({ "criterion": criterion["id"], "level": null, "score": score, "quote": quote, "rationale": rationale })
    });
    json!({
        "criteria": judged.collect::<Vec<_>>(), "on_topic": true, "addresses_grader": false, "confidence": 0.9,
    })
}

/// The answer of a grader who always gives this score, 0–100, with the beginning of the answer as evidence.
pub(crate) fn graded(question: &Question, score: f64) -> Answer {
    let words = words_in(question).unwrap_or_default();
    let quote: String = words.chars().take(20).collect();
    Answer::words(verdict(question, score, &quote, "Says what it has to.").to_string())
}

/// How often each request was made, by the tag that names it; a request without one is an error.
pub(crate) fn calls_by_tag(provider: &ScriptedProvider) -> Result<BTreeMap<String, u32>> {
    let mut calls = BTreeMap::new();
    for entry in provider.ledger() {
        let tag = entry.tag.unwrap_or_default();
        ensure!(
            tag.len() == 64,
            "a call of a model has the tag `{tag}`, which names nothing"
        );
        *calls.entry(tag).or_default() += 1;
    }
    Ok(calls)
}
