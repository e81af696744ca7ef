//! Bodies that are odd in ways somebody has thought of.

use serde_json::{Value, json};

const DEEP: usize = 10_000;

/// Values that readers of JSON stumble over, as they are written.
pub(super) const ODD_VALUES: [&str; 36] = [
    "null",
    "true",
    "0",
    "-0",
    "-1",
    "1.5",
    "1e400",
    "-1e400",
    "1e-400",
    "1E+2",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "123456789012345678901234567890",
    "0.1e1000000000",
    "\"\"",
    "\" \"",
    "\"\\u0000\"",
    "\"a\\u0000b\"",
    "\"\\ud800\"",
    "\"\\udc00\\ud800\"",
    "\"\\ud83d\\ude00\"",
    "\"\\u202e\\u2066x\"",
    "\"\u{feff}x\"",
    "\"e\u{301}\u{301}\"",
    "\"\u{fffe}\u{10ffff}\"",
    "\"\\u001b[31m\"",
    "\"' OR '1'='1\"",
    "\"../../etc/passwd\"",
    "\"${jndi:ldap://127.0.0.1:9/a}\"",
    "\"<script>alert(1)</script>\"",
    "[]",
    "{}",
    "[[[[[[]]]]]]",
    "{\"$ref\":\"#\",\"__proto__\":{}}",
];

/// Texts that are no JSON, or not JSON that anybody asked for.
const ODD_BODIES: [&str; 33] = [
    "",
    " ",
    "\u{0}",
    "\u{feff}{}",
    "{",
    "}",
    "[",
    "{}{}",
    "{} x",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}",
    "{a:1}",
    "{'a':1}",
    "{\"a\":01}",
    "{\"a\":+1}",
    "{\"a\":.5}",
    "{\"a\":1.}",
    "{\"a\":0x10}",
    "{\"a\":NaN}",
    "{\"a\":Infinity}",
    "// x\n{}",
    "{\"a\":\"\u{1}\"}",
    "{\"a\":\"\\x\"}",
    "{\"a\":\"\\u12\"}",
    "undefined",
    "{\"\":{}}",
    "<a/>",
    "a=1&b=2",
    "\"",
    "\\",
    "nul",
    "{\"\\ud800\":1}",
];

/// Whole bodies.
pub(super) fn odd(sample: &Value) -> Vec<(String, Vec<u8>)> {
    let text = sample.to_string();
    let whole = ODD_BODIES
        .iter()
        .chain(&ODD_VALUES)
        .map(|body| body.as_bytes().to_vec());
    let mut bodies: Vec<Vec<u8>> = whole.collect();
    // Cut anywhere, down to nothing.
    bodies.extend((1..8).map(|part| text.as_bytes()[..text.len() * part / 8].to_vec()));
    bodies.extend([
        b"\xFF".to_vec(),
        b"{\"a\":\"\xFF\"}".to_vec(),
        b"{\"a\":\"\xED\xA0\x80\"}".to_vec(),
        text.bytes().flat_map(|byte| [byte, 0]).collect(),
        format!("\u{feff}{text}").into_bytes(),
        format!("{text} {text}").into_bytes(),
        format!("[{text}]").into_bytes(),
        json!(text).to_string().into_bytes(),
        "[".repeat(DEEP).into_bytes(),
        "{\"a\":".repeat(DEEP).into_bytes(),
        format!("{}{}", "[".repeat(DEEP), "]".repeat(DEEP)).into_bytes(),
        format!("[{}0]", "0,".repeat(300_000)).into_bytes(),
        format!("\"{}\"", "x".repeat(900_000)).into_bytes(),
        format!("\"{}\"", "\\u0000".repeat(100_000)).into_bytes(),
        " ".repeat(900_000).into_bytes(),
        many_members(50_000),
    ]);
    let named = |body: Vec<u8>| {
        (
            String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned(),
            body,
        )
    };
    bodies.into_iter().map(named).collect()
}

fn many_members(count: usize) -> Vec<u8> {
    let members: Vec<String> = (0..count).map(|number| format!("\"m{number}\":1")).collect();
    format!("{{{}}}", members.join(",")).into_bytes()
}

/// The sample with each of its members made odd, one at a time.
pub(super) fn odd_members(sample: &Value) -> Vec<(String, Vec<u8>)> {
    let names = sample.as_object().into_iter().flatten().map(|(name, _)| name);
    let mut bodies = Vec::new();
    for name in names {
        let deep = format!("{}{}", "[".repeat(DEEP), "]".repeat(DEEP));
        let deep_objects = format!("{}1{}", "{\"a\":".repeat(DEEP), "}".repeat(DEEP));
        let long = format!("\"{}\"", "x".repeat(300_000));
        let values = ODD_VALUES
            .into_iter()
            .chain([deep.as_str(), &deep_objects, &long]);
        for value in values {
            bodies.push((format!("{name} is {value:.40}"), with_raw(sample, name, value)));
        }
        let twice = format!("{0},\"{name}\":{0}", sample[name]);
        bodies.push((format!("{name} twice"), with_raw(sample, name, &twice)));
        let differently = format!("{},\"{name}\":null", sample[name]);
        bodies.push((
            format!("{name} twice, then null"),
            with_raw(sample, name, &differently),
        ));
        let mut without = sample.clone();
        without
            .as_object_mut()
            .into_iter()
            .for_each(|members| drop(members.remove(name)));
        bodies.push((format!("without {name}"), without.to_string().into_bytes()));
    }
    bodies
}

/// The object with the value of a member written as it is given.
fn with_raw(object: &Value, name: &str, raw: &str) -> Vec<u8> {
    let members = object.as_object().into_iter().flatten().map(|(one, value)| {
        let value = if one == name {
            raw.to_owned()
        } else {
            value.to_string()
        };
        format!("{}:{value}", json!(one))
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(",")).into_bytes()
}

#[test]
fn a_member_is_made_odd_in_its_place() {
    let sample = json!({ "a": 1, "b": [2] });
    let bodies = odd_members(&sample);
    let has = |text: &str| bodies.iter().any(|(_, body)| body == text.as_bytes());
    assert!(has(r#"{"a":1e400,"b":[2]}"#) && has(r#"{"a":1,"b":"\ud800"}"#));
    assert!(has(r#"{"a":1,"a":1,"b":[2]}"#) && has(r#"{"b":[2]}"#));
}
