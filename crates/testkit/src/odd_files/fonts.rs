//! Fonts and character maps that are broken, or that are not there.

use super::pdf::{CONTENT, FONT, FREE, Pdf, say, stream};
use super::{Expected, OddFile, SENTENCE};

/// Hebrew, as it is read.
const RIGHT_TO_LEFT: &str = "שלום";

pub(super) fn files() -> Vec<OddFile> {
    [without_a_file(), maps(), no_maps(), encodings(), composite()].concat()
}

fn font(entries: &str) -> Pdf {
    Pdf::one_page().with(FONT, format!("<< /Type /Font {entries} >>"))
}

/// Text is readable without the shapes of its letters.
fn without_a_file() -> Vec<OddFile> {
    let readable =
        |name: &str, entries: &str| OddFile::readable(format!("font-{name}.pdf"), font(entries).bytes());
    let either =
        |name: &str, entries: &str| OddFile::either(format!("font-{name}.pdf"), font(entries).bytes());
    vec![
        readable(
            "not-embedded",
            "/Subtype /TrueType /BaseFont /Arial /Encoding /WinAnsiEncoding",
        ),
        readable(
            "of-an-unknown-name",
            "/Subtype /Type1 /BaseFont /Nobody#27s+Font /Encoding /WinAnsiEncoding",
        ),
        readable(
            "of-mac-encoding",
            "/Subtype /Type1 /BaseFont /Helvetica /Encoding /MacRomanEncoding",
        ),
        either("without-encoding", "/Subtype /TrueType /BaseFont /Nobody"),
        either(
            "of-an-unknown-encoding",
            "/Subtype /Type1 /BaseFont /Helvetica /Encoding /OddEncoding",
        ),
        either("of-an-unknown-type", "/Subtype /Type99 /BaseFont /Helvetica"),
        either("without-anything", ""),
        either(
            "of-too-few-widths",
            "/Subtype /TrueType /BaseFont /A /FirstChar 0 /LastChar 255 /Widths [1 2]",
        ),
        either(
            "of-widths-backwards",
            "/Subtype /TrueType /BaseFont /A /FirstChar 255 /LastChar 0 /Widths [1 2]",
        ),
        either(
            "of-negative-widths",
            "/Subtype /TrueType /BaseFont /A /FirstChar -9 /LastChar 2147483647 /Widths [(a) null]",
        ),
        either(
            "with-a-broken-descriptor",
            "/Subtype /TrueType /BaseFont /A /FontDescriptor << /FontFile2 5 0 R /FontFile 5 0 R >>",
        ),
    ]
}

/// Maps from character codes to what they mean.
fn maps() -> Vec<OddFile> {
    let mapped = |name: &str, lines: &str| {
        OddFile::either(format!("font-map-{name}.pdf"), with_map(&around(lines)).bytes())
    };
    let long = format!("1 beginbfrange <00> <FF> <{}> endbfrange", "0041".repeat(5000));
    vec![
        mapped("cut", "2 beginbfchar <41> <00"),
        mapped("of-half-surrogates", "1 beginbfrange <00> <FF> <D800> endbfrange"),
        mapped("of-nothing", "1 beginbfrange <00> <FF> <> endbfrange"),
        mapped("backwards", "1 beginbfrange <FF> <00> <0041> endbfrange"),
        mapped("of-wrong-counts", "99999999 beginbfchar <41> <0042> endbfchar"),
        mapped("of-odd-digits", "1 beginbfchar <4> <004> endbfchar"),
        mapped(
            "of-wide-codes",
            "1 beginbfchar <4142434445464748494A> <0041> endbfchar",
        ),
        mapped("to-long-texts", &long),
        mapped(
            "of-short-arrays",
            "1 beginbfrange <00> <FF> [<0041> <0042>] endbfrange",
        ),
        mapped("of-open-arrays", "1 beginbfrange <00> <FF> [ endbfrange"),
        mapped("uses-itself", "/A usecmap"),
    ]
}

