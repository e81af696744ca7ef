//! Items: in memory, as the program keeps those of published versions, and as candidates get them.

use std::collections::HashMap;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::connection::{Database, Row, values};

const ITEMS: &str =
    "SELECT d.definition_version_id, d.item_id, d.item_version_id, v.version, d.section_index, v.content
     FROM definition_version_items d JOIN item_versions v ON v.id = d.item_version_id
     ORDER BY d.definition_version_id, d.section_index, d.position";

/// The items of every version, and which version of an item is taken.
pub(crate) struct Bank {
    of_versions: HashMap<Uuid, Vec<FormItem>>,
    item_versions: HashMap<Uuid, Uuid>,
}

impl Bank {
    /// Reads all.
    pub(crate) async fn read(database: &Database) -> anyhow::Result<Self> {
        let mut bank = Self {
            of_versions: HashMap::new(),
            item_versions: HashMap::new(),
        };
        for row in &database.rows(ITEMS, values![]).await? {
            let item = FormItem::of(row)?;
            bank.item_versions.insert(item.item_id, item.item_version_id);
            let version = row.get("definition_version_id")?;
            bank.of_versions.entry(version).or_default().push(item);
        }
        Ok(bank)
    }

    /// All items of a version, in its order.
    pub(crate) fn of_version(&self, version: Uuid) -> anyhow::Result<&[FormItem]> {
        let items = self.of_versions.get(&version);
        Ok(items.with_context(|| format!("version {version} has no items"))?)
    }

    /// Those at these places.
    pub(crate) fn at(&self, version: Uuid, places: &[u16]) -> anyhow::Result<Vec<&FormItem>> {
        let items = self.of_version(version)?;
        let item = |place: &u16| items.get(usize::from(*place)).context("a place has an item");
        places.iter().map(item).collect()
    }

    /// Which version of an item is taken.
    pub(crate) fn item_version(&self, item: Uuid) -> anyhow::Result<Uuid> {
        let version = self.item_versions.get(&item).copied();
        version.with_context(|| format!("there is no item {item}"))
    }
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

#[derive(Clone, Deserialize, Serialize)]
struct Criterion {
    id: String,
    name: String,
    description: String,
    #[serde(default)]
    levels: Vec<Level>,
}

#[derive(Clone, Deserialize, Serialize)]
struct Level {
    name: String,
    descriptor: String,
}

/// An item of a version.
pub(crate) struct FormItem {
    pub(crate) item_id: Uuid,
    pub(crate) item_version_id: Uuid,
    pub(crate) content: Content,
    version: i32,
    section_index: i32,
}

impl FormItem {
    fn of(row: &Row) -> anyhow::Result<Self> {
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

impl From<&FormItem> for QuestionBody {
    fn from(item: &FormItem) -> Self {
        let Content { stem, marks, body } = &item.content;
        let shown = |choice: &Choice| Shown {
            option_id: choice.id.clone(),
            text: choice.text.clone(),
        };
        Self {
            question_id: item.item_id,
            kind: body.kind.clone(),
            prompt: stem.clone(),
            choices: body.options.iter().map(shown).collect(),
            rubric: body.rubric.as_ref().map(|rubric| rubric.criteria.clone()),
            version: item.version,
            section_index: item.section_index,
            marks: *marks,
        }
    }
}
