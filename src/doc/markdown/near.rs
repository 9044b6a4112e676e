//! What looks like a checkbox, or like the heading that a gate counts boxes under, and is neither: it counts for nothing,
//! which somebody may not have meant.

use super::boxes::{CRITERIA, DELIVERABLES, box_in};
use super::sections;
use super::sections::{HeadingStack, heading_in, is_heading};

/// Something that is not read as what it looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::doc) struct NearMiss {
    /// Its line within the body, counted from 1.
    pub(in crate::doc) line: usize,
    /// What is there.
    pub(in crate::doc) text: String,
    pub(in crate::doc) meant: Meant,
}

/// What something was probably meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::doc) enum Meant {
    /// A checkbox of a section that a gate counts.
    Checkbox,
    /// This heading, for there are boxes below it.
    Heading(&'static str),
}

/// Returns the near misses of a body, in order.
pub(in crate::doc) fn near_misses(body: &str) -> Vec<NearMiss> {
    let mut found = Vec::new();
    // Most bodies have nothing that is like a box.
    if !body.contains(BOXES) {
        return found;
    }
    let mut headings = HeadingStack::default();
    let mut heading: Option<NearMiss> = None;
    for line in sections::lines(body).filter(|line| line.is_text) {
        let is_of_ours = headings.read(line.text);
        let is_counted = headings.any(|above| COUNTED.iter().any(|own| is_heading(above, own)));
        if box_in(line.text).is_some() {
            found.extend(heading.take().filter(|_| !is_counted));
            continue;
        }
        if is_counted && !is_of_ours && is_like_a_box(line.text) {
            let text = line.text.trim().to_owned();
            found.push(NearMiss { line: line.number, text, meant: Meant::Checkbox });
        }
        if let Some(meant) = heading_meant(line.text) {
            let text = line.text.trim().to_owned();
            heading = Some(NearMiss { line: line.number, text, meant: Meant::Heading(meant) });
        } else if is_of_ours || begins_text(line.text) {
            heading = None;
        }
    }
    found
}

/// The headings below which a gate counts boxes.
const COUNTED: [&str; 2] = [DELIVERABLES, CRITERIA];

/// What boxes begin with, ours and those of other alphabets.
const BOXES: [char; 5] = ['[', '\u{ff3b}', '\u{2610}', '\u{2611}', '\u{2612}'];

/// What lists are made with, ours and those of other programs.
const BULLETS: [char; 7] = ['-', '*', '+', '\u{2022}', '\u{2013}', '\u{2014}', '\u{b7}'];

/// Whether a line that has no box begins with one for whoever reads it: `[ ] text`, `-[ ] text`, `- [x]text`, `☐ text`.
/// A link and a definition begin with brackets as well.
fn is_like_a_box(line: &str) -> bool {
    let rest = line.trim_start_matches([' ', '\t', '>']);
    let rest = rest.strip_prefix(BULLETS).unwrap_or(rest).trim_start().trim_start_matches('\\');
    let Some(first) = rest.chars().next().filter(|first| BOXES.contains(first)) else { return false };
    if !matches!(first, '[' | '\u{ff3b}') {
        return true;
    }
    let inner = &rest[first.len_utf8()..];
    let Some((mark, after)) = inner.split_once([']', '\u{ff3d}']) else { return false };
    let mark = mark.trim_end_matches('\\').trim();
    matches!(mark, "" | "x" | "X") && !after.starts_with(['(', '[', ':'])
}

/// Returns the counted heading that a line is nearly: `##Deliverables`, `## Deliverable`, `**Deliverables**`, one that is
/// underlined, or has a number or remark.
fn heading_meant(line: &str) -> Option<&'static str> {
    let is_own = heading_in(line).map_or_else(
        || !line.starts_with(['#', '*', '_']) && !line.starts_with(char::is_alphabetic),
        |(_, text)| COUNTED.iter().any(|own| is_heading(text, own)),
    );
    if is_own || line.len() > LONGEST {
        return None;
    }
    let text = line.split(['(', '[']).next().unwrap_or_default();
    let words: Vec<String> = text
        .split(|letter: char| !letter.is_alphabetic())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let words = words.join(" ");
    let is_near = |own: &&&str| {
        let own = own.to_lowercase();
        let singular = if own == "deliverables" { "deliverable" } else { "acceptance criterion" };
        words == singular || strsim::osa_distance(&words, &own) <= 2
    };
    COUNTED.iter().find(is_near).copied()
}

const LONGEST: usize = 60;

/// Whether a line begins a paragraph: it is no item of a list, no underline and not blank.
fn begins_text(line: &str) -> bool {
    let text = line.trim();
    let is_underline = text.chars().all(|letter| matches!(letter, '-' | '='));
    !is_underline && !line.starts_with([' ', '\t']) && !sections::begins_list_item(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(body: &str) -> Vec<String> {
        let one = |found: NearMiss| match found.meant {
            Meant::Checkbox => format!("{} {}", found.line, found.text),
            Meant::Heading(own) => format!("{} {} = {own}", found.line, found.text),
        };
        near_misses(body).into_iter().map(one).collect()
    }

    #[test]
    fn what_looks_like_a_box_of_a_counted_section_is_found() {
        for line in [
            "- [ ]it",
            "- [x]it",
            "-[ ] it",
            "[ ] it",
            "\u{2022} [x] it",
            "\u{2610} it",
            "- \\[ ] it",
            "- \u{ff3b} \u{ff3d} it",
            "> [ ] it",
        ] {
            let body = format!("## Deliverables\n\n- [x] one\n{line}\n");
            assert_eq!(shown(&body), [format!("4 {}", line.trim())], "{line}");
            assert_eq!(shown(&format!("## Notes\n\n- [x] one\n{line}\n")), [""; 0], "{line}");
        }
        for line in [
            "- [ ] it",
            "- [/] it",
            "[x](https://x.org)",
            "[x]: https://x.org",
            "- [1] it",
            "[a] it",
            "a [ ] b",
        ] {
            assert_eq!(shown(&format!("## Acceptance criteria\n\n{line}\n")), [""; 0], "{line}");
        }
        assert_eq!(shown("## Deliverables\n\n```\n[ ] it\n```\n"), [""; 0]);
    }

    #[test]
    fn what_looks_like_a_counted_heading_is_found_where_boxes_are_below() {
        for heading in [
            "##Deliverables",
            "## Deliverable",
            "## Delivrables",
            "**Deliverables**",
            "## 2. Deliverables",
            "## Deliverables (dev)",
            "Deliverables:",
            "Deliverables\n---",
        ] {
            let first = heading.lines().next().unwrap();
            assert_eq!(shown(&format!("{heading}\n\n- [ ] it\n")), [format!("1 {first} = Deliverables")]);
            assert_eq!(shown(&format!("{heading}\n\n- it [ ]\n")), [""; 0], "{heading}");
        }
        assert_eq!(
            shown("## Acceptance criterion\n- [ ] it\n"),
            ["1 ## Acceptance criterion = Acceptance criteria"]
        );
        for body in [
            "## Deliverables\n- [ ] it\n",
            "### deliverables:\n- [ ] it\n",
            "## Notes\n- [ ] it\n",
            "## Deliverable\n\nNone.\n\n## Notes\n- [ ] it\n",
            "Deliverables are below.\n\n- [ ] it\n",
            "## Deliverables\n\n**Deliverable**\n- [ ] it\n",
        ] {
            assert_eq!(shown(body), [""; 0], "{body}");
        }
    }
}
