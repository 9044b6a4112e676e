//! Context and template to text.

use std::io;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};

use super::Error;
use super::review::escape;
use crate::doc::cards::value;

/// Steps a template may take: several seconds of work. A hundred thousand cards need about half of them.
const FUEL: u64 = 50_000_000;
/// How deep macros and loops may nest.
const DEPTH: usize = 64;
/// Longest text that a filter puts into a line, in characters.
const LONGEST_LINE: usize = 1000;
/// The looks of every page, for templates of pages: `{{ page_style | safe }}`.
const PAGE_STYLE: &str = include_str!("../../templates/reports/page.css");
/// Longest report, in bytes.
const LONGEST: usize = 256 * 1024 * 1024;

/// Lays out a chart. Its template is the program's own, and every text in it is escaped.
pub(super) fn render_svg(picture: &impl serde::Serialize) -> String {
    let context = minijinja::value::Serde(picture).into();
    let source = include_str!("../../templates/reports/chart.svg.j2");
    render("chart.svg", source, context).expect("the program's own template fits its data")
}

/// Renders a template of this name. What is called `.html` or `.svg` has its values escaped.
pub(super) fn render(name: &str, source: &str, context: Value) -> Result<String, Error> {
    render_within(FUEL, name, source, context)
}

fn render_within(fuel: u64, name: &str, source: &str, context: Value) -> Result<String, Error> {
    let failed = |error: minijinja::Error| Error::of(&error, name);
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|name| {
        let is_markup = name.contains(".html") || name.contains(".svg");
        if is_markup { AutoEscape::Html } else { AutoEscape::None }
    });
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(fuel));
    environment.set_recursion_limit(DEPTH);
    let syntax =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    environment.set_syntax(syntax.map_err(failed)?);
    environment.add_filter("line", |text: &str| value::one_line(text));
    environment.add_filter("code", |text: &str| escape::code(text, LONGEST_LINE));
    environment.add_filter("md", |text: &str| escape::text(text, LONGEST_LINE));
    environment.add_filter("cell", |text: Option<&str>| match text {
        Some(text) => escape::text(text, LONGEST_LINE),
        None => "-".to_owned(),
    });
    environment.add_filter("badge", badge_words);
    environment.add_filter("quote", |text: &str, indent: Option<usize>| quoted(text, indent.unwrap_or(0)));
    environment.add_filter("count", |count: u64, one: &str, many: Option<&str>| counted(count, one, many));
    environment.add_global("page_style", PAGE_STYLE);
    environment.add_template(name, source).map_err(failed)?;
    let template = environment.get_template(name).map_err(failed)?;
    let mut output = Limited { bytes: Vec::new() };
    template.render_captured_to(context, &mut output).map_err(failed)?;
    // Templates and values are text, and text is written as a whole.
    Ok(String::from_utf8_lossy(&output.bytes).into_owned())
}

/// Writes a text of several lines as a quotation, so that nothing in it is taken for a part of the report.
fn quoted(text: &str, indent: usize) -> String {
    let lines = text.trim_end().lines().map(|line| {
        let line: String = line.chars().map(|c| if value::is_unsafe(c) { '\u{fffd}' } else { c }).collect();
        format!("{:indent$}> {line}", "").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Writes the badge of a task as people read it; of a cancelled one, that.
fn badge_words(task: &Value) -> String {
    let is_cancelled = task.get_attr("status").is_ok_and(|status| status.as_str() == Some("cancelled"));
    let badge = task.get_attr("badge").ok();
    match badge.as_ref().and_then(Value::as_str) {
        _ if is_cancelled => "cancelled".to_owned(),
        Some(badge) => badge.replace('_', " ").replace("qa", "QA"),
        None => String::new(),
    }
}

/// Writes a number with what it counts.
fn counted(count: u64, one: &str, many: Option<&str>) -> String {
    match (count, many) {
        (1, _) => format!("1 {one}"),
        (_, Some(many)) => format!("{count} {many}"),
        (_, None) => format!("{count} {one}s"),
    }
}

/// Output that ends in an error rather than in all of the memory.
struct Limited {
    bytes: Vec<u8>,
}

impl io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > LONGEST {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the report is too long"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use minijinja::value::Serde;

    use super::{Value, render, render_within};

    fn error(source: &str) -> (String, String) {
        let context = Value::from(Serde(serde_json::json!({ "title": "x", "cards": [1, 2] })));
        let error = render_within(10_000, "cards.md.j2", source, context).unwrap_err();
        (error.to_string(), error.hint())
    }

    #[test]
    fn a_value_is_kept_in_its_line() {
        let context = Value::from(Serde(serde_json::json!({ "title": "a\n# b <&> \u{1b}[2J" })));
        assert_eq!(render("x", "{{ title | line }}\n", context).unwrap(), "a # b <&> \\u001b[2J\n");
    }

    #[test]
    fn errors_name_template_and_line_and_what_to_do() {
        let (message, hint) = error("one\n{{ titel }}\n");
        assert_eq!(message, "template `cards.md.j2`, line 2: undefined value: `titel` is undefined");
        assert!(hint.contains("--context"), "{hint}");
        assert!(error("{% if title %}").0.starts_with("template `cards.md.j2`, line 1: syntax error: "));
        assert!(error("{{ title | shout }}").1.contains("`line`"));
        assert!(error("{% include '/etc/passwd' %}").1.contains("one file"));
    }

    #[test]
    fn a_template_cannot_run_for_ever() {
        let (message, hint) = error(
            "{% for a in range(99999) %}{% for b in range(99999) %}{% set c = a %}{% endfor %}{% endfor %}",
        );
        assert!(message.contains("fuel"), "{message}");
        assert!(hint.contains("loops"), "{hint}");
        assert!(error("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}").0.contains("recursion"));
    }
}
