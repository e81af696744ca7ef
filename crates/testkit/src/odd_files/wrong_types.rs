//! Values of the wrong kind, and values that are missing.

use super::pdf::{CATALOG, CONTENT, FONT, PAGE, PAGES, Pdf, stream};
use super::{HOPELESS, OddFile, SENTENCE};

/// An entry of the one-page file: its name, the object, what stands there.
const ENTRIES: [(&str, u32, &str); 13] = [
    ("catalog-type", CATALOG, "/Type /Catalog"),
    ("pages", CATALOG, "/Pages 2 0 R"),
    ("tree-type", PAGES, "/Type /Pages"),
    ("kids", PAGES, "/Kids [3 0 R]"),
    ("count", PAGES, "/Count 1"),
    ("page-type", PAGE, "/Type /Page"),
    ("parent", PAGE, "/Parent 2 0 R"),
    ("media-box", PAGE, "/MediaBox [0 0 595 842]"),
    ("contents", PAGE, "/Contents 5 0 R"),
    ("fonts", PAGE, "/Font << /F1 4 0 R >>"),
    ("font-type", FONT, "/Subtype /Type1"),
    ("base-font", FONT, "/BaseFont /Helvetica"),
    ("encoding", FONT, "/Encoding /WinAnsiEncoding"),
];

const VALUES: [(&str, &str); 9] = [
    ("null", "null"),
    ("true", "true"),
    ("number", "-17.25"),
    ("string", "(\\377\\376 odd)"),
    ("name", "/#00#FF#zz"),
    ("array", "[null [] <<>> 99 0 R]"),
    ("dictionary", "<< /Kids [] /Type 7 >>"),
    ("nothing", "99 0 R"),
    ("stream", "5 0 R"),
];

pub(super) fn files() -> Vec<OddFile> {
    let mut files = missing();
    for (place, object, entry) in ENTRIES {
        let key = entry.split_whitespace().next().unwrap_or(entry);
        for (kind, value) in VALUES {
            let pdf = Pdf::one_page().changed(object, entry, &format!("{key} {value}"));
            files.push(OddFile::either(
                format!("type-{place}-is-{kind}.pdf"),
                pdf.bytes(),
            ));
        }
        files.push(OddFile::either(
            format!("type-{place}-is-missing.pdf"),
            Pdf::one_page().changed(object, entry, "").bytes(),
        ));
    }
    for (kind, value) in VALUES {
        let wrong = |entry: &str| Pdf::of_content(stream(&format!("/{entry} {value}"), SENTENCE)).bytes();
        files.push(OddFile::either(
            format!("type-filter-is-{kind}.pdf"),
            wrong("Filter"),
        ));
        files.push(OddFile::either(
            format!("type-length-is-{kind}.pdf"),
            wrong("Length"),
        ));
        let root = Pdf::one_page().with_trailer(format!("/Root {value}")).bytes();
        files.push(OddFile::either(format!("type-root-is-{kind}.pdf"), root));
    }
    files
}

/// Whole objects that are not there.
fn missing() -> Vec<OddFile> {
    let without = |number: u32| Pdf::one_page().without(number).bytes();
    vec![
        OddFile::new("missing-catalog.pdf", without(CATALOG), HOPELESS),
        OddFile::new("missing-tree.pdf", without(PAGES), HOPELESS),
        OddFile::new("missing-page.pdf", without(PAGE), HOPELESS),
        OddFile::new("missing-content.pdf", without(CONTENT), HOPELESS),
        OddFile::either("missing-font.pdf", without(FONT)),
        OddFile::new("missing-objects.pdf", Pdf::empty().bytes(), HOPELESS),
        OddFile::either("missing-root.pdf", Pdf::one_page().with_trailer("").bytes()),
    ]
}
