//! What a command gives back: a result that can be shown to a person and written as JSON, and the problems met.

use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::args::Format;
use super::error;
use super::json::{JSON_VERSION, ProblemView, write_line};
use super::page::Page;
use crate::model::{Problem, Severity};

/// How a result looks to a person.
pub(super) trait View {
    /// Shows the answer itself.
    fn show(&self, page: &mut Page);

    /// Shows what is said beside the answer, on stderr: counts, hints. Left out where the user wants quiet.
    fn remark(&self, _page: &mut Page) {}

    /// Returns the answer in a form that only some commands know.
    fn rendered(&self, _format: Format) -> Option<String> {
        None
    }
}

/// A result with its form forgotten.
trait Deliverable {
    fn show(&self, page: &mut Page);
    fn remark(&self, page: &mut Page);
    fn rendered(&self, format: Format) -> Option<String>;
    fn write_json(&self, head: Head<'_>, out: &mut Vec<u8>);
}

impl<T: View + Serialize> Deliverable for T {
    fn show(&self, page: &mut Page) {
        View::show(self, page);
    }

    fn remark(&self, page: &mut Page) {
        View::remark(self, page);
    }

    fn rendered(&self, format: Format) -> Option<String> {
        View::rendered(self, format)
    }

    fn write_json(&self, head: Head<'_>, out: &mut Vec<u8>) {
        let envelope = Envelope {
            version: JSON_VERSION,
            command: head.command.to_owned(),
            exit: head.exit,
            result: self,
            problems: head.problems.iter().map(ProblemView::from).collect(),
        };
        write_line(&envelope, out);
    }
}

struct Head<'a> {
    command: &'a str,
    exit: u8,
    problems: &'a [Problem],
}

/// What `--format json` prints when a command has an answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Envelope<T> {
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
    schemars::schema_for!(Envelope<T>)
}

/// A command's answer.
pub(super) struct Answer {
    result: Box<dyn Deliverable>,
    problems: Vec<Problem>,
    is_no: bool,
}

impl Answer {
    /// Makes an answer of a result.
    pub(super) fn of(result: impl View + Serialize + 'static) -> Self {
        Self { result: Box::new(result), problems: Vec::new(), is_no: false }
    }

    /// Adds problems met on the way; an error among them makes the exit code 1.
    pub(super) fn with_problems(mut self, problems: Vec<Problem>) -> Self {
        self.problems.extend(problems);
        self
    }

    /// Makes the answer a considered no where `is_no` holds.
    pub(super) fn no_if(mut self, is_no: bool) -> Self {
        self.is_no |= is_no;
        self
    }

    pub(super) fn show(&self, page: &mut Page) {
        self.result.show(page);
    }

    /// Shows what is said beside the answer.
    pub(super) fn remark(&self, page: &mut Page) {
        error::show_problems(&self.problems, page);
        if !page.is_quiet() {
            self.result.remark(page);
        }
    }

    /// Shows the problems alone, beside an answer that is for a program.
    pub(super) fn warn(&self, page: &mut Page) {
        error::show_problems(&self.problems, page);
    }

    /// Returns the answer in a form that only some commands know.
    pub(super) fn rendered(&self, format: Format) -> Option<String> {
        self.result.rendered(format)
    }

    /// Returns the problems, to add to what they say.
    pub(super) fn problems_mut(&mut self) -> &mut [Problem] {
        &mut self.problems
    }

    pub(super) fn exit(&self) -> u8 {
        let broken = self.problems.iter().any(|problem| problem.severity == Severity::Error);
        u8::from(self.is_no || broken)
    }

    pub(super) fn write_json(&self, command: &str, out: &mut Vec<u8>) {
        self.result.write_json(Head { command, exit: self.exit(), problems: &self.problems }, out);
    }
}
