//! Who is meant: patterns of people against people.

use crate::model::{Config, Person, Role, Signatures, composed};

/// Whether somebody may sign for a role. A person is known by several names: as the mailmap says, as the vote says.
///
/// Nobody may for a role that no table defines. Where signatures are looked at, members are compared with addresses,
/// never with names: whoever signs writes his name himself.
#[must_use]
pub fn is_member(config: &Config, role: Role<'_>, known_as: &[&Person]) -> bool {
    let members = &role.rules.members;
    let means = |member: &String| known_as.iter().any(|person| is_member_meant(config, member, person));
    role.is_defined && (members.is_empty() || members.iter().any(means))
}

/// Whether one pattern of `members` means a person.
#[must_use]
pub fn is_member_meant(config: &Config, pattern: &str, person: &Person) -> bool {
    match config.policy.signatures {
        Signatures::Off => is_meant(pattern, person),
        Signatures::Warn | Signatures::Require => is_signer(pattern, person),
    }
}

/// Whether a pattern of `members` means a person: with `@` it is compared with the address, else with the
/// name. `*` means anything; case does not matter.
#[must_use]
pub fn is_meant(pattern: &str, person: &Person) -> bool {
    let subject = if pattern.contains('@') { &person.email } else { &person.name };
    wildcard(pattern, subject)
}

/// Whether a principal of the list of allowed signers is a person: with `@` it is compared with the address, else
/// with the part of it before the `@`. A name proves nothing, for whoever signs writes it himself.
#[must_use]
pub fn is_signer(principal: &str, person: &Person) -> bool {
    let subject = if principal.contains('@') { &person.email } else { local_part(person) };
    wildcard(principal, subject)
}

/// Whether a pattern of `agents` means a person. Without `@`, it is compared with the part of the address
/// before the `@` as well: to take an agent for a person is the worse mistake.
#[must_use]
pub fn is_agent(patterns: &[String], person: &Person) -> bool {
    let local = local_part(person);
    let meant =
        |pattern: &String| is_meant(pattern, person) || !pattern.contains('@') && wildcard(pattern, local);
    patterns.iter().any(meant)
}

/// Returns the role of a stage that is for people only, where whoever moves a task out of the stage is an agent, or has
/// an agent do it: what people have approved is moved on by people. Of the actor only the name is known.
#[must_use]
pub fn role_for_people<'c>(
    config: &'c Config,
    stage: &str,
    actor: &str,
    agent: Option<&str>,
) -> Option<&'c str> {
    let mut roles = config.signoffs_of(stage).iter().map(String::as_str);
    let actor = Person { name: actor.to_owned(), email: String::new() };
    let is_agent = agent.is_some() || is_agent(&config.policy.agents, &actor);
    roles.find(|role| is_agent && config.role(role).rules.people_only)
}

fn local_part(person: &Person) -> &str {
    person.email.split('@').next().unwrap_or_default()
}

/// Compares texts; `*` in the pattern means anything, and nothing else in it is special. Case does not matter.
fn wildcard(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (composed(pattern).to_lowercase(), composed(text).to_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{is_agent, is_meant, is_signer};
    use crate::model::Person;

    fn person(name: &str, email: &str) -> Person {
        Person { name: name.to_owned(), email: email.to_owned() }
    }

    #[test]
    fn members_are_meant_by_address_or_name() {
        let ada = person("Ada Lovelace", "Ada@Example.com");
        for pattern in ["ada@example.com", "*@example.com", "ada lovelace", "Ada*", "*"] {
            assert!(is_meant(pattern, &ada), "{pattern}");
        }
        for pattern in ["ada", "bob@example.com", "*@example.org", "@example.com", "ada@exampl?.com"] {
            assert!(!is_meant(pattern, &ada), "{pattern}");
        }
    }

    #[test]
    fn signers_are_identified_by_address_alone() {
        let posing = person("dev", "Ada@Example.com");
        for principal in ["ada@example.com", "*@example.com", "ada"] {
            assert!(is_signer(principal, &posing), "{principal}");
        }
        for principal in ["dev", "dev@example.com", "example.com", "bob"] {
            assert!(!is_signer(principal, &posing), "{principal}");
        }
    }

    #[test]
    fn agents_are_meant_by_more() {
        let patterns = ["*[bot]", "*[bot]@*", "claude", "*@bots.example"].map(str::to_owned);
        for agent in [
            person("dependabot[bot]", "x@y"),
            person("d", "49699333+dependabot[bot]@users.noreply.github.com"),
            person("Claude", "a@b"),
            person("x", "claude@anywhere"),
            person("x", "a@bots.example"),
        ] {
            assert!(is_agent(&patterns, &agent), "{agent}");
        }
        assert!(!is_agent(&patterns, &person("bo", "bo@example.com")));
    }
}
