//! One line of a list of allowed signers, as ssh-keygen takes it.

/// Whose signatures a line accepts, and by which key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignerLine<'l> {
    /// The addresses and patterns; what a line excludes by `!` is not among them.
    pub principals: Vec<&'l str>,
    /// The key's kind and the key; none where the line has none.
    pub key: Option<(&'l str, &'l str)>,
    /// Whether the key certifies others: it signs for many.
    pub is_authority: bool,
}

impl<'l> SignerLine<'l> {
    /// Reads the lines of a list, without comments and blank ones.
    pub fn all(list: &'l str) -> impl Iterator<Item = Self> {
        list.lines().filter_map(Self::read)
    }

    fn read(line: &'l str) -> Option<Self> {
        let mut words = words(line);
        let principals = words.next().filter(|first| !first.starts_with('#'))?.trim_matches('"');
        let mut next = words.next();
        // Options stand before the key's kind, and their values may contain blanks and what looks like a key.
        let options = next.filter(|word| !is_key_kind(word));
        if options.is_some() {
            next = words.next();
        }
        let kind = next.filter(|word| is_key_kind(word));
        let is_excluded = |one: &&str| one.is_empty() || one.starts_with('!');
        Some(Self {
            principals: principals.split(',').filter(|one| !is_excluded(one)).collect(),
            key: kind.and_then(|kind| Some((kind, words.next()?))),
            is_authority: options.is_some_and(|options| {
                options.split(',').any(|option| option.eq_ignore_ascii_case("cert-authority"))
            }),
        })
    }
}

/// Whether a word is the kind of a public key, such as `ssh-ed25519`.
#[must_use]
pub fn is_key_kind(word: &str) -> bool {
    ["ssh-", "ecdsa-", "sk-"].iter().any(|prefix| word.starts_with(prefix))
}

/// Returns the words of a line: blanks between double quotes part none.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    let parts = line.split(move |c: char| {
        is_quoted ^= c == '"';
        c.is_whitespace() && !is_quoted
    });
    parts.filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::SignerLine;

    #[test]
    fn a_line_has_principals_options_and_a_key() {
        let list = "# team\n\n  ada@x.org,!b@x.org,*@home.org ssh-ed25519 AAAA1 ssh-rsa AAAA2\n\
                    \"c d@x.org\" namespaces=\"git ssh-rsa AAAA3\",CERT-authority sk-ssh-ed25519@openssh.com AAAA4\n\
                    e@x.org\nf@x.org valid-before=\"cert-authority\" ecdsa-sha2-nistp256 AAAA5\n";
        let lines: Vec<SignerLine<'_>> = SignerLine::all(list).collect();
        let seen: Vec<_> =
            lines.iter().map(|line| (&line.principals[..], line.key, line.is_authority)).collect();
        assert_eq!(
            seen,
            [
                (&["ada@x.org", "*@home.org"][..], Some(("ssh-ed25519", "AAAA1")), false),
                (&["c d@x.org"], Some(("sk-ssh-ed25519@openssh.com", "AAAA4")), true),
                (&["e@x.org"], None, false),
                (&["f@x.org"], Some(("ecdsa-sha2-nistp256", "AAAA5")), false),
            ]
        );
    }
}
