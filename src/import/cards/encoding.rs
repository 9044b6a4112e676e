//! Text that was encoded twice on its way, and the marks by which it is recognised.

/// What was repaired in a document.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Repairs {
    /// How many characters were repaired, the restored ones included.
    pub characters: usize,
    /// Lines with a character that had lost a byte: the commonest one that fits was put there.
    pub restored: Vec<usize>,
    /// Lines with what looks encoded twice and could not be repaired.
    pub left: Vec<usize>,
}

/// A repaired text.
pub(super) struct Repaired {
    pub(super) text: String,
    pub(super) repairs: Repairs,
}

/// How sure it is that a run was encoded twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sure {
    /// It is likelier to be text that people write.
    No,
    /// It may be such text.
    Perhaps,
    /// It can be nothing else.
    Yes,
}

struct Run {
    text: String,
    characters: usize,
    lost_a_byte: bool,
    sure: Sure,
}

/// Repairs a text.
pub(super) fn repair(text: &str) -> Repaired {
    let pieces = pieces(text);
    let certain = pieces.iter().filter(|(_, is_run)| *is_run);
    let certain = certain.filter_map(|(piece, _)| decode(piece)).any(|run| run.sure == Sure::Yes);
    let mut repaired = Repaired { text: String::with_capacity(text.len()), repairs: Repairs::default() };
    let mut line = 1;
    for (piece, is_run) in pieces {
        line += piece.matches('\n').count();
        let run = if is_run { decode(piece) } else { None };
        match run.filter(|run| run.sure == Sure::Yes || (certain && run.sure == Sure::Perhaps)) {
            Some(run) => {
                repaired.text.push_str(&run.text);
                repaired.repairs.characters += run.characters;
                if run.lost_a_byte {
                    repaired.repairs.restored.push(line);
                }
            }
            None => {
                if is_run && certain && looks_encoded_twice(piece) {
                    repaired.repairs.left.push(line);
                }
                repaired.text.push_str(piece);
            }
        }
    }
    repaired.repairs.restored.dedup();
    repaired.repairs.left.dedup();
    repaired
}

/// Parts a text into runs of characters that Windows-1252 has above ASCII, and the rest.
fn pieces(text: &str) -> Vec<(&str, bool)> {
    let mut pieces = Vec::new();
    let (mut start, mut in_run) = (0, false);
    for (at, c) in text.char_indices() {
        let is_high = byte_of(c).is_some();
        if is_high != in_run {
            pieces.push((&text[start..at], in_run));
            (start, in_run) = (at, is_high);
        }
    }
    pieces.push((&text[start..], in_run));
    pieces
}

fn decode(run: &str) -> Option<Run> {
    let bytes: Vec<u8> = run.chars().filter_map(byte_of).collect();
    let mut result = Run { text: String::new(), characters: 0, lost_a_byte: false, sure: Sure::Perhaps };
    let mut longest = 0;
    let mut at = 0;
    while at < bytes.len() {
        let (c, length) = match whole(&bytes[at..]) {
            Some((c, length)) => {
                longest = longest.max(length);
                (c, length)
            }
            None => {
                result.lost_a_byte = true;
                restore(&bytes[at..], &result.text)?
            }
        };
        if c.is_control() {
            return None;
        }
        result.text.push(c);
        result.characters += 1;
        at += length;
    }
    result.sure = match (longest, result.characters) {
        (0, _) => Sure::Perhaps,
        (1 | 2, 1) => how_sure_of_a_pair(run, &bytes),
        _ => Sure::Yes,
    };
    Some(result)
}

