//! Two PDF engines, the better one first.
//!
//! pdf-extract keeps lines and table rows, but panics or exhausts memory on some damaged files. lopdf loses line breaks
//! in some documents, but survives everything with bounded memory. So pdf-extract reads page by page with its panics
//! caught, and lopdf fills in the pages that are missing.

use std::panic::{AssertUnwindSafe, catch_unwind};

use lopdf::{DecompressError, LoadOptions};

use super::protocol::{MAX_PAGES, MAX_TEXT_BYTES, PageTexts, Refusal, RefusalCode};

/// Most bytes that one stream (and the content of one page) may decompress to.
const MAX_STREAM_BYTES: usize = 64 * 1024 * 1024;

/// Levels of the page tree; real ones have fewer than ten.
const MAX_PAGE_TREE_DEPTH: usize = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Engines {
    Both,
    LopdfOnly,
}

/// Text by page; `None` stands for a page that could not be read.
type MaybePages = Vec<Option<String>>;

/// Raw text of every page, or why there is none.
pub(super) fn extract(bytes: &[u8], engines: Engines) -> Result<PageTexts, Refusal> {
    let first = match engines {
        Engines::Both => read_with_pdf_extract(bytes).unwrap_or_default(),
        Engines::LopdfOnly => Vec::new(),
    };
    let complete = !first.is_empty() && first.iter().all(Option::is_some) && !is_blank(&first);
    let pages = if complete {
        first
    } else {
        fill_with_lopdf(bytes, first)?
    };
    page_texts(pages)
}

fn is_blank(pages: &[Option<String>]) -> bool {
    pages.iter().flatten().all(|text| text.trim().is_empty())
}

fn page_texts(pages: MaybePages) -> Result<PageTexts, Refusal> {
    if pages.iter().all(Option::is_none) {
        return Err(Refusal::new(
            RefusalCode::Malformed,
            "none of its pages can be decoded",
        ));
    }
    if is_blank(&pages) {
        return Err(Refusal::new(RefusalCode::NoText, "no page contains text"));
    }
    if pages.iter().flatten().map(String::len).sum::<usize>() > MAX_TEXT_BYTES {
        return Err(Refusal::new(
            RefusalCode::TooLarge,
            format!("{} MiB of text", MAX_TEXT_BYTES >> 20),
        ));
    }
    let unreadable = |(index, page): (usize, &Option<String>)| page.is_none().then_some(index + 1);
    let unreadable_pages = pages.iter().enumerate().filter_map(unreadable).collect();
    Ok(PageTexts {
        pages: pages.into_iter().map(Option::unwrap_or_default).collect(),
        unreadable_pages,
    })
}

/// `None` when the document as a whole is beyond this engine: lopdf then finds out why.
fn read_with_pdf_extract(bytes: &[u8]) -> Option<MaybePages> {
    let load = || {
        let document = pdf_extract::Document::load_mem(bytes).ok()?;
        let page_ids = document.get_pages();
        let usable = !document.trailer.has(b"Encrypt") && page_ids.len() <= MAX_PAGES;
        usable.then_some((document, page_ids))
    };
    let (document, page_ids) = catch_unwind(load).ok().flatten()?;
    let read = |(number, page_id)| {
        if has_finite_ancestry(&document, page_id) {
            read_page_with_pdf_extract(&document, number)
        } else {
            None
        }
    };
    Some(page_ids.into_iter().map(read).collect())
}

/// The engine looks inherited attributes up along `/Parent` and would follow a ring until the processor time is spent.
fn has_finite_ancestry(document: &pdf_extract::Document, page_id: pdf_extract::ObjectId) -> bool {
    let mut ancestor = document.get_dictionary(page_id).ok();
    for _ in 0..MAX_PAGE_TREE_DEPTH {
        let parent = ancestor
            .and_then(|node| node.get(b"Parent").ok())
            .and_then(|parent| parent.as_reference().ok());
        let Some(parent) = parent else { return true };
        ancestor = document.get_dictionary(parent).ok();
    }
    false
}

