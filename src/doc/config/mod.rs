//! `config.toml` to a [`Config`].
//!
//! Every key is looked at. A known one with a value it cannot have is an error: nothing is judged by the file. One that
//! looks like a misspelt or misplaced known one, and a name that nothing defines, is kept in [`Config::errors`]. Any other
//! unknown key is a warning, since a newer program may have written it.

mod director;
mod executors;
mod members;
mod plans;
mod roles;
mod rules;
mod sync;
#[cfg(test)]
mod tests;
mod triggers;
mod values;
mod webhooks;
mod workers;

pub(crate) use members::{names_keys, resolve_member_keys};
pub(crate) use sync::{add_sync_table, remove_sync_table};
pub(crate) use values::config_values;

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::printable::printable;
use super::{lines, source};
use crate::model::{
    Config, ConfigName, IdScheme, NamedThing, Problem, Severity, Stage, is_role_name, nearest,
};

/// Most syntax errors reported: one that is not fixed causes many after it.
const MOST_ERRORS: usize = 20;

/// Most problems of the values that are reported.
const MOST_PROBLEMS: usize = 200;

/// The keys at the top.
const ROOT: [&str; 21] = [
    "format",
    "project",
    "id_prefix",
    "id_scheme",
    "pipeline",
    "stage",
    "types",
    "roles",
    "executors",
    "hooks",
    "policy",
    "reports",
    "sprints",
    "plans",
    "workers",
    "on",
    "webhooks",
    "sync",
    "ci",
    "director",
    "budgets",
];

/// Longest prefix of ids, in bytes: an id of any length that the tracker makes still fits after it.
const LONGEST_PREFIX: usize = 32;

/// Reads the configuration; beside it come warnings, such as keys that this version does not know.
///
/// # Errors
/// All problems of the document, warnings included, each with its line.
pub fn read_config(bytes: &[u8]) -> Result<(Config, Vec<Problem>), Vec<Problem>> {
    let text = source::plain_text(bytes)?;
    if text.len() > source::FRONT_MATTER_CAP {
        let message =
            format!("the file is {} bytes long; at most {} are read", text.len(), source::FRONT_MATTER_CAP);
        return Err(vec![Problem::error(message).at_line(1)]);
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut reader =
        Reader { text, problems: Vec::new(), misfits: Vec::new(), unread: Vec::new(), names: Vec::new() };
    for error in errors.into_iter().take(MOST_ERRORS) {
        let span = error.span().unwrap_or(0..0);
        reader.error(span, "", error.message().trim().replace('\n', ", "), None);
    }
    let mut config = Config { format: Config::UNSAID_FORMAT, ..Config::default() };
    reader.root(table.get_ref(), &mut config);
    reader.check_stages(table.get_ref(), &config);
    reader.check_roles(table.get_ref(), &config);
    reader.check_members(table.get_ref(), &config);
    reader.check_types(table.get_ref(), &config);
    reader.check_executors(table.get_ref(), &config);
    reader.check_plans(table.get_ref(), &config);
    reader.check_workers(table.get_ref(), &config);
    reader.check_director(table.get_ref(), &config);
    reader.check_sync(table.get_ref(), &config);
    reader.misfits.sort_by_key(|problem| problem.line);
    config.errors = std::mem::take(&mut reader.misfits);
    config.unread = std::mem::take(&mut reader.unread);
    config.names = std::mem::take(&mut reader.names);
    let mut problems = reader.problems;
    problems.sort_by_key(|problem| problem.line);
    if problems.iter().any(|problem| problem.severity == Severity::Error) {
        return Err(problems);
    }
    Ok((config, problems))
}

type Key<'t> = Spanned<DeString<'t>>;
type Value<'t> = Spanned<DeValue<'t>>;

struct Reader<'t> {
    text: &'t str,
    problems: Vec<Problem>,
    /// What is stated and cannot be meant; see [`Config::errors`].
    misfits: Vec<Problem>,
    /// Those of them whose lines are not read; see [`Config::unread`].
    unread: Vec<Problem>,
    /// What only other records say is there; see [`Config::names`].
    names: Vec<ConfigName>,
}

