//! What is sent, shape by shape, and what is answered.

/// What must never be answered where it hides in or behind something else.
const HIDDEN: &str = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
const LOGIN: &str = "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
const EMPTY_CHUNK: &str = "0\r\n\r\n";
/// No answer at all, the connection is closed.
const CLOSED: &[u16] = &[];
const BAD: &[u16] = &[400];
const TOO_LARGE: &[u16] = &[431];

/// What is sent, and the statuses of all answers to it.
pub(super) struct Shape {
    pub(super) name: &'static str,
    pub(super) sent: Vec<u8>,
    pub(super) statuses: &'static [u16],
}

/// All of them.
pub(super) fn shapes() -> Vec<Shape> {
    let framed = FRAMINGS
        .iter()
        .map(|&(name, fields, body)| framed(name, fields, body));
    let chunked = CHUNKS
        .iter()
        .map(|&(name, body)| self::framed(name, "Transfer-Encoding: chunked\r\n", body));
    let heads = HEADS.iter().map(|&(name, line, fields)| {
        let sent = format!("{line}\r\n{fields}\r\n{HIDDEN}");
        shape(name, sent, BAD)
    });
    let odd = [odd_framings(), odd_heads(), large_heads(), allowed()];
    framed
        .chain(chunked)
        .chain(heads)
        .chain(odd.into_iter().flatten())
        .collect()
}

fn shape(name: &'static str, sent: impl Into<Vec<u8>>, statuses: &'static [u16]) -> Shape {
    Shape {
        name,
        sent: sent.into(),
        statuses,
    }
}

/// A sign-in with these fields and this body, then the hidden request.
fn framed(name: &'static str, fields: &str, body: &str) -> Shape {
    shape(name, format!("{LOGIN}{fields}\r\n{body}{HIDDEN}"), BAD)
}

/// Fields and bodies whose end is not where one of two readers thinks it is.
const FRAMINGS: [(&str, &str, &str); 30] = [
    (
        "length before encoding",
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        EMPTY_CHUNK,
    ),
    (
        "encoding before length",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        EMPTY_CHUNK,
    ),
    (
        "an encoding, and a length that hides a request",
        "Transfer-Encoding: chunked\r\nContent-Length: 41\r\n",
        EMPTY_CHUNK,
    ),
    ("two lengths", "Content-Length: 0\r\nContent-Length: 36\r\n", ""),
    (
        "the same length twice",
        "Content-Length: 2\r\nContent-Length: 2\r\n",
        "{}",
    ),
    ("a list of lengths", "Content-Length: 0, 36\r\n", ""),
    ("a list of the same length", "Content-Length: 2, 2\r\n", "{}"),
    ("a length with a sign", "Content-Length: +2\r\n", "{}"),
    ("a negative length", "Content-Length: -2\r\n", "{}"),
    ("a hexadecimal length", "Content-Length: 0x2\r\n", "{}"),
    ("a length with a space", "Content-Length: 2 0\r\n", "{}"),
    ("a length with a fraction", "Content-Length: 2.0\r\n", "{}"),
    ("an empty length", "Content-Length:\r\n", "{}"),
    ("a length in words", "Content-Length: two\r\n", "{}"),
    (
        "a length beyond numbers",
        "Content-Length: 18446744073709551618\r\n",
        "{}",
    ),
    ("a folded length", "Content-Length:\r\n 2\r\n", "{}"),
    ("a space behind the length's name", "Content-Length : 2\r\n", "{}"),
    (
        "two encodings",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        EMPTY_CHUNK,
    ),
    (
        "an encoding behind chunked",
        "Transfer-Encoding: chunked, identity\r\n",
        EMPTY_CHUNK,
    ),
    (
        "an encoding before chunked",
        "Transfer-Encoding: gzip, chunked\r\n",
        EMPTY_CHUNK,
    ),
    ("another encoding", "Transfer-Encoding: identity\r\n", EMPTY_CHUNK),
    ("almost chunked", "Transfer-Encoding: xchunked\r\n", EMPTY_CHUNK),
    (
        "quoted chunked",
        "Transfer-Encoding: \"chunked\"\r\n",
        EMPTY_CHUNK,
    ),
    (
        "chunked with a parameter",
        "Transfer-Encoding: chunked;q=1\r\n",
        EMPTY_CHUNK,
    ),
    (
        "chunked behind a vertical tab",
        "Transfer-Encoding: \u{b}chunked\r\n",
        EMPTY_CHUNK,
    ),
    (
        "a folded encoding",
        "Transfer-Encoding:\r\n chunked\r\n",
        EMPTY_CHUNK,
    ),
    (
        "a space behind the encoding's name",
        "Transfer-Encoding : chunked\r\n",
        EMPTY_CHUNK,
    ),
    (
        "a tab behind the encoding's name",
        "Transfer-Encoding\t: chunked\r\n",
        EMPTY_CHUNK,
    ),
    (
        "an encoding behind a bare line feed",
        "X-A: a\nTransfer-Encoding: chunked\r\n",
        EMPTY_CHUNK,
    ),
    (
        "an encoding behind a bare carriage return",
        "X-A: a\rTransfer-Encoding: chunked\r\n",
        EMPTY_CHUNK,
    ),
];

