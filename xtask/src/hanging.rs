//! A run of tests that may hang: whoever started it is told which test it was and where its threads stand, instead of waiting for as
//! long as they are let.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::process;

/// How long a run may say nothing while it has a test that was named as slow, which it is after a minute. Compiling says nothing for
/// longer, but names no test.
const PATIENCE: Duration = Duration::from_mins(10);

const TICK: Duration = Duration::from_millis(500);

/// Runs `cargo test` to its end; its lines reach the terminal, and `each`.
pub(crate) fn status(command: &mut Command, each: impl FnMut(&str)) -> anyhow::Result<ExitStatus> {
    status_within(PATIENCE, command, each)
}

fn status_within(
    patience: Duration,
    command: &mut Command,
    mut each: impl FnMut(&str),
) -> anyhow::Result<ExitStatus> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("`{}` cannot be started", process::line(command)))?;
    let lines = lines_of(&mut child);
    let mut slow = Slow::default();
    let mut heard = Instant::now();
    loop {
        match lines.recv_timeout(TICK) {
            Ok(line) => {
                println!("{line}");
                slow.hear(&line);
                each(&line);
                heard = Instant::now();
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(child.wait()?),
            Err(RecvTimeoutError::Timeout) => {
                // Something that it left behind may hold its standard output.
                if let Some(status) = child.try_wait()? {
                    return Ok(status);
                }
                if !slow.0.is_empty() && heard.elapsed() >= patience {
                    return give_up(&mut child, &slow);
                }
            }
        }
    }
}

fn lines_of(child: &mut Child) -> Receiver<String> {
    let (heard, lines) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        std::thread::spawn(move || {
            let read = BufReader::new(stdout).lines().map_while(Result::ok);
            for line in read {
                if heard.send(line).is_err() {
                    break;
                }
            }
        });
    }
    lines
}

/// Tests that were named as slow and have not ended.
#[derive(Default)]
struct Slow(BTreeSet<String>);

impl Slow {
    /// Reads `test NAME has been running for over 60 seconds`, `test NAME ... ok` and `test result: …`.
    fn hear(&mut self, line: &str) {
        let Some(rest) = line.strip_prefix("test ") else {
            return;
        };
        if rest.starts_with("result: ") {
            self.0.clear();
        } else if let Some((name, _)) = rest.split_once(" has been running for over ") {
            self.0.insert(name.to_owned());
        } else if let Some((name, _)) = rest.split_once(" ... ") {
            self.0.remove(name);
        }
    }
}

/// Says where everything stands, and ends it.
fn give_up(child: &mut Child, slow: &Slow) -> anyhow::Result<ExitStatus> {
    let family = family_of(child.id());
    for process in &family {
        eprint!("{}", threads_of(*process));
    }
    let ids = family.iter().map(u32::to_string);
    let killed = process::succeeds(Command::new("kill").arg("-KILL").args(ids));
    if killed {
        child.wait()?;
    }
    let names: Vec<&str> = slow.0.iter().map(String::as_str).collect();
    bail!("the tests hang; not ended: {}", names.join(", "));
}

/// A process and what it has started, parents first.
fn family_of(root: u32) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let parents: Vec<(u32, u32)> = ids.filter_map(|id| Some((id, parent_of(id)?))).collect();
    let mut family = vec![root];
    let mut next = 0;
    while let Some(parent) = family.get(next).copied() {
        let children = parents.iter().filter(|(_, of)| *of == parent);
        family.extend(children.map(|(id, _)| *id));
        next += 1;
    }
    family
}

/// The fourth field of `/proc/ID/stat`; the second, in brackets, may contain anything.
fn parent_of(id: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, behind_name) = stat.rsplit_once(')')?;
    behind_name.split_whitespace().nth(1)?.parse().ok()
}

/// A line for each thread: its name, where in the kernel it waits, and in which system call.
fn threads_of(process: u32) -> String {
    let mut text = format!("process {process}\n");
    let directory = format!("/proc/{process}/task");
    for thread in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let says = |file: &str| {
            let said = std::fs::read_to_string(thread.path().join(file)).unwrap_or_default();
            said.trim_end().to_owned()
        };
        let id = thread.file_name();
        let (name, waits, call) = (says("comm"), says("wchan"), says("syscall"));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {} {name}: {waits}, system call {call}", id.display());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOW: &str = "test a::b has been running for over 60 seconds";

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_run_that_ends_gives_its_status_and_lines() {
        let mut heard = Vec::new();
        let script = format!("echo '{SLOW}'; echo 'test a::b ... ok'; sleep 2; exit 3");
        let status = status_within(Duration::ZERO, &mut shell(&script), |line| {
            heard.push(line.to_owned());
        });
        assert_eq!(status.unwrap().code(), Some(3));
        assert_eq!(heard, [SLOW, "test a::b ... ok"]);
    }

    #[test]
    fn a_run_that_hangs_is_ended_with_everything_it_started() {
        let mut started = None;
        let script = format!("sleep 1000 & echo $!; echo '{SLOW}'; wait");
        let error = status_within(Duration::from_secs(1), &mut shell(&script), |line| {
            started = started.or(line.parse::<u32>().ok());
        })
        .unwrap_err();
        assert_eq!(error.to_string(), "the tests hang; not ended: a::b");
        // Whoever inherits it may not have looked at its end yet.
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", started.unwrap()));
        assert!(stat.is_err() || stat.unwrap().contains(") Z "));
    }

    #[test]
    fn what_ended_is_not_waited_for_behind_what_it_left() {
        let status = status_within(PATIENCE, &mut shell("sleep 20 & exit 0"), |_| {});
        assert!(status.unwrap().success());
    }

    #[test]
    fn only_tests_that_have_not_ended_are_slow() {
        let mut slow = Slow::default();
        for line in [
            SLOW,
            "test c has been running for over 60 seconds",
            "test c ... FAILED",
        ] {
            slow.hear(line);
        }
        assert_eq!(slow.0, BTreeSet::from(["a::b".to_owned()]));
        slow.hear("test result: ok. 1 passed; 0 failed");
        assert!(slow.0.is_empty());
    }
}
