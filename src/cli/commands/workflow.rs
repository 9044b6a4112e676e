//! `tracker workflow`

use clap::{Args, Subcommand, ValueEnum};
use owo_colors::Style;
use schemars::JsonSchema;
use serde::Serialize;

use super::shared::{counted, show_diff};
use super::{Command, Reply};
use crate::cli::answer::{Answer, View, pretty};
use crate::cli::args::{ReadArgs, WriteArgs};
use crate::cli::completion::workflows;
use crate::cli::context::Context;
use crate::cli::output::{Cell, Output, clean, clean_lines, truncate};
use crate::doc::{PipelineTarget, workflow_schema};
use crate::{ops, store};

/// Check and show workflows: what runs do
///
/// A workflow is a YAML file in `.tracker/workflows`: steps, and what each needs. Without a subcommand it lists all. The keys
/// are explained by `tracker help workflows`.
///
/// Example: tracker workflow check
///
/// Example: tracker workflow show checks
///
/// Example: tracker workflow export checks --to github --output .github/workflows/checks.yml
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(visible_alias = "workflows")]
pub(in crate::cli) struct Workflow {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List workflows
    List(List),
    /// Report every error of workflows, with line and column
    Check(Check),
    /// Show a workflow: parameters, and steps in order
    Show(Show),
    /// Create a workflow to edit
    New(New),
    /// Write a workflow as a pipeline of GitLab CI, GitHub Actions or Argo
    ///
    /// Jobs are the steps. What the target cannot express is refused, all of it at once, each with its line.
    Export(Export),
    /// Print the JSON Schema of workflows, for editors
    Schema,
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Debug, Args)]
struct Check {
    /// Workflow, or the path of a file [default: all]
    #[arg(value_name = "NAME", add = workflows())]
    names: Vec<String>,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Debug, Args)]
struct Show {
    /// Workflow, or the path of a file
    #[arg(value_name = "NAME", add = workflows())]
    name: String,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Debug, Args)]
struct New {
    /// Name: letters, digits, `-` and `_`
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    write: WriteArgs,
}

#[derive(Debug, Args)]
struct Export {
    /// Workflow, or the path of a file
    #[arg(value_name = "NAME", add = workflows())]
    name: String,
    /// Engine that the pipeline is for
    #[arg(long, value_name = "ENGINE")]
    to: Target,
    /// File to write to [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<String>,
    /// Container image in which jobs run; argo needs one
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,
    /// Leave out the job that brings the states back (tracker run record)
    #[arg(long)]
    no_record: bool,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Target {
    Github,
    Gitlab,
    Argo,
}

/// What was requested.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Response {
    /// A list.
    List(ops::WorkflowsView),
    /// One workflow.
    Shown(Box<ops::WorkflowView>),
    /// What was checked.
    Checked(ops::WorkflowsChecked),
    /// A file was written.
    Written(ops::Written),
    /// A pipeline.
    Exported {
        #[serde(flatten)]
        exported: ops::Exported,
        /// The file that it was written to; none where it is printed.
        output: Option<String>,
    },
    /// The schema.
    Schema {
        /// JSON Schema of a workflow.
        schema: serde_json::Value,
    },
}

impl Command for Workflow {
    type Response = Response;

    fn run(self, context: &Context) -> Reply<Response> {
        match self.what {
            None => list(context, &self.read),
            Some(What::List(list)) => self::list(context, &list.read),
            Some(What::Check(check)) => {
                let (checked, problems) =
                    ops::check_workflows(&context.workflow(&check.read, check.names.first())?, &check.names)?;
                Ok(Answer::of(Response::Checked(checked)).with_problems(problems))
            }
            Some(What::Show(show)) => {
                let (view, problems) =
                    ops::show_workflow(&context.workflow(&show.read, Some(&show.name))?, &show.name)?;
                Ok(Answer::of(Response::Shown(Box::new(view))).with_problems(problems))
            }
            Some(What::New(new)) => {
                let written = ops::new_workflow(&context.write(&new.write)?, &new.name)?;
                Ok(Answer::of(Response::Written(written)))
            }
            Some(What::Export(export)) => export.run(context),
            Some(What::Schema) => Ok(Answer::of(Response::Schema { schema: workflow_schema() })),
        }
    }
}

fn list(context: &Context, read: &ReadArgs) -> Reply<Response> {
    let (view, problems) = ops::workflows(&context.read(read)?)?;
    Ok(Answer::of(Response::List(view)).with_problems(problems))
}

impl Export {
    fn run(self, context: &Context) -> Reply<Response> {
        let target = match self.to {
            Target::Github => PipelineTarget::Github,
            Target::Gitlab => PipelineTarget::Gitlab,
            Target::Argo => PipelineTarget::Argo,
        };
        let request =
            ops::ExportRequest { workflow: self.name, target, image: self.image, no_record: self.no_record };
        let (exported, problems) =
            ops::export_workflow(&context.workflow(&self.read, Some(&request.workflow))?, &request)?;
        if let Some(file) = &self.output {
            store::write_file(&context.path(file), exported.pipeline.as_bytes())?;
        }
        Ok(Answer::of(Response::Exported { exported, output: self.output }).with_problems(problems))
    }
}

