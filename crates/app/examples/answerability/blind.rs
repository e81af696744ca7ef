//! Items as a blind reader sees them: what a candidate would see, beside the whole text.

use std::fmt::Write as _;

use domain::authoring::item::{Choice, ItemBody, ItemContent};
use domain::authoring::sample_answers::answer_key;

use super::pipeline::{MadeItem, ReadHandout};

const INTRODUCTION: &str = "\
# Items without keys

Written by `cargo xtask answerability`. Three texts, each followed by the items that were made from it, without keys. A
reader who knows nothing but the text answers every item, as JSON: an option (`\"b\"`), several (`[\"a\", \"c\"]`), `true` or
`false`, one text per blank (`{\"b1\": \"lock\"}`), pairs (`{\"l1\": \"r2\"}`), a number, an order (`[\"c\", \"a\", \"b\"]`), or a
text in one's own words. An item that cannot be answered from the text, or that has two right answers, is answered with
`null`.
";

/// The whole page.
pub(crate) fn page(handouts: &[ReadHandout], items: &[MadeItem]) -> String {
    let mut page = INTRODUCTION.to_owned();
    for handout in handouts {
        let _ = write!(page, "\n## Text: {}\n", handout.name);
        for (number, text) in (1..).zip(&handout.source.pages) {
            let _ = write!(page, "\nPage {number}\n\n```text\n{text}\n```\n");
        }
        let _ = write!(page, "\n## Items: {}\n", handout.name);
        for item in items.iter().filter(|item| item.handout == handout.name) {
            let _ = write!(page, "\n{}", without_key(item));
        }
    }
    page
}

fn without_key(item: &MadeItem) -> String {
    let content = &item.content;
    let mut text = format!(
        "### {} · {}\n\n{}\n",
        item.id(),
        content.body.kind().as_str(),
        content.stem
    );
    let shown = shown(content);
    if !shown.is_empty() {
        let _ = write!(text, "\n{shown}");
    }
    text
}

/// For the authors of the generator.
pub(crate) fn with_key(item: &MadeItem) -> String {
    let content = &item.content;
    let quote = content.source.as_ref().map_or("", |span| span.quote.as_str());
    format!(
        "{}key: {}\nlevel: {:?}, {:?}\nquote: {}\n",
        without_key(item),
        answer_key(content),
        content.cognitive_level,
        content.difficulty,
        quote.split_whitespace().collect::<Vec<_>>().join(" ")
    )
}

fn shown(content: &ItemContent) -> String {
    match &content.body {
        ItemBody::MultipleChoice { options, .. }
        | ItemBody::MultipleResponse { options, .. }
        | ItemBody::Ordering { options, .. } => listed(options),
        ItemBody::Matching { left, right, .. } => format!("{}\n{}", listed(left), listed(right)),
        ItemBody::Numeric { unit: Some(unit), .. } => format!("Unit: {unit}\n"),
        ItemBody::Essay { rubric, .. } => lines(
            rubric
                .criteria
                .iter()
                .map(|criterion| (&criterion.name, &criterion.description)),
        ),
        _ => String::new(),
    }
}

fn listed(choices: &[Choice]) -> String {
    lines(choices.iter().map(|choice| (&choice.id, &choice.text)))
}

fn lines<'a>(entries: impl Iterator<Item = (&'a String, &'a String)>) -> String {
    let mut text = String::new();
    for (name, content) in entries {
        let _ = writeln!(text, "- {name}: {content}");
    }
    text
}
