//! What is on the command line: the root command, the options that many commands share, and completion.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, Args};

use crate::cli::commands;
use crate::cli::completion::{stages, tasks};
use crate::cli::groups::groups_of;
use crate::cli::output::Colour;
use crate::model::{Field, parse_span};
use crate::report::graph::{GRAPH_FORMATS, GraphFormat};
use crate::report::listing::{LIST_FORMATS, ListFormat};
use crate::report::review::{FORMATS, ReviewFormat};

const ABOUT: &str = "Tasks, sign-offs and reports as files in your git repository";
const LONG_ABOUT: &str = "\
Tasks, sign-offs and reports as files in your git repository.

Tasks live in `.tracker/` beside the code. Wherever an id is expected, a unique part of it is enough, in either \
case: `tracker show 7q2` shows TASK-7Q2M.";

/// Returns the command line as a whole.
#[must_use]
pub fn command() -> clap::Command {
    let root = commands::add_to(root());
    let groups = groups_of(&root);
    root.help_template(format!(
        "{{before-help}}{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{groups}Options:\n{{options}}{{after-help}}"
    ))
}

fn root() -> clap::Command {
    let root = clap::Command::new("tracker")
        .about(ABOUT)
        .long_about(LONG_ABOUT)
        .version(env!("CARGO_PKG_VERSION"))
        .propagate_version(true)
        .max_term_width(100)
        .disable_help_subcommand(true)
        .subcommand_required(false);
    Global::augment_args(root)
}

/// Returns the command line of the one command that these arguments name in full; none where they name none. What it
/// understands, [`command`] understands in the same way, which takes many times as long to build. What it does not understand
/// is for that one: it knows what was meant, and all of the help.
pub(super) fn command_of(arguments: &[OsString]) -> Option<clap::Command> {
    let first = arguments.get(1)?;
    let name = match commands::defined(first) {
        Some(_) => first,
        None => &arguments[command_index(arguments)?],
    };
    Some(root().subcommand(commands::defined(name)?))
}

// Options that are before or after the command. No doc comment: it would become the text of the help.
#[derive(Debug, Default, Args)]
pub(super) struct Global {
    /// Run as if started in this directory
    #[arg(short = 'C', long, global = true, value_name = "DIR", help_heading = "Everywhere")]
    pub(super) directory: Option<PathBuf>,
    /// Output format; `review` and `check` have more
    #[arg(long, global = true, value_parser = format_parser(), default_value = "human", help_heading = "Everywhere")]
    format: Format,
    /// Print as JSON what the text shows; `--format json` has everything
    #[arg(long, global = true, conflicts_with = "format", help_heading = "Everywhere")]
    json: bool,
    /// Print only these fields of an answer, such as id,title
    #[arg(long, global = true, value_name = "FIELDS", help_heading = "Everywhere")]
    pub(super) fields: Option<String>,
    /// Print at most this many bytes, and how much more there is
    #[arg(long, global = true, value_name = "BYTES", value_parser = bytes, help_heading = "Everywhere")]
    pub(super) max_bytes: Option<usize>,
    /// Print for programs and logs: no colour, no glyphs, nothing cut
    #[arg(long, global = true, conflicts_with = "color", help_heading = "Everywhere")]
    pub(super) plain: bool,
    /// Print only the answer: ids for writes, no hints
    #[arg(short, long, global = true, help_heading = "Everywhere")]
    pub(super) quiet: bool,
    /// Agent that acts for you; recorded beside your name [env: TRACKER_AGENT]
    #[arg(long, global = true, value_name = "NAME", help_heading = "Everywhere")]
    pub(super) agent: Option<String>,
    /// When to use colour; `NO_COLOR` is respected
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        help_heading = "Everywhere"
    )]
    pub(super) color: Colour,
}

impl Global {
    /// Returns how to answer.
    pub(super) fn format(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }

    /// Whether JSON has only what the text shows.
    pub(super) fn is_brief(&self) -> bool {
        self.json
    }
}

