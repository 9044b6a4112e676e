//! Characters whose UTF-8 holds a byte that Windows-1252 has no character for.
//!
//! Encoded twice, such a character loses that byte in many programs, and what is left does not decode. The table
//! names the characters that people put into documents; where several leave the same rest, the commonest is named.

/// Characters that may have lost a byte, the likelier before the less likely with the same rest.
const LOSSY: &[char] = &[
    '❌', '❗', '❓', '❤', '❯', '┐', '═', '╝', '█', '▐', '←', '”', '⏳', '⏰', '⏱', '⏲', '⏸', '⏹', '⏩',
    '⏪', '●', '◐', '✍', '✏', '⭐', '√', '∝', '📝', '🔍', '🐛', '🐞', '🏁', '🏗', '🏆', '🏠', '👍', '👏', '👁',
    '🌐', '🎁', '🤝', '🙏', '😁', '\u{fe0f}', '\u{200d}', '\u{2010}',
];

/// Bytes that Windows-1252 leaves undefined.
const UNDEFINED: [u8; 5] = [0x81, 0x8d, 0x8f, 0x90, 0x9d];

/// Returns the character whose UTF-8, without undefined bytes, these bytes begin with, and how many they are.
/// `within` is what stands before it in the same run.
pub(super) fn restore(bytes: &[u8], within: &str) -> Option<(char, usize)> {
    LOSSY.iter().filter_map(|&c| Some((c, rest_of(c, bytes)?))).max_by_key(|&(c, length)| {
        // The lower right corner of a box can only follow the lower left one, at the end.
        let corner = c == '╝' && within.contains('╚') && length == bytes.len();
        (length, corner, std::cmp::Reverse(LOSSY.iter().position(|&other| other == c)))
    })
}

fn rest_of(c: char, bytes: &[u8]) -> Option<usize> {
    let mut buffer = [0; 4];
    let rest = c.encode_utf8(&mut buffer).bytes().filter(|byte| !UNDEFINED.contains(byte));
    let mut length = 0;
    for byte in rest {
        if bytes.get(length) != Some(&byte) {
            return None;
        }
        length += 1;
    }
    (length >= 2).then_some(length)
}

/// Returns the byte that a character stands for in Windows-1252; undefined bytes are control characters.
pub(super) fn byte_of(c: char) -> Option<u8> {
    const HIGH: [char; 27] = [
        '€', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 'Ž', '‘', '’', '“', '”', '•', '–', '—',
        '˜', '™', 'š', '›', 'œ', 'ž', 'Ÿ',
    ];
    const BYTES: [u8; 27] = [
        0x80, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8e, 0x91, 0x92, 0x93, 0x94,
        0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9e, 0x9f,
    ];
    if c.is_ascii() {
        return None;
    }
    if let Some(at) = HIGH.iter().position(|&high| high == c) {
        return Some(BYTES[at]);
    }
    u8::try_from(u32::from(c)).ok().filter(|byte| *byte >= 0x80)
}

#[cfg(test)]
mod tests {
    use super::{byte_of, restore};

    #[test]
    fn restores_the_commonest_character_of_a_rest() {
        assert_eq!(restore(&[0xe2, 0x8c], ""), Some(('❌', 2)));
        assert_eq!(restore(&[0xe2, 0x94, 0x20], "┌─"), Some(('┐', 2)));
        assert_eq!(restore(&[0xf0, 0x9f, 0x93], ""), Some(('📝', 3)));
        assert_eq!(restore(&[0xe2, 0x95], "╚══"), Some(('╝', 2)));
        assert_eq!(restore(&[0xe2, 0x95], "╔══"), Some(('═', 2)));
        assert_eq!(restore(&[0xe2], ""), None);
        assert_eq!(restore(&[], ""), None);
    }

    #[test]
    fn maps_both_halves_of_the_code_page() {
        assert_eq!(byte_of('œ'), Some(0x9c));
        assert_eq!(byte_of('â'), Some(0xe2));
        assert_eq!(byte_of('\u{9d}'), Some(0x9d));
        assert_eq!(byte_of('a'), None);
        assert_eq!(byte_of('→'), None);
    }
}
