//! The declared answers against those that were given.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use serde_json::Value;

const SUCCESS: RangeInclusive<u16> = 200..=299;
const REFUSAL: RangeInclusive<u16> = 400..=499;
const NOT_MODIFIED: u16 = 304;
/// Nothing is half there: an operation is in the contract when it works.
const NOT_IMPLEMENTED: u16 = 501;

/// What a test was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    method: String,
    /// As requested, without its query.
    path: String,
    status: u16,
}

impl Answer {
    /// Reads `METHOD path status`.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ').map(str::to_owned);
        let (method, path, status) = (words.next()?, words.next()?, words.next()?);
        let status = status.parse().ok()?;
        let whole = words.next().is_none() && path.starts_with('/');
        whole.then_some(Self { method, path, status })
    }
}

/// Path template → method → declared statuses.
pub(crate) struct Contract(BTreeMap<String, BTreeMap<String, BTreeSet<u16>>>);

impl Contract {
    /// Reads the `paths` of an OpenAPI document.
    pub(crate) fn of(document: &Value) -> Option<Self> {
        let methods = |item: &Value| {
            let operations = item.as_object().into_iter().flatten();
            operations
                .filter_map(|(method, operation)| Some((method.to_uppercase(), declared(operation)?)))
                .collect()
        };
        let paths = document["paths"].as_object()?.iter();
        Some(Self(
            paths.map(|(path, item)| (path.clone(), methods(item))).collect(),
        ))
    }

    /// How many operations there are.
    pub(crate) fn len(&self) -> usize {
        self.0.values().map(BTreeMap::len).sum()
    }

    /// `METHOD path: status` of everything that is missing or forbidden.
    pub(crate) fn findings(&self, answers: &[Answer]) -> Vec<String> {
        let given = self.given(answers);
        let mut findings = Vec::new();
        for (path, methods) in &self.0 {
            for (method, declared) in methods {
                let none = BTreeSet::new();
                let given = given.get(&(method.as_str(), path.as_str())).unwrap_or(&none);
                let words = missing(declared, given);
                findings.extend(words.map(|words| format!("{method} {path}: {words}")));
                let undeclared = given
                    .difference(declared)
                    .filter(|status| **status != NOT_IMPLEMENTED);
                findings
                    .extend(undeclared.map(|status| format!("{method} {path}: {status} is not declared")));
            }
        }
        let unfinished = answers.iter().filter(|answer| answer.status == NOT_IMPLEMENTED);
        findings
            .extend(unfinished.map(|answer| format!("{} {}: 501 was answered", answer.method, answer.path)));
        findings
    }

    /// The statuses given by each operation, which is its method and template.
    fn given<'a>(&'a self, answers: &'a [Answer]) -> BTreeMap<(&'a str, &'a str), BTreeSet<u16>> {
        let mut given: BTreeMap<_, BTreeSet<u16>> = BTreeMap::new();
        for answer in answers {
            if let Some(template) = self.template(&answer.path) {
                let operation = (answer.method.as_str(), template);
                given.entry(operation).or_default().insert(answer.status);
            }
        }
        given
    }

    /// The template that a path is routed to, whatever the method: from left to right, a literal segment beats a parameter.
    fn template(&self, path: &str) -> Option<&str> {
        let matching = self.0.keys().filter_map(|template| {
            let literal = literal_segments(template, path)?;
            Some((literal, template.as_str()))
        });
        matching.max().map(|(_, template)| template)
    }
}

/// For each segment whether the template has it as a literal; nothing when the path does not fit.
fn literal_segments(template: &str, path: &str) -> Option<Vec<bool>> {
    if template.split('/').count() != path.split('/').count() {
        return None;
    }
    let segments = template.split('/').zip(path.split('/'));
    segments
        .map(|(expected, found)| {
            let parameter = expected.starts_with('{') && expected.ends_with('}');
            let fits = expected == found || (parameter && !found.is_empty());
            fits.then_some(!parameter)
        })
        .collect()
}

/// The keys of an operation's responses; nothing for members of a path that are no operations.
fn declared(operation: &Value) -> Option<BTreeSet<u16>> {
    let responses = operation["responses"].as_object()?;
    Some(responses.keys().filter_map(|key| key.parse().ok()).collect())
}

