//! Sound files after accidents: cut, flipped, overwritten, shuffled. Chance is seeded.

use super::random::Random;
use super::{DAMAGED, OddFile, sound};

const CUTS: usize = 24;
const FLIPS: u64 = 24;
const ACCIDENTS: u64 = 8;

pub(super) fn files() -> Vec<OddFile> {
    let mut files = Vec::new();
    for (which, whole) in [("plain", sound::three_pages()), ("packed", sound::modern())] {
        files.extend(cuts(which, &whole));
        files.extend(flips(which, &whole));
        files.extend(accidents(which, &whole));
    }
    files
}

fn cuts(which: &str, whole: &[u8]) -> Vec<OddFile> {
    let mut files = Vec::new();
    for part in 1..CUTS {
        let half = &whole[..whole.len() * part / CUTS];
        files.push(OddFile::new(format!("cut-{which}-{part:02}.pdf"), half, DAMAGED));
        let closed = [half, b"\n%%EOF\n"].concat();
        files.push(OddFile::either(
            format!("cut-and-closed-{which}-{part:02}.pdf"),
            closed,
        ));
    }
    files
}

/// From one bit to a hundred, all over the file.
fn flips(which: &str, whole: &[u8]) -> Vec<OddFile> {
    let flipped = |seed: u64| {
        let mut random = Random::seeded(seed);
        let mut bytes = whole.to_vec();
        for _ in 0..=random.below(if seed.is_multiple_of(3) { 100 } else { 4 }) {
            let at = random.below(bytes.len());
            bytes[at] ^= 1 << random.below(8);
        }
        OddFile::either(format!("flipped-{which}-{seed:02}.pdf"), bytes)
    };
    (0..FLIPS).map(flipped).collect()
}

/// What disks, mails and editors do.
fn accidents(which: &str, whole: &[u8]) -> Vec<OddFile> {
    let mut files = Vec::new();
    let mut push = |what: &str, seed: u64, bytes: Vec<u8>| {
        files.push(OddFile::either(format!("{what}-{which}-{seed}.pdf"), bytes));
    };
    for seed in 0..ACCIDENTS {
        let mut random = Random::seeded(1000 + seed);
        let start = 9 + random.below(whole.len() - 200);
        let stop = start + 1 + random.below(150);
        let (head, block, tail) = (&whole[..start], &whole[start..stop], &whole[stop..]);
        let noise: Vec<u8> = block.iter().map(|_| random.byte()).collect();
        push("middle-cut", seed, [head, tail].concat());
        push(
            "middle-zeroed",
            seed,
            [head, &vec![0; block.len()], tail].concat(),
        );
        push("middle-noise", seed, [head, &noise, tail].concat());
        push("middle-twice", seed, [head, block, block, tail].concat());
        push(
            "middle-reversed",
            seed,
            [head, &block.iter().rev().copied().collect::<Vec<u8>>(), tail].concat(),
        );
    }
    let each = |change: fn(u8) -> Vec<u8>| whole.iter().flat_map(|&byte| change(byte)).collect::<Vec<u8>>();
    push("without-high-bits", 0, each(|byte| vec![byte & 0x7F]));
    push(
        "with-other-line-ends",
        0,
        each(|byte| {
            if byte == b'\n' {
                b"\r\n".to_vec()
            } else {
                vec![byte]
            }
        }),
    );
    push(
        "without-line-ends",
        0,
        each(|byte| if byte == b'\n' { Vec::new() } else { vec![byte] }),
    );
    push(
        "with-nines",
        0,
        each(|byte| vec![if byte.is_ascii_digit() { b'9' } else { byte }]),
    );
    push("in-capitals", 0, each(|byte| vec![byte.to_ascii_uppercase()]));
    push(
        "read-as-latin-1",
        0,
        String::from_utf8_lossy(whole).into_owned().into_bytes(),
    );
    files
}
