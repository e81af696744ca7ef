//! The settings file of one run: who asks, about which objects, and what the answers are held against.
//!
//! All checks of the tool are on. Two of them take more statuses for the right answer than the tool assumes:
//!
//! - `positive_data_acceptance`: 422, because the contract gives it for what no schema can say (an access code that is
//!   wrong, a skill that the track does not have, two members that exclude one another), and 410 for what time has ended.
//! - `negative_data_rejection`: 410 and 413 besides the tool's own, because state and size are looked at before the fields.
//!
//! Members and parameters that the contract does not know are ignored by contract, so none are added as faults.

use std::fmt::Write as _;

use serde_json::Value;

use super::operation::Operation;
use super::pools::Pools;
use super::stage::PASSWORD;

/// How often a varied value comes from the objects that there are; the others are made up.
const KNOWN: f64 = 0.75;

/// Members and query parameters that name an object, each with the kind of object.
const REFERENCES: [(&str, &str); 22] = [
    ("query.user_id", "self"),
    ("body.user_id", "self"),
    ("query.track", "tracks"),
    ("query.role_slug", "tracks"),
    ("query.candidate", "users"),
    ("query.assessment_definition_id", "definitions"),
    ("body.assessment_definition_id", "definitions"),
    ("body.assessments[*]", "definitions"),
    ("body.add_assessments[*]", "definitions"),
    ("body.remove_assessments[*]", "definitions"),
    ("body.members[*]", "users"),
    ("body.add_members[*]", "users"),
    ("body.remove_members[*]", "users"),
    ("body.syllabus_ids[*]", "syllabi"),
    ("body.session_id", "sessions"),
    ("body.section_id", "sections"),
    ("body.responses[*].question_id", "asked"),
    ("body.role_slug", "tracks"),
    ("body.tracks[*]", "tracks"),
    ("body.email", "emails"),
    ("body.refresh_token", "refresh-tokens"),
    ("body.reset_token", "reset-tokens"),
];

/// Values that chance would hardly hit: name, values, members that take them.
const VALUES: [(&str, &str, &[&str]); 4] = [
    (
        "answers",
        "[40]",
        &["body.responses[*].answer", "body.exemplars[*].answer"],
    ),
    ("indexes", "[0]", &["body.section_index"]),
    ("instants", "[\"2100-01-01T00:00:00Z\"]", &["body.expires_at"]),
    ("words", "[\"numbers\"]", &["body.stem", "body.topic"]),
];

/// What the schema of an operation cannot say, so that answers to good or bad data are judged in another way: operation,
/// settings of the checks.
const EXCEPTIONS: [(&str, &str); 1] = [(
    // Any bytes may be a file, those included that the tool takes for none. A part that the contract does not know is ignored
    // unless its header cannot be read.
    "POST /api/v1/admin/syllabus/upload",
    "negative_data_rejection = { enabled = false }, \
     positive_data_acceptance = { expected-statuses = [\"2xx\", 400, 401, 403, 404, 409, 410, 422, 429] }",
)];

/// Where the ids in paths come from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ids {
    /// Every operation has an object of its own, the same in all of its requests.
    Settled,
    /// Any object that fits, or one that does not exist, or no id at all.
    Varied,
}

/// How the caller shows who they are.
pub(crate) enum Credentials {
    /// A header that is good all the time.
    Header {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: String,
    },
    /// Signs in, and again whenever a token has become void.
    SignIn {
        /// The account's address.
        email: String,
        /// Its password.
        password: String,
    },
}

/// What a settings file is made of.
pub(crate) struct Settings<'run> {
    /// Who asks.
    pub(crate) credentials: &'run Credentials,
    /// What is asked.
    pub(crate) operations: &'run [&'run Operation],
    /// About what.
    pub(crate) pools: &'run Pools,
    /// Where ids in paths come from.
    pub(crate) ids: Ids,
    /// Where chance begins.
    pub(crate) seed: u32,
    /// Requests per operation in a phase that draws them.
    pub(crate) examples: u32,
}

