//! The sections of one card, written so that the body they come from can be read back.

use serde::Serialize;

use crate::doc::cards::body::{self, Block, Body};
use crate::doc::cards::layout::{self, Layout};
use crate::doc::cards::lines;
use crate::doc::cards::section::{self, Style, Written};
use crate::doc::cards::{boxes, moves, paths};
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

/// Writes the body, the files and, where asked for, the history of a task.
pub(super) fn of(task: &Task, with_history: bool) -> LaidOut {
    let body = Body::split(&task.body);
    let told = files_told(&body);
    let with_files = told.as_deref() != Some(&task.files);
    let style = style(&body, with_files);
    let mut sections: Vec<Section> = preamble(&body).into_iter().collect();
    let is_marked = |section: &Section| section.label.ends_with("-->");
    for part in &body.sections {
        let plain = if may_be_plain(part, with_files) { section::write_plain(part, style) } else { None };
        let written = plain.unwrap_or_else(|| section::write_as_written(part));
        sections.push(section(&part.name, written));
    }
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

/// Returns the files that a reader finds in the body; none if it would take a section for nothing but files.
fn files_told(body: &Body) -> Option<Vec<String>> {
    let mut union = paths::Union::default();
    for section in &body.sections {
        let found = found(section);
        if found.nothing_else {
            return None;
        }
        union.add(&found);
    }
    Some(union.paths)
}

fn found(section: &body::Section) -> paths::Found {
    paths::in_section(&section.name, section.block.content.iter().map(String::as_str))
}

/// Labels as long as they can hold every section; headings where they can hold one that labels cannot.
fn style(body: &Body, with_files: bool) -> Style {
    let needs_heading = body.sections.iter().any(|section| {
        may_be_plain(section, with_files)
            && section::write_plain(section, Style::Labels).is_none()
            && section::write_plain(section, Style::Headings).is_some()
    });
    if needs_heading { Style::Headings } else { Style::Labels }
}

/// Tells whether reading leaves a section of this name and text as it is. `with_files`: the card lists the files by
/// themselves, so no other list may be read.
fn may_be_plain(section: &body::Section, with_files: bool) -> bool {
    let content = &section.block.content;
    let scanned = lines::scan_lines(content.iter().map(String::as_str));
    let has_marks = boxes::is_list_of_boxes(&section.name)
        && scanned.iter().any(|line| !line.is_fenced() && boxes::normalised(line.text) != line.text);
    let is_history = section.name.eq_ignore_ascii_case(moves::SECTION)
        && moves::read(content.iter().map(String::as_str)).is_some();
    let names_files = with_files && !found(section).paths.is_empty();
    !(has_marks || is_history || names_files || section.name.eq_ignore_ascii_case("objective"))
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
    let (content, added) = layout::escape(&block.content);
    let layout = Layout {
        heading: None,
        above: (block.above != usual.above).then_some(block.above),
        below: (block.below != usual.below).then_some(block.below),
        added,
        crlf: body.crlf,
    };
    let label = layout::comment(&layout);
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
