//! Objects that requests can be about, by kind. A kind is the segment of paths behind which its ids stand.

use std::collections::BTreeMap;

use super::operation::Operation;

/// Operations that only some objects of their kind let through: method, end of the path, kind of those objects.
const CHOSEN: [(&str, &str, &str); 11] = [
    ("PATCH", "/assessments/definitions/{id}", "drafts"),
    ("POST", "/assessments/definitions/{id}/publish", "drafts"),
    ("POST", "/assessments/{id}/responses", "open"),
    ("POST", "/assessments/{id}/submit", "open"),
    ("POST", "/assessments/{id}/extend", "open"),
    ("GET", "/assessments/{id}/result", "finished"),
    ("POST", "/assessments/{id}/release", "finished"),
    ("POST", "/assessments/{id}/inquiries", "finished"),
    ("POST", "/sessions/{id}/heartbeat", "open"),
    ("POST", "/sessions/{id}/submit-section", "open"),
    ("POST", "/sessions/{id}/complete", "open"),
];

/// Ids by kind.
#[derive(Clone, Default)]
pub(crate) struct Pools(BTreeMap<&'static str, Vec<String>>);

impl Pools {
    /// One more object of a kind.
    pub(crate) fn add(&mut self, kind: &'static str, id: impl Into<String>) {
        self.0.entry(kind).or_default().push(id.into());
    }

    /// The objects of a kind, under its name, if there are any.
    pub(crate) fn of(&self, kind: &str) -> Option<(&'static str, &[String])> {
        let (kind, ids) = self.0.get_key_value(kind)?;
        Some((kind, ids))
    }

    /// Every kind with its objects.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static str, &[String])> {
        self.0.iter().map(|(kind, ids)| (*kind, ids.as_slice()))
    }

    /// The kind of object that an operation takes whose path names one of a collection, with those there are.
    pub(crate) fn fitting(
        &self,
        operation: &Operation,
        collection: &str,
    ) -> Option<(&'static str, &[String])> {
        let chosen = CHOSEN
            .iter()
            .find(|(method, end, _)| *method == operation.method && operation.path.ends_with(end));
        let chosen = chosen.and_then(|(_, _, kind)| self.of(kind));
        chosen.or_else(|| self.of(collection))
    }

    /// Both together, the objects of `self` first.
    pub(crate) fn with(&self, others: &Self) -> Self {
        let mut whole = self.clone();
        for (kind, ids) in &others.0 {
            whole.0.entry(kind).or_default().extend(ids.iter().cloned());
        }
        whole
    }

    /// Gives the objects to operations, to each another one as long as there are enough.
    pub(crate) fn shared_out(&self) -> SharedOut<'_> {
        SharedOut {
            pools: self,
            given: BTreeMap::new(),
        }
    }
}

/// Objects on their way to operations, so that one that deletes its object spoils no other's.
pub(crate) struct SharedOut<'pools> {
    pools: &'pools Pools,
    given: BTreeMap<&'static str, usize>,
}

impl<'pools> SharedOut<'pools> {
    /// The object of an operation whose path names one of a collection.
    pub(crate) fn next_for(&mut self, operation: &Operation, collection: &str) -> Option<&'pools str> {
        let (kind, ids) = self.pools.fitting(operation, collection)?;
        let given = self.given.entry(kind).or_default();
        *given += 1;
        ids.get((*given - 1) % ids.len()).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(method: &str, path: &str) -> Operation {
        Operation {
            method: method.to_owned(),
            path: path.to_owned(),
            roles: Vec::new(),
        }
    }

    #[test]
    fn objects_go_round_and_picky_operations_get_what_they_take() {
        let mut pools = Pools::default();
        pools.add("definitions", "published");
        pools.add("definitions", "other");
        pools.add("drafts", "draft");
        let mut shared = pools.shared_out();
        let path = "/api/v1/assessments/definitions/{id}";
        let mut next = |method: &str| shared.next_for(&operation(method, path), "definitions");
        assert_eq!(next("GET"), Some("published"));
        assert_eq!(next("PATCH"), Some("draft"));
        assert_eq!(next("GET"), Some("other"));
        assert_eq!(next("GET"), Some("published"));
        assert_eq!(shared.next_for(&operation("GET", "/jobs/{id}"), "jobs"), None);
    }

    #[test]
    fn own_objects_come_first() {
        let (mut own, mut shared) = (Pools::default(), Pools::default());
        own.add("sessions", "own");
        shared.add("sessions", "shared");
        shared.add("jobs", "job");
        let whole = own.with(&shared);
        assert_eq!(whole.of("sessions").unwrap().1, ["own", "shared"]);
        assert_eq!(whole.all().count(), 2);
    }
}
