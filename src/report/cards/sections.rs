//! The sections of one card, written so that the body they come from can be read back.

use std::cell::OnceCell;

use serde::Serialize;

use crate::doc::cards::body::Layout;
use crate::doc::cards::body::{self, Block, Body};
use crate::doc::cards::lines;
use crate::doc::cards::section::{self, Style, Written};
use crate::doc::cards::{moves, paths};
use crate::doc::is_heading;
use crate::model::Task;

/// A section as a card is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// The name; empty for text above the first section.
    pub name: String,
    /// The line that names it; empty where it has none.
    pub label: String,
    /// The lines below, without a newline at the end.
    pub text: String,
}

/// The sections of a card, and whether the time spent is one of them.
pub(super) struct LaidOut {
    pub(super) sections: Vec<Section>,
    pub(super) shows_spent: bool,
}

/// Writes the body, the files and, where requested, the history of a task.
pub(super) fn of(task: &Task, with_history: bool) -> LaidOut {
    let body = Body::split(&task.body);
    let drafts: Vec<Draft<'_>> = body.sections.iter().map(Draft::of).collect();
    let with_files = files_left_out(&drafts).as_deref() != Some(&task.files);
    let style = style(&drafts, with_files);
    let mut sections: Vec<Section> = preamble(&body).into_iter().collect();
    for draft in &drafts {
        let plain = draft.plain(style, with_files).cloned();
        let written = plain.unwrap_or_else(|| section::write_as_written(draft.section));
        sections.push(section(&draft.section.name, written));
    }
    let is_marked = |section: &Section| section.label.ends_with("-->");
    let shows_spent = style == Style::Labels && task.spent.is_some() && !sections.iter().any(is_marked);
    if with_files && !task.files.is_empty() {
        let content = task.files.iter().map(|path| paths::write(path)).collect();
        sections.push(added(paths::SECTION, content, style));
    }
    if let Some(spent) = task.spent.filter(|_| shows_spent) {
        let label = format!("**Time Spent:** {}", super::card::length(spent));
        sections.push(Section { name: "Time Spent".to_owned(), label, text: String::new() });
    }
    if with_history {
        sections.push(added(moves::SECTION, moves::write(&task.history), style));
    }
    LaidOut { sections, shows_spent }
}

/// A section of the body, and the ways to write it.
struct Draft<'a> {
    section: &'a body::Section,
    /// The files that a reader finds in it.
    files: paths::Found,
    /// Whether reading leaves a section of this name and text as it is.
    reads_as_it_is: bool,
    labels: Option<Written>,
    headings: OnceCell<Option<Written>>,
}

impl<'a> Draft<'a> {
    fn of(section: &'a body::Section) -> Self {
        let files = paths::in_section(&section.name, section.block.content.iter().map(String::as_str));
        let reads_as_it_is = reads_as_it_is(section);
        let labels = section::write_plain(section, Style::Labels);
        Self { section, files, reads_as_it_is, labels, headings: OnceCell::new() }
    }

    /// Returns the plain form, if it has one. `with_files`: the card lists its files by themselves, so no other list
    /// may be read.
    fn plain(&self, style: Style, with_files: bool) -> Option<&Written> {
        if !self.reads_as_it_is || (with_files && !self.files.paths.is_empty()) {
            return None;
        }
        let headings = || section::write_plain(self.section, Style::Headings);
        match style {
            Style::Labels => self.labels.as_ref(),
            Style::Headings => self.headings.get_or_init(headings).as_ref(),
        }
    }
}

fn reads_as_it_is(section: &body::Section) -> bool {
    let content = || section.block.content.iter().map(String::as_str);
    let has_marks = section::is_list_of_boxes(&section.name)
        && lines::scan_lines(content())
            .iter()
            .any(|line| !line.is_fenced() && section::normalised(line.text) != line.text);
    let is_history = is_heading(&section.name, moves::SECTION) && moves::read(content()).is_some();
    !(has_marks || is_history || is_heading(&section.name, "Objective"))
}

/// Returns the files that a reader finds in the body; none if it would take a section for nothing but files.
fn files_left_out(drafts: &[Draft<'_>]) -> Option<Vec<String>> {
    let style = style(drafts, false);
    let mut union = paths::Union::default();
    for draft in drafts.iter().filter(|draft| draft.plain(style, false).is_some()) {
        if draft.files.nothing_else {
            return None;
        }
        union.add(&draft.files);
    }
    Some(union.paths)
}

/// Labels as long as they can hold every section; headings where they can hold one that labels cannot.
fn style(drafts: &[Draft<'_>], with_files: bool) -> Style {
    let needs_heading = drafts.iter().any(|draft| {
        draft.plain(Style::Labels, with_files).is_none() && draft.plain(Style::Headings, with_files).is_some()
    });
    if needs_heading { Style::Headings } else { Style::Labels }
}

fn preamble(body: &Body) -> Option<Section> {
    let block = &body.preamble;
    let usual = Block::usual(block.content.clone());
    if !body.crlf && *block == usual {
        if block.content.is_empty() {
            return None;
        }
        if let Some(content) = section::write_plain_preamble(&block.content) {
            return Some(Section { name: String::new(), label: String::new(), text: content.join("\n") });
        }
    }
    let (content, added) = body::escape(&block.content);
    let layout = Layout {
        heading: None,
        above: (block.above != usual.above).then_some(block.above),
        below: (block.below != usual.below).then_some(block.below),
        added,
        crlf: body.crlf,
    };
    let label = body::comment(&layout);
    Some(section("", Written { label, content }))
}

fn added(name: &str, content: Vec<String>, style: Style) -> Section {
    let label = match style {
        Style::Labels => format!("**{name}:**"),
        Style::Headings => format!("#### {name}"),
    };
    section(name, Written { label, content })
}

fn section(name: &str, written: Written) -> Section {
    let mut text = written.content.join("\n");
    // What follows a bold label in its paragraph must be text or bullets; anything else begins its own block.
    let first = written.content.first().map_or("", String::as_str);
    let joins_label = first.starts_with(char::is_alphanumeric) && lines::list_item(first).is_none();
    let joins_label = (joins_label || first.starts_with("- ")) && written.label.ends_with(":**");
    if !text.is_empty() && !joins_label {
        text.insert(0, '\n');
    }
    Section { name: name.to_owned(), label: written.label, text }
}
