//! Files behind passwords that nobody knows, and files that only say so.

use super::pdf::Pdf;
use super::{ENCRYPTED, OddFile};

pub(super) fn files() -> Vec<OddFile> {
    let locked = behind_passwords()
        .into_iter()
        .map(|(name, handler)| OddFile::new(format!("locked-{name}.pdf"), encrypted(&handler), ENCRYPTED));
    let odd = odd_handlers()
        .into_iter()
        .map(|(name, handler)| OddFile::either(format!("locked-{name}.pdf"), encrypted(&handler)));
    let by = |name: &str, entries: &str| {
        OddFile::either(
            format!("locked-by-{name}.pdf"),
            Pdf::one_page().with_trailer(entries).bytes(),
        )
    };
    let without = [
        by("nothing", "/Root 1 0 R /Encrypt null"),
        by("what-is-missing", "/Root 1 0 R /Encrypt 99 0 R"),
    ];
    locked.chain(odd).chain(without).collect()
}

/// Handlers that ask for a password, or for a key.
fn behind_passwords() -> Vec<(&'static str, String)> {
    let (short, long) = (short_keys(), long_keys());
    let filters = |method: &str| {
        format!("/CF << /A << /CFM /{method} /AuthEvent /DocOpen /Length 16 >> >> /StmF /A /StrF /A")
    };
    let (aes_128, aes_256) = (filters("AESV2"), filters("AESV3"));
    vec![
        ("rc4-40", format!("/Filter /Standard /V 1 /R 2 {short}")),
        (
            "rc4-128",
            format!("/Filter /Standard /V 2 /R 3 /Length 128 {short}"),
        ),
        (
            "aes-128",
            format!("/Filter /Standard /V 4 /R 4 /Length 128 {aes_128} {short}"),
        ),
        (
            "aes-256",
            format!("/Filter /Standard /V 5 /R 6 /Length 256 {aes_256} {long}"),
        ),
        (
            "aes-256-first-draft",
            format!("/Filter /Standard /V 5 /R 5 /Length 256 {aes_256} {long}"),
        ),
        (
            "by-certificates",
            "/Filter /Adobe.PubSec /V 4 /SubFilter /adbe.pkcs7.s5".to_owned(),
        ),
    ]
}

fn odd_handlers() -> Vec<(&'static str, String)> {
    let short = short_keys();
    vec![
        (
            "by-an-unknown-version",
            format!("/Filter /Standard /V 99 /R 99 {short}"),
        ),
        ("by-an-unknown-filter", "/Filter /Odd".to_owned()),
        (
            "with-short-keys",
            "/Filter /Standard /V 2 /R 3 /O <4f> /U <55> /P -4".to_owned(),
        ),
        ("without-keys", "/Filter /Standard /V 2 /R 3".to_owned()),
        (
            "with-a-negative-length",
            format!("/Filter /Standard /V 2 /R 3 /Length -8 {short}"),
        ),
        (
            "with-a-huge-length",
            format!("/Filter /Standard /V 2 /R 3 /Length 2147483640 {short}"),
        ),
        (
            "with-wrong-kinds",
            "/Filter 7 /V /A /R (x) /O [] /U << >> /P null".to_owned(),
        ),
        (
            "with-missing-filters",
            format!("/Filter /Standard /V 4 /R 4 /CF 6 0 R /StmF /CF /StrF /CF {short}"),
        ),
    ]
}

fn short_keys() -> String {
    format!("/O <{}> /U <{}> /P -4", "4f".repeat(32), "55".repeat(32))
}

fn long_keys() -> String {
    let (owner, user) = ("4f".repeat(48), "55".repeat(48));
    let (wrapped, permissions) = ("11".repeat(32), "33".repeat(16));
    format!("/O <{owner}> /U <{user}> /OE <{wrapped}> /UE <{wrapped}> /Perms <{permissions}> /P -4")
}

fn encrypted(handler: &str) -> Vec<u8> {
    let id = "1d".repeat(16);
    let entries = format!("/Root 1 0 R /Encrypt << {handler} >> /ID [<{id}> <{id}>]");
    Pdf::one_page().with_trailer(entries).bytes()
}
