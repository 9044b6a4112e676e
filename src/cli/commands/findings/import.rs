//! `tracker findings import`

use clap::{Args, ValueEnum};
use owo_colors::Style;

use super::super::Reply;
use super::Response;
use crate::cli::answer::{Answer, View};
use crate::cli::args::WriteArgs;
use crate::cli::commands::shared::{counted, show_diff};
use crate::cli::completion::{roles, tasks};
use crate::cli::context::Context;
use crate::cli::output::{Cell, Output, clean};
use crate::import::findings::{FindingStatus, LARGEST, ReportFormat};
use crate::ops::{self, FindingsImport, ImportVote, ImportedFinding};

/// Import the findings of a tool's report
///
/// Formats: SARIF 2.1.0, JUnit XML, `security_report.json`, `bugs.json`. The last two are lists, under `vulnerabilities`,
/// `bugs`, `findings` or `issues`, of objects with `title`, `severity` (critical, high, medium, low, info; high by default),
/// `file`, `line`, `rule`, `description` and `recommendation`, of which only a title is required; `tool` beside the list
/// names the tool: {"tool": "audit", "bugs": [{"title": "Header is missing", "severity": "low", "file": "a.c", "line": 1}]}
///
/// A high or critical finding rejects the task as the role, as `tracker reject` does; others are only recorded. Importing
/// the same report twice changes nothing. A resolved finding that is found again is reopened, a waived one stays waived.
/// An unreadable report rejects too. The exit code is 1 if the stage fails, and 2 if there is no report.
///
/// Example: tracker findings import report.sarif --task 7q2m --as security-auditor
#[derive(Debug, Args)]
pub(super) struct Import {
    /// Report; `-` reads standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// Task ID; a unique part is enough
    #[arg(long, value_name = "ID", add = tasks())]
    task: String,
    /// Role that the report counts for [default: the only one that the stage requires]
    #[arg(long = "as", value_name = "ROLE", add = roles())]
    role: Option<String>,
    /// Format of the report [default: detected]
    #[arg(long, value_enum, value_name = "FORMAT")]
    from: Option<From>,
    /// Create a task for each finding
    #[arg(long)]
    create_tasks: bool,
    /// Resolve open findings of the same tools that are not in the report
    #[arg(long, alias = "settle-gone")]
    resolve_gone: bool,
    /// Sign the rejection with the SSH key that git is configured with
    #[arg(long)]
    sign: bool,
    #[command(flatten)]
    write: WriteArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum From {
    Sarif,
    Junit,
    Security,
    Bugs,
    Cargo,
    Eslint,
}

impl Import {
    pub(super) fn run(self, context: &Context) -> Reply<Response> {
        let bytes = context.read_up_to(&self.file, LARGEST)?;
        let name = match self.file.as_str() {
            "-" => "standard input",
            path => path.rsplit('/').find(|part| !part.is_empty()).unwrap_or(path),
        };
        let session = context.write(&self.write)?;
        let request = ops::FindingsImportRequest {
            task_id: self.task,
            role: self.role,
            name: clean(name).into_owned(),
            given: self.file.clone(),
            bytes: bytes.as_deref(),
            format: self.from.map(|from| match from {
                From::Sarif => ReportFormat::Sarif,
                From::Junit => ReportFormat::Junit,
                From::Security => ReportFormat::Security,
                From::Bugs => ReportFormat::Bugs,
                From::Cargo => ReportFormat::Cargo,
                From::Eslint => ReportFormat::Eslint,
            }),
            create_tasks: self.create_tasks,
            resolve_gone: self.resolve_gone,
            sign: self.sign,
        };
        let (import, mut problems) = ops::import_findings(&session, &request)?;
        problems.extend(ops::ignored_records(&session, &import.written)?);
        let fails = import.fails;
        Ok(Answer::of(Response::Imported(Box::new(import))).with_problems(problems).no_if(fails))
    }
}

impl View for FindingsImport {
    fn show(&self, out: &mut Output) {
        if out.is_quiet() {
            self.written.tasks.iter().for_each(|task| out.line(&task.id));
            return;
        }
        let format = self.format.map(ReportFormat::as_str);
        let is_named = self.tools.iter().all(|tool| Some(tool.as_str()) == format);
        let tools = if is_named { String::new() } else { format!(", by {}", self.tools.join(", ")) };
        let format = format.unwrap_or("cannot be read");
        let head = clean(&format!("{}: {format}{tools}", self.report)).into_owned();
        out.line(format!("{}  {}  {}", out.bold(&self.task), clean(&self.title), out.dim(&head)));
        let rows: Vec<Vec<Cell>> = self.findings.iter().map(|finding| row(finding, out)).collect();
        out.columns(&rows, 4, 2);
        for line in self.written.tasks.first().iter().flat_map(|task| &task.summary) {
            out.line(format!("  {}", clean(line)));
        }
        if self.left_out > 0 {
            out.line(format!(
                "  {}",
                out.dim(&format!("{} suppressed, skipped or passed", counted(self.left_out, "result")))
            ));
        }
        if let Some(words) = vote_in_words(self) {
            out.line(format!("  {words}"));
        }
        for diff in self.written.records.iter().filter_map(|file| file.diff.as_deref()) {
            show_diff(diff, out);
        }
    }

    fn status(&self, out: &mut Output) {
        if self.written.dry_run {
            let files = counted(self.written.records.len(), "file");
            out.line(out.dim(&format!("dry run: {files} would change, nothing was written")));
        }
        if !self.next.is_empty() {
            let next: Vec<String> = self.next.iter().map(ToString::to_string).collect();
            out.line(clean(&format!("Next: {}", next.join("  or  "))));
        }
    }
}

fn vote_in_words(import: &FindingsImport) -> Option<&'static str> {
    Some(match (import.vote, import.fails) {
        (ImportVote::Rejected, _) => return None,
        (ImportVote::Blocks, true) => "your rejection still counts",
        (ImportVote::Blocks, false) => {
            "no high or critical findings; your rejection counts until you vote again"
        }
        (ImportVote::NotRequired, _) => "no vote was cast: the stage does not require the role",
        (ImportVote::None, true) => {
            "no vote was cast: no high or critical findings; blocking findings keep the task in its stage"
        }
        (ImportVote::None, false) => "no vote was cast: no high or critical findings",
    })
}

fn row(finding: &ImportedFinding, out: &Output) -> Vec<Cell> {
    let style = match finding.severity.as_str() {
        "critical" => Style::new().red().bold(),
        "high" => Style::new().red(),
        "medium" => Style::new().yellow(),
        _ => Style::new().dimmed(),
    };
    let rich = match finding.status {
        FindingStatus::New => "+",
        FindingStatus::Known => "=",
        FindingStatus::Reopened => "↺",
        FindingStatus::Waived => "-",
    };
    let severity =
        if finding.worse { format!("{}, worse", finding.severity) } else { finding.severity.clone() };
    vec![
        Cell::styled(out.glyph(rich, finding.status.as_str()), style),
        Cell::new(&finding.id),
        Cell::styled(severity, style),
        Cell::styled(finding.place.as_deref().unwrap_or_default(), Style::new().cyan()),
        Cell::new(&finding.title),
        Cell::styled(finding.fix.as_deref().unwrap_or_default(), Style::new().bold()),
    ]
}
