//! The same commit with another tree: the object's bytes are kept, but for the tree's line and the signature.

use gix::ObjectId;

use super::FoldRefusal;
use crate::git::{CommitId, Error, Repository};

/// Writes the commit that differs from `commit` in its tree alone. A signed one is signed again.
pub(super) fn with_tree(
    repository: &Repository,
    commit: CommitId,
    tree: ObjectId,
) -> Result<ObjectId, FoldRefusal> {
    let cannot = |error: gix::Error| Error::other("read the commit", error);
    let object = repository.inner.find_object(commit.raw()).map_err(cannot)?;
    let Parts { mut bytes, was_signed } = parts(&object.data, &tree.to_string())
        .ok_or_else(|| Error::other("read the commit", "it is damaged"))?;
    if was_signed {
        let signature = repository.sign_commit(&bytes).map_err(FoldRefusal::Unsigned)?;
        insert_signature(&mut bytes, signature_header(tree), &signature);
    }
    Ok(repository.write_bytes(gix::objs::Kind::Commit, &bytes)?)
}

/// A commit's bytes with another tree and without its signature.
#[derive(Debug, PartialEq, Eq)]
struct Parts {
    bytes: Vec<u8>,
    was_signed: bool,
}

fn parts(commit: &[u8], tree: &str) -> Option<Parts> {
    let headers_end = commit.windows(2).position(|at| at == b"\n\n").map_or(commit.len(), |at| at + 1);
    let (headers, message) = commit.split_at(headers_end);
    let mut bytes = Vec::with_capacity(commit.len());
    let mut was_signed = false;
    let mut in_signature = false;
    for (at, line) in headers.split_inclusive(|byte| *byte == b'\n').enumerate() {
        if at == 0 {
            line.strip_prefix(b"tree ")?;
            bytes.extend_from_slice(format!("tree {tree}\n").as_bytes());
            continue;
        }
        // A header goes on in the lines that begin with a space; a tag's own signature stands in such lines.
        let goes_on = line.starts_with(b" ");
        in_signature = if goes_on { in_signature } else { is_signature(line) };
        was_signed |= in_signature;
        if !in_signature {
            bytes.extend_from_slice(line);
        }
    }
    bytes.extend_from_slice(message);
    Some(Parts { bytes, was_signed })
}

fn is_signature(line: &[u8]) -> bool {
    line.starts_with(b"gpgsig ") || line.starts_with(b"gpgsig-sha256 ")
}

fn signature_header(id: ObjectId) -> &'static str {
    if id.as_slice().len() == 20 { "gpgsig" } else { "gpgsig-sha256" }
}

/// Puts the signature where git puts it: behind all other headers.
fn insert_signature(commit: &mut Vec<u8>, header: &str, signature: &str) {
    let end = commit.windows(2).position(|at| at == b"\n\n").map_or(commit.len(), |at| at + 1);
    let lines = signature.trim_end_matches('\n').replace('\n', "\n ");
    commit.splice(end..end, format!("{header} {lines}\n").into_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &[u8] = b"tree 1111\nparent 2222\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\n\
        encoding ISO-8859-1\nmergetag object 33\n gpgsig inside\ngpgsig -----BEGIN\n \n abc\n -----END\n\
        odd header\n\nSubj\xe9ct\n\ngpgsig in the message\n";

    #[test]
    fn only_the_tree_and_the_signature_go() {
        let Parts { bytes, was_signed } = parts(COMMIT, "9999").unwrap();
        assert!(was_signed);
        let expected: &[u8] = b"tree 9999\nparent 2222\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\n\
            encoding ISO-8859-1\nmergetag object 33\n gpgsig inside\nodd header\n\n\
            Subj\xe9ct\n\ngpgsig in the message\n";
        assert_eq!(bytes, expected);
        assert!(!parts(expected, "9999").unwrap().was_signed);
        assert_eq!(parts(b"object 12\n", "9"), None);
    }

    #[test]
    fn a_signature_goes_behind_the_headers() {
        let mut bytes = b"tree 1\nauthor A\n\nSubject\n\nBody\n".to_vec();
        insert_signature(&mut bytes, "gpgsig", "-----BEGIN\n\nabc\n-----END\n");
        assert_eq!(bytes, b"tree 1\nauthor A\ngpgsig -----BEGIN\n \n abc\n -----END\n\nSubject\n\nBody\n");
    }
}
