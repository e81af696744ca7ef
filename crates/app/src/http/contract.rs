//! What the OpenAPI document as a whole has to be: operation ids are unique, problems are documented.
//!
//! Endpoints are named after what they do (`get`, `list`); their ids in the document are made unique by their slice here,
//! because programs that generate clients make functions of them.

use utoipa::openapi::OpenApi;

use super::endpoints::operations;

/// Puts the slice (the first tag) in front of every operation id: `sessions_get`.
pub(super) fn name_operations(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        for (_, operation) in operations(item) {
            let slice = operation.tags.iter().flatten().next();
            if let (Some(slice), Some(name)) = (slice, operation.operation_id.as_mut()) {
                *name = format!("{slice}_{name}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::Value;

    fn operations() -> Vec<(String, Value)> {
        let document = serde_json::to_value(crate::http::openapi()).unwrap();
        let paths = document["paths"].as_object().unwrap().clone();
        let methods = |(path, item): (String, Value)| {
            let item = item.as_object().unwrap().clone();
            item.into_iter()
                .map(move |(method, operation)| (format!("{method} {path}"), operation))
        };
        paths.into_iter().flat_map(methods).collect()
    }

    #[test]
    fn operation_ids_are_unique() {
        let operations = operations();
        let ids: HashSet<_> = operations
            .iter()
            .map(|(_, operation)| operation["operationId"].to_string())
            .collect();
        assert_eq!(ids.len(), operations.len());
        assert!(operations.len() > 10);
    }

    #[test]
    fn every_operation_documents_its_problems() {
        for (name, operation) in operations() {
            let documented = &operation["responses"];
            let public = name.contains("/auth/register")
                || name.contains("/auth/login")
                || name.contains("/auth/refresh");
            let probe = name.ends_with("/healthz") || name.ends_with("/readyz");
            assert!(probe || documented["500"].is_object(), "{name} without 500");
            assert!(
                probe || public || documented["401"].is_object(),
                "{name} without 401"
            );
            assert!(
                !name.contains('{') || documented["404"].is_object(),
                "{name} without 404"
            );
            assert!(
                operation["requestBody"].is_null() || documented["422"].is_object(),
                "{name} without 422"
            );
        }
    }

    #[test]
    fn every_operation_is_described_under_a_known_tag() {
        let document = serde_json::to_value(crate::http::openapi()).unwrap();
        let known: HashSet<_> = document["tags"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tag| tag["name"].clone())
            .collect();
        for (name, operation) in operations() {
            assert!(operation["summary"].is_string(), "{name} has no summary");
            assert!(known.contains(&operation["tags"][0]), "{name} has an unknown tag");
        }
    }
}
