//! Which items of its version an attempt has, and in which order.

use domain::attempts::{Attempt, Form};
use domain::authoring::{DefinitionKind, VersionedItem};
use domain::store::StoreError;
use sea_orm::ConnectionTrait;

use crate::authoring::versioned_item;
use crate::authoring_queries::VERSION_ITEMS;
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
    attempt: &Attempt,
) -> Result<Vec<VersionedItem>, StoreError> {
    let version = values![attempt.definition_version_id.0];
    let places = match attempt.form.places() {
        // A list without entries is no SQL.
        Some([]) => return Ok(Vec::new()),
        Some(places) if attempt.kind == DefinitionKind::Track => places,
        _ => {
            let rows = fetch_all(connection, VERSION_ITEMS, version).await?;
            let all = rows.iter().map(versioned_item).collect::<Result<Vec<_>, _>>()?;
            return Ok(attempt.form.items(&all).into_iter().cloned().collect());
        }
    };
    // A track has one section, so a place is a position in it. Placeholders, so that every form of a size is one statement.
    let wanted: Vec<String> = (2..)
        .take(places.len())
        .map(|number| format!("${number}"))
        .collect();
    let text = VERSION_ITEMS.replace(
        "ORDER BY",
        &format!("AND d.position IN ({}) ORDER BY", wanted.join(", ")),
    );
    let mut values = version;
    values.extend(places.iter().map(|place| i32::from(*place).into()));
    let rows = fetch_all(connection, &text, values).await?;
    let mut items = rows.iter().map(versioned_item).collect::<Result<Vec<_>, _>>()?;
    items.sort_by_key(|item| places.iter().position(|place| i32::from(*place) == item.position));
    Ok(items)
}
