//! Structured mutation: documents that are nearly right.

use fastrand::Rng;

use super::corpus::{LINES, VALUES};

/// Returns a document made of another one by a few changes.
pub(crate) fn mutate(documents: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let mut bytes = rng.choice(documents).unwrap().clone();
    bytes.truncate(20_000);
    for _ in 0..rng.usize(0..5) {
        if bytes.is_empty() {
            bytes.push(b'\n');
        }
        bytes = match rng.u8(0..14) {
            0..4 => set_value(&bytes, rng),
            4 => insert_line(&bytes, rng),
            5 => with_lines(&bytes, |lines| drop(lines.remove(rng.usize(..lines.len())))),
            6 => with_lines(&bytes, |lines| {
                let line = lines[rng.usize(..lines.len())].clone();
                lines.insert(rng.usize(..=lines.len()), line);
            }),
            7 => with_lines(&bytes, |lines| {
                let (a, b) = (rng.usize(..lines.len()), rng.usize(..lines.len()));
                lines.swap(a, b);
            }),
            8 => with_lines(&bytes, |lines| {
                let line = rng.usize(..lines.len());
                lines[line] = [vec![b' '; rng.usize(1..5)], lines[line].clone()].concat();
            }),
            9 => endings(&bytes, rng),
            10 => one_byte(bytes, rng),
            11 => insert_anywhere(bytes, rng),
            12 => other_lines(&bytes, rng.choice(documents).unwrap(), rng),
            _ => byte_order_mark_or_end(bytes, rng),
        };
    }
    bytes
}

fn with_lines(bytes: &[u8], change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = bytes.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
    change(&mut lines);
    lines.concat()
}

fn set_value(bytes: &[u8], rng: &mut Rng) -> Vec<u8> {
    let value = *rng.choice(VALUES).unwrap();
    with_lines(bytes, |lines| {
        let has_key =
            |line: &Vec<u8>| line.contains(&b':') && line.first().is_some_and(u8::is_ascii_alphabetic);
        let keys: Vec<usize> = (0..lines.len().min(30)).filter(|&at| has_key(&lines[at])).collect();
        let Some(&at) = rng.choice(&keys) else { return };
        let colon = lines[at].iter().position(|&byte| byte == b':').unwrap();
        let ending = if lines[at].ends_with(b"\r\n") { "\r\n" } else { "\n" };
        let value = format!("{value}\n").replace('\n', ending);
        lines[at].truncate(colon + 1);
        lines[at].extend(value.as_bytes());
    })
}

fn insert_line(bytes: &[u8], rng: &mut Rng) -> Vec<u8> {
    let line = format!("{}\n", rng.choice(LINES).unwrap()).into_bytes();
    with_lines(bytes, |lines| lines.insert(rng.usize(..=lines.len()), line))
}

fn endings(bytes: &[u8], rng: &mut Rng) -> Vec<u8> {
    let all = rng.bool();
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    let ending = |line: &str| {
        let crlf = all || rng.bool();
        if crlf { line.replace('\n', "\r\n") } else { line.to_owned() }
    };
    text.split_inclusive('\n').map(ending).collect::<String>().into_bytes()
}

fn one_byte(mut bytes: Vec<u8>, rng: &mut Rng) -> Vec<u8> {
    let at = rng.usize(..bytes.len());
    let interesting = *rng.choice(b" \t\n\r:-#'\"[]{},&*!|>%@`?~x\0\xc3\\").unwrap();
    match rng.u8(0..3) {
        0 => bytes[at] = interesting,
        1 => bytes.insert(at, interesting),
        _ => drop(bytes.remove(at)),
    }
    bytes
}

fn insert_anywhere(mut bytes: Vec<u8>, rng: &mut Rng) -> Vec<u8> {
    let from = if rng.bool() { VALUES } else { LINES };
    let snippet = *rng.choice(from).unwrap();
    let snippet = snippet.repeat(if rng.u8(0..20) == 0 { rng.usize(1..2000) } else { 1 });
    let at = rng.usize(..=bytes.len());
    bytes.splice(at..at, snippet.bytes());
    bytes
}

fn other_lines(bytes: &[u8], other: &[u8], rng: &mut Rng) -> Vec<u8> {
    let theirs: Vec<Vec<u8>> = other.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
    let from = rng.usize(..=theirs.len());
    let to = (from + rng.usize(0..6)).min(theirs.len());
    with_lines(bytes, |lines| {
        let at = rng.usize(..=lines.len());
        lines.splice(at..at, theirs[from..to].to_vec());
    })
}

fn byte_order_mark_or_end(mut bytes: Vec<u8>, rng: &mut Rng) -> Vec<u8> {
    match rng.u8(0..4) {
        0 => bytes.splice(0..0, "\u{feff}".bytes()).for_each(drop),
        1 => bytes.truncate(rng.usize(..=bytes.len())),
        _ => {
            while bytes.last().is_some_and(u8::is_ascii_whitespace) {
                bytes.pop();
            }
        }
    }
    bytes
}