/// The form of the answer.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Format {
    #[default]
    Human,
    Json,
    /// A form that `review` and `check` alone have; of them `report` has Markdown.
    Review(&'static ReviewFormat),
    /// A page, which `report` alone has.
    Html,
    /// A form that `list` alone has.
    List(&'static ListFormat),
    /// A form that `deps` alone has.
    Graph(&'static GraphFormat),
    /// `tracker doctor --format` without a value, which is `--upgrade`: not how to answer, but what to do.
    Upgrade,
}

/// The forms that every command has, with what they are for.
const COMMON_FORMATS: [(&str, Format, &str); 2] = [
    ("human", Format::Human, "Text for people"),
    ("json", Format::Json, "One JSON document: tracker help json"),
];
const UPGRADE: &str = "upgrade";
const HTML: &str = "html";

impl Format {
    fn named(name: &str) -> Option<Self> {
        let common = COMMON_FORMATS.iter().find(|(common, ..)| *common == name).map(|(_, format, _)| *format);
        let of_reviews = || FORMATS.iter().find(|format| format.name == name).map(Self::Review);
        let of_lists = || LIST_FORMATS.iter().find(|format| format.name == name).map(Self::List);
        let of_graphs = || GRAPH_FORMATS.iter().find(|format| format.name == name).map(Self::Graph);
        common.or_else(of_reviews).or_else(of_lists).or_else(of_graphs).or(match name {
            UPGRADE => Some(Self::Upgrade),
            HTML => Some(Self::Html),
            _ => None,
        })
    }

    /// Returns its name, as it is typed.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Review(format) => format.name,
            Self::Html => HTML,
            Self::List(format) => format.name,
            Self::Graph(format) => format.name,
            Self::Upgrade => UPGRADE,
        }
    }

    /// Returns the form of a review that other programs read.
    pub(super) fn of_review(self) -> Option<&'static ReviewFormat> {
        if let Self::Review(format) = self { Some(format) } else { None }
    }

    pub(super) fn is_human(self) -> bool {
        matches!(self, Self::Human)
    }
}

/// Reads `--format`. What only some commands have is read everywhere, but shown by those alone.
pub(super) fn format_parser() -> impl TypedValueParser<Value = Format> {
    let common = COMMON_FORMATS.iter().map(|(name, ..)| PossibleValue::new(*name));
    let others = table_formats().chain([HTML, UPGRADE]);
    named_formats(common.chain(others.map(|name| PossibleValue::new(name).hide(true))).collect())
}

/// Yields the names of the forms that have a table of their own.
fn table_formats() -> impl Iterator<Item = &'static str> {
    let lists = LIST_FORMATS.iter().map(|format| format.name);
    FORMATS
        .iter()
        .map(|format| format.name)
        .chain(lists)
        .chain(GRAPH_FORMATS.iter().map(|format| format.name))
}

fn named_formats(values: Vec<PossibleValue>) -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(values)
        .map(|name| Format::named(&name).expect("the parser knows the names of the tables alone"))
}

/// Returns `--format` for the commands that show reviews. It takes the place of the one that all others have.
pub(super) fn review_formats() -> Arg {
    own_formats(FORMATS.iter().map(|format| (format.name, format.about)))
}

/// Returns `--format` for the commands that list tasks.
pub(super) fn list_formats() -> Arg {
    own_formats(LIST_FORMATS.iter().map(|format| (format.name, format.about)))
}

/// Returns `--format` for the command that exports tasks. It takes the place of the one that all others have.
pub(super) fn export_formats() -> Arg {
    let lists = LIST_FORMATS.iter().map(|format| (format.name, format.about));
    let values = [
        ("markdown", "A list of checkboxes [default]"),
        ("json", "Everything; the default for an output that ends in .json"),
    ];
    own_document_format(values.into_iter().chain(lists))
}

/// Returns `--format` for the command that shows dependencies.
pub(super) fn graph_formats() -> Arg {
    own_formats(GRAPH_FORMATS.iter().map(|format| (format.name, format.about)))
}

/// Returns `--format` for the command of the director.
pub(super) fn director_formats() -> Arg {
    own_formats([("markdown", "A report of the round")].into_iter())
}

