//! The child's side: limits first, then a greeting, then PDF bytes from standard input, then the reply on standard output.
//!
//! Runs before any runtime, configuration or logging exists: the address space that those would take is the PDF's.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::pdf_engines::{self, Engines};
use super::protocol::{MAX_INPUT_BYTES, Refusal, RefusalCode, Reply, greet, say};

const MAX_ADDRESS_SPACE_BYTES: u64 = 512 * 1024 * 1024;
const MAX_PROCESSOR_SECONDS: u64 = 20;

/// The whole life of the child. With `lopdf_only` the more capable but more fragile engine is left out, for files on
/// which a first child died. Succeeds also when it reports that the PDF is unreadable.
pub fn main(lopdf_only: bool) -> ExitCode {
    // A panic is caught and answered by the other engine; its message would only confuse the server's log.
    std::panic::set_hook(Box::new(|_| {}));
    let engines = if lopdf_only {
        Engines::LopdfOnly
    } else {
        Engines::Both
    };
    let outcome = limit_resources().and_then(|()| run(io::stdin().lock(), io::stdout().lock(), engines));
    if outcome.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn limit_resources() -> io::Result<()> {
    lower_limit(Resource::As, MAX_ADDRESS_SPACE_BYTES)?;
    lower_limit(Resource::Cpu, MAX_PROCESSOR_SECONDS)?;
    lower_limit(Resource::Core, 0)
}

/// Never asks for more than the limit that is already in force: raising it would be refused.
fn lower_limit(resource: Resource, wanted: u64) -> io::Result<()> {
    let limit = getrlimit(resource)
        .maximum
        .map_or(wanted, |maximum| maximum.min(wanted));
    setrlimit(
        resource,
        Rlimit {
            current: Some(limit),
            maximum: Some(limit),
        },
    )?;
    Ok(())
}

fn run(input: impl Read, mut output: impl Write, engines: Engines) -> io::Result<()> {
    greet(&mut output)?;
    let reply = match read_input(input)? {
        Ok(bytes) => match pdf_engines::extract(&bytes, engines) {
            Ok(texts) => Reply::Text(texts),
            Err(error) => Reply::Refused { error },
        },
        Err(error) => Reply::Refused { error },
    };
    say(&reply, &mut output)
}

fn read_input(input: impl Read) -> io::Result<Result<Vec<u8>, Refusal>> {
    let mut bytes = Vec::new();
    let cap = u64::try_from(MAX_INPUT_BYTES + 1).unwrap_or(u64::MAX);
    input.take(cap).read_to_end(&mut bytes)?;
    if bytes.len() > MAX_INPUT_BYTES {
        return Ok(Err(Refusal::new(
            RefusalCode::TooLarge,
            format!("{} MiB", MAX_INPUT_BYTES >> 20),
        )));
    }
    Ok(Ok(bytes))
}

#[cfg(test)]
mod tests {
    use super::super::protocol::{Heard, hear};
    use super::*;

    fn reply_to(input: impl Read, engines: Engines) -> Reply {
        let mut output = Vec::new();
        run(input, &mut output, engines).expect("writing into memory succeeds");
        match hear(&output) {
            Heard::Reply(reply) => reply,
            other => panic!("a reply was expected, not {other:?}"),
        }
    }

    #[test]
    fn input_over_the_cap_is_refused_without_parsing() {
        let endless = io::repeat(b'%');
        let Reply::Refused { error } = reply_to(endless, Engines::Both) else {
            panic!("a refusal was expected")
        };
        assert_eq!(
            (error.code, error.detail.as_str()),
            (RefusalCode::TooLarge, "64 MiB")
        );
    }

    #[test]
    fn the_reply_names_the_code_in_snake_case() {
        let mut output = Vec::new();
        run(&b"%PDF-1.4\nnothing more"[..], &mut output, Engines::LopdfOnly).expect("writing succeeds");
        let text = String::from_utf8(output).expect("JSON is UTF-8");
        let line = text.lines().nth(1).expect("the reply follows the greeting");
        assert!(
            line.starts_with(r#"{"error":{"code":"malformed","detail":""#),
            "{text}"
        );
    }
}
