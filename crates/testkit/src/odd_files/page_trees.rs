//! Page trees that promise more than there is, or hold more than anybody reads.

use super::pdf::{CONTENT, FREE, PAGE, PAGES, Pdf, page, say, stream};
use super::{COSTLY, Expected, OddFile, SENTENCE, TOO_LARGE};

pub(super) fn files() -> Vec<OddFile> {
    let count = |count: &str| {
        Pdf::one_page()
            .changed(PAGES, "/Count 1", &format!("/Count {count}"))
            .bytes()
    };
    vec![
        OddFile::readable("tree-says-a-million-pages.pdf", count("1000000")),
        OddFile::readable("tree-says-no-pages.pdf", count("0")),
        OddFile::either("tree-says-less-than-none.pdf", count("-1")),
        OddFile::either("tree-of-a-million-times-one-page.pdf", million_kids()).expensive(),
        OddFile::either("tree-of-a-thousand-times-a-thousand.pdf", shared_kids(1000, 2)).expensive(),
        OddFile::either("tree-of-ten-to-the-thirtieth.pdf", shared_kids(10, 30)).expensive(),
        OddFile::new("tree-of-2001-pages.pdf", many_pages(2001, &say("x")), TOO_LARGE),
        OddFile::new(
            "tree-of-200-pages.pdf",
            many_pages(200, &say(SENTENCE)),
            Expected::Readable(SENTENCE),
        ),
        OddFile::new(
            "tree-of-2000-long-pages.pdf",
            many_pages(2000, &long_text(100_000)),
            COSTLY,
        )
        .expensive(),
        OddFile::readable("tree-with-missing-kids.pdf", kids("3 0 R 99 0 R 98 0 R")),
        OddFile::either(
            "tree-with-kids-of-no-type.pdf",
            kids("3 0 R 4 0 R 5 0 R null 7 (x)"),
        ),
        OddFile::either(
            "tree-with-a-page-inside-a-page.pdf",
            kids("3 0 R << /Type /Page /Contents 5 0 R >>"),
        ),
        OddFile::either(
            "tree-without-nodes.pdf",
            Pdf::one_page().with(PAGES, page("/Contents 5 0 R")).bytes(),
        ),
    ]
}

fn kids(kids: &str) -> Vec<u8> {
    Pdf::one_page()
        .changed(PAGES, "[3 0 R]", &format!("[{kids}]"))
        .bytes()
}

fn million_kids() -> Vec<u8> {
    kids(&"3 0 R ".repeat(1_000_000))
}

/// Nodes with `width` times the same kid, `levels` above each other.
fn shared_kids(width: usize, levels: u32) -> Vec<u8> {
    let node = |kid: u32| {
        format!(
            "<< /Type /Pages /Kids [{}] /Count {width} >>",
            format!("{kid} 0 R ").repeat(width)
        )
    };
    let mut pdf = Pdf::one_page().with(PAGES, node(10));
    for number in 10..10 + levels - 1 {
        let is_last = number + 2 == 10 + levels;
        pdf = pdf.with(number, node(if is_last { PAGE } else { number + 1 }));
    }
    pdf.bytes()
}

/// Pages that share one content.
fn many_pages(count: u32, content: &str) -> Vec<u8> {
    let numbers = FREE..FREE + count;
    let kids: Vec<String> = numbers.clone().map(|number| format!("{number} 0 R ")).collect();
    let tree = format!("<< /Type /Pages /Kids [{}] /Count {count} >>", kids.concat());
    let pdf = Pdf::one_page()
        .with(PAGES, tree)
        .with(CONTENT, stream("", content));
    numbers
        .fold(pdf, |pdf, number| pdf.with(number, page("/Contents 5 0 R")))
        .bytes()
}

/// Lines of a page, about this many bytes of text.
pub(super) fn long_text(bytes: usize) -> String {
    let line = format!("0 -1 Td ({}) Tj\n", "A lock waits. ".repeat(10));
    format!(
        "BT /F1 1 Tf 72 760 Td ({SENTENCE}) Tj {} ET",
        line.repeat(bytes / 140)
    )
}
