//! Which items of its version an attempt has, and in which order.

use std::collections::HashMap;

use domain::attempts::{Attempt, Form};
use domain::authoring::{DefinitionKind, VersionedItem};
use domain::ids::DefinitionVersionId;
use domain::store::StoreError;
use sea_orm::ConnectionTrait;

use crate::authoring::versioned_item;
use crate::authoring_queries::VERSION_ITEMS;
use crate::kept_versions::KeptVersions;
use crate::sql::{Row, fetch_all, values};

/// The drawn places; NULL is the whole version.
pub(crate) fn form(row: &Row) -> Result<Form, StoreError> {
    match row.get::<Option<String>>("form")? {
        None => Ok(Form::whole()),
        Some(_) => row.json("attempts", "form").map(Form::of_places),
    }
}

/// The items of an attempt's form with their keys, in its order; of a large bank only those are read.
pub(crate) async fn form_items(
    connection: &impl ConnectionTrait,
    kept: &KeptVersions,
    attempt: &Attempt,
) -> Result<Vec<VersionedItem>, StoreError> {
    match attempt.form.places() {
        Some(places) if attempt.kind == DefinitionKind::Track => {
            let places: Vec<_> = places.iter().map(|place| i32::from(*place)).collect();
            placed_items(connection, kept, attempt.definition_version_id, &places).await
        }
        Some([]) => Ok(Vec::new()),
        _ => {
            let version = values![attempt.definition_version_id.0];
            let rows = fetch_all(connection, VERSION_ITEMS, version).await?;
            let all = rows.iter().map(versioned_item).collect::<Result<Vec<_>, _>>()?;
            Ok(attempt.form.items(&all).into_iter().cloned().collect())
        }
    }
}

/// A track has one section, so a place is a position in it.
async fn placed_items(
    connection: &impl ConnectionTrait,
    kept: &KeptVersions,
    version: DefinitionVersionId,
    places: &[i32],
) -> Result<Vec<VersionedItem>, StoreError> {
    let known = |place: &i32| Some((*place, kept.item(version, *place)?));
    let mut items: HashMap<_, _> = places.iter().filter_map(known).collect();
    let missing: Vec<i32> = places
        .iter()
        .copied()
        .filter(|place| !items.contains_key(place))
        .collect();
    // A list without entries is no SQL.
    if !missing.is_empty() {
        // Placeholders, so that all lists of a length are one statement.
        let wanted: Vec<String> = (2..)
            .take(missing.len())
            .map(|number| format!("${number}"))
            .collect();
        let text = VERSION_ITEMS.replace(
            "ORDER BY",
            &format!("AND d.position IN ({}) ORDER BY", wanted.join(", ")),
        );
        let mut values = values![version.0];
        values.extend(missing.into_iter().map(Into::into));
        for row in fetch_all(connection, &text, values).await? {
            let item = kept.keep_item(version, &row)?;
            items.insert(item.position, item);
        }
    }
    let item = |place| items.get(place).map(|item| VersionedItem::clone(item));
    Ok(places.iter().filter_map(item).collect())
}
