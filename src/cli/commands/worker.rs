//! `tracker worker`

use std::time::Duration;

use clap::{Args, Subcommand};
use owo_colors::Style;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::shared::{counted, short_id, show_diff};
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::{ReadArgs, WriteArgs, count, span};
use crate::cli::completion::{worker_types, workers};
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::{Cell, Output, clean};
use crate::ops::{self, Round, RoundOutcome, WorkerNews};

/// Run workers that find, fix and land, and escalate the rest
///
/// A worker looks at the files of new commits on a branch, runs its tools, proves their fixes, and lands them in commits of its
/// own; what is left becomes an escalation. Types are `qa`, `rules`, `test` and `security`, and those of `[workers.TYPE]` in the
/// configuration. Without a subcommand it lists types and workers. See `tracker help workers`.
///
/// Example: tracker worker run qa --once
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(visible_alias = "workers")]
pub(in crate::cli) struct Worker {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List types and workers
    List,
    /// Run a worker
    ///
    /// It makes a round now and for each new commit, and sleeps in between; Ctrl-C ends it. The first round looks at all files
    /// within the worker's paths, later ones at those that others have changed since. With --once the exit code is 0 if
    /// nothing is left, 1 if something is, and 2 if a tool is missing, fails or cannot be read.
    Run(Run),
    /// Show a type: tools, paths, limits
    Show(Show),
    /// Show the rounds of a worker
    Log(Log),
    /// Show what a worker of a fleet has printed, and with --follow what it prints
    Logs(Logs),
    /// Show what workers have fixed, with the change, and what they could not
    History(History),
    /// Remove a worker's working tree and branch
    ///
    /// Commits that are merged nowhere are refused; with --force a bundle keeps them for 30 days.
    Remove(Remove),
}

#[derive(Debug, Args)]
struct Run {
    /// Type of the worker
    #[arg(value_name = "TYPE", add = worker_types())]
    kind: String,
    /// Files to look at, from the top of the repository; implies --once [default: what has changed]
    #[arg(value_name = "FILE")]
    files: Vec<String>,
    /// Make one round and end
    #[arg(long)]
    once: bool,
    /// Look at all files, also at those of earlier rounds
    #[arg(long, conflicts_with = "files")]
    all: bool,
    /// Name of the worker; each that runs has its own [default: the type]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Branch to watch and to land on [default: the one that others are merged into]
    #[arg(long, value_name = "BRANCH")]
    branch: Option<String>,
    /// Remote of branch and claims; `.` for none [default: the remote of claims]
    #[arg(long, value_name = "REMOTE")]
    remote: Option<String>,
    /// How often to ask the remote for new commits, such as 1m [default: never]
    #[arg(long, value_name = "TIME", value_parser = span)]
    fetch: Option<Duration>,
    /// Print every event as a line of JSON when it happens, and nothing else
    #[arg(long)]
    events: bool,
}

#[derive(Debug, Args)]
struct Show {
    /// Type of the worker
    #[arg(value_name = "TYPE", add = worker_types())]
    kind: String,
}

#[derive(Debug, Args)]
struct Log {
    /// Name of the worker
    #[arg(value_name = "NAME", add = workers())]
    name: String,
    /// Maximum number of rounds
    #[arg(long, value_name = "N", default_value = "20", value_parser = count)]
    limit: usize,
}

#[derive(Debug, Args)]
struct Logs {
    /// Name of the worker
    #[arg(value_name = "NAME", add = workers())]
    name: String,
    /// Print what comes when it comes, until Ctrl-C
    #[arg(long, short)]
    follow: bool,
    /// Maximum number of lines of before
    #[arg(long, value_name = "N", default_value = "50", value_parser = count)]
    limit: usize,
}

#[derive(Debug, Args)]
struct History {
    /// Only fixes of this rule, such as F401
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,
    /// Only fixes in this file, from the top of the repository
    #[arg(long, value_name = "FILE")]
    file: Option<String>,
    /// Maximum number of fixes
    #[arg(long, value_name = "N", default_value = "20", value_parser = count)]
    limit: usize,
}

#[derive(Debug, Args)]
struct Remove {
    /// Name of the worker
    #[arg(value_name = "NAME", add = workers())]
    name: String,
    /// Remove commits that are merged nowhere, too
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    write: WriteArgs,
}

