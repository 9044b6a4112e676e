//! `tracker claim`, `renew`, `release`, `claims`
//!
//! ```console
//! $ tracker claim 7q2
//! Claimed TASK-7Q2M until 2026-11-11 10:06
//! in this clone; go on with `tracker start`, and `tracker renew` while you work
//! ```

use std::time::Duration;

use clap::Args;
use owo_colors::Style;

use super::shared::counted;
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::{WriteArgs, span};
use crate::cli::completion::tasks;
use crate::cli::context::Context;
use crate::cli::output::{Cell, Output, clean};
use crate::ops::{self, ClaimState, ClaimView, LossKind, LostClaim, ObstacleView};

/// The remote on which claims are decided.
#[derive(Debug, Args)]
pub(super) struct RemoteArgs {
    /// Remote that decides; `.` for this clone [default: the setting tracker.claimsRemote, else origin]
    #[arg(long, value_name = "NAME")]
    pub(super) remote: Option<String>,
}

/// Claim tasks for a worker, exclusively
///
/// A claim is a ref on the shared remote, created only where there is none: of all who claim a task at the same moment one
/// has it, and the others are shown who. Its target files are claimed with it: a task that may change one of them cannot be
/// claimed by another. Several tasks are claimed together or not at all. Without a remote, claims are those of the clone.
///
/// A claim ends with its lease, whatever becomes of its worker: renew it while you work, and stop where that is refused.
/// The exit code is 1 if somebody else has the task, 2 if the remote does not answer: `tracker help claims`.
///
/// Example: tracker claim 7q2m --lease 30m
///
/// Example: tracker claim --next tag:ui
#[derive(Debug, Args)]
#[command(
    override_usage = "tracker claim [OPTIONS] <ID>...\n       tracker claim [OPTIONS] --next [QUERY]..."
)]
pub(in crate::cli) struct Claim {
    /// Task IDs; a unique part of each is enough
    #[arg(value_name = "ID", add = tasks(), required_unless_present = "next", conflicts_with = "next")]
    ids: Vec<String>,
    /// Take the first task of the queue that nobody has and that matches, of all without a query
    #[arg(long, value_name = "QUERY", num_args = 0..)]
    next: Option<Vec<String>>,
    /// How long it is valid unless it is renewed, such as 90s or 30m [default: 1h]
    #[arg(long, value_name = "TIME", value_parser = span)]
    lease: Option<Duration>,
    #[command(flatten)]
    remote: RemoteArgs,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Claim {
    type Response = ops::ClaimResult;

    fn run(self, context: &Context) -> Reply<ops::ClaimResult> {
        let session = context.write(&self.write)?;
        let what = match self.next {
            Some(words) => ops::ClaimWhat::Next(words.join(" ")),
            None => ops::ClaimWhat::Tasks(self.ids),
        };
        let request = ops::ClaimRequest { what, lease: self.lease, remote: self.remote.remote };
        let result = ops::claim(&session, &request)?;
        let is_no = !result.won;
        Ok(Answer::of(result).no_if(is_no))
    }
}

impl View for ops::ClaimResult {
    fn show(&self, out: &mut Output) {
        for claim in &self.claims {
            if out.is_quiet() {
                out.line(&claim.task);
                continue;
            }
            let task = out.bold(&claim.task);
            let word = if self.dry_run { "Would claim" } else { "Claimed" };
            let again = if self.resumed { " already, by a call that did not answer," } else { "" };
            out.line(format!("{word} {task}{again} {}", until(claim, out)));
            if !claim.files.is_empty() {
                out.line(format!("  {}", out.dim(&format!("with {}", clean(&claim.files.join(", "))))));
            }
        }
        let rows: Vec<Vec<Cell>> = self.lost_to.iter().map(|obstacle| obstacle_row(obstacle, out)).collect();
        out.columns(&rows, 2, 0);
    }