/// Chunks that are none.
const CHUNKS: [(&str, &str); 9] = [
    ("a negative chunk", "-2\r\n{}\r\n0\r\n\r\n"),
    ("a chunk with a prefix", "0x2\r\n{}\r\n0\r\n\r\n"),
    ("a chunk beyond numbers", "10000000000000002\r\n{}\r\n0\r\n\r\n"),
    ("a chunk without a size", "\r\n{}\r\n0\r\n\r\n"),
    ("a size that ends in a bare line feed", "2\n{}\r\n0\r\n\r\n"),
    ("a chunk longer than its size", "1\r\n{}\r\n0\r\n\r\n"),
    ("a chunk shorter than its size", "3\r\n{}\r\n0\r\n\r\n"),
    ("a line feed in an extension", "2;a\n{}\r\n0\r\n\r\n"),
    ("a size in words", "two\r\n{}\r\n0\r\n\r\n"),
];

/// First lines and fields that make no head.
const HEADS: [(&str, &str, &str); 26] = [
    (
        "a folded line",
        "GET /healthz HTTP/1.1",
        "Host: x\r\nX-A: a\r\n b\r\n",
    ),
    (
        "a folded first line",
        "GET /healthz HTTP/1.1",
        " Host: x\r\nHost: x\r\n",
    ),
    (
        "NUL in a value",
        "GET /healthz HTTP/1.1",
        "Host: x\r\nX-A: a\0b\r\n",
    ),
    ("NUL in a name", "GET /healthz HTTP/1.1", "Host: x\r\nX\0A: a\r\n"),
    ("NUL in the target", "GET /health\0z HTTP/1.1", "Host: x\r\n"),
    ("NUL in the method", "G\0T /healthz HTTP/1.1", "Host: x\r\n"),
    (
        "a line without a colon",
        "GET /healthz HTTP/1.1",
        "Host: x\r\nX-A\r\n",
    ),
    (
        "a field without a name",
        "GET /healthz HTTP/1.1",
        "Host: x\r\n: a\r\n",
    ),
    (
        "a space before a colon",
        "GET /healthz HTTP/1.1",
        "Host: x\r\nX-A : a\r\n",
    ),
    ("no host", "GET /healthz HTTP/1.1", ""),
    ("two hosts", "GET /healthz HTTP/1.1", "Host: x\r\nHost: y\r\n"),
    ("an empty host", "GET /healthz HTTP/1.1", "Host:\r\n"),
    ("a host with a path", "GET /healthz HTTP/1.1", "Host: x/y\r\n"),
    ("a host with a user", "GET /healthz HTTP/1.1", "Host: x@y\r\n"),
    (
        "a URL of another host",
        "GET http://y/healthz HTTP/1.1",
        "Host: x\r\n",
    ),
    (
        "a URL of another scheme",
        "GET file://x/healthz HTTP/1.1",
        "Host: x\r\n",
    ),
    ("a target without a slash", "GET healthz HTTP/1.1", "Host: x\r\n"),
    ("a tunnel", "CONNECT x:443 HTTP/1.1", "Host: x\r\n"),
    ("an asterisk", "GET * HTTP/1.1", "Host: x\r\n"),
    ("two spaces", "GET  /healthz HTTP/1.1", "Host: x\r\n"),
    (
        "a space behind the version",
        "GET /healthz HTTP/1.1 ",
        "Host: x\r\n",
    ),
    ("a space in the target", "GET /health z HTTP/1.1", "Host: x\r\n"),
    ("no method", " /healthz HTTP/1.1", "Host: x\r\n"),
    ("UTF-8 in the target", "GET /\u{e9} HTTP/1.1", "Host: x\r\n"),
    ("HTTP/1.2", "GET /healthz HTTP/1.2", "Host: x\r\n"),
    (
        "a version in small letters",
        "GET /healthz http/1.1",
        "Host: x\r\n",
    ),
];

