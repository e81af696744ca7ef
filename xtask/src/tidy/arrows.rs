//! Which crate may know which: the compiler enforces the arrows, this keeps the manifests from growing new ones.

use std::collections::BTreeSet;

use super::Findings;
use super::rust_text::{RustText, names_after};
use super::tree::Tree;

/// Folder, package name and the packages of ours that it may depend on outside of tests.
const ARROWS: [(&str, &str, &[&str]); 8] = [
    ("domain", "domain", &[]),
    ("jobs", "jobs", &["domain"]),
    ("storage", "storage", &["jobs", "domain"]),
    ("outbound", "outbound", &["jobs", "domain"]),
    ("app", "touchstone", &["storage", "outbound", "jobs", "domain"]),
    ("testkit", "testkit", &["storage", "outbound", "jobs", "domain"]),
    ("providers", "providers", &[]),
    ("faults", "faults", &["providers"]),
];

/// What the domain must be able to do without.
const OUTSIDE: [&str; 6] = ["tokio", "sea-orm", "sqlx", "axum", "reqwest", "redis"];

/// Normal dependencies between our crates follow the arrows; `testkit` and `providers` are for tests only.
pub(crate) fn crates_depend_along_the_arrows(tree: &Tree, findings: &mut Findings) {
    let ours: BTreeSet<&str> = ARROWS.iter().map(|(_, package, _)| *package).collect();
    for folder in tree.crates() {
        let path = manifest(folder);
        let Some((_, package, allowed)) = ARROWS.iter().find(|(known, _, _)| *known == folder) else {
            findings.error(
                &path,
                "this crate has no arrows yet; give it a line in xtask/src/tidy/arrows.rs",
            );
            continue;
        };
        for dependency in dependencies(tree.text(&path).unwrap_or_default()) {
            if ours.contains(dependency.as_str()) && !allowed.contains(&dependency.as_str()) {
                findings.error(&path, &format!("{package} must not depend on {dependency}"));
            }
        }
    }
}

/// The rules crate stays free of runtimes, SQL and HTTP.
pub(crate) fn the_domain_knows_no_outside(tree: &Tree, findings: &mut Findings) {
    let path = manifest("domain");
    for dependency in dependencies(tree.text(&path).unwrap_or_default()) {
        if OUTSIDE.contains(&dependency.as_str()) {
            findings.error(&path, &format!("domain must not depend on {dependency}"));
        }
    }
}

/// The engine runs jobs of slices that it does not know.
pub(crate) fn jobs_see_only_the_job_kernel(tree: &Tree, findings: &mut Findings) {
    for (path, source) in tree.below("crates/jobs/src/", ".rs") {
        for (line, name) in names_after(&RustText::of(source).code, "domain") {
            if name != "job" {
                findings.error_at(
                    path,
                    line,
                    &format!("jobs may use domain::job only, not domain::{name}"),
                );
            }
        }
    }
}

fn manifest(folder: &str) -> String {
    format!("crates/{folder}/Cargo.toml")
}

/// Names in `[dependencies]`, `[target.*.dependencies]` and `[dependencies.<name>]`; renamed ones by their package.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut listed = false;
    for line in manifest.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            listed = section == "dependencies"
                || (section.starts_with("target.") && section.ends_with(".dependencies"));
            names.extend(section.strip_prefix("dependencies.").map(str::to_owned));
        } else if listed && !line.starts_with('#') && line.contains('=') {
            let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
            let package = line
                .split_once("package = \"")
                .and_then(|(_, rest)| rest.split('"').next());
            names.insert(package.unwrap_or(name).to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::errors;

    #[test]
    fn every_way_to_write_a_dependency_is_read_and_development_ones_are_not() {
        let manifest = "[package]\nname = \"x\"\n[dependencies]\na.workspace = true\nb = \"1\"\n# c = \"1\"\n\
            d = { package = \"real-d\", version = \"1\" }\n[dependencies.e]\nversion = \"1\"\n\
            [target.'cfg(unix)'.dependencies]\nf = \"1\"\n[dev-dependencies]\ng = \"1\"\n";
        let names: Vec<_> = dependencies(manifest).into_iter().collect();
        assert_eq!(names, ["a", "b", "e", "f", "real-d"]);
    }

    #[test]
    fn an_arrow_against_the_direction_is_an_error_and_a_test_dependency_is_not() {
        let files = [
            (
                "crates/jobs/Cargo.toml",
                "[dependencies]\ndomain.workspace = true\nstorage.workspace = true\n",
            ),
            (
                "crates/storage/Cargo.toml",
                "[dependencies]\njobs.workspace = true\n[dev-dependencies]\ntestkit = {}\n",
            ),
            (
                "crates/app/Cargo.toml",
                "[dependencies]\ntestkit.workspace = true\n",
            ),
        ];
        let found = errors(crates_depend_along_the_arrows, &files);
        assert_eq!(
            found,
            [
                "crates/app/Cargo.toml: touchstone must not depend on testkit",
                "crates/jobs/Cargo.toml: jobs must not depend on storage",
            ]
        );
    }

    #[test]
    fn a_new_crate_must_say_where_it_stands() {
        let found = errors(crates_depend_along_the_arrows, &[("crates/extra/Cargo.toml", "")]);
        assert!(found[0].contains("no arrows yet"), "{found:?}");
    }

    #[test]
    fn the_domain_may_use_tokio_in_its_tests_only() {
        let fine = "[dependencies]\nserde = \"1\"\n[dev-dependencies]\ntokio = \"1\"\n";
        assert!(errors(the_domain_knows_no_outside, &[("crates/domain/Cargo.toml", fine)]).is_empty());
        let broken = "[dependencies]\ntokio = \"1\"\n";
        assert_eq!(
            errors(
                the_domain_knows_no_outside,
                &[("crates/domain/Cargo.toml", broken)]
            )
            .len(),
            1
        );
    }

    #[test]
    fn jobs_may_name_the_kernel_but_no_slice() {
        let source =
            "use domain::job::{JobId, Clock};\nuse domain::{job, attempts::Attempt};\n// domain::scoring\n";
        let found = errors(
            jobs_see_only_the_job_kernel,
            &[("crates/jobs/src/lib.rs", source)],
        );
        assert_eq!(
            found,
            ["crates/jobs/src/lib.rs:2: jobs may use domain::job only, not domain::attempts"]
        );
    }
}