/// What was requested.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Response {
    /// Types and workers.
    List(ops::WorkersView),
    /// A type.
    Type(Box<ops::WorkerTypeView>),
    /// Rounds.
    Rounds(Box<ops::WorkerRounds>),
    /// What was printed.
    Logs(ops::WorkerLogs),
    /// What was fixed.
    History(Box<ops::WorkerHistory>),
    /// A worker was removed.
    Removed(ops::WorkerRemoved),
    /// A worker has ended.
    Run(Box<Ran>),
}

/// What a worker has done.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Ran {
    #[serde(flatten)]
    run: ops::WorkerRun,
    #[serde(skip)]
    is_silent: bool,
}

impl Command for Worker {
    type Response = Response;

    fn run(self, context: &Context) -> Reply<Response> {
        let read = || context.read(&ReadArgs::default());
        match self.what.unwrap_or(What::List) {
            What::List => Ok(Answer::of(Response::List(ops::list_workers(&read()?)?))),
            What::Run(run) => run.run(context),
            What::Show(show) => {
                Ok(Answer::of(Response::Type(Box::new(ops::show_worker_type(&read()?, &show.kind)?))))
            }
            What::Log(log) => {
                let rounds = ops::worker_rounds(&read()?, &log.name, log.limit)?;
                Ok(Answer::of(Response::Rounds(Box::new(rounds))))
            }
            What::Logs(logs) => logs.run(context),
            What::History(history) => {
                let request =
                    ops::HistoryRequest { rule: history.rule, file: history.file, limit: history.limit };
                let history = ops::worker_history(&read()?, &request)?;
                Ok(Answer::of(Response::History(Box::new(history))))
            }
            What::Remove(remove) => {
                let session = context.write(&remove.write)?;
                Ok(Answer::of(Response::Removed(ops::remove_worker(&session, &remove.name, remove.force)?)))
            }
        }
    }
}

impl Run {
    fn run(self, context: &Context) -> Reply<Response> {
        let session = context.write(&WriteArgs::default())?;
        let is_once = self.once || !self.files.is_empty();
        let request = ops::WorkerRequest {
            kind: self.kind,
            name: self.name,
            branch: self.branch,
            remote: self.remote,
            is_once,
            is_all: self.all,
            files: self.files,
            fetch: self.fetch,
        };
        let is_silent = self.events;
        let ran = ops::run_worker(&session, &request, |news| match is_silent {
            true => print_events(news),
            // The one round is the answer itself.
            false if context.is_quiet() || is_once => {}
            false => lines_of(news).iter().for_each(|line| context.say(line)),
        });
        let run = ran.map_err(Failure::from)?;
        let is_no = run.round.as_ref().is_some_and(|round| round.outcome != RoundOutcome::Success);
        Ok(Answer::of(Response::Run(Box::new(Ran { run, is_silent }))).no_if(is_no))
    }
}

impl Logs {
    fn run(self, context: &Context) -> Reply<Response> {
        let session = context.read(&ReadArgs::default())?;
        let (view, next) = ops::worker_logs(&session, &self.name, self.limit)?;
        if !self.follow {
            return Ok(Answer::of(Response::Logs(view)));
        }
        let worker = &self.name;
        let is_json = !context.format().is_human();
        let print = |line: &str| {
            let text = match is_json {
                true => json!({ "worker": worker, "line": line }).to_string(),
                false => clean(line).into_owned(),
            };
            crate::cli::write_stdout(format!("{text}\n").as_bytes()).is_ok()
        };
        if view.lines.iter().all(|line| print(line)) {
            ops::follow_worker_logs(&session, worker, next, print)?;
        }
        Ok(Answer::of(Response::Logs(ops::WorkerLogs { lines: Vec::new(), more: 0, ..view })))
    }
}

/// Prints lines of JSON. Nobody may read any more: the worker goes on.
fn print_events(news: &WorkerNews<'_>) {
    let lines = match news {
        WorkerNews::Registered { worker, kind, branch } => {
            vec![json!({ "event": "registered", "worker": worker, "type": kind, "branch": branch })]
        }
        WorkerNews::Started { worker, commit, files } => {
            vec![json!({ "event": "started", "worker": worker, "commit": commit, "files": files })]
        }
        WorkerNews::Ended(round) => {
            let name = if round.outcome == RoundOutcome::Failed { "failed" } else { "completed" };
            let escalation = (!round.escalated.is_empty()).then(|| {
                json!({ "event": "escalation_needed", "worker": round.worker, "escalations": round.escalated,
                        "remaining": round.remaining })
            });
            let ended = json!({ "event": name, "worker": round.worker, "round": round });
            [Some(ended), escalation].into_iter().flatten().collect()
        }
    };
    for line in lines {
        drop(crate::cli::write_stdout(format!("{line}\n").as_bytes()));
    }
}

