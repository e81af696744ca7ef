//! What an entry may say: everything at fault is found at once, each fault with its place.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::model::CredentialContent;
use crate::authoring::authored::ContentError;
use crate::llm::{is_invisible, is_name};

const MOST_NAME_CHARACTERS: usize = 200;
const MOST_DESCRIPTION_CHARACTERS: usize = 8_000;
const MOST_URL_CHARACTERS: usize = 2_000;
const MOST_HOURS: u32 = 10_000;
const MOST_SKILLS: usize = 20;
/// As tracks have them.
const MOST_SKILL_CHARACTERS: usize = 60;

/// The content without white space around its texts, or every fault, never none.
pub(super) fn checked(content: &CredentialContent) -> Result<CredentialContent, Vec<ContentError>> {
    let content = trimmed(content);
    let mut faults = Faults::default();
    faults.text("/title", &content.title, &Text::NAME);
    faults.text("/provider", &content.provider, &Text::NAME);
    faults.text("/description", &content.description, &Text::DESCRIPTION);
    faults.require(
        content.url.as_deref().is_none_or(is_web_address),
        "/url",
        "null or an absolute http or https URL of at most 2000 characters, with a host and without a user name",
    );
    faults.require(
        content
            .effort_hours
            .is_none_or(|hours| (1..=MOST_HOURS).contains(&hours)),
        "/effort_hours",
        "null or from 1 to 10000",
    );
    faults.skills(&content.skills);
    if faults.0.is_empty() {
        Ok(content)
    } else {
        Err(faults.0)
    }
}

fn trimmed(content: &CredentialContent) -> CredentialContent {
    CredentialContent {
        title: content.title.trim().to_owned(),
        provider: content.provider.trim().to_owned(),
        description: content.description.trim().to_owned(),
        ..content.clone()
    }
}

/// A kind of text.
struct Text {
    most: usize,
    lines: bool,
    expected: &'static str,
}

impl Text {
    const NAME: Self = Self {
        most: MOST_NAME_CHARACTERS,
        lines: false,
        expected: "1 to 200 characters",
    };
    const DESCRIPTION: Self = Self {
        most: MOST_DESCRIPTION_CHARACTERS,
        lines: true,
        expected: "1 to 8000 characters",
    };
}

#[derive(Default)]
struct Faults(Vec<ContentError>);

impl Faults {
    fn require(&mut self, sound: bool, pointer: &str, expected: &str) {
        if !sound {
            self.0.push(ContentError {
                pointer: pointer.to_owned(),
                expected: expected.to_owned(),
            });
        }
    }

    fn text(&mut self, pointer: &str, text: &str, kind: &Text) {
        let length = (1..=kind.most).contains(&text.chars().count());
        self.require(length, pointer, kind.expected);
        let breaks = |character| kind.lines && matches!(character, '\n' | '\r' | '\t');
        let control = |character: char| character.is_control() && !breaks(character);
        self.require(!text.contains(control), pointer, "without control characters");
        self.require(
            kind.lines || !text.contains(['\u{2028}', '\u{2029}']),
            pointer,
            "without separators of lines or paragraphs",
        );
        self.require(
            !text.contains(is_invisible),
            pointer,
            "without characters that nobody sees (zero-width, direction marks, tags, variation selectors, braille blanks)",
        );
    }

    fn skills(&mut self, skills: &[String]) {
        self.require(skills.len() <= MOST_SKILLS, "/skills", "a list of at most 20");
        let mut seen = BTreeSet::new();
        for (index, skill) in skills.iter().enumerate() {
            let pointer = format!("/skills/{index}");
            self.require(
                is_name(skill, MOST_SKILL_CHARACTERS),
                &pointer,
                "1 to 60 visible characters in one line, with no white space around them",
            );
            self.require(seen.insert(skill), &pointer, "a skill that was not named before");
        }
    }
}

/// Narrower than RFC 3986, so that every reader takes it for the same address: ASCII only, and nothing that browsers repair.
fn is_web_address(text: &str) -> bool {
    let written = |byte: u8| byte.is_ascii_graphic() && !br#""<>\^`{|}"#.contains(&byte);
    let rest = ["https://", "http://"].into_iter().find_map(|scheme| {
        let (start, rest) = text.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    });
    let Some(rest) = rest else { return false };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    text.len() <= MOST_URL_CHARACTERS
        && text.bytes().all(written)
        && is_escaped(path)
        && is_authority(authority)
}

/// Every per cent sign is followed by two hexadecimal digits.
fn is_escaped(text: &str) -> bool {
    text.split('%').skip(1).all(|rest| {
        let digits = rest.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

/// A host with or without a port.
fn is_authority(text: &str) -> bool {
    if let Some((address, rest)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let port = rest.strip_prefix(':').map_or(rest.is_empty(), is_port);
        return port && address.parse::<Ipv6Addr>().is_ok();
    }
    match text.split_once(':') {
        Some((host, port)) => is_host(host) && is_port(port),
        None => is_host(text),
    }
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

/// A name of RFC 1123, or an IPv4 address.
fn is_host(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // Where the last label is a number, readers take the whole for an address.
    let last = text.rsplit('.').next().unwrap_or_default();
    if last.starts_with(|first: char| first.is_ascii_digit()) {
        return text.parse::<Ipv4Addr>().is_ok();
    }
    text.len() <= 253 && text.split('.').all(is_label)
}
