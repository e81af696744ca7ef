//! Small files that unpack to gigabytes, or keep a reader busy for ever.

use super::codec::{ascii85, lzw_of_blanks, run_length_of_blanks, zlib, zlib_of_blanks};
use super::page_trees::long_text;
use super::pdf::{CONTENT, FONT, FREE, PAGE, Pdf, page, say, stream};
use super::{COSTLY, Expected, FUTILE, OddFile, SENTENCE};

const GIBIBYTE: u64 = 1 << 30;
/// How far apart repeats are in what compressing monotonous data gives.
const REPEATS: [usize; 4] = [1, 2, 13, 15];

pub(super) fn files() -> Vec<OddFile> {
    let gibibyte = zlib_of_blanks(GIBIBYTE);
    [
        contents(&gibibyte),
        beside_sentences(&gibibyte),
        other_places(&gibibyte),
        texts(),
        fonts(),
        work(),
    ]
    .concat()
}

fn contents(gibibyte: &[u8]) -> Vec<OddFile> {
    let twice = zlib(gibibyte, &REPEATS);
    let thrice = zlib(&twice, &REPEATS);
    let runs = run_length_of_blanks(1 << 24);
    let zeros = [vec![b'z'; 24 << 20], b"~>".to_vec()].concat();
    let content = |name: &str, filter: &str, data: &[u8]| {
        let pdf = Pdf::of_content(stream(&format!("/Filter {filter}"), data));
        OddFile::new(format!("bomb-{name}.pdf"), pdf.bytes(), FUTILE).expensive()
    };
    vec![
        OddFile::new(
            "bomb-flate.pdf",
            Pdf::of_content(stream("/Filter /FlateDecode", gibibyte)).bytes(),
            COSTLY,
        )
        .expensive(),
        content("flate-twice", "[/FlateDecode /FlateDecode]", &twice),
        content(
            "flate-thrice",
            "[/FlateDecode /FlateDecode /FlateDecode]",
            &thrice,
        ),
        content("lzw", "/LZWDecode", &lzw_of_blanks(140)),
        content(
            "lzw-in-flate",
            "[/FlateDecode /LZWDecode]",
            &zlib(&lzw_of_blanks(140), &REPEATS),
        ),
        content("ascii-85", "/ASCII85Decode", &zeros),
        content(
            "ascii-85-in-flate",
            "[/FlateDecode /ASCII85Decode]",
            &zlib(&zeros, &REPEATS),
        ),
        content(
            "flate-in-ascii-85",
            "[/ASCII85Decode /FlateDecode]",
            &ascii85(&zlib_of_blanks(GIBIBYTE / 2)),
        ),
        content(
            "run-length-in-flate",
            "[/FlateDecode /RunLengthDecode]",
            &zlib(&runs, &REPEATS),
        ),
        content(
            "predictor",
            "/FlateDecode /DecodeParms << /Predictor 12 /Columns 1 >>",
            gibibyte,
        ),
        content(
            "a-thousand-filters",
            &format!("[{}]", "/FlateDecode ".repeat(1000)),
            &twice,
        ),
    ]
}

/// Bombs among what can be read, and one that is none.
fn beside_sentences(gibibyte: &[u8]) -> Vec<OddFile> {
    let beside = Pdf::one_page()
        .with(PAGE, page("/Contents [5 0 R 6 0 R]"))
        .with(FREE, stream("/Filter /FlateDecode", gibibyte));
    vec![
        OddFile::either("bomb-beside-a-sentence.pdf", beside.bytes()).expensive(),
        OddFile::either(
            "bomb-of-20-mib.pdf",
            Pdf::of_content(stream("/Filter /FlateDecode", zlib_of_blanks(20 << 20))).bytes(),
        )
        .expensive(),
    ]
}

