//! What every operation refuses for the same reasons: requests made from its description alone.

use std::time::Duration;

use domain::identity::Role;
use reqwest::RequestBuilder;
use serde_json::Value;

use super::operations::{Body, Operation, Parameter};
use super::samples::{Extent, UNKNOWN_ID, sample, samples};
use crate::support::{Client, Reply, TestApp};

/// Of bodies that are not files; small, so that one above it is made quickly.
pub(super) const JSON_LIMIT_KIB: usize = 16;
/// Of requests with files.
pub(super) const UPLOAD_LIMIT_MIB: usize = 1;
/// An answer that goes on for longer than this is none of a refusal.
const LIMIT: Duration = Duration::from_secs(10);
const JSON: &str = "application/json";
const FORM: &str = "multipart/form-data";
const BOUNDARY: &str = "x7gT";

/// As whom a request is sent.
#[derive(Clone, Copy)]
enum Caller {
    Nobody,
    ForgedToken,
    Account(Role),
}

/// Whoever may do most comes first: what is asked for is seldom the refusal of the role.
const ANYBODY: [Caller; 4] = [
    Caller::Account(Role::Admin),
    Caller::Account(Role::Advisor),
    Caller::Account(Role::Student),
    Caller::Account(Role::Service),
];
/// Whoever may do least comes first, so that nothing is done.
const LEAST_FIRST: [Caller; 4] = [
    Caller::Account(Role::Service),
    Caller::Account(Role::Student),
    Caller::Account(Role::Advisor),
    Caller::Account(Role::Admin),
];

/// A refusal to be met: one of the callers has to get it for one of the requests.
pub(super) struct Probe {
    /// What is wrong with the requests.
    pub(super) what: String,
    callers: Vec<Caller>,
    asks: Vec<Ask>,
}

/// One request to an operation.
#[derive(Clone)]
struct Ask {
    path: String,
    header: Option<(String, String)>,
    /// Media type and content.
    payload: Option<(String, Vec<u8>)>,
}

impl Probe {
    /// `Err` with the statuses given instead, when nobody got the expected one.
    pub(super) async fn send(
        &self,
        app: &TestApp,
        operation: &Operation,
        expected: u16,
    ) -> Result<(), Vec<u16>> {
        let mut given = Vec::new();
        for caller in &self.callers {
            let client = caller.client(app).await;
            for ask in &self.asks {
                let request = client.request(operation.method.clone(), &format!("/{}", ask.path));
                let status = Reply::to(ask.on(request)).await.status;
                if status == expected {
                    return Ok(());
                }
                given.push(status);
            }
        }
        Err(given)
    }
}

impl Caller {
    async fn client(self, app: &TestApp) -> Client {
        match self {
            Self::Nobody => app.anonymous(),
            Self::ForgedToken => app.anonymous().with_token("made.up.token"),
            Self::Account(role) => app.client(role, 1).await,
        }
    }
}

impl Ask {
    fn on(&self, request: RequestBuilder) -> RequestBuilder {
        let mut request = request.timeout(LIMIT);
        if let Some((name, value)) = &self.header {
            request = request.header(name, value);
        }
        match &self.payload {
            Some((media_type, content)) => request.header("content-type", media_type).body(content.clone()),
            None => request,
        }
    }
}

/// Every generic way to a refusal with this status; none when only a state of things leads to it.
pub(super) fn probes(document: &Value, operation: &Operation, status: u16) -> Vec<Probe> {
    let request = Generic { document, operation };
    match status {
        400 => request.malformed(),
        401 => request.unauthenticated(),
        403 => request.forbidden(),
        404 => request.unknown(),
        413 => request.too_large(),
        415 => request.of_another_media_type(),
        422 => request.invalid(),
        429 => request.too_often(),
        _ => Vec::new(),
    }
}

/// Requests to one operation.
struct Generic<'a> {
    document: &'a Value,
    operation: &'a Operation,
}

