//! Operations with their policies. A slice gives its operations as [`Endpoints`], and there is no way to add one without a
//! policy: a route without a declared policy does not compile.
//!
//! ```
//! use touchstone::http::{endpoints::Endpoints, policy::ANYONE};
//! use utoipa_axum::routes;
//!
//! #[utoipa::path(get, path = "/open", responses((status = 200, description = "Reached.")))]
//! async fn open() {}
//!
//! let endpoints = Endpoints::new().with(ANYONE.uncounted(), routes!(open));
//! ```
//!
//! The same without a policy:
//!
//! ```compile_fail
//! use touchstone::http::{endpoints::Endpoints, policy::ANYONE};
//! use utoipa_axum::routes;
//!
//! #[utoipa::path(get, path = "/open", responses((status = 200, description = "Reached.")))]
//! async fn open() {}
//!
//! let endpoints = Endpoints::new().with(routes!(open));
//! ```

use std::collections::HashMap;

use axum::Router;
use axum::http::Method;
use serde_json::json;
use utoipa::openapi::OpenApi;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{Operation, PathItem, Paths};
use utoipa::openapi::security::SecurityRequirement;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use super::contract;
use super::policy::Policy;
use super::problem::responses_too_many;
use crate::runtime::AppState;

/// Operations of a slice, or of all of them.
#[derive(Default)]
pub struct Endpoints {
    router: OpenApiRouter<AppState>,
    policies: Policies,
}

/// The policy of every operation, by method and path template.
#[derive(Clone, Debug, Default)]
pub(super) struct Policies(HashMap<(Method, String), Policy>);

impl Endpoints {
    /// No operations.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds operations that have the same policy: `.with(STAFF.reads(), routes!(list::list))`. The document tells of it.
    #[must_use]
    pub fn with(
        mut self,
        policy: Policy,
        (schemas, mut paths, methods): UtoipaMethodRouter<AppState>,
    ) -> Self {
        self.policies.declare(policy, &mut paths);
        self.router = self.router.routes((schemas, paths, methods));
        self
    }

    /// Adds the operations of another slice.
    pub(super) fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.policies.0.extend(other.policies.0);
        self
    }

    /// All operations below a base path.
    pub(super) fn below(self, base: &str, document: OpenApi) -> Self {
        let moved = self.policies.0.into_iter();
        let moved = moved.map(|((method, path), policy)| ((method, format!("{base}{path}")), policy));
        Self {
            router: OpenApiRouter::with_openapi(document).nest(base, self.router),
            policies: Policies(moved.collect()),
        }
    }

    /// With the names that the whole document gives its operations.
    pub(super) fn named(mut self) -> Self {
        contract::name_operations(self.router.get_openapi_mut());
        self
    }

    /// Routes, policies and the document.
    pub(super) fn split(self) -> (Router<AppState>, Policies, OpenApi) {
        let (routes, document) = self.router.split_for_parts();
        (routes, self.policies, document)
    }
}

impl Policies {
    /// The policy of an operation. A HEAD is answered as its GET.
    pub(super) fn of(&self, method: &Method, path: &str) -> Option<Policy> {
        let method = if *method == Method::HEAD {
            Method::GET
        } else {
            method.clone()
        };
        self.0.get(&(method, path.to_owned())).copied()
    }

    fn declare(&mut self, policy: Policy, paths: &mut Paths) {
        for (path, item) in &mut paths.paths {
            assert!(
                item.head.is_none() && item.options.is_none() && item.trace.is_none(),
                "{path}: operations of these methods are not guarded"
            );
            for (method, operation) in operations(item) {
                describe(policy, operation);
                self.0.insert((method, path.clone()), policy);
            }
        }
    }
}

/// Every operation of a path with its method.
pub(super) fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let PathItem {
        get,
        put,
        post,
        delete,
        patch,
        ..
    } = item;
    let named = [
        (Method::GET, get),
        (Method::PUT, put),
        (Method::POST, post),
        (Method::DELETE, delete),
        (Method::PATCH, patch),
    ];
    named
        .into_iter()
        .filter_map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)))
}

/// What the document says of a policy: security, `x-policy` (roles, scope, rate limit), and 429 where there is an allowance.
/// One extension only: several would be written in another order by every run.
fn describe(policy: Policy, operation: &mut Operation) {
    let audience = policy.audience;
    let none: [&str; 0] = [];
    let mut security = Vec::new();
    if audience.is_public() {
        security.push(SecurityRequirement::default());
    }
    if !audience.roles().is_empty() {
        security.push(SecurityRequirement::new("bearer", none));
    }
    if audience.takes_keys() {
        security.push(SecurityRequirement::new("api_key", none));
    }
    operation.security = Some(security);
    let roles: Vec<_> = audience.roles().iter().map(|role| role.as_str()).collect();
    let mut told = json!({ "roles": roles });
    if let Some(scope) = audience.scope() {
        told["scope"] = json!(scope.as_str());
    }
    if let Some(class) = policy.class {
        told["rate_limit"] = json!(class.name());
        let (status, response) = responses_too_many();
        operation.responses.responses.entry(status).or_insert(response);
    }
    operation.extensions = Some(ExtensionsBuilder::new().add("x-policy", told).build());
}
