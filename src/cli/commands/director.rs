//! `tracker director`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use clap::{Args, Subcommand};
use owo_colors::Style;
use schemars::JsonSchema;
use serde::Serialize;

use super::shared::{counted, short_id};
use super::{Command, Reply};
use crate::cli::answer::{Answer, View, write_line};
use crate::cli::args::{Format, ReadArgs, WriteArgs, director_formats, span};
use crate::cli::context::Context;
use crate::cli::error::{Failure, show_problems};
use crate::cli::output::{Cell, Output, clean};
use crate::model::Problem;
use crate::ops;
use crate::report::director::{
    DirectorEntry, DirectorOutcome, DirectorRepository, DirectorRound, DirectorStep,
};

/// Watch over all work in flight by rules, and send work back
///
/// The rules are `[[director.rule]]` tables, as they are committed on the branch that others are merged into: tests before code, a
/// migration with its model, limits, stale claims, forgotten escalations, the gate. The director never votes and never moves a
/// task on. Without a subcommand it lists the rules. See `tracker help director`.
///
/// Example: tracker director run --once --format markdown
#[derive(Debug, Args)]
pub(in crate::cli) struct Director {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the rules
    Rules,
    /// Go round all work in flight, and act on what the rules find
    ///
    /// Without --once it goes round again whenever records or branches change, and after a time; Ctrl-C ends it. A finding is
    /// acted on once: the same round twice changes nothing. With --once the exit code is 0 if nothing was found, 1 if something
    /// was, and 2 if the rules cannot be read.
    #[command(arg = director_formats())]
    Run(Run),
    /// Show what the last round in this clone has found
    #[command(arg = director_formats())]
    Last,
}

#[derive(Debug, Args)]
struct Run {
    /// Working trees to go round, several for several repositories [default: this one]
    #[arg(value_name = "DIR")]
    folders: Vec<PathBuf>,
    /// Go round once and end
    #[arg(long)]
    once: bool,
    /// How often to go round where nothing has changed
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = span, conflicts_with = "once")]
    every: Duration,
    #[command(flatten)]
    write: WriteArgs,
}

/// Rules, or a round.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Response {
    /// The rules.
    Rules(ops::DirectorRules),
    /// What a round has found.
    Round(DirectorRound),
}

impl Command for Director {
    type Response = Response;

    fn run(self, context: &Context) -> Reply<Response> {
        match self.what.unwrap_or(What::Rules) {
            What::Rules => {
                let session = context.read(&ReadArgs::default())?;
                Ok(Answer::of(Response::Rules(ops::director_rules(&session)?)))
            }
            What::Run(run) => run.run(context),
            What::Last => {
                let session = context.read(&ReadArgs::default())?;
                let repositories: Vec<_> = ops::last_director_round(&session).into_iter().collect();
                if repositories.is_empty() {
                    context.say("no round was made in this clone; `tracker director run --once` makes one");
                }
                Ok(Answer::of(Response::Round(DirectorRound { repositories })))
            }
        }
    }
}

/// Returns the folders, one of each repository: a round looks at all of its working trees.
fn distinct(context: &Context, folders: Vec<PathBuf>) -> Vec<PathBuf> {
    if folders.len() == 1 {
        return folders;
    }
    let mut seen: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    let mut is_first = |folder: &PathBuf| {
        // What cannot be read is reported by its round.
        let there = context.moved_to(folder);
        let Ok(session) = there.read(&ReadArgs::default()) else { return true };
        let repository = session.workspace().repo_paths().common_dir.clone();
        match seen.get(&repository) {
            Some(first) => {
                let (folder, first) = (folder.display(), first.display());
                context
                    .say(&format!("{folder} is left out: {first} is a working tree of the same repository"));
                false
            }
            None => seen.insert(repository, folder.clone()).is_none(),
        }
    };
    folders.into_iter().filter(|folder| is_first(folder)).collect()
}

impl Run {
    fn run(mut self, context: &Context) -> Reply<Response> {
        if self.folders.is_empty() {
            self.folders.push(PathBuf::from("."));
        }
        self.folders = distinct(context, self.folders);
        if self.once {
            return self.once(context);
        }
        self.go_on(context)
    }

