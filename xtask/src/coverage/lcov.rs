//! The part of the LCOV format that is needed here: `SF` (file), `LF` (lines found) and `LH` (lines hit).

use std::iter::Sum;
use std::path::Path;

/// Counts of instrumented lines.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub(crate) struct Lines {
    /// Lines with code.
    pub(crate) found: u32,
    /// Lines that ran at least once.
    pub(crate) hit: u32,
}

impl Lines {
    /// 100 · hit / found; None without lines.
    pub(crate) fn percent(self) -> Option<f64> {
        (self.found > 0).then(|| 100.0 * f64::from(self.hit) / f64::from(self.found))
    }
}

impl Sum for Lines {
    fn sum<I: Iterator<Item = Self>>(lines: I) -> Self {
        lines.fold(Self::default(), |a, b| Self {
            found: a.found + b.found,
            hit: a.hit + b.hit,
        })
    }
}

/// Path from the root and counts of every product file: no dependency, no test, no test kit, no tool.
pub(crate) fn product_lines(report: &str, root: &Path) -> Vec<(String, Lines)> {
    let mut files = Vec::new();
    let mut path = None;
    let mut lines = Lines::default();
    for line in report.lines() {
        match line.split_once(':') {
            Some(("SF", file)) => path = relative(file, root),
            Some(("LF", count)) => lines.found = count.parse().unwrap_or(0),
            Some(("LH", count)) => lines.hit = count.parse().unwrap_or(0),
            None if line == "end_of_record" => {
                files.extend(
                    path.take()
                        .filter(|path| is_product(path))
                        .map(|path| (path, lines)),
                );
                lines = Lines::default();
            }
            _ => {}
        }
    }
    files
}

fn relative(file: &str, root: &Path) -> Option<String> {
    Some(
        Path::new(file)
            .strip_prefix(root)
            .ok()?
            .to_string_lossy()
            .into_owned(),
    )
}

fn is_product(path: &str) -> bool {
    let inside = path.strip_prefix("crates/").filter(|inside| {
        !["testkit/", "providers/"]
            .iter()
            .any(|name| inside.starts_with(name))
    });
    inside.is_some_and(|inside| inside.contains("/src/"))
        && !path.ends_with("tests.rs")
        && !path.contains("/tests/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_product_files_are_counted() {
        let record = |file: &str| format!("SF:{file}\nDA:1,1\nLF:10\nLH:7\nend_of_record\n");
        let report = [
            record("/r/crates/domain/src/points.rs"),
            record("/r/crates/domain/src/scoring/tests.rs"),
            record("/r/crates/testkit/src/lib.rs"),
            record("/r/crates/providers/src/lib.rs"),
            record("/r/crates/app/tests/it/main.rs"),
            record("/r/xtask/src/main.rs"),
            record("/elsewhere/serde/src/lib.rs"),
        ];
        let files = product_lines(&report.concat(), Path::new("/r"));
        assert_eq!(
            files,
            [(
                "crates/domain/src/points.rs".to_owned(),
                Lines { found: 10, hit: 7 }
            )]
        );
    }

    #[test]
    fn no_lines_have_no_percentage() {
        assert_eq!(Lines::default().percent(), None);
        assert_eq!(Lines { found: 4, hit: 3 }.percent(), Some(75.0));
    }
}
