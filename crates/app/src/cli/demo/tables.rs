//! Tables of the review and of the results, as wide as the terminal.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use serde_json::{Value, json};

use super::candidate::Candidate;
use super::coverage::Coverage;
use super::promises::Promise;
use super::replies::{Covered, Definition, ItemScore, Outcome};
use super::review::Deed;
use super::scripts::Script;
use super::wording::{counted, label, number, readable, shortened};

/// Where the output is no terminal.
const PLAIN_WIDTH: u16 = 140;
const TITLE_LENGTH: usize = 70;
const PROMPT_LENGTH: usize = 40;
const ANSWER_LENGTH: usize = 28;

/// An empty table with its header; the columns named in `numeric` are set flush right when it is finished.
pub(super) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_preset(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(header);
    if table.width().is_none() {
        table.set_width(PLAIN_WIDTH);
    }
    table
}

fn flush_right(table: &mut Table, columns: &[usize]) {
    for index in columns {
        if let Some(column) = table.column_mut(*index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// Sections of the text and their number of items.
pub(super) fn sections(coverage: &Coverage) -> String {
    let mut table = table(&["section of the text", "items"]);
    for (title, items) in &coverage.sections {
        table.add_row([shortened(title, TITLE_LENGTH), items.to_string()]);
    }
    flush_right(&mut table, &[1]);
    table.to_string()
}

/// What the blueprint's cells, or the descriptions that occur, have in items.
pub(super) fn blueprint(rows: &[Covered]) -> String {
    let mut table = table(&["topic", "level", "difficulty", "wanted", "items", "from the bank"]);
    for row in rows {
        table.add_row([
            row.topic
                .as_ref()
                .map_or_else(any, |topic| shortened(topic, TITLE_LENGTH)),
            row.cognitive_level.map_or_else(any, |level| named(&json!(level))),
            row.difficulty
                .map_or_else(any, |difficulty| named(&json!(difficulty))),
            row.wanted.map_or_else(any, |wanted| wanted.to_string()),
            row.count.to_string(),
            row.reused.to_string(),
        ]);
    }
    flush_right(&mut table, &[3, 4, 5]);
    table.to_string()
}

/// What the advisor did before publishing.
pub(super) fn deeds(deeds: &[Deed]) -> String {
    let mut table = table(&["the advisor", "item", "what came of it"]);
    for deed in deeds {
        table.add_row(deed);
    }
    table.to_string()
}

fn any() -> String {
    "–".to_owned()
}

fn named(value: &Value) -> String {
    value.as_str().map_or_else(any, label)
}

/// Kinds of item, how many of each, and their marks.
pub(super) fn kinds(definition: &Definition) -> String {
    let mut table = table(&["kind", "items", "marks"]);
    for (kind, count) in counted(definition.items().map(|item| item.body.kind().as_str())) {
        let same = definition
            .items()
            .filter(|item| item.body.kind().as_str() == kind);
        let marks: f64 = same.map(|item| item.marks).sum();
        table.add_row([label(kind), count.to_string(), number(marks)]);
    }
    flush_right(&mut table, &[1, 2]);
    table.to_string()
}

/// What the quality gate refused, by rule; none when it refused nothing.
pub(super) fn dropped(definition: &Definition) -> Option<String> {
    let mut table = table(&["refused by the quality gate", "items"]);
    for (rule, count) in counted(definition.dropped.iter().map(|dropped| dropped.rule.as_str())) {
        table.add_row([label(rule), count.to_string()]);
    }
    flush_right(&mut table, &[1]);
    (!table.is_empty()).then(|| table.to_string())
}

/// One row per candidate.
pub(super) fn results(outcomes: &[(Script, Outcome)]) -> String {
    let header = [
        "candidate",
        "state",
        "points",
        "percent",
        "passed",
        "provisional",
        "lacking",
    ];
    let mut table = table(&header);
    for (script, outcome) in outcomes {
        let scores = &outcome.scores;
        table.add_row([
            script.name().to_owned(),
            outcome.status.clone(),
            format!("{} / {}", number(scores.total), number(scores.max)),
            scores
                .percent
                .map_or_else(|| "–".to_owned(), |percent| format!("{percent:.2} %")),
            scores.passed.map_or("–", yes_or_no).to_owned(),
            yes_or_no(outcome.provisional).to_owned(),
            outcome
                .degraded_reasons
                .iter()
                .map(|reason| label(reason))
                .collect::<Vec<_>>()
                .join(", "),
        ]);
    }
    flush_right(&mut table, &[2, 3]);
    table.to_string()
}

const fn yes_or_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

/// One row per item of a result.
pub(super) fn items(definition: &Definition, outcome: &Outcome) -> String {
    let mut table = table(&["#", "kind", "question", "answer", "points", "scored by", "reason"]);
    for (number, score) in (1..).zip(&outcome.scores.items) {
        table.add_row(item_row(number, definition, score));
    }
    flush_right(&mut table, &[0, 4]);
    table.to_string()
}

fn item_row(position: usize, definition: &Definition, score: &ItemScore) -> [String; 7] {
    let item = definition.items().find(|item| item.id == score.question_id);
    let answer = score.answer.as_ref().map(|answer| match item {
        Some(item) => readable(&item.body, answer),
        None => answer.to_string(),
    });
    let points = score.points.map_or_else(|| "–".to_owned(), number);
    [
        position.to_string(),
        label(&score.kind),
        shortened(&score.prompt, PROMPT_LENGTH),
        shortened(&answer.unwrap_or_default(), ANSWER_LENGTH),
        format!("{points} / {}", number(score.max_points)),
        score.scorer.clone().unwrap_or_else(|| "–".to_owned()),
        label(&score.reason),
    ]
}

/// One row per promise.
pub(super) fn promises(promises: &[Promise]) -> String {
    let mut table = table(&["what a demonstration should show", "found", ""]);
    for promise in promises {
        let kept = if promise.kept { "reached" } else { "not reached" };
        table.add_row([promise.text.clone(), promise.found.clone(), kept.to_owned()]);
    }
    table.to_string()
}

/// Who can sign in: the administrator, if the server is the demonstration's own, and the candidates.
pub(super) fn logins(admin: Option<(&str, &str)>, candidates: &[Candidate]) -> String {
    let mut table = table(&["account", "email", "password"]);
    if let Some((email, password)) = admin {
        table.add_row(["administrator", email, password]);
    }
    for candidate in candidates {
        let name = format!("candidate ({})", candidate.script.name());
        table.add_row([name.as_str(), &candidate.email, candidate.password.expose()]);
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::definition;
    use super::*;

    #[test]
    fn the_coverage_names_what_is_wanted_missing_and_taken_from_the_bank() {
        let rows: Vec<Covered> = serde_json::from_value(json!([
            {"topic": "Keys", "cognitive_level": "apply", "difficulty": null, "wanted": 3, "count": 1, "reused": 1},
            {"topic": null, "cognitive_level": null, "difficulty": "hard", "count": 2},
        ]))
        .unwrap();
        let table = blueprint(&rows);
        let cells = |row: &str| -> Vec<String> {
            row.split('┆')
                .map(|cell| cell.trim_matches(['│', ' ']).to_owned())
                .collect()
        };
        let shown: Vec<Vec<String>> = table.lines().map(cells).filter(|row| row.len() == 6).collect();
        assert_eq!(shown[1], ["Keys", "apply", "–", "3", "1", "1"]);
        assert_eq!(shown[2], ["–", "–", "hard", "–", "2", "0"]);
    }

    #[test]
    fn kinds_and_sections_are_counted() {
        let definition = definition();
        let kinds = kinds(&definition);
        assert!(
            kinds.contains("multiple choice") && kinds.contains("short answer"),
            "{kinds}"
        );
        let sections = sections(&Coverage::of(&definition, None));
        assert!(
            sections
                .lines()
                .any(|line| line.contains("Keys and locks") && line.contains('3')),
            "{sections}"
        );
        let dropped = dropped(&definition).unwrap();
        assert!(
            dropped
                .lines()
                .any(|line| line.contains("no leak") && line.contains('2')),
            "{dropped}"
        );
    }

    #[test]
    fn a_result_shows_words_and_survives_missing_fields() {
        let outcome: Outcome = serde_json::from_value(json!({
            "status": "completed",
            "scores": {"total": 1.5, "max": 3.0, "percent": null, "items": [
                {"question_id": uuid::Uuid::from_u128(1), "type": "multiple_choice", "prompt": "Which?", "answer": "b",
                 "points": 1.0, "max_points": 1.0, "reason": "correct", "scorer": "rule"},
                {"question_id": uuid::Uuid::from_u128(99)},
            ]},
        }))
        .unwrap();
        let items = items(&definition(), &outcome);
        assert!(
            items
                .lines()
                .any(|line| line.contains("Which?") && line.contains("a log")),
            "{items}"
        );
        assert!(items.contains("– / 0"), "{items}");
        let results = results(&[(Script::Strong, outcome)]);
        assert!(
            results.contains("1.5 / 3") && results.contains("strong"),
            "{results}"
        );
    }

    #[test]
    fn promises_say_whether_they_were_reached() {
        let promise = Promise {
            text: "x".to_owned(),
            found: "1".to_owned(),
            kept: false,
        };
        assert!(promises(&[promise]).contains("not reached"));
    }
}
