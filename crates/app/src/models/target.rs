//! The directory that the model goes into: one fetch at a time, and no file under its final name before it is checked.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use outbound::embeddings::{Damage, PinnedFile, verify};

use super::error::{FetchError, SourceError};

/// Held until dropped; the operating system lets go of it if the process dies.
pub(super) struct Target {
    directory: PathBuf,
    _lock: File,
}

impl Target {
    /// Makes the directory if it is missing.
    pub(super) fn open(directory: &Path) -> Result<Self, FetchError> {
        let refused = |source| FetchError::Directory {
            path: directory.to_path_buf(),
            source,
        };
        fs::create_dir_all(directory).map_err(refused)?;
        let lock = File::create(directory.join(".lock")).map_err(refused)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                directory: directory.to_path_buf(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(FetchError::Busy(directory.to_path_buf())),
            Err(TryLockError::Error(source)) => Err(refused(source)),
        }
    }

    /// Those of `files` that are not there with the right digest.
    pub(super) fn missing<'a>(&self, files: &'a [PinnedFile]) -> Vec<&'a PinnedFile> {
        let wrong = |file: &&PinnedFile| verify(&self.directory.join(file.name), file).is_err();
        files.iter().filter(wrong).collect()
    }

    /// Where a file grows until it is complete.
    pub(super) fn part(&self, name: &str) -> PathBuf {
        self.directory.join(format!("{name}.part"))
    }

    /// Gives the grown file its name if its digest is right, and removes it otherwise; `place` is where it came from.
    pub(super) fn install(&self, file: &PinnedFile, place: &str) -> Result<(), SourceError> {
        let part = self.part(file.name);
        match verify(&part, file) {
            Ok(()) => {}
            Err(Damage::Digest { found, expected, .. }) => {
                remove(&part)?;
                return Err(SourceError::Digest {
                    place: place.to_owned(),
                    name: file.name.to_owned(),
                    found,
                    expected: expected.to_owned(),
                });
            }
            Err(unreadable @ Damage::Unreadable { .. }) => return Err(unreadable.into()),
        }
        let written = |source| SourceError::Write {
            path: part.clone(),
            source,
        };
        File::open(&part)
            .and_then(|file| file.sync_all())
            .map_err(written)?;
        fs::rename(&part, self.directory.join(file.name)).map_err(written)
    }
}

/// Removes a file that may not be there.
pub(super) fn remove(path: &Path) -> Result<(), SourceError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(SourceError::Write {
            path: path.to_path_buf(),
            source,
        }),
        _ => Ok(()),
    }
}
