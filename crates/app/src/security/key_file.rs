//! The file that holds the master key of a deployment of one machine, which makes it for itself.
//!
//! The first line is the key that wraps; further lines are older keys, there only while a rotation is under way.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use super::master_key::{MasterKey, MasterKeys};

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
    /// Others than its owner may read or write it.
    #[error(
        "other accounts of this machine may use the key file {path}; run `chmod 600 {path}` and start again",
        path = .0.display()
    )]
    Exposed(PathBuf),
    /// A line that is no key, or none at all.
    #[error(
        "the key file {} is damaged; restore it from a backup, because the secrets in the database cannot be read without it",
        .0.display()
    )]
    Damaged(PathBuf),
}

/// The keys in the file; the first call makes one. Of two processes that start at once, one makes it and both use that
/// one. The file is readable by its owner only (mode 0600).
pub(super) fn read_or_create(path: &Path) -> Result<MasterKeys, KeyFileError> {
    match read(path) {
        Err(KeyFileError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
        done => return done,
    }
    let keys = MasterKeys::generate();
    match draft(path, &keys)?.persist_noclobber(path) {
        Ok(_) => {
            sync_directory(path)?;
            Ok(keys)
        }
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => read(path),
        Err(error) => Err(failed(path)(error.error)),
    }
}

/// The keys in the file. A copy or a backup may have lost its mode on the way, so that it is looked at each time.
pub(super) fn read(path: &Path) -> Result<MasterKeys, KeyFileError> {
    let mut file = fs::File::open(path).map_err(failed(path))?;
    if is_exposed(&file).map_err(failed(path))? {
        return Err(KeyFileError::Exposed(path.to_path_buf()));
    }
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text).map_err(failed(path))?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let keys: Option<Vec<MasterKey>> = lines.map(MasterKey::parse).collect();
    let mut keys = keys.unwrap_or_default().into_iter();
    let current = keys
        .next()
        .ok_or_else(|| KeyFileError::Damaged(path.to_path_buf()))?;
    Ok(MasterKeys {
        current,
        older: keys.collect(),
    })
}

#[cfg(unix)]
fn is_exposed(file: &fs::File) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(file.metadata()?.permissions().mode() & 0o077 != 0)
}

/// Elsewhere access is not told by a mode.
#[cfg(not(unix))]
fn is_exposed(_file: &fs::File) -> io::Result<bool> {
    Ok(false)
}

/// Replaces the file at one blow: whoever reads it, also after a crash, finds the old keys or the new ones.
pub(super) fn replace(path: &Path, keys: &MasterKeys) -> Result<(), KeyFileError> {
    let draft = draft(path, keys)?;
    draft.persist(path).map_err(|error| failed(path)(error.error))?;
    sync_directory(path)
}

/// A file beside `path` with these keys, on the disk. Such files are made with mode 0600.
fn draft(path: &Path, keys: &MasterKeys) -> Result<NamedTempFile, KeyFileError> {
    let mut draft = NamedTempFile::new_in(directory(path)).map_err(failed(path))?;
    for key in std::iter::once(&keys.current).chain(&keys.older) {
        writeln!(draft, "{}", *key.to_text()).map_err(failed(path))?;
    }
    draft.as_file().sync_all().map_err(failed(path))?;
    Ok(draft)
}

/// The new name has to outlive a power cut as well: secrets may be wrapped by the new key a moment later.
fn sync_directory(path: &Path) -> Result<(), KeyFileError> {
    if cfg!(unix) {
        let directory = fs::File::open(directory(path)).map_err(failed(path))?;
        directory.sync_all().map_err(failed(path))?;
    }
    Ok(())
}

fn directory(path: &Path) -> &Path {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

fn failed(path: &Path) -> impl Fn(io::Error) -> KeyFileError + '_ {
    |source| KeyFileError::Io {
        path: path.to_path_buf(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_readable_by_its_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master.key");
        let made = read_or_create(&path).unwrap();
        let read = read_or_create(&path).unwrap();
        assert_eq!(read.current.bytes(), made.current.bytes());
        assert!(read.older.is_empty());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            replace(&path, &made).unwrap();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn processes_that_start_at_once_get_the_same_key() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master.key");
        let keys: Vec<_> = std::thread::scope(|scope| {
            let started: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| read_or_create(&path).unwrap()))
                .collect();
            started.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| key.current.id() == keys[0].current.id()));
    }

    #[test]
    fn a_replaced_file_has_the_new_key_first_and_leaves_no_draft() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master.key");
        let first = read_or_create(&path).unwrap();
        let both = MasterKeys {
            older: vec![first.current.clone()],
            ..MasterKeys::generate()
        };
        replace(&path, &both).unwrap();
        let read = read(&path).unwrap();
        assert_eq!(read.current.id(), both.current.id());
        assert_eq!(read.older[0].id(), first.current.id());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_file_is_not_replaced_silently() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master.key");
        let good = MasterKey::generate().to_text();
        read_or_create(&path).unwrap();
        for text in ["", "\n", "short\n", &format!("{}\nshort\n", *good)] {
            fs::write(&path, text).unwrap();
            assert!(
                matches!(read_or_create(&path), Err(KeyFileError::Damaged(_))),
                "{text:?}"
            );
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_use_is_refused_with_the_command_that_mends_it() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master.key");
        let made = read_or_create(&path).unwrap();
        for mode in [0o640, 0o604, 0o660, 0o644, 0o610] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let told = read_or_create(&path).err().unwrap().to_string();
            let command = format!("`chmod 600 {}`", path.display());
            assert!(
                told.contains(&command) && !told.contains('\n'),
                "{mode:o}: {told}"
            );
        }
        for mode in [0o600, 0o400] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(read(&path).unwrap().current.id(), made.current.id());
        }
    }
}
