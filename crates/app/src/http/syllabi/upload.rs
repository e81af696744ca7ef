//! `POST /admin/syllabus/upload`

mod form;

use axum::Json;
use axum::extract::multipart::MultipartRejection;
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
use form::{Form, ReceivedFile, Receiver};

/// Longest subject, in characters.
const SUBJECT_LIMIT: usize = 200;

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
    let receiver = Receiver {
        directory: state.config.temporary_dir(),
        most: state.config.uploads.max_file_bytes(),
    };
    let Form { files, subjects } = receiver.read(form).await?;
    let mut body = UploadBody {
        count: 0,
        items: Vec::new(),
        errors: Vec::new(),
    };
    let mut syllabi = Vec::with_capacity(files.len());
    for (index, ReceivedFile { name, content }) in files.into_iter().enumerate() {
        let subject = subject(subjects.get(index), &name);
        match state.extractor.extract_file(&name, content).await {
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
