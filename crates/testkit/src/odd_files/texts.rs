//! Text and Markdown in strange encodings and shapes.

use super::{Expected, HIDDEN, NO_TEXT, OddFile, SENTENCE, TOO_LARGE, UNSUPPORTED};

const MIB: usize = 1 << 20;

pub(super) fn files() -> Vec<OddFile> {
    [encodings(), shapes(), sizes(), markdown()].concat()
}

fn utf_16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

fn encodings() -> Vec<OddFile> {
    let little = utf_16(SENTENCE, u16::to_le_bytes);
    let big = utf_16(SENTENCE, u16::to_be_bytes);
    let readable =
        |name: &str, parts: &[&[u8]]| OddFile::readable(format!("text-{name}.txt"), parts.concat());
    let refused = |name: &str, bytes: &[u8]| OddFile::new(format!("text-{name}.txt"), bytes, UNSUPPORTED);
    vec![
        readable("utf-8", &[SENTENCE.as_bytes()]),
        readable("utf-8-with-a-mark", &[b"\xEF\xBB\xBF", SENTENCE.as_bytes()]),
        readable("utf-16-little", &[b"\xFF\xFE", &little]),
        readable("utf-16-big", &[b"\xFE\xFF", &big]),
        refused("utf-16-without-a-mark", &little),
        refused(
            "utf-16-of-odd-length",
            &[b"\xFF\xFE", &little[..little.len() - 1]].concat(),
        ),
        refused("utf-16-half-a-surrogate", b"\xFF\xFEa\0\x00\xD8b\0"),
        refused("utf-16-surrogates-swapped", b"\xFE\xFF\xDC\x00\xD8\x00"),
        refused(
            "utf-32",
            &SENTENCE
                .chars()
                .flat_map(|letter| u32::from(letter).to_le_bytes())
                .collect::<Vec<u8>>(),
        ),
        refused("latin-1", b"caf\xE9 au lait"),
        refused("surrogate-in-utf-8", b"a \xED\xA0\x80 b"),
        refused("overlong", b"a \xC0\xAF b"),
        refused("beyond-unicode", b"a \xF5\x80\x80\x80 b"),
        refused(
            "cut-in-a-letter",
            "caf\u{e9}".as_bytes().split_last().map_or(&[], |(_, head)| head),
        ),
        refused("nul", b"a\0b"),
        refused("only-nul", &[0; 1000]),
        refused(
            "noise",
            &(0..5000_u32)
                .map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()[0])
                .collect::<Vec<u8>>(),
        ),
    ]
}

fn shapes() -> Vec<OddFile> {
    let blank = |name: &str, text: &str| OddFile::new(format!("text-{name}.txt"), text, NO_TEXT);
    let readable = |name: &str, text: String| OddFile::readable(format!("text-{name}.txt"), text);
    let spread: String = SENTENCE
        .chars()
        .flat_map(|letter| [letter, '\u{200b}', '\u{2060}', '\u{7}'])
        .collect();
    vec![
        blank("only-spaces", "   \n\t\r\n  "),
        blank("only-a-mark", "\u{feff}"),
        blank("only-invisible", "\u{200b}\u{2060}\u{202e}\u{1}\u{1b}"),
        blank("only-page-ends", "\u{c}\u{c}\u{c}"),
        readable(
            "line-ends",
            format!("a\r\nb\rc\n\r\u{85}\u{2028}d\u{2029}\r\r\n{SENTENCE}"),
        ),
        readable(
            "control-characters",
            format!("\u{1b}[31m\u{7}\u{8}{SENTENCE}\u{7f}\u{9b}"),
        ),
        readable("zero-width", spread),
        readable(
            "direction-overrides",
            format!("\u{202e}\u{2066}{SENTENCE}\u{2069}\u{202c}"),
        ),
        readable("combining", format!("{SENTENCE} e{}", "\u{301}".repeat(10_000))),
        readable(
            "private-use",
            format!("{SENTENCE} \u{e000}\u{f8ff}\u{10ffff}\u{fffe}\u{ffff}"),
        ),
        readable(
            "emoji",
            format!("{SENTENCE} \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}"),
        ),
        readable("right-to-left", format!("שלום עולם\n{SENTENCE}")),
        readable("a-thousand-pages", format!("{SENTENCE}{}", "\u{c}x".repeat(1000))),
        readable(
            "about-pdf",
            format!("{SENTENCE} A file starts with %PDF-1.7 and ends with %%EOF."),
        ),
        readable("formulas", format!("=1+1\n+1\n-1\n@a\n{SENTENCE}")),
        OddFile::readable("text-of-no-extension", SENTENCE),
        OddFile::readable("text-..-..-etc-passwd.txt", SENTENCE),
    ]
}

fn sizes() -> Vec<OddFile> {
    let line = format!("{SENTENCE} {}", "A lock waits. ".repeat(MIB / 2));
    vec![
        OddFile::new("text-of-30-mib.txt", vec![b'a'; 30 * MIB], TOO_LARGE),
        OddFile::new("text-one-line-of-7-mib.txt", line, Expected::Readable(SENTENCE)),
        OddFile::new(
            "text-lines-of-7-mib.txt",
            format!("{SENTENCE}\n{}", "a-\n".repeat(2 * MIB)),
            Expected::Readable(SENTENCE),
        ),
        OddFile::new(
            "text-bullets-of-6-mib.txt",
            format!("{SENTENCE}\n{}", "•\n".repeat(3 * MIB / 2)),
            Expected::Readable(SENTENCE),
        ),
        OddFile::new(
            "text-blank-lines-of-7-mib.txt",
            format!("{}{SENTENCE}", "\n".repeat(7 * MIB)),
            Expected::Readable(SENTENCE),
        ),
    ]
}

fn markdown() -> Vec<OddFile> {
    let nested_lists: Vec<String> = (0..1000)
        .map(|depth| format!("{}- a\n", " ".repeat(depth)))
        .collect();
    let readable = |name: &str, text: String| OddFile::readable(format!("markdown-{name}.md"), text);
    vec![
        readable(
            "script",
            format!("# Odd\n\n<script>alert(1)</script>\n\n{SENTENCE}"),
        ),
        readable(
            "handlers",
            format!("<img src=x onerror=alert(1)> [a](javascript:alert(1))\n\n{SENTENCE}"),
        ),
        readable("nested-quotes", format!("{}\n\n{SENTENCE}", "> ".repeat(10_000))),
        readable("nested-lists", format!("{}\n\n{SENTENCE}", nested_lists.concat())),
        readable("open-brackets", format!("{}\n\n{SENTENCE}", "[".repeat(50_000))),
        readable(
            "front-matter",
            format!("---\na: !!python/object/apply:os.system ['true']\n---\n{SENTENCE}"),
        ),
        readable(
            "table",
            format!("|a|b|\n|-|-|\n|{}|\n\n{SENTENCE}", "x|".repeat(10_000)),
        ),
        readable(
            "links-to-files",
            format!("![a](file:///etc/passwd) ![b](http://127.0.0.1:9/)\n\n{SENTENCE}"),
        ),
        OddFile::new(
            "markdown-binary.md",
            [HIDDEN.as_bytes(), &[0, 1, 2]].concat(),
            UNSUPPORTED,
        ),
    ]
}
