//! What a command gives back: a result that can be shown to a person and written as JSON, and the problems met.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value;

use crate::cli::args::Format;
use crate::cli::error;
use crate::cli::output::Output;
use crate::cli::selection::Selection;
use crate::model::{Problem, Severity};
use crate::ops::{harmless_json, plain, truncate_json};

/// How a result looks to a person.
pub(super) trait View {
    /// Shows the answer itself, on stdout.
    fn show(&self, out: &mut Output);

    /// Shows counts and hints beside the answer, on stderr. Left out where the user wants quiet.
    fn status(&self, _out: &mut Output) {}

    /// Returns the answer in a form that only some commands know.
    fn rendered(&self, _format: Format) -> Option<String> {
        None
    }

    /// Returns what `--json` prints: of the keys that there are, those that the text shows; none where that is all.
    fn brief(&self) -> Option<Value> {
        None
    }

    /// Whether it has the fields alone that were requested.
    fn is_selected(&self) -> bool {
        false
    }
}

/// A result whose type only its command knows.
pub(super) trait AnyResult: View {
    /// Returns the result as what is written as JSON.
    fn as_serialize(&self) -> &dyn erased_serde::Serialize;
}

impl<T: View + Serialize> AnyResult for T {
    fn as_serialize(&self) -> &dyn erased_serde::Serialize {
        self
    }
}

/// What `--json` prints: the answer, and of the rest what is not as usual.
#[derive(Serialize)]
struct BriefEnvelope {
    exit: Option<u8>,
    result: Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<ProblemView>,
}

/// What `--format json` prints when a command has an answer.
#[derive(Debug, Serialize, JsonSchema)]
struct Envelope<T> {
    /// Version of this format.
    version: u32,
    /// The command that answered.
    command: String,
    /// The exit code: 0 yes, 1 a considered no.
    exit: u8,
    /// The answer.
    result: T,
    /// Documents that could not be used or are odd.
    problems: Vec<ProblemView>,
}

/// Returns the JSON Schema of a command's answer.
pub(super) fn schema_of<T: JsonSchema>() -> Schema {
    sparse_schema::<Envelope<T>>()
}

/// Returns the JSON Schema of a type as [`write_line`] writes it: a value is there only where there is one, a list where it
/// contains something.
pub(super) fn sparse_schema<T: JsonSchema>() -> Schema {
    sparse().into_root_schema_for::<T>()
}

fn sparse() -> SchemaGenerator {
    let settings = SchemaSettings::default().for_serialize();
    settings.with_transform(RecursiveTransform(make_sparse_optional)).into_generator()
}

fn make_sparse_optional(schema: &mut Schema) {
    let may_be = |property: &Value, name: &str| match &property["type"] {
        Value::Array(types) => types.iter().any(|own| own == name),
        own => own == name,
    };
    let is_sparse = |property: &Value| {
        let of_several = property["anyOf"].as_array().into_iter().flatten();
        may_be(property, "array") || of_several.chain([property]).any(|own| may_be(own, "null"))
    };
    let sparse: Vec<String> = match schema.get("properties").and_then(Value::as_object) {
        Some(properties) => {
            properties.iter().filter(|(_, each)| is_sparse(each)).map(|(name, _)| name.clone()).collect()
        }
        None => return,
    };
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.retain(|name| !sparse.iter().any(|own| name == own));
    }
}

/// How much of an answer is printed.
#[derive(Debug, Clone, Default)]
pub(super) struct Shape {
    /// `--json`: only what the text shows.
    pub(super) is_brief: bool,
    /// `--fields`.
    pub(super) selection: Option<Selection>,
    /// `--max-bytes`.
    pub(super) max_bytes: Option<usize>,
}

/// A command's answer.
pub(super) struct Answer<T: ?Sized> {
    problems: Vec<Problem>,
    is_no: bool,
    is_interrupted: bool,
    result: T,
}

/// The answer of some command.
pub(super) type AnyAnswer = Box<Answer<dyn AnyResult>>;

impl<T> Answer<T> {
    pub(super) fn of(result: T) -> Self {
        Self { problems: Vec::new(), is_no: false, is_interrupted: false, result }
    }