fn odd_framings() -> Vec<Shape> {
    let old = LOGIN.replace("HTTP/1.1", "HTTP/1.0");
    let chunked = "Transfer-Encoding: chunked\r\n\r\n";
    let length = HIDDEN.len();
    let get = "GET /healthz HTTP/1.1\r\nHost: x\r\n";
    vec![
        shape(
            "chunked in HTTP/1.0",
            format!("{old}{chunked}{EMPTY_CHUNK}{HIDDEN}"),
            BAD,
        ),
        shape(
            "a request behind a chunked one",
            format!("{LOGIN}{chunked}2\r\n{{}}\r\n{EMPTY_CHUNK}{HIDDEN}"),
            &[422],
        ),
        shape(
            "a request as the body of another",
            format!("{LOGIN}Content-Length: {length}\r\n\r\n{HIDDEN}"),
            BAD,
        ),
        shape(
            "a request as a body that nobody reads",
            format!("{get}Content-Length: {length}\r\n\r\n{HIDDEN}"),
            &[200],
        ),
    ]
}

fn odd_heads() -> Vec<Shape> {
    vec![
        shape(
            "bare line feeds",
            format!("GET /healthz HTTP/1.1\nHost: x\n\n{HIDDEN}"),
            BAD,
        ),
        shape(
            "a bare line feed at the end",
            format!("GET /healthz HTTP/1.1\r\nHost: x\r\n\n{HIDDEN}"),
            BAD,
        ),
        shape(
            "bad UTF-8 in the target",
            b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n".as_slice(),
            BAD,
        ),
        shape("HTTP/0.9", "GET /healthz\r\n", BAD),
        shape("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", BAD),
        shape(
            "TLS",
            b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\n\r\n".as_slice(),
            BAD,
        ),
        shape("another protocol", "EHLO mail.example\r\n", BAD),
        shape(
            "a head that breaks off",
            "GET /healthz HTTP/1.1\r\nHost: x\r\nX-A",
            CLOSED,
        ),
        shape("nothing", "", CLOSED),
    ]
}

fn large_heads() -> Vec<Shape> {
    let long = "a".repeat(100_000);
    let many = "X-A: a\r\n".repeat(200);
    let get = "GET /healthz HTTP/1.1\r\nHost: x\r\n";
    vec![
        shape(
            "a huge field",
            format!("{get}X-A: {long}\r\n\r\n{HIDDEN}"),
            TOO_LARGE,
        ),
        shape(
            "a huge target",
            format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n{HIDDEN}"),
            TOO_LARGE,
        ),
        shape("many fields", format!("{get}{many}\r\n{HIDDEN}"), TOO_LARGE),
    ]
}

/// What looks odd and is allowed; one answer, or two where two requests are sent.
fn allowed() -> Vec<Shape> {
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    let me = b"GET /api/v1/auth/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\r\n\r\n";
    vec![
        shape("one request behind another", HIDDEN.repeat(2), &[200, 200]),
        shape("an empty line before a request", format!("\r\n{HIDDEN}"), &[200]),
        shape("HTTP/1.0 without a host", "GET /healthz HTTP/1.0\r\n\r\n", &[200]),
        shape(
            "a URL of the same host",
            "GET http://x/healthz HTTP/1.1\r\nHost: X\r\n\r\n",
            &[200],
        ),
        shape(
            "bad UTF-8 in a value",
            b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: \xff\r\n\r\n".as_slice(),
            &[200],
        ),
        shape("bad UTF-8 in a token", me.as_slice(), &[401]),
        shape(
            "bad UTF-8 behind percent signs",
            get("/api/v1/tracks/%ff%fe"),
            &[401],
        ),
        shape("NUL behind a percent sign", get("/api/v1/jobs/%00"), &[401]),
        shape("a path upwards", get("/docs/../../etc/passwd"), &[404]),
        shape(
            "an unknown method",
            "BREW /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
            &[405],
        ),
    ]
}
