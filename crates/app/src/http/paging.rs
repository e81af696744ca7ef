//! `page` and `page_size` in, `{items, page, page_size, total}` out.

use domain::reports::{Page, PageRequest};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::problem::Problem;

/// Query of a list.
#[derive(Clone, Copy, Debug, Default, Deserialize, Validate, IntoParams)]
#[garde(allow_unvalidated)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// From 1.
    #[param(minimum = 1, default = 1)]
    pub(crate) page: Option<u32>,
    /// Entries on a page.
    #[param(minimum = 10, maximum = 100, default = 25)]
    pub(crate) page_size: Option<u32>,
}

impl PageQuery {
    /// The part asked for, or 422 naming the parameter.
    pub(crate) fn request(self) -> Result<PageRequest, Problem> {
        PageRequest::new(self.page, self.page_size)
            .map_err(|error| Problem::invalid(format!("/{}", error.field), error.expected))
    }
}

/// Part of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PageBody<T> {
    /// The entries.
    pub(crate) items: Vec<T>,
    /// From 1.
    pub(crate) page: u32,
    /// Most entries on a page.
    pub(crate) page_size: u32,
    /// Entries on all pages.
    pub(crate) total: u64,
}

impl<T> PageBody<T> {
    /// Turns every entry of a page into its body.
    pub(crate) fn from_page<S>(page: Page<S>, body: impl FnMut(S) -> T) -> Self {
        let Page {
            items,
            page,
            page_size,
            total,
        } = page;
        Self {
            items: items.into_iter().map(body).collect(),
            page,
            page_size,
            total,
        }
    }
}
