//! Who is one person by the list of allowed signers: whoever has one key.

use std::collections::HashMap;

use crate::model::{SignerLine, may_overlap};

/// The principals of a list of allowed signers, by the people whose keys they are.
///
/// All principals of a line are one person, for one key signs for each of them. A principal that is a pattern is that
/// person under every address that it matches, also one that another line names: the key signs for that as well. So the
/// people of two lines that have an address in common are one. An authority that certifies keys signs for many.
#[derive(Debug, Clone, Default)]
pub(super) struct Signers {
    /// The person of each principal without wildcards, in lowercase.
    addresses: HashMap<String, usize>,
    /// The patterns, in lowercase, and whose they are.
    patterns: Vec<(String, usize)>,
    /// Whose each key is.
    keys: HashMap<String, usize>,
    /// The name of each person: an address, or the pattern where there is none.
    names: Vec<String>,
}

impl Signers {
    /// Reads a list as ssh-keygen takes it.
    pub(super) fn read(allowed_signers: &str) -> Self {
        let mut signers = Self::default();
        for line in SignerLine::all(allowed_signers).filter(|line| !line.is_authority) {
            signers.add(&line);
        }
        signers
    }

    /// Adds a line. Whoever has a key that another line lists as well is the person of both.
    fn add(&mut self, line: &SignerLine<'_>) {
        let mut own: Option<usize> = None;
        for principal in line.principals.iter().map(|principal| principal.to_lowercase()) {
            // Without an `@` it means the part before it.
            let pattern = if principal.contains('@') { principal } else { format!("{principal}@*") };
            let is_pattern = pattern.contains(['*', '?']);
            let overlap = |other: &str| have_common_address(&pattern, other);
            let mut same: Vec<usize> = match is_pattern {
                true => self.addresses.iter().filter(|(at, _)| overlap(at)).map(|(_, who)| *who).collect(),
                false => self.addresses.get(&pattern).copied().into_iter().collect(),
            };
            same.extend(self.patterns.iter().filter(|(other, _)| overlap(other)).map(|(_, who)| *who));
            let who = *own.get_or_insert_with(|| {
                self.names.push(pattern.clone());
                self.names.len() - 1
            });
            if !is_pattern && self.names[who].contains(['*', '?']) {
                self.names[who].clone_from(&pattern);
            }
            let who = same.into_iter().fold(who, |who, other| self.join(who, other));
            own = Some(who);
            match is_pattern {
                true => self.patterns.push((pattern, who)),
                false => drop(self.addresses.insert(pattern, who)),
            }
        }
        let (Some(who), Some((_, key))) = (own, line.key) else { return };
        let who = match self.keys.get(key) {
            Some(&other) => self.join(who, other),
            None => who,
        };
        self.keys.insert(key.to_owned(), who);
    }

    /// Makes one person of two, of the name of the earlier one; returns who that is.
    fn join(&mut self, one: usize, other: usize) -> usize {
        let (kept, gone) = (one.min(other), one.max(other));
        let patterns = self.patterns.iter_mut().map(|(_, who)| who);
        let whose = self.addresses.values_mut().chain(self.keys.values_mut()).chain(patterns);
        whose.filter(|who| **who == gone).for_each(|who| *who = kept);
        kept
    }

    /// Returns the address by which a person is known: the same for all addresses that one key signs for.
    pub(super) fn known_as(&self, address: &str) -> Option<&str> {
        let address = address.to_lowercase();
        let of_pattern = || self.patterns.iter().find(|(pattern, _)| have_common_address(pattern, &address));
        let who = self.addresses.get(&address).or_else(|| of_pattern().map(|(_, who)| who))?;
        Some(&self.names[*who]).filter(|name| **name != address).map(String::as_str)
    }
}

/// Whether some address may be meant by both: two patterns, or a pattern and an address.
fn have_common_address(one: &str, other: &str) -> bool {
    // As names at the top, which is where a glob with a slash begins.
    may_overlap(&format!("/{one}"), &format!("/{other}"))
}

#[cfg(test)]
mod tests {
    use super::Signers;

    const CASES: [(&str, &str, &[&[&str]]); 9] = [
        ("two lines", "ada@x.org K1\nbob@x.org K2", &[&["ada@x.org"], &["bob@x.org"]]),
        ("addresses of a line", "bob@x.org,Bob@Home.org K1", &[&["bob@x.org", "bob@home.org", "BOB@X.org"]]),
        (
            "a pattern",
            "*@rev.org K1\nada@x.org K2",
            &[&["b1@rev.org", "b2@rev.org"], &["ada@x.org"], &["c@else.org"]],
        ),
        ("a pattern over an address", "b1@rev.org K1\n*@rev.org K2", &[&["b1@rev.org", "b2@rev.org"]]),
        (
            "patterns that overlap",
            "a*@x.org K1\n*b@x.org K2\nc?@y.org K3",
            &[&["ad@x.org", "eb@x.org"], &["cc@y.org"]],
        ),
        ("a name for any address", "ada K1\nbob@x.org K2", &[&["ada@x.org", "ada@y.org"], &["bob@x.org"]]),
        (
            "one key on two lines",
            "bob@x.org ssh-ed25519 K1\nada@x.org ssh-ed25519 K2\nbob@home.org namespaces=\"a b\" ssh-ed25519 K1 home",
            &[&["bob@x.org", "bob@home.org"], &["ada@x.org"]],
        ),
        (
            "by way of a key and an address",
            "a@x.org ssh-rsa K1\nb@x.org ssh-rsa K2\nc@x.org ssh-rsa K1\nc@x.org,b@x.org ssh-rsa K3",
            &[&["a@x.org", "b@x.org", "c@x.org"]],
        ),
        ("an authority", "*@x.org cert-authority K1", &[&["ada@x.org"], &["bob@x.org"]]),
    ];

    #[test]
    fn one_key_is_one_person() {
        for (what, list, people) in CASES {
            let signers = Signers::read(list);
            let name = |address: &str| {
                let lower = address.to_lowercase();
                signers.known_as(address).map_or(lower, str::to_owned)
            };
            let mut names = Vec::new();
            for person in people {
                let name_of_first = name(person[0]);
                assert!(person.iter().all(|address| name(address) == name_of_first), "{what}: {person:?}");
                assert!(!names.contains(&name_of_first), "{what}: {person:?} is somebody else");
                names.push(name_of_first);
            }
        }
    }
}