fn own_formats(own: impl Iterator<Item = (&'static str, &'static str)>) -> Arg {
    let common = COMMON_FORMATS.iter().map(|(name, _, about)| (*name, *about));
    let mut values: Vec<PossibleValue> =
        common.chain(own).map(|(name, about)| PossibleValue::new(name).help(about)).collect();
    // What other commands have is read, so that the error can say which these are.
    let is_own = |name: &str| values.iter().any(|value| value.get_name() == name);
    let hidden: Vec<PossibleValue> = table_formats()
        .filter(|name| !is_own(name))
        .map(|name| PossibleValue::new(name).hide(true))
        .collect();
    values.extend(hidden);
    Arg::new("format")
        .long("format")
        .value_name("FORMAT")
        .value_parser(named_formats(values))
        .default_value("human")
        .help_heading("Everywhere")
        .help("Output format")
}

/// Returns `--format` for the command that renders documents. It takes the place of the one that all others have.
pub(super) fn document_format() -> Arg {
    let values = [
        ("markdown", "Markdown [default]"),
        (HTML, "One page that needs nothing else; the default for an output that ends in .html"),
        ("json", "The data of the document: tracker help json"),
    ];
    own_document_format(values.into_iter())
}

/// Returns `--format` for a command whose answer is a document.
fn own_document_format(own: impl Iterator<Item = (&'static str, &'static str)>) -> Arg {
    let values = own.map(|(name, about)| PossibleValue::new(name).help(about));
    let human = PossibleValue::new("human").hide(true);
    Arg::new("format")
        .long("format")
        .value_name("FORMAT")
        .value_parser(named_formats(values.chain([human]).collect()))
        .default_value("human")
        .hide_default_value(true)
        .help_heading("Everywhere")
        .help("Output format")
}

/// Options of commands that write.
#[derive(Debug, Clone, Args)]
pub(super) struct WriteArgs {
    /// Show what would change without writing it
    #[arg(short = 'n', long)]
    pub(super) dry_run: bool,
    /// Maximum time to wait for the lock
    #[arg(long, value_name = "SECONDS", default_value = "10", hide_default_value = true, value_parser = seconds)]
    pub(super) lock_timeout: Duration,
}

impl Default for WriteArgs {
    /// What the options are where they are not given.
    fn default() -> Self {
        Self { dry_run: false, lock_timeout: Duration::from_secs(10) }
    }
}

/// Options of commands that read.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct ReadArgs {
    /// Read this commit instead of the working tree
    #[arg(long, value_name = "REV")]
    pub(super) at: Option<String>,
}

/// A reason in one line, given as one word or several.
#[derive(Debug, Args)]
pub(super) struct ReasonArgs {
    /// Reason, in one line. Put `--` before text that begins with a hyphen
    #[arg(required_unless_present_any = ["literal", "why"], value_name = "REASON", allow_hyphen_values = true, value_parser = text_word)]
    reason: Option<String>,
    #[arg(hide = true, value_name = "REASON")]
    rest: Vec<String>,
    #[arg(hide = true, last = true, value_name = "REASON")]
    literal: Vec<String>,
    /// The same reason, as an option
    #[arg(long, short = 'm', value_name = "REASON", conflicts_with_all = ["reason", "rest", "literal"])]
    why: Option<String>,
}