    fn once(&self, context: &Context) -> Reply<Response> {
        let (mut made, mut failed) = (Vec::new(), Vec::new());
        for folder in &self.folders {
            match self.once_in(&context.moved_to(folder)) {
                Ok(round) => made.push(round),
                // One that cannot be read does not keep the others from their round.
                Err(failure) => failed.push(self.about(folder, failure)),
            }
        }
        if let Some(last) = failed.pop() {
            made.into_iter().for_each(|(own, problems)| print(context, own, &problems));
            failed.iter().for_each(|failure| print_failure(context, failure));
            return Err(last);
        }
        let (repositories, problems): (Vec<_>, Vec<_>) = made.into_iter().unzip();
        let (round, problems) = (DirectorRound { repositories }, problems.concat());
        let is_no = round.has_findings();
        Ok(Answer::of(Response::Round(round)).with_problems(problems).no_if(is_no))
    }

    fn once_in(&self, there: &Context) -> Result<(DirectorRepository, Vec<Problem>), Failure> {
        let session = there.write(&self.write)?.for_agent(ops::DIRECTOR);
        Ok(ops::director_round(&session, self.write.lock_timeout)?)
    }

    /// Names the repository, where there are several.
    fn about(&self, folder: &Path, failure: Failure) -> Failure {
        if self.folders.len() > 1 { failure.about(&folder.display().to_string()) } else { failure }
    }

    /// Goes round each repository whenever something has changed there, until none can be read any more.
    fn go_on(&self, context: &Context) -> Reply<Response> {
        let (send, rounds) = channel();
        for folder in &self.folders {
            let (place, send) = (context.moved_to(folder), send.clone());
            let (write, every, folder) = (self.write.clone(), self.every, folder.clone());
            std::thread::spawn(move || {
                let end = watch(&place, &write, every, &send);
                // Who listened has ended.
                let _ = send.send(Round::Ended(folder, end));
            });
        }
        drop(send);
        let mut seen: BTreeMap<String, DirectorRepository> = BTreeMap::new();
        let mut left = self.folders.len();
        for round in rounds {
            let (own, problems) = match round {
                Round::Made(own, problems) => (own, problems),
                Round::Ended(_, Ok(())) => continue,
                Round::Ended(folder, Err(failure)) => {
                    let failure = self.about(&folder, *failure);
                    left -= 1;
                    if left == 0 {
                        return Err(failure);
                    }
                    // The others are still looked after.
                    print_failure(context, &failure);
                    continue;
                }
            };
            let before = seen.insert(own.folder.clone(), own.clone());
            if before.is_none_or(|before| before.findings != own.findings) {
                print(context, own, &problems);
            }
        }
        Ok(Answer::of(Response::Round(DirectorRound::default())))
    }
}

/// What comes of a repository.
enum Round {
    Made(DirectorRepository, Vec<Problem>),
    Ended(PathBuf, Result<(), Box<Failure>>),
}

fn watch(
    place: &Context,
    write: &WriteArgs,
    every: Duration,
    send: &Sender<Round>,
) -> Result<(), Box<Failure>> {
    let mut session = place.write(write).map_err(Box::new)?.for_agent(ops::DIRECTOR);
    let observe = |own, problems: &[Problem]| send.send(Round::Made(own, problems.to_vec())).is_ok();
    ops::run_director(&mut session, every, write.lock_timeout, observe)
        .map_err(|error| Box::new(error.into()))
}

/// Prints at once why a repository has no round, or no more.
fn print_failure(context: &Context, failure: &Failure) {
    let mut out = context.error_output();
    failure.show(&mut out);
    crate::cli::write_stderr(&out.into_text());
}