    fn status(&self, out: &mut Output) {
        if self.dry_run {
            out.line(out.dim("dry run: nothing was claimed"));
        } else if self.won {
            let place = self
                .remote
                .as_deref()
                .map_or_else(|| "in this clone".to_owned(), |name| format!("on {}", clean(name)));
            let attempt = self.claims.iter().filter_map(|claim| claim.attempt).max().unwrap_or(1);
            let attempt = if attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
            out.line(out.dim(&format!(
                "{place}{attempt}; go on with `tracker start`, and `tracker renew` while you work"
            )));
        } else {
            out.line(out.dim("nothing was claimed; `tracker claim --next` takes what is free"));
        }
    }
}

/// Shows what is in the way of a claim.
fn obstacle_row(obstacle: &ObstacleView, out: &Output) -> Vec<Cell> {
    let what = match &obstacle.file {
        Some(file) => format!("{file} is claimed with {}", obstacle.held.task),
        None => "claimed".to_owned(),
    };
    vec![
        Cell::styled(&obstacle.task, Style::new().bold()),
        Cell::styled("lost", Style::new().red()),
        Cell::new(format!("{what} {}", by(&obstacle.held, out))).wrap(),
    ]
}

/// Returns who has a claim, since when and until when.
pub(super) fn by(claim: &ClaimView, out: &Output) -> String {
    let Some(worker) = &claim.worker else {
        let problem = claim.problem.as_deref().unwrap_or_default();
        return format!("by somebody: its claim cannot be read, {problem}");
    };
    let mut who = format!("by {worker}");
    if let Some(host) = &claim.host {
        who.push_str(&format!(" on {host}"));
    }
    if claim.own {
        who.push_str(", in this working tree");
    }
    if let Some(since) = claim.since {
        who.push_str(&format!(", since {}", out.time(since)));
    }
    format!("{who}, {}", until(claim, out))
}

fn until(claim: &ClaimView, out: &Output) -> String {
    claim.until.map_or_else(String::new, |until| format!("until {}", out.time(until)))
}

/// Returns who has claimed a task, for a line that shows it beside others.
pub(super) fn claimed(claim: &ClaimView, out: &Output) -> String {
    let age = claim.fetched.map_or_else(String::new, |fetched| format!(", seen {}", out.ago(fetched)));
    let who = claim.worker.as_deref().unwrap_or("somebody");
    let since = claim.since.map_or_else(String::new, |since| format!(", {}", out.ago(since)));
    let who = if claim.own { "you".to_owned() } else { who.to_owned() };
    format!("claimed by {who} ({}{since}{age})", claim.host.as_deref().unwrap_or("?"))
}

/// Renew the lease of claims
///
/// Without an id all claims of this working tree. A claim that has expired, was released or is somebody else's cannot be
/// renewed: the exit code is 1, and its worker has to stop. `tracker claim` takes it anew where it is free.
///
/// Example: tracker renew 7q2m --lease 30m
#[derive(Debug, Args)]
pub(in crate::cli) struct Renew {
    /// Task IDs [default: all claims of this working tree]
    #[arg(value_name = "ID", add = tasks())]
    ids: Vec<String>,
    /// How long it is valid from now on, such as 90s or 30m [default: as long as before]
    #[arg(long, value_name = "TIME", value_parser = span)]
    lease: Option<Duration>,
    /// Nonce of the claim, where it was made in another working tree
    #[arg(long, value_name = "NONCE")]
    nonce: Option<String>,
    #[command(flatten)]
    remote: RemoteArgs,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Renew {
    type Response = ops::Renewed;

    fn run(self, context: &Context) -> Reply<ops::Renewed> {
        let session = context.write(&self.write)?;
        let held = ops::HeldRequest { ids: self.ids, nonce: self.nonce, remote: self.remote.remote };
        let request = ops::RenewRequest { held, lease: self.lease };
        let result = ops::renew(&session, &request)?;
        let is_no = !result.lost.is_empty();
        Ok(Answer::of(result).no_if(is_no))
    }
}

impl View for ops::Renewed {
    fn show(&self, out: &mut Output) {
        for claim in &self.claims {
            let task = out.bold(&claim.task);
            out.line(format!("Renewed {task} {}", until(claim, out)));
        }
        show_lost(&self.lost, out);
    }

