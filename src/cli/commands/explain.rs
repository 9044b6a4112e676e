//! `tracker explain`

use clap::Args;
use owo_colors::Style;

use super::super::answer::{Answer, View};
use super::super::args::ReadArgs;
use super::super::door::Door;
use super::super::page::{Cell, Page};
use super::Reply;
use super::judged::level_style;
use crate::model::GateRule;
use crate::ops;
use crate::review::{Explanation, KEPT_RECORDS, explain};

pub(super) type Output = ops::Rules;

/// Tells what a rule of the gate holds, why, what a violation looks like and how to mend one. Without a rule, lists
/// all of them with the level that each has here, and the rule that a server holds besides.
#[derive(Debug, Args)]
pub(in crate::cli) struct Explain {
    /// The rule, as `tracker check` names it
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

impl Explain {
    pub(super) fn run(self, door: &Door) -> Reply {
        // What a rule means is worth knowing before there is a tracker; a commit that was named has to be there.
        let session = match (door.read(&self.read), &self.read.at) {
            (Ok(session), _) => Some(session),
            (Err(failure), Some(_)) => return Err(failure),
            (Err(_), None) => None,
        };
        let (config, problems) = match &session {
            Some(session) => {
                let (config, problems) = session.snapshot().config_or_default();
                (Some(config), problems)
            }
            None => (None, Vec::new()),
        };
        let rules = ops::explain(config.as_ref(), self.rule.as_deref())?;
        Ok(Answer::of(rules).with_problems(problems))
    }
}

impl View for ops::Rules {
    fn show(&self, page: &mut Page) {
        match self.rules.as_slice() {
            [rule] if self.is_one => show_one(rule, page),
            rules => {
                let row = |rule: &ops::RuleView| {
                    vec![
                        Cell::styled(rule.rule, Style::new().bold()),
                        Cell::styled(rule.level, level_style(rule.level)),
                        Cell::new(rule.title),
                    ]
                };
                let (of_gate, others): (Vec<_>, Vec<_>) = rules.iter().partition(|rule| rule.held_by == "gate");
                page.columns(&of_gate.into_iter().map(row).collect::<Vec<_>>(), 2, 0);
                page.gap();
                page.line(page.dim("held where it is pushed to, whatever the policy says:"));
                page.columns(&others.into_iter().map(row).collect::<Vec<_>>(), 2, 0);
            }
        }
    }

    fn remark(&self, page: &mut Page) {
        if !self.is_one {
            page.line(page.dim("tracker explain RULE tells more"));
        }
    }
}

fn show_one(rule: &ops::RuleView, page: &mut Page) {
    let name = page.bold(rule.rule);
    let level = page.paint(rule.level, level_style(rule.level));
    page.line(format!("{name}  {level}"));
    let paragraph = |page: &mut Page, head: &str, text: &str| {
        page.hanging(&Cell::styled(head, Style::new().dimmed()), 10, &Cell::new(text));
    };
    let mut title = rule.title.to_owned();
    title[..1].make_ascii_uppercase();
    page.line(format!("  {title}."));
    page.gap();
    paragraph(page, "  holds", rule.holds);
    paragraph(page, "  why", rule.why);
    paragraph(page, "  violation", rule.example);
    paragraph(page, "  mend", rule.mend);
    if rule.held_by != "gate" {
        let hooks = "none: whatever the policy says, the hook of a server holds it (`tracker hooks install --server`), \
                     and so does pre-push where the config asks";
        return paragraph(page, "  switch", hooks);
    }
    let switch = format!("in .tracker/config.toml, {} where it says nothing:", rule.default_level);
    paragraph(page, "  switch", &switch);
    page.line("          [policy]");
    page.line(format!("          {} = \"error\"    # or \"warn\", or \"off\"", rule.rule));
}
