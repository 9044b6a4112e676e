//! How each type of field is encoded: numbers and lengths in one place, texts one after the other in another.
//!
//! Numbers in as few bytes as they need, and texts as lengths that cut a long text: it is checked to be UTF-8 once,
//! and not once for each small piece.

use crate::model::Texts;

/// A value that the index can hold.
pub(super) trait Field<'a>: Sized {
    /// Writes the value.
    fn write(&self, out: &mut Writer);

    /// Reads what [`Field::write`] wrote; none where something else is there.
    fn read(from: &mut Reader<'a>) -> Option<Self>;
}

/// Makes a struct a [`Field`], its fields one by one, and names its shape.
macro_rules! fields {
    ($shape:ident = $type:ident $(<$life:lifetime>)? { $($field:ident: $kind:ty),* $(,)? }) => {
        const $shape: &str = concat!(stringify!($type), $(" ", stringify!($field), ":", stringify!($kind)),*);

        impl<'a> $crate::store::index::fields::Field<'a> for $type $(<$life>)? {
            fn write(&self, out: &mut $crate::store::index::fields::Writer) {
                let Self { $($field),* } = self;
                $(<$kind as $crate::store::index::fields::Field<'_>>::write($field, out);)*
            }

            #[inline]
            fn read(from: &mut $crate::store::index::fields::Reader<'a>) -> Option<Self> {
                Some(Self { $($field: <$kind as $crate::store::index::fields::Field<'a>>::read(from)?),* })
            }
        }
    };
}
pub(super) use fields;

impl<'a> Field<'a> for &'a str {
    fn write(&self, out: &mut Writer) {
        out.text(self);
    }

    #[inline]
    fn read(from: &mut Reader<'a>) -> Option<Self> {
        from.text()
    }
}

impl<'a> Field<'a> for u32 {
    fn write(&self, out: &mut Writer) {
        out.number(*self);
    }

    #[inline]
    fn read(from: &mut Reader<'a>) -> Option<Self> {
        from.number()
    }
}

impl<'a> Field<'a> for i32 {
    fn write(&self, out: &mut Writer) {
        out.bytes(&self.to_le_bytes());
    }

    #[inline]
    fn read(from: &mut Reader<'a>) -> Option<Self> {
        from.bytes().map(Self::from_le_bytes)
    }
}

impl<'a> Field<'a> for i64 {
    fn write(&self, out: &mut Writer) {
        out.bytes(&self.to_le_bytes());
    }

    #[inline]
    fn read(from: &mut Reader<'a>) -> Option<Self> {
        from.bytes().map(Self::from_le_bytes)
    }
}

impl<'a> Field<'a> for bool {
    fn write(&self, out: &mut Writer) {
        out.bytes(&[u8::from(*self)]);
    }

    #[inline]
    fn read(from: &mut Reader<'a>) -> Option<Self> {
        match from.bytes()? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }
}

impl<'a, T: Field<'a>> Field<'a> for Option<T> {
    fn write(&self, out: &mut Writer) {
        self.is_some().write(out);
        if let Some(value) = self {
            value.write(out);
        }
    }

    #[inline]
    fn read(from: &mut Reader<'a>) -> Option<Self> {
        if bool::read(from)? { T::read(from).map(Some) } else { Some(None) }
    }
}

impl<'a, T: Field<'a>> Field<'a> for Vec<T> {
    fn write(&self, out: &mut Writer) {
        out.length(self.len());
        self.iter().for_each(|item| item.write(out));
    }

    fn read(from: &mut Reader<'a>) -> Option<Self> {
        let count = from.count()?;
        let mut items = Self::with_capacity(count);
        for _ in 0..count {
            items.push(T::read(from)?);
        }
        Some(items)
    }
}

/// The places where to cut are among the numbers, the texts themselves one after the other.
impl<'a> Field<'a> for Texts<'a> {
    fn write(&self, out: &mut Writer) {
        out.length(self.len());
        let mut end = 0;
        for text in self.iter() {
            end += text.len();
            out.bytes(&u32::try_from(end).unwrap_or(u32::MAX).to_le_bytes());
            out.text.push_str(text);
        }
    }

    #[inline]
    fn read(from: &mut Reader<'a>) -> Option<Self> {
        let ends = from.ends()?;
        let length = ends.last().map_or(0, |end| u32::from_le_bytes(*end));
        Some(Self::split(from.piece(length)?, ends))
    }
}

/// Gathers what records say.
#[derive(Debug, Default)]
pub(super) struct Writer {
    /// Numbers and lengths.
    pub(super) numbers: Vec<u8>,
    /// Texts, one after the other.
    pub(super) text: String,
}

impl Writer {
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.numbers.extend_from_slice(bytes);
    }

    /// Writes seven bits a byte, the lowest first; the high bit says that more follow.
    pub(super) fn number(&mut self, mut number: u32) {
        while number >= 0x80 {
            self.numbers.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        self.numbers.push(number.to_le_bytes()[0]);
    }

    /// Writes a length. One that is too large belongs to an index that is too large as a whole, and never written.
    pub(super) fn length(&mut self, length: usize) {
        self.number(u32::try_from(length).unwrap_or(u32::MAX));
    }

    pub(super) fn text(&mut self, text: &str) {
        self.length(text.len());
        self.text.push_str(text);
    }
}

/// What is left to read of one record.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    numbers: &'a [u8],
    text: &'a str,
}

impl<'a> Reader<'a> {
    pub(super) fn new(numbers: &'a [u8], text: &'a str) -> Self {
        Self { numbers, text }
    }

    #[inline]
    pub(super) fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.numbers.split_first_chunk()?;
        self.numbers = rest;
        Some(*first)
    }

    #[inline]
    pub(super) fn number(&mut self) -> Option<u32> {
        match self.numbers {
            // Nearly all of them.
            [byte, rest @ ..] if *byte < 0x80 => {
                self.numbers = rest;
                Some(u32::from(*byte))
            }
            _ => self.large_number(),
        }
    }

    fn large_number(&mut self) -> Option<u32> {
        let mut number = 0;
        for shift in [0, 7, 14, 21, 28] {
            let [byte] = self.bytes()?;
            number |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// Reads how many items follow. Each takes a byte at least, so that no count requires more memory than there
    /// is index.
    pub(super) fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.numbers.len()).then_some(count)
    }

    /// Reads as many places as a count says.
    #[inline]
    pub(super) fn ends(&mut self) -> Option<&'a [[u8; 4]]> {
        let length = usize::try_from(self.number()?).ok()?.checked_mul(4)?;
        let (ends, rest) = self.numbers.split_at_checked(length)?;
        self.numbers = rest;
        Some(ends.as_chunks().0)
    }

    #[inline]
    pub(super) fn text(&mut self) -> Option<&'a str> {
        let length = self.number()?;
        self.piece(length)
    }

    /// Reads a text of this length in bytes.
    #[inline]
    pub(super) fn piece(&mut self, length: u32) -> Option<&'a str> {
        let (text, rest) = self.text.split_at_checked(usize::try_from(length).ok()?)?;
        self.text = rest;
        Some(text)
    }
}
