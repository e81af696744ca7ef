//! `touchstone demo`: the whole service shown in seconds, over its own HTTP API.
//!
//! Uploads a syllabus, generates, reviews and publishes an assessment, lets a strong, a weak and a blank candidate take it, and
//! prints results with the evidence behind the points. Architecture invariant: after its server has started, everything
//! here goes through HTTP; the demonstration can do nothing that another client could not.

mod candidate;
mod client;
mod coverage;
mod error;
mod evidence;
mod own_server;
mod promises;
mod replies;
mod review;
mod scripts;
mod steps;
mod story;
mod tables;
#[cfg(test)]
mod tests;
mod wording;

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use tokio_util::sync::CancellationToken;

use super::{CliError, Terminal};
use crate::config::Secret;
use crate::process::{self, ProcessError};
use client::{Api, Pace, Upload};
use own_server::OwnServer;
use story::{Admin, Text, Told, tell};

pub(crate) use error::DemoError;

/// The syllabus that comes with the program.
const SHIPPED: &[u8] = include_bytes!("../../../assets/demo/syllabus.pdf");

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Stop at the end instead of leaving the server running.
    #[arg(long)]
    exit: bool,
    /// Use this PDF, .txt or .md file instead of the syllabus that comes with the program.
    #[arg(long, value_name = "FILE")]
    syllabus: Option<PathBuf>,
    /// Run against this deployment instead of a server of its own; needs an administrator's account.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Administrator of the deployment at --url.
    #[arg(long, value_name = "ADDRESS", requires = "url")]
    admin_email: Option<String>,
    /// Password of that administrator; better in the environment, where other users of this machine do not see it.
    #[arg(
        long,
        value_name = "PASSWORD",
        env = "TOUCHSTONE_DEMO_PASSWORD",
        hide_env_values = true
    )]
    admin_password: Option<Secret>,
}

/// Runs the demonstration and, unless told otherwise, leaves its server running until Ctrl+C.
pub(super) async fn run(arguments: DemoArgs) -> Result<(), CliError> {
    let DemoArgs {
        exit,
        syllabus,
        url,
        admin_email,
        admin_password,
    } = arguments;
    let text = text(syllabus.as_deref()).await?;
    let deployment = match (url, admin_email, admin_password) {
        (None, _, _) => None,
        (Some(url), Some(email), Some(password)) => Some((url, Admin { email, password })),
        (Some(_), _, _) => return Err(DemoError::NoAccount.into()),
    };
    let stop = CancellationToken::new();
    process::stop_on_signal(stop.clone()).map_err(ProcessError::Signals)?;
    match deployment {
        Some((url, admin)) => on_deployment(&url, &admin, text, &stop).await,
        None => on_own_server(exit, text, &stop).await,
    }
}

async fn on_deployment(
    url: &str,
    admin: &Admin,
    text: Text,
    stop: &CancellationToken,
) -> Result<(), CliError> {
    let begun = Instant::now();
    let api = Api::new(url, Pace::AsTold)?;
    let told = unless_stopped(tell(&api, admin, text), stop).await?;
    Terminal::line(&format!(
        "\nThe candidates stay on {}:\n{}",
        api.server(),
        tables::logins(None, &told.candidates)
    ))?;
    finished(begun)
}

async fn on_own_server(exit: bool, text: Text, stop: &CancellationToken) -> Result<(), CliError> {
    let begun = Instant::now();
    let server = OwnServer::start().await?;
    let told = match unless_stopped(on(&server, text), stop).await {
        Ok(told) => finished(begun).map(|()| told),
        failed @ Err(_) => failed,
    };
    let left = match &told {
        Ok(told) if !exit => leave_running(&server, told, stop).await,
        Ok(_) | Err(_) => Ok(()),
    };
    let stopped = server.stop().await;
    told.and(left).and(stopped)
}

async fn on(server: &OwnServer, text: Text) -> Result<Told, CliError> {
    let api = Api::new(&server.address, Pace::Own)?;
    let admin = Admin {
        email: server.admin_email.clone(),
        password: server.admin_password.clone(),
    };
    tell(&api, &admin, text).await
}

async fn leave_running(server: &OwnServer, told: &Told, stop: &CancellationToken) -> Result<(), CliError> {
    let address = &server.address;
    let admin = (server.admin_email.as_str(), server.admin_password.expose());
    Terminal::line(&format!(
        "\nThe server goes on at {address}; its API is described at {address}/docs"
    ))?;
    Terminal::line(&tables::logins(Some(admin), &told.candidates))?;
    Terminal::line("Press Ctrl+C to stop it and remove its data.")?;
    tokio::select! {
        () = stop.cancelled() => {}
        () = server.failed() => {}
    }
    Ok(())
}

fn finished(begun: Instant) -> Result<(), CliError> {
    Terminal::line(&format!("\nDone in {:.1} s.", begun.elapsed().as_secs_f64()))?;
    Terminal::line(
        "Next: `touchstone models fetch` lets the scorer compare meaning as well as words; `touchstone grade FILE` judges a table of your own.",
    )
}

async fn unless_stopped<T>(
    work: impl Future<Output = Result<T, CliError>>,
    stop: &CancellationToken,
) -> Result<T, CliError> {
    tokio::select! {
        done = work => done,
        () = stop.cancelled() => Err(DemoError::Interrupted.into()),
    }
}

async fn text(own: Option<&Path>) -> Result<Text, DemoError> {
    let Some(path) = own else {
        let file = Upload {
            file_name: "syllabus.pdf".to_owned(),
            bytes: SHIPPED.to_vec(),
            subject: Some("Introduction to Relational Databases".to_owned()),
        };
        return Ok(Text {
            file,
            is_shipped: true,
        });
    };
    let bytes = tokio::fs::read(path).await.map_err(|source| DemoError::File {
        path: path.to_path_buf(),
        source,
    })?;
    let file_name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    Ok(Text {
        file: Upload {
            file_name,
            bytes,
            subject: None,
        },
        is_shipped: false,
    })
}
