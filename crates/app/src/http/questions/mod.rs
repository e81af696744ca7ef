//! `/questions`: the questions of the tracks' banks, and answers to them that people have graded.

mod add_exemplars;
mod body;
mod change;
mod create;
mod delete;
mod exemplar_csv;
mod get;
mod kinds;
mod list;
mod list_exemplars;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::runtime::AppState;

pub(crate) use body::QuestionContent;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(get::get, change::change, delete::delete))
        .routes(routes!(
            list_exemplars::list_exemplars,
            add_exemplars::add_exemplars
        ))
}
