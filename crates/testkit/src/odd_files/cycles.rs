//! References that lead back to where they came from.

use super::pdf::{CATALOG, CONTENT, FONT, FREE, PAGE, PAGES, Pdf, end, page, raw_stream, say, stream};
use super::{HOPELESS, OddFile, SENTENCE};

pub(super) fn files() -> Vec<OddFile> {
    [trees(), objects(), content(), glyphs(), tables()].concat()
}

fn trees() -> Vec<OddFile> {
    let one = Pdf::one_page;
    let hopeless = |name: &str, pdf: Pdf| OddFile::new(format!("cycle-{name}.pdf"), pdf.bytes(), HOPELESS);
    let either = |name: &str, pdf: Pdf| OddFile::either(format!("cycle-{name}.pdf"), pdf.bytes());
    vec![
        hopeless(
            "kids-are-their-parent",
            one().with(PAGES, "<< /Type /Pages /Kids [2 0 R] /Count 1 >>"),
        ),
        hopeless(
            "kids-of-two-nodes",
            one()
                .with(PAGES, "<< /Type /Pages /Kids [6 0 R] /Count 1 >>")
                .with(
                    FREE,
                    "<< /Type /Pages /Parent 2 0 R /Kids [2 0 R 6 0 R] /Count 1 >>",
                ),
        ),
        either(
            "page-beside-a-ring",
            one().with(PAGES, "<< /Type /Pages /Kids [2 0 R 3 0 R 2 0 R] /Count 3 >>"),
        ),
        either(
            "parents",
            one()
                .with(PAGES, "<< /Type /Pages /Parent 3 0 R /Kids [3 0 R] /Count 1 >>")
                .with(PAGE, "<< /Type /Page /Parent 2 0 R /Contents 5 0 R >>"),
        ),
        either(
            "page-is-its-own-parent",
            one().changed(PAGE, "/Parent 2 0 R", "/Parent 3 0 R"),
        ),
        hopeless(
            "pages-are-the-catalog",
            one().with(CATALOG, "<< /Type /Catalog /Pages 1 0 R >>"),
        ),
        hopeless("root-refers-to-itself", one().with(CATALOG, "1 0 R")),
        hopeless("roots-of-two", one().with(CATALOG, "6 0 R").with(FREE, "1 0 R")),
        either(
            "outlines",
            one()
                .with(CATALOG, "<< /Type /Catalog /Pages 2 0 R /Outlines 6 0 R >>")
                .with(FREE, "<< /First 7 0 R /Last 7 0 R /Count 1 >>")
                .with(
                    7,
                    "<< /Title (a) /Next 7 0 R /Prev 7 0 R /Parent 7 0 R /First 6 0 R /Dest [7 0 R] >>",
                ),
        ),
        either(
            "names",
            one()
                .with(
                    CATALOG,
                    "<< /Type /Catalog /Pages 2 0 R /Names << /Dests 6 0 R >> >>",
                )
                .with(FREE, "<< /Kids [6 0 R] /Limits [(a) (z)] >>"),
        ),
    ]
}

fn objects() -> Vec<OddFile> {
    let one = Pdf::one_page;
    let either = |name: &str, pdf: Pdf| OddFile::either(format!("cycle-{name}.pdf"), pdf.bytes());
    let text = say(SENTENCE);
    let bytes = text.as_bytes();
    let mut chain = one().changed(PAGE, "/Contents 5 0 R", "/Contents 6 0 R");
    for number in FREE..5000 {
        chain = chain.with(number, format!("{} 0 R", number + 1));
    }
    vec![
        either(
            "length-is-the-stream",
            one().with(CONTENT, raw_stream("/Length 5 0 R", bytes)),
        ),
        either(
            "lengths-of-two-streams",
            one()
                .with(CONTENT, raw_stream("/Length 6 0 R", bytes))
                .with(FREE, raw_stream("/Length 5 0 R", bytes)),
        ),
        either(
            "length-refers-to-itself",
            one()
                .with(CONTENT, raw_stream("/Length 6 0 R", bytes))
                .with(FREE, "6 0 R"),
        ),
        either(
            "filter-is-the-stream",
            one().with(CONTENT, stream("/Filter 5 0 R", bytes)),
        ),
        either(
            "parameters-are-the-stream",
            one().with(CONTENT, stream("/DecodeParms 5 0 R", bytes)),
        ),
        either("contents-refer-to-themselves", one().with(CONTENT, "5 0 R")),
        either(
            "contents-contain-themselves",
            one().with(CONTENT, "[5 0 R 5 0 R]"),
        ),
        either(
            "contents-of-two",
            one().with(CONTENT, "[6 0 R]").with(FREE, "[5 0 R]"),
        ),
        either(
            "resources-are-the-page",
            one().changed(PAGE, "/Resources <<", "/Resources 3 0 R /Other <<"),
        ),
        either(
            "fonts-are-the-resources",
            one().with(FREE, "<< /Font 6 0 R >>").changed(
                PAGE,
                "/Resources <<",
                "/Resources 6 0 R /Other <<",
            ),
        ),
        either("font-refers-to-itself", one().with(FONT, "4 0 R")),
        either("fonts-of-two", one().with(FONT, "6 0 R").with(FREE, "4 0 R")),
        either("long-chain", chain.with(5000, stream("", bytes))),
    ]
}

