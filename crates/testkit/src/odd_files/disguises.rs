//! Files that are something else than they say, or two things at once.

use super::codec::{crc32, zlib};
use super::pdf::{Pdf, say, stream};
use super::{DAMAGED, EMPTY, HOPELESS, OddFile, SENTENCE, UNSUPPORTED};

pub(super) fn files() -> Vec<OddFile> {
    [renamed(), several_at_once(), nearly_nothing()].concat()
}

/// Other formats under a PDF's name.
fn renamed() -> Vec<OddFile> {
    let refused =
        |name: &str, bytes: Vec<u8>| OddFile::new(format!("renamed-{name}.pdf"), bytes, UNSUPPORTED);
    let page = Pdf::one_page().bytes();
    let mut old_office = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    old_office.resize(4096, 0xFF);
    vec![
        refused("zip", zip(&[("notes.txt", b"Odd")])),
        refused(
            "docx",
            zip(&[
                ("[Content_Types].xml", b"<Types/>"),
                ("word/document.xml", b"<w:document/>"),
            ]),
        ),
        refused(
            "odt",
            zip(&[
                ("mimetype", b"application/vnd.oasis.opendocument.text"),
                ("content.xml", b"<a/>"),
            ]),
        ),
        refused("zip-with-a-pdf", zip(&[("a.pdf", &page)])),
        refused(
            "empty-zip",
            b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec(),
        ),
        refused("old-office", old_office),
        refused(
            "gzip",
            b"\x1F\x8B\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0".to_vec(),
        ),
        refused("7z", b"7z\xBC\xAF\x27\x1C\0\x04".to_vec()),
        refused("rar", b"Rar!\x1A\x07\x01\0".to_vec()),
        refused("png", png()),
        refused("jpeg", [&b"\xFF\xD8\xFF\xE0\0\x10JFIF\0"[..], &[0; 500]].concat()),
        refused(
            "gif",
            b"GIF89a\x01\0\x01\0\x80\0\0\xFF\xFF\xFF\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;".to_vec(),
        ),
        refused("postscript", b"%!PS-Adobe-3.0\n(Odd) show\n".to_vec()),
        refused("rich-text", b"{\\rtf1\\ansi Odd}".to_vec()),
        refused("elf", [&b"\x7FELF\x02\x01\x01"[..], &[0; 500]].concat()),
        refused("exe", [&b"MZ\x90\0\x03\0\0\0"[..], &[0; 500]].concat()),
        refused("class", b"\xCA\xFE\xBA\xBE\0\0\0\x34".to_vec()),
        refused("wasm", b"\0asm\x01\0\0\0".to_vec()),
        refused("sqlite", b"SQLite format 3\0\x10\0".to_vec()),
        refused("mp4", b"\0\0\0\x18ftypmp42\0\0\0\0".to_vec()),
        OddFile::readable("renamed-text.pdf", SENTENCE),
        OddFile::readable(
            "renamed-html.pdf",
            format!("<html><body>{SENTENCE}</body></html>"),
        ),
        OddFile::readable("renamed-pdf.txt", page),
    ]
}

