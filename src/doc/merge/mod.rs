//! Joining three versions of a record: the one both sides began with, ours, and theirs.
//!
//! Front matter is merged key by key by what it says, the body section by section, checkbox by checkbox, then line
//! by line. What only one side changed is taken with its bytes; where both changed one thing differently, a conflict
//! is left around that thing alone. What cannot be read as a record is merged as lines. The result of a clean merge
//! is read again and must say what the rules want; no comment and no line is lost in silence.
//!
//! `merge(a, b)` is `merge(b, a)`: what both sides add at one place is ordered by content. Nothing here knows git.

mod body;
mod front;
mod lines;
mod piece;
mod ticks;
mod values;
mod versions;

use super::Document;
use super::source::{self, Kind};
use crate::model::{Problem, RecordFormat};
pub use piece::{Conflict, Marks, Subject};
use piece::{Piece, is_clean};
use versions::{Formed, Side, Versions, strip_conflicts};

/// A key that says whose record a document is, and what it must say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity<'a> {
    /// `id` in a record of its own, `task` in one that hangs on a task.
    pub key: &'static str,
    /// The id that the file's path names.
    pub id: &'a str,
}

/// Three versions of a record.
#[derive(Debug, Clone, Copy)]
pub struct RecordVersions<'a> {
    /// What both sides began with; none where both added the file.
    pub base: Option<&'a [u8]>,
    /// The side that is merged into.
    pub ours: &'a [u8],
    /// The side that is merged.
    pub theirs: &'a [u8],
}

/// The outcome of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// The merged text, with markers where there are conflicts.
    pub text: String,
    /// What a person must resolve, in the order of lines.
    pub conflicts: Vec<Conflict>,
}

/// Merges three versions of a record.
///
/// # Errors
/// A problem where no merge makes sense: a version is another record than the path says, which is what git's rename
/// detection makes of similar files, or a side is no text.
pub fn merge(
    format: RecordFormat,
    versions: RecordVersions<'_>,
    identity: Option<Identity<'_>>,
    marks: &Marks<'_>,
) -> Result<Merge, Problem> {
    let ours = text_of(versions.ours, "our version")?;
    let theirs = text_of(versions.theirs, "their version")?;
    let base = versions.base.filter(|bytes| !bytes.is_empty());
    let base = base.map(|bytes| text_of(bytes, "the common ancestor")).transpose()?;
    let ancestor = base.map(strip_conflicts);
    let formed = Formed::new(ancestor.as_deref(), ours, theirs);
    let texts = formed.texts.as_ref().map(String::as_str);
    let reader = Reader::new(format, base.is_some(), texts);
    let is_ancestor = reader.check(identity)?;
    let base = base.filter(|_| is_ancestor);
    if ours == theirs || base == Some(theirs) {
        return Ok(Merge { text: ours.to_owned(), conflicts: Vec::new() });
    }
    if base == Some(ours) {
        return Ok(Merge { text: theirs.to_owned(), conflicts: Vec::new() });
    }
    let pieces = reader.merge(is_ancestor);
    let (text, mut conflicts) = piece::write(&pieces, marks, formed.ending);
    let text = formed.restore(&text, is_clean(&pieces));
    if conflicts.is_empty()
        && let Some(line) = source::conflict_line(&text)
    {
        conflicts.push(Conflict { subject: Subject::Lines, line });
    }
    Ok(Merge { text, conflicts })
}

fn text_of<'b>(bytes: &'b [u8], whose: &str) -> Result<&'b str, Problem> {
    std::str::from_utf8(bytes).map_err(|_| {
        Problem::error(format!("{whose} is not UTF-8 text, so it cannot be merged")).with_hint(
            "save it as UTF-8 on its branch, or take one side whole: git checkout --ours or --theirs",
        )
    })
}

/// Versions texts, and the documents that they are where they can be read.
struct Reader<'t> {
    format: RecordFormat,
    texts: Versions<&'t str>,
    documents: Option<(Kind, Versions<Option<Document>>)>,
}

impl<'t> Reader<'t> {
    fn new(format: RecordFormat, has_base: bool, texts: Versions<&'t str>) -> Self {
        let read = |kind: Kind| {
            let open = |text: &str| match kind {
                Kind::Markdown => Document::markdown(text.as_bytes()).ok(),
                Kind::Yaml => Document::yaml(text.as_bytes()).ok(),
            };
            let base = if has_base { Some(open(texts.base)?) } else { None };
            Some((kind, Versions::new(base, Some(open(texts.ours)?), Some(open(texts.theirs)?))))
        };
        let documents = match format {
            RecordFormat::Markdown => read(Kind::Markdown),
            RecordFormat::Yaml => read(Kind::Yaml),
            RecordFormat::Toml | RecordFormat::Text => None,
        };
        Self { format, texts, documents }
    }

    /// Confirms that both sides are the record that the path names; returns whether the base is.
    fn check(&self, identity: Option<Identity<'_>>) -> Result<bool, Problem> {
        let (Some(Identity { key, id }), Some((_, documents))) = (identity, &self.documents) else {
            return Ok(true);
        };
        let other = |document: &Option<Document>| -> Option<String> {
            let found = document.as_ref()?.value(key)?.as_text()?;
            (found != id).then(|| found.chars().take(64).filter(|c| !c.is_control()).collect())
        };
        for (document, whose) in [(&documents.ours, "our version"), (&documents.theirs, "their version")] {
            if let Some(found) = other(document) {
                let message = format!(
                    "{whose} is `{found}`, but the file is that of `{id}`: git took one record for another"
                );
                let hint = "merge again without rename detection: git merge -X no-renames";
                return Err(Problem::error(message).on_key(key).with_hint(hint));
            }
        }
        Ok(other(&documents.base).is_none())
    }

    fn merge(&self, is_ancestor: bool) -> Vec<Piece> {
        let Some((kind, documents)) = &self.documents else { return self.merge_lines() };
        let documents = documents.as_ref().map(Option::as_ref);
        let documents = Versions { base: documents.base.filter(|_| is_ancestor), ..documents };
        let mut pieces = front::merge(documents, *kind);
        if *kind == Kind::Markdown {
            pieces.extend(body::merge(documents.map(|document| document.map(Document::body))));
        }
        pieces
    }

    fn merge_lines(&self) -> Vec<Piece> {
        let pieces = lines::join_lines(self.texts, &Subject::Lines);
        let is_toml = |text: &str| toml::from_str::<toml::Table>(text).is_ok();
        let breaks = self.format == RecordFormat::Toml
            && is_clean(&pieces)
            && is_toml(self.texts.ours)
            && is_toml(self.texts.theirs)
            && !is_toml(&piece::resolved(&pieces, Side::Ours));
        if breaks {
            return vec![Piece::Conflict { subject: Subject::Lines, sides: self.texts.map(str::to_owned) }];
        }
        pieces
    }
}