fn lines_of(news: &WorkerNews<'_>) -> Vec<String> {
    match news {
        WorkerNews::Registered { worker, kind, branch } => {
            vec![format!("{worker} ({kind}) watches {branch}; Ctrl-C ends it")]
        }
        WorkerNews::Started { .. } => Vec::new(),
        WorkerNews::Ended(round) => summary(round),
    }
}

/// Returns a round in a few lines.
fn summary(round: &Round) -> Vec<String> {
    let commit = short_id(&round.commit);
    let took = format!("{} ms", round.ms);
    let what = match round.outcome {
        RoundOutcome::Failed => format!("failed: {}", round.why.as_deref().unwrap_or_default()),
        _ if round.found == 0 => format!("clean: {}", counted(round.files, "file")),
        _ => format!(
            "{} in {}: {} fixed, {} left",
            counted(round.found, "finding"),
            counted(round.files, "file"),
            round.fixed,
            round.remaining
        ),
    };
    let mut lines = vec![format!("{} at {commit}  {what}  {took}", round.worker)];
    if let Some(landed) = &round.landed {
        lines.push(format!("  landed {} on {}", short_id(landed), round.branch));
    }
    if round.queued > 0 {
        let why = round.why.as_deref().unwrap_or_default();
        lines.push(format!("  {} wait: {why}", counted(round.queued, "file")));
    }
    if let Some(cost) = &round.cost {
        lines.push(format!("  cost {cost}"));
    }
    if !round.escalated.is_empty() {
        lines.push(format!("  escalated {}", round.escalated.join(", ")));
    }
    if !round.closed.is_empty() {
        lines.push(format!("  closed {}", round.closed.join(", ")));
    }
    lines
}

impl View for Response {
    fn show(&self, out: &mut Output) {
        match self {
            Self::List(view) => show_list(view, out),
            Self::Type(view) => show_type(view, out),
            Self::Rounds(view) => {
                for round in &view.rounds {
                    show_round(round, out);
                }
            }
            Self::Logs(view) => view.lines.iter().for_each(|line| out.line(clean(line))),
            Self::History(view) => show_history(view, out),
            Self::Removed(removed) => {
                let word = if removed.dry_run { "Would remove" } else { "Removed" };
                out.line(format!("{word} {}", out.bold(&removed.worker)));
                if let Some(bundle) = &removed.bundle {
                    out.line(format!("  {}", clean(&format!("its commits are kept in {bundle}"))));
                }
            }
            Self::Run(ran) if !ran.is_silent => {
                if let Some(round) = &ran.run.round {
                    show_round(round, out);
                }
            }
            Self::Run(_) => {}
        }
    }

    fn status(&self, out: &mut Output) {
        match self {
            Self::List(view) => {
                let from =
                    format!("configuration of {} at {}", view.policy.branch, short_id(&view.policy.commit));
                out.line(out.dim(&clean(&format!("{from}; `tracker worker run TYPE --once` makes a round"))));
            }
            Self::History(view) => {
                let (fixes, failures) = (view.fixes.len(), view.failures.len());
                let fixes = if fixes == 1 { "1 fix".to_owned() } else { format!("{fixes} fixes") };
                out.line(out.dim(&format!("{fixes}, {}", counted(failures, "escalation"))));
            }
            Self::Run(ran) if !ran.is_silent && ran.run.round.is_none() => {
                let branch = clean(&ran.run.branch).into_owned();
                out.line(out.dim(&format!("nothing new on {branch}; --all looks at all files")));
            }
            Self::Run(ran) if !ran.is_silent => {
                let escalated = ran.run.round.as_ref().is_some_and(|round| !round.escalated.is_empty());
                if escalated {
                    out.line(out.dim("what is left waits for a person: `tracker escalations`"));
                }
            }
            _ => {}
        }
    }
}

fn show_round(round: &Round, out: &mut Output) {
    let mut lines = summary(round).into_iter();
    if let Some(first) = lines.next() {
        let style = match round.outcome {
            RoundOutcome::Success => Style::new().green(),
            RoundOutcome::Failed => Style::new().red(),
            _ => Style::new().yellow(),
        };
        let word = out.paint(round.outcome.as_str(), style);
        out.line(format!("{word}  {}", clean(&first)));
    }
    lines.for_each(|line| out.line(clean(&line)));
    for fix in &round.fixes {
        out.line(format!("  {}", clean(&format!("fixed {} in {}", fix.rule, fix.file))));
    }
    for line in round.log.iter().flat_map(|log| log.lines()) {
        out.line(format!("  {}", out.dim(&clean(line))));
    }
}

