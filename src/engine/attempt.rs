//! The folder of one attempt: what it was given, what it printed, and how it has ended, written by its own shell.
//!
//! The shell waits for a line before it does anything, so that nothing runs that the log does not know. It runs the step
//! in a shell within itself and writes the exit code as a line of its own when that has ended: whoever comes later knows it
//! even where the engine has died. A line without its end is no exit code. Asked to end, it waits for the step, which may
//! clean up; a handler, not "ignore", because a program inherits the latter.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::event::Values;
use super::{Error, Result};
use crate::git::{open_regular, read_regular};
use crate::model::{AttemptEnd, StepName};
use crate::process::{Program, posix_shell};

/// Runs the lines that are its second argument and writes their exit code to the file that is its first.
const SHELL: &str = "IFS= read -r _go || exit 125\n\
trap : TERM\n\
exec </dev/null\n\
(set -e; _lines=$2; shift $#; eval \"$_lines\")\n\
_code=$?\n\
printf '%s\\n' \"$_code\" >\"$1\"\n\
exit \"$_code\"";

/// The same for one plain command, without a shell within: starting that costs as much as starting the command.
const PLAIN: &str = "IFS= read -r _go || exit 125\n\
trap : TERM\n\
exec </dev/null\n\
eval \"$2\"\n\
_code=$?\n\
printf '%s\\n' \"$_code\" >\"$1\"\n\
exit \"$_code\"";

/// Runs the program that is its second argument, with the rest of them, in the same way.
const PROGRAM: &str = "IFS= read -r _go || exit 125\n\
trap : TERM\n\
exec </dev/null\n\
(shift; exec \"$@\")\n\
_code=$?\n\
printf '%s\\n' \"$_code\" >\"$1\"\n\
exit \"$_code\"";

/// The same, with what it is to do on its standard input.
const EXECUTOR: &str = "IFS= read -r _go || exit 125\n\
trap : TERM\n\
exec <\"$TRACKER_BRIEF\"\n\
(shift; exec \"$@\")\n\
_code=$?\n\
printf '%s\\n' \"$_code\" >\"$1\"\n\
exit \"$_code\"";

/// Most bytes that are read of the outputs of a step.
const MOST_OUTPUTS: u64 = 64 * 1024;

/// What an attempt does.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipe {
    /// Lines for the shell.
    Run(String),
    /// A program and its arguments.
    Argv(Vec<String>),
    /// A program and its arguments, which reads what it is to do.
    Executor(Vec<String>),
}

/// What is noted down of an attempt before it begins. Of variables only the names: their values may be secret.
#[derive(Debug, Serialize)]
struct Noted<'a> {
    #[serde(flatten)]
    recipe: &'a Recipe,
    cwd: &'a str,
    env: Vec<&'a str>,
}

/// The folder.
#[derive(Debug, Clone)]
pub struct AttemptFolder(PathBuf);

impl AttemptFolder {
    /// Returns the folder of an attempt of a step, of a run that lies in `run`.
    #[must_use]
    pub fn of(run: &Path, step: &str, attempt: u32) -> Self {
        Self(run.join("steps").join(step).join(attempt.to_string()))
    }

    /// Makes it, with what the attempt is given, and returns the program to start and the files of its outputs.
    pub fn prepare(
        &self,
        recipe: &Recipe,
        cwd: &Path,
        shown_cwd: &str,
        variables: &[(String, String)],
    ) -> Result<(Program, File, File)> {
        // The folder of the step is there for later attempts, that of all steps for all but the first.
        let of_step = self.0.parent().unwrap_or(&self.0);
        let _ = fs::create_dir(of_step);
        fs::create_dir(&self.0)
            .or_else(|_| fs::create_dir_all(&self.0))
            .map_err(Error::io("create", &self.0))?;
        let names = variables.iter().map(|(name, _)| name.as_str()).collect();
        let noted = serde_json::to_vec(&Noted { recipe, cwd: shown_cwd, env: names });
        let noted = noted.expect("plain data with text keys is always JSON");
        let path = self.0.join("command.json");
        fs::write(&path, noted).map_err(Error::io("write", &path))?;
        let output = |name: &str| {
            let path = self.0.join(name);
            File::create(&path).map_err(Error::io("create", &path))
        };
        let exit = self.0.join("exit");
        let script = match recipe {
            Recipe::Run(lines) if is_plain(lines) => PLAIN,
            Recipe::Run(_) => SHELL,
            Recipe::Argv(_) => PROGRAM,
            Recipe::Executor(_) => EXECUTOR,
        };
        let program = Program::new(posix_shell(), "run a step").args(["-c", script, "sh"]).args([&exit]);
        let mut program = match recipe {
            Recipe::Run(lines) => program.args([lines]),
            Recipe::Argv(words) | Recipe::Executor(words) => program.args(words),
        };
        program = program.in_folder(cwd).in_its_own_repository();
        for (name, value) in variables {
            program = program.variable(name, value);
        }
        program = program.variable("TRACKER_OUTPUT", self.0.join("outputs"));
        Ok((program, output("stdout")?, output("stderr")?))
    }

    /// Writes what an executor is to do.
    pub fn write_brief(&self, text: &str) -> Result<()> {
        let path = self.0.join("brief.md");
        fs::write(&path, text).map_err(Error::io("write", &path))
    }

    /// Returns the exit code that the attempt has left; none where it has left none.
    #[must_use]
    pub fn exit(&self) -> Option<AttemptEnd> {
        let text = String::from_utf8(read_regular(&self.0.join("exit")).ok()?).ok()?;
        text.strip_suffix('\n')?.parse().ok().map(AttemptEnd::Exit)
    }