/// Content that shows itself.
fn content() -> Vec<OddFile> {
    let laughs = |levels: u32| {
        let mut pdf = showing("/XObject << /X1 10 0 R >>");
        for level in 0..levels {
            let next = format!("/XObject << /X1 {} 0 R >>", 11 + level);
            pdf = pdf.with(10 + level, form(&next, &"/X1 Do ".repeat(10)));
        }
        pdf.with(10 + levels, form("/Font << /F1 4 0 R >>", &say("ha")))
            .bytes()
    };
    vec![
        OddFile::either(
            "cycle-form-shows-itself.pdf",
            showing("/XObject << /X1 6 0 R >>")
                .with(FREE, form("/XObject << /X1 6 0 R >>", "/X1 Do"))
                .bytes(),
        )
        .expensive(),
        OddFile::either(
            "cycle-forms-of-two.pdf",
            showing("/XObject << /X1 6 0 R >>")
                .with(FREE, form("/XObject << /X1 7 0 R >>", "/X1 Do"))
                .with(7, form("/XObject << /X1 6 0 R >>", "/X1 Do"))
                .bytes(),
        )
        .expensive(),
        OddFile::either(
            "cycle-page-is-its-own-form.pdf",
            showing("/XObject << /X1 5 0 R >>").bytes(),
        )
        .expensive(),
        OddFile::either("cycle-ten-thousand-laughs.pdf", laughs(4)),
        OddFile::either("cycle-a-billion-laughs.pdf", laughs(9)).expensive(),
    ]
}

/// Glyphs that show themselves.
fn glyphs() -> Vec<OddFile> {
    let type_3 = |glyph: Vec<u8>| {
        Pdf::one_page()
            .with(
                FONT,
                "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 9 9] /FontMatrix [.001 0 0 .001 0 0] /FirstChar 32 \
                 /LastChar 33 /Widths [500 500] /CharProcs << /O 6 0 R >> /Encoding << /Differences [79 /O] >> \
                 /Resources << /Font << /F1 4 0 R >> /XObject << /X1 6 0 R >> >> >>",
            )
            .with(FREE, glyph)
            .bytes()
    };
    vec![
        OddFile::either(
            "cycle-glyph-shows-itself.pdf",
            type_3(stream("", "500 0 d0 BT /F1 1 Tf (O) Tj ET")),
        ),
        OddFile::either(
            "cycle-glyph-is-a-form.pdf",
            type_3(form("/XObject << /X1 6 0 R >>", "500 0 d0 /X1 Do")),
        ),
    ]
}

fn form(resources: &str, content: &str) -> Vec<u8> {
    let entries = format!("/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << {resources} >>");
    stream(&entries, content)
}

/// A page that says its sentence and then shows a form.
fn showing(resources: &str) -> Pdf {
    let content = stream("", format!("{} /X1 Do", say(SENTENCE)));
    let resources = format!("{resources} /Font <<");
    Pdf::of_content(content).with(PAGE, page("/Contents 5 0 R").replace("/Font <<", &resources))
}

/// Cross-references that come back.
fn tables() -> Vec<OddFile> {
    let body = Pdf::one_page().body();
    let start = body.bytes.len();
    let with_trailer = |entries: &str| Pdf::one_page().with_trailer(entries).bytes();
    let table = String::from_utf8_lossy(&body.table()).into_owned();
    let two_tables = {
        let second_start =
            start + table.len() + end(&format!("/Size 6 /Root 1 0 R /Prev {:010}", 0), start).len();
        let first = end(&format!("/Size 6 /Root 1 0 R /Prev {second_start:010}"), start);
        let second = end(&format!("/Size 6 /Root 1 0 R /Prev {start:010}"), second_start);
        [&body.bytes, table.as_bytes(), &first, table.as_bytes(), &second].concat()
    };
    let extending = |extends: &str| {
        let entries = format!("/Type /ObjStm /N 1 /First 4 /Extends {extends}");
        let pdf = Pdf::one_page().without(FONT).with(
            FREE,
            stream(
                &entries,
                "4 0 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            ),
        );
        pdf.with(7, stream(&entries, "9 0 null"))
            .body()
            .with_xref_stream("/Root 1 0 R", &[(FONT, FREE, 0)])
    };
    let in_itself = Pdf::one_page()
        .without(FONT)
        .with(7, "null")
        .body()
        .with_xref_stream("/Root 1 0 R", &[(FONT, FREE, 0), (FREE, FREE, 0)]);
    vec![
        OddFile::either(
            "cycle-table-before-is-itself.pdf",
            with_trailer(&format!("/Root 1 0 R /Prev {start}")),
        ),
        OddFile::either("cycle-tables-of-two.pdf", two_tables),
        OddFile::either(
            "cycle-hybrid-table-is-itself.pdf",
            with_trailer(&format!("/Root 1 0 R /XRefStm {start}")),
        ),
        OddFile::either(
            "cycle-xref-stream-before-is-itself.pdf",
            Pdf::one_page()
                .body()
                .with_xref_stream(&format!("/Root 1 0 R /Prev {start}"), &[]),
        ),
        OddFile::either("cycle-object-stream-extends-itself.pdf", extending("6 0 R")),
        OddFile::either("cycle-object-streams-of-two.pdf", extending("7 0 R")),
        OddFile::either("cycle-object-stream-in-itself.pdf", in_itself),
        OddFile::either(
            "cycle-encryption-is-itself.pdf",
            with_trailer("/Root 1 0 R /Encrypt 6 0 R /ID 6 0 R"),
        ),
    ]
}
