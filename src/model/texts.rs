//! The lists of a task: tags, dependencies, files; and how many of something there are, in words.

use std::fmt;

/// Returns `1 task`, `2 tasks`.
#[must_use]
pub fn counted(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// Several texts in their order. Those of a task that was read are listed one by one; the index has them as one
/// text with the places where to cut it, and nothing is allocated for them.
#[derive(Clone, Default)]
pub struct Texts<'a>(Form<'a>);

#[derive(Clone)]
enum Form<'a> {
    Listed(Vec<&'a str>),
    Split { text: &'a str, ends: &'a [[u8; 4]] },
}

impl<'a> Texts<'a> {
    /// Makes texts of one text and where in it each of them ends, as little-endian numbers of bytes. A place where
    /// the text cannot be cut ends the list.
    #[must_use]
    pub fn split(text: &'a str, ends: &'a [[u8; 4]]) -> Self {
        Self(Form::Split { text, ends })
    }

    /// Returns the texts in their order.
    pub fn iter(&self) -> impl Iterator<Item = &'a str> + '_ {
        let (mut at, mut start) = (0, 0);
        std::iter::from_fn(move || {
            let next = match &self.0 {
                Form::Listed(texts) => *texts.get(at)?,
                Form::Split { text, ends } => {
                    let end = usize::try_from(u32::from_le_bytes(*ends.get(at)?)).ok()?;
                    let piece = text.get(start..end)?;
                    start = end;
                    piece
                }
            };
            at += 1;
            Some(next)
        })
    }

    /// Returns how many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Form::Listed(texts) => texts.len(),
            Form::Split { ends, .. } => ends.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns them as one text.
    #[must_use]
    pub fn join(&self, between: &str) -> String {
        self.iter().collect::<Vec<_>>().join(between)
    }
}

impl Default for Form<'_> {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

impl<'a> FromIterator<&'a str> for Texts<'a> {
    fn from_iter<I: IntoIterator<Item = &'a str>>(texts: I) -> Self {
        Self(Form::Listed(texts.into_iter().collect()))
    }
}

impl<'a> From<Vec<&'a str>> for Texts<'a> {
    fn from(texts: Vec<&'a str>) -> Self {
        Self(Form::Listed(texts))
    }
}

impl PartialEq for Texts<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for Texts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Texts;

    #[test]
    fn a_text_with_offsets_is_a_list() {
        let ends = [2_u32, 2, 5].map(u32::to_le_bytes);
        let texts = Texts::split("äabc", &ends);
        assert_eq!(texts, Texts::from(vec!["ä", "", "abc"]));
        assert_eq!((texts.len(), texts.join("|")), (3, "ä||abc".to_owned()));
    }

    #[test]
    fn a_place_that_lies_ends_the_list() {
        for lie in [[1_u32, 2], [9, 2], [2, 1], [u32::MAX, 0]] {
            let ends = lie.map(u32::to_le_bytes);
            assert!(Texts::split("äa", &ends).iter().count() < 2, "{lie:?}");
        }
    }
}