impl Reader<'_> {
    fn root(&mut self, table: &DeTable<'_>, config: &mut Config) {
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "format" => self.format(value, config),
                "project" => config.project = self.text("project", value),
                "id_prefix" => self.id_prefix(value, config),
                "id_scheme" => self.id_scheme(value, config),
                "pipeline" => {
                    self.table("pipeline", value, |reader, path, key, value| match key.get_ref().as_ref() {
                        "stages" => config.pipeline.stages = reader.stages(path, value),
                        _ => reader.unknown(path, key, &["stages"]),
                    });
                }
                "stage" => self.table("stage", value, |reader, path, key, value| {
                    let name = key.get_ref();
                    if Stage::parse(name).is_none() {
                        reader.error(key.span(), path, not_a_stage(name), None);
                    }
                    let rules = reader.stage_rules(path, value);
                    config.stages.insert(name.to_string(), rules);
                }),
                "types" => self.table("types", value, |reader, path, key, value| {
                    let rules = reader.type_rules(path, value);
                    config.types.insert(key.get_ref().to_string(), rules);
                }),
                "roles" => self.table("roles", value, |reader, path, key, value| {
                    let name = key.get_ref();
                    if !is_role_name(name) {
                        reader.error(key.span(), path, not_a_role(name), None);
                    }
                    let rules = reader.role_rules(path, value);
                    config.roles.insert(name.to_string(), rules);
                }),
                "executors" => self.executors(value, config),
                "hooks" => config.hooks = self.hook_rules(value),
                "policy" => config.policy = self.policy_rules(value),
                "reports" => config.reports = self.report_settings(value),
                "sprints" => config.sprints = self.sprint_rules(value),
                "plans" => config.plans = self.plan_rules(value),
                "workers" => self.table("workers", value, |reader, path, key, value| {
                    let kind = reader.worker_type(path, value);
                    config.workers.insert(key.get_ref().to_string(), kind);
                }),
                "on" => self.triggers(value, config),
                "director" => self.director(value, config),
                "budgets" => config.budgets = self.budgets(value),
                "webhooks" => self.webhooks(value, config),
                "sync" => self.table("sync", value, |reader, path, key, value| {
                    let remote = reader.sync_remote(path, value);
                    config.sync.insert(key.get_ref().to_string(), remote);
                }),
                "ci" => self.table("ci", value, |reader, path, key, value| match key.get_ref().as_ref() {
                    "install" => config.ci.install = reader.shell_command(path, value),
                    _ => reader.unknown(path, key, &["install"]),
                }),
                name => self.unknown(name, key, &ROOT),
            }
        }
    }

    fn shell_command(&mut self, path: &str, value: &Value<'_>) -> Option<String> {
        let text = self.text(path, value)?.trim().to_owned();
        if text.is_empty() || text.contains(|c: char| c.is_control() && c != '\n') {
            self.error(value.span(), path, expected("a shell command", value), None);
            return None;
        }
        Some(text)
    }

    fn format(&mut self, value: &Value<'_>, config: &mut Config) {
        let number =
            value.get_ref().as_integer().and_then(|n| u32::from_str_radix(n.as_str(), n.radix()).ok());
        match number {
            Some(number) if number > Config::FORMAT => {
                let message =
                    format!("format `{number}` is newer than this program reads (`{}`)", Config::FORMAT);
                self.error(value.span(), "format", message, Some("update the program"));
            }
            Some(number) if number > 0 => config.format = number,
            _ => self.error(value.span(), "format", expected("a number from 1", value), None),
        }
    }

    fn id_prefix(&mut self, value: &Value<'_>, config: &mut Config) {
        let Some(prefix) = self.text("id_prefix", value) else { return };
        if prefix.len() <= LONGEST_PREFIX && crate::model::TaskId::parse(&format!("{prefix}-0")).is_ok() {
            config.id_prefix = prefix;
        } else {
            let hint = "a prefix is at most 32 capital letters and digits, such as `TASK`";
            self.error(
                value.span(),
                "id_prefix",
                format!("`{}` cannot begin an id", printable(&prefix)),
                Some(hint),
            );
        }
    }

    fn id_scheme(&mut self, value: &Value<'_>, config: &mut Config) {
        match self.text("id_scheme", value).as_deref() {
            Some("random") => config.id_scheme = IdScheme::Random,
            Some("sequential") => config.id_scheme = IdScheme::Sequential,
            Some(other) => {
                let hint = "known are `random` and `sequential`";
                self.error(
                    value.span(),
                    "id_scheme",
                    format!("`{}` is no way to make ids", printable(other)),
                    Some(hint),
                );
            }
            None => {}
        }
    }

    fn table(
        &mut self,
        path: &str,
        value: &Value<'_>,
        mut each: impl FnMut(&mut Self, &str, &Key<'_>, &Value<'_>),
    ) {
        match value.get_ref() {
            DeValue::Table(table) => {
                for (key, value) in table {
                    each(self, &format!("{path}.{}", key.get_ref()), key, value);
                }
            }
            _ => self.error(value.span(), path, expected("a table", value), None),
        }
    }

    fn text(&mut self, path: &str, value: &Value<'_>) -> Option<String> {
        let text = value.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            self.error(value.span(), path, expected("a text", value), None);
        }
        text
    }

    fn switch(&mut self, path: &str, value: &Value<'_>) -> Option<bool> {
        let switch = value.get_ref().as_bool();
        if switch.is_none() {
            self.error(value.span(), path, expected("`true` or `false`", value), None);
        }
        switch
    }

    /// Reads a text that is one of a few words.
    fn word<T: Copy>(&mut self, path: &str, value: &Value<'_>, known: &[(&str, T)]) -> Option<T> {
        let text = self.text(path, value)?;
        self.word_of(path, &text, value.span(), known)
    }

    fn word_of<T: Copy>(
        &mut self,
        path: &str,
        text: &str,
        span: Range<usize>,
        known: &[(&str, T)],
    ) -> Option<T> {
        let found = known.iter().find(|(word, _)| *word == text).map(|&(_, value)| value);
        if found.is_none() {
            let words: Vec<String> = known.iter().map(|(word, _)| format!("`{word}`")).collect();
            let hint = format!("known are {}", words.join(", "));
            self.error(span, path, format!("`{}` is not known here", printable(text)), Some(&hint));
        }
        found
    }

    fn texts(&mut self, path: &str, value: &Value<'_>) -> Vec<(String, Range<usize>)> {
        let DeValue::Array(items) = value.get_ref() else {
            self.error(value.span(), path, expected("a list of texts", value), None);
            return Vec::new();
        };
        let text = |item| Some((self.text(path, item)?, item.span()));
        items.iter().filter_map(text).collect()
    }

    /// Reports a key that a table does not have: one that was surely meant to be another, or to be elsewhere, would
    /// leave the policy weaker than whoever wrote it believes.
    fn unknown(&mut self, path: &str, key: &Key<'_>, known: &[&'static str]) {
        let message = format!("unknown key `{}`", printable(key.get_ref()));
        let hint = match (nearest(key.get_ref(), known.iter().copied()), rules::home_of(key.get_ref())) {
            (Some(meant), _) => format!("did you mean `{meant}`?"),
            (None, Some(table)) => format!("it belongs into {table}"),
            (None, None) => return self.warn(key.span(), path, message),
        };
        self.unread(key.span(), path, message, hint);
    }

    /// Reports a line that is not read.
    fn unread(&mut self, span: Range<usize>, path: &str, message: String, hint: String) {
        let known = self.misfits.len();
        self.misfit(span, path, message, hint);
        self.unread.extend(self.misfits.get(known).cloned());
    }

    fn misfit(&mut self, span: Range<usize>, path: &str, message: String, hint: impl Into<String>) {
        if self.misfits.len() < MOST_PROBLEMS {
            let problem = self.place(Problem::error(message).with_hint(hint), &span, path);
            self.misfits.push(problem);
        }
    }

    /// Notes a name that other records must have.
    fn named(&mut self, span: Range<usize>, path: &str, of: NamedThing, name: &str) {
        if self.names.len() < MOST_PROBLEMS {
            let message = format!("unknown {} `{}`", of.word(), printable(name));
            let problem = self.place(Problem::error(message), &span, path);
            self.names.push(ConfigName { of, name: name.to_owned(), problem });
        }
    }

    fn error(&mut self, span: Range<usize>, path: &str, message: String, hint: Option<&str>) {
        // The first error is never too many: it is what makes the document a broken one.
        let is_error = |problem: &Problem| problem.severity == Severity::Error;
        if self.problems.len() >= MOST_PROBLEMS && self.problems.iter().any(is_error) {
            return;
        }
        let mut problem = self.place(Problem::error(message), &span, path);
        problem.hint = hint.map(str::to_owned);
        self.problems.push(problem);
    }

    fn warn(&mut self, span: Range<usize>, path: &str, message: String) {
        if self.problems.len() < MOST_PROBLEMS {
            let problem = self.place(Problem::warning(message), &span, path);
            self.problems.push(problem);
        }
    }

    fn place(&self, problem: Problem, span: &Range<usize>, path: &str) -> Problem {
        let problem = problem.at_line(lines::number_at(self.text, span.start));
        if path.is_empty() { problem } else { problem.on_key(printable(path)) }
    }
}

fn expected(what: &str, value: &Value<'_>) -> String {
    format!("expected {what}, found {}", value.get_ref().type_str())
}

fn not_a_role(text: &str) -> String {
    let text = printable(text);
    format!("`{text}` is not a role's name: letters, digits, `-` and `_`, beginning with a letter")
}

fn not_a_stage(text: &str) -> String {
    format!("`{}` is not a stage's name: lowercase letters, digits, `-` and `_`", printable(text))
}
