//! Things inside things inside things.

use super::pdf::{CATALOG, CONTENT, FREE, PAGE, PAGES, Pdf, page, say, stream};
use super::{Expected, OddFile, SENTENCE};

const DEEP: usize = 10_000;

pub(super) fn files() -> Vec<OddFile> {
    [values(), contents(), trees()].concat()
}

fn nested(open: &str, middle: &str, close: &str, depth: usize) -> String {
    format!("{}{middle}{}", open.repeat(depth), close.repeat(depth))
}

/// Deep values, as the page tree, beside it, and in the trailer.
fn values() -> Vec<OddFile> {
    let kinds = [
        ("arrays", "[", "]"),
        ("dictionaries", "<< /A ", ">>"),
        ("arrays-and-dictionaries", "[<< /A ", ">>]"),
        ("strings", "(", ")"),
    ];
    let mut files = Vec::new();
    for (name, open, close) in kinds {
        for depth in [DEEP, 10 * DEEP] {
            let value = nested(open, "(x)", close, depth);
            let tree = format!("<< /Type /Pages /Kids {value} /Count 1 >>");
            files.push(OddFile::either(
                format!("deep-{depth}-{name}-as-kids.pdf"),
                Pdf::one_page().with(PAGES, tree).bytes(),
            ));
            files.push(OddFile::either(
                format!("deep-{depth}-{name}-beside.pdf"),
                Pdf::one_page().with(FREE, value).bytes(),
            ));
        }
        let value = nested(open, "(x)", close, DEEP);
        files.push(OddFile::either(
            format!("deep-{name}-in-the-trailer.pdf"),
            Pdf::one_page()
                .with_trailer(format!("/Root 1 0 R /Odd {value}"))
                .bytes(),
        ));
        let unclosed = open.repeat(DEEP);
        files.push(OddFile::either(
            format!("deep-{name}-never-closed.pdf"),
            Pdf::one_page().with(FREE, unclosed).bytes(),
        ));
        let packed = stream("/Type /ObjStm /N 1 /First 4", format!("7 0 {value}"));
        files.push(OddFile::either(
            format!("deep-{name}-in-an-object-stream.pdf"),
            Pdf::one_page()
                .with(FREE, packed)
                .body()
                .with_xref_stream("/Root 1 0 R", &[(7, FREE, 0)]),
        ));
    }
    files
}

fn contents() -> Vec<OddFile> {
    let say = say(SENTENCE);
    let file = |name: &str, content: String| {
        OddFile::either(
            format!("deep-content-{name}.pdf"),
            Pdf::of_content(stream("", content)).bytes(),
        )
    };
    vec![
        file("saved-states", format!("{}{say}", "q ".repeat(10 * DEEP))),
        file("restored-states", format!("{}{say}", "Q ".repeat(10 * DEEP))),
        file("text-objects", format!("{}{say}", "BT ".repeat(DEEP))),
        file("marks", format!("{}{say}", "/P << /MCID 1 >> BDC ".repeat(DEEP))),
        file(
            "arrays",
            format!("{say} BT /F1 1 Tf {} TJ ET", nested("[", "(x)", "]", DEEP)),
        ),
        file(
            "dictionaries",
            format!("{say} /P {} BDC", nested("<< /A ", "1", ">>", DEEP)),
        ),
        file(
            "parentheses",
            format!("BT /F1 1 Tf {} Tj ET {say}", nested("(", "x", ")", DEEP)),
        ),
        file("operands", format!("{}{say}", "1 ".repeat(20 * DEEP))),
        file(
            "inline-images",
            format!("{}{say}", "BI /W 1 /H 1 ID ".repeat(DEEP)),
        ),
    ]
}

fn trees() -> Vec<OddFile> {
    let first = 10;
    let chain = |depth: u32| {
        let last = first + depth;
        let mut pdf = Pdf::one_page()
            .with(PAGES, format!("<< /Type /Pages /Kids [{first} 0 R] /Count 1 >>"))
            .with(
                PAGE,
                page("/Contents 5 0 R").replace("/Parent 2 0 R", &format!("/Parent {last} 0 R")),
            );
        for number in first..=last {
            let parent = if number == first { PAGES } else { number - 1 };
            let kid = if number == last { PAGE } else { number + 1 };
            pdf = pdf.with(
                number,
                format!("<< /Type /Pages /Parent {parent} 0 R /Kids [{kid} 0 R] /Count 1 >>"),
            );
        }
        pdf.bytes()
    };
    let mut outline = Pdf::one_page().with(CATALOG, "<< /Type /Catalog /Pages 2 0 R /Outlines 10 0 R >>");
    for number in 10..3000 {
        outline = outline.with(
            number,
            format!(
                "<< /Title (x) /First {0} 0 R /Last {0} 0 R /Count 1 >>",
                number + 1
            ),
        );
    }
    let mut forms = Pdf::one_page()
        .with(CONTENT, stream("", format!("{} /X1 Do", say(SENTENCE))))
        .with(
            PAGE,
            page("/Contents 5 0 R").replace("/Font <<", "/XObject << /X1 10 0 R >> /Font <<"),
        );
    for number in 10..3000 {
        let entries = format!(
            "/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X1 {} 0 R >> >>",
            number + 1
        );
        forms = forms.with(number, stream(&entries, "/X1 Do"));
    }
    vec![
        OddFile::new("deep-tree-of-20.pdf", chain(20), Expected::Readable(SENTENCE)),
        OddFile::either("deep-tree-of-300.pdf", chain(300)),
        OddFile::either("deep-tree-of-10000.pdf", chain(10_000)),
        OddFile::either("deep-outline.pdf", outline.bytes()),
        OddFile::either("deep-forms.pdf", forms.bytes()),
    ]
}
