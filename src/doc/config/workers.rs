//! `[workers.TYPE]`: what a worker watches, the tools that find and fix, and what it may touch.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Reader, Value, expected};
use crate::doc::printable::printable;
use crate::model::{
    Config, Cost, FindingSeverity, TaskId, WorkerReport, WorkerTool, WorkerType, WorkerWatch, is_role_name,
    is_rule_number, is_worker_name, nearest,
};

const KEYS: [&str; 14] = [
    "branch", "watch", "query", "paths", "use", "tools", "rules", "verify", "executor", "role", "attempts",
    "timeout", "task", "budget",
];
const RULE_KEYS: [&str; 6] = ["title", "pattern", "paths", "fix", "severity", "architectural"];
const TOOL_KEYS: [&str; 6] = ["detect", "fix", "report", "paths", "exits", "architectural"];
const WATCHES: [(&str, WorkerWatch); 3] =
    [("commits", WorkerWatch::Commits), ("tasks", WorkerWatch::Tasks), ("findings", WorkerWatch::Findings)];
const REPORTS: [(&str, WorkerReport); 5] = [
    ("sarif", WorkerReport::Sarif),
    ("junit", WorkerReport::Junit),
    ("json", WorkerReport::Json),
    ("cargo", WorkerReport::Cargo),
    ("eslint", WorkerReport::Eslint),
];
/// More attempts only repeat what has failed.
const MOST_ATTEMPTS: u32 = 20;

