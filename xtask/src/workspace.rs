//! Where the repository is on this machine.

use std::path::{Path, PathBuf};

use anyhow::Context;

/// The checkout that the tool works on.
pub(crate) struct Workspace {
    /// Directory of the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
}

impl Workspace {
    /// Looks upwards from the current directory, so every command works in any subdirectory.
    pub(crate) fn find() -> anyhow::Result<Self> {
        let start = std::env::current_dir().context("the current directory cannot be read")?;
        let root = start
            .ancestors()
            .find(|directory| is_workspace(directory))
            .context("no workspace Cargo.toml above the current directory; run this inside the repository")?;
        Ok(Self {
            root: root.to_path_buf(),
        })
    }

    /// Cargo's output directory, wherever the developer has put it.
    pub(crate) fn target_directory(&self) -> PathBuf {
        std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| self.root.join("target"), |path| self.root.join(path))
    }

    /// A file of the repository by its path from the root.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }
}

fn is_workspace(directory: &Path) -> bool {
    std::fs::read_to_string(directory.join("Cargo.toml"))
        .is_ok_and(|manifest| manifest.contains("[workspace]"))
}
