//! What attacks on the edge cost everybody else: floods of sign-ins, idle sockets, slow headers and bodies.

use std::path::Path;
use std::process::Command;

use super::api::parse;
use super::figure::Figure;
use super::server::{RunningServer, data_directory};
use crate::process;
use crate::workspace::Workspace;

/// Settings of a server, and the attacks on it with the names of their figures.
type Series = (&'static [(&'static str, &'static str)], &'static [&'static str]);

const SERIES: [Series; 2] = [
    (
        &[],
        &[
            "sign-ins=200 sign-ins a second",
            "idle-sockets=20,000 idle sockets",
            "slow-headers=1,000 slow headers",
            "slow-bodies=200 slow bodies",
        ],
    ),
    (
        &[("TOUCHSTONE__RATE_LIMITS__LOGIN_ADDRESS", "1000000")],
        &["sign-ins=200 sign-ins a second, no limit by network address"],
    ),
];

/// Runs the program `bench_edge` of the app crate, on SQLite; it prints `name<TAB>unit<TAB>sample,sample,…` lines.
pub(crate) fn run(binary: &Path) -> anyhow::Result<Vec<Figure>> {
    let workspace = Workspace::find()?;
    let mut cargo = process::cargo(&workspace);
    cargo.args(["build", "--release", "--package", "touchstone"]);
    process::run(cargo.args(["--example", "bench_edge"]))?;
    let program = workspace.target_directory().join("release/examples/bench_edge");
    let mut figures = Vec::new();
    for (settings, attacks) in SERIES {
        let server = RunningServer::start_in(data_directory()?, binary, settings)?;
        let mut bench = Command::new(&program);
        bench
            .args([&server.base_url, &server.pid().to_string()])
            .args(attacks);
        for line in process::output(&mut bench)?.lines() {
            figures.push(parse(line)?);
        }
        server.stop()?;
    }
    Ok(figures)
}
