//! Versions versions of one thing, the rule that decides between them, and what of a text is not content: conflicts of an
//! earlier merge, the byte order mark, the kind of line endings, the last line's ending.
//!
//! A change of form on one side is no conflict. It is taken off before the merge and put back after it, by the same
//! rule as everything else: the side that changed it wins.

use std::borrow::Cow;

/// A thing as it was, and as each side has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Versions<T> {
    pub(super) base: T,
    pub(super) ours: T,
    pub(super) theirs: T,
}

/// One of the two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Ours,
    Theirs,
}

/// Both sides, for loops.
pub(super) const SIDES: [Side; 2] = [Side::Ours, Side::Theirs];

impl<T> Versions<T> {
    /// Makes one of each.
    pub(super) fn new(base: T, ours: T, theirs: T) -> Self {
        Self { base, ours, theirs }
    }

    /// Applies a function to each version.
    pub(super) fn map<U>(self, mut f: impl FnMut(T) -> U) -> Versions<U> {
        Versions { base: f(self.base), ours: f(self.ours), theirs: f(self.theirs) }
    }

    /// Borrows each version.
    pub(super) fn as_ref(&self) -> Versions<&T> {
        Versions { base: &self.base, ours: &self.ours, theirs: &self.theirs }
    }

    /// Returns one side's version.
    pub(super) fn of(&self, side: Side) -> &T {
        match side {
            Side::Ours => &self.ours,
            Side::Theirs => &self.theirs,
        }
    }
}

impl<T> Versions<Option<T>> {
    /// Returns all versions, if all are there.
    pub(super) fn transpose(self) -> Option<Versions<T>> {
        Some(Versions { base: self.base?, ours: self.ours?, theirs: self.theirs? })
    }
}

impl<T: PartialEq> Versions<T> {
    /// Returns the version that counts: the changed one where one side changed it, the common one where both are
    /// alike; none where both changed it and differ.
    pub(super) fn decide(&self) -> Option<&T> {
        if self.ours == self.theirs || self.theirs == self.base {
            Some(&self.ours)
        } else if self.ours == self.base {
            Some(&self.theirs)
        } else {
            None
        }
    }
}

impl<T: PartialEq + Ord> Versions<T> {
    /// As [`Versions::decide`]; where both changed it the greater one, whichever side has it.
    pub(super) fn decide_or_greater(&self) -> &T {
        self.decide().unwrap_or_else(|| (&self.ours).max(&self.theirs))
    }
}

const BOM: &str = "\u{feff}";

/// The form of one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    has_bom: bool,
    ends_line: bool,
    endings: Endings,
}

/// How the lines of one text end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Endings {
    /// It has one line at most.
    None,
    Lf,
    CrLf,
    Mixed,
}

/// Versions texts ready to be merged, and the form that the result is to have.
pub(super) struct Formed {
    /// The texts, every line with its ending.
    pub(super) texts: Versions<String>,
    /// The ending of lines that the merge adds of itself.
    pub(super) ending: &'static str,
    /// The form of the result.
    form: Form,
    /// Whether line endings were unified.
    is_unified: bool,
}

impl Formed {
    /// Takes the form off three texts.
    pub(super) fn new(base: Option<&str>, ours: &str, theirs: &str) -> Self {
        let (ours_form, theirs_form) = (Form::of(ours), Form::of(theirs));
        let base_form = base.filter(|text| !text.is_empty()).map(Form::of);
        let texts = Versions::new(base.unwrap_or_default(), ours, theirs);
        let kinds = [base_form.map(|form| form.endings), Some(ours_form.endings), Some(theirs_form.endings)];
        let has = |endings: Endings| kinds.contains(&Some(endings));
        let is_unified = has(Endings::Lf) && has(Endings::CrLf);
        let form = Form {
            has_bom: choose(base_form.map(|form| form.has_bom), ours_form.has_bom, theirs_form.has_bom),
            ends_line: choose(
                base_form.map(|form| form.ends_line),
                ours_form.ends_line,
                theirs_form.ends_line,
            ),
            endings: endings(base_form.map(|form| form.endings), ours_form.endings, theirs_form.endings),
        };
        let ending = if !is_unified && form.endings == Endings::CrLf { "\r\n" } else { "\n" };
        let bare = |text: &str| {
            let text = text.strip_prefix(BOM).unwrap_or(text);
            let mut bare = if is_unified { text.replace("\r\n", "\n") } else { text.to_owned() };
            if !bare.is_empty() && !bare.ends_with('\n') {
                bare.push_str(ending);
            }
            bare
        };
        Self { texts: texts.map(bare), ending, form, is_unified }
    }

