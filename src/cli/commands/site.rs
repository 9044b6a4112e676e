//! `tracker site`

use std::sync::Arc;

use clap::Args;

use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::args::ReadArgs;
use crate::cli::commands::shared::counted;
use crate::cli::context::Context;
use crate::cli::output::Output;
use crate::ops;
use crate::pages::{SiteRequest, WrittenSite, project_of, write_site};

/// Write the tracker as a site: pages that need no server
///
/// The overview, the board, and a page for each task, sprint, plan and run, with a search. All links are relative, so that
/// any host of files serves it, below any address. Pages that are there are written over; other files stay.
///
/// Example: tracker site public --at origin/main
#[derive(Debug, Args)]
pub(in crate::cli) struct Site {
    /// Folder to write to
    #[arg(value_name = "DIR")]
    folder: String,
    #[command(flatten)]
    read: ReadArgs,
}

impl Command for Site {
    type Response = WrittenSite;

    fn run(self, context: &Context) -> Reply<WrittenSite> {
        let session = context.read(&self.read)?;
        let at = self.read.at;
        // Every page looks at all tasks: they are read once for all of them.
        let kept = Arc::default();
        let open = || Ok(ops::open_to_read(context.env(), at.as_deref())?.keeping(&kept));
        let project = project_of(&session);
        let request = SiteRequest { folder: context.path(&self.folder), at: at.clone() };
        let written = write_site(&session, &request, &project, &open)?;
        let is_no = !written.failed.is_empty();
        Ok(Answer::of(written).no_if(is_no))
    }
}

impl View for WrittenSite {
    fn show(&self, out: &mut Output) {
        let pages = counted(self.pages, "page");
        out.line(format!("Wrote {pages} to {}: open {}/index.html", self.folder, self.folder));
        for page in &self.failed {
            out.line(format!("not made  {page}"));
        }
    }
}