impl Settings<'_> {
    /// The file's text.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "seed = {}", self.seed)?;
        text.push_str(
            // Threads of the tool trip over one another in Python's parser. A stream of an attempt that nobody works on has
            // nothing more to tell after its first event.
            "workers = 1\ncontinue-on-failure = true\nrequest-timeout = 30\nmax-stream-events = 1\n",
        );
        if let Credentials::Header { name, value } = self.credentials {
            writeln!(text, "headers = {{ {name} = {} }}", quoted(value))?;
        }
        writeln!(
            text,
            "\n[generation]\nmax-examples = {}\ndatabase = \"none\"\nallow-extra-parameters = false",
            self.examples
        )?;
        text.push_str(
            "\n[cache]\nenabled = false\n\
             \n[checks.positive_data_acceptance]\nexpected-statuses = [\"2xx\", 401, 403, 404, 409, 410, 422, 429]\n\
             \n[checks.negative_data_rejection]\n\
             expected-statuses = [400, 401, 403, 404, 405, 406, 409, 410, 413, 415, 422, 428, 429]\n",
        );
        if let Credentials::SignIn { email, password } = self.credentials {
            writeln!(
                text,
                "\n[auth.dynamic.openapi.bearer]\npath = \"/api/v1/auth/login\"\nmethod = \"post\"\n\
                 payload = {{ email = {}, password = {} }}\nextract_selector = \"/tokens/access_token\"\nretry_on = [401]",
                quoted(email),
                quoted(password)
            )?;
        }
        self.write_objects(text)
    }

    fn write_objects(&self, text: &mut String) -> std::fmt::Result {
        text.push_str("\n[dictionaries]\n");
        writeln!(text, "passwords = {{ values = [{}] }}", quoted(PASSWORD))?;
        for (name, values, _) in VALUES {
            writeln!(text, "{name} = {{ values = {values} }}")?;
        }
        for (kind, ids) in self.pools.all() {
            writeln!(text, "{kind} = {{ values = {} }}", list(ids))?;
        }
        text.push_str("\n[parameters]\n");
        let passwords = ["body.password", "body.current_password", "body.new_password"];
        let passwords = passwords.map(|place| (place, "passwords"));
        let values = VALUES
            .iter()
            .flat_map(|(name, _, places)| places.iter().map(|place| (*place, *name)));
        let references = REFERENCES
            .into_iter()
            .filter(|(_, kind)| self.pools.of(kind).is_some());
        for (place, dictionary) in references.chain(values).chain(passwords) {
            writeln!(text, "{} = {}", quoted(place), drawn(dictionary))?;
        }
        for (name, checks) in EXCEPTIONS {
            let name = quoted(name);
            writeln!(
                text,
                "\n[[operations]]\ninclude-name = {name}\nchecks = {{ {checks} }}"
            )?;
        }
        self.write_paths(text)
    }

    fn write_paths(&self, text: &mut String) -> std::fmt::Result {
        let mut settled = self.pools.shared_out();
        for operation in self.operations {
            let parameters = operation.path_parameters().filter_map(|parameter| {
                let value = match self.ids {
                    Ids::Settled => quoted(settled.next_for(operation, parameter.collection)?),
                    Ids::Varied => drawn(self.pools.fitting(operation, parameter.collection)?.0),
                };
                Some(format!(
                    "{} = {value}",
                    quoted(&format!("path.{}", parameter.name))
                ))
            });
            let parameters: Vec<String> = parameters.collect();
            if !parameters.is_empty() {
                let (name, parameters) = (quoted(&operation.name()), parameters.join(", "));
                writeln!(
                    text,
                    "\n[[operations]]\ninclude-name = {name}\nparameters = {{ {parameters} }}"
                )?;
            }
        }
        Ok(())
    }
}

fn drawn(kind: &str) -> String {
    format!("{{ dictionary = {}, probability = {KNOWN} }}", quoted(kind))
}

/// A text of JSON is a text of TOML.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn list(values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
    format!("[{}]", values.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(ids: Ids, credentials: &Credentials) -> String {
        let mut pools = Pools::default();
        pools.add("cohorts", "c1");
        pools.add("cohorts", "c2");
        let operation = |method: &str, path: &str| Operation {
            method: method.to_owned(),
            path: path.to_owned(),
            roles: Vec::new(),
        };
        let operations = [
            operation("GET", "/cohorts/{id}"),
            operation("DELETE", "/cohorts/{id}"),
            operation("GET", "/jobs/{id}"),
        ];
        let operations: Vec<&Operation> = operations.iter().collect();
        let settings = Settings {
            credentials,
            operations: &operations,
            pools: &pools,
            ids,
            seed: 7,
            examples: 3,
        };
        settings.text()
    }

    #[test]
    fn settled_ids_are_one_per_operation_and_varied_ones_are_drawn() {
        let header = Credentials::Header {
            name: "Authorization",
            value: "Bearer \"x\"".to_owned(),
        };
        let settled = text(Ids::Settled, &header);
        assert!(settled.starts_with("seed = 7\n"), "{settled}");
        assert!(
            settled.contains(r#"headers = { Authorization = "Bearer \"x\"" }"#),
            "{settled}"
        );
        let first = "include-name = \"GET /cohorts/{id}\"\nparameters = { \"path.id\" = \"c1\" }";
        let second = "include-name = \"DELETE /cohorts/{id}\"\nparameters = { \"path.id\" = \"c2\" }";
        assert!(settled.contains(first) && settled.contains(second), "{settled}");
        assert!(!settled.contains("/jobs/{id}"), "no job is known: {settled}");
        let varied = text(Ids::Varied, &header);
        let drawn = r#"parameters = { "path.id" = { dictionary = "cohorts", probability = 0.75 } }"#;
        assert_eq!(varied.matches(drawn).count(), 2, "{varied}");
    }

    #[test]
    fn an_account_that_ends_its_own_sessions_signs_in_again() {
        let account = Credentials::SignIn {
            email: "a@example.org".to_owned(),
            password: "p".to_owned(),
        };
        let text = text(Ids::Varied, &account);
        assert!(
            text.contains("retry_on = [401]") && !text.contains("headers ="),
            "{text}"
        );
    }
}
