//! `POST /admin/syllabus/upload`

use axum::Json;
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use domain::authoring::{AddSyllabi, NewSyllabus};
use outbound::text_extraction::ExtractError;
use serde::Serialize;
use utoipa::ToSchema;

use super::body::SyllabusBody;
use crate::http::caller::Caller;
use crate::http::problem::{BodyProblems, FieldError, Problem, ServerProblems, TokenProblems, kinds};
use crate::runtime::AppState;

/// Longest subject, in characters.
const SUBJECT_LIMIT: usize = 200;

/// Files of one upload.
const FILE_LIMIT: usize = 50;

/// The form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the multipart form in the OpenAPI document")]
pub(super) struct UploadForm {
    /// PDF, plain text or Markdown files.
    #[schema(rename = "files[]", value_type = Vec<String>, format = Binary)]
    files: Vec<Vec<u8>>,
    /// One per file, in file order; the file name stands in for a missing one.
    subject: Vec<String>,
}

/// What was kept and what was not.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UploadBody {
    /// Files kept.
    count: usize,
    /// The syllabi made of them.
    items: Vec<SyllabusBody>,
    /// Files not kept.
    errors: Vec<FileError>,
}

/// Why a file was not kept.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FileError {
    /// As uploaded.
    file: String,
    /// Stable (`SYLLABUS_ENCRYPTED`).
    error_code: String,
    /// What to do.
    detail: String,
}

/// Upload syllabi
///
/// Reads the text of PDF, `.txt` and `.md` files. Good files are kept even when others are not.
#[utoipa::path(
    post,
    path = "/admin/syllabus/upload",
    tag = "syllabi",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses(
        (status = 201, description = "At least one file was kept", body = UploadBody),
        TokenProblems,
        ServerProblems,
        BodyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn upload(
    State(state): State<AppState>,
    caller: Caller,
    form: Result<Multipart, MultipartRejection>,
) -> Result<(StatusCode, Json<UploadBody>), Problem> {
    let admin = caller.admin()?;
    let Upload { files, subjects } = read_form(form).await?;
    let mut body = UploadBody {
        count: 0,
        items: Vec::new(),
        errors: Vec::new(),
    };
    let mut syllabi = Vec::with_capacity(files.len());
    for (index, (name, bytes)) in files.into_iter().enumerate() {
        let subject = subject(subjects.get(index), &name);
        match state.extractor.extract(&name, &bytes).await {
            Ok(text) => syllabi.push(NewSyllabus {
                subject,
                file_name: name,
                media_type: text.media_type.to_owned(),
                pages: text.pages,
            }),
            // Nothing is stored yet, so that sending the whole upload again keeps no file twice.
            Err(error @ ExtractError::Unavailable { .. }) => return Err(Problem::internal(&error)),
            Err(error) => body.errors.push(FileError {
                file: name,
                error_code: error.code().to_owned(),
                detail: error.to_string(),
            }),
        }
    }
    let added = state
        .store
        .run(&AddSyllabi { admin, syllabi }, &caller.ctx)
        .await?;
    body.items = added.iter().map(SyllabusBody::from).collect();
    body.count = body.items.len();
    if body.items.is_empty() {
        let field = |(index, error): (usize, FileError)| {
            FieldError::new(
                format!("/files/{index}"),
                format!("{}: {} ({})", error.file, error.detail, error.error_code),
            )
        };
        return Err(
            Problem::of(&kinds::UPLOAD).fields(body.errors.into_iter().enumerate().map(field).collect())
        );
    }
    Ok((StatusCode::CREATED, Json(body)))
}

/// What the form holds.
#[derive(Default)]
struct Upload {
    files: Vec<(String, Vec<u8>)>,
    subjects: Vec<String>,
}

async fn read_form(form: Result<Multipart, MultipartRejection>) -> Result<Upload, Problem> {
    let mut form = form.map_err(|_| Problem::of(&kinds::MEDIA_TYPE))?;
    let mut upload = Upload::default();
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        match field.name() {
            Some("files[]" | "files" | "file") if upload.files.len() == FILE_LIMIT => {
                return Err(Problem::invalid("/files", "at most 50 files at a time"));
            }
            Some("files[]" | "files" | "file") => upload.files.push(read_file(field).await?),
            Some("subject") => upload.subjects.push(field.text().await.map_err(unreadable)?),
            _ => {}
        }
    }
    if upload.files.is_empty() {
        return Err(Problem::invalid(
            "/files",
            "present: send at least one file in the field files[]",
        ));
    }
    Ok(upload)
}

#[expect(clippy::needless_pass_by_value, reason = "has the shape of map_err")]
fn unreadable(error: MultipartError) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::of(&kinds::BODY_TOO_LARGE)
    } else {
        Problem::of(&kinds::MALFORMED).because(error.body_text())
    }
}

async fn read_file(field: Field<'_>) -> Result<(String, Vec<u8>), Problem> {
    let name = field
        .file_name()
        .unwrap_or("unnamed")
        .chars()
        .filter(|c| !c.is_control())
        .take(255)
        .collect();
    let bytes = field.bytes().await.map_err(unreadable)?;
    Ok((name, bytes.to_vec()))
}

/// The subject sent with the file, or the file's name without its extension.
fn subject(sent: Option<&String>, file_name: &str) -> String {
    let sent = sent
        .map(|subject| subject.trim())
        .filter(|subject| !subject.is_empty());
    let stem = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem);
    sent.unwrap_or(stem)
        .chars()
        .filter(|c| !c.is_control())
        .take(SUBJECT_LIMIT)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_name_stands_in_for_a_missing_subject() {
        assert_eq!(subject(None, "databases.v2.pdf"), "databases.v2");
        assert_eq!(subject(Some(&"  ".to_owned()), "notes"), "notes");
        assert_eq!(subject(Some(&" Biology\n1 ".to_owned()), "x.txt"), "Biology1");
    }
}
