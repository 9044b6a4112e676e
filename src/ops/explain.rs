//! `explain`: the rules of the gate, with the level that each has here, and the one of the side that is pushed to.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Error, Result};
use crate::model::{Config, GateRule, Level};
use crate::query::nearest;
use crate::review::{self, Explanation, KEPT_RECORDS};

/// The rules that were requested.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Rules {
    /// The rules, in the order of reports; what the gate does not hold comes last.
    pub rules: Vec<RuleView>,
    /// Whether one was requested by its name.
    pub is_one: bool,
}

/// One rule.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RuleView {
    /// Its name.
    pub rule: &'static str,
    pub checked_by: RuleChecker,
    /// Level here.
    pub level: Level,
    /// Level by default.
    pub default_level: Level,
    /// What it requires, in one line.
    pub title: &'static str,
    /// What it requires, in full.
    pub requires: &'static str,
    /// Why one would want it.
    pub why: &'static str,
    /// What a violation looks like.
    pub example: &'static str,
    /// What to do about one.
    pub fix: &'static str,
}

/// What checks a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleChecker {
    /// `check` and `review`.
    Gate,
    /// The hooks of pushes, whatever the policy says.
    Server,
}

/// Explains one rule, or all. Without a configuration every rule has the level that it has by default.
pub fn explain(config: Option<&Config>, rule: Option<&str>) -> Result<Rules> {
    let of_gate = |rule| view(config, rule);
    let rules = match rule {
        None => GateRule::ALL.into_iter().map(of_gate).chain([of_server()]).collect(),
        Some(name) if name.eq_ignore_ascii_case(KEPT_RECORDS.name) => vec![of_server()],
        Some(name) => {
            let rule = GateRule::parse(&name.to_ascii_lowercase());
            vec![rule.map(of_gate).ok_or_else(|| unknown(name))?]
        }
    };
    Ok(Rules { rules, is_one: rule.is_some() })
}

fn unknown(name: &str) -> Error {
    let names = GateRule::ALL.map(GateRule::as_str).into_iter().chain([KEPT_RECORDS.name]);
    let hint = match nearest(&name.to_ascii_lowercase(), names) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "run `tracker explain` to list all rules".to_owned(),
    };
    Error::not_found(format!("unknown rule `{name}`"), hint)
}

fn view(config: Option<&Config>, rule: GateRule) -> RuleView {
    let level = config.map_or(rule.default_level(), |config| config.policy.gate.level_of(rule));
    RuleView { level, default_level: rule.default_level(), ..of(RuleChecker::Gate, &review::explain(rule)) }
}

fn of_server() -> RuleView {
    of(RuleChecker::Server, &KEPT_RECORDS)
}

/// Returns a rule with the level `error`.
fn of(checked_by: RuleChecker, explained: &Explanation) -> RuleView {
    RuleView {
        rule: explained.name,
        checked_by,
        level: Level::Error,
        default_level: Level::Error,
        title: explained.title,
        requires: explained.requires,
        why: explained.why,
        example: explained.example,
        fix: explained.fix,
    }
}
