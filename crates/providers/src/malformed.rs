//! Answers that are none: a good one of each wire format, broken in every way a network, a proxy or a model server breaks it.

use serde_json::{Value, json};

use crate::answer::{Answer, Words};
use crate::wires::Wire;

const TRUNCATIONS: usize = 24;
const DEEP: usize = 10_000;
const WRITTEN: &str = "WRITTEN";

/// One odd answer with status 200.
#[derive(Clone, Debug)]
pub struct Malformed {
    /// What is odd about it.
    pub name: String,
    /// To be scripted.
    pub answer: Answer,
    /// No reader can make anything of it; of the others one may.
    pub is_hopeless: bool,
}

impl Malformed {
    fn new(name: impl Into<String>, body: impl Into<Vec<u8>>, is_hopeless: bool) -> Self {
        Self {
            name: name.into(),
            answer: Answer::body(body),
            is_hopeless,
        }
    }
}

/// Bodies for one wire format, some hundreds.
pub fn malformed_answers(wire: Wire) -> Vec<Malformed> {
    let good = wire.answer("scripted", &Words::new(WRITTEN), (11, 7));
    let mut all = truncated(&good);
    all.extend(wrong_types(&good));
    all.extend(odd_json(&good.to_string()));
    all.extend(not_json(&good.to_string()));
    all.extend(other_wires(wire));
    all.extend(disguised(&good.to_string()));
    all
}

/// What is not even HTTP, or contradicts itself.
pub fn malformed_exchanges() -> Vec<Malformed> {
    let long_header = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "a".repeat(1 << 20));
    let many_headers = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(5_000));
    let shapes: [(&str, &str); 12] = [
        ("nothing", ""),
        ("words", "hello\r\n\r\n"),
        ("only a newline", "\r\n"),
        ("no status", "HTTP/1.1\r\n\r\n"),
        (
            "a status that is none",
            "HTTP/1.1 2e2 OK\r\ncontent-length: 2\r\n\r\n{}",
        ),
        ("a head cut off", "HTTP/1.1 200 OK\r\ncontent-le"),
        (
            "a negative length",
            "HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\n{}",
        ),
        (
            "two lengths",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        ),
        (
            "a body cut off",
            "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{}",
        ),
        (
            "a chunk that is none",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        ),
        ("a very long header", &long_header),
        ("very many headers", &many_headers),
    ];
    let scripted = shapes.map(|(name, bytes)| Malformed {
        name: name.to_owned(),
        answer: Answer::Socket(bytes.into()),
        is_hopeless: true,
    });
    scripted.into()
}

fn truncated(good: &Value) -> Vec<Malformed> {
    let text = good.to_string();
    let cut = |part: usize| {
        let end = text.len() * part / TRUNCATIONS;
        Malformed::new(format!("cut off at byte {end}"), &text.as_bytes()[..end], true)
    };
    (0..TRUNCATIONS).map(cut).collect()
}

/// Another type, or nothing, at every place of the answer.
fn wrong_types(good: &Value) -> Vec<Malformed> {
    let odd = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!(""),
        json!("NaN"),
        json!([]),
        json!([[]]),
        json!([null]),
        json!({}),
        json!({"0": {}}),
    ];
    let mut all = Vec::new();
    for place in places(good, "") {
        for odd in &odd {
            let mut body = good.clone();
            if let Some(value) = body.pointer_mut(&place) {
                *value = odd.clone();
            }
            all.push(Malformed::new(
                format!("{odd} at {place:?}"),
                body.to_string(),
                false,
            ));
        }
        if let Some(body) = without(good, &place) {
            all.push(Malformed::new(
                format!("nothing at {place:?}"),
                body.to_string(),
                false,
            ));
        }
    }
    all
}

/// JSON pointers to every value.
fn places(value: &Value, here: &str) -> Vec<String> {
    let within: Vec<(String, &Value)> = match value {
        Value::Array(values) => values
            .iter()
            .enumerate()
            .map(|(place, value)| (place.to_string(), value))
            .collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        _ => Vec::new(),
    };
    let below = within
        .into_iter()
        .flat_map(|(name, value)| places(value, &format!("{here}/{name}")));
    std::iter::once(here.to_owned()).chain(below).collect()
}

fn without(good: &Value, place: &str) -> Option<Value> {
    let (parent, name) = place.rsplit_once('/')?;
    let mut body = good.clone();
    match body.pointer_mut(parent)? {
        Value::Object(fields) => drop(fields.remove(name)?),
        Value::Array(values) => drop(values.remove(name.parse().ok()?)),
        _ => return None,
    }
    Some(body)
}

