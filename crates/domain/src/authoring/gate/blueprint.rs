//! `blueprint`: an item is what was asked for, judged from its own words and not from its labels.

use std::collections::BTreeSet;

use super::super::item::{CognitiveLevel, Difficulty, ItemContent, ItemKind};
use super::content::key_text;
use super::demand::{difficulty_of, level_of};
use super::reading::{Reading, matter_of};
use super::wording::{content_stems, has_phrase, normal};
use super::{Context, Wanted};

pub(super) fn check(item: &ItemContent, reading: &Reading, context: &Context<'_>) -> Result<(), String> {
    labels(item, &context.wanted)?;
    context.topics.confirm(&item.topic, &words_of(item, reading))?;
    // Only people write these, and no table says what a program, a file or a word about oneself demands.
    if matches!(
        item.body.kind(),
        ItemKind::Coding | ItemKind::Profile | ItemKind::FileUpload
    ) {
        return Ok(());
    }
    let level = level_of(item, reading);
    if level != item.cognitive_level {
        return Err(format!(
            "it demands to {}, not to {}",
            level_name(level),
            level_name(item.cognitive_level)
        ));
    }
    let difficulty = difficulty_of(item, level);
    if difficulty != item.difficulty {
        return Err(format!(
            "it is {}, not {}",
            difficulty_name(difficulty),
            difficulty_name(item.difficulty)
        ));
    }
    Ok(())
}

/// What the item says of itself against what was asked for.
fn labels(item: &ItemContent, wanted: &Wanted<'_>) -> Result<(), String> {
    if let Some(topic) = wanted.topic
        && !has_phrase(&normal(&item.topic), &normal(topic))
    {
        return Err(format!("it is about “{}”, asked for was “{topic}”", item.topic));
    }
    if let Some(level) = wanted.cognitive_level
        && level != item.cognitive_level
    {
        let (own, asked) = (level_name(item.cognitive_level), level_name(level));
        return Err(format!("its level is {own}, asked for was {asked}"));
    }
    if let Some(difficulty) = wanted.difficulty
        && difficulty != item.difficulty
    {
        let (own, asked) = (difficulty_name(item.difficulty), difficulty_name(difficulty));
        return Err(format!("its difficulty is {own}, asked for was {asked}"));
    }
    Ok(())
}

fn words_of(item: &ItemContent, reading: &Reading) -> BTreeSet<String> {
    let mut words = matter_of(&item.stem);
    words.extend(content_stems(&key_text(item)));
    words.extend(reading.words.iter().cloned());
    words
}

const fn level_name(level: CognitiveLevel) -> &'static str {
    match level {
        CognitiveLevel::Remember => "remember",
        CognitiveLevel::Understand => "understand",
        CognitiveLevel::Apply => "apply",
        CognitiveLevel::Analyse => "analyse",
        CognitiveLevel::Evaluate => "evaluate",
        CognitiveLevel::Create => "create",
    }
}

const fn difficulty_name(difficulty: Difficulty) -> &'static str {
    match difficulty {
        Difficulty::Easy => "easy",
        Difficulty::Medium => "medium",
        Difficulty::Hard => "hard",
    }
}
