//! `tracker cost`

use clap::{Args, ValueEnum};
use owo_colors::Style;

use super::shared::counted;
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::ReadArgs;
use crate::cli::context::Context;
use crate::cli::output::{Cell, Output, clean};
use crate::ops::{self, CostBy};

/// Show what tasks have cost, in tokens and money
///
/// It sums the lines `Cost: ID 12k tokens 0.30 USD` of all commits that HEAD has. Sums are exact, and currencies are never
/// converted. See `tracker help commits`.
///
/// Example: tracker cost sprint:SPRINT-1 --by worker
#[derive(Debug, Args)]
pub(in crate::cli) struct Cost {
    /// Query for tasks [default: all]
    #[arg(value_name = "QUERY")]
    query: Vec<String>,
    /// By what to sum
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    by: By,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum By {
    #[default]
    Task,
    Sprint,
    Run,
    Person,
    Worker,
}

impl Command for Cost {
    type Response = ops::CostView;

    fn run(self, context: &Context) -> Reply<ops::CostView> {
        let session = context.read(&ReadArgs::default())?;
        let by = match self.by {
            By::Task => CostBy::Task,
            By::Sprint => CostBy::Sprint,
            By::Run => CostBy::Run,
            By::Person => CostBy::Person,
            By::Worker => CostBy::Worker,
        };
        let (view, problems) = ops::cost(&session, &ops::CostRequest { query: self.query.join(" "), by })?;
        Ok(Answer::of(view).with_problems(problems))
    }
}

/// Shows what it may cost.
fn budget(sum: &ops::CostSum) -> Cell {
    match &sum.budget {
        Some(budget) if sum.exceeded => {
            Cell::styled(format!("budget of {budget} used up"), Style::new().red())
        }
        Some(budget) => Cell::styled(format!("budget of {budget}"), Style::new().dimmed()),
        None => Cell::new(""),
    }
}

fn without_budget(mut row: Vec<Cell>) -> Vec<Cell> {
    row.remove(3);
    row
}

impl View for ops::CostView {
    fn show(&self, out: &mut Output) {
        let row = |line: &ops::CostLine| {
            vec![
                Cell::styled(line.of.clone().unwrap_or_else(|| "none".to_owned()), Style::new().bold()),
                Cell::new(line.sum.cost.to_string()),
                Cell::new(counted(line.sum.commits, "commit")),
                budget(&line.sum),
                Cell::new(line.title.clone().unwrap_or_default()).wrap(),
            ]
        };
        let rows: Vec<Vec<Cell>> = self.lines.iter().map(row).collect();
        let is_budgeted = self.lines.iter().any(|line| line.sum.budget.is_some());
        let rows = match is_budgeted {
            true => rows,
            false => rows.into_iter().map(without_budget).collect(),
        };
        out.columns(&rows, if is_budgeted { 4 } else { 3 }, 0);
    }

    fn status(&self, out: &mut Output) {
        let total = format!("{} in {}", self.total, counted(self.commits, "commit"));
        out.line(out.dim(&clean(&total)));
        if !self.unread.is_empty() {
            let commits: Vec<&str> = self.unread.iter().map(|id| super::shared::short_id(id)).collect();
            let text = format!("not counted, for a line that is no cost: {}", commits.join(", "));
            out.line(clean(&text));
        }
    }
}