    fn status(&self, out: &mut Output) {
        if !self.lost.is_empty() {
            let lost = counted(self.lost.len(), "claim");
            out.line(format!("{lost} lost: stop the work; what has not landed cannot land by it"));
        }
    }
}

/// Shows claims that are not, or no longer, the worker's, each with what there is instead.
pub(super) fn show_lost(lost: &[LostClaim], out: &mut Output) {
    let row = |lost: &LostClaim| {
        let held = || lost.held.as_ref().map_or_else(String::new, |held| by(held, out));
        let (what, fix) = match lost.why {
            LossKind::Gone => ("nobody has a claim of it".to_owned(), format!("tracker claim {}", lost.task)),
            LossKind::Taken => (held(), String::new()),
            LossKind::Expired => {
                let ended = lost.held.as_ref().and_then(|held| held.until);
                let ended = ended.map_or_else(String::new, |until| format!(" at {}", out.time(until)));
                (format!("its lease has ended{ended}"), format!("tracker claim {}", lost.task))
            }
            LossKind::Unreadable => (held(), format!("tracker release {} --force", lost.task)),
        };
        let label = match lost.why {
            LossKind::Gone => "not claimed",
            LossKind::Taken => "claimed",
            LossKind::Expired => "expired",
            LossKind::Unreadable => "unreadable",
        };
        vec![
            Cell::styled(&lost.task, Style::new().bold()),
            Cell::styled(label, Style::new().red()),
            Cell::new(what).wrap(),
            Cell::new(fix).below(),
        ]
    };
    let rows: Vec<Vec<Cell>> = lost.iter().map(row).collect();
    out.columns(&rows, 2, 0);
}

/// Release claims
///
/// Without an id all claims of this working tree. A claim of somebody else is released only with --force, for one whose
/// worker is known to be gone and whose lease is long, or whose object cannot be read.
///
/// Example: tracker release 7q2m
#[derive(Debug, Args)]
pub(in crate::cli) struct Release {
    /// Task IDs [default: all claims of this working tree]
    #[arg(value_name = "ID", add = tasks(), required_if_eq("force", "true"))]
    ids: Vec<String>,
    /// Nonce of the claim, where it was made in another working tree
    #[arg(long, value_name = "NONCE")]
    nonce: Option<String>,
    /// Release claims of others too
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    remote: RemoteArgs,
    #[command(flatten)]
    write: WriteArgs,
}

impl Command for Release {
    type Response = ops::Released;

    fn run(self, context: &Context) -> Reply<ops::Released> {
        let session = context.write(&self.write)?;
        let held = ops::HeldRequest { ids: self.ids, nonce: self.nonce, remote: self.remote.remote };
        let request = ops::ReleaseRequest { held, force: self.force };
        let result = ops::release(&session, &request)?;
        let is_no = !result.lost.is_empty();
        Ok(Answer::of(result).no_if(is_no))
    }
}

impl View for ops::Released {
    fn show(&self, out: &mut Output) {
        for claim in &self.released {
            let task = out.bold(&claim.task);
            let whose =
                if claim.own { String::new() } else { format!(", which was claimed {}", by(claim, out)) };
            out.line(format!("Released {task}{}", clean(&whose)));
        }
        show_lost(&self.lost, out);
    }
}

/// List claims
///
/// Who has claimed which task, since when and until when, as the remote has it now. With --offline as it was fetched last,
/// which is what `tracker queue`, `start`, `list`, `board` and `show` go by: they never ask the remote.
///
/// Example: tracker claims --offline
#[derive(Debug, Args)]
pub(in crate::cli) struct Claims {
    /// Show what was fetched last
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    remote: RemoteArgs,
}

impl Command for Claims {
    type Response = ops::ClaimsList;

    fn run(self, context: &Context) -> Reply<ops::ClaimsList> {
        let session = context.write(&WriteArgs::default())?;
        Ok(Answer::of(ops::claims(&session, self.remote.remote.as_deref(), self.offline)?))
    }
}

impl View for ops::ClaimsList {
    fn show(&self, out: &mut Output) {
        let row = |claim: &ClaimView| {
            let (state, style) = match claim.state {
                ClaimState::Valid if claim.own => ("yours", Style::new().green()),
                ClaimState::Valid => ("valid", Style::new().yellow()),
                ClaimState::Expired => ("expired", Style::new().dimmed()),
                ClaimState::Unreadable => ("unreadable", Style::new().red()),
            };
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            let worker = match &claim.worker {
                Some(worker) => worker.clone(),
                None => text(&claim.problem),
            };
            vec![
                Cell::styled(&claim.task, Style::new().bold()),
                Cell::styled(state, style),
                Cell::styled(worker, Style::new().cyan()),
                Cell::new(text(&claim.host)),
                Cell::new(claim.since.map_or_else(String::new, |since| out.ago(since))).right(),
                Cell::new(until(claim, out)),
                Cell::new(claim.files.join(", ")).minor(),
            ]
        };
        let rows: Vec<Vec<Cell>> = self.claims.iter().map(row).collect();
        out.columns(&rows, 6, 0);
    }

    fn status(&self, out: &mut Output) {
        let count = counted(self.claims.len(), "claim");
        let place = match (&self.remote, self.fetched) {
            (None, _) => "in this clone".to_owned(),
            (Some(remote), Some(at)) => format!("on {}, fetched {}", clean(remote), ago(at, out)),
            (Some(remote), None) => format!("of {}, never fetched", clean(remote)),
        };
        out.line(out.dim(&format!("{count} {place}")));
    }
}

fn ago(at: chrono::DateTime<chrono::Utc>, out: &Output) -> String {
    let ago = out.ago(at);
    if ago == "now" || ago.contains('-') { ago } else { format!("{ago} ago") }
}
