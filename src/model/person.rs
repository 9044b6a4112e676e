//! People: a name and an address.

use std::fmt;

/// A person as git knows people.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The mail address, which distinguishes people.
    pub email: String,
}

impl Person {
    /// Reads `Name <address>`, as [`Person`] is displayed. Returns none for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, email) = text.trim().strip_suffix('>')?.rsplit_once('<')?;
        let (name, email) = (name.trim(), email.trim());
        let sound = |part: &str| !part.is_empty() && !part.chars().any(|c| c.is_control() || c == '>');
        let is_address = sound(email) && !email.contains(char::is_whitespace);
        (sound(name) && is_address).then(|| Self { name: name.to_owned(), email: email.to_owned() })
    }

    /// Whether two people have one address: case does not matter.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.email.to_lowercase() == other.email.to_lowercase()
    }
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} <{}>", self.name, self.email)
    }
}

/// Returns who did something, and the agent that did it for them.
#[must_use]
pub(crate) fn by_agent(by: &str, agent: Option<&str>) -> String {
    agent.map_or_else(|| by.to_owned(), |agent| format!("{by} ({agent})"))
}

#[cfg(test)]
mod tests {
    use super::Person;

    #[test]
    fn reads_what_it_writes_and_nothing_else() {
        let ada = Person { name: "Ada <A> Lovelace".to_owned(), email: "ada@example.com".to_owned() };
        assert_eq!(Person::parse("Ada < ada@example.com >").unwrap().email, "ada@example.com");
        for text in ["", "Ada", "<ada@example.com>", "Ada <>", "Ada <a b>", "Ada <a>>", "A\u{1b} <a@b>"] {
            assert_eq!(Person::parse(text), None, "{text:?}");
        }
        assert_eq!(Person::parse(&ada.to_string()), None, "a name with a bracket is refused, not misread");
    }

    #[test]
    fn an_address_tells_people_apart() {
        let person = |name: &str, email: &str| Person { name: name.to_owned(), email: email.to_owned() };
        assert!(person("Ada", "Ada@Example.com").is_same(&person("A. L.", "ada@example.com")));
        assert!(!person("Ada", "ada@example.com").is_same(&person("Ada", "ada@example.org")));
    }
}
