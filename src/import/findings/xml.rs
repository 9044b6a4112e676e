//! XML of strangers: elements and text, bounded in depth. A document type is refused, so that no entity is ever
//! expanded; a document that does not end is an error.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::model::Problem;

/// Deepest nesting of a report.
const DEEPEST: usize = 100;

/// One piece of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::import) enum Piece {
    /// An element begins.
    Open(Element),
    /// The element that began last and has not ended ends.
    Close,
    /// Text.
    Text(String),
    /// The document is over.
    End,
}

/// An element's name, without its namespace, and its attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::import) struct Element {
    pub(in crate::import) name: String,
    attributes: Vec<(String, String)>,
}

impl Element {
    /// Returns an attribute that is not empty.
    pub(in crate::import) fn get(&self, key: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }
}

/// Reads a document piece by piece.
pub(in crate::import) struct Pieces<'t> {
    text: &'t str,
    reader: Reader<&'t [u8]>,
    depth: usize,
    had_root: bool,
}

impl<'t> Pieces<'t> {
    pub(in crate::import) fn of(text: &'t str) -> Self {
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        Self { text, reader, depth: 0, had_root: false }
    }

    /// Returns the next piece; comments and instructions are passed over.
    pub(in crate::import) fn next(&mut self) -> Result<Piece, Problem> {
        loop {
            let event = self.reader.read_event().map_err(|error| {
                let why = format!("is no XML: {error}");
                self.at(self.reader.error_position(), &why)
            })?;
            let here = self.reader.buffer_position();
            return match event {
                Event::Start(start) => self.open(&start, here).map(Piece::Open),
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    Ok(Piece::Close)
                }
                Event::Text(text) => self.text(text.xml10_content().into_owned(), here),
                Event::CData(text) => self.text(text.xml10_content().into_owned(), here),
                Event::GeneralRef(reference) => {
                    let name = reference.into_inner();
                    let known =
                        quick_xml::escape::unescape(&format!("&{name};")).map(|text| text.into_owned());
                    known
                        .map(Piece::Text)
                        .map_err(|_| self.at(here, "names an entity that XML does not have"))
                }
                Event::DocType(_) => Err(self.at(here, "has a document type: entities are not expanded")),
                Event::Eof if self.depth > 0 => Err(self.at(here, "is cut off: the XML does not end")),
                Event::Eof => Ok(Piece::End),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::Empty(_) => continue,
            };
        }
    }

    fn open(&mut self, start: &BytesStart<'_>, here: u64) -> Result<Element, Problem> {
        if self.depth == 0 && self.had_root {
            return Err(self.at(here, "goes on after its end"));
        }
        self.had_root = true;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.at(here, &format!("is nested deeper than {DEEPEST} levels")));
        }
        let mut attributes = Vec::new();
        // The check for attributes that are there twice compares each with each.
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| self.at(here, &format!("is no XML: {error}")))?;
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            let value = value.map_err(|error| self.at(here, &format!("is no XML: {error}")))?;
            attributes.push((attribute.key.local_name().into_inner().to_owned(), value.into_owned()));
        }
        Ok(Element { name: start.local_name().into_inner().to_owned(), attributes })
    }

    fn text(&self, text: String, here: u64) -> Result<Piece, Problem> {
        if self.depth == 0 && !text.trim().is_empty() {
            return Err(self.at(here, "has text outside of its elements"));
        }
        Ok(Piece::Text(text))
    }

    /// Returns how many bytes of the text have been read.
    pub(in crate::import) fn position(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }

    /// Makes a problem where the reader is.
    pub(in crate::import) fn problem(&self, message: &str) -> Problem {
        self.at(self.reader.buffer_position(), message)
    }

    fn at(&self, position: u64, message: &str) -> Problem {
        let end = usize::try_from(position).unwrap_or(usize::MAX).min(self.text.len());
        let line = self.text.as_bytes()[..end].iter().filter(|&&byte| byte == b'\n').count() + 1;
        Problem::error(message).at_line(line)
    }
}
