//! `tracker sync`

mod show;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::{ReadArgs, WriteArgs, count, span};
use crate::cli::completion::tasks;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::Output;
use crate::model::{Problem, SyncField, SyncKind, SyncPolicy, SyncRemote, SyncSide};
use crate::ops::{self, InstallFor, SyncOptions, SyncRun};
use crate::sync::SyncDirection;

/// Synchronise tasks with another tracker
///
/// Both sides are compared with what they last agreed on, field by field: what one side changed goes to the other, and where
/// both have changed one value, the policy of the remote decides and the log keeps the other value. A second run changes
/// nothing. See `tracker help sync`.
///
/// Example: tracker sync csv --dry-run
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(in crate::cli) struct Sync {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    run: Run,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show linked tasks, the last run, and what waits for a person
    Status(Status),
    /// Show values that lost against those of the other side
    Log(Log),
    /// Decide about a conflict, or about a pair of which one is gone
    Resolve(Resolve),
    /// Add a remote to the configuration
    Add(Add),
    /// Remove a remote from the configuration; its links stay
    Remove(Remove),
    /// Check why nothing arrives
    Doctor(Doctor),
    /// Print what makes it run by itself
    Install(Install),
    /// Test a program that speaks JSON lines; it creates items
    Test(Test),
}

#[derive(Debug, Args)]
struct Run {
    /// Remote, as the configuration names it [default: the only one]
    #[arg(value_name = "REMOTE")]
    remote: Option<String>,
    /// Tasks; a unique part of each id is enough [default: all]
    #[arg(value_name = "TASK", add = tasks())]
    tasks: Vec<String>,
    /// Change only tasks here
    #[arg(long, conflicts_with = "push")]
    pull: bool,
    /// Change only items there
    #[arg(long)]
    push: bool,
    /// Synchronise once; that is the default
    #[arg(long, conflicts_with = "every")]
    once: bool,
    /// Synchronise again and again, such as every 5m, until Ctrl-C
    #[arg(long, value_name = "TIME", value_parser = pause, conflicts_with = "dry_run")]
    every: Option<Duration>,
    /// Make many changes without asking
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    variables: Variables,
    #[command(flatten)]
    write: WriteArgs,
}

#[derive(Debug, Args)]
struct Variables {
    /// Read variables of a database from a file such as .env; those that are set come first
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Status {
    /// Remote [default: all]
    #[arg(value_name = "REMOTE")]
    remote: Option<String>,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Debug, Args)]
struct Log {
    /// Remote [default: the only one]
    #[arg(value_name = "REMOTE")]
    remote: Option<String>,
    /// Only of this task
    #[arg(value_name = "TASK", add = tasks())]
    task: Option<String>,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("side").required(true))]
struct Resolve {
    /// Remote
    #[arg(value_name = "REMOTE")]
    remote: String,
    /// Task
    #[arg(value_name = "TASK", add = tasks())]
    task: String,
    /// Field [default: all that both sides have changed]
    #[arg(value_name = "FIELD", value_parser = field)]
    field: Option<SyncField>,
    /// Keep what is here
    #[arg(long, group = "side")]
    ours: bool,
    /// Follow the other side
    #[arg(long, group = "side")]
    theirs: bool,
    #[command(flatten)]
    write: WriteArgs,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("reached").required(true))]
struct Add {
    /// Name of the remote
    #[arg(value_name = "NAME")]
    name: String,
    /// Shell command of a program that speaks JSON lines
    #[arg(long, value_name = "COMMAND", group = "reached")]
    command: Option<String>,
    /// A table of a PostgreSQL database; variables say where it is
    #[arg(long, group = "reached")]
    postgres: bool,
    /// The issues of a repository on GitHub, through the program `gh`
    #[arg(long, group = "reached")]
    github: bool,
    /// Repository on GitHub, as OWNER/NAME or HOST/OWNER/NAME [default: the one that was cloned]
    #[arg(long, value_name = "REPO", requires = "github", conflicts_with_all = ["command", "postgres"])]
    repo: Option<String>,
    /// Table of the database [default: legion_tasks]
    #[arg(long, value_name = "TABLE", requires = "postgres", conflicts_with_all = ["command", "github"])]
    table: Option<String>,
    /// Project there [default: the one of the configuration]
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
    /// Which value stays where both sides have changed one
    #[arg(long, value_name = "POLICY", value_parser = policy, default_value = "ask")]
    policy: SyncPolicy,
    /// Query: the tasks that are created there
    #[arg(long, value_name = "QUERY")]
    filter: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

#[derive(Debug, Args)]
struct Remove {
    /// Name of the remote
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    write: WriteArgs,
}

#[derive(Debug, Args)]
struct Doctor {
    /// Remote [default: the only one]
    #[arg(value_name = "REMOTE")]
    remote: Option<String>,
    #[command(flatten)]
    variables: Variables,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("kind").required(true))]