impl ReasonArgs {
    pub(super) fn text(&self) -> String {
        let words = self.reason.iter().chain(&self.rest).chain(&self.literal).chain(&self.why);
        words.map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

/// Some tasks, and why something is done to them.
#[derive(Debug, Args)]
pub(super) struct TasksArgs {
    /// Task IDs; a unique part of each is enough [default: the active task]
    #[arg(value_name = "ID", add = tasks())]
    pub(super) ids: Vec<String>,
    /// Reason, for the history
    #[arg(long, short = 'm', value_name = "REASON")]
    pub(super) why: Option<String>,
}

/// Which tasks: a query, and options for its most frequent terms.
#[derive(Debug, Default, Args)]
pub(super) struct QueryArgs {
    /// Query; quote terms with operators or spaces for your shell
    #[arg(value_name = "QUERY")]
    query: Vec<String>,
    /// Only tasks in this stage
    #[arg(long, value_name = "STAGE", add = stages())]
    stage: Option<String>,
    /// Only tasks with this status, such as in_progress
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,
    /// Only tasks assigned to this person; `@me` is you
    #[arg(long, value_name = "NAME")]
    assignee: Option<String>,
    /// Only your own tasks
    #[arg(long)]
    mine: bool,
    /// Only tasks with this tag
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// Only tasks of this priority
    #[arg(long, short, value_name = "PRIORITY")]
    priority: Option<String>,
    /// Only tasks of this sprint
    #[arg(long, value_name = "SPRINT")]
    sprint: Option<String>,
    /// Only tasks that are a part of this one
    #[arg(long, value_name = "ID", add = tasks())]
    parent: Option<String>,
}

impl QueryArgs {
    /// Returns the query as a whole. In the value of an option commas separate alternatives, as in a term.
    pub(super) fn text(self) -> String {
        let mut terms = self.query;
        let options = [
            ("stage", self.stage),
            ("status", self.status),
            ("assignee", self.assignee),
            ("tag", self.tag),
            ("priority", self.priority),
            ("sprint", self.sprint),
            ("parent", self.parent),
        ];
        let quoted = |value: &str| match value.trim() {
            "@me" => "@me".to_owned(),
            value => format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")),
        };
        let term = |(field, value): (&str, Option<String>)| {
            let values: Vec<String> = value?.split(',').map(quoted).collect();
            Some(format!("{field}:{}", values.join(",")))
        };
        let mut options: Vec<String> = options.into_iter().filter_map(term).collect();
        options.extend(self.mine.then(|| "is:mine".to_owned()));
        if !terms.is_empty() && !options.is_empty() {
            terms = vec![format!("({})", terms.join(" "))];
        }
        terms.extend(options);
        terms.join(" ")
    }
}

/// Reads the first word of a text, which may begin with a hyphen only as an item of a list does: `- one item`.
/// Anything else with a hyphen is an option that nobody knows.
pub(super) fn text_word(word: &str) -> Result<String, String> {
    let is_text = !word.starts_with('-') || word == "-" || word.starts_with("- ");
    is_text
        .then(|| word.to_owned())
        .ok_or_else(|| format!("unexpected argument; to pass it as text, use `-- {word}`"))
}

pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    text.parse::<f64>()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "expected a number of seconds, such as 10 or 0.5".to_owned())
}

/// Reads a time on a clock.
pub(super) fn span(text: &str) -> Result<Duration, String> {
    parse_span(text).ok_or_else(|| "expected a time such as 90s or 30m".to_owned())
}

/// Fewer bytes than this say nothing.
const FEWEST_BYTES: usize = 100;

fn bytes(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| *count >= FEWEST_BYTES);
    count.ok_or_else(|| format!("expected a number of bytes, {FEWEST_BYTES} at least"))
}

/// Reads how many are requested at most.
pub(super) fn count(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "expected a number, such as 10".to_owned())
}

/// Respells the negated terms of a query, such as `-assignee:ada`, as `!assignee:ada`, which means the same. The parser
/// of arguments would take them for options, or, configured not to, every option after the first term for a term. Nothing
/// but the terms of the commands that take a query is touched, and nothing after `--`.
pub(super) fn spell_out(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let Some(at) = command_index(&arguments) else { return arguments };
    spell_out_fields(&mut arguments);
    if !["list", "ls", "search", "find", "queue", "next", "ready", "board", "forecast", "tui"]
        .iter()
        .any(|name| arguments[at] == *name)
    {
        return arguments;
    }
    let negation = |word: &OsString| {
        let term = word.to_str()?.strip_prefix('-')?;
        let end = term.find([':', '=', '!', '<', '>'])?;
        let is_term = matches!(&term[..end], "is" | "has" | "no") || Field::parse(&term[..end]).is_some();
        is_term.then(|| OsString::from(format!("!{term}")))
    };
    for word in arguments[at + 1..].iter_mut().take_while(|word| *word != "--") {
        if let Some(respelled) = negation(word) {
            *word = respelled;
        }
    }
    arguments
}