/// JSON, or nearly, of which readers disagree.
fn odd_json(good: &str) -> Vec<Malformed> {
    let within = |name: &str, written: &str, is_hopeless| {
        let quoted = format!("\"{WRITTEN}\"");
        Malformed::new(name, good.replacen(&quoted, written, 1), is_hopeless)
    };
    let nested = |open: &str, close: &str| format!("{}{}", open.repeat(DEEP), close.repeat(DEEP));
    let twice = good.replacen('{', &format!("{{\"{WRITTEN}\": 1, \"{WRITTEN}\": 2, "), 1);
    vec![
        within("a lone surrogate", "\"\\ud800\"", true),
        within("surrogates in the wrong order", "\"\\udc00\\ud800\"", true),
        within("an escape that is none", "\"\\x41\"", true),
        within("an escaped NUL", "\"\\u0000\"", false),
        within("a bare NUL", "\"\0\"", true),
        within("a bare newline", "\"\n\"", true),
        within("not a number", "NaN", true),
        within("infinity", "Infinity", true),
        within("a number beyond doubles", "1e400", true),
        within("a very long number", &"9".repeat(100_000), true),
        within("single quotes", "'hello'", true),
        within("a comment", "/* hello */ \"hello\"", true),
        within("a very long text", &format!("\"{}\"", "a".repeat(900_000)), false),
        within("arrays 10,000 deep", &nested("[", "]"), true),
        within(
            "objects 10,000 deep",
            &nested("{\"a\":", "}").replacen(":}", ":1}", 1),
            true,
        ),
        Malformed::new("nothing but deep arrays", nested("[", "]"), true),
        Malformed::new("deep and never closed", "[".repeat(100_000), true),
        Malformed::new("every key twice over", twice, false),
        Malformed::new("a comma too many", good.replacen('}', ",}", 1), true),
        Malformed::new("white space around it", format!("\r\n\t {good} \n\n"), false),
        Malformed::new("a byte order mark before it", format!("\u{feff}{good}"), true),
        Malformed::new("itself after it", format!("{good}\n{good}"), true),
        Malformed::new("itself in a list", format!("[{good}]"), true),
        Malformed::new("itself as a text", json!(good).to_string(), true),
        Malformed::new("a guard before it", format!(")]}}'\n{good}"), true),
        Malformed::new("a fence around it", format!("```json\n{good}\n```"), true),
    ]
}

/// What stands where JSON should.
fn not_json(good: &str) -> Vec<Malformed> {
    let utf16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut invalid = good.as_bytes().to_vec();
    let place = good.find(WRITTEN).unwrap_or(0);
    invalid[place] = 0xff;
    let page = "<!DOCTYPE html><html><title>502 Bad Gateway</title><h1>Bad Gateway</h1></html>";
    let lines = format!("data: {good}\n\ndata: [DONE]\n\n");
    vec![
        Malformed::new("nothing", "", true),
        Malformed::new("white space", " \n ", true),
        Malformed::new("null", "null", true),
        Malformed::new("true", "true", true),
        Malformed::new("a number", "0", true),
        Malformed::new("a text", "\"hello\"", true),
        Malformed::new("an empty list", "[]", true),
        Malformed::new("an empty object", "{}", true),
        Malformed::new("prose", "I am sorry, but I cannot do that.", true),
        Malformed::new("a page", page, true),
        Malformed::new("lines of events", lines, true),
        Malformed::new("half a brace", "}", true),
        Malformed::new("a byte order mark", "\u{feff}", true),
        Malformed::new("NULs", vec![0; 4096], true),
        Malformed::new("UTF-16", utf16, true),
        Malformed::new("a byte that is no UTF-8", invalid, true),
        Malformed::new("bytes of every kind", (0..=255).collect::<Vec<u8>>(), true),
        Malformed::new("a zip", b"PK\x03\x04\x14\0\0\0\x08\0".to_vec(), true),
        Malformed::new(
            "a stack trace",
            "Traceback (most recent call last):\n  File \"x\"",
            true,
        ),
    ]
}

/// Good answers of somebody else, and this provider's refusals with a status that says success.
fn other_wires(wire: Wire) -> Vec<Malformed> {
    let others = Wire::ALL.into_iter().filter(|other| *other != wire);
    let answers = others.map(|other| {
        let body = other.answer("scripted", &Words::new(WRITTEN), (11, 7));
        Malformed::new(format!("an answer of {other:?}"), body.to_string(), true)
    });
    let refusals = Wire::ALL.into_iter().map(|other| {
        let (_, body) = other.refusal(&crate::answer::Refusal::new(500, "hello"));
        Malformed::new(format!("a refusal of {other:?} with status 200"), body, true)
    });
    answers.chain(refusals).collect()
}

/// A good body under headers that say something else, and a packed one.
fn disguised(good: &str) -> Vec<Malformed> {
    let bare = |name: &str, header: (&str, &str), body: &[u8], is_hopeless| Malformed {
        name: name.to_owned(),
        answer: Answer::Bare {
            status: 200,
            headers: vec![(header.0.to_owned(), header.1.to_owned())],
            body: body.to_vec(),
        },
        is_hopeless,
    };
    let packed = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xab\xae\x05\0\x43\xbf\xa6\xa3\x02\0\0\0";
    let good = good.as_bytes();
    vec![
        bare("a page by its type", ("content-type", "text/html"), good, false),
        bare(
            "events by its type",
            ("content-type", "text/event-stream"),
            good,
            false,
        ),
        bare(
            "another charset",
            ("content-type", "application/json; charset=utf-16"),
            good,
            false,
        ),
        bare("a type that is none", ("content-type", "////"), good, false),
        bare("packed", ("content-encoding", "gzip"), packed, true),
        bare(
            "packed by its header only",
            ("content-encoding", "gzip"),
            good,
            false,
        ),
    ]
}
