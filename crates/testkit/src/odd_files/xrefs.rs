//! Cross-references that are missing, wrong or contradict each other.

use super::pdf::{CONTENT, FREE, Pdf, end, replaced, say, stream};
use super::{DAMAGED, HOPELESS, OddFile, SENTENCE};

pub(super) fn files() -> Vec<OddFile> {
    [tables(), streams(), lies(), odd_syntax()].concat()
}

fn tables() -> Vec<OddFile> {
    let file = |table: &str, entries: &str| {
        let body = Pdf::one_page().body();
        let end = end(entries, body.bytes.len());
        [body.bytes, table.as_bytes().to_vec(), end].concat()
    };
    let trailer = "/Size 6 /Root 1 0 R";
    let table = String::from_utf8_lossy(&Pdf::one_page().body().table()).into_owned();
    let shifted = |by: usize| {
        let mut body = Pdf::one_page().body();
        body.offsets.values_mut().for_each(|offset| *offset += by);
        let (table, end) = (body.table(), body.end("/Root 1 0 R"));
        [body.bytes, table, end].concat()
    };
    let body = Pdf::one_page().body().bytes;
    let either = |name: &str, bytes: Vec<u8>| OddFile::either(format!("xref-{name}.pdf"), bytes);
    vec![
        either("missing", file("", trailer)),
        either("empty", file("xref\n0 0\n", trailer)),
        either("garbage", file("xref\n\u{1}\u{2}\u{3} zzz\n", trailer)),
        either("letters", file(&table.replace('0', "O"), trailer)),
        either("all-free", file(&table.replace(" n ", " f "), trailer)),
        either("narrow-entries", file(&table.replace(" \n", "\n"), trailer)),
        either("too-few-entries", file(&table[..table.len() - 40], trailer)),
        either("one-entry-early", file(&table.replacen("0 6", "1 6", 1), trailer)),
        either("off-by-one", shifted(1)),
        either("off-by-ten", shifted(10)),
        either("beyond-the-end", shifted(1_000_000)),
        OddFile::new("xref-and-trailer-missing.pdf", body.clone(), DAMAGED),
        either("only-an-end-mark", [&body[..], b"%%EOF\n"].concat()),
        either(
            "start-missing",
            [
                &body[..],
                table.as_bytes(),
                b"trailer\n<< /Size 6 /Root 1 0 R >>\n%%EOF\n",
            ]
            .concat(),
        ),
        either(
            "trailer-missing",
            [
                &body[..],
                table.as_bytes(),
                format!("startxref\n{}\n%%EOF\n", body.len()).as_bytes(),
            ]
            .concat(),
        ),
        OddFile::new("only-a-header.pdf", "%PDF-1.7\n", DAMAGED),
        OddFile::new("only-a-header-and-an-end.pdf", "%PDF-1.7\n%%EOF\n", HOPELESS),
        OddFile::new(
            "only-a-trailer-behind-a-header.pdf",
            [&b"%PDF-1.7\n"[..], &end(trailer, 9)].concat(),
            HOPELESS,
        ),
    ]
}

fn streams() -> Vec<OddFile> {
    let sound = Pdf::one_page().body().with_xref_stream("/Root 1 0 R", &[]);
    let data = sound
        .windows(6)
        .rposition(|window| window == b"stream")
        .unwrap_or_default();
    let broken = |from: &str, to: &str| replaced(&sound, from, to);
    let either = |name: &str, bytes: Vec<u8>| OddFile::either(format!("xref-stream-{name}.pdf"), bytes);
    vec![
        either("without-widths", broken("/W [1 4 1]", "")),
        either("of-no-widths", broken("/W [1 4 1]", "/W [0 0 0]")),
        either("of-wide-widths", broken("/W [1 4 1]", "/W [1 4000 1]")),
        either("of-two-widths", broken("/W [1 4 1]", "/W [1 4]")),
        either("of-another-type", broken("/Type /XRef", "/Type /Page")),
        either("without-size", broken("/Size 7", "")),
        either("with-odd-index", broken("/W [1 4 1]", "/W [1 4 1] /Index [0]")),
        either(
            "that-is-no-flate",
            broken("/W [1 4 1]", "/W [1 4 1] /Filter /FlateDecode"),
        ),
        either("never-ends", broken("endstream", "enddream")),
        either(
            "cut",
            [&sound[..data - 30], b"\nendstream\nendobj\nstartxref\n0\n%%EOF\n"].concat(),
        ),
    ]
}

