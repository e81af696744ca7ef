//! Who asks: one round for every kind of account, and rounds of their own for what an account does to itself.

use anyhow::Context as _;

use super::client::{BASE, Client};
use super::operation::Operation;
use super::pools::Pools;
use super::settings::{Credentials, Ids};
use super::stage::{self, Account, Open, Stage};

const ADMIN: &str = "admin@localhost";
const ADVISOR: &str = "advisor@localhost";
const LEAVING_ADMIN: &str = "leaving-admin@localhost";

/// Accounts that are there before the instance starts, with their roles.
pub(crate) const STAFF: [(&str, &str); 3] =
    [(ADMIN, "admin"), (ADVISOR, "advisor"), (LEAVING_ADMIN, "admin")];

/// Operations that can shut out the account that asks. In the middle of a round they would turn everything after them into
/// 401, so they are asked in rounds of their own, which sign in again whenever they have to.
const SHUTTING_OUT: [&str; 5] = [
    "POST /api/v1/auth/logout",
    "POST /api/v1/auth/change-password",
    "PATCH /api/v1/users/{id}",
    "POST /api/v1/users/{id}/reset-password",
    "POST /api/v1/users/{id}/erase",
];

/// One account and what it asks.
pub(crate) struct Round {
    /// For people.
    pub(crate) name: &'static str,
    /// Of whoever asks.
    role: &'static str,
    /// How it shows who it is.
    pub(crate) credentials: Credentials,
    /// What it asks about.
    pub(crate) pools: Pools,
    /// Who asks, and a path that answers them. None: this is a round of operations that shut out.
    proof: Option<(Client, String)>,
    /// Beginnings of paths below the base path; the round asks nothing else. Empty: it asks everything.
    about: &'static [&'static str],
}

impl Round {
    /// Those of a document that this round asks. What its role may not do is asked with varied ids only: the many requests
    /// with settled ones would all be refused alike.
    pub(crate) fn operations<'document>(
        &self,
        all: &'document [Operation],
        ids: Ids,
    ) -> impl Iterator<Item = &'document Operation> + use<'_, 'document> {
        let steady = self.proof.is_some();
        let about = |path: &str| {
            let path = path.trim_start_matches(BASE);
            self.about.is_empty() || self.about.iter().any(|start| path.starts_with(start))
        };
        all.iter()
            .filter(move |operation| shuts_out(operation) != steady && about(&operation.path))
            .filter(move |operation| ids == Ids::Varied || operation.admits(self.role))
    }

    /// Fails when whoever asks in a steady round cannot do anything any more.
    pub(crate) fn still_let_in(&self) -> anyhow::Result<()> {
        match &self.proof {
            Some((client, path)) => client.get(path).map(drop),
            None => Ok(()),
        }
    }

    fn steady((name, role): (&'static str, &'static str), client: &Client, pools: Pools) -> Self {
        let (header, value) = client.credential.clone().unwrap_or_default();
        Self {
            name,
            role,
            credentials: Credentials::Header { name: header, value },
            pools,
            proof: Some((client.clone(), "/auth/me".to_owned())),
            about: &[],
        }
    }

    fn leaving((name, role): (&'static str, &'static str), account: &Account, pools: Pools) -> Self {
        Self {
            name,
            role,
            credentials: Credentials::SignIn {
                email: account.email.clone(),
                password: stage::PASSWORD.to_owned(),
            },
            pools,
            proof: None,
            about: &[],
        }
    }

    fn about(self, about: &'static [&'static str]) -> Self {
        Self { about, ..self }
    }
}

fn shuts_out(operation: &Operation) -> bool {
    SHUTTING_OUT.contains(&operation.name().as_str())
}

/// Fills the instance; the rounds in the order in which they spoil least for one another.
pub(crate) fn prepare(url: &str, operations: &[Operation], syllabus: &str) -> anyhow::Result<Vec<Round>> {
    let anonymous = Client::anonymous(url);
    let admin = stage::sign_in(&anonymous, ADMIN)?;
    let advisor = stage::sign_in(&anonymous, ADVISOR)?;
    let mut stage = Stage::set(anonymous.clone(), &admin.client, syllabus)?;
    let student = stage.register("student")?;
    let of_cohort = stage.register("of-cohort")?;
    let of_nobody = stage.register("of-nobody")?;
    stage.bring_together([&of_cohort, &advisor])?;
    let in_session = stage.register("in-session")?;
    let own = stage.attempts(&student, Open::Track)?;
    let of_session = stage.attempts(&in_session, Open::Session)?;
    let seen = stage.attempts(&of_cohort, Open::Track)?;
    let others = stage.attempts(&of_nobody, Open::Session)?;
    let shared = &stage.shared;
    let attempts = ["/assessments", "/sessions"].as_slice();
    let mut rounds = vec![
        Round::steady(("student", "student"), &student.client, own.with(shared)),
        Round::steady(
            ("in-session", "student"),
            &in_session.client,
            of_session.with(shared),
        )
        .about(attempts),
        machine(&stage, seen.with(shared))?.about(attempts),
        Round::steady(("advisor", "advisor"), &advisor.client, seen.with(shared)),
        Round::steady(("admin", "admin"), &admin.client, others.with(shared)),
    ];
    if operations.iter().any(shuts_out) {
        let leaving = stage.register("leaving")?;
        let leaving_admin = stage::sign_in(&anonymous, LEAVING_ADMIN)?;
        rounds.push(Round::leaving(
            ("leaving-student", "student"),
            &leaving,
            shared.clone(),
        ));
        rounds.push(Round::leaving(
            ("leaving-admin", "admin"),
            &leaving_admin,
            shared.clone(),
        ));
    }
    Ok(rounds)
}

/// The round of a machine client, which has no account to ask for.
fn machine(stage: &Stage, pools: Pools) -> anyhow::Result<Round> {
    let (_, attempts) = pools.of("assessments").context("nobody took anything")?;
    let path = format!("/assessments/{}/status", attempts[0]);
    let client = stage.machine()?;
    let round = Round::steady(("machine", "service"), &client, pools);
    Ok(Round {
        proof: Some((client, path)),
        ..round
    })
}