/// Bombs where a reader looks before it looks at pages.
fn other_places(gibibyte: &[u8]) -> Vec<OddFile> {
    let flate = |entries: &str| stream(&format!("/Filter /FlateDecode {entries}"), gibibyte);
    let either =
        |name: &str, bytes: Vec<u8>| OddFile::either(format!("bomb-in-{name}.pdf"), bytes).expensive();
    let packed = Pdf::one_page()
        .without(FONT)
        .with(FREE, flate("/Type /ObjStm /N 1 /First 4"))
        .body()
        .with_xref_stream("/Root 1 0 R", &[(FONT, FREE, 0)]);
    let font = |entries: &str| {
        Pdf::one_page()
            .with(FONT, format!("<< /Type /Font /Subtype /TrueType /BaseFont /Arial {entries} >>"))
            .with(FREE, flate("/Length1 1000"))
            .with(7, "<< /Type /FontDescriptor /FontName /Arial /Flags 4 /FontFile2 6 0 R /FontFile 6 0 R /FontFile3 6 0 R >>")
            .bytes()
    };
    let body = Pdf::one_page().body();
    let start = body.bytes.len();
    let table = [
        &b"6 0 obj\n"[..],
        &flate("/Type /XRef /Size 6 /W [1 4 1] /Root 1 0 R"),
        b"\nendobj\n",
    ]
    .concat();
    let end = format!("startxref\n{start}\n%%EOF\n").into_bytes();
    vec![
        either("an-object-stream", packed),
        either("a-cross-reference-stream", [body.bytes, table, end].concat()),
        either("a-font", font("/FontDescriptor 7 0 R")),
        either("a-character-map", font("/ToUnicode 6 0 R")),
        either("metadata", Pdf::one_page().with(FREE, flate("/Type /Metadata /Subtype /XML")).bytes()),
        either(
            "an-image",
            Pdf::of_content(stream("", format!("{} /X1 Do", say(SENTENCE))))
                .with(PAGE, page("/Contents 5 0 R").replace("/Font <<", "/XObject << /X1 6 0 R >> /Font <<"))
                .with(FREE, flate("/Type /XObject /Subtype /Image /Width 32768 /Height 32768 /BitsPerComponent 8 /ColorSpace /DeviceGray"))
                .bytes(),
        ),
    ]
}

/// Much text that is really there.
fn texts() -> Vec<OddFile> {
    let pdf = |bytes: usize| {
        Pdf::of_content(stream(
            "/Filter /FlateDecode",
            zlib(long_text(bytes).as_bytes(), &[157]),
        ))
        .bytes()
    };
    vec![
        OddFile::new(
            "bomb-text-of-1-mb.pdf",
            pdf(1_000_000),
            Expected::Readable(SENTENCE),
        ),
        OddFile::either("bomb-text-of-7-mb.pdf", pdf(7_000_000)).expensive(),
        OddFile::new("bomb-text-of-20-mb.pdf", pdf(20_000_000), COSTLY).expensive(),
    ]
}

/// Few bytes, much work: widths and maps of billions of characters.
fn fonts() -> Vec<OddFile> {
    let font = |entries: &str| {
        let descendant = format!(
            "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /A /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) \
             /Supplement 0 >> /DW 500 {entries} >>"
        );
        Pdf::one_page()
            .with(FONT, "<< /Type /Font /Subtype /Type0 /BaseFont /A /Encoding /Identity-H /DescendantFonts [6 0 R] >>")
            .with(FREE, descendant)
            .bytes()
    };
    let map = |lines: &str| {
        let map = format!(
            "/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <0000> <FFFF> endcodespacerange \
             {lines} endcmap"
        );
        Pdf::one_page()
            .with(FONT, "<< /Type /Font /Subtype /TrueType /BaseFont /A /ToUnicode 6 0 R /FirstChar 0 /LastChar 0 /Widths [1] >>")
            .with(FREE, stream("", map))
            .bytes()
    };
    let either = |name: &str, bytes: Vec<u8>| OddFile::either(format!("busy-{name}.pdf"), bytes).expensive();
    vec![
        either("widths-of-two-billion-characters", font("/W [0 2000000000 500]")),
        either("widths-backwards", font("/W [2000000000 -2000000000 500]")),
        either(
            "map-of-four-billion-characters",
            map("1 beginbfrange <00000000> <FFFFFFFF> <0000> endbfrange"),
        ),
        either(
            "map-of-sixteen-bits",
            map(&"1 beginbfrange <0000> <FFFF> <0041> endbfrange ".repeat(200)),
        ),
        either(
            "map-of-four-billion-glyphs",
            map("1 begincidrange <00000000> <FFFFFFFF> 0 endcidrange"),
        ),
    ]
}

/// Many small things.
fn work() -> Vec<OddFile> {
    let either = |name: &str, bytes: Vec<u8>| OddFile::either(format!("busy-{name}.pdf"), bytes).expensive();
    vec![
        either(
            "fonts",
            Pdf::of_content(stream(
                "",
                format!("BT {} ET {}", "/F1 12 Tf ".repeat(100_000), say(SENTENCE)),
            ))
            .bytes(),
        ),
        either(
            "dashes",
            Pdf::of_content(stream(
                "",
                format!("{} {}", "[1 2 3] 0 d ".repeat(200_000), say(SENTENCE)),
            ))
            .bytes(),
        ),
        either(
            "a-hundred-thousand-objects",
            (FREE..100_000)
                .fold(Pdf::one_page(), |pdf, number| pdf.with(number, "null"))
                .bytes(),
        ),
        either(
            "ten-thousand-contents",
            Pdf::one_page()
                .with(PAGE, page(&format!("/Contents [{}]", "5 0 R ".repeat(10_000))))
                .with(CONTENT, stream("", say("ha")))
                .bytes(),
        ),
    ]
}