/// Maps that are none.
fn no_maps() -> Vec<OddFile> {
    let either = |name: &str, pdf: Pdf| OddFile::either(format!("font-map-{name}.pdf"), pdf.bytes());
    let hebrew = around("4 beginbfchar <41> <05E9> <42> <05DC> <43> <05D5> <44> <05DD> endbfchar");
    let hebrew = font("/Subtype /TrueType /BaseFont /A /FirstChar 65 /LastChar 68 /Widths [500 500 500 500] /ToUnicode 6 0 R")
        .with(FREE, stream("", hebrew))
        .with(CONTENT, stream("", say("ABCD")));
    vec![
        OddFile::new(
            "font-right-to-left.pdf",
            hebrew.bytes(),
            Expected::Readable(RIGHT_TO_LEFT),
        ),
        either("empty", with_map("")),
        either("garbage", with_map("\u{1}\u{2}begincmap <<<< ((( endcmap")),
        either(
            "uses-its-stream",
            with_map("").with(
                FREE,
                stream("/Type /CMap /CMapName /A /UseCMap 6 0 R", around("")),
            ),
        ),
        either(
            "is-the-font",
            font("/Subtype /TrueType /BaseFont /A /ToUnicode 4 0 R"),
        ),
        either(
            "is-a-name",
            font("/Subtype /TrueType /BaseFont /A /ToUnicode /Identity-H"),
        ),
    ]
}

fn with_map(map: &str) -> Pdf {
    font("/Subtype /TrueType /BaseFont /A /Encoding /WinAnsiEncoding /ToUnicode 6 0 R")
        .with(FREE, stream("", map))
}

/// The map around its lines.
fn around(lines: &str) -> String {
    format!(
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /A def \
         1 begincodespacerange <00> <FF> endcodespacerange {lines} endcmap end end"
    )
}

fn encodings() -> Vec<OddFile> {
    let differing = |name: &str, differences: &str| {
        let entries = format!(
            "/Subtype /Type1 /BaseFont /Helvetica /Encoding << /Type /Encoding /Differences {differences} >>"
        );
        OddFile::either(format!("font-differences-{name}.pdf"), font(&entries).bytes())
    };
    let many: Vec<String> = (0..20_000).map(|number| format!("/glyph{number} ")).collect();
    vec![
        differing("of-unknown-names", "[65 /nobody /g99 /uniD800 /uFFFFFFFF /.notdef /#00]"),
        differing("without-a-start", "[/A /B /C]"),
        differing("of-negative-codes", "[-5 /A 99999999999 /B]"),
        differing("of-other-kinds", "[65 (A) null << >> 66.5 /B]"),
        differing("of-too-many", &format!("[0 {}]", many.concat())),
        differing("that-are-no-array", "4 0 R"),
        OddFile::readable(
            "font-differences-sound.pdf",
            font("/Subtype /Type1 /BaseFont /Helvetica /Encoding << /BaseEncoding /WinAnsiEncoding /Differences [200 /A] >>")
                .bytes(),
        ),
    ]
}

fn composite() -> Vec<OddFile> {
    let of = |name: &str, encoding: &str, descendants: &str| {
        let entries =
            format!("/Subtype /Type0 /BaseFont /A /Encoding {encoding} /DescendantFonts {descendants}");
        OddFile::either(format!("font-composite-{name}.pdf"), font(&entries).bytes())
    };
    let system = "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>";
    let descendant =
        |entries: &str| format!("[<< /Type /Font /Subtype /CIDFontType2 /BaseFont /A {system} {entries} >>]");
    vec![
        of("plain", "/Identity-H", &descendant("/DW 500")),
        of("vertical", "/Identity-V", &descendant("/DW 500")),
        of("of-an-unknown-map", "/Odd-H", &descendant("")),
        of("of-a-cjk-map", "/UniGB-UCS2-H", &descendant("")),
        of("without-descendants", "/Identity-H", "[]"),
        of("of-itself", "/Identity-H", "[4 0 R]"),
        of("of-a-number", "/Identity-H", "7"),
        of("of-broken-widths", "/Identity-H", &descendant("/W [1 2 3 4 (x) [null] 5 [6] 7]")),
        of("of-a-stream-map", "5 0 R", &descendant("")),
        of("of-odd-default-widths", "/Identity-H", &descendant("/DW (x) /DW2 [1] /CIDToGIDMap 5 0 R")),
        OddFile::either(
            "font-type-3-without-glyphs.pdf",
            font("/Subtype /Type3 /FontBBox [0 0 0 0] /FontMatrix [0 0 0 0 0 0] /CharProcs << >> /Encoding << >>").bytes(),
        ),
        OddFile::either(
            "font-that-is-a-page.pdf",
            Pdf::one_page().with(FONT, format!("<< /Type /Page /Contents ({SENTENCE}) >>")).bytes(),
        ),
    ]
}