    /// Adds problems met on the way; an error among them makes the exit code 1.
    pub(super) fn with_problems(mut self, problems: Vec<Problem>) -> Self {
        self.problems.extend(problems);
        self
    }

    /// Makes the answer a considered no where `is_no` is true.
    pub(super) fn no_if(mut self, is_no: bool) -> Self {
        self.is_no |= is_no;
        self
    }
}

impl<T> Answer<T> {
    /// Makes the exit code that of an interruption where `is_interrupted` is true.
    pub(super) fn interrupted_if(mut self, is_interrupted: bool) -> Self {
        self.is_interrupted |= is_interrupted;
        self
    }
}

impl Answer<dyn AnyResult> {
    pub(super) fn show(&self, out: &mut Output) {
        self.result.show(out);
    }

    /// Shows what is beside the answer: the problems, then counts and hints.
    pub(super) fn status(&self, out: &mut Output) {
        error::show_problems(&self.problems, out);
        if !out.is_quiet() {
            self.result.status(out);
        }
    }

    /// Shows the problems alone, beside an answer that is for a program.
    pub(super) fn warn(&self, out: &mut Output) {
        error::show_problems(&self.problems, out);
    }

    /// Returns the answer in a form that only some commands know.
    pub(super) fn rendered(&self, format: Format) -> Option<String> {
        self.result.rendered(format)
    }

    pub(super) fn problems_mut(&mut self) -> &mut [Problem] {
        &mut self.problems
    }

    pub(super) fn exit(&self) -> u8 {
        let broken = self.problems.iter().any(|problem| problem.severity == Severity::Error);
        if self.is_interrupted { error::INTERRUPTED } else { error::exit_of_answer(self.is_no || broken) }
    }

    pub(super) fn write_json(&self, command: &str, how: &Shape, out: &mut Vec<u8>) {
        let exit = self.exit();
        let selection = how.selection.as_ref().filter(|_| !self.result.is_selected());
        if !how.is_brief && selection.is_none() && how.max_bytes.is_none() {
            let envelope = Envelope {
                version: JSON_VERSION,
                command: command.to_owned(),
                exit,
                result: self.result.as_serialize(),
                problems: self.problems.iter().map(ProblemView::from).collect(),
            };
            write_line(&envelope, out);
            return;
        }
        let value = || plain(self.result.as_serialize());
        let problems = self.problems.iter().map(ProblemView::from).collect();
        let brief = || self.result.brief().filter(|_| how.is_brief);
        let result = match selection {
            Some(selection) => {
                let mut result = value();
                selection.apply(&mut result, how.is_brief);
                result
            }
            None => brief().unwrap_or_else(value),
        };
        let mut answer = match how.is_brief {
            true => plain(BriefEnvelope { exit: Some(exit).filter(|exit| *exit != 0), result, problems }),
            false => {
                let command = command.to_owned();
                plain(Envelope { version: JSON_VERSION, command, exit, result, problems })
            }
        };
        if let Some(most) = how.max_bytes {
            // Keys without a value are not printed, and count for nothing.
            let mut line = Vec::new();
            write_line(&answer, &mut line);
            answer = serde_json::from_slice(&line).unwrap_or(answer);
            truncate_json(&mut answer, most.saturating_sub(1));
        }
        write_line(&answer, out);
    }

    /// Shows the requested fields as a table.
    pub(super) fn show_selected(&self, selection: &Selection, out: &mut Output) {
        match self.result.is_selected() {
            true => self.result.show(out),
            false => selection.show(&plain(self.result.as_serialize()), out),
        }
    }
}

/// The version of the JSON that `--format json` prints. It changes when a key is removed or changes meaning.
pub(super) const JSON_VERSION: u32 = 2;

/// Something wrong with a document, in JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ProblemView {
    /// `error` or `warning`.
    severity: &'static str,
    /// Path below the top of the working tree.
    file: String,
    /// Line, counted from 1.
    line: Option<usize>,
    /// Column of that line in characters, counted from 1.
    column: Option<usize>,
    /// The key it is about.
    key: Option<String>,
    /// What is wrong.
    message: String,
    /// What to do.
    hint: Option<String>,
}