fn read_page_with_pdf_extract(document: &pdf_extract::Document, number: u32) -> Option<String> {
    // A panic may leave the half-written text behind, which is dropped; the document is only read.
    let read = AssertUnwindSafe(|| {
        let mut text = String::new();
        let mut output = pdf_extract::PlainTextOutput::new(&mut text);
        pdf_extract::output_doc_page(document, &mut output, number).ok()?;
        Some(text)
    });
    catch_unwind(read).ok().flatten()
}

/// Reads the pages that `first` lacks; the text that the first engine found stays.
fn fill_with_lopdf(bytes: &[u8], first: MaybePages) -> Result<MaybePages, Refusal> {
    let document = load_with_lopdf(bytes)?;
    let page_ids: Vec<lopdf::ObjectId> = document.get_pages().into_values().collect();
    if page_ids.is_empty() {
        return Err(Refusal::new(
            RefusalCode::Malformed,
            "the file has no readable page",
        ));
    }
    if page_ids.len() > MAX_PAGES {
        return Err(Refusal::new(RefusalCode::TooLarge, format!("{MAX_PAGES} pages")));
    }
    let mut pages = first;
    pages.resize(pages.len().max(page_ids.len()), None);
    for ((page, page_id), number) in pages.iter_mut().zip(page_ids).zip(1..) {
        let is_missing = page.as_deref().is_none_or(|text| text.trim().is_empty());
        if is_missing
            && is_present(&document, page_id)
            && let Some(text) = read_page_with_lopdf(&document, number)?
        {
            *page = Some(text);
        }
    }
    Ok(pages)
}

/// Whether the page and its content survived; in a cut file the page tree may name objects that are gone.
fn is_present(document: &lopdf::Document, page_id: lopdf::ObjectId) -> bool {
    document.get_dictionary(page_id).is_ok()
        && document
            .get_page_contents(page_id)
            .iter()
            .all(|&content| document.has_object(content))
}

fn load_with_lopdf(bytes: &[u8]) -> Result<lopdf::Document, Refusal> {
    let load = || {
        let options = LoadOptions {
            max_decompressed_size: Some(MAX_STREAM_BYTES),
            ..LoadOptions::default()
        };
        lopdf::Document::load_mem_with_options(bytes, options)
    };
    let document =
        catch_unwind(load).map_err(|_| Refusal::new(RefusalCode::Malformed, "its structure is broken"))?;
    match document {
        // An empty password has been tried by now: what still asks for one is locked.
        Ok(document) if document.trailer.has(b"Encrypt") => {
            Err(Refusal::new(RefusalCode::Encrypted, "a password is needed"))
        }
        Ok(document) => Ok(document),
        Err(error) => Err(refusal_of(&error)),
    }
}

/// `None` for a page that cannot be decoded; an error for a page that is an attack on memory.
fn read_page_with_lopdf(document: &lopdf::Document, number: u32) -> Result<Option<String>, Refusal> {
    let read = AssertUnwindSafe(|| document.extract_text_chunks_with_limit(&[number], MAX_STREAM_BYTES));
    let Ok(chunks) = catch_unwind(read) else {
        return Ok(None);
    };
    let mut text = String::new();
    let mut has_failed = false;
    for chunk in chunks {
        match chunk {
            Ok(chunk) => text.push_str(&chunk),
            Err(error) if is_memory_limit(&error) => return Err(refusal_of(&error)),
            Err(_) => has_failed = true,
        }
    }
    Ok(if has_failed && text.trim().is_empty() {
        None
    } else {
        Some(text)
    })
}

fn is_memory_limit(error: &lopdf::Error) -> bool {
    matches!(
        error,
        lopdf::Error::Decompress(DecompressError::MemoryLimitExceeded { .. })
    )
}

fn refusal_of(error: &lopdf::Error) -> Refusal {
    match error {
        lopdf::Error::Decryption(_)
        | lopdf::Error::InvalidPassword
        | lopdf::Error::UnsupportedSecurityHandler(_) => {
            Refusal::new(RefusalCode::Encrypted, "a password is needed")
        }
        error if is_memory_limit(error) => Refusal::new(
            RefusalCode::Limits,
            "a part of the file unpacks to an enormous size",
        ),
        error => Refusal::new(RefusalCode::Malformed, error.to_string()),
    }
}
