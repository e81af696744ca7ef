//! The form as it comes in: files go to disk piece by piece, so that an upload costs no memory.
//!
//! A file has no name there: it is gone with the request, however that ends, and when the process is killed.

use std::fs::{DirBuilder, File};
use std::io;
use std::path::PathBuf;

use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::http::StatusCode;
use tokio::io::AsyncWriteExt as _;

use crate::http::problem::{Problem, kinds};

/// Files of one upload.
const FILE_LIMIT: usize = 50;
/// Bytes of a subject; what is kept of it is shorter still.
const SUBJECT_BYTES: usize = 4096;

/// What the form holds.
#[derive(Default)]
pub(super) struct Form {
    pub(super) files: Vec<ReceivedFile>,
    pub(super) subjects: Vec<String>,
}

/// A file that has come.
pub(super) struct ReceivedFile {
    /// As the client calls it.
    pub(super) name: String,
    /// One byte longer than allowed when it is too long.
    pub(super) content: File,
}

/// Where files go.
pub(super) struct Receiver {
    pub(super) directory: PathBuf,
    /// Bytes that are kept of one file.
    pub(super) most: usize,
}

impl Receiver {
    pub(super) async fn read(&self, form: Result<Multipart, MultipartRejection>) -> Result<Form, Problem> {
        let mut parts = form.map_err(|_| Problem::of(&kinds::MEDIA_TYPE))?;
        let mut form = Form::default();
        while let Some(field) = parts.next_field().await.map_err(unreadable)? {
            match field.name() {
                Some("files[]" | "files" | "file") if form.files.len() == FILE_LIMIT => {
                    return Err(Problem::invalid("/files", "at most 50 files at a time"));
                }
                Some("files[]" | "files" | "file") => form.files.push(self.receive(field).await?),
                Some("subject") if form.subjects.len() < FILE_LIMIT => {
                    form.subjects.push(read_subject(field).await?);
                }
                _ => {}
            }
        }
        if form.files.is_empty() {
            return Err(Problem::invalid(
                "/files",
                "present: send at least one file in the field files[]",
            ));
        }
        Ok(form)
    }

    async fn receive(&self, mut field: Field<'_>) -> Result<ReceivedFile, Problem> {
        let name = field.file_name().unwrap_or("unnamed");
        let name = name.chars().filter(|c| !c.is_control()).take(255).collect();
        let directory = self.directory.clone();
        let file = tokio::task::spawn_blocking(move || unnamed_file(&directory)).await;
        let file = file.map_err(|error| Problem::internal(&error))?;
        let mut file = tokio::fs::File::from_std(file.map_err(|error| Problem::internal(&error))?);
        let mut room = self.most + 1;
        while let Some(mut piece) = field.chunk().await.map_err(unreadable)? {
            piece.truncate(room);
            room -= piece.len();
            file.write_all(&piece)
                .await
                .map_err(|error| Problem::internal(&error))?;
        }
        file.flush().await.map_err(|error| Problem::internal(&error))?;
        Ok(ReceivedFile {
            name,
            content: file.into_std().await,
        })
    }
}

/// The directory is readable by its owner only, as the data directory is.
fn unnamed_file(directory: &PathBuf) -> io::Result<File> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)?;
    tempfile::tempfile_in(directory)
}

async fn read_subject(mut field: Field<'_>) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(unreadable)? {
        if bytes.len() + piece.len() > SUBJECT_BYTES {
            return Err(Problem::invalid("/subject", "at most 200 characters"));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[expect(clippy::needless_pass_by_value, reason = "has the shape of map_err")]
fn unreadable(error: MultipartError) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::of(&kinds::BODY_TOO_LARGE)
    } else {
        Problem::of(&kinds::MALFORMED).because(error.body_text())
    }
}
