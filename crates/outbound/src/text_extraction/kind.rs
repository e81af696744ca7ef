//! What an upload is, told by its first bytes: file names lie.

use super::error::ExtractError;

/// The kinds of file that have text for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ContentKind {
    Pdf,
    /// Nothing known in the first bytes; decoding decides whether it really is text.
    PerhapsText,
}

/// A PDF reader accepts bytes in front of the header, within this distance.
const PDF_HEADER_REACH_BYTES: usize = 1024;

const PDF_MARK: &[u8] = b"%PDF-";

/// First bytes of formats that teachers do upload, with words for each.
const KNOWN_FORMATS: [(&[u8], &str); 12] = [
    (
        b"PK\x03\x04",
        "this is a zip archive (perhaps .docx, .pptx or .odt)",
    ),
    (b"PK\x05\x06", "this is an empty zip archive"),
    (
        b"\xD0\xCF\x11\xE0",
        "this is an old office document (perhaps .doc or .ppt)",
    ),
    (b"{\\rtf", "this is a rich text document"),
    (b"\x1F\x8B", "this is a gzip archive"),
    (b"7z\xBC\xAF", "this is a 7z archive"),
    (b"Rar!", "this is a rar archive"),
    (b"\x89PNG", "this is a picture"),
    (b"\xFF\xD8\xFF", "this is a picture"),
    (b"GIF8", "this is a picture"),
    (b"%!PS", "this is a PostScript document"),
    (b"\x7FELF", "this is a program"),
];

/// Tells PDFs from possible text, and refuses the formats that are known to be neither.
///
/// The known formats come first: an archive that stores a PDF uncompressed also has `%PDF-` near its start.
pub(super) fn of(bytes: &[u8]) -> Result<ContentKind, ExtractError> {
    if bytes.is_empty() {
        return Err(ExtractError::Empty);
    }
    if let Some((_, what)) = KNOWN_FORMATS.iter().find(|(mark, _)| bytes.starts_with(mark)) {
        return Err(ExtractError::Unsupported { what });
    }
    Ok(if has_pdf_header(bytes) {
        ContentKind::Pdf
    } else {
        ContentKind::PerhapsText
    })
}

/// The mark counts at the start of a line or behind binary data, not inside a sentence about PDF files.
fn has_pdf_header(bytes: &[u8]) -> bool {
    let reach = &bytes[..bytes.len().min(PDF_HEADER_REACH_BYTES)];
    reach
        .windows(PDF_MARK.len())
        .enumerate()
        .any(|(position, window)| {
            let before = position.checked_sub(1).map(|before| reach[before]);
            window == PDF_MARK && before.is_none_or(|byte| !(b' '..=b'~').contains(&byte))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pdf_header_counts_within_the_first_kibibyte() {
        let at =
            |offset: usize| of(&[vec![b'\n'; offset], b"%PDF-1.7\n".to_vec()].concat()).expect("not refused");
        assert_eq!(at(0), ContentKind::Pdf);
        assert_eq!(at(1000), ContentKind::Pdf);
        assert_eq!(at(1020), ContentKind::PerhapsText);
    }

    #[test]
    fn a_text_about_pdf_files_is_text() {
        assert_eq!(
            of(b"A file starts with %PDF-1.7.").expect("not refused"),
            ContentKind::PerhapsText
        );
    }

    #[test]
    fn an_archive_is_named_even_if_it_stores_a_pdf() {
        let error = of(b"PK\x03\x04\x14\x00a.pdf\x00%PDF-1.7").expect_err("archives are refused");
        assert_eq!(error.code(), "SYLLABUS_UNSUPPORTED");
        assert_eq!(
            error.to_string(),
            "this is a zip archive (perhaps .docx, .pptx or .odt): save it as PDF or text and upload that file"
        );
    }

    #[test]
    fn nothing_is_empty() {
        assert_eq!(of(b"").expect_err("empty").code(), "SYLLABUS_EMPTY");
    }
}
