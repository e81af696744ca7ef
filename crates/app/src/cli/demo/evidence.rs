//! Why points were given: criterion, words of the answer, rationale; and the place in the text an item was made from.

use super::replies::{Definition, Item, ItemScore, Outcome, Source};
use super::scripts::Script;
use super::tables::table;
use super::wording::{label, number, one_line, shortened};

const QUOTE_LENGTH: usize = 90;
/// Per criterion; the result has all.
const QUOTES: usize = 2;

/// The evidence of some text items: the best candidate's first short answer and first essay, the weak one's first.
pub(super) fn texts(outcomes: &[(Script, Outcome)]) -> Vec<String> {
    let wanted = [
        (Script::Strong, "short_answer"),
        (Script::Strong, "essay"),
        (Script::Weak, "short_answer"),
    ];
    let found = wanted.into_iter().filter_map(|(script, kind)| {
        let (_, outcome) = outcomes.iter().find(|(of, _)| *of == script)?;
        let score = outcome
            .scores
            .items
            .iter()
            .find(|item| item.kind == kind && !item.criteria.is_empty())?;
        Some(text(script, score))
    });
    found.collect()
}

fn text(script: Script, score: &ItemScore) -> String {
    let confidence = score
        .confidence
        .map_or_else(String::new, |value| format!(", confidence {}", number(value)));
    let heading = format!(
        "{} candidate, {}: {} of {} points from scorer `{}`{confidence}\n  question: {}",
        script.name(),
        label(&score.kind),
        score.points.map_or_else(|| "no".to_owned(), number),
        number(score.max_points),
        score
            .scorer_version
            .as_deref()
            .or(score.scorer.as_deref())
            .unwrap_or("none"),
        shortened(&score.prompt, 2 * QUOTE_LENGTH),
    );
    let mut table = table(&["criterion", "score", "words of the answer", "rationale"]);
    for criterion in &score.criteria {
        let quotes: Vec<String> = criterion
            .evidence
            .iter()
            .take(QUOTES)
            .map(|quote| format!("“{}”", shortened(&quote.text, QUOTE_LENGTH)))
            .collect();
        table.add_row([
            label(&criterion.name),
            number(criterion.score),
            quotes.join("\n"),
            one_line(&criterion.rationale),
        ]);
    }
    format!("{heading}\n{table}")
}

/// An item beside the place it was made from; none when no item names one.
pub(super) fn source(definition: &Definition) -> Option<String> {
    let (item, source) = definition
        .items()
        .find_map(|item| Some((item, item.source.as_ref()?)))?;
    Some(beside(item, source))
}

fn beside(item: &Item, source: &Source) -> String {
    format!(
        "item   ({}): {}\nsource (page {}, characters {}–{}): “{}”",
        label(item.body.kind().as_str()),
        one_line(&item.stem),
        source.page,
        source.start,
        source.end,
        one_line(&source.quote),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::definition;
    use super::*;

    #[test]
    fn an_item_stands_beside_its_source() {
        let text = source(&definition()).unwrap();
        assert!(
            text.contains("page 2, characters 10–40") && text.contains("“A log is a record of changes.”"),
            "{text}"
        );
    }

    #[test]
    fn text_items_show_the_words_that_carry_the_score() {
        let outcome: Outcome = serde_json::from_value(json!({"scores": {"total": 1, "max": 2, "percent": 50, "items": [
            {"question_id": uuid::Uuid::nil(), "type": "short_answer", "prompt": "What is a log?", "points": 1.0,
             "max_points": 2.0, "scorer": "local", "confidence": 0.8, "criteria": [
                {"criterion": "coverage", "score": 50.0, "rationale": "half of it", "evidence": [{"text": "a record"}]}]},
        ]}}))
        .unwrap();
        let texts = texts(&[(Script::Strong, outcome)]);
        assert_eq!(texts.len(), 1);
        for part in [
            "1 of 2 points",
            "confidence 0.8",
            "coverage",
            "“a record”",
            "half of it",
        ] {
            assert!(texts[0].contains(part), "{part} in {}", texts[0]);
        }
    }
}
