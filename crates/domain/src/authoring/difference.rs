//! What is different between two versions: of an item, and of a published assessment.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::item::ItemContent;
use super::model::{FrozenSection, VersionedItem};
use super::views::VersionContent;
use crate::ids::ItemId;

/// One member that is not the same in both.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// A JSON pointer. An entry of a list whose entries all have an `id` is named by it (`/body/options/a/text`); the path of
    /// such a list itself tells of another order, with the ids.
    pub path: String,
    /// None when it was not there.
    pub before: Option<Value>,
    /// None when it is not there any more.
    pub after: Option<Value>,
}

/// An item that both versions of an assessment have, but not alike.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemDifference {
    /// In the earlier version.
    pub before: VersionedItem,
    /// In the later one.
    pub after: VersionedItem,
    /// What is different in its content; nothing when only its place is.
    pub changes: Vec<Change>,
}

/// What is different between two versions of an assessment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VersionDifference {
    /// In the later version only, in its order.
    pub added: Vec<VersionedItem>,
    /// In the earlier version only, in its order.
    pub removed: Vec<VersionedItem>,
    /// In both with another content or in another section, in the order of the later one.
    pub changed: Vec<ItemDifference>,
    /// Sections that were added, removed or renamed, by their ids.
    pub sections: Vec<Change>,
}

/// How many items differ between a version and the one before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChangeCounts {
    /// In this version only.
    pub added: u32,
    /// In the version before only.
    pub removed: u32,
    /// In both, by another version of the item.
    pub changed: u32,
}

/// What is different in an item's content.
pub fn item_changes(before: &ItemContent, after: &ItemContent) -> Vec<Change> {
    changes(&serde_json::json!(before), &serde_json::json!(after))
}

/// What is different between two documents.
pub fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    compare("", Some(before), Some(after), &mut found);
    found
}

/// What is different between two versions of an assessment, apart from title and settings.
pub fn version_difference(before: &VersionContent, after: &VersionContent) -> VersionDifference {
    let earlier: BTreeMap<ItemId, &VersionedItem> = by_id(&before.items);
    let later: BTreeMap<ItemId, &VersionedItem> = by_id(&after.items);
    let only = |items: &[VersionedItem], others: &BTreeMap<ItemId, &VersionedItem>| {
        let left = items.iter().filter(|item| !others.contains_key(&item.item_id));
        left.cloned().collect()
    };
    let section_of = |version: &VersionContent, item: &VersionedItem| {
        let index = usize::try_from(item.section_index).ok()?;
        version.sections.get(index).map(|section| section.id)
    };
    let both = after
        .items
        .iter()
        .filter_map(|item| Some((*earlier.get(&item.item_id)?, item)));
    let changed = both.filter(|(old, new)| {
        old.item_version_id != new.item_version_id || section_of(before, old) != section_of(after, new)
    });
    VersionDifference {
        added: only(&after.items, &earlier),
        removed: only(&before.items, &later),
        changed: changed
            .map(|(old, new)| ItemDifference {
                changes: item_changes(&old.content, &new.content),
                before: old.clone(),
                after: new.clone(),
            })
            .collect(),
        sections: changes(&titles(&before.sections), &titles(&after.sections)),
    }
}

fn by_id(items: &[VersionedItem]) -> BTreeMap<ItemId, &VersionedItem> {
    items.iter().map(|item| (item.item_id, item)).collect()
}

fn titles(sections: &[FrozenSection]) -> Value {
    let title = |section: &FrozenSection| serde_json::json!({ "id": section.id, "title": section.title });
    sections.iter().map(title).collect()
}

fn compare(path: &str, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Change>) {
    if before == after {
        return;
    }
    match (before, after) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for name in names {
                compare(&below(path, name), old.get(name), new.get(name), found);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => match (named(old), named(new)) {
            (Some(old), Some(new)) => compare_named(path, &old, &new, found),
            _ => found.push(change(path, before, after)),
        },
        _ => found.push(change(path, before, after)),
    }
}