    /// Puts the form on the result.
    pub(super) fn restore(&self, text: &str, is_clean: bool) -> String {
        let mut out = String::with_capacity(text.len() + BOM.len());
        if self.form.has_bom {
            out.push_str(BOM);
        }
        let text = match text.strip_suffix('\n') {
            // A marker is a line; what follows it must not be glued to it by the next editor.
            Some(open) if is_clean && !self.form.ends_line => open.strip_suffix('\r').unwrap_or(open),
            _ => text,
        };
        if self.is_unified && self.form.endings == Endings::CrLf {
            out.push_str(&text.replace('\n', "\r\n"));
        } else {
            out.push_str(text);
        }
        out
    }
}

/// Decides a property: the changed side wins; without a base the text that has it.
fn choose(base: Option<bool>, ours: bool, theirs: bool) -> bool {
    match base {
        Some(base) => *Versions::new(base, ours, theirs).decide_or_greater(),
        None => ours || theirs,
    }
}

/// Decides the line endings: the changed side wins, else ours; a text without lines has no say.
fn endings(base: Option<Endings>, ours: Endings, theirs: Endings) -> Endings {
    match (base, ours, theirs) {
        (_, Endings::None, other) | (_, other, Endings::None) => other,
        (Some(base), ours, theirs) if base != Endings::None => {
            *Versions::new(base, ours, theirs).decide_or_greater()
        }
        // Without a base nobody changed anything: plain line feeds, whichever side has them.
        (_, ours, theirs) => ours.min(theirs),
    }
}

impl Form {
    fn of(text: &str) -> Self {
        let has_bom = text.starts_with(BOM);
        let lines = text.matches('\n').count();
        let with_return = text.matches("\r\n").count();
        let endings = match (lines, with_return) {
            (0, _) => Endings::None,
            (_, 0) => Endings::Lf,
            (all, with) if all == with => Endings::CrLf,
            _ => Endings::Mixed,
        };
        Self { has_bom, ends_line: text.ends_with('\n'), endings }
    }
}

/// Deepest nesting of such merges that is stripped.
const DEEPEST: usize = 8;

/// Returns a text with every conflict stripped to what it was before: the lines between `|||||||` and `=======`. A
/// text without conflicts, or with some that do not tell, stays as it is.
pub(super) fn strip_conflicts(text: &str) -> Cow<'_, str> {
    let mut found = Cow::Borrowed(text);
    for _ in 0..DEEPEST {
        match strip_once(&found) {
            Some(stripped) => found = Cow::Owned(stripped),
            None => break,
        }
    }
    found
}

/// The part of a conflict that a line is in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Nothing,
    Ours,
    Base,
    Theirs,
}

fn strip_once(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let (mut within, mut size, mut is_found) = (Within::Nothing, 0, false);
    for line in text.split_inclusive('\n') {
        let mark = |mark: char, size: usize| marker(line, mark) == Some(size);
        within = match within {
            Within::Nothing => match marker(line, '<') {
                Some(found) => {
                    (size, is_found) = (found, true);
                    Within::Ours
                }
                None => {
                    out.push_str(line);
                    Within::Nothing
                }
            },
            Within::Ours if mark('|', size) => Within::Base,
            // Without the ancestor's lines a conflict does not tell what was there.
            Within::Ours if mark('=', size) => return None,
            Within::Base if mark('=', size) => Within::Theirs,
            Within::Base => {
                out.push_str(line);
                Within::Base
            }
            Within::Theirs if mark('>', size) => Within::Nothing,
            other => other,
        };
    }
    (is_found && within == Within::Nothing).then_some(out)
}

/// Returns the length of the marker that a line is.
fn marker(line: &str, mark: char) -> Option<usize> {
    let size = line.len() - line.trim_start_matches(mark).len();
    (size >= 7 && matches!(line.as_bytes().get(size), None | Some(b' ' | b'\r' | b'\n'))).then_some(size)
}

#[cfg(test)]
mod tests {
    use super::strip_conflicts;

    #[test]
    fn recovers_the_sides_of_a_conflict() {
        let inner = "<<<<<<< a\n1\n||||||| b\n0\n=======\n2\n>>>>>>> c\n";
        assert_eq!(strip_conflicts(&format!("x\n{inner}y\n")), "x\n0\ny\n");
        let outer = format!("<<<<<<<<< a\n1\n||||||||| b\n{inner}=========\n2\n>>>>>>>>> c\n");
        assert_eq!(strip_conflicts(&outer), "0\n");
    }

    #[test]
    fn leaves_alone_what_does_not_tell() {
        for text in ["", "a\n=======\n", "<<<<<<< a\n1\n=======\n2\n>>>>>>> c\n", "<<<<<<< a\n||||||| b\n"] {
            assert_eq!(strip_conflicts(text), text);
        }
    }
}
