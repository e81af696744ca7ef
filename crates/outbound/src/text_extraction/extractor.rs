//! One upload in, its pages out.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::time::Duration;

use super::child_process::{Pdf, PdfReader};
use super::clean::{clean_page, without_page_number};
use super::error::ExtractError;
use super::kind::{self, ContentKind};
use super::plain_text;
use super::protocol::{MAX_INPUT_BYTES, MAX_TEXT_BYTES};

/// The last word of a PDF.
const END_MARK: &[u8] = b"%%EOF";

/// How far from the end it is looked for, in bytes.
const END_MARK_WITHIN: usize = 4096;

/// As much of a file as tells its kind, in bytes.
const HEAD_BYTES: u64 = 4096;

/// How to start the child that reads PDFs, and how far it may go.
#[derive(Debug, Clone)]
pub struct ExtractorConfig {
    /// The program that runs [`super::pdf_child::main`].
    pub program: PathBuf,
    /// Arguments in front of the reader's own.
    pub arguments: Vec<String>,
    /// Time for one file in the child, a second attempt included.
    pub wall: Duration,
    /// Largest upload that is looked at, in bytes; the child itself stops at 64 MiB.
    pub max_input_bytes: usize,
    /// How many children run at once; each may take 512 MiB of memory.
    pub parallel_children: usize,
}

impl ExtractorConfig {
    /// Starts `program` with the hidden `pdf-text` argument, for at most 30 seconds per file.
    pub fn for_program(program: PathBuf) -> Self {
        Self {
            program,
            arguments: vec!["pdf-text".to_owned()],
            wall: Duration::from_secs(30),
            max_input_bytes: MAX_INPUT_BYTES,
            parallel_children: 2,
        }
    }

    /// Starts the running program again.
    pub fn for_this_program() -> io::Result<Self> {
        std::env::current_exe().map(Self::for_program)
    }
}

/// The text of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtractedText {
    /// `application/pdf`, `text/markdown` or `text/plain`, by content.
    pub media_type: &'static str,
    /// Clean text by page, in order; a page without text is an empty string. At least one page has text.
    pub pages: Vec<String>,
    /// Numbers (from 1) of damaged pages whose text is missing.
    pub unreadable_pages: Vec<usize>,
}

/// Turns uploaded bytes into clean text by page.
#[derive(Debug)]
pub struct TextExtractor {
    reader: PdfReader,
    max_input_bytes: usize,
}

impl TextExtractor {
    pub fn new(config: ExtractorConfig) -> Self {
        let max_input_bytes = config.max_input_bytes.min(MAX_INPUT_BYTES);
        Self {
            reader: PdfReader::new(config),
            max_input_bytes,
        }
    }

    /// Decides by content; `file_name` only tells Markdown from plain text. Takes at most the configured wall time
    /// plus the time spent waiting for a free child.
    pub async fn extract(&self, file_name: &str, bytes: &[u8]) -> Result<ExtractedText, ExtractError> {
        self.check_length(bytes.len() as u64)?;
        match kind::of(bytes)? {
            ContentKind::Pdf => {
                check_end(bytes)?;
                self.read_pdf(Pdf::Bytes(bytes)).await
            }
            ContentKind::PerhapsText => {
                check_text_length(bytes.len() as u64)?;
                finish(
                    plain_text::media_type(file_name),
                    plain_text::pages(bytes)?,
                    Vec::new(),
                )
                .await
            }
        }
    }

    /// The same for a file of any size: a PDF goes to the child without passing through memory.
    pub async fn extract_file(&self, file_name: &str, file: File) -> Result<ExtractedText, ExtractError> {
        let unavailable = |source| ExtractError::Unavailable { source };
        self.check_length(file.metadata().map_err(unavailable)?.len())?;
        let found = tokio::task::spawn_blocking(move || look_into(file)).await;
        match found.map_err(|error| unavailable(io::Error::other(error)))?? {
            Found::Pdf(file) => self.read_pdf(Pdf::File(&file)).await,
            Found::PerhapsText(bytes) => self.extract(file_name, &bytes).await,
        }
    }

    async fn read_pdf(&self, pdf: Pdf<'_>) -> Result<ExtractedText, ExtractError> {
        let texts = self.reader.read(pdf).await?;
        finish("application/pdf", texts.pages, texts.unreadable_pages).await
    }

    fn check_length(&self, length: u64) -> Result<(), ExtractError> {
        if length <= self.max_input_bytes as u64 {
            return Ok(());
        }
        Err(ExtractError::TooLarge {
            limit: format!("{} MiB", self.max_input_bytes >> 20),
        })
    }
}

/// What a file turned out to be.
enum Found {
    Pdf(File),
    /// With everything in it.
    PerhapsText(Vec<u8>),
}

fn look_into(mut file: File) -> Result<Found, ExtractError> {
    let unreadable = |source| ExtractError::Unavailable { source };
    let length = file.metadata().map_err(unreadable)?.len();
    let head = part(&mut file, 0, HEAD_BYTES).map_err(unreadable)?;
    match kind::of(&head)? {
        ContentKind::Pdf => {
            let from = length.saturating_sub(END_MARK_WITHIN as u64);
            check_end(&part(&mut file, from, END_MARK_WITHIN as u64).map_err(unreadable)?)?;
            Ok(Found::Pdf(file))
        }
        ContentKind::PerhapsText => {
            check_text_length(length)?;
            part(&mut file, 0, length)
                .map(Found::PerhapsText)
                .map_err(unreadable)
        }
    }
}

fn part(file: &mut File, from: u64, length: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn check_end(bytes: &[u8]) -> Result<(), ExtractError> {
    if has_end_mark(bytes) {
        return Ok(());
    }
    Err(ExtractError::Malformed {
        detail: "its end is missing, so it was cut off on its way; upload the whole file".to_owned(),
    })
}

fn check_text_length(length: u64) -> Result<(), ExtractError> {
    if length <= MAX_TEXT_BYTES as u64 {
        return Ok(());
    }
    Err(ExtractError::TooLarge {
        limit: format!("{} MiB of text", MAX_TEXT_BYTES >> 20),
    })
}

/// A PDF ends with `%%EOF`; some programs write a little behind it. Readers repair a file that was cut off by leaving out
/// what is lost, and nobody would notice that half of the syllabus is missing.
fn has_end_mark(bytes: &[u8]) -> bool {
    let tail = &bytes[bytes.len().saturating_sub(END_MARK_WITHIN)..];
    tail.windows(END_MARK.len()).any(|window| window == END_MARK)
}

/// Cleaning several megabytes takes long enough to hold up other requests, so it leaves the async threads.
async fn finish(
    media_type: &'static str,
    raw_pages: Vec<String>,
    unreadable_pages: Vec<usize>,
) -> Result<ExtractedText, ExtractError> {
    let is_pdf = media_type == "application/pdf";
    let clean = move || -> Vec<String> {
        let pages = raw_pages.iter().map(|raw| clean_page(raw)).enumerate();
        pages
            .map(|(index, page)| {
                if is_pdf {
                    without_page_number(page, index + 1)
                } else {
                    page
                }
            })
            .collect()
    };
    let cleaned = tokio::task::spawn_blocking(clean).await;
    let pages = cleaned.map_err(|error| ExtractError::Unavailable {
        source: io::Error::other(error),
    })?;
    if pages.iter().all(String::is_empty) {
        return Err(ExtractError::NoText);
    }
    Ok(ExtractedText {
        media_type,
        pages,
        unreadable_pages,
    })
}
