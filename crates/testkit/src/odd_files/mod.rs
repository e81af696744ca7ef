//! Hostile, damaged and merely odd files, each with what a reader of uploads has to make of it.
//!
//! Everything is made by code from nothing, so that the files are the same in every run and none of them has to be kept.
//! They are PDFs put together wrongly on purpose, other files under a PDF's name, and texts in strange encodings; sound
//! files stand between them as controls. Standard library only, as with the PDF writer.
//!
//! A file that says [`HIDDEN`] says it where no reader of text may look: in scripts, links, attachments.

mod actions;
mod bombs;
mod codec;
mod cycles;
mod damage;
mod depth;
mod disguises;
mod fonts;
mod locked;
mod numbers;
mod page_trees;
mod pdf;
mod random;
mod sound;
mod texts;
mod wrong_types;
mod xrefs;

/// What readable files say, if nothing else is expected of them.
pub const SENTENCE: &str = "Odd files are read with care.";

/// What no file says to its reader.
pub const HIDDEN: &str = "NEVER-SHOWN";

/// The code of files that need more time or memory than there is.
const TOO_COSTLY: &str = "SYLLABUS_LIMITS";
/// The code that says that the server failed.
const OUR_FAULT: &str = "SYLLABUS_UNAVAILABLE";

/// A file about to be uploaded.
#[derive(Clone, Debug)]
pub struct OddFile {
    /// Unique, with the extension it is uploaded under.
    pub name: String,
    pub bytes: Vec<u8>,
    pub expected: Expected,
    /// Whether reading it may take all the time and memory there is: such files are also refused for that.
    pub expensive: bool,
}

/// What has to become of a file. Nothing may ever become a failure of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It gives text that contains these words.
    Readable(&'static str),
    /// It is refused with one of these codes.
    Refused(&'static [&'static str]),
    /// Text or a refusal: both are sound answers to damage.
    Either,
}

const DAMAGED: Expected = Expected::Refused(&["SYLLABUS_MALFORMED"]);
const ENCRYPTED: Expected = Expected::Refused(&["SYLLABUS_ENCRYPTED"]);
const EMPTY: Expected = Expected::Refused(&["SYLLABUS_EMPTY"]);
const NO_TEXT: Expected = Expected::Refused(&["SYLLABUS_NO_TEXT"]);
const UNSUPPORTED: Expected = Expected::Refused(&["SYLLABUS_UNSUPPORTED"]);
const TOO_LARGE: Expected = Expected::Refused(&["SYLLABUS_TOO_LARGE"]);
/// Has nothing to read; which of the faults is found first is the reader's affair.
const HOPELESS: Expected = Expected::Refused(&["SYLLABUS_MALFORMED", "SYLLABUS_NO_TEXT"]);
/// Costs more than a file may.
const COSTLY: Expected = Expected::Refused(&["SYLLABUS_LIMITS", "SYLLABUS_TOO_LARGE"]);
/// A bomb beside a page with nothing on it: what is never unpacked does no harm.
const FUTILE: Expected = Expected::Refused(&[
    "SYLLABUS_LIMITS",
    "SYLLABUS_TOO_LARGE",
    "SYLLABUS_MALFORMED",
    "SYLLABUS_NO_TEXT",
]);

impl OddFile {
    /// What is wrong with what became of the file, if anything: the text of its pages, or the code of its refusal.
    pub fn deviation(&self, outcome: Result<&[String], &str>) -> Option<String> {
        let says = |words: &str| outcome.is_ok_and(|pages| pages.iter().any(|page| page.contains(words)));
        let is_sound = match (outcome, self.expected) {
            (Err(OUR_FAULT), _) | (Ok(_), Expected::Refused(_)) | (Err(_), Expected::Readable(_)) => false,
            (Ok(_), Expected::Readable(words)) => says(words) && !says(HIDDEN),
            (Ok(pages), Expected::Either) => pages.iter().any(|page| !page.is_empty()) && !says(HIDDEN),
            (Err(_), Expected::Either) => true,
            (Err(code), Expected::Refused(codes)) => {
                codes.contains(&code) || (self.expensive && code == TOO_COSTLY)
            }
        };
        let became = || outcome.map(|pages| pages.join("|").chars().take(100).collect::<String>());
        (!is_sound).then(|| {
            format!(
                "{}: {:?} was expected, not {:?}",
                self.name,
                self.expected,
                became()
            )
        })
    }

    fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>, expected: Expected) -> Self {
        Self {
            name: name.into(),
            bytes: bytes.into(),
            expected,
            expensive: false,
        }
    }

    /// Says [`SENTENCE`].
    fn readable(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(name, bytes, Expected::Readable(SENTENCE))
    }

    fn either(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(name, bytes, Expected::Either)
    }

    fn expensive(self) -> Self {
        Self {
            expensive: true,
            ..self
        }
    }
}

/// Every file, about 200 MB in all.
pub fn all() -> Vec<OddFile> {
    [
        sound::files(),
        cycles::files(),
        depth::files(),
        page_trees::files(),
        bombs::files(),
        numbers::files(),
        wrong_types::files(),
        xrefs::files(),
        fonts::files(),
        actions::files(),
        locked::files(),
        disguises::files(),
        damage::files(),
        texts::files(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn there_are_hundreds_of_files_and_no_two_of_the_same_name() {
        let files = all();
        assert!(files.len() >= 200, "{} files", files.len());
        let names: BTreeSet<&str> = files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names.len(), files.len());
        let controls = files
            .iter()
            .filter(|file| matches!(file.expected, Expected::Readable(_)));
        assert!(controls.count() >= 30, "refusing everything would pass for sound");
    }

    #[test]
    fn what_is_not_expected_is_a_deviation() {
        let page = [SENTENCE.to_owned()];
        let hidden = [format!("{SENTENCE} {HIDDEN}")];
        let sound = OddFile::readable("a.pdf", "");
        assert_eq!(sound.deviation(Ok(&page)), None);
        assert!(sound.deviation(Ok(&hidden)).is_some() && sound.deviation(Err(TOO_COSTLY)).is_some());
        let damaged = OddFile::new("a.pdf", "", DAMAGED);
        assert_eq!(damaged.deviation(Err("SYLLABUS_MALFORMED")), None);
        assert!(damaged.deviation(Ok(&page)).is_some() && damaged.deviation(Err(TOO_COSTLY)).is_some());
        assert_eq!(damaged.expensive().deviation(Err(TOO_COSTLY)), None);
        let either = OddFile::either("a.pdf", "");
        assert_eq!(
            either.deviation(Ok(&page)).or(either.deviation(Err(TOO_COSTLY))),
            None
        );
        assert!(either.deviation(Err(OUR_FAULT)).is_some() && either.deviation(Ok(&[])).is_some());
    }

    #[test]
    fn the_files_are_the_same_in_every_run() {
        let pairs = damage::files().into_iter().zip(damage::files());
        for (one, other) in pairs {
            assert_eq!((one.name, one.bytes), (other.name, other.bytes));
        }
    }
}
