//! What refers to values: `${param.target}` in texts, and conditions such as `step.test == failed`.
//!
//! A reference is read without knowing which steps there are: whoever reads the document says what a name means.

use crate::model::{Condition, Operand, Part, Reference, Template};

/// A name with dots, as it is written: `param.target`, `step.build`, `step.build.version`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name<'t> {
    Param(&'t str),
    State(&'t str),
    Output(&'t str, &'t str),
}

impl<'t> Name<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        let parts: Vec<&str> = text.split('.').collect();
        match parts.as_slice() {
            ["param", name] => Some(Self::Param(name)),
            ["step", step] => Some(Self::State(step)),
            ["step", step, key] => Some(Self::Output(step, key)),
            _ => None,
        }
    }
}

/// Says what a name means, or what is wrong with it.
pub(super) type Resolve<'r> = dyn FnMut(Name<'_>) -> Result<Reference, String> + 'r;

const EXPECTED: &str = "expected `param.NAME`, `step.NAME` or `step.NAME.KEY`";

/// Reads a text with `${…}` in it; `$${` is the text `${`.
pub(super) fn template(text: &str, resolve: &mut Resolve<'_>) -> Result<Template, String> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let is_escaped = rest[..at].ends_with('$');
        plain.push_str(&rest[..at]);
        let inside = &rest[at + 2..];
        if is_escaped {
            plain.push('{');
            rest = inside;
            continue;
        }
        let end = inside.find('}').ok_or_else(|| format!("`{}` is not closed", &rest[at..]))?;
        let name = inside[..end].trim();
        let name = Name::parse(name).ok_or_else(|| format!("unknown value `${{{name}}}`: {EXPECTED}"))?;
        if !plain.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut plain)));
        }
        parts.push(Part::Value(resolve(name)?));
        rest = &inside[end + 1..];
    }
    plain.push_str(rest);
    if !plain.is_empty() || parts.is_empty() {
        parts.push(Part::Text(plain));
    }
    Ok(Template(parts))
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token<'t> {
    Word(&'t str),
    Quoted(String),
    Equal,
    Different,
    And,
    Or,
    Not,
    Open,
    Close,
}

fn tokens(text: &str) -> Result<Vec<Token<'_>>, String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '+' | ':' | '@');
    while let Some(first) = rest.chars().next() {
        let symbols = [
            ("==", Token::Equal),
            ("!=", Token::Different),
            ("&&", Token::And),
            ("||", Token::Or),
            ("!", Token::Not),
            ("(", Token::Open),
            (")", Token::Close),
        ];
        let (token, length) =
            if let Some((symbol, token)) = symbols.iter().find(|(symbol, _)| rest.starts_with(symbol)) {
                (token.clone(), symbol.len())
            } else if matches!(first, '"' | '\'') {
                let inside = &rest[1..];
                let end = inside.find(first).ok_or_else(|| format!("{first} is not closed"))?;
                (Token::Quoted(inside[..end].to_owned()), end + 2)
            } else if is_word(first) {
                let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                let token = match &rest[..end] {
                    "and" => Token::And,
                    "or" => Token::Or,
                    "not" => Token::Not,
                    word => Token::Word(word),
                };
                (token, end)
            } else if first == '=' {
                return Err("`=` compares nothing; write `==`".to_owned());
            } else {
                return Err(format!("unexpected `{first}`"));
            };
        found.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(found)
}

/// Most brackets and negations within each other.
const DEEPEST: usize = 32;

/// Reads a condition.
pub(super) fn condition(text: &str, resolve: &mut Resolve<'_>) -> Result<Condition, String> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, resolve, depth: 0 };
    let condition = parser.any()?;
    match parser.tokens.first() {
        None => Ok(condition),
        Some(token) => Err(format!("unexpected {} after a whole condition", shown(token))),
    }
}

fn shown(token: &Token<'_>) -> String {
    match token {
        Token::Word(word) => format!("`{word}`"),
        Token::Quoted(text) => format!("`\"{text}\"`"),
        Token::Equal => "`==`".to_owned(),
        Token::Different => "`!=`".to_owned(),
        Token::And => "`and`".to_owned(),
        Token::Or => "`or`".to_owned(),
        Token::Not => "`not`".to_owned(),
        Token::Open => "`(`".to_owned(),
        Token::Close => "`)`".to_owned(),
    }
}

struct Parser<'p, 't, 'r> {
    tokens: &'p [Token<'t>],
    resolve: &'p mut Resolve<'r>,
    depth: usize,
}

impl<'t> Parser<'_, 't, '_> {
    fn take(&mut self, token: &Token<'_>) -> bool {
        let is_next = self.tokens.first() == Some(token);
        if is_next {
            self.tokens = &self.tokens[1..];
        }
        is_next
    }

    fn any(&mut self) -> Result<Condition, String> {
        let mut condition = self.all()?;
        while self.take(&Token::Or) {
            condition = Condition::Or(Box::new(condition), Box::new(self.all()?));
        }
        Ok(condition)
    }

    fn all(&mut self) -> Result<Condition, String> {
        let mut condition = self.one()?;
        while self.take(&Token::And) {
            condition = Condition::And(Box::new(condition), Box::new(self.one()?));
        }
        Ok(condition)
    }

