//! Which files make up the model, and whether those in a directory are them.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

/// A file of the model as it was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinnedFile {
    /// In the model's directory, and at the end of its path wherever it comes from.
    pub name: &'static str,
    /// SHA-256 of the whole file, in lower-case hexadecimal.
    pub sha256: &'static str,
    /// Length in bytes.
    pub bytes: u64,
}

pub(super) const CONFIG: PinnedFile = PinnedFile {
    name: "config.json",
    sha256: "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    bytes: 612,
};
pub(super) const TOKENIZER: PinnedFile = PinnedFile {
    name: "tokenizer.json",
    sha256: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    bytes: 466_247,
};
pub(super) const WEIGHTS: PinnedFile = PinnedFile {
    name: "model.safetensors",
    sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    bytes: 90_868_376,
};

/// Everything the model needs, small files first.
pub const FILES: [PinnedFile; 3] = [CONFIG, TOKENIZER, WEIGHTS];

/// What a look at names and lengths says about a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// All files are there with the right lengths.
    Complete,
    /// None is there.
    Absent,
    /// Some are missing, or have a wrong length.
    Partial {
        /// Their names.
        wrong: Vec<&'static str>,
    },
}

/// Why a file is not the one that was published.
#[derive(Debug, thiserror::Error)]
pub enum Damage {
    /// It cannot be read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// It has another content.
    #[error("{} has the digest {found} where {expected} is due; fetch the model again with `touchstone models fetch --force`", path.display())]
    Digest {
        /// Which one.
        path: PathBuf,
        /// SHA-256 of what is there.
        found: String,
        /// SHA-256 of what was published.
        expected: &'static str,
    },
}

/// Looks at names and lengths only; cheap enough for every start.
pub fn presence(directory: &Path) -> Presence {
    let there = |file: &PinnedFile| {
        fs::metadata(directory.join(file.name))
            .is_ok_and(|found| found.is_file() && found.len() == file.bytes)
    };
    let wrong: Vec<_> = FILES
        .iter()
        .filter(|file| !there(file))
        .map(|file| file.name)
        .collect();
    let any = FILES.iter().any(|file| directory.join(file.name).exists());
    match (wrong.is_empty(), any) {
        (true, _) => Presence::Complete,
        (false, true) => Presence::Partial { wrong },
        (false, false) => Presence::Absent,
    }
}

/// Compares the digest of the file at `path` with the pinned one.
pub fn verify(path: &Path, pinned: &PinnedFile) -> Result<(), Damage> {
    compare(path, pinned, sha256_of(path)?)
}

/// SHA-256 of a file in lower-case hexadecimal, without holding the file in memory.
pub fn sha256_of(path: &Path) -> Result<String, Damage> {
    let unreadable = |source| Damage::Unreadable {
        path: path.to_path_buf(),
        source,
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0_u8; 1 << 16];
    loop {
        let read = file.read(&mut buffer).map_err(unreadable)?;
        if read == 0 {
            return Ok(hexadecimal(&digest.finalize()));
        }
        digest.update(buffer.get(..read).unwrap_or_default());
    }
}

/// The content of a file whose digest is the pinned one.
pub(super) fn read(directory: &Path, pinned: &PinnedFile) -> Result<Vec<u8>, Damage> {
    let path = directory.join(pinned.name);
    let content = fs::read(&path).map_err(|source| Damage::Unreadable {
        path: path.clone(),
        source,
    })?;
    compare(&path, pinned, hexadecimal(&Sha256::digest(&content)))?;
    Ok(content)
}

fn compare(path: &Path, pinned: &PinnedFile, found: String) -> Result<(), Damage> {
    if found == pinned.sha256 {
        return Ok(());
    }
    Err(Damage::Digest {
        path: path.to_path_buf(),
        found,
        expected: pinned.sha256,
    })
}

fn hexadecimal(digest: &[u8]) -> String {
    digest.iter().fold(String::new(), |mut text, byte| {
        // Writing into a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: PinnedFile = PinnedFile {
        name: "small.txt",
        sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        bytes: 3,
    };

    #[test]
    fn a_file_is_taken_only_with_the_pinned_digest() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(SMALL.name);
        fs::write(&path, "abc").unwrap();
        assert!(verify(&path, &SMALL).is_ok());
        assert_eq!(read(directory.path(), &SMALL).unwrap(), b"abc");

        fs::write(&path, "abd").unwrap();
        let refused = verify(&path, &SMALL).unwrap_err().to_string();
        assert!(
            refused.contains("models fetch --force") && refused.contains(SMALL.sha256),
            "{refused}"
        );
        assert!(matches!(
            read(directory.path(), &SMALL),
            Err(Damage::Digest { .. })
        ));

        fs::remove_file(&path).unwrap();
        assert!(matches!(verify(&path, &SMALL), Err(Damage::Unreadable { .. })));
    }

    #[test]
    fn a_directory_is_complete_partial_or_without_the_model() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(presence(directory.path()), Presence::Absent);
        for file in &FILES {
            File::create(directory.path().join(file.name))
                .unwrap()
                .set_len(file.bytes)
                .unwrap();
        }
        assert_eq!(presence(directory.path()), Presence::Complete);
        fs::write(directory.path().join("tokenizer.json"), "cut").unwrap();
        fs::remove_file(directory.path().join("config.json")).unwrap();
        let wrong = vec!["config.json", "tokenizer.json"];
        assert_eq!(presence(directory.path()), Presence::Partial { wrong });
    }
}
