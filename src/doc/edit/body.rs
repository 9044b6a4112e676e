//! Changes below the front matter.

use std::collections::BTreeSet;

use super::draft::Draft;
use crate::doc::lines;
use crate::doc::markdown::{Section, begins_list_item, ends_in_text, every_mark, is_heading, sections};
use crate::model::Problem;

impl Draft {
    pub(super) fn tick(&mut self, numbers: &[usize], done: bool) -> Result<(), Problem> {
        let body = &self.text[self.body..];
        let mut left: BTreeSet<usize> = numbers.iter().copied().collect();
        let (mut new, mut copied, mut count) = (String::with_capacity(body.len() + left.len()), 0, 0);
        for (number, (mark, is_done)) in (1..).zip(every_mark(body)) {
            count = number;
            if left.remove(&number) && is_done != done {
                new.push_str(&body[copied..mark.start]);
                new.push(if done { 'x' } else { ' ' });
                copied = mark.end;
            }
        }
        if let Some(number) = left.first() {
            return Err(self.no_box(*number, count));
        }
        new.push_str(&body[copied..]);
        self.text.truncate(self.body);
        self.text.push_str(&new);
        Ok(())
    }

    fn no_box(&self, number: usize, count: usize) -> Problem {
        let message = match count {
            0 => format!("no checkbox {number}: the body has none"),
            1 => format!("no checkbox {number}: the body has one"),
            _ => format!("no checkbox {number}: the body has {count}"),
        };
        let problem = Problem::error(message).at_line(lines::number_at(&self.text, self.body));
        problem.with_hint("checkboxes are numbered from 1 through the whole body")
    }

    pub(super) fn append_to_section(&mut self, heading: &str, text: &str) -> Result<(), Problem> {
        let heading = heading.trim();
        if heading.is_empty() || heading.contains(['\n', '\r']) {
            return Err(self.refuse(None, "a heading is one line"));
        }
        let ending = lines::ending_near(&self.text, self.text.len());
        let added = lines::with_endings(text.trim_matches(['\n', '\r']), ending);
        if added.trim().is_empty() {
            return Ok(());
        }
        let body = &self.text[self.body..];
        let section = sections(body).into_iter().find(|section| is_heading(&section.heading, heading));
        let at_end = section.as_ref().is_none_or(|section| section.own.end == body.len());
        if at_end && !ends_in_text(body) {
            return Err(self.refuse(None, "a code fence or comment is not closed"));
        }
        match section {
            Some(section) => self.append_below(&section, &added, ending),
            None => self.append_section(heading, &added, ending),
        }
        Ok(())
    }

    fn append_section(&mut self, heading: &str, added: &str, ending: &str) {
        if self.body == self.text.len() && !self.text.ends_with('\n') {
            self.text.push_str(ending);
            self.body = self.text.len();
        }
        let body = &self.text[self.body..];
        let last = if body.is_empty() || body.ends_with('\n') { ending } else { "" };
        let new = format!("{}## {heading}{ending}{ending}{added}{last}", gap(body, ending));
        self.text.push_str(&new);
    }

    fn append_below(&mut self, section: &Section, added: &str, ending: &str) {
        let (start, end) = (self.body + section.own.start, self.body + section.own.end);
        let content = self.text[start..end].trim_end();
        let at =
            if content.is_empty() { start } else { lines::content_end(&self.text, start + content.len()) };
        let above = &self.text[..at];
        let last_line = content.rsplit('\n').next().unwrap_or_default();
        let joins =
            begins_list_item(added) && (begins_list_item(last_line) || last_line.starts_with([' ', '\t']));
        let before = match (content.is_empty(), joins) {
            (true, _) if above.ends_with('\n') => 1,
            (false, true) => 1,
            _ => 2,
        };
        // A blank line before the next heading; at the end of the file a last line ending where there was one.
        let line_ends = if end < self.text.len() { 2 } else { usize::from(self.text.ends_with('\n')) };
        let after = line_ends.saturating_sub(self.text[at..end].matches('\n').count());
        let new = format!("{}{added}{}", ending.repeat(before), ending.repeat(after));
        self.text.insert_str(at, &new);
    }

    pub(super) fn replace_body(&mut self, body: &str) -> Result<(), Problem> {
        let ending = lines::ending_near(&self.text, self.body);
        let new = if ending == "\n" { body.to_owned() } else { lines::with_endings(body, ending) };
        if self.text[self.body..] == new {
            return Ok(());
        }
        if crate::doc::source::has_conflict(&new) {
            return Err(self.refuse(None, "the new one contains a merge conflict"));
        }
        self.text.truncate(self.body);
        if !self.text.ends_with('\n') {
            self.text.push_str(ending);
            self.body = self.text.len();
        }
        self.text.push_str(&new);
        Ok(())
    }
}

/// Returns the line endings that put a blank line below what is there.
fn gap(body: &str, ending: &str) -> String {
    let blank = ending.repeat(2);
    if body.ends_with(&blank) || body == ending {
        String::new()
    } else if body.is_empty() || body.ends_with('\n') {
        ending.to_owned()
    } else {
        blank
    }
}
