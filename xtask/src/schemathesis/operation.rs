//! The operations of the document that the instance serves.

use serde_json::Value;

const METHODS: [&str; 5] = ["get", "put", "post", "patch", "delete"];

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Operation {
    /// In capitals.
    pub(crate) method: String,
    /// With its parameters in braces.
    pub(crate) path: String,
    /// Roles that may ask it (`x-policy`, and `service` where keys are let in); empty: everybody.
    pub(crate) roles: Vec<String>,
}

/// A parameter in a path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PathParameter<'path> {
    /// Between the braces.
    pub(crate) name: &'path str,
    /// The segment before it, which says of what kind the thing is: `cohorts` in `/cohorts/{id}`.
    pub(crate) collection: &'path str,
}

impl Operation {
    /// Every operation of a document.
    pub(crate) fn all(document: &Value) -> Vec<Self> {
        let paths = document["paths"].as_object().into_iter().flatten();
        let operations = paths.flat_map(|(path, item)| {
            let there = METHODS.iter().filter(|method| item[**method].is_object());
            there.map(|method| Self {
                method: method.to_uppercase(),
                path: path.clone(),
                roles: roles(&item[*method]),
            })
        });
        operations.collect()
    }

    /// Whether a role may ask it.
    pub(crate) fn admits(&self, role: &str) -> bool {
        self.roles.is_empty() || self.roles.iter().any(|admitted| admitted == role)
    }

    /// As the tool names it: `GET /api/v1/cohorts/{id}`.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The parameters of the path, in order.
    pub(crate) fn path_parameters(&self) -> impl Iterator<Item = PathParameter<'_>> {
        let segments = self.path.split('/');
        segments
            .clone()
            .zip(segments.skip(1))
            .filter_map(|(before, segment)| {
                let name = segment.strip_prefix('{')?.strip_suffix('}')?;
                Some(PathParameter {
                    name,
                    collection: before,
                })
            })
    }
}

fn roles(operation: &Value) -> Vec<String> {
    let roles = operation["x-policy"]["roles"].as_array();
    let Some(roles) = roles.filter(|roles| !roles.is_empty()) else {
        return Vec::new();
    };
    let ways_in = operation["security"].as_array().into_iter().flatten();
    let machines = ways_in.filter(|way| way.get("api_key").is_some());
    let people = roles.iter().filter_map(Value::as_str);
    people
        .chain(machines.map(|_| "service"))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn operation(method: &str, path: &str) -> Operation {
        Operation {
            method: method.to_owned(),
            path: path.to_owned(),
            roles: Vec::new(),
        }
    }

    #[test]
    fn what_is_no_method_is_no_operation() {
        let document = json!({ "paths": {
            "/a": { "get": {}, "parameters": [], "summary": "x" },
            "/b/{id}": { "delete": { "x-policy": { "roles": ["admin"] }, "security": [{ "bearer": [] }, { "api_key": [] }] }, "patch": {} },
        } });
        let mut expected = [
            operation("GET", "/a"),
            operation("PATCH", "/b/{id}"),
            operation("DELETE", "/b/{id}"),
        ];
        expected[2].roles = ["admin", "service"].map(str::to_owned).to_vec();
        assert_eq!(Operation::all(&document), expected);
        assert!(expected[1].admits("student") && expected[2].admits("admin"));
        assert!(!expected[2].admits("student"));
        assert_eq!(expected[1].name(), "PATCH /b/{id}");
    }

    #[test]
    fn a_path_parameter_is_of_the_kind_of_the_segment_before_it() {
        let two = operation("GET", "/api/tracks/{slug}/questions/{id}/text");
        let parameters: Vec<_> = two.path_parameters().collect();
        let named = |name, collection| PathParameter { name, collection };
        assert_eq!(parameters, [named("slug", "tracks"), named("id", "questions")]);
        assert_eq!(operation("GET", "/healthz").path_parameters().count(), 0);
    }
}