    fn one(&mut self) -> Result<Condition, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("more than {DEEPEST} conditions within each other"));
        }
        let condition = if self.take(&Token::Not) {
            Condition::Not(Box::new(self.one()?))
        } else if self.take(&Token::Open) {
            let inner = self.any()?;
            if !self.take(&Token::Close) {
                return Err("`(` is not closed".to_owned());
            }
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(condition)
    }

    fn comparison(&mut self) -> Result<Condition, String> {
        let left = self.operand()?;
        let is_equal = self.take(&Token::Equal);
        if is_equal || self.take(&Token::Different) {
            let right = self.operand()?;
            check_states(&left, &right)?;
            return Ok(if is_equal {
                Condition::Equal(left, right)
            } else {
                Condition::Different(left, right)
            });
        }
        match left {
            Operand::Value(Reference::State(_)) => {
                Err("a state is compared with a word, such as `step.test == failed`".to_owned())
            }
            Operand::Value(reference) => Ok(Condition::True(reference)),
            Operand::Text(text) => Err(format!("`{text}` alone is no condition; {EXPECTED}")),
        }
    }

    fn operand(&mut self) -> Result<Operand, String> {
        let Some((first, rest)) = self.tokens.split_first() else {
            return Err("a value is missing at the end".to_owned());
        };
        let operand = match first {
            Token::Quoted(text) => Operand::Text(text.clone()),
            Token::Word(word) => match Name::parse(word) {
                Some(name) => Operand::Value((self.resolve)(name)?),
                None => Operand::Text((*word).to_owned()),
            },
            other => return Err(format!("expected a value, got {}", shown(other))),
        };
        self.tokens = rest;
        Ok(operand)
    }
}

/// The states in which a step can have ended.
const ENDS: [&str; 4] = ["success", "failed", "skipped", "cancelled"];

fn check_states(left: &Operand, right: &Operand) -> Result<(), String> {
    match (left, right) {
        (Operand::Value(Reference::State(_)), Operand::Text(word))
        | (Operand::Text(word), Operand::Value(Reference::State(_)))
            if !ENDS.contains(&word.as_str()) =>
        {
            Err(format!("no step ends as `{word}` (expected {})", ENDS.join(", ")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(name: Name<'_>) -> Result<Reference, String> {
        match name {
            Name::Param(name) => Ok(Reference::Param(name.to_owned())),
            Name::State("test") => Ok(Reference::State(1)),
            Name::Output("test", key) => Ok(Reference::Output(1, key.to_owned())),
            _ => Err("no such step".to_owned()),
        }
    }

    #[test]
    fn values_stand_in_texts() {
        let template = template("--to=${param.to}/${ step.test.v }", &mut known).unwrap();
        let filled = template.fill(&|reference| Some(format!("{reference:?}").len().to_string()));
        assert_eq!(template.references().count(), 2);
        assert!(filled.starts_with("--to="), "{filled}");
        let plain = super::template("a$${b} $c", &mut known).unwrap();
        assert_eq!(plain, Template::of_text("a${b} $c"));
        for (text, error) in [
            ("${HOME}", "unknown value `${HOME}`: expected `param.NAME`, `step.NAME` or `step.NAME.KEY`"),
            ("${param.a", "`${param.a` is not closed"),
            ("${step.x.y}", "no such step"),
        ] {
            assert_eq!(super::template(text, &mut known).unwrap_err(), error);
        }
    }

    #[test]
    fn conditions_are_true_or_false() {
        let value = |reference: &Reference| match reference {
            Reference::Param(name) => (name == "deploy").then(|| "true".to_owned()),
            Reference::State(_) => Some("failed".to_owned()),
            Reference::Output(_, key) => Some(key.clone()),
        };
        for (text, expected) in [
            ("param.deploy", true),
            ("not param.deploy", false),
            ("param.other", false),
            ("step.test == failed", true),
            ("step.test != failed or param.deploy", true),
            ("step.test == success and param.deploy || step.test.v == 'v'", true),
            ("step.test == success and (param.deploy || step.test.v == \"v\")", false),
            ("!(step.test.v == w) && param.other == ''", true),
        ] {
            assert_eq!(condition(text, &mut known).unwrap().is_true(&value), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_condition_is_refused() {
        for (text, error) in [
            ("", "a value is missing at the end"),
            ("step.test", "a state is compared with a word, such as `step.test == failed`"),
            ("step.test = failed", "`=` compares nothing; write `==`"),
            (
                "step.test == fialed",
                "no step ends as `fialed` (expected success, failed, skipped, cancelled)",
            ),
            ("(param.a", "`(` is not closed"),
            ("param.a param.b", "unexpected `param.b` after a whole condition"),
            ("yes", "`yes` alone is no condition; expected `param.NAME`, `step.NAME` or `step.NAME.KEY`"),
            ("param.a == \"x", "\" is not closed"),
            ("param.a; rm", "unexpected `;`"),
        ] {
            assert_eq!(condition(text, &mut known).unwrap_err(), error, "{text}");
        }
        assert!(condition(&"!".repeat(10_000), &mut known).is_err());
        assert!(condition(&"(".repeat(10_000), &mut known).is_err());
    }
}
