//! PostgreSQL refuses to run as root, so root lends it another account.

use std::process::Command;

use anyhow::Context;

use crate::process;

/// The numbers of the account that the server runs under.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Account {
    /// User id.
    pub(crate) user: u32,
    /// Primary group id.
    pub(crate) group: u32,
}

impl Account {
    /// None for an ordinary user, who runs the server as themselves; `postgres`, else `nobody`, for root.
    pub(crate) fn for_server() -> anyhow::Result<Option<Self>> {
        if !is_root()? {
            return Ok(None);
        }
        let accounts = std::fs::read_to_string("/etc/passwd").context("/etc/passwd cannot be read")?;
        let account = find(&accounts, "postgres").or_else(|| find(&accounts, "nobody"));
        account
            .map(Some)
            .context("root cannot run PostgreSQL and there is no account `postgres` or `nobody`")
    }
}

/// Whether this process runs as root.
pub(crate) fn is_root() -> anyhow::Result<bool> {
    Ok(process::output(Command::new("id").arg("-u"))?.trim() == "0")
}

fn find(accounts: &str, name: &str) -> Option<Account> {
    let line = accounts
        .lines()
        .find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some(Account {
        user: fields.next()?.parse().ok()?,
        group: fields.next()?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNTS: &str =
        "root:x:0:0:root:/r:/bin/bash\npostgres:x:101:104:PostgreSQL,,,:/p:/bin/bash\nbroken:x\n";

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        assert_eq!(
            find(ACCOUNTS, "postgres"),
            Some(Account {
                user: 101,
                group: 104
            })
        );
        assert_eq!(find(ACCOUNTS, "postgre"), None);
    }

    #[test]
    fn a_broken_line_is_no_account() {
        assert_eq!(find(ACCOUNTS, "broken"), None);
    }
}
