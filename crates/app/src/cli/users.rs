//! `touchstone users`

use std::io;

use clap::{Args, Subcommand, ValueEnum};
use domain::audit::Actor;
use domain::identity::{CreateUser, NewUser, Role};

use super::{CliError, Common, Terminal};
use crate::runtime::AppState;
use crate::security::generate_password;

#[derive(Debug, Subcommand)]
pub(super) enum UsersCommand {
    /// Make an account; without --password-stdin its generated password is printed once.
    Add(AddArgs),
}

#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// Address to sign in with.
    #[arg(long)]
    email: String,
    /// What the account may do.
    #[arg(long, value_enum)]
    role: RoleArg,
    /// What people call them.
    #[arg(long, value_parser = display_name)]
    name: String,
    /// Read the password from the first line of standard input.
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleArg {
    Student,
    Advisor,
    Admin,
    Service,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Student => Self::Student,
            RoleArg::Advisor => Self::Advisor,
            RoleArg::Admin => Self::Admin,
            RoleArg::Service => Self::Service,
        }
    }
}

pub(super) async fn run(common: &Common, command: UsersCommand) -> Result<(), CliError> {
    match command {
        UsersCommand::Add(arguments) => {
            require_address(&arguments.email)?;
            let opened = common.open("users", Vec::new()).await?;
            add(&opened.state, arguments).await
        }
    }
}

async fn add(state: &AppState, arguments: AddArgs) -> Result<(), CliError> {
    let AddArgs {
        email,
        role,
        name,
        password_stdin,
    } = arguments;
    let given = if password_stdin {
        Some(read_password(state.config.auth.password_min_length)?)
    } else {
        None
    };
    let password = given.clone().unwrap_or_else(generate_password);
    let password_hash = state.passwords.hash(password.clone()).await?;
    let user = NewUser {
        email,
        display_name: name,
        role: role.into(),
        password_hash,
    };
    let ctx = state.ctx("command-line", Actor::System);
    let user = state.store.run(&CreateUser { user }, &ctx).await?;
    Terminal::line(&format!(
        "added {} as {} with id {}",
        user.email,
        user.role.as_str(),
        user.id
    ))?;
    match given {
        Some(_) => Ok(()),
        None => Terminal::line(&format!("password {password} (shown once)")),
    }
}

/// What people can read on one line; the HTTP door asks for the same.
fn display_name(text: &str) -> Result<String, String> {
    let length = text.trim().chars().count();
    if (1..=200).contains(&length) && !text.chars().any(char::is_control) {
        Ok(text.trim().to_owned())
    } else {
        Err("give between 1 and 200 characters on one line".to_owned())
    }
}

/// Enough to catch swapped arguments; only a mail can prove more.
fn require_address(text: &str) -> Result<(), CliError> {
    match text.split_once('@') {
        Some((name, host)) if !name.is_empty() && !host.is_empty() && !text.contains(char::is_whitespace) => {
            Ok(())
        }
        _ => Err(CliError::NoAddress(text.to_owned())),
    }
}

fn read_password(shortest: usize) -> Result<String, CliError> {
    let mut line = String::new();
    io::stdin().read_line(&mut line).map_err(CliError::Input)?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.chars().count() < shortest {
        return Err(CliError::ShortPassword(shortest));
    }
    Ok(password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_that_can_be_read() {
        assert_eq!(display_name(" Ada "), Ok("Ada".to_owned()));
        for text in ["", "  ", "a\nb", &"x".repeat(201)] {
            assert!(display_name(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn swapped_arguments_are_noticed() {
        assert!(require_address("admin@localhost").is_ok());
        for text in ["Ada", "@x", "x@", "a b@c", ""] {
            assert!(require_address(text).is_err(), "{text}");
        }
    }
}
