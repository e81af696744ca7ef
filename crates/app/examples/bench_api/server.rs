//! The release binary as a server, a signed-in client, and the CPU time of a process.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Linux counts CPU time in hundredths of a second (`getconf CLK_TCK`), whatever the kernel's own tick is.
const MICROSECONDS_PER_TICK: f64 = 10_000.0;

/// A running server; stopped when dropped.
pub(crate) struct Server {
    child: Child,
    base: String,
    _data: TempDir,
}

impl Server {
    /// Starts it on a free port and waits until it listens.
    pub(crate) fn start(binary: &Path, database_url: &str) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let mut child = Command::new(binary)
            .arg("serve")
            .env("TOUCHSTONE_DATA_DIR", data.path())
            .env("TOUCHSTONE_LISTEN", "127.0.0.1:0")
            .env("TOUCHSTONE_DATABASE_URL", database_url)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdout = child.stdout.take().context("standard output is piped")?;
        for line in BufReader::new(stdout).lines() {
            if let Some(address) = line?.strip_prefix("listening on ") {
                return Ok(Self {
                    child,
                    base: format!("{address}/api/v1"),
                    _data: data,
                });
            }
        }
        anyhow::bail!("the server ended before it listened")
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A signed-in student.
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Client {
    /// Makes an account.
    pub(crate) async fn register(server: &Server) -> Result<Self> {
        let mut client = Self {
            http: reqwest::Client::new(),
            base: server.base.clone(),
            token: String::new(),
        };
        let body = json!({ "email": "bench@school.test", "password": "correct horse battery", "display_name": "Bench" });
        let reply = client.post("/auth/register", &body).await?;
        reply["tokens"]["access_token"]
            .as_str()
            .context("registering signs in")?
            .clone_into(&mut client.token);
        Ok(client)
    }

    /// Posts and returns the 2xx body.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self
            .http
            .post(format!("{}{path}", self.base))
            .bearer_auth(&self.token)
            .json(body);
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    /// Gets and reads the 2xx body.
    pub(crate) async fn get(&self, path: &str) -> Result<()> {
        let request = self
            .http
            .get(format!("{}{path}", self.base))
            .bearer_auth(&self.token);
        request.send().await?.error_for_status()?.bytes().await?;
        Ok(())
    }
}

/// User and system time of a process so far, this one without an id; fields 14 and 15 of `/proc/<pid>/stat`.
pub(crate) fn cpu_microseconds(pid: Option<u32>) -> Result<f64> {
    let name = pid.map_or_else(|| "self".to_owned(), |pid| pid.to_string());
    let stat = std::fs::read_to_string(format!("/proc/{name}/stat"))?;
    let (_, after_name) = stat.rsplit_once(')').context("/proc/<pid>/stat has a name")?;
    let field = |index| -> Result<f64> {
        Ok(after_name
            .split_whitespace()
            .nth(index)
            .context("/proc/<pid>/stat is too short")?
            .parse()?)
    };
    Ok((field(11)? + field(12)?) * MICROSECONDS_PER_TICK)
}