impl View for Response {
    fn show(&self, out: &mut Output) {
        match self {
            Self::List(view) => show_lines(&view.workflows, out),
            Self::Shown(view) => show_workflow(view, out),
            Self::Checked(checked) => {
                for workflow in checked.workflows.iter().filter(|workflow| workflow.steps.is_some()) {
                    let steps = counted(workflow.steps.unwrap_or_default(), "step");
                    out.line(format!("{}  {steps}  {}", clean(&workflow.name), out.glyph("✓", "ok")));
                }
            }
            Self::Written(written) => {
                for file in &written.records {
                    let word = if written.dry_run { "Would create" } else { "Created" };
                    out.line(format!("{word} {}", clean(&file.path)));
                    file.diff.iter().for_each(|diff| show_diff(diff, out));
                }
            }
            Self::Exported { output: Some(file), .. } => out.line(format!("Wrote {}", clean(file))),
            Self::Exported { exported, .. } if out.is_rich() => out.line(clean_lines(&exported.pipeline)),
            Self::Exported { exported, .. } => out.raw(&exported.pipeline),
            Self::Schema { schema } => out.raw(&pretty(schema)),
        }
    }

    fn status(&self, out: &mut Output) {
        match self {
            Self::List(view) if view.workflows.is_empty() => {
                out.line("no workflows; create one with `tracker workflow new checks`");
            }
            Self::List(view) => out.line(out.dim(&counted(view.workflows.len(), "workflow"))),
            Self::Checked(checked) => {
                let errors: usize = checked.workflows.iter().map(|workflow| workflow.errors).sum();
                out.line(out.dim(&format!(
                    "{}, {}",
                    counted(checked.workflows.len(), "workflow"),
                    if errors == 0 { "no errors".to_owned() } else { counted(errors, "error") }
                )));
            }
            Self::Written(written) => written.status(out),
            Self::Shown(_) | Self::Exported { .. } | Self::Schema { .. } => {}
        }
    }
}

fn show_lines(lines: &[ops::WorkflowLine], out: &mut Output) {
    let row = |line: &ops::WorkflowLine| {
        let steps = match line.steps {
            Some(steps) => Cell::new(counted(steps, "step")),
            None => Cell::styled(counted(line.errors, "error"), Style::new().red()),
        };
        let params = if line.params.is_empty() {
            String::new()
        } else {
            format!("--param {}", line.params.join(", "))
        };
        vec![
            Cell::styled(&line.name, Style::new().bold()),
            steps,
            Cell::styled(params, Style::new().dimmed()),
            Cell::new(line.about.as_deref().unwrap_or_default()),
        ]
    };
    let rows: Vec<_> = lines.iter().map(row).collect();
    out.columns(&rows, 3, 0);
}

fn show_workflow(view: &ops::WorkflowView, out: &mut Output) {
    let about = view.about.as_deref().map_or_else(String::new, |about| format!("  {}", clean(about)));
    out.line(format!("{}{about}", out.bold(&clean(&view.name))));
    let jobs = view
        .jobs
        .map_or_else(String::new, |jobs| format!(" · at most {} at once", counted(jobs as usize, "step")));
    let digest = view.digest.get(..12).unwrap_or_default();
    out.line(format!("  {}", out.dim(&format!("{} · {digest}{jobs}", clean(&view.path)))));
    if !view.params.is_empty() {
        out.gap();
        out.line("Parameters");
        let rows: Vec<Vec<Cell>> = view.params.iter().map(param_row).collect();
        out.columns(&rows, 3, 2);
    }
    out.gap();
    out.line("Steps");
    let rows: Vec<Vec<Cell>> = view.steps.iter().map(step_row).collect();
    out.columns(&rows, 4, 2);
}

fn param_row(param: &ops::ParamView) -> Vec<Cell> {
    let kind = if param.choices.is_empty() { param.kind.to_owned() } else { param.choices.join("|") };
    let default = match &param.default {
        Some(default) => format!("default {}", if default.is_empty() { "\"\"" } else { default }),
        None => "required".to_owned(),
    };
    vec![
        Cell::styled(&param.name, Style::new().bold()),
        Cell::new(kind),
        Cell::styled(default, Style::new().dimmed()),
        Cell::new(param.about.as_deref().unwrap_or_default()),
    ]
}

fn step_row(step: &ops::WorkflowStep) -> Vec<Cell> {
    let needs =
        if step.needs.is_empty() { String::new() } else { format!("after {}", step.needs.join(", ")) };
    let mut notes = Vec::new();
    notes.extend(step.when.as_ref().map(|when| format!("when {when}")));
    notes.extend(step.timeout.as_ref().map(|timeout| format!("within {timeout}")));
    notes.extend((step.retries > 0).then(|| format!("{} tries more", step.retries)));
    notes.extend((!step.critical && !step.handler).then(|| "not critical".to_owned()));
    notes.extend(step.reusable.then(|| "reusable".to_owned()));
    vec![
        Cell::styled(&step.name, Style::new().bold()),
        Cell::styled(step.action, Style::new().dimmed()),
        Cell::new(needs),
        Cell::styled(notes.join(", "), Style::new().dimmed()),
        Cell::new(truncate(&clean(&step.does), 60)),
    ]
}