impl Reader<'_> {
    /// Reads one type of workers.
    pub(super) fn worker_type(&mut self, path: &str, value: &Value<'_>) -> WorkerType {
        let mut kind = WorkerType::default();
        self.table(path, value, |reader, path, key, value| match key.get_ref().as_ref() {
            "branch" => kind.branch = reader.text(path, value),
            "watch" => kind.watch = reader.word(path, value, &WATCHES),
            "query" => kind.query = reader.text(path, value),
            "paths" => kind.paths = reader.globs(path, value),
            "use" => {
                kind.tools_used = Some(reader.texts(path, value).into_iter().map(|(text, _)| text).collect());
            }
            "tools" => reader.table(path, value, |reader, path, key, value| {
                let name = key.get_ref();
                if !is_worker_name(name) {
                    let message = format!("`{}` is not a tool's name", printable(name));
                    reader.error(key.span(), path, message, Some(NAME_HINT));
                }
                let tool = reader.worker_tool(path, value);
                kind.tools.insert(name.to_string(), tool);
            }),
            "rules" => reader.table(path, value, |reader, path, key, value| {
                let id = key.get_ref();
                if !is_rule_number(id) {
                    let message = format!("`{}` does not number a rule", printable(id));
                    reader.error(key.span(), path, message, Some("such as `9` or `R-12`"));
                }
                let rule = reader.worker_rule(path, id, value);
                kind.rules.insert(id.to_string(), rule);
            }),
            "verify" => kind.verify = reader.shell_command(path, value),
            "executor" => kind.executor = reader.text(path, value),
            "role" => {
                kind.role = reader.text(path, value);
                if let Some(name) = kind.role.as_ref().filter(|name| !is_role_name(name)) {
                    reader.error(value.span(), path, super::not_a_role(name), None);
                }
            }
            "attempts" => {
                kind.attempts = reader.attempts(path, value);
            }
            "timeout" => kind.timeout = reader.span(path, value),
            "budget" => kind.budget = reader.cost(path, value),
            "task" => {
                let text = reader.text(path, value).unwrap_or_default();
                kind.task = TaskId::parse(&text).ok();
                if kind.task.is_none() {
                    let message = format!("`{}` is not the id of a task", printable(&text));
                    reader.error(
                        value.span(),
                        path,
                        message,
                        Some("write the whole id, such as `TASK-7Q2M`"),
                    );
                }
            }
            _ => reader.unknown(path, key, &KEYS),
        });
        kind
    }

    fn attempts(&mut self, path: &str, value: &Value<'_>) -> Option<u32> {
        let count = self.count(path, value)?;
        if count > MOST_ATTEMPTS {
            let what = format!("a number from 1 to {MOST_ATTEMPTS}");
            self.error(value.span(), path, expected(&what, value), None);
        }
        Some(count)
    }

    pub(super) fn cost(&mut self, path: &str, value: &Value<'_>) -> Option<Cost> {
        let cost = Cost::parse(&self.text(path, value)?).filter(|cost| !cost.is_none());
        if cost.is_none() {
            self.error(value.span(), path, expected("a cost such as `2M tokens 5 USD`", value), None);
        }
        cost
    }

    fn worker_tool(&mut self, path: &str, value: &Value<'_>) -> WorkerTool {
        let mut tool = WorkerTool::default();
        self.table(path, value, |reader, path, key, value| match key.get_ref().as_ref() {
            "detect" => tool.detect = reader.shell_command(path, value),
            "fix" => tool.fix = reader.shell_command(path, value),
            "report" => tool.report = reader.word(path, value, &REPORTS),
            "paths" => tool.paths = reader.globs(path, value),
            "exits" => tool.exits = Some(reader.numbers(path, value)),
            "architectural" => tool.architectural = reader.patterns(path, value),
            _ => reader.unknown(path, key, &TOOL_KEYS),
        });
        let has = |key: &str| value.get_ref().get(key).is_some();
        if !has("detect") && !has("fix") {
            let hint = "write `detect`, which reports, or `fix`, or both";
            self.error(value.span(), path, "a tool needs a command".to_owned(), Some(hint));
        } else if has("detect") && !has("report") {
            let hint = "write report = \"sarif\", junit, json, cargo or eslint";
            self.error(value.span(), path, "does not say what form its report has".to_owned(), Some(hint));
        }
        tool
    }

    /// Reads a rule of the repository's own.
    fn worker_rule(&mut self, path: &str, id: &str, value: &Value<'_>) -> WorkerTool {
        let mut rule = WorkerTool::default();
        self.table(path, value, |reader, path, key, value| match key.get_ref().as_ref() {
            "title" => rule.title = reader.text(path, value),
            "pattern" => rule.pattern = reader.text(path, value).filter(|text| !text.is_empty()),
            "paths" => rule.paths = reader.globs(path, value),
            "fix" => rule.fix = reader.shell_command(path, value),
            "severity" => {
                let text = reader.text(path, value).unwrap_or_default();
                rule.severity = Some(FindingSeverity::parse(&text));
                if let Some(FindingSeverity::Unknown(_)) = rule.severity {
                    let hint = format!("expected {}", FindingSeverity::KNOWN.join(", "));
                    let message = format!("unknown severity `{}`", printable(&text));
                    reader.error(value.span(), path, message, Some(&hint));
                }
            }
            "architectural" => {
                if reader.switch(path, value).unwrap_or_default() {
                    rule.architectural = vec![id.to_owned()];
                }
            }
            _ => reader.unknown(path, key, &RULE_KEYS),
        });
        if rule.pattern.is_none() {
            let hint = "write pattern = 'print[(]': an extended regular expression, for lines that are added";
            self.error(value.span(), path, "a rule needs a `pattern`".to_owned(), Some(hint));
        }
        rule
    }

    /// Reads exit codes.
    fn numbers(&mut self, path: &str, value: &Value<'_>) -> Vec<u32> {
        let DeValue::Array(items) = value.get_ref() else {
            self.error(value.span(), path, expected("a list of exit codes", value), None);
            return Vec::new();
        };
        let mut numbers = Vec::new();
        for item in items {
            let number = item.get_ref().as_integer();
            let number = number.and_then(|n| u32::from_str_radix(n.as_str(), n.radix()).ok());
            match number.filter(|number| *number < 126) {
                Some(number) => numbers.push(number),
                None => self.error(item.span(), path, expected("an exit code from 0 to 125", item), None),
            }
        }
        numbers
    }

    /// Reports names of types that cannot be, and executors and roles that nothing defines.
    pub(super) fn check_workers(&mut self, table: &DeTable<'_>, config: &Config) {
        let Some(DeValue::Table(workers)) = table.get("workers").map(Spanned::get_ref) else { return };
        for (key, value) in workers {
            let name = key.get_ref().as_ref();
            let path = format!("workers.{}", printable(name));
            if !is_worker_name(name) {
                let message = format!("`{}` is not the name of a type of workers", printable(name));
                self.error(key.span(), &path, message, Some(NAME_HINT));
            }
            let Some(kind) = config.workers.get(name) else { continue };
            let own = |key: &str| value.get_ref().get(key).map_or(value.span(), Spanned::span);
            if let Some(executor) =
                kind.executor.as_ref().filter(|name| !config.executors.contains_key(*name))
            {
                let message = format!("unknown executor `{}`", printable(executor));
                let hint = match nearest(executor, config.executors.keys().map(String::as_str)) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("add a table: [executors.{}]", printable(executor)),
                };
                self.misfit(own("executor"), &format!("{path}.executor"), message, hint);
            }
            if kind.query.is_some() && kind.watch != Some(WorkerWatch::Tasks) {
                let message = "has no effect: the worker does not watch tasks".to_owned();
                self.misfit(own("query"), &format!("{path}.query"), message, "write watch = \"tasks\"");
            }
        }
    }
}

const NAME_HINT: &str = "lowercase letters, digits and `-`, beginning with a letter";
