//! `tracker explain`

use clap::Args;
use owo_colors::Style;

use super::verdict::level_style;
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::ReadArgs;
use crate::cli::context::Context;
use crate::cli::output::{Cell, Output};
use crate::model::GateRule;
use crate::ops;
use crate::review::{Explanation, KEPT_RECORDS, explain};

/// Explain a rule of the gate
///
/// What the rule requires, why, an example of a violation and how to fix it. Without a rule it lists all of them with their
/// levels here.
///
/// Example: tracker explain earned-moves
#[derive(Debug, Args)]
pub(in crate::cli) struct Explain {
    /// Rule, as `tracker check` prints it
    #[arg(value_name = "RULE", add = clap_complete::engine::ArgValueCandidates::new(candidates))]
    rule: Option<String>,
    #[command(flatten)]
    read: ReadArgs,
}

fn candidates() -> Vec<clap_complete::engine::CompletionCandidate> {
    let one = |rule: Explanation| {
        clap_complete::engine::CompletionCandidate::new(rule.name).help(Some(rule.title.into()))
    };
    GateRule::ALL.map(explain).into_iter().chain([KEPT_RECORDS]).map(one).collect()
}

impl Command for Explain {
    type Response = ops::Rules;

    fn run(self, context: &Context) -> Reply<ops::Rules> {
        // What a rule means is worth knowing before there is a tracker; a commit that was named has to be there.
        let session = match (context.read(&self.read), &self.read.at) {
            (Ok(session), _) => Some(session),
            (Err(failure), Some(_)) => return Err(failure),
            (Err(_), None) => None,
        };
        let (config, problems) = match &session {
            Some(session) => {
                let (config, problems) = session.config_or_default();
                (Some(config), problems)
            }
            None => (None, Vec::new()),
        };
        let rules = ops::explain(config.as_ref(), self.rule.as_deref())?;
        Ok(Answer::of(rules).with_problems(problems))
    }
}

impl View for ops::Rules {
    fn show(&self, out: &mut Output) {
        match self.rules.as_slice() {
            [rule] if self.is_one => show_one(rule, out),
            rules => {
                let row = |rule: &ops::RuleView| {
                    vec![
                        Cell::styled(rule.rule, Style::new().bold()),
                        Cell::styled(rule.level.as_str(), level_style(rule.level)),
                        Cell::new(rule.title).wrap(),
                    ]
                };
                let (of_gate, others): (Vec<_>, Vec<_>) =
                    rules.iter().partition(|rule| rule.checked_by == ops::RuleChecker::Gate);
                out.columns(&of_gate.into_iter().map(row).collect::<Vec<_>>(), 2, 0);
                out.gap();
                out.line(out.dim("on the server, whatever the policy says:"));
                out.columns(&others.into_iter().map(row).collect::<Vec<_>>(), 2, 0);
            }
        }
    }

    fn status(&self, out: &mut Output) {
        if !self.is_one {
            out.line(out.dim("details: tracker explain RULE"));
        }
    }
}

fn show_one(rule: &ops::RuleView, out: &mut Output) {
    let name = out.bold(rule.rule);
    let level = out.paint(rule.level.as_str(), level_style(rule.level));
    out.line(format!("{name}  {level}"));
    let paragraph = |out: &mut Output, head: &str, text: &str| {
        out.hanging(&Cell::styled(head, Style::new().dimmed()), 12, &Cell::new(text));
    };
    let mut title = rule.title.to_owned();
    title[..1].make_ascii_uppercase();
    out.line(format!("  {title}."));
    out.gap();
    paragraph(out, "  requires", rule.requires);
    paragraph(out, "  why", rule.why);
    paragraph(out, "  example", rule.example);
    paragraph(out, "  fix", rule.fix);
    if rule.checked_by != ops::RuleChecker::Gate {
        let hooks = "always error: checked by the hook of a server (`tracker hooks install --server`), and by pre-push \
                     if the configuration enables it";
        return paragraph(out, "  level", hooks);
    }
    let level = format!("in .tracker/config.toml, by default {}:", rule.default_level);
    paragraph(out, "  level", &level);
    out.line("            [policy]");
    out.line(format!("            {} = \"error\"    # or \"warn\", or \"off\"", rule.rule));
}
