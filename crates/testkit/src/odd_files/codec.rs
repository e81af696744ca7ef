//! Encoders of the stream filters of PDF. They compress only what is monotonous, which is all that bombs need.

/// Writes bits into bytes, the first bit lowest, as RFC 1951 has it.
#[derive(Default)]
struct LowFirst {
    bytes: Vec<u8>,
    held: u64,
    count: u32,
}

impl LowFirst {
    /// A number, its lowest bit first.
    fn number(&mut self, value: u64, width: u32) {
        self.held |= value << self.count;
        self.count += width;
        while self.count >= 8 {
            self.bytes.push(self.held.to_le_bytes()[0]);
            self.held >>= 8;
            self.count -= 8;
        }
    }

    /// A Huffman code, its highest bit first.
    fn code(&mut self, code: u64, width: u32) {
        self.number(code.reverse_bits() >> (64 - width), width);
    }

    fn literal(&mut self, byte: u8) {
        match byte {
            0..=143 => self.code(0x30 + u64::from(byte), 8),
            144..=255 => self.code(0x190 + u64::from(byte - 144), 9),
        }
    }

    /// 258 bytes from `distance` bytes back (RFC 1951, sections 3.2.5 and 3.2.6).
    fn copy_258(&mut self, distance: u64) {
        self.code(0b1100_0101, 8);
        let steps = distance - 1;
        if steps < 4 {
            self.code(steps, 5);
            return;
        }
        let magnitude = steps.ilog2();
        let half = (steps >> (magnitude - 1)) & 1;
        self.code(u64::from(2 * magnitude) + half, 5);
        self.number(steps & ((1 << (magnitude - 1)) - 1), magnitude - 1);
    }

    /// The stream of RFC 1950 around these bits.
    fn into_zlib(mut self, checksum: u32) -> Vec<u8> {
        self.code(0, 7);
        self.number(0, 7);
        [&[0x78, 0x9C][..], &self.bytes, &checksum.to_be_bytes()].concat()
    }

    /// One last block with the fixed codes.
    fn block() -> Self {
        let mut bits = Self::default();
        bits.number(0b011, 3);
        bits
    }
}

/// `data` for `FlateDecode`; repeats are found at the given `distances` only.
pub(super) fn zlib(data: &[u8], distances: &[usize]) -> Vec<u8> {
    let mut bits = LowFirst::block();
    let mut at = 0;
    while at < data.len() {
        let rest = &data[at..];
        let repeats = |distance: &&usize| {
            rest.len() >= 258 && at >= **distance && data[at - **distance..].starts_with(&rest[..258])
        };
        if let Some(&distance) = distances.iter().find(repeats) {
            bits.copy_258(distance as u64);
            at += 258;
        } else {
            bits.literal(rest[0]);
            at += 1;
        }
    }
    bits.into_zlib(adler32(data))
}

/// Inflates to `size` blanks (rounded up to a multiple of 258, and one), which are never held.
pub(super) fn zlib_of_blanks(size: u64) -> Vec<u8> {
    let mut bits = LowFirst::block();
    bits.literal(b' ');
    let copies = size.div_ceil(258);
    for _ in 0..copies {
        bits.copy_258(1);
    }
    bits.into_zlib(adler32_of_blanks(1 + 258 * copies))
}

/// The checksum of RFC 1950.
fn adler32(data: &[u8]) -> u32 {
    let sums = data.iter().fold((1, 0), |(first, second), &byte| {
        let first = (first + u32::from(byte)) % 65521;
        (first, (second + first) % 65521)
    });
    sums.1 << 16 | sums.0
}

/// The same in closed form: both sums are arithmetic series when all bytes are equal.
fn adler32_of_blanks(length: u64) -> u32 {
    let length = u128::from(length);
    let first = (1 + 32 * length) % 65521;
    let second = (length + 16 * length * (length + 1)) % 65521;
    u32::try_from(second << 16 | first).unwrap_or_default()
}

/// The checksum of zip archives and PNG pictures (ISO 3309).
pub(super) fn crc32(data: &[u8]) -> u32 {
    let step = |sum: u32, _: u32| (sum >> 1) ^ (0xEDB8_8320 * (sum & 1));
    !data
        .iter()
        .fold(!0, |sum, &byte| (0..8).fold(sum ^ u32::from(byte), step))
}

