//! What a request's head has to look like before anything is done with it.
//!
//! Stricter than RFC 9112 asks of a server, and than the parser behind it is: whatever two programs in a row could read in
//! two ways is refused. Where lines end, how long the body is and for which host a request is meant have one reading only.
//! Architecture invariant: a head that passes has exactly one framing, and everything behind it is counted by that framing.

/// How the end of the body is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// So many bytes; none without a body.
    Length(u64),
    /// In chunks, up to the empty one.
    Chunked,
}

/// Why a head is refused, for whoever sent it.
pub(super) type Refusal = &'static str;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    Http10,
    Http11,
}

struct RequestLine<'a> {
    version: Version,
    /// Of a target that names one.
    authority: Option<&'a [u8]>,
}

/// The fields on which framing and routing depend; `None` when absent.
#[derive(Default)]
struct Fields<'a> {
    host: Option<&'a [u8]>,
    content_length: Option<&'a [u8]>,
    transfer_encoding: Option<&'a [u8]>,
}

/// Judges a whole head, from the request line to the empty line, both included.
pub(super) fn check(head: &[u8]) -> Result<Framing, Refusal> {
    let lines = head.strip_suffix(b"\r\n").ok_or("it has no end")?;
    let mut lines = lines.split_inclusive(|&byte| byte == b'\n');
    let request = request_line(lines.next().unwrap_or_default())?;
    let mut fields = Fields::default();
    for line in lines {
        fields.take(line)?;
    }
    fields.check_host(&request)?;
    fields.framing(request.version)
}

/// Judges the first line alone, line end included: a client that speaks something else learns so at once.
pub(super) fn check_request_line(line: &[u8]) -> Result<(), Refusal> {
    request_line(line).map(|_| ())
}

fn request_line(line: &[u8]) -> Result<RequestLine<'_>, Refusal> {
    let line = line.strip_suffix(b"\r\n").ok_or("a line ends without CR LF")?;
    let mut words = line.split(|&byte| byte == b' ');
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err("the first line is not method, target and version");
    };
    let version = match version {
        b"HTTP/1.1" => Version::Http11,
        b"HTTP/1.0" => Version::Http10,
        _ => return Err("the version is neither HTTP/1.1 nor HTTP/1.0"),
    };
    if method.is_empty() || !method.iter().all(|&byte| is_token(byte)) {
        return Err("the method is not a token");
    }
    if !target.iter().all(u8::is_ascii_graphic) {
        return Err("the target has characters that have to be percent-encoded");
    }
    let authority = authority(method, target)?;
    Ok(RequestLine { version, authority })
}

/// The host in an absolute target. Targets of other forms than path, URL and `OPTIONS *` are for proxies.
fn authority<'a>(method: &[u8], target: &'a [u8]) -> Result<Option<&'a [u8]>, Refusal> {
    if target.starts_with(b"/") || (target == b"*" && method == b"OPTIONS") {
        return Ok(None);
    }
    let scheme_ends = target.windows(3).position(|window| window == b"://");
    let Some(position) = scheme_ends else {
        return Err("the target is neither a path nor a URL");
    };
    if ![&b"http"[..], b"https"]
        .iter()
        .any(|scheme| target[..position].eq_ignore_ascii_case(scheme))
    {
        return Err("the target is a URL of another scheme");
    }
    let rest = &target[position + 3..];
    let ends = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#'));
    Ok(Some(&rest[..ends.unwrap_or(rest.len())]))
}