/// What an operation still owes, in words. Its 5xx need a broken server and are tested once for all operations.
fn missing<'a>(declared: &'a BTreeSet<u16>, given: &'a BTreeSet<u16>) -> impl Iterator<Item = String> + 'a {
    let succeeded = given.iter().any(|status| SUCCESS.contains(status));
    let success = (!succeeded).then(|| "2xx".to_owned());
    let unfinished = declared
        .contains(&NOT_IMPLEMENTED)
        .then(|| "501 is declared".to_owned());
    let wanted = declared
        .iter()
        .filter(|status| REFUSAL.contains(*status) || **status == NOT_MODIFIED);
    let statuses = wanted.filter(|status| !given.contains(*status));
    success
        .into_iter()
        .chain(statuses.map(u16::to_string))
        .chain(unfinished)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn contract() -> Contract {
        let answers = |statuses: &[&str]| {
            let responses = statuses.iter().map(|status| ((*status).to_owned(), json!({})));
            json!({ "responses": responses.collect::<serde_json::Map<_, _>>() })
        };
        let document = json!({ "paths": {
            "/a/available": { "get": answers(&["200", "401", "500", "503"]) },
            "/a/start": { "post": answers(&["201", "409"]) },
            "/a/{id}": { "get": answers(&["200", "304", "404"]), "delete": answers(&["204"]), "parameters": [] },
            "/a/{id}/events": { "get": answers(&["200", "202", "404", "default"]) },
        } });
        Contract::of(&document).unwrap()
    }

    fn answers(lines: &str) -> Vec<Answer> {
        lines
            .lines()
            .map(|line| Answer::parse(line.trim()).unwrap())
            .collect()
    }

    fn complete() -> Vec<Answer> {
        answers(
            "GET /a/available 200\nGET /a/available 401\nPOST /a/start 201\nPOST /a/start 409\nGET /a/7 200\nGET /a/8 404
             GET /a/7 304\nDELETE /a/7 204\nGET /a/7/events 202\nGET /a/8/events 404\nGET /elsewhere 404",
        )
    }

    #[test]
    fn a_contract_whose_answers_were_all_given_has_no_findings() {
        assert_eq!(contract().findings(&complete()), Vec::<String>::new());
        assert_eq!(contract().len(), 5);
    }

    #[test]
    fn an_answer_that_is_not_declared_is_named() {
        let mut given = complete();
        given.extend(answers("GET /a/7 418"));
        assert_eq!(contract().findings(&given), ["GET /a/{id}: 418 is not declared"]);
    }

    #[test]
    fn each_missing_answer_is_named() {
        let complete = complete();
        let without = |line: &str| {
            let planted = Answer::parse(line).unwrap();
            let rest: Vec<Answer> = complete
                .iter()
                .filter(|answer| **answer != planted)
                .cloned()
                .collect();
            assert_eq!(rest.len() + 1, complete.len(), "{line}");
            contract().findings(&rest)
        };
        assert_eq!(without("GET /a/available 401"), ["GET /a/available: 401"]);
        assert_eq!(without("GET /a/7 200"), ["GET /a/{id}: 2xx"]);
        assert_eq!(without("GET /a/7 304"), ["GET /a/{id}: 304"]);
        assert_eq!(without("DELETE /a/7 204"), ["DELETE /a/{id}: 2xx"]);
        assert_eq!(without("GET /a/8/events 404"), ["GET /a/{id}/events: 404"]);
        assert_eq!(
            contract().findings(&[]).len(),
            10,
            "five successes, four refusals and a 304"
        );
    }

    #[test]
    fn an_answer_counts_for_the_route_that_gave_it_only() {
        let mut lines = complete();
        lines.retain(|answer| answer.path != "/a/available");
        lines.extend(answers(
            "POST /a/available 401\nGET /a/start 404\nGET /a/ 401\nGET /a/available/x 200",
        ));
        assert_eq!(
            contract().findings(&lines),
            ["GET /a/available: 2xx", "GET /a/available: 401"]
        );
    }

    #[test]
    fn nothing_may_be_left_for_later() {
        let mut lines = complete();
        lines.extend(answers("GET /a/7 501\nPUT /not/in/the/contract 501"));
        assert_eq!(
            contract().findings(&lines),
            [
                "GET /a/7: 501 was answered",
                "PUT /not/in/the/contract: 501 was answered"
            ]
        );
        let declared = json!({ "paths": { "/b": { "get": { "responses": { "200": {}, "501": {} } } } } });
        let declared = Contract::of(&declared).unwrap();
        assert_eq!(
            declared.findings(&answers("GET /b 200")),
            ["GET /b: 501 is declared"]
        );
    }

    #[test]
    fn a_line_has_three_words() {
        assert_eq!(answers("GET /a%20b 404").len(), 1);
        for odd in [
            "",
            "GET /a",
            "GET /a b 404",
            "GET /a many",
            "GET a 404",
            "GET /a 404 ",
        ] {
            assert_eq!(Answer::parse(odd), None, "{odd}");
        }
    }
}
