//! Fills an instance over HTTP, so that requests can be about things that exist, each in the state it takes.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};

use super::client::Client;
use super::pools::Pools;
use crate::process;

/// Of every account.
pub(crate) const PASSWORD: &str = "a password of the check";
/// Published assessments.
const ASSESSMENTS: usize = 4;
/// Generated assessments that wait to be published.
const DRAFTS: usize = 3;
/// Tracks besides those that come with the program.
const TRACKS: usize = 6;
/// Cohorts, and accounts that nobody uses.
const OTHERS: usize = 6;
/// Attempts of every candidate that are submitted.
const SUBMITTED: usize = 3;
const WAIT: Duration = Duration::from_mins(1);
const LOOK: Duration = Duration::from_millis(50);

/// An account of the stage.
pub(crate) struct Account {
    /// Signs in with it.
    pub(crate) email: String,
    /// Who.
    pub(crate) id: String,
    /// Signed in.
    pub(crate) client: Client,
    /// Of this sign-in.
    refresh_token: String,
}

/// Accounts of one staff role, made before the instance starts: the first administrator would be another one otherwise.
pub(crate) fn add_staff(binary: &Path, data: &Path, email: &str, role: &str) -> anyhow::Result<()> {
    let mut command = Command::new(binary);
    process::without_settings(&mut command);
    command.args(["users", "add", "--password-stdin", "--name", "Member of staff"]);
    command.args(["--email", email, "--role", role]);
    command.env("TOUCHSTONE_DATA_DIR", data);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn().context("`users add` cannot be started")?;
    let mut password = child.stdin.take().context("the program has no standard input")?;
    writeln!(password, "{PASSWORD}")?;
    drop(password);
    let output = child.wait_with_output()?;
    ensure!(
        output.status.success(),
        "`users add` failed: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}

/// Which kind of attempt a candidate leaves in progress.
#[derive(Clone, Copy)]
pub(crate) enum Open {
    /// One of a track.
    Track,
    /// One of a generated assessment, in its first section.
    Session,
}

/// What there is to ask about, the same for everybody.
pub(crate) struct Stage {
    anonymous: Client,
    admin: Client,
    /// Syllabi, definitions, drafts, tracks, questions, credentials, jobs, queues, cohorts, users.
    pub(crate) shared: Pools,
}

impl Stage {
    /// Makes everything that belongs to no candidate. `syllabus` is a text that assessments can be generated from.
    pub(crate) fn set(anonymous: Client, admin: &Client, syllabus: &str) -> anyhow::Result<Self> {
        let mut stage = Self {
            anonymous,
            admin: admin.clone(),
            shared: Pools::default(),
        };
        for number in 0..ASSESSMENTS + DRAFTS {
            stage.generate(&format!("# Part {number}\n\n{syllabus}"), number < ASSESSMENTS)?;
        }
        for number in 0..TRACKS {
            stage.add_track(number)?;
        }
        for number in 0..OTHERS {
            stage.add_others(number)?;
        }
        for track in items(&stage.admin.get("/tracks?page_size=100")?)? {
            stage.shared.add("tracks", id(track, "slug")?);
        }
        for question in items(&stage.admin.get("/questions?page_size=20")?)? {
            stage.shared.add("questions", id(question, "question_id")?);
        }
        // Nothing of what is asked waits for jobs of these.
        for queue in ["rag", "webhooks"] {
            stage.shared.add("queues", queue);
        }
        Ok(stage)
    }

    /// A key that may do all that keys may.
    pub(crate) fn machine(&self) -> anyhow::Result<Client> {
        let scopes = ["assessments:read", "results:read"];
        let made = self
            .admin
            .post("/api-keys", &json!({ "name": "Machine", "scopes": scopes }))?;
        Ok(self.anonymous.known_by("X-API-Key", id(&made, "key")?))
    }

    /// A cohort with a candidate and an advisor, who then sees the candidate's attempts.
    pub(crate) fn bring_together(&mut self, members: [&Account; 2]) -> anyhow::Result<()> {
        let members = members.map(|account| &account.id);
        let body = json!({ "name": "Together", "members": members });
        let cohort = self.admin.post("/cohorts", &body)?;
        self.shared.add("cohorts", id(&cohort, "cohort_id")?);
        Ok(())
    }

    /// A student.
    pub(crate) fn register(&self, name: &str) -> anyhow::Result<Account> {
        let email = format!("{name}@example.org");
        let body = json!({ "email": email, "password": PASSWORD, "display_name": name });
        let signed_in = self.anonymous.post("/auth/register", &body)?;
        account(&self.anonymous, email, &signed_in)
    }

    /// Lets a candidate opt in to every generated assessment, submit some tracks, and begin what stays open: only one
    /// attempt may be in progress at a time.
    pub(crate) fn attempts(&self, candidate: &Account, leaving: Open) -> anyhow::Result<Pools> {
        let mut own = Pools::default();
        own.add("self", candidate.id.clone());
        let candidate = &candidate.client;
        let (_, definitions) = self.shared.of("definitions").context("nothing was published")?;
        for definition in definitions {
            let body = json!({ "assessment_definition_id": definition });
            let session = id(&candidate.post("/sessions/opt-in", &body)?, "session_id")?;
            own.add("sessions", session.clone());
            own.add("assessments", session);
        }
        let (_, tracks) = self.shared.of("tracks").context("there are no tracks")?;
        let open = track_slug(0);
        for slug in tracks.iter().filter(|slug| **slug != open).take(SUBMITTED) {
            let started = candidate.post("/assessments/start", &json!({ "role_slug": slug }))?;
            let attempt = id(&started, "assessment_id")?;
            candidate.post(&format!("/assessments/{attempt}/submit"), &json!({}))?;
            own.add("finished", attempt.clone());
            own.add("assessments", attempt);
        }
        match leaving {
            Open::Track => begin_track(candidate, &open, &mut own)?,
            Open::Session => begin_session(candidate, &mut own)?,
        }
        Ok(own)
    }

    fn generate(&mut self, text: &str, publish: bool) -> anyhow::Result<()> {
        let uploaded = self.admin.upload("/admin/syllabus/upload", "text.md", text)?;
        let syllabus = id(&uploaded["items"][0], "syllabus_id")?;
        let body = json!({ "syllabus_ids": [syllabus] });
        let job = id(&self.admin.post("/assessments/generate", &body)?, "job_id")?;
        let ended = self.wait_for_job(&job)?;
        let definition = id(&ended["result"], "assessment_definition_id")?;
        self.shared.add("syllabi", syllabus);
        self.shared.add("jobs", job);
        if publish {
            let path = format!("/assessments/definitions/{definition}/publish");
            self.admin.post(&path, &json!({}))?;
            self.shared.add("definitions", definition);
        } else {
            self.shared.add("drafts", definition);
        }
        Ok(())
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the condition is in another process; it is looked at with a limit"
    )]
    fn wait_for_job(&self, job: &str) -> anyhow::Result<Value> {
        let until = Instant::now() + WAIT;
        while Instant::now() < until {
            let now = self.admin.get(&format!("/jobs/{job}"))?;
            match now["status"].as_str() {
                Some("completed") => return Ok(now),
                Some("failed" | "dead" | "cancelled") => bail!("generating failed: {now}"),
                _ => std::thread::sleep(LOOK),
            }
        }
        bail!("generating took more than {WAIT:?}")
    }

    /// One of each of the things that belong to nobody who asks.
    fn add_others(&mut self, number: usize) -> anyhow::Result<()> {
        let bystander = self.register(&format!("bystander-{number}"))?;
        let session = sign_in(&self.anonymous, &bystander.email)?;
        let reset = format!("/users/{}/reset-password", bystander.id);
        let reset = self.admin.post(&reset, &json!({}))?;
        let cohort = json!({ "name": format!("Cohort {number}") });
        let cohort = self.admin.post("/cohorts", &cohort)?;
        let key = json!({ "name": format!("Key {number}"), "scopes": ["results:read"] });
        let key = self.admin.post("/api-keys", &key)?;
        let invitation = json!({ "expires_at": "2100-01-01T00:00:00Z" });
        let invitation = self.admin.post("/invitations", &invitation)?;
        let credential = json!({
            "title": format!("Counting, part {number}"), "provider": "Open School", "description": "How to count.",
            "level": "foundation", "skills": ["counting"],
        });
        let credential = self.admin.post("/catalog/credentials", &credential)?;
        self.shared.add("users", bystander.id);
        self.shared.add("emails", bystander.email);
        self.shared.add("refresh-tokens", session.refresh_token);
        self.shared.add("reset-tokens", id(&reset, "reset_token")?);
        self.shared.add("cohorts", id(&cohort, "cohort_id")?);
        self.shared.add("credentials", id(&credential, "credential_id")?);
        self.shared.add("api-keys", id(&key, "id")?);
        self.shared.add("invitations", id(&invitation, "id")?);
        Ok(())
    }

    fn add_track(&self, number: usize) -> anyhow::Result<()> {
        let question = json!({
            "stem": format!("What is {number} more than forty?"),
            "marks": 1.0,
            "topic": "numbers",
            "cognitive_level": "remember",
            "difficulty": "easy",
            "skills": ["counting"],
            "body": { "kind": "numeric", "key": 40 + number, "tolerance": { "type": "absolute", "value": 0.5 } },
        });
        let body = json!({
            "slug": track_slug(number),
            "title": format!("Track {number}"),
            "skills": [{ "skill": "counting", "name": "Counting", "target_level": 70.0 }],
            "items": [question],
        });
        self.admin.post("/tracks", &body).map(drop)
    }
}

/// The first is the one that the examples of the document name.
fn track_slug(number: usize) -> String {
    match number {
        0 => "backend-developer".to_owned(),
        _ => format!("track-{number}"),
    }
}

fn begin_track(candidate: &Client, slug: &str, own: &mut Pools) -> anyhow::Result<()> {
    let started = candidate.post("/assessments/start", &json!({ "role_slug": slug }))?;
    let attempt = id(&started, "assessment_id")?;
    own.add("open", attempt.clone());
    own.add("assessments", attempt);
    own.add("asked", id(&started["questions"][0], "question_id")?);
    Ok(())
}

fn begin_session(candidate: &Client, own: &mut Pools) -> anyhow::Result<()> {
    let (_, sessions) = own.of("sessions").context("no session was opted in to")?;
    let session = sessions.last().cloned().unwrap_or_default();
    let started = candidate.post("/sessions/start", &json!({ "session_id": session }))?;
    let section = &started["current_section"];
    own.add("sections", id(section, "section_id")?);
    own.add("asked", id(&section["questions"][0], "question_id")?);
    own.add("open", session);
    Ok(())
}

/// Signs an account in.
pub(crate) fn sign_in(anonymous: &Client, email: &str) -> anyhow::Result<Account> {
    let body = json!({ "email": email, "password": PASSWORD });
    let signed_in = anonymous.post("/auth/login", &body)?;
    account(anonymous, email.to_owned(), &signed_in)
}

fn account(anonymous: &Client, email: String, signed_in: &Value) -> anyhow::Result<Account> {
    Ok(Account {
        email,
        refresh_token: id(&signed_in["tokens"], "refresh_token")?,
        id: id(&signed_in["user"], "user_id")?,
        client: anonymous.known_by(
            "Authorization",
            format!("Bearer {}", id(&signed_in["tokens"], "access_token")?),
        ),
    })
}

fn items(page: &Value) -> anyhow::Result<&Vec<Value>> {
    page["items"].as_array().context("a list without items")
}

fn id(body: &Value, member: &str) -> anyhow::Result<String> {
    let id = body[member].as_str();
    id.map(str::to_owned)
        .with_context(|| format!("no {member} in {body}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_answer_lacks_is_named() {
        let body = json!({ "job_id": "j", "items": [1] });
        assert_eq!(id(&body, "job_id").unwrap(), "j");
        assert!(id(&body, "other").unwrap_err().to_string().contains("no other"));
        assert_eq!(items(&body).unwrap().len(), 1);
        assert!(items(&json!({})).is_err());
    }
}