/// Two truths in one file.
fn lies() -> Vec<OddFile> {
    let one = Pdf::one_page();
    let either = |name: &str, bytes: Vec<u8>| OddFile::either(format!("xref-{name}.pdf"), bytes);
    let mut twice = one.body();
    let first = twice.offsets.clone();
    twice.push(CONTENT, &stream("", say("Another page.")));
    let (table, end_of_twice) = (twice.table(), twice.end("/Root 1 0 R"));
    twice.offsets = first;
    let older_table = twice.table();
    let hybrid = one.clone().with(
        FREE,
        stream("/Type /XRef /Size 6 /W [1 4 1] /Root 1 0 R", [0; 36]),
    );
    let offset = hybrid.body().offsets.get(&FREE).copied().unwrap_or_default();
    let linear = |length: usize| {
        let claim = format!("<< /Linearized 1 /L {length} /H [600 100] /O 3 /E 500 /N 1 /T 700 >>");
        one.clone().with(FREE, claim).bytes()
    };
    vec![
        either(
            "object-twice",
            [twice.bytes.clone(), table, end_of_twice.clone()].concat(),
        ),
        either(
            "object-twice-older-wins",
            [twice.bytes.clone(), older_table, end_of_twice].concat(),
        ),
        either(
            "hybrid-of-nothing",
            hybrid
                .with_trailer(format!("/Root 1 0 R /XRefStm {offset}"))
                .bytes(),
        ),
        either(
            "hybrid-beyond-the-end",
            one.clone().with_trailer("/Root 1 0 R /XRefStm 999999").bytes(),
        ),
        either("linear-longer", linear(999_999_999)),
        either("linear-shorter", linear(1)),
        either(
            "of-another-generation",
            one.clone().with_trailer("/Root 1 65535 R").bytes(),
        ),
        either(
            "zero-object",
            one.clone()
                .with(0, "<< /Type /Catalog >>")
                .with_trailer("/Root 0 0 R")
                .bytes(),
        ),
        either("removed-by-an-update", removed()),
        either(
            "two-roots",
            one.clone().with_trailer("/Root 1 0 R /Root 2 0 R").bytes(),
        ),
        either(
            "update-before-the-file",
            one.with_trailer("/Root 1 0 R /Prev 0").bytes(),
        ),
    ]
}

/// An update frees the page's content; readers that repair files may find it all the same.
fn removed() -> Vec<u8> {
    let first = Pdf::of_content(stream("", say("Removed.")));
    let old_start = first.body().bytes.len();
    let mut file = first.bytes();
    let start = file.len();
    file.extend_from_slice(b"xref\n5 1\n0000000000 00001 f \n");
    file.extend(end(&format!("/Size 6 /Root 1 0 R /Prev {old_start}"), start));
    file
}

fn odd_syntax() -> Vec<OddFile> {
    let one = Pdf::one_page;
    let object = |name: &str, object: &[u8]| {
        OddFile::either(format!("syntax-{name}.pdf"), one().with(FREE, object).bytes())
    };
    let content = |name: &str, content: &[u8]| {
        OddFile::either(
            format!("syntax-content-{name}.pdf"),
            Pdf::of_content(stream("", content)).bytes(),
        )
    };
    let sentence = say(SENTENCE);
    vec![
        object("string-never-ends", b"(odd"),
        object("hex-string-never-ends", b"<0D"),
        object("hex-string-of-letters", b"<zz yy>"),
        object("dictionary-never-ends", b"<< /A"),
        object("dictionary-of-odd-length", b"<< /A 1 /B >>"),
        object("stream-never-ends", b"<< /Length 10 >>\nstream\nodd"),
        object("name-of-nothing", b"/"),
        object("name-with-nul", b"/#00"),
        object("name-cut", b"/A#"),
        object("name-of-64-kib", &[b"/", &[b'A'; 65536][..]].concat()),
        object("title-half-a-surrogate", b"<< /Title <FEFFD800> >>"),
        object("title-of-odd-bytes", b"<< /Title <FEFF41> >>"),
        object("bytes", &(0..=255).collect::<Vec<u8>>()),
        object("only-nul", &[0; 1000]),
        object("keyword", b"endobj endobj obj 7 0 obj R R R"),
        content("garbage", b"\x9D\x8C\xFF\x00 ( < [ << BT ET"),
        content(
            "unknown-operators",
            format!("foo bar 1 2 baz {sentence} /x /y zz").as_bytes(),
        ),
        content(
            "too-few-operands",
            format!("Tf Td Tj TJ Tm cm Do ' \" {sentence}").as_bytes(),
        ),
        content(
            "wrong-operands",
            format!("BT (x) /F1 Tf /A Tj [/B <<>>] TJ (y) Td 1 Do ET {sentence}").as_bytes(),
        ),
        content("unknown-font", sentence.replace("/F1", "/F9").as_bytes()),
        content("no-font", b"BT (Odd) Tj ET"),
        content(
            "nul-in-text",
            b"BT /F1 12 Tf 72 760 Td (a\x00b\x01c\x1b[0m) Tj ET",
        ),
        content(
            "image-never-ends",
            format!("{sentence} BI /W 9 /H 9 ID abc").as_bytes(),
        ),
        content("singular-matrix", format!("0 0 0 0 0 0 cm {sentence}").as_bytes()),
    ]
}
