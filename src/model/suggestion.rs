//! A command that a message suggests.

use std::fmt;

use serde::{Serialize, Serializer};

/// A command as its words. They are quoted when it is displayed, and only then: what a POSIX shell reads
/// back is exactly these words, also where one of them comes out of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Suggestion {
    argv: Vec<String>,
}

impl Suggestion {
    /// A command of the tracker's.
    #[must_use]
    pub fn tracker<W: AsRef<str>>(words: impl IntoIterator<Item = W>) -> Self {
        Self::of("tracker", words)
    }

    /// A command of git's.
    #[must_use]
    pub fn git<W: AsRef<str>>(words: impl IntoIterator<Item = W>) -> Self {
        Self::of("git", words)
    }

    fn of<W: AsRef<str>>(program: &str, words: impl IntoIterator<Item = W>) -> Self {
        let words = words.into_iter().map(|word| word.as_ref().to_owned());
        Self { argv: std::iter::once(program.to_owned()).chain(words).collect() }
    }

    /// The same command with more words.
    #[must_use]
    pub fn and<W: AsRef<str>>(mut self, words: impl IntoIterator<Item = W>) -> Self {
        self.argv.extend(words.into_iter().map(|word| word.as_ref().to_owned()));
        self
    }

    /// The program and its arguments.
    #[must_use]
    pub fn argv(&self) -> &[String] {
        &self.argv
    }
}

impl fmt::Display for Suggestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, word) in self.argv.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            f.write_str(&quoted(word))?;
        }
        Ok(())
    }
}

impl schemars::JsonSchema for Suggestion {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Suggestion".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}

impl Serialize for Suggestion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Quotes a word for a POSIX shell, where it needs that: of `field=value` the value alone.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if let Some((field, value)) = word.split_once('=')
        && !value.is_empty()
        && !value.chars().all(is_plain)
        && field.chars().all(is_plain)
    {
        return format!("{field}={}", quoted(value));
    }
    let is_special_in_double = |c: char| matches!(c, '"' | '$' | '`' | '\\' | '!');
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else if !word.contains(is_special_in_double) {
        format!("\"{word}\"")
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::Suggestion;
    use proptest::prelude::*;

    /// Splits a command as a POSIX shell does that finds no variable and no file.
    fn read_back(text: &str) -> Vec<String> {
        let (mut words, mut word, mut chars) = (Vec::new(), None::<String>, text.chars().peekable());
        while let Some(c) = chars.next() {
            match c {
                ' ' | '\t' | '\n' => words.extend(word.take()),
                '\'' => word.get_or_insert_default().extend(chars.by_ref().take_while(|c| *c != '\'')),
                '"' => {
                    let word = word.get_or_insert_default();
                    while let Some(c) = chars.next().filter(|c| *c != '"') {
                        assert!(!matches!(c, '$' | '`' | '!'), "expanded between double quotes: {text}");
                        match (c, chars.peek()) {
                            ('\\', Some('"' | '\\' | '$' | '`')) => word.extend(chars.next()),
                            _ => word.push(c),
                        }
                    }
                }
                '\\' => word.get_or_insert_default().extend(chars.next()),
                c => {
                    assert!(!"$`!*?[](){}<>|&;#~".contains(c), "special outside quotes: {text}");
                    word.get_or_insert_default().push(c);
                }
            }
        }
        words.extend(word);
        words
    }

    #[test]
    fn quotes_only_where_a_shell_needs_it() {
        let shown = |words: &[&str]| Suggestion::tracker(words).to_string();
        assert_eq!(
            shown(&["approve", "TASK-7Q2M", "--as", "reviewer"]),
            "tracker approve TASK-7Q2M --as reviewer"
        );
        assert_eq!(shown(&["fail", "TASK-7Q2M", "…"]), "tracker fail TASK-7Q2M \"…\"");
        assert_eq!(shown(&["show", "$(rm -rf ~); 'x'"]), r"tracker show '$(rm -rf ~); '\''x'\'''");
        assert_eq!(shown(&["show", ""]), "tracker show \"\"");
        assert_eq!(shown(&["set", "files+=a b"]), "tracker set files+=\"a b\"");
        assert_eq!(shown(&["set", "files+=$(id)"]), "tracker set files+='$(id)'");
        assert_eq!(Suggestion::git(["add", "a b"]).to_string(), "git add \"a b\"");
    }

    proptest! {
        #[test]
        fn a_shell_reads_back_the_words(words in proptest::collection::vec("[^\0]{0,12}|[ '\"$`!\\\\*~#;&|\n]{0,8}", 0..6)) {
            let suggestion = Suggestion::tracker(&words);
            prop_assert_eq!(read_back(&suggestion.to_string()), suggestion.argv());
        }
    }

    #[test]
    #[cfg(unix)]
    fn sh_reads_back_the_words() {
        let words =
            ["a b", "$HOME", "`id`", "it's", "\"", "\\", "!", "*", "~", "", "#", "é\n;", "-n", "%s", "x='y'"];
        let words = Suggestion::tracker(words);
        let script = format!("tracker() {{ printf '%s\\037' \"$@\"; }}; {words}");
        #[expect(clippy::disallowed_methods, reason = "a real shell says whether the quoting is right")]
        let out = std::process::Command::new("sh").arg("-c").arg(&script).output().unwrap();
        let read: Vec<&str> = std::str::from_utf8(&out.stdout).unwrap().split_terminator('\u{1f}').collect();
        assert_eq!(read, words.argv()[1..]);
    }
}
