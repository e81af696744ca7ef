//! Which package index the installed pip uses: its own settings know mirrors and proxies of the site.

use std::process::Stdio;
use std::time::Duration;

use reqwest::Url;
use tokio::process::Command;

/// pip starts slowly on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);
/// Programs that may be pip, in this order.
const PROGRAMS: [&[&str]; 3] = [&["python3", "-m", "pip"], &["pip3"], &["pip"]];

/// The index of the first pip that answers.
pub(super) async fn index_url() -> Option<Url> {
    for program in PROGRAMS {
        // What is configured is printed as it is; the help, which names the default too, hides passwords.
        if let Some(configured) = output(program, &["config", "get", "global.index-url"]).await
            && let Some(url) = web_address(configured.trim())
        {
            return Some(url);
        }
        if let Some(help) = output(program, &["install", "--help"]).await
            && let Some(url) = default_in(&help)
        {
            return Some(url);
        }
    }
    None
}

async fn output(program: &[&str], arguments: &[&str]) -> Option<String> {
    let (name, first) = program.split_first()?;
    let child = Command::new(name)
        .args(first)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    let ended = tokio::time::timeout(LIMIT, child).await.ok()?.ok()?;
    let text = String::from_utf8(ended.stdout).ok()?;
    ended.status.success().then_some(text)
}

/// What the help says after `--index-url`: `(default ADDRESS)`, broken into lines anywhere between words.
fn default_in(help: &str) -> Option<Url> {
    let (_, rest) = help.split_once("--index-url")?;
    let (_, rest) = rest.split_once("(default")?;
    let (address, _) = rest.split_once(')')?;
    web_address(address.trim())
}

fn web_address(text: &str) -> Option<Url> {
    Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_read_from_the_help_however_it_is_broken_into_lines() {
        let help = "  -i, --index-url <url>       Base URL of the Python Package Index (default\n                   \
                    https://index.example/simple). This should point to";
        assert_eq!(default_in(help).unwrap().as_str(), "https://index.example/simple");
        for other in [
            "",
            "--index-url <url>",
            "--index-url (default nothing) x",
            "--index-url (default file:///x)",
        ] {
            assert_eq!(default_in(other), None, "{other}");
        }
    }
}