struct Install {
    /// Remote [default: the only one]
    #[arg(value_name = "REMOTE")]
    remote: Option<String>,
    /// Print a line of a crontab
    #[arg(long, group = "kind")]
    cron: bool,
    /// Print a unit of systemd and its timer
    #[arg(long, group = "kind")]
    systemd: bool,
    /// Print a scheduled task of Windows
    #[arg(long, group = "kind")]
    schtasks: bool,
    #[command(flatten)]
    variables: Variables,
}

#[derive(Debug, Args)]
struct Test {
    /// Shell command of the program
    #[arg(value_name = "PROGRAM")]
    program: String,
    /// Project, as the program is given it
    #[arg(long, value_name = "PROJECT", default_value = "test")]
    project: String,
    /// Minimum number of cases
    #[arg(long, value_name = "N", default_value = "200", value_parser = count)]
    cases: usize,
}

fn field(text: &str) -> Result<SyncField, String> {
    let names: Vec<&str> = SyncField::ALL.iter().map(|field| field.as_str()).collect();
    SyncField::parse(text).ok_or_else(|| format!("expected one of {}", names.join(", ")))
}

fn pause(text: &str) -> Result<Duration, String> {
    let pause = span(text)?;
    if pause.is_zero() { Err("expected a second or more".to_owned()) } else { Ok(pause) }
}

fn policy(text: &str) -> Result<SyncPolicy, String> {
    let found = SyncPolicy::WORDS.iter().find(|(word, _)| *word == text);
    found.map(|(_, policy)| *policy).ok_or_else(|| "expected ours, theirs, newer or ask".to_owned())
}

/// What was requested.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Response {
    /// Tasks and items were synchronised.
    Run(SyncRun),
    /// The state.
    Status(ops::SyncStatus),
    /// Lost values.
    Log(ops::SyncLog),
    /// The configuration was changed.
    Configured(ops::SyncAdded),
    /// Records were written.
    Written {
        /// What was written.
        resolved: ops::Written,
    },
    /// What was checked.
    Diagnosis(ops::SyncDiagnosis),
    /// What to install.
    Install(ops::SyncInstall),
    /// What was tested.
    Tested(ops::ConformanceView),
}

impl Add {
    /// Returns the name of the remote, and its settings.
    fn remote(self) -> (String, SyncRemote) {
        let remote = SyncRemote {
            kind: Some(match (self.postgres, self.github) {
                (true, _) => SyncKind::Postgres,
                (_, true) => SyncKind::Github,
                _ => SyncKind::Program,
            }),
            command: self.command,
            table: self.table,
            repo: self.repo,
            project: self.project,
            policy: self.policy,
            filter: self.filter,
            ..SyncRemote::default()
        };
        (self.name, remote)
    }
}

impl Command for Sync {
    type Response = Response;

