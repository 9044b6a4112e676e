//! What is not content: the byte order mark, the kind of line endings, the last line's ending.
//!
//! A change of form on one side is no conflict. It is taken off before the merge and put back after it, by the same
//! rule as everything else: the side that changed it wins.

use super::three::Three;

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

/// Three texts ready to be merged, and the form that the result is to have.
pub(super) struct Formed {
    /// The texts, every line with its ending.
    pub(super) texts: Three<String>,
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
        let texts = Three::new(base.unwrap_or_default(), ours, theirs);
        let kinds = [base_form.map(|form| form.endings), Some(ours_form.endings), Some(theirs_form.endings)];
        let has = |wanted: Endings| kinds.contains(&Some(wanted));
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
        Some(base) => *Three::new(base, ours, theirs).decide_or_greater(),
        None => ours || theirs,
    }
}

/// Decides the line endings: the changed side wins, else ours; a text without lines has no say.
fn endings(base: Option<Endings>, ours: Endings, theirs: Endings) -> Endings {
    match (base, ours, theirs) {
        (_, Endings::None, other) | (_, other, Endings::None) => other,
        (Some(base), ours, theirs) if base != Endings::None => {
            *Three::new(base, ours, theirs).decide_or_greater()
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