impl Generic<'_> {
    fn unauthenticated(&self) -> Vec<Probe> {
        let probe = |what: &str, caller| Probe {
            what: what.to_owned(),
            callers: vec![caller],
            asks: self.ordinary(),
        };
        if self.operation.public {
            return vec![probe("credentials of nobody", Caller::Nobody)];
        }
        vec![
            probe("no token", Caller::Nobody),
            probe("a forged token", Caller::ForgedToken),
        ]
    }

    /// Where no token is needed, no role is wrong.
    fn forbidden(&self) -> Vec<Probe> {
        let probe = || Probe {
            callers: LEAST_FIRST.to_vec(),
            ..self.probe("the wrong role", self.ordinary())
        };
        (!self.operation.public).then(probe).into_iter().collect()
    }

    fn unknown(&self) -> Vec<Probe> {
        let mut probes = vec![self.probe("ids of nothing", self.ordinary())];
        if self.operation.parameters_in("path").any(Parameter::is_uuid) {
            let unreadable = |mut ask: Ask| {
                ask.path = ask.path.replace(UNKNOWN_ID, "not-an-id");
                ask
            };
            let asks = self.ordinary().into_iter().map(unreadable).collect();
            probes.push(self.probe("an id that is none", asks));
        }
        probes
    }

    fn malformed(&self) -> Vec<Probe> {
        let mut probes = Vec::new();
        match self.media_type() {
            Some(JSON) => probes.push(self.with_body("JSON that is cut off", JSON, "{")),
            Some(FORM) => {
                let cut = format!("--{BOUNDARY}\r\nContent-Dispo");
                probes.push(self.with_body("a form that is cut off", &form_type(), cut));
            }
            _ => {}
        }
        let keys = self.operation.parameters_in("header");
        for parameter in keys.filter(|parameter| parameter.name.eq_ignore_ascii_case("idempotency-key")) {
            let spaced = |mut ask: Ask| {
                ask.header = Some((parameter.name.clone(), "two words".to_owned()));
                ask
            };
            let asks = self.ordinary().into_iter().map(spaced).collect();
            probes.push(self.probe("a key of two words", asks));
        }
        let numbers = self.operation.parameters_in("query");
        for parameter in numbers.filter(|parameter| parameter.is_integer() || parameter.is_uuid()) {
            probes.push(self.with_query(parameter, "unreadable"));
        }
        probes
    }

    /// Above the limit of bodies, and for operations with a wider one above that.
    fn too_large(&self) -> Vec<Probe> {
        let sizes = [JSON_LIMIT_KIB << 10, UPLOAD_LIMIT_MIB << 20];
        let (media_type, contents) = match self.media_type() {
            Some(FORM) => (
                form_type(),
                sizes.map(|size| form(self.operation, &"a".repeat(size))),
            ),
            Some(JSON) => (
                JSON.to_owned(),
                sizes.map(|size| format!(r#"{{"padding":"{}"}}"#, "a".repeat(size))),
            ),
            Some(other) => (other.to_owned(), sizes.map(|size| "a".repeat(size + 1))),
            None => return Vec::new(),
        };
        let asks = contents.map(|content| self.ask_with(&media_type, content));
        vec![self.probe("a large body", asks.to_vec())]
    }

    fn of_another_media_type(&self) -> Vec<Probe> {
        let other = match self.media_type() {
            Some(FORM) => JSON,
            Some(_) => "application/x-nothing",
            None => return Vec::new(),
        };
        vec![self.with_body("another media type", other, "{}")]
    }

    fn invalid(&self) -> Vec<Probe> {
        let mut probes = Vec::new();
        match self.media_type() {
            Some(JSON) => probes.push(self.with_body("JSON of another shape", JSON, r#""a text""#)),
            Some(FORM) => {
                let content = part("name=\"nothing\"", "x");
                probes.push(self.with_body("a form without its fields", &form_type(), content));
            }
            _ => {}
        }
        for parameter in self.operation.parameters_in("query") {
            let below = parameter.schema["minimum"]
                .as_u64()
                .and_then(|least| least.checked_sub(1));
            let above = parameter.schema["maximum"].as_u64().map(|most| most + 1);
            let outside = [below, above].into_iter().flatten();
            probes.extend(outside.map(|number| self.with_query(parameter, &number.to_string())));
        }
        probes
    }

    /// Twice, where once is the quota.
    fn too_often(&self) -> Vec<Probe> {
        let asks = self.ordinary().into_iter().take(1).cycle().take(2).collect();
        vec![self.probe("more than the quota", asks)]
    }

    /// Right in shape, about things that do not exist.
    fn ordinary(&self) -> Vec<Ask> {
        let payloads = match (&self.operation.body, self.media_type()) {
            (Some(Body { schema, .. }), Some(JSON)) => samples(self.document, schema)
                .iter()
                .map(|body| Some((JSON.to_owned(), body.to_string().into_bytes())))
                .collect(),
            (Some(_), Some(FORM)) => vec![Some((
                form_type(),
                form(self.operation, "A lock is a mark.").into(),
            ))],
            (Some(body), _) => vec![Some((body.media_type.clone(), b"x".to_vec()))],
            (None, _) => vec![None],
        };
        let ask = |payload| Ask {
            path: self.path(),
            header: None,
            payload,
        };
        payloads.into_iter().map(ask).collect()
    }

    /// With ids of nothing, and the query that has to be there.
    fn path(&self) -> String {
        let mut path = self.operation.template.clone();
        for parameter in self.operation.parameters_in("path") {
            let value = match (parameter.is_uuid(), parameter.is_integer()) {
                (true, _) => UNKNOWN_ID,
                (_, true) => "987654321",
                _ => "nothing-has-this-name",
            };
            path = path.replace(&format!("{{{}}}", parameter.name), value);
        }
        let needed = self.operation.parameters_in("query");
        let pairs = needed.filter(|parameter| parameter.required).map(|parameter| {
            let value = sample(self.document, &parameter.schema, Extent::Required);
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            format!("{}={text}", parameter.name)
        });
        let query = pairs.collect::<Vec<_>>().join("&");
        if query.is_empty() {
            path
        } else {
            format!("{path}?{query}")
        }
    }

    fn media_type(&self) -> Option<&str> {
        self.operation.body.as_ref().map(|body| body.media_type.as_str())
    }

    fn probe(&self, what: impl Into<String>, asks: Vec<Ask>) -> Probe {
        let callers = if self.operation.public {
            vec![Caller::Nobody]
        } else {
            ANYBODY.to_vec()
        };
        Probe {
            what: what.into(),
            callers,
            asks,
        }
    }

    fn with_body(&self, what: &str, media_type: &str, content: impl Into<Vec<u8>>) -> Probe {
        self.probe(what, vec![self.ask_with(media_type, content)])
    }

    fn ask_with(&self, media_type: &str, content: impl Into<Vec<u8>>) -> Ask {
        Ask {
            path: self.path(),
            header: None,
            payload: Some((media_type.to_owned(), content.into())),
        }
    }

    fn with_query(&self, parameter: &Parameter, value: &str) -> Probe {
        let pair = format!("{}={value}", parameter.name);
        let add = |mut ask: Ask| {
            let mark = if ask.path.contains('?') { '&' } else { '?' };
            ask.path = format!("{}{mark}{pair}", ask.path);
            ask
        };
        self.probe(&pair, self.ordinary().into_iter().map(add).collect())
    }
}

fn form_type() -> String {
    format!("{FORM}; boundary={BOUNDARY}")
}

/// With one text file in the field for files.
fn form(operation: &Operation, text: &str) -> String {
    let is_file = |schema: &Value| schema["format"] == "binary" || schema["items"]["format"] == "binary";
    let fields = operation
        .body
        .as_ref()
        .and_then(|body| body.schema["properties"].as_object());
    let field = fields.into_iter().flatten().find(|(_, schema)| is_file(schema));
    let name = field.map_or("file", |(name, _)| name);
    part(&format!("name=\"{name}\"; filename=\"notes.txt\""), text)
}

fn part(disposition: &str, content: &str) -> String {
    format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{content}\r\n--{BOUNDARY}--\r\n"
    )
}
