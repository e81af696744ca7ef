//! Keys that a deployment of one machine makes for itself.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::config::Secret;

/// A key file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file system refused.
    #[error("the key file {} cannot be read or written", path.display())]
    Io {
        /// The key file.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// Too little in it to be a key.
    #[error("the key file {} is damaged; restore it, or delete it to sign everybody out and get a new one", .0.display())]
    Damaged(PathBuf),
}

/// The key in the file, 256 random bits, made on the first call. Of two processes that start at once, one makes it and
/// both use that one. The file is readable by its owner only (mode 0600).
pub fn read_or_create_key(path: &Path) -> Result<Secret, KeyFileError> {
    let failed = |source| KeyFileError::Io {
        path: path.to_path_buf(),
        source,
    };
    match fs::read_to_string(path) {
        Ok(text) => return key_of(path, &text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut draft = tempfile::NamedTempFile::new_in(directory).map_err(failed)?;
    let key = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    writeln!(draft, "{key}")
        .and_then(|()| draft.as_file().sync_all())
        .map_err(failed)?;
    match draft.persist_noclobber(path) {
        Ok(_) => Ok(Secret::new(key)),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
            key_of(path, &fs::read_to_string(path).map_err(failed)?)
        }
        Err(error) => Err(failed(error.error)),
    }
}

fn key_of(path: &Path, text: &str) -> Result<Secret, KeyFileError> {
    let key = text.trim();
    if key.len() < 32 {
        Err(KeyFileError::Damaged(path.to_path_buf()))
    } else {
        Ok(Secret::new(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_readable_by_its_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("jwt.key");
        let made = read_or_create_key(&path).unwrap();
        assert_eq!(read_or_create_key(&path).unwrap(), made);
        assert_eq!(made.expose().len(), 43);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn processes_that_start_at_once_get_the_same_key() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("jwt.key");
        let keys: Vec<_> = std::thread::scope(|scope| {
            let started: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| read_or_create_key(&path).unwrap()))
                .collect();
            started.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
    }

    #[test]
    fn a_damaged_file_is_not_replaced_silently() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("jwt.key");
        fs::write(&path, "short\n").unwrap();
        assert!(matches!(read_or_create_key(&path), Err(KeyFileError::Damaged(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "short\n");
    }
}
