//! Keys as the operator of the real program meets them: made at the first start, rotated, interrupted, wrong.

use std::path::Path;
use std::process::{Output, Stdio};

use anyhow::{Context as _, Result, ensure};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::support::process::{Candidate, LIMIT, Server, program};

const ONE_KEY: &str = "the-first-of-the-master-keys-in-settings-00";
const OTHER_KEY: &str = "the-other-of-the-master-keys-in-settings-00";
const MASTER_KEY: &str = "TOUCHSTONE__SECURITY__MASTER_KEY";
const PREVIOUS: &str = "TOUCHSTONE__SECURITY__PREVIOUS_MASTER_KEYS";
/// Where a rotation of the master key may be interrupted.
const BREAKS: [&str; 2] = ["keys.file_written", "keys.rewrapped"];

/// `touchstone keys …` or another command, to its end.
async fn run(data: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Result<Output> {
    let mut command = program(data, arguments);
    command
        .env("TOUCHSTONE_DATA_DIR", data)
        .env("TOUCHSTONE__LOGGING__LEVEL", "error")
        .envs(settings.iter().copied());
    Ok(tokio::time::timeout(LIMIT, command.output()).await??)
}

async fn succeeds(data: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Result<String> {
    let ended = run(data, arguments, settings).await?;
    let complaint = String::from_utf8(ended.stderr)?;
    ensure!(ended.status.success(), "{arguments:?}: {complaint}");
    Ok(String::from_utf8(ended.stdout)?)
}

/// The one line that the program ends with.
async fn fails(data: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Result<String> {
    let ended = run(data, arguments, settings).await?;
    let complaint = String::from_utf8(ended.stderr)?;
    ensure!(ended.status.code() == Some(1), "{arguments:?}: {complaint}");
    ensure!(complaint.lines().count() == 1, "more than one line: {complaint}");
    Ok(complaint)
}

/// The ids in the last column of `keys list`, each once.
async fn master_keys(data: &Path, settings: &[(&str, &str)]) -> Result<Vec<String>> {
    let listed = succeeds(data, &["keys", "list"], settings).await?;
    let last = |line: &str| line.split_whitespace().last().map(str::to_owned);
    let mut ids: Vec<String> = listed.lines().skip(1).filter_map(last).collect();
    ensure!(ids.len() >= 3, "{listed}");
    ids.sort();
    ids.dedup();
    Ok(ids)
}

async fn status(candidate: &Candidate) -> Result<u16> {
    Ok(candidate.get("/auth/me").send().await?.status().as_u16())
}

fn key_file(data: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(data.join("master.key"))?;
    Ok(text.lines().map(str::to_owned).collect())
}

#[tokio::test]
async fn tokens_stay_good_while_keys_are_changed_under_a_running_server() {
    check_rotations().await.unwrap();
}

async fn check_rotations() -> Result<()> {
    let data = tempfile::tempdir()?;
    let data = data.path();
    let server = Server::start(data, &[]).await?;
    let candidate = Candidate::register(&server).await?;
    let first_file = key_file(data)?;

    let told = succeeds(data, &["keys", "rotate-signing"], &[]).await?;
    ensure!(told.contains("made the EdDSA key"), "{told}");
    let listed = succeeds(data, &["keys", "list"], &[]).await?;
    ensure!(listed.contains("signs soon"), "{listed}");
    let told = succeeds(data, &["keys", "rotate-master"], &[]).await?;
    ensure!(told.contains("4 secrets were wrapped again"), "{told}");
    ensure!(key_file(data)?.len() == 1 && key_file(data)? != first_file);
    ensure!(status(&candidate).await? == 200, "a rotation ended a token");
    server.terminate().await?;

    let server = Server::start(data, &[]).await?;
    let candidate = candidate.moved_to(&server);
    ensure!(
        status(&candidate).await? == 200,
        "the next start knows other keys"
    );
    succeeds(data, &["keys", "rotate-signing", "--now"], &[]).await?;
    server.terminate().await?;
    let server = Server::start(data, &[]).await?;
    let candidate = candidate.moved_to(&server);
    ensure!(
        status(&candidate).await? == 401,
        "a key that somebody may know is still good"
    );
    server.kill().await
}

#[tokio::test]
async fn a_rotation_of_the_master_key_that_was_killed_can_be_ended() {
    for point in BREAKS {
        check_killed_rotation(point)
            .await
            .with_context(|| format!("killed at {point}"))
            .unwrap();
    }
}

async fn check_killed_rotation(point: &str) -> Result<()> {
    let data = tempfile::tempdir()?;
    let data = data.path();
    let server = Server::start(data, &[]).await?;
    let candidate = Candidate::register(&server).await?;
    server.terminate().await?;
    let before = key_file(data)?;
    kill_rotation_at(data, point).await?;
    let meanwhile = key_file(data)?;
    ensure!(
        meanwhile.len() == 2 && meanwhile[1] == before[0],
        "the file has lost a key"
    );
    ensure!(
        master_keys(data, &[]).await?.len() == 1,
        "some secrets were wrapped again"
    );
    let server = Server::start(data, &[]).await?;
    ensure!(
        status(&candidate.moved_to(&server)).await? == 200,
        "a start in between lost the keys"
    );

    let told = succeeds(data, &["keys", "rotate-master"], &[]).await?;
    ensure!(told.contains("ended a rotation that was under way"), "{told}");
    ensure!(key_file(data)? == meanwhile[..1], "the older key is still there");
    let in_use = master_keys(data, &[]).await?;
    ensure!(in_use.len() == 1 && told.contains(&in_use[0]), "{told}");
    ensure!(status(&candidate.moved_to(&server)).await? == 200);
    server.terminate().await?;
    let server = Server::start(data, &[]).await?;
    ensure!(status(&candidate.moved_to(&server)).await? == 200);
    server.kill().await
}

/// SIGKILL while the rotation waits at a failpoint.
async fn kill_rotation_at(data: &Path, point: &str) -> Result<()> {
    let mut rotation = program(data, &["keys", "rotate-master"])
        .env("TOUCHSTONE_DATA_DIR", data)
        .env("TOUCHSTONE_FAILPOINTS", point)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut log = BufReader::new(rotation.stderr.take().context("standard error is piped")?).lines();
    let held = async {
        while let Some(line) = log.next_line().await? {
            if line.contains(point) {
                return Ok(());
            }
        }
        anyhow::bail!("the rotation ended; fault tests need the feature failpoints")
    };
    tokio::time::timeout(LIMIT, held).await??;
    Ok(rotation.kill().await?)
}

#[tokio::test]
async fn master_keys_in_the_settings_are_rotated_in_three_steps() {
    check_settings().await.unwrap();
}

async fn check_settings() -> Result<()> {
    let data = tempfile::tempdir()?;
    let data = data.path();
    let (before, both, after) = (
        [(MASTER_KEY, ONE_KEY)],
        [(MASTER_KEY, OTHER_KEY), (PREVIOUS, ONE_KEY)],
        [(MASTER_KEY, OTHER_KEY)],
    );
    let old = master_keys(data, &before).await?;
    ensure!(
        !data.join("master.key").exists(),
        "there is a key file beside the setting"
    );
    let told = fails(data, &["keys", "rotate-master"], &before).await?;
    ensure!(told.contains("security.previous_master_keys"), "{told}");
    let told = fails(data, &["keys", "list"], &after).await?;
    ensure!(
        told.contains(&old[0]) && told.contains("security.master_key") && !told.contains(OTHER_KEY),
        "{told}"
    );

    let told = succeeds(data, &["keys", "rotate-master"], &both).await?;
    ensure!(
        told.contains("3 secrets") && told.contains("take the older keys out"),
        "{told}"
    );
    let new = master_keys(data, &after).await?;
    ensure!(new.len() == 1 && new != old);
    let again = succeeds(data, &["keys", "rotate-master"], &both).await?;
    ensure!(again.contains("0 secrets"), "{again}");
    Ok(())
}

#[tokio::test]
async fn a_start_that_cannot_read_its_secrets_says_so_in_one_line() {
    check_wrong_keys().await.unwrap();
}

async fn check_wrong_keys() -> Result<()> {
    let data = tempfile::tempdir()?;
    let data = data.path();
    let old = master_keys(data, &[]).await?;
    let moved = data.join("kept elsewhere");
    std::fs::rename(data.join("master.key"), &moved)?;
    let told = fails(data, &["serve"], &[("TOUCHSTONE_LISTEN", "127.0.0.1:0")]).await?;
    ensure!(told.contains(&old[0]) && told.contains("master.key"), "{told}");
    std::fs::write(data.join("master.key"), "not a key\n")?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let path = data.join("master.key");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644))?;
        let told = fails(data, &["serve"], &[("TOUCHSTONE_LISTEN", "127.0.0.1:0")]).await?;
        ensure!(
            told.contains("chmod 600") && !told.contains("not a key"),
            "{told}"
        );
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    }
    let told = fails(data, &["serve"], &[("TOUCHSTONE_LISTEN", "127.0.0.1:0")]).await?;
    ensure!(told.contains("damaged") && !told.contains("not a key"), "{told}");
    std::fs::rename(&moved, data.join("master.key"))?;
    ensure!(master_keys(data, &[]).await? == old);

    let secret = [("TOUCHSTONE__AUTH__JWT_SECRET", "0123456789abcdef0123456789abcdef")];
    let told = fails(data, &["config", "check"], &secret).await?;
    ensure!(
        told.starts_with("touchstone: auth.jwt_secret is gone: "),
        "{told}"
    );
    Ok(())
}
