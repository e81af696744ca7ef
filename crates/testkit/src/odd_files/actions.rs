//! What a PDF asks its viewer to do: run scripts, start programs, fetch, attach. The reader reads the page and does nothing.

use super::pdf::{CATALOG, FREE, PAGE, Pdf, page, raw_stream, say, stream};
use super::{HIDDEN, OddFile, SENTENCE};

pub(super) fn files() -> Vec<OddFile> {
    [on_opening(), beside_the_text(), annotations(), outside()].concat()
}

fn opening(name: &str, action: &str) -> OddFile {
    let catalog = format!("<< /Type /Catalog /Pages 2 0 R /OpenAction << {action} >> >>");
    OddFile::readable(
        format!("action-{name}.pdf"),
        Pdf::one_page().with(CATALOG, catalog).bytes(),
    )
}

fn on_opening() -> Vec<OddFile> {
    vec![
        opening(
            "script",
            &format!("/S /JavaScript /JS (app.alert\\('{HIDDEN}'\\))"),
        ),
        opening(
            "launch",
            &format!("/S /Launch /F (/bin/sh) /Win << /F (cmd.exe) /P (/c echo {HIDDEN}) >>"),
        ),
        opening("address", &format!("/S /URI /URI (http://127.0.0.1:9/{HIDDEN})")),
        opening(
            "other-file",
            &format!("/S /GoToR /F (\\\\\\\\127.0.0.1\\\\{HIDDEN}) /D [0 /Fit]"),
        ),
        opening(
            "form-sent",
            &format!("/S /SubmitForm /F << /FS /URL /F (http://127.0.0.1:9/{HIDDEN}) >>"),
        ),
        opening("data-imported", "/S /ImportData /F (/etc/passwd)"),
        opening("film", "/S /Movie /T (x)"),
        opening("of-no-kind", "/S /Odd /Next << /S /Odd >>"),
        opening("ring", "/S /Named /N /NextPage /Next 1 0 R"),
    ]
}

fn beside_the_text() -> Vec<OddFile> {
    let readable = |name: &str, pdf: Pdf| OddFile::readable(format!("beside-{name}.pdf"), pdf.bytes());
    let script = format!("<< /S /JavaScript /JS ({HIDDEN}) >>");
    vec![
        readable(
            "attachment",
            with_catalog("/Names << /EmbeddedFiles << /Names [(a.exe) 6 0 R] >> >>")
                .with(FREE, "<< /Type /Filespec /F (a.exe) /EF << /F 7 0 R >> >>")
                .with(7, stream("/Type /EmbeddedFile", format!("MZ {HIDDEN}"))),
        ),
        readable(
            "script-by-name",
            with_catalog(&format!("/Names << /JavaScript << /Names [(a) {script}] >> >>")),
        ),
        readable("page-scripts", with_page(&format!("/AA << /O {script} >>"))),
        readable(
            "form-fields",
            with_catalog(&format!(
                "/AcroForm << /Fields [<< /FT /Tx /T (a) /V ({HIDDEN}) >>] /XFA ({HIDDEN}) >>"
            )),
        ),
        readable(
            "title",
            Pdf::one_page()
                .with(FREE, format!("<< /Title ({HIDDEN}) /Producer (<script>) >>"))
                .with_trailer("/Root 1 0 R /Info 6 0 R"),
        ),
        readable(
            "metadata",
            with_catalog("/Metadata 6 0 R").with(FREE, stream("/Type /Metadata /Subtype /XML", xml())),
        ),
        readable(
            "portfolio",
            with_catalog("/Collection << /View /D >> /PageMode /UseAttachments"),
        ),
    ]
}

fn annotations() -> Vec<OddFile> {
    [
        (
            "link",
            format!("/Subtype /Link /A << /S /URI /URI (javascript:{HIDDEN}) >>"),
        ),
        ("note", format!("/Subtype /Text /Contents ({HIDDEN})")),
        (
            "hover",
            format!("/Subtype /Widget /AA << /E << /S /JavaScript /JS ({HIDDEN}) >> >>"),
        ),
    ]
    .into_iter()
    .map(|(name, annotation)| {
        let pdf = with_page(&format!(
            "/Annots [<< /Type /Annot /Rect [0 0 9 9] {annotation} >>]"
        ));
        OddFile::readable(format!("annotation-{name}.pdf"), pdf.bytes())
    })
    .collect()
}

fn with_catalog(entries: &str) -> Pdf {
    Pdf::one_page().with(CATALOG, format!("<< /Type /Catalog /Pages 2 0 R {entries} >>"))
}

fn with_page(entries: &str) -> Pdf {
    Pdf::one_page().with(PAGE, page(&format!("/Contents 5 0 R {entries}")))
}

/// Entities that would be fetched or multiplied.
fn xml() -> String {
    format!(
        "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\"><!ENTITY c \"{HIDDEN}\">\
         <!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\">]><a>&b;&d;</a>"
    )
}

/// Content that is said to lie in other files.
fn outside() -> Vec<OddFile> {
    let either = |name: &str, pdf: Pdf| OddFile::either(format!("outside-{name}.pdf"), pdf.bytes());
    vec![
        either(
            "content-in-a-file",
            Pdf::of_content(raw_stream("/Length 0 /F (/etc/passwd)", b"")),
        ),
        either(
            "content-at-an-address",
            Pdf::of_content(raw_stream(
                "/Length 0 /F << /FS /URL /F (http://127.0.0.1:9/) >>",
                b"",
            )),
        ),
        either(
            "form-of-another-file",
            Pdf::of_content(stream("", format!("{} /X1 Do", say(SENTENCE))))
                .with(
                    PAGE,
                    page("/Contents 5 0 R").replace("/Font <<", "/XObject << /X1 6 0 R >> /Font <<"),
                )
                .with(
                    FREE,
                    stream(
                        "/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Ref << /F (/etc/passwd) /Page 0 >>",
                        "",
                    ),
                ),
        ),
    ]
}
