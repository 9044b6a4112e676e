//! `explain`: the rules of the gate, with the level that each has here.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Error, Result};
use crate::model::{Config, GateRule};
use crate::query::nearest;
use crate::review;

/// The rules that were asked for.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Rules {
    /// The rules, in the order of reports.
    pub rules: Vec<RuleView>,
    /// Whether one was asked for by its name.
    pub is_one: bool,
}

/// One rule of the gate.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RuleView {
    /// Its name.
    pub rule: &'static str,
    /// How strictly it is held here: `off`, `warn`, `error`.
    pub level: &'static str,
    /// How strictly it is held where the configuration says nothing.
    pub default_level: &'static str,
    /// What it asks for, in one line.
    pub title: &'static str,
    /// What it looks at, and when it is broken.
    pub holds: &'static str,
    /// Why one would want it.
    pub why: &'static str,
    /// What a breach looks like.
    pub example: &'static str,
    /// What to do about one.
    pub mend: &'static str,
}

/// Explains one rule, or all. Without a configuration every rule has the level that it has by default.
pub fn explain(config: Option<&Config>, wanted: Option<&str>) -> Result<Rules> {
    let asked = match wanted {
        None => GateRule::ALL.to_vec(),
        Some(name) => vec![GateRule::parse(&name.to_ascii_lowercase()).ok_or_else(|| unknown(name))?],
    };
    let rules = asked.into_iter().map(|rule| view(config, rule)).collect();
    Ok(Rules { rules, is_one: wanted.is_some() })
}

fn unknown(name: &str) -> Error {
    let hint = match nearest(&name.to_ascii_lowercase(), GateRule::ALL.map(GateRule::as_str)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "tracker explain lists them".to_owned(),
    };
    Error::usage_with(format!("the gate has no rule `{name}`"), hint)
}

fn view(config: Option<&Config>, rule: GateRule) -> RuleView {
    let explained = review::explain(rule);
    let level = config.map_or(rule.default_level(), |config| config.policy.gate.level_of(rule));
    RuleView {
        rule: rule.as_str(),
        level: level.as_str(),
        default_level: rule.default_level().as_str(),
        title: explained.title,
        holds: explained.holds,
        why: explained.why,
        example: explained.example,
        mend: explained.mend,
    }
}
