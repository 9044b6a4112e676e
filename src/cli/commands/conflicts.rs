//! `tracker conflicts`: which branches cannot be merged with each other, and which one breaks a train.

use clap::Args;
use owo_colors::Style;
use schemars::JsonSchema;
use serde::Serialize;

use super::shared::counted;
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::ReadArgs;
use crate::cli::context::Context;
use crate::cli::output::{Cell, Output, clean};
use crate::ops::{self, ConflictsRequest, Owner, Ownership, TrainOutcome, TrainRequest};

/// Show which live branches conflict, in which files, and whose these are
///
/// Every pair of live branches, and each with the branch that work is merged into, is merged in memory: nothing is
/// checked out and nothing is written. Records are joined by tracker. Exit code 0 is no conflict, 1 is some.
///
/// With --train it merges branches one after the other instead, and checks what comes of each against the policy of the
/// branch that they go to: the first that conflicts or is refused is the one that breaks it. The others go on without.
///
/// Example: tracker conflicts --branches 'fix/*' --branches main
#[derive(Debug, Args)]
pub(in crate::cli) struct Conflicts {
    /// Branches to compare, as globs such as `fix/*`; can be repeated [default: all live ones]
    #[arg(long, value_name = "PATTERN", num_args = 1.., conflicts_with = "train")]
    branches: Vec<String>,
    /// Branches to merge one after the other, in this order
    #[arg(long, value_name = "BRANCH", num_args = 1..)]
    train: Vec<String>,
    /// Branch that a train is merged into [default: the one that work is usually merged into]
    #[arg(long, value_name = "REV", requires = "train")]
    base: Option<String>,
}

/// What was compared, or what came of a train.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Response {
    Pairs(ops::BranchConflicts),
    Train(ops::Train),
}

impl Command for Conflicts {
    type Response = Response;

    fn run(self, context: &Context) -> Reply<Response> {
        let session = context.read(&ReadArgs::default())?;
        if self.train.is_empty() {
            let found = ops::conflicts(&session, &ConflictsRequest { branches: self.branches })?;
            let is_no = !found.pairs.is_empty();
            return Ok(Answer::of(Response::Pairs(found)).no_if(is_no));
        }
        let train = ops::train(&session, &TrainRequest { branches: self.train, base: self.base })?;
        let is_no = train.cars.iter().any(ops::TrainCar::breaks);
        Ok(Answer::of(Response::Train(train)).no_if(is_no))
    }
}

impl View for Response {
    fn show(&self, out: &mut Output) {
        match self {
            Self::Pairs(found) => found.pairs.iter().for_each(|pair| show_pair(pair, out)),
            Self::Train(train) => train.cars.iter().for_each(|car| show_car(car, out)),
        }
    }

    fn status(&self, out: &mut Output) {
        let line = match self {
            Self::Pairs(found) => {
                let (pairs, branches) = (found.pairs.len(), counted(found.branches.len(), "branch"));
                let branches = branches.replace("branchs", "branches");
                let old = match found.old_branches {
                    0 => String::new(),
                    old => format!("; {old} without a commit in 90 days left out"),
                };
                match pairs {
                    0 => format!("no conflicts between {branches}{old}"),
                    _ => format!(
                        "{pairs} of {} of {branches} in conflict{old}",
                        counted(found.compared, "pair")
                    ),
                }
            }
            Self::Train(train) => {
                let broken: Vec<_> = train.cars.iter().filter(|car| car.breaks()).collect();
                match broken.first() {
                    None => format!("all {} can be merged in this order", train.cars.len()),
                    Some(first) => format!("{} breaks the train", clean(&first.branch)),
                }
            }
        };
        out.line(out.dim(&line));
    }
}

fn owner(owner: &Owner) -> String {
    match owner.because {
        Ownership::Claim => format!("{} (claimed)", owner.name),
        Ownership::Assignee => format!("{} (assigned)", owner.name),
        Ownership::Author => owner.name.clone(),
    }
}

fn show_pair(pair: &ops::ConflictingPair, out: &mut Output) {
    let [one, other] = &pair.branches;
    if out.is_quiet() {
        out.line(format!("{} {}", clean(&one.branch), clean(&other.branch)));
        return;
    }
    let side = |side: &ops::BranchSide| format!("{} ({})", out.bold(&clean(&side.branch)), clean(&side.by));
    let line = format!("{} and {}", side(one), side(other));
    out.line(line);
    let row = |file: &ops::ConflictingFile| {
        let [one, other] = &file.owners;
        vec![
            Cell::styled(&file.path, Style::new().red()),
            Cell::new(format!("{} and {}", owner(one), owner(other))),
        ]
    };
    out.columns(&pair.files.iter().map(row).collect::<Vec<_>>(), 1, 2);
}

fn show_car(car: &ops::TrainCar, out: &mut Output) {
    let (mark, word, style) = match car.outcome {
        TrainOutcome::Merged => (out.glyph("✓", "ok"), "can be merged", Style::new().green()),
        TrainOutcome::Contained => (out.glyph("✓", "ok"), "is merged", Style::new().dimmed()),
        TrainOutcome::Conflict => {
            (out.glyph("✗", "error"), "conflicts with what is before it", Style::new().red())
        }
        TrainOutcome::Refused => (out.glyph("✗", "error"), "is refused", Style::new().red()),
    };
    if out.is_quiet() && !car.breaks() {
        return;
    }
    out.line(format!("{} {}  {word}", out.paint(mark, style), out.bold(&clean(&car.branch))));
    for path in &car.conflicts {
        out.line(format!("    {}", clean(path)));
    }
    for violation in &car.violations {
        let about = violation.task.as_deref().or(violation.file.as_deref()).unwrap_or_default();
        let message = format!("{}  {about}: {}", violation.rule, violation.message);
        out.line(format!("    {}", clean(&message)));
    }
}
