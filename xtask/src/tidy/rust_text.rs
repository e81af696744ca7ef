//! Rust source split into what the compiler runs and what it only reads: comments away, literals apart.
//!
//! Enough of a lexer for the rules here, so that a word in a comment or a message is never taken for code.

/// A string literal without its quotes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Literal {
    /// Line of its first character, from 1.
    pub(crate) line: usize,
    /// As written, escapes included.
    pub(crate) text: String,
}

/// A source file taken apart; line numbers are those of the file.
#[derive(Default)]
pub(crate) struct RustText {
    /// The source with comments and the insides of literals removed, its line breaks kept.
    pub(crate) code: String,
    /// Every string literal, raw and byte strings too.
    pub(crate) literals: Vec<Literal>,
}

impl RustText {
    /// Takes the source apart; broken source gives some result and never a panic.
    pub(crate) fn of(source: &str) -> Self {
        let mut lexer = Lexer {
            rest: source,
            line: 1,
            parts: Self::default(),
        };
        while let Some(next) = lexer.rest.chars().next() {
            lexer.step(next);
        }
        lexer.parts
    }

    /// The code before the test module at the end of the file, where house style puts it.
    pub(crate) fn without_tests(&self) -> &str {
        let attribute = "#[cfg(test)]";
        let tests = self.code.match_indices(attribute).find(|(at, _)| {
            let rest = self.code[at + attribute.len()..].trim_start();
            rest.strip_prefix("mod ")
                .is_some_and(|module| module.find('{') < module.find(';').or(Some(usize::MAX)))
        });
        tests.map_or(&self.code, |(at, _)| &self.code[..at])
    }
}

struct Lexer<'source> {
    rest: &'source str,
    line: usize,
    parts: RustText,
}

impl Lexer<'_> {
    fn step(&mut self, next: char) {
        if self.rest.starts_with("//") {
            let end = self.rest.find('\n').unwrap_or(self.rest.len());
            self.skip(end);
        } else if self.rest.starts_with("/*") {
            self.skip(block_comment_length(self.rest));
        } else if let Some(hashes) = self.raw_string_hashes(next) {
            self.keep(1 + hashes);
            self.literal(&format!("\"{}", "#".repeat(hashes)), false);
        } else if next == '"' {
            self.literal("\"", true);
        } else if next == '\'' {
            self.quote();
        } else {
            self.keep(next.len_utf8());
        }
    }

    fn keep(&mut self, length: usize) {
        let (kept, rest) = self.rest.split_at(length);
        self.line += kept.matches('\n').count();
        self.parts.code.push_str(kept);
        self.rest = rest;
    }

    fn skip(&mut self, length: usize) {
        let (skipped, rest) = self.rest.split_at(length);
        let breaks = skipped.matches('\n').count();
        self.line += breaks;
        self.parts.code.push_str(&"\n".repeat(breaks));
        self.rest = rest;
    }

    /// Reads from an opening quote to the given end and records what is between.
    fn literal(&mut self, end: &str, escapes: bool) {
        self.keep(1);
        let length = if escapes {
            escaped_length(self.rest)
        } else {
            self.rest.find(end).unwrap_or(self.rest.len())
        };
        let text = self.rest[..length].to_owned();
        self.parts.literals.push(Literal {
            line: self.line,
            text,
        });
        self.skip(length);
        self.keep(end.len().min(self.rest.len()));
    }

    /// `r"`, `r#"`, `br"` …: the number of hashes; `r#type` and the `r` at the end of a name are none.
    fn raw_string_hashes(&self, next: char) -> Option<usize> {
        if next != 'r' {
            return None;
        }
        let code = &self.parts.code;
        let word = &code[code
            .trim_end_matches(|c: char| c.is_alphanumeric() || c == '_')
            .len()..];
        let after = &self.rest[1..];
        let hashes = after.len() - after.trim_start_matches('#').len();
        (matches!(word, "" | "b" | "c") && after[hashes..].starts_with('"')).then_some(hashes)
    }

    /// A character literal is skipped; a lifetime is code.
    fn quote(&mut self) {
        let mut following = self.rest.chars().skip(1);
        let (first, second) = (following.next(), following.next());
        if first == Some('\\') {
            let after_escape = 3.min(self.rest.len());
            let end = self.rest.get(after_escape..).and_then(|rest| rest.find('\''));
            self.skip(end.map_or(self.rest.len(), |end| after_escape + end + 1));
        } else if second == Some('\'') {
            self.skip(2 + first.map_or(0, char::len_utf8));
        } else {
            self.keep(1);
        }
    }
}

