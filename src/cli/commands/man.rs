//! `tracker man`

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::help::topic_pages;
use super::{Command, Reply};
use crate::cli::answer::{Answer, View};
use crate::cli::command;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::Output;

/// Write the man pages
///
/// One page for each command and for each topic of `tracker help` into a directory; without one, the main page goes to
/// standard output.
///
/// Example: tracker man ~/.local/share/man/man1
#[derive(Debug, Args)]
pub(in crate::cli) struct Man {
    /// Directory to write to, such as ~/.local/share/man/man1
    #[arg(value_name = "DIR")]
    folder: Option<String>,
}

/// Man pages.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Response {
    /// The files written.
    files: Vec<String>,
    /// The main page, where no folder was named.
    page: Option<String>,
}

impl Command for Man {
    type Response = Response;

    fn run(self, context: &Context) -> Reply<Response> {
        let Some(folder) = self.folder else {
            let mut page = Vec::new();
            let rendered = clap_mangen::Man::new(command()).render(&mut page);
            rendered.map_err(|source| Failure::unreadable_input("the man page", &source))?;
            let page = String::from_utf8_lossy(&page).into_owned();
            return Ok(Answer::of(Response { files: Vec::new(), page: Some(page) }));
        };
        let path = context.path(&folder);
        let written =
            std::fs::create_dir_all(&path).and_then(|()| clap_mangen::generate_to(command(), &path));
        written.map_err(|source| Failure::unwritable(&folder, &source))?;
        for (name, page) in topic_pages() {
            let written = std::fs::write(path.join(&name), page);
            written.map_err(|source| Failure::unwritable(&format!("{folder}/{name}"), &source))?;
        }
        let mut files: Vec<String> = std::fs::read_dir(&path)
            .map_err(|source| Failure::unreadable_input(&folder, &source))?
            .filter_map(|entry| Some(entry.ok()?.path().display().to_string()))
            .filter(|file| file.contains("tracker") && file.ends_with(".1"))
            .collect();
        files.sort();
        Ok(Answer::of(Response { files, page: None }))
    }
}

impl View for Response {
    fn show(&self, out: &mut Output) {
        match &self.page {
            Some(text) => out.raw(text),
            None => self.files.iter().for_each(|file| out.line(file)),
        }
    }
}
