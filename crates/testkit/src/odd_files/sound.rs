//! Sound files: every way in which real PDFs hold their text. They are the controls.

use super::codec::{ascii85, hex, lzw, run_length, zlib};
use super::pdf::{CATALOG, CONTENT, FONT, FREE, PAGE, PAGES, Pdf, page, say, stream};
use super::{Expected, HIDDEN, NO_TEXT, OddFile, SENTENCE};

pub(super) fn files() -> Vec<OddFile> {
    [filters(), layouts(), contents(), without_text()].concat()
}

fn filters() -> Vec<OddFile> {
    let content = say(SENTENCE).into_bytes();
    let packed = zlib(&content, &[]);
    [
        ("flate", "/FlateDecode", packed.clone()),
        ("ascii-hex", "/ASCIIHexDecode", hex(&content)),
        ("ascii-85", "/ASCII85Decode", ascii85(&content)),
        ("lzw", "/LZWDecode", lzw(&content)),
        ("85-then-flate", "[/ASCII85Decode /FlateDecode]", ascii85(&packed)),
        ("twice-flate", "[/FlateDecode /FlateDecode]", zlib(&packed, &[])),
    ]
    .into_iter()
    .map(|(name, filter, data)| {
        let pdf = Pdf::of_content(stream(&format!("/Filter {filter}"), data));
        OddFile::readable(format!("sound-{name}.pdf"), pdf.bytes())
    })
    // Not every engine knows run lengths; a refusal is no harm.
    .chain([OddFile::either(
        "sound-run-length.pdf",
        Pdf::of_content(stream("/Filter /RunLengthDecode", run_length(&content))).bytes(),
    )])
    .collect()
}

/// Ways of laying out the same page in a file.
fn layouts() -> Vec<OddFile> {
    let one = Pdf::one_page();
    let readable = |name: &str, bytes: Vec<u8>| OddFile::readable(format!("sound-{name}.pdf"), bytes);
    vec![
        readable("one-page", one.bytes()),
        readable("version-2", one.clone().with_header("%PDF-2.0\n").bytes()),
        readable("xref-stream", one.body().with_xref_stream("/Root 1 0 R", &[])),
        readable("object-stream", with_object_stream()),
        readable("incremental-update", updated()),
        readable("trailing-blanks", [one.bytes(), vec![b'\n'; 500]].concat()),
        readable("behind-junk", [&b"received by mail\n"[..], &one.bytes()].concat()),
        readable(
            "length-elsewhere",
            one.clone()
                .with(
                    CONTENT,
                    super::pdf::raw_stream("/Length 6 0 R", say(SENTENCE).as_bytes()),
                )
                .with(FREE, say(SENTENCE).len().to_string())
                .bytes(),
        ),
        readable(
            "comments",
            one.clone()
                .with(
                    PAGES,
                    "<< % a comment >>\n/Type /Pages % another (\n/Kids [3 0 R] /Count 1 >>",
                )
                .bytes(),
        ),
        readable(
            "title-in-utf-16",
            one.with(FREE, "<< /Title <FEFF004F00640064> /Author (a\\(b\\)c) >>")
                .with_trailer("/Root 1 0 R /Info 6 0 R")
                .bytes(),
        ),
    ]
}

