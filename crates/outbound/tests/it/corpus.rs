//! Good and hostile PDFs, made in memory.
#![expect(
    clippy::expect_used,
    reason = "a corpus that cannot be made is a bug in the test itself"
)]

use std::fmt::Write as _;

use lopdf::{Document, EncryptionState, EncryptionVersion, Object, Permissions, StringFormat};
use testkit::pdf_writer::PdfWriter;

/// Three pages with a heading, a wrapped paragraph and a list each.
pub(crate) fn three_pages() -> Vec<u8> {
    let mut writer = PdfWriter::new("Three pages");
    for number in 1..=3 {
        if number > 1 {
            writer.page_break();
        }
        writer.heading(&format!("{number}. Heading of page {number}"));
        writer.paragraph(&format!("A relation is a set of tuples on page {number}. ").repeat(6));
        writer.list_item("•", &format!("Tuple: one row of page {number}"));
    }
    writer.finish()
}

/// A page without any text, as a scanner makes them.
pub(crate) fn without_text() -> Vec<u8> {
    one_page("0 0 m 100 100 l S")
}

/// Opens only with the password "secret".
pub(crate) fn encrypted() -> Vec<u8> {
    let mut document = Document::load_mem(&three_pages()).expect("the writer's PDF loads");
    let id = Object::String(b"0123456789abcdef".to_vec(), StringFormat::Literal);
    document.trailer.set("ID", Object::Array(vec![id.clone(), id]));
    let state = EncryptionState::try_from(EncryptionVersion::V2 {
        document: &document,
        owner_password: "secret",
        user_password: "secret",
        key_length: 128,
        permissions: Permissions::all(),
    })
    .expect("the encryption is set up");
    document.encrypt(&state).expect("the document is encrypted");
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).expect("saving into memory succeeds");
    bytes
}

/// A page tree whose only branch leads back to its root.
pub(crate) fn cyclic_page_tree() -> Vec<u8> {
    pdf(&[
        "<< /Type /Catalog /Pages 2 0 R >>".into(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".into(),
        "<< /Type /Pages /Parent 2 0 R /Kids [2 0 R 3 0 R] /Count 1 >>".into(),
    ])
}

/// A page whose inherited attributes are looked up along parents that form a ring.
pub(crate) fn cyclic_parents() -> Vec<u8> {
    pdf(&[
        "<< /Type /Catalog /Pages 2 0 R >>".into(),
        "<< /Type /Pages /Parent 3 0 R /Kids [3 0 R] /Count 1 >>".into(),
        "<< /Type /Page /Parent 2 0 R >>".into(),
    ])
}

/// An object of 100,000 arrays inside each other.
pub(crate) fn deeply_nested_arrays() -> Vec<u8> {
    let depth = 100_000;
    pdf(&[
        "<< /Type /Catalog /Pages 2 0 R >>".into(),
        format!(
            "<< /Type /Pages /Kids {}{} /Count 1 >>",
            "[".repeat(depth),
            "]".repeat(depth)
        )
        .into(),
    ])
}

/// More pages than a course script has; all share one object.
pub(crate) fn with_pages(count: usize) -> Vec<u8> {
    let mut objects: Vec<Vec<u8>> = vec!["<< /Type /Catalog /Pages 2 0 R >>".into()];
    let kids: Vec<String> = (0..count).map(|index| format!("{} 0 R", index + 3)).collect();
    objects.push(format!("<< /Type /Pages /Kids [{}] /Count {count} >>", kids.join(" ")).into());
    objects.extend((0..count).map(|_| b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 10 10] >>".to_vec()));
    pdf(&objects)
}

/// A page whose content of a few megabytes inflates to `size` bytes of blanks.
pub(crate) fn flate_bomb(size: u64) -> Vec<u8> {
    let stream = zlib_of_blanks(size);
    let mut content = format!("<< /Filter /FlateDecode /Length {} >>\nstream\n", stream.len()).into_bytes();
    content.extend_from_slice(&stream);
    content.extend_from_slice(b"\nendstream");
    pdf(&[
        &PAGE_OBJECTS.map(|object| object.as_bytes().to_vec())[..],
        &[content],
    ]
    .concat())
}

/// `prefix` of a file, in bytes.
pub(crate) fn truncated(mut bytes: Vec<u8>, length: usize) -> Vec<u8> {
    bytes.truncate(length);
    bytes
}

const PAGE_OBJECTS: [&str; 4] = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources << /Font << /F1 4 0 R >> >> >>",
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
];

fn one_page(content: &str) -> Vec<u8> {
    let stream = format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len());
    pdf(&[
        &PAGE_OBJECTS.map(|object| object.as_bytes().to_vec())[..],
        &[stream.into_bytes()],
    ]
    .concat())
}

/// A file of these objects, numbered from 1; the first is the catalog.
fn pdf(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut file = b"%PDF-1.4\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (index, object) in objects.iter().enumerate() {
        let _ = writeln!(table, "{:010} 00000 n ", file.len());
        file.extend_from_slice(format!("{} 0 obj\n", index + 1).as_bytes());
        file.extend_from_slice(object);
        file.extend_from_slice(b"\nendobj\n");
    }
    let start = file.len();
    let trailer = format!(
        "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n",
        objects.len() + 1
    );
    file.extend_from_slice(table.as_bytes());
    file.extend_from_slice(trailer.as_bytes());
    file
}

/// A zlib stream (RFC 1950) that inflates to about `size` blanks, which are never held: one literal, then copies of 258
/// bytes from one byte back, in a single block with the fixed codes of RFC 1951, section 3.2.6.
fn zlib_of_blanks(size: u64) -> Vec<u8> {
    const HEAD: &str = "11001010000"; // last block (1), fixed codes (10), literal 0x20 (01010000)
    const COPY: &str = "1100010100000"; // length 258 (11000101), distance 1 (00000)
    // Eight copies of 13 bits fill 13 bytes, so the bits repeat byte by byte behind the two bytes of the head.
    let rounds = usize::try_from(size / (8 * 258)).expect("the size fits");
    let start = bytes_of(&format!("{HEAD}{}", COPY.repeat(16)));
    let tail = bytes_of(&format!("{}0000000", &COPY.repeat(8)[16 - HEAD.len()..]));
    let length = 1 + 258 * 8 * (u128::try_from(rounds).expect("the size fits") + 1);
    [
        &[0x78, 0x9C],
        &start[..2],
        &start[2..15].repeat(rounds),
        &tail,
        &adler32_of_blanks(length),
    ]
    .concat()
}

/// Bits in reading order; the first one is the lowest of its byte.
fn bytes_of(bits: &str) -> Vec<u8> {
    let byte = |bits: &[u8]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | (bit - b'0'));
    bits.as_bytes().chunks(8).map(byte).collect()
}

/// The checksum of RFC 1950 in closed form: both sums are arithmetic series when all bytes are equal.
fn adler32_of_blanks(length: u128) -> [u8; 4] {
    let first = (1 + 32 * length) % 65521;
    let second = (length + 16 * length * (length + 1)) % 65521;
    u32::try_from(second << 16 | first)
        .expect("two sums of 16 bits")
        .to_be_bytes()
}