impl From<&Problem> for ProblemView {
    fn from(problem: &Problem) -> Self {
        Self {
            severity: if problem.severity == Severity::Error { "error" } else { "warning" },
            file: problem.file.clone(),
            line: problem.line,
            column: problem.column,
            key: problem.key.clone(),
            message: problem.message.clone(),
            hint: problem.hint.clone(),
        }
    }
}

/// Writes a value as one line of JSON, without the keys that have no value and without empty lists: an answer to a
/// program has a key for what there is.
pub(super) fn write_line(value: &impl Serialize, out: &mut Vec<u8>) {
    let json = serde_json::to_string(value).expect("plain data with text keys is always JSON");
    out.extend_from_slice(harmless_json(&without_empty(&json)).as_bytes());
    out.push(b'\n');
}

/// Returns JSON that has no white space between its tokens without the keys of objects whose value is `null` or `[]`. The
/// lists that an answer itself consists of stay: they are what the command is about.
fn without_empty(json: &str) -> String {
    let bytes = json.as_bytes();
    let mut kept = String::with_capacity(json.len());
    let (mut copied, mut at, mut depth) = (0, 0, 0_usize);
    // How deep the keys of the answer are, while it lasts.
    let mut of_answer = None;
    while at < bytes.len() {
        if bytes[at] != b'"' {
            match bytes[at] {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            at += 1;
            continue;
        }
        let key = at;
        at += 1;
        while bytes[at] != b'"' {
            at += if bytes[at] == b'\\' { 2 } else { 1 };
        }
        at += 1;
        let Some(value) = json[at..].strip_prefix(':') else { continue };
        if depth == 1 {
            of_answer = (json[key..at] == *"\"result\"" && value.starts_with('{')).then_some(2);
        }
        let is_empty =
            |empty: &&&str| value.starts_with(**empty) && (**empty == "null" || of_answer != Some(depth));
        let Some(empty) = ["null", "[]"].iter().find(is_empty) else { continue };
        kept.push_str(&json[copied..key]);
        at += 1 + empty.len();
        if bytes.get(at) == Some(&b',') {
            at += 1;
        } else if kept.ends_with(',') {
            kept.pop();
        }
        copied = at;
    }
    kept.push_str(&json[copied..]);
    kept
}

/// Writes a value as JSON on several lines.
pub(super) fn pretty(value: &Value) -> String {
    let json = serde_json::to_string_pretty(value).expect("a JSON value is always JSON");
    format!("{}\n", harmless_json(&json))
}

#[cfg(test)]
mod tests {
    use super::{without_empty, write_line};

    #[test]
    fn keys_without_a_value_are_left_out() {
        let kept = [
            (r#"{"a":null,"b":1,"c":[],"d":[null,[]],"e":{}}"#, r#"{"b":1,"d":[null,[]],"e":{}}"#),
            (r#"{"a":null,"b":[]}"#, "{}"),
            (r#"{"result":{"a":[],"b":null,"c":{"d":[]}},"p":[]}"#, r#"{"result":{"a":[],"c":{}}}"#),
            (r#"{"a":1,"b":null,"c":null}"#, r#"{"a":1}"#),
            (r#"[{"a":[{"b":null}]},"x:null",null]"#, r#"[{"a":[{}]},"x:null",null]"#),
            (r#"{"\\\"a\":null":"\":null","ü\\":null,"z":"[]"}"#, r#"{"\\\"a\":null":"\":null","z":"[]"}"#),
        ];
        for (json, expected) in kept {
            assert_eq!(without_empty(json), expected);
        }
    }

    #[test]
    fn what_a_terminal_obeys_is_escaped_and_stays_the_same_text() {
        let text = "a\u{9b}31m\u{7f}\u{1b}[0m\n\u{202e}b\u{2069} \"ü\" 日本 😀\u{85}";
        let mut out = Vec::new();
        write_line(&text, &mut out);
        let line = String::from_utf8(out).unwrap();
        let expected = r#""a\u009b31m\u007f\u001b[0m\n\u202eb\u2069 \"ü\" 日本 😀\u0085""#;
        assert_eq!(line.trim_end(), expected);
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
    }
}