fn show_history(view: &ops::WorkerHistory, out: &mut Output) {
    for fix in &view.fixes {
        let at = out.ago(fix.at);
        let reverted = fix.reverted_by.as_ref().map(|by| format!(", reverted by {}", short_id(by)));
        let head = format!("{}  by {} in {}, {at}", fix.file, fix.worker, short_id(&fix.commit));
        let head = format!("{head}{}", reverted.unwrap_or_default());
        out.line(format!("{}  {}", out.bold(&clean(&fix.rule)), clean(&head)));
        show_diff(&fix.diff, out);
    }
    let row = |own: &ops::EscalationView| {
        vec![
            Cell::styled(&own.id, Style::new().bold()),
            Cell::new(own.state.as_str()),
            Cell::new(&own.rule),
            Cell::new(format!("{}, after {}", own.reason_text, counted(own.attempts as usize, "attempt"))),
            Cell::new(own.files.join(", ")).wrap(),
        ]
    };
    let rows: Vec<Vec<Cell>> = view.failures.iter().map(row).collect();
    if !rows.is_empty() {
        out.gap();
    }
    out.columns(&rows, 4, 0);
}

fn show_list(view: &ops::WorkersView, out: &mut Output) {
    let row = |kind: &ops::WorkerTypeView| {
        let from = match (kind.built_in, kind.configured) {
            (true, true) => "built in, changed",
            (true, false) => "built in",
            _ => "configured",
        };
        let tools: Vec<&str> = kind.tools.iter().map(|tool| tool.tool.as_str()).collect();
        vec![
            Cell::styled(&kind.kind, Style::new().bold()),
            Cell::new(from),
            Cell::new(format!("watches {}", kind.watch)),
            Cell::new(tools.join(", ")).wrap(),
        ]
    };
    let rows: Vec<Vec<Cell>> = view.types.iter().map(row).collect();
    out.columns(&rows, 3, 0);
    if view.workers.is_empty() {
        return;
    }
    out.gap();
    let row = |worker: &ops::WorkerLine| {
        let (state, style) = match (worker.running, worker.last.as_ref().map(|round| round.outcome)) {
            (true, _) => ("running", Style::new().green()),
            (false, Some(RoundOutcome::Failed)) => ("failed", Style::new().red()),
            _ => ("idle", Style::new().dimmed()),
        };
        let at = worker.last.as_ref().map_or_else(String::new, |round| out.ago(round.at));
        vec![
            Cell::styled(&worker.worker, Style::new().bold()),
            Cell::styled(state, style),
            Cell::new(counted(worker.rounds, "round")),
            Cell::new(format!("{} fixed", worker.fixed)),
            Cell::new(at),
        ]
    };
    let rows: Vec<Vec<Cell>> = view.workers.iter().map(row).collect();
    out.columns(&rows, 4, 0);
}

fn show_type(view: &ops::WorkerTypeView, out: &mut Output) {
    let paths = if view.paths.is_empty() { "all but records".to_owned() } else { view.paths.join(", ") };
    out.line(format!("{}  watches {}", out.bold(&view.kind), view.watch));
    out.line(clean(&format!("  paths     {paths}")));
    out.line(format!(
        "  limits    {} a command, {}",
        view.timeout,
        counted(view.attempts as usize, "attempt")
    ));
    if let Some(budget) = &view.budget {
        out.line(clean(&format!("  budget    {budget} a day")));
    }
    if let Some(verify) = &view.verify {
        out.line(clean(&format!("  verify    {verify}")));
    }
    if let Some(executor) = &view.executor {
        out.line(clean(&format!("  executor  {executor}")));
    }
    for tool in &view.tools {
        out.gap();
        let form = tool.report.as_deref().map_or_else(String::new, |form| format!("  reports {form}"));
        let paths = if tool.paths.is_empty() { String::new() } else { format!("  {}", tool.paths.join(" ")) };
        out.line(format!("  {}{}", out.bold(&tool.tool), clean(&format!("{form}{paths}"))));
        let own = [("title", &tool.title), ("pattern", &tool.pattern)];
        for (name, line) in own.into_iter().chain([("detect", &tool.detect), ("fix", &tool.fix)]) {
            if let Some(line) = line {
                out.line(clean(&format!("    {name:<7} {line}")));
            }
        }
        if !tool.architectural.is_empty() {
            out.line(clean(&format!("    people decide about {}", tool.architectural.join(", "))));
        }
    }
}