/// For `ASCIIHexDecode`.
pub(super) fn hex(data: &[u8]) -> Vec<u8> {
    let digits: Vec<String> = data.iter().map(|byte| format!("{byte:02x}")).collect();
    [digits.concat().as_bytes(), b">"].concat()
}

/// For `ASCII85Decode`.
pub(super) fn ascii85(data: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    for group in data.chunks(4) {
        let mut padded = [0; 4];
        padded[..group.len()].copy_from_slice(group);
        let mut number = u32::from_be_bytes(padded);
        let mut digits = [0; 5];
        for digit in digits.iter_mut().rev() {
            *digit = b'!' + (number % 85).to_le_bytes()[0];
            number /= 85;
        }
        text.extend_from_slice(&digits[..=group.len()]);
    }
    text.extend_from_slice(b"~>");
    text
}

/// For `RunLengthDecode`, without a run.
pub(super) fn run_length(data: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::new();
    for chunk in data.chunks(128) {
        encoded.extend(u8::try_from(chunk.len() - 1));
        encoded.extend_from_slice(chunk);
    }
    encoded.push(128);
    encoded
}

/// Runs of 128 blanks, two bytes each.
pub(super) fn run_length_of_blanks(size: usize) -> Vec<u8> {
    [[129, b' '].repeat(size / 128), vec![128]].concat()
}

const LZW_CLEAR: u16 = 256;
const LZW_END: u16 = 257;

/// Writes codes into bytes, the first bit highest, as `LZWDecode` has it.
#[derive(Default)]
struct HighFirst {
    bytes: Vec<u8>,
    held: u32,
    count: u32,
}

impl HighFirst {
    fn code(&mut self, code: u16, width: u32) {
        self.held = self.held << width | u32::from(code);
        self.count += width;
        while self.count >= 8 {
            self.count -= 8;
            self.bytes.push((self.held >> self.count).to_le_bytes()[0]);
            self.held &= (1 << self.count) - 1;
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.code(0, 7);
        self.bytes
    }
}

/// For `LZWDecode`: clears the table before it would need wider codes.
pub(super) fn lzw(data: &[u8]) -> Vec<u8> {
    let mut bits = HighFirst::default();
    for chunk in data.chunks(200) {
        bits.code(LZW_CLEAR, 9);
        for &byte in chunk {
            bits.code(u16::from(byte), 9);
        }
    }
    bits.code(LZW_END, 9);
    bits.finish()
}

/// `rounds` times about 7.3 MB of blanks: every code stands for one blank more than the code before it.
pub(super) fn lzw_of_blanks(rounds: usize) -> Vec<u8> {
    let mut bits = HighFirst::default();
    let mut width = 9;
    for _ in 0..rounds {
        bits.code(LZW_CLEAR, width);
        width = 9;
        bits.code(u16::from(b' '), width);
        for code in 258..4090_u16 {
            // A code becomes wider one entry early (`EarlyChange` is 1).
            width = match code + 1 {
                0..512 => 9,
                512..1024 => 10,
                1024..2048 => 11,
                _ => 12,
            };
            bits.code(code, width);
        }
    }
    bits.code(LZW_END, width);
    bits.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksums_are_those_of_their_standards() {
        assert_eq!(adler32(b"Wikipedia"), 0x11E6_0398);
        assert_eq!(adler32_of_blanks(1000), adler32(&[b' '; 1000]));
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn texts_are_encoded_as_the_standards_show_it() {
        assert_eq!(ascii85(b"Man "), b"9jqo^~>");
        assert_eq!(hex(b"\x01\xAB"), b"01ab>");
        assert_eq!(run_length(b"ab"), b"\x01ab\x80");
        // Clear, two literals and the end: 100000000 000101101 000101101 100000001, and zeros.
        assert_eq!(lzw(&[45, 45]), [0x80, 0x0B, 0x45, 0xB0, 0x10]);
    }

    #[test]
    fn repeats_are_compressed() {
        let blanks = vec![b' '; 1 + 258 * 100];
        assert_eq!(zlib(&blanks, &[1]), zlib_of_blanks(258 * 100));
        assert!(zlib_of_blanks(1 << 20).len() < 7000);
    }
}
