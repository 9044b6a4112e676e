//! Context and template to text.

use std::io;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

use super::Error;
use crate::doc::cards::value;

/// The names of the built-in templates.
pub const TEMPLATES: [&str; 1] = ["cards"];

const CARDS: &str = include_str!("../../templates/reports/cards.md.j2");

/// Steps a template may take: several seconds of work. A hundred thousand cards need about half of them.
const FUEL: u64 = 50_000_000;
/// How deep macros and loops may nest.
const DEPTH: usize = 64;
/// Longest report, in bytes.
const LONGEST: usize = 256 * 1024 * 1024;

/// Renders a context with a built-in template, or with `override_source` in its place.
///
/// # Errors
/// An unknown name, and whatever is wrong with a template, with its line and what to do.
pub fn render(
    template_name: &str,
    override_source: Option<&str>,
    context: &impl Serialize,
) -> Result<String, Error> {
    render_within(FUEL, template_name, override_source, context)
}

fn render_within(
    fuel: u64,
    template_name: &str,
    override_source: Option<&str>,
    context: &impl Serialize,
) -> Result<String, Error> {
    let built_in = match template_name {
        "cards" => CARDS,
        name => return Err(Error::UnknownTemplate { name: name.to_owned() }),
    };
    let failed = |error: minijinja::Error| Error::of(&error, template_name);
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(fuel));
    environment.set_recursion_limit(DEPTH);
    let syntax =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    environment.set_syntax(syntax.map_err(failed)?);
    environment.add_filter("line", |text: &str| value::one_line(text));
    environment.add_template(template_name, override_source.unwrap_or(built_in)).map_err(failed)?;
    let template = environment.get_template(template_name).map_err(failed)?;
    let mut output = Limited { bytes: Vec::new() };
    template.render_captured_to(Serde(context), &mut output).map_err(failed)?;
    // Templates and values are text, and text is written as a whole.
    Ok(String::from_utf8_lossy(&output.bytes).into_owned())
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
    use super::{render, render_within};

    fn error(source: &str) -> (String, String) {
        let context = serde_json::json!({ "title": "x", "cards": [1, 2] });
        let error = render_within(10_000, "cards", Some(source), &context).unwrap_err();
        (error.to_string(), error.hint())
    }

    #[test]
    fn a_template_of_ones_own_is_used() {
        let context = serde_json::json!({ "title": "a\n# b <&> \u{1b}[2J" });
        assert_eq!(
            render("cards", Some("{{ title | line }}\n"), &context).unwrap(),
            "a # b <&> \\u001b[2J\n"
        );
    }

    #[test]
    fn errors_name_template_and_line_and_what_to_do() {
        let (message, hint) = error("one\n{{ titel }}\n");
        assert_eq!(message, "template `cards`, line 2: undefined value: `titel` is undefined");
        assert!(hint.contains("--context"), "{hint}");
        assert!(error("{% if title %}").0.starts_with("template `cards`, line 1: syntax error: "));
        assert!(error("{{ title | shout }}").1.contains("`line`"));
        assert!(error("{% include '/etc/passwd' %}").1.contains("one file"));
        assert_eq!(render("board", None, &()).unwrap_err().to_string(), "there is no report `board`");
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
