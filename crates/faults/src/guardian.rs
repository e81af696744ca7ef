//! Nothing is left behind: a process of its own waits for the end of this one, however it comes, and then kills what is still
//! noted and removes the directory. (A signal handler would not hear SIGKILL.)

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

/// Every noted process is killed by its number, then the directory removed.
const SCRIPT: &str = r#"
cat >/dev/null
for noted in "$1"/processes/*; do
    [ -e "$noted" ] && kill -9 "${noted##*/}" 2>/dev/null
done
rm -rf "$1"
"#;

/// A directory and the processes that end with this one.
pub(crate) struct Guardian {
    child: Child,
    directory: PathBuf,
}

impl Guardian {
    /// Readable for other accounts: PostgreSQL may have to run under one.
    pub(crate) fn start() -> Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix("touchstone-faults-")
            .tempdir()?
            .keep();
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o755))?;
        fs::create_dir(directory.join("processes"))?;
        let child = Command::new("sh")
            .args(["-c", SCRIPT, "guardian"])
            .arg(&directory)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("the guardian cannot be started")?;
        Ok(Self { child, directory })
    }

    /// For everything that is written.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// To be killed at the end, if it lives then.
    pub(crate) fn note(&self, process: u32) -> Result<()> {
        Ok(fs::write(self.noted(process), "")?)
    }

    /// It has ended; its number may soon be somebody else's.
    pub(crate) fn forget(&self, process: u32) {
        // Not noted is as good as forgotten.
        let _ = fs::remove_file(self.noted(process));
    }

    fn noted(&self, process: u32) -> PathBuf {
        self.directory.join("processes").join(process.to_string())
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // It ends by itself; awaiting it only makes sure that the directory is gone before we are.
        let _ = self.child.wait();
    }
}
