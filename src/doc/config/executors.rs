//! `[executors.NAME]`: the commands that a run starts for its tasks.

use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Reader, Value, not_a_role, not_a_stage};
use crate::doc::printable::printable;
use crate::model::{Config, Executor, Stage, is_role_name, nearest, parse_age, parse_span};

const KEYS: [&str; 6] = ["command", "stages", "roles", "types", "timeout", "report"];

impl Reader<'_> {
    /// Reads all executors.
    pub(super) fn executors(&mut self, value: &Value<'_>, config: &mut Config) {
        self.table("executors", value, |reader, path, key, value| {
            let name = key.get_ref();
            if !is_role_name(name) {
                let message = format!("`{}` is not an executor's name", printable(name));
                let hint = "letters, digits, `-` and `_`, beginning with a letter";
                reader.error(key.span(), path, message, Some(hint));
            }
            let executor = reader.executor(path, value);
            config.executors.insert(name.to_string(), executor);
        });
    }

    fn executor(&mut self, path: &str, value: &Value<'_>) -> Executor {
        let mut executor = Executor::default();
        self.table(path, value, |reader, path, key, value| match key.get_ref().as_ref() {
            "command" => executor.command = reader.argv(path, value),
            "stages" => {
                for (text, span) in reader.texts(path, value) {
                    match Stage::parse(&text) {
                        Some(stage) => executor.stages.push(stage),
                        None => reader.error(span, path, not_a_stage(&text), None),
                    }
                }
            }
            "roles" => {
                for (text, span) in reader.texts(path, value) {
                    match is_role_name(&text) {
                        true => executor.roles.push(text),
                        false => reader.error(span, path, not_a_role(&text), None),
                    }
                }
            }
            "types" => executor.types = reader.patterns(path, value),
            "timeout" => executor.timeout = reader.span(path, value),
            "report" => executor.report = reader.path_below(path, value),
            _ => reader.unknown(path, key, &KEYS),
        });
        if executor.command.is_empty() && value.get_ref().get("command").is_none() {
            let hint = "write command = [\"program\", \"argument\"]; the task comes on its standard input";
            self.error(value.span(), path, "an executor needs a `command`".to_owned(), Some(hint));
        }
        executor
    }

    /// Reads a program and its arguments.
    fn argv(&mut self, path: &str, value: &Value<'_>) -> Vec<String> {
        let words: Vec<String> = self.texts(path, value).into_iter().map(|(text, _)| text).collect();
        let is_list = matches!(value.get_ref(), DeValue::Array(_));
        if is_list && words.first().is_none_or(|program| program.trim().is_empty()) {
            let hint = "write command = [\"program\", \"argument\"]";
            self.error(value.span(), path, "the list has no program".to_owned(), Some(hint));
        } else if words.iter().any(|word| word.contains('\0')) {
            self.error(value.span(), path, "an argument has a NUL character".to_owned(), None);
        }
        words
    }

    pub(super) fn span(&mut self, path: &str, value: &Value<'_>) -> Option<Duration> {
        self.time(path, value, parse_span, "`10m` or `90s`")
    }

    /// Reads how old something is.
    pub(super) fn age(&mut self, path: &str, value: &Value<'_>) -> Option<Duration> {
        self.time(path, value, parse_age, "`3d` or `2h`")
    }

    fn time(
        &mut self,
        path: &str,
        value: &Value<'_>,
        parse: fn(&str) -> Option<Duration>,
        such_as: &str,
    ) -> Option<Duration> {
        let text = self.text(path, value)?;
        let time = parse(&text).filter(|time| !time.is_zero());
        if time.is_none() {
            let message = format!("expected a time such as {such_as}, found `{}`", printable(&text));
            self.error(value.span(), path, message, None);
        }
        time
    }

    /// Reads the path of a file below the top of the working tree.
    fn path_below(&mut self, path: &str, value: &Value<'_>) -> Option<String> {
        let text = self.text(path, value)?;
        let is_below = !text.is_empty() && !text.starts_with('/') && text.split('/').all(|part| part != "..");
        if !is_below || text.contains(char::is_control) {
            let message = format!("`{}` does not lie below the top of the working tree", printable(&text));
            self.error(value.span(), path, message, None);
            return None;
        }
        Some(text)
    }

    /// Reports executors that work for nothing, and names that nothing defines.
    pub(super) fn check_executors(&mut self, table: &DeTable<'_>, config: &Config) {
        let Some(DeValue::Table(executors)) = table.get("executors").map(Spanned::get_ref) else { return };
        let roles = config.role_names();
        let typed = config.types.values().filter_map(|rules| rules.stages.as_deref());
        let stages = typed.chain([config.pipeline.stages.as_slice()]).flatten().map(Stage::as_str);
        let stages: Vec<&str> = stages.collect();
        for (key, value) in executors {
            let name = key.get_ref().as_ref();
            let Some(executor) = config.executors.get(name) else { continue };
            let path = format!("executors.{}", printable(name));
            let own = |key: &str| value.get_ref().get(key).map_or(value.span(), Spanned::span);
            let hint = |name: &str, known: &[&str]| match nearest(name, known.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("expected one of {}", known.join(", ")),
            };
            for stage in executor.stages.iter().map(Stage::as_str).filter(|stage| !stages.contains(stage)) {
                let message = format!("unknown stage `{stage}`: no pipeline has it");
                self.misfit(own("stages"), &format!("{path}.stages"), message, hint(stage, &stages));
            }
            for role in executor.roles.iter().filter(|role| !roles.contains(&role.as_str())) {
                self.misfit(
                    own("roles"),
                    &format!("{path}.roles"),
                    format!("unknown role `{role}`"),
                    hint(role, &roles),
                );
            }
            let is_plain = executor.stages.is_empty() && executor.roles.is_empty();
            if is_plain && !stages.contains(&name) && !roles.contains(&name) {
                let message = format!("`{}` is neither a stage nor a role", printable(name));
                self.misfit(
                    key.span(),
                    &path,
                    message,
                    "say what it is for: stages = [\"dev\"], or roles = […]",
                );
            }
        }
    }
}