/// Files of two formats.
fn several_at_once() -> Vec<OddFile> {
    let page = Pdf::one_page().bytes();
    let archive = zip(&[("notes.txt", b"Odd")]);
    let other = Pdf::of_content(stream("", say("Another page."))).bytes();
    let html = b"<html><script>alert(1)</script><!--\n".to_vec();
    let both = |name: &str, parts: &[&[u8]]| OddFile::either(format!("both-{name}.pdf"), parts.concat());
    vec![
        both("pdf-and-zip", &[&page, &archive]),
        OddFile::new(
            "both-zip-and-pdf.pdf",
            [&archive[..], &page].concat(),
            UNSUPPORTED,
        ),
        both("html-and-pdf", &[&html, &page]),
        both("pdf-and-html", &[&page, b"<script>alert(1)</script>"]),
        both("two-pdfs", &[&page, &other]),
        both("pdf-and-its-half", &[&page, &page[..page.len() / 2]]),
        both("half-a-pdf-and-a-pdf", &[&page[..page.len() / 2], &page]),
        both("script-and-pdf", &[b"#!/bin/sh\nexit 1\n", &page]),
        both("pdf-behind-1000-bytes", &[&[b'\n'; 1000], &page]),
        both("pdf-behind-1024-bytes", &[&[0x9D; 1024], &page]),
        both("pdf-behind-nul", &[&[0; 512], &page]),
        both("pdf-behind-a-mark", &[b"\xEF\xBB\xBF", &page]),
        both(
            "pdf-in-utf-16",
            &[
                b"\xFF\xFE",
                &page.iter().flat_map(|&byte| [byte, 0]).collect::<Vec<u8>>(),
            ],
        ),
        both("pdf-and-3000-bytes", &[&page, &[b'x'; 3000]]),
        OddFile::new(
            "both-pdf-and-5000-bytes.pdf",
            [&page[..], &[b'x'; 5000]].concat(),
            DAMAGED,
        ),
    ]
}

fn nearly_nothing() -> Vec<OddFile> {
    vec![
        OddFile::new("nothing.pdf", "", EMPTY),
        OddFile::new("nothing.txt", "", EMPTY),
        OddFile::either("one-letter.pdf", "x"),
        OddFile::new("one-nul.pdf", [0], UNSUPPORTED),
        OddFile::new("one-high-byte.pdf", [0xFF], UNSUPPORTED),
        OddFile::new("only-the-mark.pdf", "%PDF-", DAMAGED),
        OddFile::new("only-both-marks.pdf", "%PDF-%%EOF", HOPELESS),
        OddFile::new(
            "marks-and-garbage.pdf",
            [&b"%PDF-1.7\n"[..], &[0x9D; 5000], b"%%EOF"].concat(),
            HOPELESS,
        ),
        OddFile::new("odd-version.pdf", b"%PDF-9.99\xFF\n%%EOF", HOPELESS),
        OddFile::either("no-version.pdf", Pdf::one_page().with_header("%PDF-\n").bytes()),
        OddFile::either(
            "long-version.pdf",
            Pdf::one_page()
                .with_header(format!("%PDF-{}\n", "1".repeat(5000)))
                .bytes(),
        ),
    ]
}

/// An archive that stores its files.
fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let short = |number: usize| u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes();
    let long = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let start = archive.len();
        let facts = [
            &[0; 4][..],
            &[0, 0, 0x21, 0x5A],
            &crc32(content).to_le_bytes(),
            &long(content.len()),
            &long(content.len()),
            &short(name.len()),
            &[0, 0],
        ]
        .concat();
        archive.extend([&b"PK\x03\x04\x14\0"[..], &facts, name.as_bytes(), content].concat());
        directory.extend(
            [
                &b"PK\x01\x02\x14\0\x14\0"[..],
                &facts,
                &[0; 10],
                &long(start),
                name.as_bytes(),
            ]
            .concat(),
        );
    }
    let count = short(files.len());
    let end = [
        &b"PK\x05\x06\0\0\0\0"[..],
        &count,
        &count,
        &long(directory.len()),
        &long(archive.len()),
        &[0, 0],
    ]
    .concat();
    [archive, directory, end].concat()
}

/// A picture of one pixel.
fn png() -> Vec<u8> {
    let chunk = |kind: &[u8], data: &[u8]| {
        let body = [kind, data].concat();
        let length = u32::try_from(data.len()).unwrap_or_default();
        [&length.to_be_bytes(), &body[..], &crc32(&body).to_be_bytes()].concat()
    };
    let header = chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
    [
        b"\x89PNG\r\n\x1A\n",
        &header[..],
        &chunk(b"IDAT", &zlib(&[0, 0], &[])),
        &chunk(b"IEND", b""),
    ]
    .concat()
}
