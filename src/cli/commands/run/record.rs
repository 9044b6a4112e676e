//! `tracker run record`

use clap::Args;

use super::Response;
use crate::cli::answer::Answer;
use crate::cli::args::WriteArgs;
use crate::cli::commands::Reply;
use crate::cli::completion::workflows;
use crate::cli::context::Context;
use crate::ops;

#[derive(Debug, Args)]
pub(super) struct Record {
    /// Workflow, or the path of a file
    #[arg(long, value_name = "NAME", add = workflows())]
    workflow: String,
    /// Engine that has driven it, such as gitlab
    #[arg(long, value_name = "ENGINE")]
    place: Option<String>,
    /// Address of the run there
    #[arg(long, value_name = "URL")]
    run_url: Option<String>,
    /// Value of a parameter; can be repeated
    #[arg(long = "param", short = 'p', value_name = "NAME=VALUE")]
    params: Vec<String>,
    /// How a step has ended, and the address of its log; can be repeated
    #[arg(long = "step", short, value_name = "NAME=STATE[:URL]")]
    steps: Vec<String>,
    /// File of jobs as the engine tells of them, as JSON; `-` is standard input
    #[arg(long, value_name = "FILE", required_unless_present = "steps")]
    from: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

impl Record {
    pub(super) fn run(self, context: &Context) -> Reply<Response> {
        let jobs = self.from.as_deref().map(|file| context.read_input(file)).transpose()?;
        let jobs = jobs.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let session = context.write(&self.write)?;
        let request = ops::RecordRequest {
            workflow: self.workflow,
            params: self.params,
            steps: self.steps,
            jobs,
            place: self.place,
            url: self.run_url,
        };
        Ok(Answer::of(Response::Recorded(ops::record_run(&session, &request)?)))
    }
}
