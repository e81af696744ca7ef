//! `touchstone users`

use std::io;

use clap::{Args, Subcommand, ValueEnum};
use domain::audit::Actor;
use domain::identity::{CreateUser, NewUser, Role, SetPassword, UserStatus};
use domain::rate_limits::SignInSubject;

use super::{CliError, Common, Terminal};
use crate::config::AuthConfig;
use crate::runtime::AppState;
use crate::security::{check_password, generate_password};

#[derive(Debug, Subcommand)]
pub(super) enum UsersCommand {
    /// Make an account; without --password-stdin its generated password is printed once.
    Add(AddArgs),
    /// Give an account a new password, which ends its sign-ins; without --password-stdin the password is printed once.
    ResetPassword(ResetArgs),
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

#[derive(Debug, Args)]
pub(super) struct ResetArgs {
    /// Address to sign in with.
    #[arg(long)]
    email: String,
    /// Read the password from the first line of standard input.
    #[arg(long)]
    password_stdin: bool,
}

/// Machines get their accounts with their API keys.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleArg {
    Student,
    Advisor,
    Admin,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Student => Self::Student,
            RoleArg::Advisor => Self::Advisor,
            RoleArg::Admin => Self::Admin,
        }
    }
}

pub(super) async fn run(common: &Common, command: UsersCommand) -> Result<(), CliError> {
    match &command {
        UsersCommand::Add(AddArgs { email, .. }) | UsersCommand::ResetPassword(ResetArgs { email, .. }) => {
            require_address(email)?;
        }
    }
    let opened = common.open("users", Vec::new()).await?;
    match command {
        UsersCommand::Add(arguments) => add(&opened.state, arguments).await,
        UsersCommand::ResetPassword(arguments) => reset_password(&opened.state, arguments).await,
    }
}

async fn add(state: &AppState, arguments: AddArgs) -> Result<(), CliError> {
    let AddArgs {
        email,
        role,
        name,
        password_stdin,
    } = arguments;
    let password = Password::read_or_generate(password_stdin, (&email, &name), &state.config.auth)?;
    let user = NewUser {
        email,
        display_name: name,
        role: role.into(),
        password_hash: state.passwords.hash(password.text.clone()).await?,
    };
    let ctx = state.ctx("command-line", Actor::System);
    let user = state.store.run(&CreateUser { user }, &ctx).await?;
    Terminal::line(&format!(
        "added {} as {} with id {}",
        user.email,
        user.role.as_str(),
        user.id
    ))?;
    password.print_if_generated()
}

/// Running servers notice that the account's sign-ins ended within a minute.
async fn reset_password(state: &AppState, arguments: ResetArgs) -> Result<(), CliError> {
    let email = arguments.email.trim().to_lowercase();
    let found = state.store.find_user_by_email(&email).await?;
    let user = found.ok_or_else(|| CliError::NoAccount(email))?;
    let owner = (user.email.as_str(), user.display_name.as_str());
    let password = Password::read_or_generate(arguments.password_stdin, owner, &state.config.auth)?;
    let set = SetPassword {
        user_id: user.id,
        except: None,
        from: None,
        password_hash: state.passwords.hash(password.text.clone()).await?,
    };
    state
        .store
        .run(&set, &state.ctx("command-line", Actor::System))
        .await?;
    // Whoever was locked out by somebody's guesses may try the new one at once.
    state
        .store
        .clear_sign_in_failures(&SignInSubject::of(&user.email))
        .await?;
    Terminal::line(&format!("{} has a new password", user.email))?;
    if user.status == UserStatus::Disabled {
        Terminal::line("the account is disabled all the same; an administrator can make it active")?;
    }
    password.print_if_generated()
}

/// A password that was given, or one that has to be told.
struct Password {
    text: String,
    is_generated: bool,
}

impl Password {
    fn read_or_generate(
        from_input: bool,
        (email, name): (&str, &str),
        config: &AuthConfig,
    ) -> Result<Self, CliError> {
        if !from_input {
            return Ok(Self {
                text: generate_password(),
                is_generated: true,
            });
        }
        let mut line = String::new();
        io::stdin().read_line(&mut line).map_err(CliError::Input)?;
        let text = line.trim_end_matches(['\r', '\n']).to_owned();
        check_password(&text, email, name, config).map_err(CliError::WeakPassword)?;
        Ok(Self {
            text,
            is_generated: false,
        })
    }

    fn print_if_generated(&self) -> Result<(), CliError> {
        if self.is_generated {
            Terminal::line(&format!("password {} (shown once)", self.text))?;
        }
        Ok(())
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