impl<'a> Fields<'a> {
    fn take(&mut self, line: &'a [u8]) -> Result<(), Refusal> {
        let line = line.strip_suffix(b"\r\n").ok_or("a line ends without CR LF")?;
        let colon = line
            .iter()
            .position(|&byte| byte == b':')
            .ok_or("a line is no field")?;
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.is_empty() || !name.iter().all(|&byte| is_token(byte)) {
            return Err("the name of a field is not a token");
        }
        if !value
            .iter()
            .all(|&byte| byte == b'\t' || !byte.is_ascii_control())
        {
            return Err("the value of a field has control characters");
        }
        let known = [
            (&b"host"[..], &mut self.host),
            (b"content-length", &mut self.content_length),
            (b"transfer-encoding", &mut self.transfer_encoding),
        ];
        let same = known
            .into_iter()
            .find(|(known, _)| name.eq_ignore_ascii_case(known));
        match same {
            Some((_, place)) if place.is_some() => Err("host or framing is given twice"),
            Some((_, place)) => {
                *place = Some(value);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Present, a host, and the same as in the target (RFC 9112, 3.2 and 3.3).
    fn check_host(&self, request: &RequestLine<'_>) -> Result<(), Refusal> {
        let Some(host) = self.host else {
            let may_lack = request.version == Version::Http10 && request.authority.is_none();
            return if may_lack { Ok(()) } else { Err("there is no host") };
        };
        let is_host = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~:[]%".contains(byte);
        if host.is_empty() || !host.iter().all(is_host) {
            return Err("the host is none");
        }
        match request.authority {
            Some(authority) if !authority.eq_ignore_ascii_case(host) => {
                Err("target and host name different hosts")
            }
            _ => Ok(()),
        }
    }

    /// One of the two kinds, in the one way of writing it (RFC 9112, 6).
    fn framing(&self, version: Version) -> Result<Framing, Refusal> {
        match (self.transfer_encoding, self.content_length) {
            (None, None) => Ok(Framing::Length(0)),
            (None, Some(length)) => length_of(length).map(Framing::Length),
            (Some(_), Some(_)) => Err("the body has a length and an encoding"),
            (Some(encoding), None)
                if version == Version::Http11 && encoding.eq_ignore_ascii_case(b"chunked") =>
            {
                Ok(Framing::Chunked)
            }
            (Some(_), None) => Err("the transfer encoding is not chunked"),
        }
    }
}

fn length_of(digits: &[u8]) -> Result<u64, Refusal> {
    let text = std::str::from_utf8(digits).unwrap_or_default();
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let length = text.parse().ok().filter(|_| plain);
    length.ok_or("the length of the body is not a number")
}

/// `tchar` of RFC 9110, 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(fields: &str) -> Result<Framing, Refusal> {
        check(format!("POST /a HTTP/1.1\r\nHost: a.example\r\n{fields}\r\n").as_bytes())
    }

    #[test]
    fn the_framing_is_what_the_fields_say() {
        assert_eq!(with(""), Ok(Framing::Length(0)));
        assert_eq!(with("Content-Length: 12\r\n"), Ok(Framing::Length(12)));
        assert_eq!(with("content-length:\t12 \r\n"), Ok(Framing::Length(12)));
        assert_eq!(with("Transfer-Encoding: Chunked\r\n"), Ok(Framing::Chunked));
        assert_eq!(
            with("X-Name: caf\u{e9}\r\nAccept: */*\r\n"),
            Ok(Framing::Length(0))
        );
    }

    #[test]
    fn what_has_two_readings_is_refused() {
        for fields in [
            "Content-Length: 1\r\nContent-Length: 1\r\n",
            "Content-Length: 1, 1\r\n",
            "Content-Length: +1\r\n",
            "Content-Length: 0x1\r\n",
            "Content-Length: 1 2\r\n",
            "Content-Length: -1\r\n",
            "Content-Length:\r\n",
            "Content-Length: 99999999999999999999\r\n",
            "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Transfer-Encoding: chunked, identity\r\n",
            "Transfer-Encoding: xchunked\r\n",
            "Transfer-Encoding: \u{b}chunked\r\n",
            "Transfer-Encoding : chunked\r\n",
            "Transfer-Encoding:\r\n chunked\r\n",
            "Host: b.example\r\n",
            "X: a\rb\r\n",
            "X: a\nY: b\r\n",
            "X: a\0b\r\n",
            ": a\r\n",
            "no field\r\n",
        ] {
            assert!(with(fields).is_err(), "{fields:?}");
        }
    }

    #[test]
    fn a_target_is_a_path_or_a_url_of_the_same_host() {
        let host = |line: &str, host: &str| check(format!("{line}\r\n{host}\r\n").as_bytes()).is_ok();
        let ours = "Host: a.example:80\r\n";
        assert!(host("GET /a?b#c HTTP/1.1", ours) && host("GET http://A.example:80/a HTTP/1.1", ours));
        assert!(host("OPTIONS * HTTP/1.1", ours) && host("GET / HTTP/1.0", ""));
        for line in [
            "GET http://b.example/ HTTP/1.1",
            "GET http://a.example:80@b.example/ HTTP/1.1",
            "GET ftp://a.example:80/ HTTP/1.1",
            "GET * HTTP/1.1",
            "GET a HTTP/1.1",
            "CONNECT a.example:80 HTTP/1.1",
            "GET  / HTTP/1.1",
            "GET / HTTP/1.1 ",
            "GET /\u{e9} HTTP/1.1",
            "GET /\t HTTP/1.1",
            "G\u{0}T / HTTP/1.1",
            "GET / HTTP/2.0",
            "GET / http/1.1",
            "GET /",
        ] {
            assert!(!host(line, ours), "{line:?}");
        }
        assert!(!host("GET / HTTP/1.1", "") && !host("GET / HTTP/1.1", "Host:\r\n"));
        assert!(!host("GET / HTTP/1.1", "Host: a/b\r\n") && !host("GET / HTTP/1.1", "Host: a@b\r\n"));
    }
}
