//! Why a command failed, in one line that says what to do.

use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

use domain::identity::{AccountError, CreateUserError};
use domain::operations::OperationError;
use domain::reports::PageRequestError;
use domain::store::StoreError;
use storage::VerifyAuditError;

use super::demo::DemoError;
use super::grade::GradeError;
use super::judging::JudgeError;
use super::table::TableError;
use crate::config::ConfigError;
use crate::models::FetchError;
use crate::process::ProcessError;
use crate::security::{PasswordError, RotationError, Weakness};
use crate::wiring::WiringError;

/// See the module.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Wiring(#[from] WiringError),
    #[error(transparent)]
    Process(#[from] ProcessError),
    #[error("the database failed; check that it runs and that the account may use it")]
    Store(#[from] StoreError),
    #[error(transparent)]
    User(#[from] CreateUserError),
    #[error(transparent)]
    Rotation(#[from] RotationError),
    #[error(transparent)]
    Demo(#[from] DemoError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error("cannot listen on {address}; choose another address with --listen")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("--concurrency names the queue {0}, which --queues does not; name it there too")]
    QueueNotNamed(&'static str),
    #[error("the settings give no jobs to the queue {0}; name a number with --concurrency {0}=4")]
    NoJobsAtOnce(&'static str),
    #[error("the password on standard input {0}")]
    WeakPassword(Weakness),
    #[error("no account has the address {0}")]
    NoAccount(String),
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error("`{0}` is not an email address")]
    NoAddress(String),
    #[error("standard input cannot be read")]
    Input(#[source] io::Error),
    #[error("standard output cannot be written")]
    Output(#[source] io::Error),
    #[error(transparent)]
    Audit(#[from] VerifyAuditError),
    #[error("the audit log has {0} fault(s); docs/audit.md says what each means")]
    AuditFaults(u64),
    #[error(transparent)]
    Models(#[from] FetchError),
    #[error(transparent)]
    Grade(#[from] GradeError),
    #[error(transparent)]
    Table(#[from] TableError),
    #[error(transparent)]
    Operation(#[from] OperationError),
    #[error(transparent)]
    Page(#[from] PageRequestError),
    #[error(transparent)]
    Judge(#[from] JudgeError),
    #[error("the runtime cannot be started")]
    Runtime(#[source] io::Error),
    #[error("the settings cannot be written as TOML")]
    Toml(#[from] toml::ser::Error),
    #[error("the OpenAPI document cannot be written as YAML: {0}")]
    Yaml(String),
}

/// Exit code of a run that did its work, as far as models let it.
const INCOMPLETE: u8 = 3;

impl CliError {
    /// 1; 3 where a result is there and models have not judged all of it.
    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Grade(GradeError::Judge(JudgeError::Incomplete(_)))
            | Self::Judge(JudgeError::Incomplete(_)) => ExitCode::from(INCOMPLETE),
            _ => ExitCode::FAILURE,
        }
    }
}