/// Catalog, page tree and font packed into a stream.
fn with_object_stream() -> Vec<u8> {
    let parts = [
        (CATALOG, "<< /Type /Catalog /Pages 2 0 R >> "),
        (PAGES, "<< /Type /Pages /Kids [3 0 R] /Count 1 >> "),
        (FONT, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> "),
    ];
    let (mut index, mut objects) = (Vec::new(), String::new());
    for (number, object) in parts {
        index.push(format!("{number} {} ", objects.len()));
        objects += object;
    }
    let index = index.concat();
    let entries = format!("/Type /ObjStm /N 3 /First {}", index.len());
    let pdf = Pdf::one_page().without(CATALOG).without(PAGES).without(FONT);
    let body = pdf.with(FREE, stream(&entries, index + &objects)).body();
    body.with_xref_stream(
        "/Root 1 0 R",
        &[(CATALOG, FREE, 0), (PAGES, FREE, 1), (FONT, FREE, 2)],
    )
}

/// The first version of the page is hidden by the second one.
fn updated() -> Vec<u8> {
    let first = Pdf::of_content(stream("", say(HIDDEN)));
    let old_start = first.body().bytes.len();
    let mut file = first.bytes();
    let offset = file.len();
    file.extend_from_slice(b"5 0 obj\n");
    file.extend_from_slice(&stream("", say(SENTENCE)));
    file.extend_from_slice(b"\nendobj\n");
    let start = file.len();
    file.extend_from_slice(format!("xref\n5 1\n{offset:010} 00000 n \n").as_bytes());
    file.extend(super::pdf::end(
        &format!("/Size 6 /Root 1 0 R /Prev {old_start}"),
        start,
    ));
    file
}

fn contents() -> Vec<OddFile> {
    let (head, tail) = SENTENCE.split_at(10);
    let split = Pdf::one_page()
        .with(PAGE, page("/Contents [5 0 R 6 0 R]"))
        .with(CONTENT, stream("", format!("BT /F1 12 Tf 72 760 Td ({head}) Tj")))
        .with(FREE, stream("", format!("({tail}) Tj ET")));
    let inherited = Pdf::one_page()
        .with(PAGE, "<< /Type /Page /Parent 2 0 R /Contents 5 0 R >>")
        .with(
            PAGES,
            "<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595 842] /Resources << /Font << /F1 4 0 R >> >> >>",
        );
    let digits = String::from_utf8_lossy(&hex(SENTENCE.as_bytes())).into_owned();
    let kerned = format!("BT /F1 12 Tf 72 760 Td [({head}) -5 ({tail})] TJ ET");
    let in_hex = format!("BT /F1 12 Tf 72 760 Td <{digits} Tj ET");
    let form = Pdf::of_content(stream("", "/X1 Do"))
        .with(
            PAGE,
            page("")
                .replace("/Font <<", "/XObject << /X1 6 0 R >> /Font <<")
                .replace(" >> >>  >>", " >> >> /Contents 5 0 R >>"),
        )
        .with(
            FREE,
            stream(
                "/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /Font << /F1 4 0 R >> >>",
                say(SENTENCE),
            ),
        );
    let readable = |name: &str, pdf: Pdf| OddFile::readable(format!("sound-{name}.pdf"), pdf.bytes());
    vec![
        readable("split-content", split),
        readable("inherited-resources", inherited),
        readable("kerned", Pdf::of_content(stream("", kerned))),
        readable("hexadecimal-text", Pdf::of_content(stream("", in_hex))),
        readable("form", form),
        OddFile::new(
            "sound-three-pages.pdf",
            three_pages(),
            Expected::Readable("Page three of three."),
        ),
    ]
}

/// Also what damage is done to.
pub(super) fn three_pages() -> Vec<u8> {
    let mut pdf = Pdf::one_page()
        .with(PAGES, "<< /Type /Pages /Kids [3 0 R 6 0 R 7 0 R] /Count 3 >>")
        .with(6, page("/Contents 8 0 R"))
        .with(7, page("/Contents 9 0 R"));
    for (number, word) in [(8, "two"), (9, "three")] {
        let content = zlib(say(&format!("Page {word} of three.")).as_bytes(), &[]);
        pdf = pdf.with(number, stream("/Filter /FlateDecode", content));
    }
    pdf.bytes()
}

/// The same page with everything that newer files have: damage is done to this one, too.
pub(super) fn modern() -> Vec<u8> {
    with_object_stream()
}

fn without_text() -> Vec<OddFile> {
    let image = "q 595 0 0 842 0 0 cm BI /W 2 /H 2 /BPC 8 /CS /G ID \x01\x02\x03\x04 EI Q";
    let file = |name: &str, pdf: Pdf| OddFile::new(format!("sound-{name}.pdf"), pdf.bytes(), NO_TEXT);
    vec![
        file("blank-page", Pdf::of_content(stream("", ""))),
        file("only-lines", Pdf::of_content(stream("", "0 0 m 100 100 l S"))),
        file("only-an-image", Pdf::of_content(stream("", image))),
        file("only-spaces", Pdf::of_content(stream("", say("   ")))),
        file(
            "no-content",
            Pdf::one_page().with(PAGE, page("")).without(CONTENT),
        ),
    ]
}
