//! How each type of field is encoded: numbers and lengths in one place, texts one after the other in another.

use super::bytes::{Reader, Writer};
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
            fn write(&self, out: &mut $crate::store::index::bytes::Writer) {
                let Self { $($field),* } = self;
                $(<$kind as $crate::store::index::fields::Field<'_>>::write($field, out);)*
            }

            #[inline]
            fn read(from: &mut $crate::store::index::bytes::Reader<'a>) -> Option<Self> {
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

    fn read(from: &mut Reader<'a>) -> Option<Self> {
        from.text()
    }
}

impl<'a> Field<'a> for u32 {
    fn write(&self, out: &mut Writer) {
        out.number(*self);
    }

    fn read(from: &mut Reader<'a>) -> Option<Self> {
        from.number()
    }
}

impl<'a> Field<'a> for i32 {
    fn write(&self, out: &mut Writer) {
        out.bytes(&self.to_le_bytes());
    }

    fn read(from: &mut Reader<'a>) -> Option<Self> {
        from.bytes().map(Self::from_le_bytes)
    }
}

impl<'a> Field<'a> for i64 {
    fn write(&self, out: &mut Writer) {
        out.bytes(&self.to_le_bytes());
    }

    fn read(from: &mut Reader<'a>) -> Option<Self> {
        from.bytes().map(Self::from_le_bytes)
    }
}

impl<'a> Field<'a> for bool {
    fn write(&self, out: &mut Writer) {
        out.bytes(&[u8::from(*self)]);
    }

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

    fn read(from: &mut Reader<'a>) -> Option<Self> {
        let ends = from.ends()?;
        let length = ends.last().map_or(0, |end| u32::from_le_bytes(*end));
        Some(Self::split(from.piece(length)?, ends))
    }
}
