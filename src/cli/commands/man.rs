//! `tracker man`

use clap::{Args, CommandFactory};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::answer::{Answer, View};
use super::super::door::Door;
use super::super::page::Page;
use super::Reply;
use crate::cli::Cli;
use crate::cli::error::Failure;

/// Writes a man page for each command into a folder; without one, prints the main page.
#[derive(Debug, Args)]
pub(in crate::cli) struct Man {
    /// Where to write them, such as ~/.local/share/man/man1
    #[arg(value_name = "DIR")]
    folder: Option<String>,
}

/// Man pages.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Output {
    /// The files written.
    files: Vec<String>,
    /// The main page, where no folder was named.
    page: Option<String>,
}

impl Man {
    pub(super) fn run(self, door: &Door) -> Reply {
        let Some(folder) = self.folder else {
            let mut page = Vec::new();
            let rendered = clap_mangen::Man::new(Cli::command()).render(&mut page);
            rendered.map_err(|source| Failure::unreadable_input("the man page", &source))?;
            let page = String::from_utf8_lossy(&page).into_owned();
            return Ok(Answer::of(Output { files: Vec::new(), page: Some(page) }));
        };
        let path = door.path(&folder);
        let written = std::fs::create_dir_all(&path).and_then(|()| clap_mangen::generate_to(Cli::command(), &path));
        written.map_err(|source| Failure::unwritable(&folder, &source))?;
        let mut files: Vec<String> = std::fs::read_dir(&path)
            .map_err(|source| Failure::unreadable_input(&folder, &source))?
            .filter_map(|entry| Some(entry.ok()?.path().display().to_string()))
            .filter(|file| file.contains("tracker") && file.ends_with(".1"))
            .collect();
        files.sort();
        Ok(Answer::of(Output { files, page: None }))
    }
}

impl View for Output {
    fn show(&self, page: &mut Page) {
        match &self.page {
            Some(text) => page.raw(text),
            None => self.files.iter().for_each(|file| page.line(file)),
        }
    }
}
