//! The repository's own files, read once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use crate::process;
use crate::workspace::Workspace;

/// Paths from the root with `/` between their parts, and the texts behind them.
#[derive(Default)]
pub(crate) struct Tree {
    texts: BTreeMap<String, String>,
    paths: BTreeSet<String>,
}

impl Tree {
    /// What git tracks or would track; without git (a source archive), everything but build output.
    pub(crate) fn load(workspace: &Workspace) -> anyhow::Result<Self> {
        let mut list = Command::new("git");
        list.current_dir(&workspace.root);
        list.args([
            "-c",
            "core.quotePath=false",
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
        ]);
        let listed = if process::succeeds(&mut probe(workspace)) {
            process::output(&mut list)?.lines().map(str::to_owned).collect()
        } else {
            walk(&workspace.root)?
        };
        let mut tree = Self::default();
        for path in listed {
            // A tracked file that was just deleted is listed but not there.
            if let Ok(bytes) = std::fs::read(workspace.root.join(&path)) {
                tree.add(path, bytes);
            }
        }
        Ok(tree)
    }

    /// A tree for a test.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let mut tree = Self::default();
        for (path, text) in files {
            tree.add((*path).to_owned(), text.as_bytes().to_vec());
        }
        tree
    }

    fn add(&mut self, path: String, bytes: Vec<u8>) {
        if let Ok(text) = String::from_utf8(bytes) {
            self.texts.insert(path.clone(), text);
        }
        self.paths.insert(path);
    }

    /// The text of one file.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// Every text file as (path, text), in order of path.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The text files below a folder with an extension: `crates/domain/src/`, `.rs`.
    pub(crate) fn below<'tree>(
        &'tree self,
        folder: &'tree str,
        extension: &'tree str,
    ) -> impl Iterator<Item = (&'tree str, &'tree str)> {
        self.texts()
            .filter(move |(path, _)| path.starts_with(folder) && path.ends_with(extension))
    }

    /// Every path, texts or not.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.paths.iter().map(String::as_str)
    }

    /// Whether a file or a folder with files in it is there.
    pub(crate) fn has(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        self.paths.contains(path)
            || self
                .paths
                .range(folder.clone()..)
                .next()
                .is_some_and(|next| next.starts_with(&folder))
    }

    /// Names of the folders in `crates/`.
    pub(crate) fn crates(&self) -> BTreeSet<&str> {
        let inside = self.paths().filter_map(|path| path.strip_prefix("crates/"));
        inside
            .filter_map(|rest| rest.split_once('/'))
            .map(|(name, _)| name)
            .collect()
    }
}

fn probe(workspace: &Workspace) -> Command {
    let mut command = Command::new("git");
    command
        .current_dir(&workspace.root)
        .args(["rev-parse", "--is-inside-work-tree"]);
    command
}

fn walk(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if folder.is_empty() {
                name
            } else {
                format!("{folder}/{name}")
            };
            if matches!(path.as_str(), "target" | "data" | ".git") {
                continue;
            }
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_their_folders_are_there_but_not_half_a_name() {
        let tree = Tree::of(&[("docs/adr/0001-one.md", "")]);
        assert!(tree.has("docs/adr/0001-one.md"));
        assert!(tree.has("docs/adr"));
        assert!(tree.has("docs/"));
        assert!(!tree.has("docs/ad"));
    }

    #[test]
    fn a_walk_finds_files_in_folders_and_skips_build_output() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("docs/adr")).unwrap();
        std::fs::create_dir_all(root.path().join("target")).unwrap();
        std::fs::write(root.path().join("docs/adr/a.md"), "a").unwrap();
        std::fs::write(root.path().join("target/b"), "b").unwrap();
        assert_eq!(walk(root.path()).unwrap(), ["docs/adr/a.md"]);
    }
}
