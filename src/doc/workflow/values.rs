//! Values of a workflow's keys: texts, times, numbers, globs, retries, parameters.

use std::collections::BTreeMap;
use std::time::Duration;

use super::keys::{self, BACKOFFS, TYPES};
use super::{At, Problems, unknown};
use crate::doc::printable::printable;
use crate::doc::yaml::Node;
use crate::model::{
    Backoff, Param, Problem, Retry, StepName, ValueKind, check_glob, param_variable, parse_span,
};

impl Problems {
    /// Reads a text; a number or boolean is taken as it is written.
    pub(super) fn text<'n>(&mut self, node: &'n Node, at: &At<'_>) -> Option<&'n str> {
        match node.as_text() {
            Some(text) if !text.trim().is_empty() => Some(text),
            Some(_) => self.no(at, Problem::error("expected text, found an empty one")),
            None => self.no(at, Problem::error(format!("expected text, found {}", node.kind()))),
        }
    }

    /// Takes note of a problem with a value, which has none then.
    pub(super) fn no<T>(&mut self, at: &At<'_>, problem: Problem) -> Option<T> {
        self.on_value(at, problem);
        None
    }

    /// Reads a list of texts; one text is a list of one.
    pub(super) fn texts<'n>(&mut self, node: &'n Node, at: &At<'_>) -> Vec<(usize, &'n str)> {
        match node {
            Node::Null => Vec::new(),
            Node::List(items) => {
                let items = items.iter().enumerate();
                items.filter_map(|(index, item)| Some((index, self.text(item, &at.item(index))?))).collect()
            }
            node => self.text(node, at).map(|text| (0, text)).into_iter().collect(),
        }
    }

    pub(super) fn boolean(&mut self, node: &Node, at: &At<'_>) -> Option<bool> {
        match node {
            Node::Literal(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Node::Literal(text) if text.eq_ignore_ascii_case("false") => Some(false),
            node => {
                let text = node.as_text();
                let is_quoted =
                    text.is_some_and(|text| ["true", "false"].contains(&text.to_lowercase().as_str()));
                let found = match text {
                    Some(text) if is_quoted => format!("the text `{}`", printable(text)),
                    Some(text) => format!("`{}`", printable(text)),
                    None => node.kind().to_owned(),
                };
                let problem = Problem::error(format!("expected true or false, found {found}"));
                self.no(at, if is_quoted { problem.with_hint("write it without quotes") } else { problem })
            }
        }
    }

    pub(super) fn span(&mut self, node: &Node, at: &At<'_>) -> Option<Duration> {
        let text = self.text(node, at)?;
        match parse_span(text) {
            Some(span) => Some(span),
            None => {
                let problem = Problem::error(format!("`{}` is no time", printable(text)));
                self.no(at, problem.with_hint("write a time such as 500ms, 90s, 10m or 1h 30m"))
            }
        }
    }

    /// Reads how long something may take.
    pub(super) fn limit(&mut self, node: &Node, at: &At<'_>) -> Option<Duration> {
        let span = self.span(node, at)?;
        if span.is_zero() {
            let problem = Problem::error("expected a time above zero: nothing can end within it");
            return self.no(at, problem.with_hint("without `timeout` there is no limit"));
        }
        Some(span)
    }

    /// Reads the values of a choice.
    pub(super) fn choices(&mut self, node: &Node, at: &At<'_>) -> Vec<String> {
        let choices: Vec<String> =
            self.texts(node, at).into_iter().map(|(_, text)| text.to_owned()).collect();
        let is_empty = matches!(node, Node::Null) || matches!(node, Node::List(items) if items.is_empty());
        if is_empty {
            let problem = Problem::error("a choice of nothing: no value can be given");
            self.on_value(at, problem.with_hint("add `choices: [one, another]`"));
        }
        choices
    }

    pub(super) fn count(&mut self, node: &Node, at: &At<'_>, least: u32) -> Option<u32> {
        let text = self.text(node, at)?;
        match text.parse().ok().filter(|count| *count >= least) {
            Some(count) => Some(count),
            None => self.no(
                at,
                Problem::error(format!("expected a number from {least} on, found `{}`", printable(text))),
            ),
        }
    }

    pub(super) fn word(
        &mut self,
        node: &Node,
        at: &At<'_>,
        words: &'static [&'static str],
    ) -> Option<&'static str> {
        let text = self.text(node, at)?;
        match words.iter().find(|word| **word == text) {
            Some(word) => Some(word),
            None => self.no(at, unknown("value", text, words.iter().copied())),
        }
    }

    /// Reads globs of files below the top of the working tree.
    pub(super) fn globs(&mut self, node: &Node, at: &At<'_>) -> Vec<String> {
        let mut globs = Vec::new();
        for (index, glob) in self.texts(node, at) {
            let item = at.item(index);
            let place = if matches!(node, Node::List(_)) { &item } else { at };
            if let Err(error) = check_glob(glob) {
                self.on_value(place, Problem::error(format!("`{}` is no glob: {error}", printable(glob))));
            } else if self.is_below(glob.trim_start_matches('!'), place) {
                globs.push(glob.to_owned());
            }
        }
        globs
    }

    /// Whether a path stays below the top of the working tree.
    pub(super) fn is_below(&mut self, path: &str, at: &At<'_>) -> bool {
        let leaves = path.starts_with('/') || path.split('/').any(|part| part == "..");
        if leaves {
            let message = format!("`{}` does not stay below the top of the working tree", printable(path));
            self.on_value(
                at,
                Problem::error(message).with_hint("write a path from the top, without `/` in front and `..`"),
            );
        }
        !leaves
    }

    /// Reads names of outputs.
    pub(super) fn names(&mut self, node: &Node, at: &At<'_>) -> Vec<StepName> {
        let mut names = Vec::new();
        for (index, text) in self.texts(node, at) {
            names.extend(self.name(text, &at.item(index)));
        }
        names
    }

    pub(super) fn name(&mut self, text: &str, at: &At<'_>) -> Option<StepName> {
        let name = StepName::parse(text);
        if name.is_none() {
            let problem = Problem::error(format!("`{}` is no name", printable(text)));
            self.on_key(
                at,
                problem.with_hint("a name is a letter, then letters, digits, `_` and `-`, at most 64"),
            );
        }
        name
    }

    /// Reads how a step is tried again, beginning with the default.
    pub(super) fn retry(&mut self, node: &Node, at: &At<'_>, default: &Retry) -> Retry {
        let mut retry = default.clone();
        if node.as_text().is_some() {
            retry.max = self.count(node, at, 0).unwrap_or(retry.max);
            return retry;
        }
        for (key, value) in self.known(node, at, keys::RETRIES) {
            let at = at.key(key);
            match key {
                "max" => retry.max = self.count(value, &at, 0).unwrap_or(retry.max),
                "delay" => retry.delay = self.span(value, &at).unwrap_or(retry.delay),
                "cap" => retry.cap = self.span(value, &at).unwrap_or(retry.cap),
                "factor" => retry.factor = self.factor(value, &at).unwrap_or(retry.factor),
                "jitter" => retry.jitter = self.percent(value, &at).unwrap_or(retry.jitter),
                "backoff" => {
                    retry.backoff = match self.word(value, &at, BACKOFFS) {
                        Some("constant") => Backoff::Constant,
                        Some("linear") => Backoff::Linear,
                        Some(_) => Backoff::Exponential,
                        None => retry.backoff,
                    }
                }
                _ => retry.on_exit = Some(self.codes(value, &at)),
            }
        }
        retry
    }

    fn factor(&mut self, node: &Node, at: &At<'_>) -> Option<u32> {
        let text = self.text(node, at)?;
        match text.parse::<f64>().ok().filter(|factor| (1.0..=1000.0).contains(factor)) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "checked against the range"
            )]
            Some(factor) => Some((factor * 100.0).round() as u32),
            None => self
                .no(at, Problem::error(format!("expected a number from 1 on, found `{}`", printable(text)))),
        }
    }

    fn percent(&mut self, node: &Node, at: &At<'_>) -> Option<u32> {
        let text = self.text(node, at)?;
        match text.trim().trim_end_matches('%').parse().ok().filter(|percent| *percent <= 100) {
            Some(percent) => Some(percent),
            None => self
                .no(at, Problem::error(format!("expected a share such as 20%, found `{}`", printable(text)))),
        }
    }

    fn codes(&mut self, node: &Node, at: &At<'_>) -> Vec<i32> {
        let mut codes = Vec::new();
        for (index, text) in self.texts(node, at) {
            match text.parse().ok().filter(|code| (1..=255).contains(code)) {
                Some(code) => codes.push(code),
                None => {
                    let message = format!("expected an exit code from 1 to 255, found `{}`", printable(text));
                    self.on_value(&at.item(index), Problem::error(message));
                }
            }
        }
        codes
    }

    /// Reads what values there can be. `default` tells where nothing else does.
    pub(super) fn kind(
        &mut self,
        word: Option<&'static str>,
        choices: Option<Vec<String>>,
        default: Option<&Node>,
        at: &At<'_>,
    ) -> ValueKind {
        let kind = match (word, &choices) {
            (Some("choice"), None) => {
                self.on_key(
                    at,
                    Problem::error("a choice needs `choices`").with_hint("add `choices: [one, another]`"),
                );
                return ValueKind::Text;
            }
            (None | Some("choice"), Some(_)) => return ValueKind::Choice(choices.unwrap_or_default()),
            (Some("integer"), _) => ValueKind::Integer,
            (Some("boolean"), _) => ValueKind::Boolean,
            (Some(_), _) => ValueKind::Text,
            (None, None) => match default {
                Some(Node::Literal(text)) if text.parse::<i64>().is_ok() => ValueKind::Integer,
                Some(Node::Literal(text)) if ["true", "false"].contains(&text.to_lowercase().as_str()) => {
                    ValueKind::Boolean
                }
                _ => ValueKind::Text,
            },
        };
        if choices.is_some() {
            let word = word.unwrap_or(TYPES[0]);
            self.on_key(
                &at.key("choices"),
                Problem::error(format!("`choices` is for the type choice, not {word}")),
            );
        }
        kind
    }

    pub(super) fn params(&mut self, node: &Node, at: &At<'_>) -> Vec<Param> {
        let mut params: Vec<Param> = Vec::new();
        let mut variables: BTreeMap<String, &str> = BTreeMap::new();
        for (text, value) in self.entries(node, at, "parameters as `name: default`") {
            let at = at.key(text);
            let Some(name) = self.name(text, &at) else { continue };
            if let Some(other) = variables.insert(param_variable(text), text) {
                let variable = param_variable(text);
                self.on_key(
                    &at,
                    Problem::error(format!("`{text}` and `{other}` are both given as ${variable}")),
                );
            }
            params.push(self.param(name, value, &at));
        }
        params
    }

    fn param(&mut self, name: StepName, value: &Node, at: &At<'_>) -> Param {
        let (mut word, mut choices, mut default, mut about) = (None, None, None, None);
        match value {
            Node::Map(_) => {
                for (key, value) in self.known(value, at, keys::PARAM) {
                    let at = at.key(key);
                    match key {
                        "about" => about = self.text(value, &at).map(str::to_owned),
                        "type" => word = self.word(value, &at, TYPES),
                        "choices" => choices = Some(self.choices(value, &at)),
                        _ => default = Some(value).filter(|value| **value != Node::Null),
                    }
                }
            }
            Node::Null => {}
            scalar => default = Some(scalar),
        }
        let kind = self.kind(word, choices, default, at);
        let at = if matches!(value, Node::Map(_)) { at.key("default") } else { *at };
        let default = default.and_then(|node| match node.as_text() {
            None => self.no(&at, Problem::error(format!("expected text, found {}", node.kind()))),
            Some(text) => match kind.read(text) {
                Ok(value) => Some(value),
                Err(expected) => {
                    self.no(&at, Problem::error(format!("expected {expected}, found `{}`", printable(text))))
                }
            },
        });
        Param { name, kind, default, about }
    }
}
