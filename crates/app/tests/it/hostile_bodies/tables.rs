//! Tables of graded answers as attackers, spreadsheets and accidents make them.

use domain::authoring::Settings;
use domain::authoring::item::ItemKind;
use domain::identity::Role;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::sample::select;
use reqwest::Method;
use serde_json::json;
use testkit::Backend;

use crate::support::properties::check;
use crate::support::{Client, Reply, TestApp, TestTrack, bank};

on_both_databases!(tables_are_taken_whole_or_leave_nothing);

async fn scene(backend: Backend) -> (TestApp, TestTrack) {
    let app = TestApp::start(backend).await;
    let track = app.publish_track("backend", Settings::for_tracks(), bank()).await;
    (app, track)
}

fn path(track: &TestTrack, kind: ItemKind) -> String {
    format!("/questions/{}/exemplars", track.question(kind))
}

fn tables() -> impl Strategy<Value = Vec<u8>> {
    let cell = prop_oneof![
        3 => "[ -~]{0,12}",
        2 => any::<String>(),
        1 => select(vec![
            "=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "\"", "\"\"", "a\"b", "\u{0}", "\u{feff}", "1e999", "-0", "NaN", "7",
            "7.125", "\u{202e}", "\r", "<script>", "{\"a\":1}", "null",
        ])
        .prop_map(str::to_owned),
    ];
    let end = select(vec!["\n", "\r\n", "\r", "\n\n", ""]);
    let row = (proptest::collection::vec(cell, 0..5), end).prop_map(|(cells, end)| cells.join(",") + end);
    let header = select(vec![
        "answer,points\n",
        "answer,points,note\r\n",
        "\u{feff}answer,points\n",
        "POINTS , Answer\n",
        "answer,answer,points\n",
        "answer;points\n",
        "answer\tpoints\n",
        "",
        "\"answer\",\"points\"\n",
        "answer,points",
    ]);
    let written = (header, proptest::collection::vec(row, 0..8))
        .prop_map(|(header, rows)| format!("{header}{}", rows.concat()).into_bytes());
    let sound = ("[a-z ]{1,9}", 0..11_u8)
        .prop_map(|(answer, points)| format!("answer,points\n{answer},{points}\n").into_bytes());
    let damaged =
        (written.clone(), any::<proptest::sample::Index>(), any::<u8>()).prop_map(|(mut table, at, byte)| {
            if !table.is_empty() {
                let at = at.index(table.len());
                table[at] = byte;
            }
            table
        });
    prop_oneof![4 => written, 2 => damaged, 1 => sound, 1 => proptest::collection::vec(any::<u8>(), 0..300)]
}

/// Sends a table; what is refused has written nothing, what is taken has written what it says.
async fn send_table(app: &TestApp, admin: &Client, path: &str, table: Vec<u8>) -> u16 {
    let before = app.count("exemplars", &[]).await;
    let shown = String::from_utf8_lossy(&table[..table.len().min(300)]).into_owned();
    let request = admin
        .request(Method::POST, path)
        .header("content-type", "text/csv");
    let reply = Reply::to(request.body(table)).await;
    let added = match reply.status {
        201 => reply.json()["added"].as_i64().unwrap(),
        status => {
            assert!(
                matches!(status, 400 | 413 | 422),
                "{shown:?} gave {status}: {}",
                reply.text
            );
            0
        }
    };
    assert_eq!(app.count("exemplars", &[]).await, before + added, "{shown:?}");
    reply.status
}

async fn tables_are_taken_whole_or_leave_nothing(backend: Backend) {
    let (app, track) = scene(backend).await;
    let admin = app.admin().await;
    let kinds = [
        ItemKind::Essay,
        ItemKind::Numeric,
        ItemKind::MultipleResponse,
        ItemKind::Matching,
    ];
    check(&(select(kinds.to_vec()), tables()), async |(kind, table)| {
        send_table(&app, &admin, &path(&track, kind), table).await;
    });
    assert!(app.count("exemplars", &[]).await > 0, "some tables are sound");
}

fn enormous() -> Vec<(&'static str, String)> {
    let million = 1_000_000;
    vec![
        (
            "a million columns",
            format!("answer,points{}\nx,1\n", ",c".repeat(million)),
        ),
        (
            "a million columns in a row",
            format!("answer,points\nx,1{}\n", ",c".repeat(million)),
        ),
        (
            "a million rows",
            format!("answer,points\n{}", "x,1\n".repeat(million)),
        ),
        (
            "a million blank lines",
            format!("answer,points{}", "\n".repeat(million)),
        ),
        (
            "a million quotes",
            format!("answer,points\n{},1\n", "\"".repeat(million + 1)),
        ),
        (
            "a quote never closed",
            format!("answer,points\n\"{}", "x,1\n".repeat(1000)),
        ),
        (
            "a cell of megabytes",
            format!("answer,points\n{},1\n", "x".repeat(5 * million)),
        ),
        (
            "a note of megabytes",
            format!("answer,points,note\nx,1,{}\n", "n".repeat(5 * million)),
        ),
        (
            "a digit a million times",
            format!("answer,points\nx,{}\n", "9".repeat(million)),
        ),
    ]
}

/// Small, but no tables of graded answers.
fn crooked() -> Vec<(&'static str, Vec<u8>)> {
    let table = |text: &str| text.as_bytes().to_vec();
    let wide = "answer,points\nx,1\n".bytes().flat_map(|byte| [byte, 0]);
    vec![
        (
            "a control character in a note",
            table("answer,points,note\nx,1,a\u{0}b\n"),
        ),
        ("points of nothing", table("answer,points\nx,\n")),
        ("points of hexadecimal", table("answer,points\nx,0x1\n")),
        ("points of infinity", table("answer,points\nx,inf\n")),
        ("UTF-16", wide.collect()),
        ("UTF-16 with its mark", b"\xFF\xFEa\0n\0s\0w\0e\0r\0,\0".to_vec()),
        ("latin-1", b"answer,points\ncaf\xE9,1\n".to_vec()),
        ("half a letter", b"answer,points\ncaf\xC3,1\n".to_vec()),
        ("a surrogate", b"answer,points\n\xED\xA0\x80,1\n".to_vec()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn enormous_and_crooked_tables_are_refused() {
    let (app, track) = scene(Backend::Sqlite).await;
    let (admin, path) = (app.admin().await, path(&track, ItemKind::Essay));
    for (what, table) in enormous() {
        let status = send_table(&app, &admin, &path, table.into_bytes()).await;
        assert!(matches!(status, 413 | 422), "{what} gave {status}");
    }
    for (what, table) in crooked() {
        assert_eq!(send_table(&app, &admin, &path, table).await, 422, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn formulas_in_tables_are_words_like_others() {
    let (app, track) = scene(Backend::Sqlite).await;
    let (admin, path) = (app.client(Role::Advisor, 1).await, path(&track, ItemKind::Essay));
    let formula = "=HYPERLINK(\"\"http://127.0.0.1:9/\"\")";
    let table = format!("answer,points,note\n\"{formula}\",1,\"@SUM(A1)\"\n");
    assert_eq!(send_table(&app, &admin, &path, table.into_bytes()).await, 201);
    let kept = admin.get(&path).await.is(200)["items"][0].clone();
    assert_eq!(
        (&kept["answer"], &kept["note"]),
        (&json!("=HYPERLINK(\"http://127.0.0.1:9/\")"), &json!("@SUM(A1)"))
    );
}
