//! `bench`: measurements of the release binary, from outside, as an operator meets it.
//!
//! A bench is one file with one function; add it to [`BENCHES`] and it is listed, run and reported.

mod api;
mod demo;
mod edge;
mod figure;
mod gate;
mod jobs;
mod llm;
mod load;
mod scorer;
pub(crate) mod server;
mod startup;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};

use crate::process;
use crate::workspace::Workspace;
pub(crate) use api::rehearse as rehearse_api;
pub(crate) use figure::{Figure, table};

struct Bench {
    name: &'static str,
    about: &'static str,
    /// Takes the release binary; prints nothing on success.
    run: fn(&Path) -> anyhow::Result<Vec<Figure>>,
}

const BENCHES: [Bench; 11] = [
    Bench {
        name: "startup",
        about: "time until the server listens, and its memory at rest",
        run: startup::run,
    },
    Bench {
        name: "demo",
        about: "wall time of the whole demonstration",
        run: demo::run,
    },
    Bench {
        name: "api",
        about: "start, save, submit, status and result of a track beside a baseline with the same statements, and with ten \
                times the rows: CPU time per request",
        run: api::run,
    },
    Bench {
        name: "edge",
        about: "p99 of 200 requests a second in quiet and beside a flood of sign-ins, idle sockets, slow headers and slow bodies",
        run: edge::run,
    },
    Bench {
        name: "scorer",
        about: "accuracy, confidence, steadiness and speed of the local scorer on the development data",
        run: scorer::run,
    },
    Bench {
        name: "gate",
        about: "the quality gate on planted and on sound items, and its speed",
        run: gate::run,
    },
    Bench {
        name: "jobs",
        about: "durable no-op jobs through the whole worker beside a bare loop, their latency, a backlog and a long snapshot",
        run: jobs::run,
    },
    Bench {
        name: "llm",
        about: "500 model calls of 2 s under way, alone and as jobs of a worker; limits per sliding minute; the journal beside the bill",
        run: llm::run,
    },
    Bench {
        name: "load",
        about: "many candidates sitting at once, on two API and two worker processes; `bench load --help` names its flags",
        run: load::short,
    },
    Bench {
        name: "saves",
        about: "answer saves of one process beside pgbench running the same statement save by save",
        run: load::saves,
    },
    Bench {
        name: "poll",
        about: "status polls beside a bare handler with the same statements",
        run: load::poll,
    },
];

/// Runs the named benches, all without names, and prints their figures.
pub(crate) fn run(workspace: &Workspace, names: &[String]) -> anyhow::Result<ExitCode> {
    if names.iter().any(|name| name == "--list") {
        for bench in &BENCHES {
            println!("{:<12} {}", bench.name, bench.about);
        }
        return Ok(ExitCode::SUCCESS);
    }
    if let [first, flags @ ..] = names
        && first == "load"
        && !flags.is_empty()
    {
        return load::with(&build(workspace)?, flags);
    }
    println!("{}", table(&measure(workspace, names)?));
    Ok(ExitCode::SUCCESS)
}

/// The figures of the named benches, all without names, in the order of the list.
pub(crate) fn measure(workspace: &Workspace, names: &[String]) -> anyhow::Result<Vec<Figure>> {
    let chosen = choose(names)?;
    let binary = build(workspace)?;
    let mut figures = Vec::new();
    for bench in chosen {
        println!("bench {}: {}", bench.name, bench.about);
        let measured = (bench.run)(&binary).with_context(|| format!("bench {} failed", bench.name))?;
        figures.extend(measured);
    }
    Ok(figures)
}

fn choose(names: &[String]) -> anyhow::Result<Vec<&'static Bench>> {
    for name in names {
        if !BENCHES.iter().any(|bench| bench.name == name) {
            let known: Vec<&str> = BENCHES.iter().map(|bench| bench.name).collect();
            bail!("there is no bench `{name}`; there are: {}", known.join(", "));
        }
    }
    let wanted = |bench: &&Bench| names.is_empty() || names.iter().any(|name| name == bench.name);
    Ok(BENCHES.iter().filter(wanted).collect())
}

fn build(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    process::run(process::cargo(workspace).args(["build", "--release", "--package", "touchstone"]))?;
    Ok(workspace.target_directory().join("release/touchstone"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_means_all_and_a_wrong_one_lists_the_right_ones() {
        assert_eq!(choose(&[]).unwrap().len(), BENCHES.len());
        assert_eq!(choose(&["demo".to_owned()]).unwrap()[0].name, "demo");
        let refusal = choose(&["demos".to_owned()]).err().unwrap().to_string();
        assert!(refusal.contains("startup, demo"), "{refusal}");
    }
}
