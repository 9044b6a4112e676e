//! Members that are named by their keys.

use crate::model::{Config, Problem, SignerLine, is_key_kind};

/// Whether a member is given as a public key: `ssh-ed25519 AAAA…`, with or without a comment.
pub(super) fn is_key(member: &str) -> bool {
    let kind = member.split_whitespace().next().unwrap_or_default();
    is_key_kind(kind) && member.split_whitespace().nth(1).is_some_and(|key| key.starts_with("AAAA"))
}

/// Whether any member is given as a key.
#[must_use]
pub fn names_keys(config: &Config) -> bool {
    config.roles.values().flat_map(|role| &role.members).any(|member| is_key(member))
}

/// Puts in the place of members that are given as keys those for whom they sign by a list of allowed signers. A key
/// that no line has is nobody's, and reported.
pub fn resolve_member_keys(config: &mut Config, allowed_signers: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, role) in &mut config.roles {
        let mut members = Vec::with_capacity(role.members.len());
        for member in std::mem::take(&mut role.members) {
            if !is_key(&member) {
                members.push(member);
                continue;
            }
            let principals = principals_of(&member, allowed_signers);
            if principals.is_empty() {
                let key: String = member.chars().take(40).collect();
                let problem = Problem::warning(format!("no line of allowed_signers has the key `{key}…`"));
                let key = format!("roles.{name}.members");
                problems.push(Problem { key: Some(key), ..problem });
                // It stays, and means nobody: a role without members is anybody's.
                members.push(member);
            }
            members.extend(principals);
        }
        role.members = members;
    }
    problems
}

fn principals_of(member: &str, allowed_signers: &str) -> Vec<String> {
    let mut words = member.split_whitespace();
    let key = words.next().zip(words.next());
    let lines = SignerLine::all(allowed_signers).filter(|line| line.key == key && !line.is_authority);
    lines.flat_map(|line| line.principals).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::{names_keys, resolve_member_keys};
    use crate::doc::read_config;

    #[test]
    fn members_by_key_are_those_for_whom_it_signs() {
        let signers = "# team\nada@example.com,ada@home.example valid-before=\"2030\" ssh-ed25519 AAAAone ada\n\
                       ca@example.com cert-authority ssh-ed25519 AAAAtwo\n";
        let text = "[roles.sec]\nmembers = [\"ssh-ed25519 AAAAone\", \"ssh-ed25519 AAAAtwo\", \"ken@example.com\"]\n\
                    [policy]\nsignatures = \"require\"\n";
        let (mut config, problems) = read_config(text.as_bytes()).unwrap();
        assert!(problems.is_empty() && config.errors.is_empty() && names_keys(&config), "{problems:?}");
        let problems = resolve_member_keys(&mut config, signers);
        let members = &config.roles["sec"].members;
        assert_eq!(
            *members,
            ["ada@example.com", "ada@home.example", "ssh-ed25519 AAAAtwo", "ken@example.com"]
        );
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].message, "no line of allowed_signers has the key `ssh-ed25519 AAAAtwo…`");
    }
}