fn block_comment_length(source: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(rest) = source.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    source.len()
}

fn escaped_length(source: &str) -> usize {
    let mut escaped = false;
    for (at, character) in source.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at,
            _ => {}
        }
    }
    source.len()
}

/// First names after a path root, with their lines: `crate::{a::B, c}` and `crate::d::E` give a, c, d for `crate`.
pub(crate) fn names_after(code: &str, root: &str) -> Vec<(usize, String)> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices(root) {
        let before = code[..at].chars().next_back();
        let rest = code[at + root.len()..].trim_start();
        let starts_a_path = !before.is_some_and(|c| is_word(c) || c == ':');
        if let Some(path) = rest.strip_prefix("::").filter(|_| starts_a_path) {
            let line = line_of(code, at);
            names.extend(
                first_names(path.trim_start())
                    .into_iter()
                    .map(|name| (line, name)),
            );
        }
    }
    names
}

/// The line of a byte offset, from 1.
pub(crate) fn line_of(code: &str, at: usize) -> usize {
    1 + code[..at].matches('\n').count()
}

/// Characters of names in Rust and SQL.
pub(crate) fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn first_names(path: &str) -> Vec<String> {
    let Some(group) = path.strip_prefix('{') else {
        return vec![leading_word(path)];
    };
    let mut names = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(leading_word(&group[start..at]));
                start = at + 1;
                if character == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn leading_word(text: &str) -> String {
    text.trim_start().chars().take_while(|c| is_word(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literals(source: &str) -> Vec<String> {
        RustText::of(source)
            .literals
            .into_iter()
            .map(|literal| literal.text)
            .collect()
    }

    #[test]
    fn comments_and_literals_leave_the_code_and_keep_its_lines() {
        let text = RustText::of("a(); // todo\n/* x\n /* y */ */ b(\"c\\\"d\");\ne('\"', '\\'', 'f');");
        assert_eq!(text.code, "a(); \n\n b(\"\");\ne(, , );");
        assert_eq!(
            text.literals,
            [Literal {
                line: 3,
                text: "c\\\"d".to_owned()
            }]
        );
    }

    #[test]
    fn raw_strings_end_at_their_own_hashes() {
        assert_eq!(
            literals(r##"f(r#"a "quoted" b"#, br"c", "d")"##),
            ["a \"quoted\" b", "c", "d"]
        );
    }

    #[test]
    fn lifetimes_and_raw_names_are_code() {
        let text = RustText::of("fn f<'a>(r#type: &'a str, var: u8) {}");
        assert_eq!(text.code, "fn f<'a>(r#type: &'a str, var: u8) {}");
        assert!(text.literals.is_empty());
    }

    #[test]
    fn unfinished_source_does_not_panic() {
        for source in ["\"abc", "r#\"abc", "/* abc", "'\\", "'", "/*/", "b'\\'"] {
            assert!(RustText::of(source).code.len() <= source.len());
        }
    }

    #[test]
    fn the_test_module_is_cut_off_but_a_test_file_declaration_is_not() {
        let inline = RustText::of("fn a() {}\n#[cfg(test)]\nmod tests { use crate::b; }");
        assert_eq!(inline.without_tests(), "fn a() {}\n");
        let declared = RustText::of("#[cfg(test)]\nmod tests;\nfn a() {}");
        assert_eq!(declared.without_tests(), "#[cfg(test)]\nmod tests;\nfn a() {}");
    }

    #[test]
    fn first_names_of_single_grouped_and_nested_paths() {
        let code = "use crate::{a::{B, C}, d,\n e::F};\nlet x = crate::g::h();\nuse other_crate::i; use x::crate::j;";
        let names: Vec<_> = names_after(code, "crate")
            .into_iter()
            .map(|(line, name)| format!("{name}@{line}"))
            .collect();
        assert_eq!(names, ["a@1", "d@1", "e@1", "g@3"]);
    }
}
