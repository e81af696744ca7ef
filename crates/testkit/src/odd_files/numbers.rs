//! Numbers that nobody counts with.

use super::codec::zlib;
use super::pdf::{CONTENT, Pdf, end, raw_stream, replaced, say, stream};
use super::{OddFile, SENTENCE};

const ODD: [(&str, &str); 7] = [
    ("negative", "-1"),
    ("largest-32", "2147483647"),
    ("above-32", "4294967296"),
    ("largest-64", "9223372036854775807"),
    ("smallest-64", "-9223372036854775808"),
    ("above-64", "99999999999999999999999999"),
    ("broken", "1.5.-2e9"),
];

pub(super) fn files() -> Vec<OddFile> {
    let mut files = Vec::new();
    for (value_name, value) in ODD {
        for (place, bytes) in [
            ("length", length(value)),
            (
                "size",
                Pdf::one_page()
                    .with_trailer(format!("/Root 1 0 R /Size {value}"))
                    .bytes(),
            ),
            (
                "previous",
                Pdf::one_page()
                    .with_trailer(format!("/Root 1 0 R /Prev {value}"))
                    .bytes(),
            ),
            ("start", start(value)),
            ("table", table(value)),
            (
                "object-number",
                Pdf::one_page()
                    .changed(2, "3 0 R", &format!("3 0 R {value} 0 R"))
                    .bytes(),
            ),
            (
                "media-box",
                Pdf::one_page()
                    .changed(3, "595 842", &format!("{value} {value}"))
                    .bytes(),
            ),
            (
                "font-size",
                Pdf::of_content(stream("", say(SENTENCE).replace("12 Tf", &format!("{value} Tf")))).bytes(),
            ),
            (
                "place",
                Pdf::of_content(stream(
                    "",
                    say(SENTENCE).replace("72 760", &format!("{value} {value}")),
                ))
                .bytes(),
            ),
            ("widths", xref_stream(&format!("/W [{value} 4 1]"))),
            ("index", xref_stream(&format!("/W [1 4 1] /Index [0 {value}]"))),
            ("objects-packed", object_stream(&format!("/N {value} /First 4"))),
            ("first-packed", object_stream(&format!("/N 1 /First {value}"))),
            ("columns", predicted(&format!("/Predictor 12 /Columns {value}"))),
            (
                "colours",
                predicted(&format!(
                    "/Predictor 15 /Columns 4 /Colors {value} /BitsPerComponent {value}"
                )),
            ),
            ("predictor", predicted(&format!("/Predictor {value}"))),
        ] {
            files.push(OddFile::either(format!("number-{place}-{value_name}.pdf"), bytes));
        }
    }
    files
}

fn length(value: &str) -> Vec<u8> {
    Pdf::one_page()
        .with(
            CONTENT,
            raw_stream(&format!("/Length {value}"), say(SENTENCE).as_bytes()),
        )
        .bytes()
}

/// A trailer that says where the table is not.
fn start(value: &str) -> Vec<u8> {
    let body = Pdf::one_page().body();
    let table = body.table();
    let end = format!("trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{value}\n%%EOF\n").into_bytes();
    [body.bytes, table, end].concat()
}

/// A table that says how many entries it does not have.
fn table(value: &str) -> Vec<u8> {
    let body = Pdf::one_page().body();
    let table = String::from_utf8_lossy(&body.table()).replacen("0 6", &format!("0 {value}"), 1);
    let end = end("/Size 6 /Root 1 0 R", body.bytes.len());
    [body.bytes, table.into_bytes(), end].concat()
}

/// A stream of cross-references with other widths.
fn xref_stream(entries: &str) -> Vec<u8> {
    let file = Pdf::one_page().body().with_xref_stream("/Root 1 0 R", &[]);
    replaced(&file, "/W [1 4 1]", entries)
}

fn object_stream(entries: &str) -> Vec<u8> {
    let object = "4 0 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>";
    let pdf = Pdf::one_page()
        .without(4)
        .with(6, stream(&format!("/Type /ObjStm {entries}"), object));
    pdf.body().with_xref_stream("/Root 1 0 R", &[(4, 6, 0)])
}

fn predicted(parameters: &str) -> Vec<u8> {
    let data = zlib(say(SENTENCE).as_bytes(), &[]);
    Pdf::of_content(stream(
        &format!("/Filter /FlateDecode /DecodeParms << {parameters} >>"),
        data,
    ))
    .bytes()
}