/// Decodes one character of more than one byte.
fn whole(bytes: &[u8]) -> Option<(char, usize)> {
    let length = match bytes.first()? {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let text = std::str::from_utf8(bytes.get(..length)?).ok()?;
    Some((text.chars().next()?, length))
}

/// Judges a run of two characters: a letter and a mark may be side by side in real text.
fn how_sure_of_a_pair(run: &str, bytes: &[u8]) -> Sure {
    let marks = ['…', '‘', '’', '“', '”', '–', '—', '«', '»', '‹', '›', '\u{a0}', '°', '²', '³'];
    // Latin, Greek and Cyrillic letters and the signs between them; a single letter of another script is unlikely.
    let usual = matches!(bytes.first(), Some(0xc2..=0xc5 | 0xce..=0xd1));
    match (usual, run.ends_with(marks)) {
        (false, _) => Sure::No,
        (true, true) => Sure::Perhaps,
        (true, false) => Sure::Yes,
    }
}

/// Whether a run that was not repaired begins a character as marks, arrows and pictures do.
fn looks_encoded_twice(run: &str) -> bool {
    let bytes: Vec<u8> = run.chars().filter_map(byte_of).collect();
    bytes.windows(2).any(|pair| matches!(pair, [0xe2 | 0xef | 0xf0, 0x80..=0xbf]))
}

/// Characters that may have lost a byte, the likelier before the less likely with the same rest.
const LOSSY: &[char] = &[
    '❌', '❗', '❓', '❤', '❯', '┐', '═', '╝', '█', '▐', '←', '”', '⏳', '⏰', '⏱', '⏲', '⏸', '⏹', '⏩',
    '⏪', '●', '◐', '✍', '✏', '⭐', '√', '∝', '📝', '🔍', '🐛', '🐞', '🏁', '🏗', '🏆', '🏠', '👍', '👏', '👁',
    '🌐', '🎁', '🤝', '🙏', '😁', '\u{fe0f}', '\u{200d}', '\u{2010}',
];

/// Bytes that Windows-1252 leaves undefined.
const UNDEFINED: [u8; 5] = [0x81, 0x8d, 0x8f, 0x90, 0x9d];

/// Returns the character whose UTF-8, without undefined bytes, these bytes begin with, and how many they are.
/// `within` is what is before it in the same run.
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

/// Returns the byte that a character means in Windows-1252; undefined bytes are control characters.
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
    use super::byte_of;
    use super::repair;
    use super::restore;

    /// Does to a text what happened to it, keeping undefined bytes as control characters or dropping them.
    fn encode_twice(text: &str, drop_undefined: bool) -> String {
        let undefined = [0x81, 0x8d, 0x8f, 0x90, 0x9d];
        let high = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";
        let bytes = text.bytes().filter(|byte| !(drop_undefined && undefined.contains(byte)));
        let character = |byte: u8| match byte {
            0x80..=0x9f => high.chars().nth(usize::from(byte - 0x80)).unwrap(),
            byte => char::from(byte),
        };
        bytes.map(character).collect()
    }

    #[test]
    fn repairs_marks_arrows_and_boxes() {
        let text = "✅ done 🚧 🔴 → — “quoted” ü ⚠ é\n┌──┬──┤\n│ a │\n";
        let repaired = repair(&encode_twice(text, false));
        assert_eq!(repaired.text, text);
        assert_eq!(repaired.repairs.characters, 19);
        assert!(repaired.repairs.restored.is_empty());
    }

    #[test]
    fn restores_characters_that_lost_a_byte() {
        let text = "✅\n❌ no\n┌──┐\n╔═╗╚═╝\n⚠️ 📝\n";
        let repaired = repair(&encode_twice(text, true));
        assert_eq!(repaired.text, text);
        assert_eq!(repaired.repairs.restored, [2, 3, 4, 5]);
    }

    #[test]
    fn real_text_survives() {
        let text = "José, Zoë, Čapek, „Spaß“, «voilà», É…, Â, 5 °C, naïve, ÀÉ, → ✅ ❌, MANHÃ, Å, ±½";
        assert_eq!(repair(text).text, text);
        assert_eq!(repair(text).repairs.characters, 0);
        let mixed = format!("{text}\n{}", encode_twice("✅", false));
        assert_eq!(repair(&mixed).text, format!("{text}\n✅"));
    }

    #[test]
    fn what_does_not_decode_is_left_and_named() {
        let text = format!("{}\nâ\u{80}é x", encode_twice("✅", false));
        let repaired = repair(&text);
        assert_eq!(repaired.text, "✅\nâ\u{80}é x");
        assert_eq!(repaired.repairs.left, [2]);
    }

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