    /// Returns when it has left its exit code.
    #[must_use]
    pub fn ended(&self) -> Option<std::time::SystemTime> {
        fs::metadata(self.0.join("exit")).and_then(|meta| meta.modified()).ok()
    }

    /// Reads the outputs that a step has written, of which it must have written these.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn outputs(&self, declared: &[StepName]) -> std::result::Result<Values, String> {
        let mut text = String::new();
        if declared.is_empty() {
            return Ok(Values::new());
        }
        match open_regular(OpenOptions::new().read(true), &self.0.join("outputs")) {
            Ok(file) => {
                let read = file.take(MOST_OUTPUTS + 1).read_to_string(&mut text);
                read.map_err(|error| format!("outputs: {error}"))?;
                if text.len() as u64 > MOST_OUTPUTS {
                    return Err(format!("the outputs are longer than {} KiB", MOST_OUTPUTS / 1024));
                }
                if text.contains('\0') {
                    return Err("a NUL byte in the outputs, which no variable can hold".to_owned());
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(format!("outputs: {error}")),
        }
        let mut values = Values::new();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let (key, value) = line
                .split_once('=')
                .ok_or_else(|| format!("line {} of the outputs is not `name=value`", number + 1))?;
            if declared.iter().any(|name| name.as_str() == key) {
                values.insert(key.to_owned(), value.to_owned());
            }
        }
        match declared.iter().find(|name| !values.contains_key(name.as_str())) {
            Some(missing) => Err(format!("it has not written the output `{missing}` to $TRACKER_OUTPUT")),
            None => Ok(values),
        }
    }

    /// Returns the file of what it printed.
    #[must_use]
    pub fn stream(&self, is_stderr: bool) -> PathBuf {
        self.0.join(if is_stderr { "stderr" } else { "stdout" })
    }

    /// Returns the last lines of what it printed, of its errors where there are any.
    #[must_use]
    pub fn last_lines(&self, most: usize) -> Vec<String> {
        let errors = tail(&self.stream(true), most);
        if errors.is_empty() { tail(&self.stream(false), most) } else { errors }
    }
}

/// Whether lines are one command with nothing for the shell to do but to start it: it can neither end the shell that writes
/// its exit code nor change what that does.
fn is_plain(lines: &str) -> bool {
    /// What shells do themselves, or read as the beginning of something longer.
    const OWN: &str = ". : break builtin case command continue coproc declare do done elif else esac eval exec exit \
        export fi for function if in local logout readonly return select set shift source suspend then time times trap \
        typeset unset until while";
    let line = lines.trim();
    let is_literal = |c: char| c.is_ascii_alphanumeric() || " _-./,:@%+=".contains(c);
    let Some(first) = line.split(' ').next().filter(|first| !first.is_empty()) else { return false };
    line.chars().all(is_literal) && !first.contains('=') && OWN.split(' ').all(|own| own != first)
}

/// Returns the last lines of a file that are not empty, whatever its bytes and however long it is.
fn tail(path: &Path, most: usize) -> Vec<String> {
    /// No more than this is read.
    const BYTES: u64 = 8 * 1024;
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = open_regular(OpenOptions::new().read(true), path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(BYTES)))?;
        let mut bytes = Vec::new();
        file.take(BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let text = read().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let mut lines: Vec<&str> = text.lines().rev().filter(|line| !line.trim().is_empty()).take(most).collect();
    lines.reverse();
    lines.into_iter().map(readable).collect()
}

/// Returns a line without colours and other signs for terminals. One that is no text is replaced.
fn readable(line: &str) -> String {
    const MOST: usize = 500;
    let (mut text, mut lost, mut chars) = (String::new(), 0, line.chars().take(MOST).peekable());
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' if chars.next_if_eq(&'[').is_some() => {
                // Parameters, then a letter.
                while chars.next_if(|c| !('@'..='~').contains(c)).is_some() {}
                chars.next();
            }
            '\t' => text.push(' '),
            '\r' if chars.peek().is_some() => text.clear(),
            '\r' => {}
            '\u{fffd}' => lost += 1,
            c if c.is_control() => lost += 1,
            c => text.push(c),
        }
    }
    if lost > 0 && lost * 4 >= text.chars().count() { "(binary output)".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_command_that_the_shell_merely_starts_is_plain() {
        for plain in ["/bin/true", "cargo test --all", " make -j2 CC=cc all\n", "./a.sh x:y", "false"] {
            assert!(is_plain(plain), "{plain:?}");
        }
        let with_a_shell = [
            "",
            "exit 3",
            "a; b",
            "a\nb",
            "a | b",
            "a &",
            "$A",
            "`a`",
            "A=1 b",
            "cd ~",
            "echo *",
            "a > b",
            "trap x",
            ". ./a",
            ": a",
            "if a",
            "'a b'",
            "\"a\"",
            "a\\",
            "# a",
            "{ a",
            "! a",
            "set -e",
            "exec a",
            "a?",
            "[ a ]",
            "command exit 1",
            "a\tb",
            "while x",
            "unset PATH",
        ];
        for lines in with_a_shell {
            assert!(!is_plain(lines), "{lines:?}");
        }
    }

    #[test]
    fn a_line_is_shown_without_what_is_no_text() {
        for (line, expected) in [
            ("plain", "plain"),
            ("\u{1b}[1;31merror\u{1b}[0m: x\ty", "error: x y"),
            ("10 %\r100 %", "100 %"),
            ("a\0\0\0b\u{fffd}", "(binary output)"),
            ("a name with one \u{fffd} in it is text", "a name with one  in it is text"),
            ("\u{1b}[", ""),
        ] {
            assert_eq!(readable(line), expected, "{line:?}");
        }
    }
}