    fn run(self, context: &Context) -> Reply<Response> {
        match self.what {
            None => self.run.run(context),
            Some(What::Status(status)) => {
                let session = context.read(&status.read)?;
                let (view, problems) = ops::sync_status(&session, status.remote.as_deref())?;
                Ok(Answer::of(Response::Status(view)).with_problems(problems))
            }
            Some(What::Log(log)) => {
                let session = context.read(&ReadArgs::default())?;
                let log = ops::sync_log(&session, log.remote.as_deref(), log.task.as_deref())?;
                Ok(Answer::of(Response::Log(log)))
            }
            Some(What::Resolve(resolve)) => {
                let session = context.write(&resolve.write)?;
                let winner = if resolve.ours { SyncSide::Here } else { SyncSide::There };
                let Resolve { remote, task, field, .. } = &resolve;
                let resolved = ops::resolve_sync(&session, remote, task, *field, winner)?;
                Ok(Answer::of(Response::Written { resolved }))
            }
            Some(What::Add(add)) => {
                let session = context.write(&add.write)?;
                let (name, remote) = add.remote();
                Ok(Answer::of(Response::Configured(ops::add_remote(&session, &name, &remote)?)))
            }
            Some(What::Remove(remove)) => {
                let session = context.write(&remove.write)?;
                Ok(Answer::of(Response::Configured(ops::remove_remote(&session, &remove.name)?)))
            }
            Some(What::Doctor(doctor)) => {
                let session = context.read(&ReadArgs::default())?;
                let Doctor { remote, variables } = &doctor;
                let found = ops::diagnose_sync(&session, remote.as_deref(), variables.env_file.as_deref())?;
                let is_wrong = found.checks.iter().any(|check| !check.passes);
                Ok(Answer::of(Response::Diagnosis(found)).no_if(is_wrong))
            }
            Some(What::Install(install)) => {
                let session = context.read(&ReadArgs::default())?;
                let kind = match (install.cron, install.systemd) {
                    (true, _) => InstallFor::Cron,
                    (_, true) => InstallFor::Systemd,
                    _ => InstallFor::Schtasks,
                };
                let Install { remote, variables, .. } = &install;
                let (remote, file) = (remote.as_deref(), variables.env_file.as_deref());
                let text = ops::install_sync(&session, remote, kind, file)?;
                Ok(Answer::of(Response::Install(text)))
            }
            Some(What::Test(test)) => {
                let tested = ops::test_program(context.env(), &test.program, &test.project, test.cases);
                let is_wrong = !tested.failed.is_empty();
                Ok(Answer::of(Response::Tested(tested)).no_if(is_wrong))
            }
        }
    }
}

impl Run {
    fn run(self, context: &Context) -> Reply<Response> {
        let direction = match (self.pull, self.push) {
            (true, _) => SyncDirection::Pull,
            (_, true) => SyncDirection::Push,
            _ => SyncDirection::Both,
        };
        let options = SyncOptions {
            remote: self.remote,
            tasks: self.tasks,
            direction,
            is_confirmed: self.yes,
            env_file: self.variables.env_file,
        };
        while let Some(pause) = self.every {
            // What fails now may work the next time.
            match round(context, &self.write, &options) {
                Ok((run, problems)) => {
                    context.say(&show::line(&run));
                    problems.iter().for_each(|problem| context.say(&problem.to_string()));
                }
                Err(failure) => context.say(&format!("error: {}", failure.message())),
            }
            context.env().sleep(pause);
        }
        let (run, problems) = round(context, &self.write, &options)?;
        let is_no = run.needs_yes || run.unknown > 0;
        Ok(Answer::of(Response::Run(run)).with_problems(problems).no_if(is_no))
    }
}

fn round(
    context: &Context,
    write: &WriteArgs,
    options: &SyncOptions,
) -> Result<(SyncRun, Vec<Problem>), Failure> {
    let session = context.write(write)?;
    Ok(ops::sync_remote(&session, options)?)
}

impl View for Response {
    fn show(&self, out: &mut Output) {
        match self {
            Self::Run(run) => show::run(run, out),
            Self::Status(status) => show::status(status, out),
            Self::Log(log) => show::log(log, out),
            Self::Configured(added) => show::written(&added.written, out),
            Self::Written { resolved } => show::written(resolved, out),
            Self::Diagnosis(found) => show::diagnosis(found, out),
            Self::Install(install) => out.line(install.text.trim_end()),
            Self::Tested(tested) => show::tested(tested, out),
        }
    }

    fn status(&self, out: &mut Output) {
        match self {
            Self::Run(run) => show::summary(run, out),
            Self::Install(install) => out.line(out.dim(&install.hint)),
            Self::Configured(added) => added.written.status(out),
            Self::Written { resolved } => {
                resolved.status(out);
                out.line(out.dim("the next `tracker sync` goes by it"));
            }
            Self::Tested(tested) => {
                let failed = tested.failed.len();
                out.line(out.dim(&format!("{} cases, {failed} failed", tested.cases)));
            }
            Self::Status(_) | Self::Log(_) | Self::Diagnosis(_) => {}
        }
    }
}
