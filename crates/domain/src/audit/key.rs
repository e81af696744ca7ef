//! The key of the seal, and what is computed with it.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::{Zeroize as _, ZeroizeOnDrop};

/// Bytes of a block of SHA-256; a shorter HMAC key is filled up with zeros (RFC 2104).
const BLOCK: usize = 64;

/// In front of everything that is authenticated, so that another encoding can never pass for this one.
const ENCODING: u8 = 1;

/// 32 bytes that the database must not contain in the clear. Overwritten when dropped, never printed.
#[derive(Clone, ZeroizeOnDrop)]
pub struct AuditKey([u8; 32]);

impl AuditKey {
    /// Takes the bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Begins the HMAC-SHA256 of fields for one purpose; a value made for one purpose never fits another.
    pub(super) fn authenticate(&self, purpose: &str) -> Fields {
        let mut block = [0; BLOCK];
        block[..self.0.len()].copy_from_slice(&self.0);
        let mut mac = Hmac::<Sha256>::new((&block).into());
        block.zeroize();
        mac.update(&[ENCODING]);
        Fields(mac).bytes(purpose.as_bytes())
    }
}

impl fmt::Debug for AuditKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AuditKey(…)")
    }
}

/// Fields in a row, each with its length in front: what stands in one field cannot pass for two.
pub(super) struct Fields(Hmac<Sha256>);

impl Fields {
    pub(super) fn bytes(mut self, value: &[u8]) -> Self {
        self.0.update(&[1]);
        self.0.update(&(value.len() as u64).to_be_bytes());
        self.0.update(value);
        self
    }

    pub(super) fn text(self, value: &str) -> Self {
        self.bytes(value.as_bytes())
    }

    pub(super) fn number(self, value: i64) -> Self {
        self.bytes(&value.to_be_bytes())
    }

    /// A field that may be missing, which is not the same as empty.
    pub(super) fn optional(mut self, value: Option<&[u8]>) -> Self {
        if let Some(value) = value {
            return self.bytes(value);
        }
        self.0.update(&[0]);
        self
    }

    /// 64 hexadecimal digits.
    pub(super) fn hex(self) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
        let bytes = self.0.finalize().into_bytes();
        bytes
            .iter()
            .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Fields {
        AuditKey::new([7; 32]).authenticate("test")
    }

    /// RFC 4231, test case 1, whose key of 20 bytes fills a block with zeros as ours does.
    #[test]
    fn it_is_hmac_sha256() {
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        let mut block = [0; BLOCK];
        block[..32].copy_from_slice(&key);
        let mut mac = Hmac::<Sha256>::new((&block).into());
        mac.update(b"Hi There");
        assert_eq!(
            Fields(mac).hex(),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        );
    }

    #[test]
    fn fields_cannot_be_moved_into_one_another() {
        let all = [
            fields().text("ab").text("c").hex(),
            fields().text("a").text("bc").hex(),
            fields().text("abc").text("").hex(),
            fields().text("abc").optional(None).hex(),
            fields().text("abc").hex(),
            AuditKey::new([7; 32]).authenticate("testabc").hex(),
            AuditKey::new([8; 32]).authenticate("test").text("abc").hex(),
        ];
        for (index, one) in all.iter().enumerate() {
            assert!(!all[..index].contains(one), "number {index} is not new");
        }
    }

    #[test]
    fn the_key_is_not_printed() {
        assert_eq!(format!("{:?}", AuditKey::new([65; 32])), "AuditKey(…)");
    }
}
