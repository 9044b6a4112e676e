//! `tracker init`

use clap::{Args, ValueEnum};

use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::context::Context;
use crate::cli::output::{Output, clean};
use crate::model::RecordKind;
use crate::ops;

/// Set up a tracker in this repository
///
/// Writes `.tracker/` with a commented configuration. Existing files are left alone.
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
    /// Configuration to start from: for one person, a team, or regulated work
    #[arg(long, value_enum, value_name = "PROFILE")]
    profile: Option<ProfileName>,
    /// Also write a CI workflow that runs on the server what hooks run locally
    #[arg(long, value_enum, value_name = "SERVER")]
    ci: Option<ServerName>,
    /// Show what would be written without writing it
    #[arg(short = 'n', long)]
    dry_run: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ProfileName {
    Solo,
    Team,
    Regulated,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ServerName {
    Github,
    Gitlab,
}

impl Command for Init {
    type Response = ops::Initialised;

    fn run(self, context: &Context) -> Reply<ops::Initialised> {
        let request = ops::InitRequest {
            project: self.project,
            prefix: Some(self.prefix),
            sequential: self.sequential,
            profile: match self.profile {
                None => ops::Profile::Plain,
                Some(ProfileName::Solo) => ops::Profile::Solo,
                Some(ProfileName::Team) => ops::Profile::Team,
                Some(ProfileName::Regulated) => ops::Profile::Regulated,
            },
            server: self.ci.map(|server| match server {
                ServerName::Github => ops::Server::Github,
                ServerName::Gitlab => ops::Server::Gitlab,
            }),
            dry_run: self.dry_run,
        };
        let made = ops::init(context.env(), &request)?;
        let problems = ops::ignored_at_init(context.env(), &made)?;
        Ok(Answer::of(made).with_problems(problems))
    }
}

impl View for ops::Initialised {
    fn show(&self, out: &mut Output) {
        if out.is_quiet() {
            return;
        }
        let place = clean(&self.work_dir).into_owned();
        if self.files.is_empty() {
            out.line(format!("{place} already has a tracker; nothing was changed"));
            return;
        }
        let word = if self.dry_run { "Would set up" } else { "Set up" };
        out.line(format!("{word} a tracker in {place}"));
        for file in &self.files {
            out.line(format!("  {}", out.dim(file)));
        }
    }

    fn status(&self, out: &mut Output) {
        if !self.dry_run && !self.files.is_empty() {
            for file in &self.files {
                match file.as_str() {
                    ".github/workflows/tracker.yml" => {
                        out.line(format!(
                            "Fill in the install step of {file}, or set `[ci] install` in {}",
                            RecordKind::Config.file()
                        ));
                    }
                    ".gitlab/tracker.yml" => {
                        out.line(format!("Include {file} in .gitlab-ci.yml, and fill in its install step"));
                    }
                    _ => {}
                }
            }
            out.line("Next: tracker new \"Title of a task\"");
        }
    }
}
