//! Items: in memory by id, as rows of a version, and as candidates get them.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::connection::{Database, Row, Value, values};

/// What saving and submitting need to know of an item.
pub(crate) struct Item {
    pub(crate) item_version_id: Uuid,
}

/// Every item, by id.
pub(crate) async fn all(database: &Database) -> anyhow::Result<HashMap<Uuid, Item>> {
    let rows = database
        .rows(
            "SELECT item_id, item_version_id FROM definition_version_items",
            values![],
        )
        .await?;
    let item = |row: &Row| {
        let item_version_id = row.get("item_version_id")?;
        Ok((row.get("item_id")?, Item { item_version_id }))
    };
    rows.iter().map(item).collect()
}

/// The stored content of an item, as far as anybody is shown it.
#[derive(Deserialize)]
pub(crate) struct Content {
    pub(crate) stem: String,
    pub(crate) marks: f64,
    pub(crate) body: Body,
}

/// What depends on the kind.
#[derive(Deserialize)]
pub(crate) struct Body {
    pub(crate) kind: String,
    #[serde(default)]
    options: Vec<Choice>,
    rubric: Option<Rubric>,
}

#[derive(Deserialize)]
struct Choice {
    id: String,
    text: String,
}

#[derive(Deserialize)]
struct Rubric {
    criteria: Vec<Criterion>,
}

#[derive(Deserialize, Serialize)]
struct Criterion {
    id: String,
    name: String,
    description: String,
    #[serde(default)]
    levels: Vec<Level>,
}

#[derive(Deserialize, Serialize)]
struct Level {
    name: String,
    descriptor: String,
}

/// The values of [`crate::statements::items_at`].
pub(crate) fn at(version: Uuid, places: &[u16]) -> Vec<Value> {
    let places = places.iter().map(|place| Value::from(i32::from(*place)));
    std::iter::once(Value::from(version)).chain(places).collect()
}

/// An item of an attempt's form.
pub(crate) struct FormItem {
    pub(crate) item_id: Uuid,
    pub(crate) item_version_id: Uuid,
    pub(crate) content: Content,
    version: i32,
    section_index: i32,
}

impl FormItem {
    /// Reads a row of [`crate::statements::items_at`].
    pub(crate) fn of(row: &Row) -> anyhow::Result<Self> {
        Ok(Self {
            item_id: row.get("item_id")?,
            item_version_id: row.get("item_version_id")?,
            content: serde_json::from_str(&row.get::<String>("content")?)?,
            version: row.get("version")?,
            section_index: row.get("section_index")?,
        })
    }

    /// Whether a text is judged in the background.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self.content.body.kind.as_str(), "short_answer" | "essay")
    }

    /// Full marks in hundredths.
    pub(crate) fn hundredths(&self) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "marks are small numbers")]
        {
            (self.content.marks * 100.0).round() as i64
        }
    }
}

/// An item as candidates get it.
#[derive(Serialize)]
pub(crate) struct QuestionBody {
    question_id: Uuid,
    #[serde(rename = "type")]
    kind: String,
    prompt: String,
    choices: Vec<Shown>,
    rubric: Option<Vec<Criterion>>,
    version: i32,
    section_index: i32,
    marks: f64,
}

#[derive(Serialize)]
struct Shown {
    option_id: String,
    text: String,
}

impl From<FormItem> for QuestionBody {
    fn from(item: FormItem) -> Self {
        let Content { stem, marks, body } = item.content;
        let shown = |choice: Choice| Shown {
            option_id: choice.id,
            text: choice.text,
        };
        Self {
            question_id: item.item_id,
            kind: body.kind,
            prompt: stem,
            choices: body.options.into_iter().map(shown).collect(),
            rubric: body.rubric.map(|rubric| rubric.criteria),
            version: item.version,
            section_index: item.section_index,
            marks,
        }
    }
}