/// Respells `--json id,title`, as `gh` has it, as `--json --fields id,title`: two words or more with commas between them
/// right after `--json` are fields.
fn spell_out_fields(arguments: &mut Vec<OsString>) {
    let end = arguments.iter().position(|word| word == "--").unwrap_or(arguments.len());
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|c| c.is_ascii_lowercase() || c == b'_');
    let are_fields = |text: &str| text.contains(',') && text.split(',').all(is_name);
    for at in 0..end {
        let Some(word) = arguments[at].to_str() else { continue };
        if let Some(fields) = word.strip_prefix("--json=") {
            let fields = OsString::from(fields);
            arguments.splice(at..=at, [OsString::from("--json"), OsString::from("--fields"), fields]);
            return;
        }
        let next = arguments.get(at + 1).and_then(|next| next.to_str());
        if word == "--json" && at + 1 < end && next.is_some_and(are_fields) {
            arguments.insert(at + 1, OsString::from("--fields"));
            return;
        }
    }
}

/// Returns where the command's name is among the arguments: the first word that is neither an option that is
/// everywhere nor the value of one.
pub(super) fn command_index(arguments: &[OsString]) -> Option<usize> {
    let options = Global::augment_args(clap::Command::new("tracker"))
        .allow_external_subcommands(true)
        .ignore_errors(true);
    let matches = options.try_get_matches_from(arguments).ok()?;
    let (_, command) = matches.subcommand()?;
    let words = command.get_many::<OsString>("").map_or(0, |words| words.len());
    arguments.len().checked_sub(words + 1)
}

/// Whether a command answers in a form: every command has the common ones, and some list others as their own.
pub(super) fn has_format(name: &str, format: Format) -> bool {
    match format {
        Format::Human | Format::Json => true,
        Format::Upgrade => name == "doctor",
        Format::Review(_) | Format::List(_) | Format::Graph(_) | Format::Html => {
            commands_with(format).any(|command| command == name)
        }
    }
}

/// Yields the commands that list a form as their own.
pub(super) fn commands_with(format: Format) -> impl Iterator<Item = String> {
    let is_own = |command: &clap::Command| {
        let own = command.get_arguments().filter(|argument| argument.get_id() == "format");
        let mut values = own.flat_map(Arg::get_possible_values).filter(|value| !value.is_hide_set());
        values.any(|value| value.get_name() == format.name())
    };
    let root = command();
    let is_one = |command: &clap::Command| is_own(command) || command.get_subcommands().any(is_own);
    let own = root.get_subcommands().filter(|command| is_one(command));
    own.map(|command| command.get_name().to_owned()).collect::<Vec<_>>().into_iter()
}

/// Returns the command that these arguments name, for errors that come before they are understood.
pub(super) fn command_named(arguments: &[OsString]) -> String {
    let root = command();
    let named = command_index(arguments).and_then(|at| root.find_subcommand(&arguments[at]));
    named.map_or_else(|| "tracker".to_owned(), |command| command.get_name().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_term_of_a_query_is_respelled() {
        let respelled = |words: &[&str]| -> Vec<String> {
            let words = words.iter().map(OsString::from).collect();
            spell_out(words).into_iter().filter_map(|word| word.into_string().ok()).collect()
        };
        assert_eq!(
            respelled(&["tracker", "ls", "-assignee:ada", "-a", "--limit=3"])[2..],
            ["!assignee:ada", "-a", "--limit=3"]
        );
        assert_eq!(
            respelled(&["tracker", "list", "--json", "id,title"])[2..],
            ["--json", "--fields", "id,title"]
        );
        assert_eq!(respelled(&["tracker", "list", "--json=id"])[2..], ["--json", "--fields", "id"]);
        assert_eq!(respelled(&["tracker", "list", "--json", "dark"])[2..], ["--json", "dark"]);
        assert_eq!(respelled(&["tracker", "-C", "a", "--format=json", "queue", "-is:x"])[5], "!is:x");
        for words in [
            &["tracker", "note", "7q", "-assignee:ada"][..],
            &["tracker", "note", "7q", "list", "-assignee:ada"],
            &["tracker", "-C", "list", "note", "-assignee:ada"],
            &["tracker", "list", "--", "-assignee:ada"],
        ] {
            assert_eq!(respelled(words).last().unwrap(), "-assignee:ada", "{words:?}");
        }
    }
}
