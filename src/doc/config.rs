//! `config.toml` to a [`Config`].
//!
//! Every key is looked at: a known one with a value it cannot have is an error, an unknown one is a warning, since
//! a newer program may have written it.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::printable::printable;
use super::{lines, source};
use crate::model::{Config, IdScheme, Problem, Severity, Stage, StageRules, TypeRules};

/// Most syntax errors reported: one that is not mended makes many behind it.
const MOST_ERRORS: usize = 20;

/// Most problems of the values that are reported.
const MOST_PROBLEMS: usize = 200;

/// Longest prefix of ids, in bytes: an id of any length that the tracker makes still fits behind it.
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
    let mut reader = Reader { text, problems: Vec::new() };
    for error in errors.into_iter().take(MOST_ERRORS) {
        let span = error.span().unwrap_or(0..0);
        reader.error(span, "", error.message().trim().replace('\n', ", "), None);
    }
    let mut config = Config::default();
    reader.root(table.get_ref(), &mut config);
    reader.unused_stages(table.get_ref(), &config);
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
                        _ => reader.unknown(path, key),
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
                "reports" => {
                    self.table("reports", value, |reader, path, key, value| match key.get_ref().as_ref() {
                        "title" => config.reports.title = reader.text(path, value),
                        _ => reader.unknown(path, key),
                    });
                }
                name => self.unknown(name, key),
            }
        }
    }

    fn format(&mut self, value: &Value<'_>, config: &mut Config) {
        let number =
            value.get_ref().as_integer().and_then(|n| u32::from_str_radix(n.as_str(), n.radix()).ok());
        match number {
            Some(number) if number > Config::FORMAT => {
                let message =
                    format!("format `{number}` is newer than this program reads (`{}`)", Config::FORMAT);
                self.error(
                    value.span(),
                    "format",
                    message,
                    Some("update the program: `cargo install git-tracker`"),
                );
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

    fn stage_rules(&mut self, path: &str, value: &Value<'_>) -> StageRules {
        let mut rules = StageRules::default();
        self.table(path, value, |reader, path, key, value| match key.get_ref().as_ref() {
            "signoffs" => {
                rules.signoffs = reader.texts(path, value).into_iter().map(|(text, _)| text).collect();
            }
            _ => reader.unknown(path, key),
        });
        rules
    }

    fn type_rules(&mut self, path: &str, value: &Value<'_>) -> TypeRules {
        let mut rules = TypeRules::default();
        self.table(path, value, |reader, path, key, value| match key.get_ref().as_ref() {
            "stages" => rules.stages = Some(reader.stages(path, value)),
            _ => reader.unknown(path, key),
        });
        rules
    }

    fn stages(&mut self, path: &str, value: &Value<'_>) -> Vec<Stage> {
        let mut stages: Vec<Stage> = Vec::new();
        let mut seen = HashSet::new();
        for (text, span) in self.texts(path, value) {
            match Stage::parse(&text) {
                None => self.error(span, path, not_a_stage(&text), None),
                Some(stage) if stage.is_none() || stage.is_complete() => {
                    let hint = "every pipeline begins at `none` and ends at `complete`; leave the two out";
                    self.error(span, path, format!("`{stage}` is not for a pipeline to name"), Some(hint));
                }
                Some(stage) if !seen.insert(stage.to_string()) => {
                    self.error(span, path, format!("`{stage}` is there twice"), Some("name each stage once"));
                }
                Some(stage) => stages.push(stage),
            }
        }
        stages
    }

    /// Warns of rules for stages that no pipeline has.
    fn unused_stages(&mut self, table: &DeTable<'_>, config: &Config) {
        let typed = config.types.values().filter_map(|rules| rules.stages.as_ref());
        let known: BTreeSet<&str> =
            typed.chain([&config.pipeline.stages]).flatten().map(Stage::as_str).collect();
        let Some(DeValue::Table(stages)) = table.get("stage").map(Spanned::get_ref) else { return };
        let is_unused =
            |key: &&Key<'_>| !known.contains(key.get_ref().as_ref()) && Stage::parse(key.get_ref()).is_some();
        for key in stages.keys().filter(is_unused) {
            let message = format!("no pipeline has a stage `{}`", printable(key.get_ref()));
            self.warn(key.span(), &format!("stage.{}", key.get_ref()), message);
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

    fn texts(&mut self, path: &str, value: &Value<'_>) -> Vec<(String, Range<usize>)> {
        let DeValue::Array(items) = value.get_ref() else {
            self.error(value.span(), path, expected("a list of texts", value), None);
            return Vec::new();
        };
        let text = |item| Some((self.text(path, item)?, item.span()));
        items.iter().filter_map(text).collect()
    }

    fn unknown(&mut self, path: &str, key: &Key<'_>) {
        let message = format!("this version does not know the key `{}`", printable(key.get_ref()));
        self.warn(key.span(), path, message);
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
        if self.problems.len() >= MOST_PROBLEMS {
            return;
        }
        let problem = self.place(Problem::warning(message), &span, path);
        self.problems.push(problem);
    }

    fn place(&self, problem: Problem, span: &Range<usize>, path: &str) -> Problem {
        let problem = problem.at_line(lines::number_at(self.text, span.start));
        if path.is_empty() { problem } else { problem.on_key(printable(path)) }
    }
}

fn expected(what: &str, value: &Value<'_>) -> String {
    format!("expected {what}, found {}", value.get_ref().type_str())
}

fn not_a_stage(text: &str) -> String {
    format!("`{}` is not a stage's name: lowercase letters, digits, `-` and `_`", printable(text))
}

#[cfg(test)]
mod tests {
    use super::read_config;
    use crate::model::{Config, IdScheme};

    fn problems(text: &str) -> Vec<(usize, String)> {
        let found = read_config(text.as_bytes());
        let all = found.map_or_else(|problems| problems, |(_, warnings)| warnings);
        all.into_iter().map(|problem| (problem.line.unwrap(), problem.message)).collect()
    }

    #[test]
    fn reads_all_it_knows() {
        let text = "format = 1\nproject = \"Demo\"\nid_prefix = \"WH\"\nid_scheme = \"sequential\"\n\
                    [pipeline]\nstages = [\"dev\", \"qa\"]\n[stage.qa]\nsignoffs = [\"reviewer\"]\n\
                    [types.docs]\nstages = [\"dev\"]\n[reports]\ntitle = \"Cards\"\n";
        let (config, warnings) = read_config(text.as_bytes()).unwrap();
        assert_eq!(warnings, []);
        assert_eq!(config.project.as_deref(), Some("Demo"));
        assert_eq!((config.id_prefix.as_str(), config.id_scheme), ("WH", IdScheme::Sequential));
        assert_eq!(config.stages_of(Some("docs")).len(), 1);
        assert_eq!(config.stages_of(None).len(), 2);
        assert_eq!(config.signoffs_of("qa"), ["reviewer"]);
        assert_eq!(config.reports.title.as_deref(), Some("Cards"));
        assert_eq!(read_config(b"").unwrap().0, Config::default());
    }

    #[test]
    fn names_every_line() {
        let found = problems(
            "format = 1\nfuture = 1\n[pipeline]\nstages = [\"Dev\", \"dev\", \"dev\", 3]\nx = 1\n[stage.zz]\n",
        );
        assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 4, 4, 4, 5, 6]);
        assert!(problems("format = 99\n")[0].1.contains("newer"));
        assert_eq!(problems("a = 1\na = 2\n[b\n").iter().map(|(line, _)| *line).max(), Some(3));
    }

    #[test]
    fn unknown_keys_never_fail() {
        let (_, warnings) =
            read_config(b"[hooks]\non_commit = \"fold\"\n[stage.qa]\non_fail = \"dev\"\n").unwrap();
        assert_eq!(warnings.len(), 2);
    }
}