fn compare_named(path: &str, old: &[(&str, &Value)], new: &[(&str, &Value)], found: &mut Vec<Change>) {
    let find = |list: &[(&str, &Value)], id: &str| -> Option<Value> {
        let entry = list.iter().find(|(other, _)| *other == id);
        entry.map(|(_, value)| (*value).clone())
    };
    let fresh = new.iter().filter(|(id, _)| find(old, id).is_none());
    for (id, _) in old.iter().chain(fresh) {
        let (before, after) = (find(old, id), find(new, id));
        compare(&below(path, id), before.as_ref(), after.as_ref(), found);
    }
    let common = |list: &[(&str, &Value)], other: &[(&str, &Value)]| -> Vec<Value> {
        let kept = list.iter().filter(|(id, _)| find(other, id).is_some());
        kept.map(|(id, _)| Value::from(*id)).collect()
    };
    let (before, after) = (common(old, new), common(new, old));
    if before != after {
        found.push(change(
            path,
            Some(&Value::from(before)),
            Some(&Value::from(after)),
        ));
    }
}

/// The entries with their ids, if all have one and no two the same.
fn named(entries: &[Value]) -> Option<Vec<(&str, &Value)>> {
    let named: Option<Vec<(&str, &Value)>> = entries
        .iter()
        .map(|entry| entry.get("id")?.as_str().map(|id| (id, entry)))
        .collect();
    let named = named?;
    let ids: BTreeSet<&str> = named.iter().map(|(id, _)| *id).collect();
    (ids.len() == named.len() && !named.is_empty()).then_some(named)
}

fn below(path: &str, name: &str) -> String {
    format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn change(path: &str, before: Option<&Value>, after: Option<&Value>) -> Change {
    Change {
        path: path.to_owned(),
        before: before.cloned(),
        after: after.cloned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(before: &Value, after: &Value) -> Vec<String> {
        let text = |value: &Option<Value>| value.as_ref().map_or_else(|| "-".to_owned(), Value::to_string);
        let line =
            |change: &Change| format!("{} {} {}", change.path, text(&change.before), text(&change.after));
        changes(before, after).iter().map(line).collect()
    }

    #[test]
    fn the_same_has_no_difference() {
        let document = json!({ "a": [1, { "id": "x" }], "b": null });
        assert!(changes(&document, &document).is_empty());
    }

    #[test]
    fn members_are_named_by_their_path() {
        let before = json!({ "stem": "What?", "body": { "key": ["a"], "a/b": 1 }, "old": true });
        let after = json!({ "stem": "Which?", "body": { "key": ["b"], "a/b": 2 }, "new": null });
        assert_eq!(
            told(&before, &after),
            [
                r"/body/a~1b 1 2",
                r#"/body/key ["a"] ["b"]"#,
                "/new - null",
                "/old true -",
                r#"/stem "What?" "Which?""#,
            ]
        );
    }

    #[test]
    fn entries_with_an_id_are_named_by_it_whatever_their_place() {
        let option = |id: &str, text: &str| json!({ "id": id, "text": text });
        let before = json!([option("a", "one"), option("b", "two"), option("c", "three")]);
        let after = json!([option("c", "three"), option("a", "uno"), option("d", "four")]);
        assert_eq!(
            told(&before, &after),
            [
                r#"/a/text "one" "uno""#,
                r#"/b {"id":"b","text":"two"} -"#,
                r#"/d - {"id":"d","text":"four"}"#,
                r#" ["a","c"] ["c","a"]"#,
            ]
        );
    }

    #[test]
    fn lists_without_ids_are_compared_whole() {
        assert_eq!(
            told(&json!({ "a": [1, 2] }), &json!({ "a": [1] })),
            ["/a [1,2] [1]"]
        );
        let twins = json!([{ "id": "x", "n": 1 }, { "id": "x", "n": 2 }]);
        assert_eq!(changes(&twins, &json!([{ "id": "x", "n": 1 }])).len(), 1);
    }
}
