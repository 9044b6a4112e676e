//! Numbers in as few bytes as they need, and texts as lengths that cut a long text: it is checked to be UTF-8 once,
//! and not once for each small piece.

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
    pub(super) fn ends(&mut self) -> Option<&'a [[u8; 4]]> {
        let length = usize::try_from(self.number()?).ok()?.checked_mul(4)?;
        let (ends, rest) = self.numbers.split_at_checked(length)?;
        self.numbers = rest;
        Some(ends.as_chunks().0)
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        let length = self.number()?;
        self.piece(length)
    }

    /// Reads a text of this length in bytes.
    pub(super) fn piece(&mut self, length: u32) -> Option<&'a str> {
        let (text, rest) = self.text.split_at_checked(usize::try_from(length).ok()?)?;
        self.text = rest;
        Some(text)
    }
}
