//! Processes by their number: kill, freeze, thaw, children.

use std::fs;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};

/// SIGKILL. A process that is gone already is what was wanted.
pub(crate) fn kill(process: u32) -> Result<()> {
    match send(process, Signal::KILL) {
        Err(error) if !is_alive(process) => {
            drop(error);
            Ok(())
        }
        sent => sent,
    }
}

/// SIGTERM.
pub(crate) fn terminate(process: u32) -> Result<()> {
    send(process, Signal::TERM)
}

/// SIGSTOP.
pub(crate) fn freeze(process: u32) -> Result<()> {
    send(process, Signal::STOP)
}

/// SIGCONT.
pub(crate) fn thaw(process: u32) -> Result<()> {
    send(process, Signal::CONT)
}

fn send(process: u32, signal: Signal) -> Result<()> {
    let number = i32::try_from(process).ok().and_then(Pid::from_raw);
    let number = number.context("a process has a positive number")?;
    kill_process(number, signal).with_context(|| format!("{signal:?} to process {process}"))
}

/// Whether there is such a process that has not ended; one that nobody has awaited yet counts as ended.
pub(crate) fn is_alive(process: u32) -> bool {
    fs::read_to_string(format!("/proc/{process}/stat")).is_ok_and(|stat| {
        let state = fields(&stat).and_then(|mut fields| fields.next());
        state.is_some_and(|state| state != "Z" && state != "X")
    })
}

/// The processes that `parent` has started and that live.
pub(crate) fn children(parent: u32) -> Result<Vec<u32>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").context("/proc cannot be read")? {
        let Some(process) = entry
            .ok()
            .and_then(|entry| entry.file_name().to_str()?.parse().ok())
        else {
            continue;
        };
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let of_parent = fields(&stat).and_then(|mut fields| fields.nth(1)?.parse::<u32>().ok());
        if of_parent == Some(parent) {
            found.push(process);
        }
    }
    Ok(found)
}

/// Resident memory in KiB.
pub(crate) fn resident(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// What follows the name, which may hold blanks and brackets: state, parent and so on.
fn fields(stat: &str) -> Option<impl Iterator<Item = &str>> {
    Some(stat.rsplit_once(')')?.1.split_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_and_parent_stand_behind_a_name_of_any_shape() {
        let mut found = fields("71 (a (b) c) S 12 71 0").unwrap();
        assert_eq!((found.next(), found.next()), (Some("S"), Some("12")));
    }

    #[test]
    fn this_process_lives_and_has_memory() {
        let own = std::process::id();
        assert!(is_alive(own) && resident(own).is_some_and(|kibibytes| kibibytes > 100));
    }
}
