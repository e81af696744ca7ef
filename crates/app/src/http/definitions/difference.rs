//! `GET /assessments/definitions/{id}/versions/{from}/diff/{to}`

use axum::Json;
use axum::extract::State;
use domain::authoring::difference::{ItemDifference, changes, version_difference};
use domain::authoring::{VersionContent, VersionedItem};
use domain::ids::DefinitionId;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::change_body::{ChangeBody, bodies};
use crate::http::path_of::PathOf;
use crate::http::permitted::ByStaff;
use crate::http::problem::{NotFound, Problem, ServerProblems, TokenProblems, kinds};
use crate::http::settings::SettingsBody;
use crate::runtime::AppState;

/// What is different between two published versions of an assessment.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DifferenceBody {
    /// Which.
    assessment_definition_id: Uuid,
    /// The number of one version.
    from: i32,
    /// The number of the other.
    to: i32,
    /// In `to` only, in its order.
    items_added: Vec<PlacedBody>,
    /// In `from` only, in its order.
    items_removed: Vec<PlacedBody>,
    /// In both with another content or in another section.
    items_changed: Vec<ItemDifferenceBody>,
    /// Sections added, removed, renamed or in another order, by their ids.
    sections_changed: Vec<ChangeBody>,
    /// Title and settings, as `/title` and `/settings/…`.
    settings_changed: Vec<ChangeBody>,
}

/// An item where it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PlacedBody {
    /// Which.
    item_id: Uuid,
    /// Its version there.
    version: i32,
    /// Section, from 0.
    section_index: i32,
    /// Place in the section, from 0.
    position: i32,
    /// What it asks.
    stem: String,
}

/// An item that both versions have, but not alike.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ItemDifferenceBody {
    /// Which.
    item_id: Uuid,
    /// As it was.
    before: PlacedBody,
    /// As it is.
    after: PlacedBody,
    /// What is different in its content; none when only its place is.
    changes: Vec<ChangeBody>,
}

/// Compare two published versions of an assessment
///
/// Items added, removed and changed, sections, title and settings, from one to the other. For admins and advisors.
#[utoipa::path(
    get,
    path = "/assessments/definitions/{id}/versions/{from}/diff/{to}",
    tag = "definitions",
    params(
        ("id" = Uuid, Path, description = "The assessment"),
        ("from" = i32, Path, description = "The number of one version"),
        ("to" = i32, Path, description = "The number of the other")
    ),
    responses(
        (status = 200, description = "The difference", body = DifferenceBody),
        TokenProblems,
        ServerProblems,
        NotFound
    ),
    security(("bearer" = []))
)]
pub(super) async fn difference(
    State(state): State<AppState>,
    _: ByStaff,
    PathOf((id, from, to)): PathOf<(DefinitionId, i32, i32)>,
) -> Result<Json<DifferenceBody>, Problem> {
    let numbered = async |number| -> Result<VersionContent, Problem> {
        let found = state.store.numbered_version(id, number).await?;
        found.ok_or_else(|| Problem::of(&kinds::DEFINITION_VERSION))
    };
    let (before, after) = (numbered(from).await?, numbered(to).await?);
    let difference = version_difference(&before, &after);
    let placed = |items: Vec<VersionedItem>| items.into_iter().map(PlacedBody::from).collect();
    Ok(Json(DifferenceBody {
        assessment_definition_id: id.0,
        from,
        to,
        items_added: placed(difference.added),
        items_removed: placed(difference.removed),
        items_changed: difference
            .changed
            .into_iter()
            .map(ItemDifferenceBody::from)
            .collect(),
        sections_changed: bodies(difference.sections),
        settings_changed: bodies(changes(&settings(&before), &settings(&after))),
    }))
}

fn settings(version: &VersionContent) -> serde_json::Value {
    json!({ "title": version.title, "settings": SettingsBody::from(&version.settings) })
}

impl From<VersionedItem> for PlacedBody {
    fn from(item: VersionedItem) -> Self {
        Self {
            item_id: item.item_id.0,
            version: item.version,
            section_index: item.section_index,
            position: item.position,
            stem: item.content.stem,
        }
    }
}

impl From<ItemDifference> for ItemDifferenceBody {
    fn from(difference: ItemDifference) -> Self {
        Self {
            item_id: difference.after.item_id.0,
            before: difference.before.into(),
            after: difference.after.into(),
            changes: bodies(difference.changes),
        }
    }
}
