//! Where a finding is: a tool's URI or path to a path below the repository. Nothing is looked up on disk.

/// Longest path kept, in characters.
const LONGEST: usize = 1_000;

/// Returns the path that a URI means: decoded, relative to the repository where it lies in it, else as text.
pub(super) fn of_uri(uri: &str, top: &str) -> String {
    let local = local_part(uri);
    match local {
        Some(path) => of_path(&decoded(path), top),
        None => printable(uri),
    }
}

/// Returns a path as it is kept: relative to the repository where it lies in it, else as text.
pub(super) fn of_path(path: &str, top: &str) -> String {
    let path =
        if path.contains('\\') && !path.contains('/') { path.replace('\\', "/") } else { path.to_owned() };
    let Some(normal) = normalised(&path) else { return printable(&path) };
    let below = normal.strip_prefix(top.trim_end_matches('/')).and_then(|rest| rest.strip_prefix('/'));
    printable(below.filter(|_| normal.starts_with('/')).unwrap_or(&normal))
}

/// Joins a URI to the base that it is relative to.
pub(super) fn joined(base: &str, uri: &str) -> String {
    if scheme(uri).is_some() || uri.starts_with('/') {
        return uri.to_owned();
    }
    let slash = if base.is_empty() || base.ends_with('/') { "" } else { "/" };
    format!("{base}{slash}{uri}")
}

/// Whether a path is one below the repository.
#[must_use]
pub fn is_inside(path: &str) -> bool {
    !path.starts_with('/') && scheme(path).is_none() && !path.split('/').any(|part| part == "..")
}

/// Returns the path of a `file:` URI or of one without a scheme; none for others.
fn local_part(uri: &str) -> Option<&str> {
    match scheme(uri) {
        None => Some(uri),
        Some(scheme) if scheme.eq_ignore_ascii_case("file") => {
            let rest = &uri[scheme.len() + 1..];
            let Some(rest) = rest.strip_prefix("//") else { return Some(rest) };
            let path = rest.find('/').map_or("", |at| &rest[at..]);
            // `file:///C:/x` is the path `C:/x`.
            let drive =
                path.as_bytes().get(1..3).is_some_and(|two| two[0].is_ascii_alphabetic() && two[1] == b':');
            Some(if drive { &path[1..] } else { path })
        }
        Some(_) => None,
    }
}

/// Returns the scheme of a URI. One letter is a drive.
fn scheme(uri: &str) -> Option<&str> {
    let (scheme, _) = uri.split_once(':')?;
    let valid = scheme.len() > 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|c| c.is_ascii_alphanumeric() || b"+-.".contains(&c));
    valid.then_some(scheme)
}

/// Decodes `%41`; a text that would not be UTF-8 stays as it is.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let byte = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3).filter(|hex| hex.bytes().all(|c| c.is_ascii_hexdigit())))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

/// Resolves `.` and `..` in the text alone; none where the path climbs out of where it begins.
fn normalised(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    let root = if path.starts_with('/') { "/" } else { "" };
    Some(format!("{root}{}", parts.join("/")))
}

fn printable(path: &str) -> String {
    path.chars().take(LONGEST).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::{is_inside, joined, of_path, of_uri};

    const TOP: &str = "/home/ada/repo";

    #[test]
    fn a_uri_becomes_a_path_below_the_repository() {
        for (uri, path) in [
            ("src/a.rs", "src/a.rs"),
            ("./src//x/../a.rs", "src/a.rs"),
            ("src/a%20b%C3%A9.rs", "src/a bé.rs"),
            ("100%.rs", "100%.rs"),
            ("%ff.rs", "%ff.rs"),
            ("file:///home/ada/repo/src/a.rs", "src/a.rs"),
            ("file://localhost/home/ada/repo/a.rs", "a.rs"),
            ("file:/home/ada/repo/a.rs", "a.rs"),
            ("/home/ada/repo/x/../a.rs", "a.rs"),
            ("src\\win\\a.rs", "src/win/a.rs"),
        ] {
            assert_eq!(of_uri(uri, TOP), path, "{uri}");
            assert!(is_inside(&of_uri(uri, TOP)), "{uri}");
        }
    }

    #[test]
    fn what_lies_elsewhere_stays_text() {
        for (uri, path) in [
            ("../../etc/passwd", "../../etc/passwd"),
            ("a/%2e%2e/%2e%2e/etc/passwd", "a/../../etc/passwd"),
            ("/home/ada/repository/a.rs", "/home/ada/repository/a.rs"),
            ("file:///home/ada/repo/../secret", "/home/ada/secret"),
            ("file:///etc/passwd", "/etc/passwd"),
            ("file:///C:/x/a.rs", "C:/x/a.rs"),
            ("https://example.com/a.rs", "https://example.com/a.rs"),
            ("pkg:cargo/serde@1", "pkg:cargo/serde@1"),
            ("a%00b%1b[31m", "a\u{fffd}b\u{fffd}[31m"),
        ] {
            assert_eq!(of_uri(uri, TOP), path, "{uri}");
        }
        for path in ["../x", "/etc/passwd", "https://example.com", "a/../../x"] {
            assert!(!is_inside(path), "{path}");
        }
        assert_eq!(of_path("a%20b", TOP), "a%20b", "a path is no URI");
    }

    #[test]
    fn a_base_is_put_before_what_is_relative() {
        assert_eq!(joined("file:///home/ada/repo/", "a.rs"), "file:///home/ada/repo/a.rs");
        assert_eq!(joined("sub", "a.rs"), "sub/a.rs");
        assert_eq!(joined("sub", "/a.rs"), "/a.rs");
        assert_eq!(joined("sub", "file:///a.rs"), "file:///a.rs");
    }
}
