//! `tracker init`, `tracker uninstall`: the beginning and the end.

use clap::{Args, ValueEnum};

use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::{Output, clean};
use crate::model::RecordKind;
use crate::ops;

/// Set up a tracker in this repository
///
/// Writes `.tracker/` with a commented configuration, and installs the git hooks, with which commits move tasks. Existing
/// files are left alone. On a terminal it asks what no option says.
///
/// In a clone of a repository that has a tracker it installs the hooks.
///
/// Example: tracker init --project Dashboard --profile team
#[derive(Debug, Args)]
pub(in crate::cli) struct Init {
    /// Project name [default: the directory's name]
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// Prefix of task ids
    #[arg(long, value_name = "PREFIX", default_value = "TASK")]
    prefix: String,
    /// Number tasks sequentially instead of with random ids
    #[arg(long)]
    sequential: bool,
    /// Configuration to start from [default: solo]
    #[arg(long, value_enum, value_name = "PROFILE")]
    profile: Option<ProfileName>,
    /// Do not install the git hooks
    #[arg(long)]
    no_hooks: bool,
    /// Also write instructions for coding agents into AGENTS.md and CLAUDE.md, hooks into .claude/settings.json, and the MCP
    /// server into the settings of the usual clients
    #[arg(long)]
    agents: bool,
    /// Also write a CI workflow that runs on the server what hooks run locally
    #[arg(long, value_enum, value_name = "SERVER")]
    ci: Option<ServerName>,
    /// Branch that the CI workflow is for [default: the remote's, else main or master]
    #[arg(long, value_name = "BRANCH", requires = "ci")]
    default_branch: Option<String>,
    /// Set up a tracker even if another branch has one
    #[arg(long)]
    force: bool,
    /// Show what would be written without writing it
    #[arg(short = 'n', long)]
    dry_run: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ProfileName {
    /// One person and their agents: one stage, nobody to ask
    Solo,
    /// Work is reviewed and tested by others
    Team,
    /// Votes are signed, and never for one's own work
    Regulated,
    /// Four stages, no sign-offs
    Plain,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ServerName {
    Github,
    Gitlab,
}

impl From<ProfileName> for ops::Profile {
    fn from(name: ProfileName) -> Self {
        match name {
            ProfileName::Solo => Self::Solo,
            ProfileName::Team => Self::Team,
            ProfileName::Regulated => Self::Regulated,
            ProfileName::Plain => Self::Plain,
        }
    }
}

impl Command for Init {
    type Response = ops::Initialised;

    fn run(self, context: &Context) -> Reply<ops::Initialised> {
        let asks = context.can_ask() && self.profile.is_none() && ops::is_new(context.env());
        let profile = match self.profile {
            Some(named) => named.into(),
            None if asks => ask_for_profile(context)?,
            None => ops::Profile::default(),
        };
        let hooks = !self.no_hooks && (!asks || context.confirm("Install the git hooks?", true)?);
        let agents = self.agents
            || asks && context.confirm("Write instructions for coding agents into AGENTS.md?", false)?;
        let default_branch = match self.default_branch {
            None if asks && self.ci.is_some() => ask_for_branch(context)?,
            given => given,
        };
        let request = ops::InitRequest {
            default_branch,
            project: self.project,
            prefix: Some(self.prefix),
            sequential: self.sequential,
            profile,
            hooks,
            agents,
            force: self.force,
            server: self.ci.map(|server| match server {
                ServerName::Github => ops::Server::Github,
                ServerName::Gitlab => ops::Server::Gitlab,
            }),
            dry_run: self.dry_run,
        };
        let (initialised, problems) = ops::init(context.env(), &request)?;
        let ignored = ops::ignored_at_init(context.env(), &initialised)?;
        Ok(Answer::of(initialised).with_problems(problems).with_problems(ignored))
    }
}

/// Asks which branch work is merged into; none where it is the usual one.
fn ask_for_branch(context: &Context) -> Result<Option<String>, Failure> {
    let usual = ops::default_branch_of(context.env())?;
    let answer = context.ask(&format!("Default branch [{}]: ", clean(&usual)))?;
    Ok(Some(answer).filter(|answer| !answer.is_empty()))
}

/// Asks who works here, until the answer is one of the profiles.
fn ask_for_profile(context: &Context) -> Result<ops::Profile, Failure> {
    context.say("Who works in this repository?");
    let profiles = ProfileName::value_variants();
    for (at, profile) in profiles.iter().enumerate() {
        let value = profile.to_possible_value().expect("no profile is skipped");
        let help = value.get_help().map(ToString::to_string).unwrap_or_default();
        context.say(&format!("  {}  {:<10} {help}", at + 1, value.get_name()));
    }
    loop {
        let answer = context.ask("Profile [solo]: ")?;
        let number = answer.parse::<usize>().ok().and_then(|number| profiles.get(number.checked_sub(1)?));
        match number.copied().or_else(|| ProfileName::from_str(&answer, true).ok()) {
            Some(profile) => return Ok(profile.into()),
            None if answer.is_empty() => return Ok(ops::Profile::default()),
            None => context.say(&format!("expected a number or a name, got `{answer}`")),
        }
    }
}

impl View for ops::Initialised {
    fn show(&self, out: &mut Output) {
        if out.is_quiet() {
            return;
        }
        let place = clean(&self.work_dir).into_owned();
        if self.files.is_empty() && self.hooks.is_empty() {
            out.line(format!("{place} already has a tracker; nothing was changed"));
            return;
        }
        let word = match (self.files.is_empty(), self.dry_run) {
            (true, false) => "Installed the hooks of the tracker in",
            (true, true) => "Would install the hooks of the tracker in",
            (false, false) => "Set up a tracker in",
            (false, true) => "Would set up a tracker in",
        };
        out.line(format!("{word} {place}"));
        for file in &self.files {
            out.line(format!("  {}", out.dim(file)));
        }
        if !self.hooks.is_empty() {
            out.line(format!("  {}", out.dim(&format!("hooks: {}", self.hooks.join(", ")))));
        }
    }

    fn status(&self, out: &mut Output) {
        if self.dry_run {
            return;
        }
        for file in &self.files {
            match file.as_str() {
                ".github/workflows/tracker.yml" => out.line(format!(
                    "Fill in the install step of {file}, or set `[ci] install` in {}",
                    RecordKind::Config.file()
                )),
                ".gitlab/tracker.yml" => {
                    out.line(format!("Include {file} in .gitlab-ci.yml, and fill in its install step"));
                }
                _ => {}
            }
        }
        for (at, command) in self.next.iter().enumerate() {
            out.line(format!("{} {command}", if at == 0 { "Next:" } else { "     " }));
        }
    }
}

/// Remove the hooks, the merge driver and local files
///
/// What the tracker has put into this clone goes: its part of the git hooks, byte for byte, the merge driver, caches and
/// the active task; and what `init --agents` has added to the settings of agents. The records in `.tracker` stay, for they are the team's.
///
/// Example: tracker uninstall --dry-run
#[derive(Debug, Args)]
pub(in crate::cli) struct Uninstall {
    /// Show what would be removed without removing it
    #[arg(short = 'n', long)]
    dry_run: bool,
}

impl Command for Uninstall {
    type Response = ops::Uninstalled;

    fn run(self, context: &Context) -> Reply<ops::Uninstalled> {
        Ok(Answer::of(ops::uninstall(context.env(), self.dry_run)?))
    }
}

impl View for ops::Uninstalled {
    fn show(&self, out: &mut Output) {
        let word = if self.dry_run { "Would remove" } else { "Removed" };
        let hooks = (!self.hooks.is_empty()).then(|| format!("hooks: {}", self.hooks.join(", ")));
        let driver = self.merge_driver.then(|| "merge driver".to_owned());
        let parts: Vec<String> = hooks
            .into_iter()
            .chain(driver)
            .chain(self.settings.clone())
            .chain(self.folders.iter().cloned())
            .collect();
        if parts.is_empty() {
            out.line("nothing of the tracker is installed in this clone");
        } else {
            out.line(word);
            for part in parts {
                out.line(format!("  {}", clean(&part)));
            }
        }
    }

    fn status(&self, out: &mut Output) {
        if let Some(records) = &self.records {
            out.line(format!("The records in {} stay", clean(records)));
        }
    }
}
