//! A server that ends with this tool, however that ends: a shell in its own process group starts it, waits for the end of its
//! own standard input, and then stops the server and removes its directory.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::Context;

use crate::postgres::Account;

/// The server's standard input is not the pipe that the guardian waits for.
const SCRIPT: &str = r#"
directory=$1
shift
"$@" </dev/null >"$directory/server.log" 2>&1 &
server=$!
cat >/dev/null
kill "$server" 2>/dev/null
wait "$server"
rm -rf "$directory"
"#;

/// A guarded server; dropping it stops the server and removes its directory.
pub(crate) struct Guarded {
    guardian: Child,
    directory: PathBuf,
}

impl Guarded {
    /// Starts a program that stays in the foreground, under an account if one is given. The directory is its own from now on.
    pub(crate) fn start<S: AsRef<OsStr>>(
        directory: PathBuf,
        account: Option<&Account>,
        program: &Path,
        arguments: &[S],
    ) -> anyhow::Result<Self> {
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT, "guardian"]).arg(&directory);
        command.arg(program).args(arguments);
        // The account may not see the developer's directory.
        command.current_dir("/").process_group(0).stdin(Stdio::piped());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        if let Some(account) = account {
            std::os::unix::fs::chown(&directory, Some(account.user), Some(account.group))?;
            command.uid(account.user).gid(account.group);
        }
        let guardian = command
            .spawn()
            .with_context(|| format!("the guardian of {} cannot be started", program.display()))?;
        Ok(Self { guardian, directory })
    }

    /// Where it works.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// What it has said.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.directory.join("server.log")).unwrap_or_default()
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        drop(self.guardian.stdin.take());
        if let Err(error) = self.guardian.wait() {
            eprintln!("xtask: a guardian cannot be awaited: {error}");
        }
        // Where the temporary directory lets only its owner delete, the guardian emptied it and left the shell.
        if self.directory.exists() && std::fs::remove_dir_all(&self.directory).is_err() {
            eprintln!("xtask: {} is left behind", self.directory.display());
        }
    }
}
