//! Where PostgreSQL's programs are, and how to get them on Debian when they are nowhere.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use crate::{debian, process};

const DEBIAN_DIRECTORY: &str = "/usr/lib/postgresql";

/// Debian would create and start a cluster of its own on installation; ours is the only one wanted.
const INSTALL: &str = r"
set -e
mkdir -p /etc/postgresql-common
conf=/etc/postgresql-common/createcluster.conf
[ -e $conf ] || echo 'create_main_cluster = false' > $conf
apt-get update
DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql
";

/// A directory with working `postgres`, `initdb` and `pg_ctl`.
pub(crate) fn find_or_install() -> anyhow::Result<PathBuf> {
    if let Some(directory) = find() {
        return Ok(directory);
    }
    install()?;
    find().context("PostgreSQL was installed but its programs are not found in PATH or /usr/lib/postgresql")
}

/// Versioned directories first: what lies in PATH may be a bare copy without its support files.
fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    versioned()
        .into_iter()
        .chain(std::env::split_paths(&path))
        .find(|directory| works(directory))
}

fn versioned() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(DEBIAN_DIRECTORY)
        .into_iter()
        .flatten()
        .flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    highest_first(names.collect())
        .into_iter()
        .map(|name| Path::new(DEBIAN_DIRECTORY).join(name).join("bin"))
        .collect()
}

fn highest_first(mut names: Vec<String>) -> Vec<String> {
    names.sort_by_key(|name| std::cmp::Reverse(name.parse::<u32>().unwrap_or(0)));
    names
}

fn works(directory: &Path) -> bool {
    let complete = ["postgres", "initdb", "pg_ctl"]
        .iter()
        .all(|program| directory.join(program).is_file());
    complete && process::succeeds(Command::new(directory.join("initdb")).arg("--version"))
}

fn install() -> anyhow::Result<()> {
    debian::install(
        "PostgreSQL",
        INSTALL,
        "its server package (initdb, pg_ctl, postgres)",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_version_comes_first_by_number_not_by_text() {
        let names = ["9", "15", "notes", "17"].map(str::to_owned).to_vec();
        assert_eq!(highest_first(names), ["17", "15", "9", "notes"]);
    }

    #[test]
    fn a_directory_without_the_programs_does_not_work() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("postgres"), "").unwrap();
        assert!(!works(directory.path()));
    }
}
