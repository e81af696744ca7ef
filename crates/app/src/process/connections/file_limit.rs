//! Room for the connections that the settings allow: every one is a file descriptor.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What a process needs besides: database, jobs, readers of files.
const OTHER_FILES: u64 = 256;

/// Raises the soft limit to the hard one, and logs when even that does not suffice.
pub(super) fn raise(max_connections: usize) {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::debug!(%error, "the limit of open files stays");
    }
    let allowed = getrlimit(Resource::Nofile).current;
    if let Some(allowed) = allowed.filter(|&allowed| !fits(max_connections, allowed)) {
        tracing::warn!(
            max_connections,
            open_files = allowed,
            "server.max_connections does not fit into the limit of open files; raise that (ulimit -n) or lower the setting"
        );
    }
}

fn fits(max_connections: usize, open_files: u64) -> bool {
    (max_connections as u64).saturating_add(OTHER_FILES) <= open_files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_becomes_the_hard_one() {
        raise(16);
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
        assert!(fits(744, 1000) && !fits(745, 1000));
    }
}