/// Prints a round at once, in the form that was requested.
fn print(context: &Context, own: DirectorRepository, problems: &[Problem]) {
    let round = DirectorRound { repositories: vec![own] };
    let text = match context.format() {
        Format::Json => {
            let mut line = Vec::new();
            write_line(&round, &mut line);
            line
        }
        Format::Human => {
            let mut out = context.output();
            show(&round, &mut out);
            if !context.is_quiet() {
                show_status(&round, &mut out);
            }
            out.into_text().into_bytes()
        }
        _ => round.markdown().into_bytes(),
    };
    drop(crate::cli::write_stdout(&text));
    let mut out = context.error_output();
    show_problems(problems, &mut out);
    crate::cli::write_stderr(&out.into_text());
}

impl View for Response {
    fn show(&self, out: &mut Output) {
        match self {
            Self::Rules(view) => {
                let rows: Vec<Vec<Cell>> = view.rules.iter().map(rule_row).collect();
                out.columns(&rows, 4, 0);
            }
            Self::Round(round) => show(round, out),
        }
    }

    fn status(&self, out: &mut Output) {
        match self {
            Self::Rules(view) if view.rules.is_empty() => {
                out.line(format!(
                    "no [[director.rule]] is committed on {}: tracker help director",
                    clean(&view.branch)
                ));
            }
            Self::Rules(view) => {
                let (count, commit) = (counted(view.rules.len(), "rule"), short_id(&view.commit));
                out.line(out.dim(&format!("{count} of {} at {commit}", clean(&view.branch))));
            }
            Self::Round(round) => show_status(round, out),
        }
    }

    fn rendered(&self, format: Format) -> Option<String> {
        match (self, format) {
            (Self::Round(round), Format::Review(_)) => Some(round.markdown()),
            (Self::Rules(view), Format::Review(_)) => {
                let line = |rule: &ops::DirectorRuleView| {
                    format!("- `{}` {}: {}\n", rule.rule, rule.check, does(rule))
                };
                Some(view.rules.iter().map(line).collect())
            }
            _ => None,
        }
    }
}

/// Returns what is done about what a rule finds.
fn does(rule: &ops::DirectorRuleView) -> String {
    let does = [(rule.note, "note"), (rule.send_back, "send back"), (rule.pause, "pause")];
    let does: Vec<&str> = does.into_iter().filter(|(is_so, _)| *is_so).map(|(_, word)| word).collect();
    if does.is_empty() { "report".to_owned() } else { does.join(", ") }
}

fn rule_row(rule: &ops::DirectorRuleView) -> Vec<Cell> {
    let scope: Vec<&str> = rule.stages.iter().chain(&rule.types).map(String::as_str).collect();
    vec![
        Cell::styled(&rule.rule, Style::new().bold()),
        Cell::new(&rule.check),
        Cell::new(scope.join(", ")),
        Cell::new(does(rule)),
    ]
}

fn show(round: &DirectorRound, out: &mut Output) {
    let is_many = round.repositories.len() > 1;
    for own in &round.repositories {
        if is_many {
            out.line(out.bold(&clean(&own.folder)));
        }
        let rows: Vec<Vec<Cell>> = own.findings.iter().map(entry_row).collect();
        out.columns(&rows, 2, if is_many { 2 } else { 0 });
    }
}

fn entry_row(found: &DirectorEntry) -> Vec<Cell> {
    let is_new = |step: &&DirectorStep| step.outcome != DirectorOutcome::Before;
    let steps: Vec<String> = found.actions.iter().filter(is_new).map(DirectorStep::words).collect();
    vec![
        Cell::styled(&found.rule, Style::new().yellow()),
        Cell::styled(found.subject(), Style::new().bold()),
        Cell::new(found.sentence()).wrap(),
        Cell::styled(steps.join(", "), Style::new().dimmed()).below(),
    ]
}

fn show_status(round: &DirectorRound, out: &mut Output) {
    for own in &round.repositories {
        let found = match own.findings.len() {
            0 => "nothing to act on".to_owned(),
            count => counted(count, "finding"),
        };
        let (rules, tasks) = (counted(own.rules, "rule"), counted(own.tasks, "task"));
        let from = format!("{rules} of {} at {}", clean(&own.branch), short_id(&own.commit));
        out.line(out.dim(&format!("{found}: {from}, {tasks} in flight")));
    }
}
