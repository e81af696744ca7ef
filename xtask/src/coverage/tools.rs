//! The LLVM programs that read profiles. Only those of rustc's own LLVM, or a newer one, understand its format.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::process;

/// The two programs, from the same LLVM.
pub(crate) struct Tools {
    profdata: PathBuf,
    cov: PathBuf,
}

impl Tools {
    /// The toolchain's own `llvm-tools` component first, then what is in PATH.
    pub(crate) fn find() -> anyhow::Result<Self> {
        let version = process::output(Command::new("rustc").arg("-vV"))?;
        let wanted = value(&version, "LLVM version: ")
            .and_then(major)
            .context("rustc does not name its LLVM")?;
        let host = value(&version, "host: ").context("rustc does not name its host")?;
        let sysroot = process::output(Command::new("rustc").args(["--print", "sysroot"]))?;
        let bundled = Path::new(sysroot.trim())
            .join("lib/rustlib")
            .join(host)
            .join("bin");
        let suffixed = format!("-{wanted}");
        let candidates = [
            (bundled.clone(), ""),
            (PathBuf::new(), suffixed.as_str()),
            (PathBuf::new(), ""),
        ];
        for (folder, suffix) in candidates {
            let program = |name: &str| folder.join(format!("{name}{suffix}"));
            let tools = Self {
                profdata: program("llvm-profdata"),
                cov: program("llvm-cov"),
            };
            if tools.major().is_some_and(|found| found >= wanted) {
                return Ok(tools);
            }
        }
        bail!(
            "nothing here reads profiles of LLVM {wanted}: run `rustup component add llvm-tools`, or install llvm-{wanted}"
        )
    }

    /// The major version of `llvm-cov`; older `llvm-profdata` do not know `--version`.
    fn major(&self) -> Option<u32> {
        let merges = process::succeeds(Command::new(&self.profdata).args(["merge", "--help"]));
        let output = Command::new(&self.cov)
            .arg("--version")
            .stdin(Stdio::null())
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        merges
            .then(|| {
                text.split_once("LLVM version ")
                    .and_then(|(_, version)| major(version))
            })
            .flatten()
    }

    /// Merges the profiles of a folder and answers with an LCOV report over the programs.
    pub(crate) fn report(&self, profiles: &Path, objects: &[PathBuf]) -> anyhow::Result<String> {
        let merged = profiles.join("all.profdata");
        let mut merge = Command::new(&self.profdata);
        merge
            .args(["merge", "--sparse", "--failure-mode=all", "-o"])
            .arg(&merged);
        for entry in std::fs::read_dir(profiles)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "profraw") {
                merge.arg(path);
            }
        }
        process::run(&mut merge)?;
        let mut export = Command::new(&self.cov);
        export
            .args([
                "export",
                "--format=lcov",
                "--summary-only=false",
                "--instr-profile",
            ])
            .arg(&merged);
        for object in objects {
            export.arg("--object").arg(object);
        }
        process::output(&mut export)
    }
}

fn value<'text>(text: &'text str, name: &str) -> Option<&'text str> {
    text.lines().find_map(|line| line.strip_prefix(name))
}

fn major(version: &str) -> Option<u32> {
    version.trim().split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_rustc_prints() {
        let text = "rustc 1.95.0\nhost: x86_64-unknown-linux-gnu\nLLVM version: 22.1.2\n";
        assert_eq!(value(text, "LLVM version: ").and_then(major), Some(22));
        assert_eq!(value(text, "host: "), Some("x86_64-unknown-linux-gnu"));
    }
}
