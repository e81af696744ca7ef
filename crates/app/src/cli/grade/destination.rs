//! Where the graded table goes: to a file that appears whole, or to standard output once everything is graded.

use std::fs::{File, Permissions};
use std::io::{self, Seek};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::{Builder, TempPath};

use super::GradeError;
use crate::cli::Terminal;

/// As any program makes files; the user's mask is taken off.
const NEW_FILE_MODE: u32 = 0o666;

/// Holds the name under which the table grows; dropping it before [`Destination::publish`] leaves nothing behind.
pub(super) enum Destination {
    /// A file beside the one it will replace.
    File {
        /// Its name until then.
        growing: TempPath,
        /// Its name in the end.
        path: PathBuf,
    },
    /// A file without a name is copied there.
    StandardOutput,
}

impl Destination {
    /// The destination with the file to write to; fails before any work is done where nothing could be published.
    pub(super) fn open(path: Option<&Path>) -> Result<(Self, File), GradeError> {
        let Some(path) = path else {
            let hidden = tempfile::tempfile().map_err(|error| GradeError::Output(String::new(), error))?;
            return Ok((Self::StandardOutput, hidden));
        };
        let failed = |error| GradeError::Output(format!(" to {}", path.display()), error);
        // A link stays, and what it names is replaced; a device must not be.
        let path = match path.canonicalize() {
            Ok(real) if real.is_file() => real,
            Ok(_) => return Err(GradeError::NoFile(path.display().to_string())),
            // A link to what is not there may be one to a pipe.
            Err(error) if error.kind() == io::ErrorKind::NotFound && path.is_symlink() => {
                return Err(GradeError::NoFile(path.display().to_string()));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_path_buf(),
            Err(error) => return Err(failed(error)),
        };
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let growing = Builder::new()
            .prefix(".touchstone-grade-")
            .permissions(permissions_of(&path))
            .tempfile_in(directory.unwrap_or(Path::new(".")))
            .map_err(failed)?;
        let (file, growing) = growing.into_parts();
        Ok((Self::File { growing, path }, file))
    }

    /// Makes all that was written to `file` appear.
    pub(super) fn publish(self, mut file: File) -> Result<(), GradeError> {
        match self {
            Self::File { growing, path } => {
                let failed = |error| GradeError::Output(format!(" to {}", path.display()), error);
                file.sync_all().map_err(failed)?;
                growing.persist(&path).map_err(|error| failed(error.error))
            }
            Self::StandardOutput => {
                let failed = |error| GradeError::Output(" to standard output".to_owned(), error);
                file.rewind().map_err(failed)?;
                Terminal::copy(file).map_err(failed)
            }
        }
    }
}

/// A file that is replaced keeps who may read it.
fn permissions_of(path: &Path) -> Permissions {
    path.metadata().map_or_else(
        |_| Permissions::from_mode(NEW_FILE_MODE),
        |found| found.permissions(),
    )
}
