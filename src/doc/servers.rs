//! The server's entry in the settings of MCP clients: spliced in and out, so that everything else stays, byte for byte.

use std::fmt;

use super::settings::{inserted, member, members, removed, with_key};

/// What the entry is called.
const NAME: &str = "tracker";

/// How a client has its servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerList {
    /// As JSON, in the table of this name.
    Json {
        /// The table.
        table: &'static str,
        /// Whether an entry says by what it is reached.
        is_typed: bool,
    },
    /// As TOML, in a table below this one.
    Toml {
        /// The table.
        table: &'static str,
    },
}

/// Why settings cannot be edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable(String);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

impl ServerList {
    /// Returns the entry as somebody adds it by hand.
    #[must_use]
    pub fn entry(self) -> String {
        match self {
            Self::Json { is_typed: true, .. } => {
                format!("\"{NAME}\": {{\"type\": \"stdio\", \"command\": \"tracker\", \"args\": [\"mcp\"]}}")
            }
            Self::Json { .. } => format!("\"{NAME}\": {{\"command\": \"tracker\", \"args\": [\"mcp\"]}}"),
            Self::Toml { table } => format!("[{table}.{NAME}]\ncommand = \"tracker\"\nargs = [\"mcp\"]\n"),
        }
    }

    /// Adds the entry to settings that have none of its name; one that is there may be somebody's own, and stays.
    pub fn with_server(self, text: &str) -> Result<String, Unreadable> {
        match self {
            Self::Json { table, .. } => self.with_member(text, table),
            Self::Toml { table } if has_table(&parse(text)?, table) => Ok(text.to_owned()),
            Self::Toml { .. } => {
                let gap = match text {
                    "" => "",
                    text if text.ends_with('\n') => "\n",
                    _ => "\n\n",
                };
                let after = format!("{text}{gap}{}", self.entry());
                // A table that was written in another form cannot be added to like this.
                parse(&after).map(|_| after)
            }
        }
    }

    fn with_member(self, text: &str, table: &str) -> Result<String, Unreadable> {
        let text = if text.trim().is_empty() { "{}\n" } else { text };
        let root = 0..text.len();
        match member(text, root.clone(), table)? {
            None => self.with_member(&inserted(text, root, 1, &format!("\"{table}\": {{}}")), table),
            Some(servers) if members(text, servers.clone())?.contains_key(NAME) => Ok(text.to_owned()),
            Some(servers) => Ok(inserted(text, servers, 2, &self.entry())),
        }
    }

    /// Removes the entry, and the table that is empty without it; none where nothing else is left.
    pub fn without_server(self, text: &str) -> Result<Option<String>, Unreadable> {
        let after = match self {
            Self::Json { table, .. } => {
                let root = 0..text.len();
                let Some(servers) = member(text, root.clone(), table)? else {
                    return Ok(Some(text.to_owned()));
                };
                let all = members(text, servers.clone())?;
                let Some(own) = all.get(NAME) else { return Ok(Some(text.to_owned())) };
                let (container, gone) = match all.len() {
                    1 => (root, with_key(text, servers, table)),
                    _ => (servers, with_key(text, own.clone(), NAME)),
                };
                let after = removed(text, container, gone);
                let is_empty = members(&after, 0..after.len())?.is_empty();
                return Ok(Some(after).filter(|_| !is_empty));
            }
            // What somebody has made of it is theirs.
            Self::Toml { .. } => text.replacen(&self.entry(), "", 1),
        };
        let after = if after == text { after } else { after.trim_end_matches('\n').to_owned() + "\n" };
        parse(&after)?;
        Ok(Some(after).filter(|after| !after.trim().is_empty()))
    }
}

fn parse(text: &str) -> Result<toml::Table, Unreadable> {
    text.parse::<toml::Table>().map_err(|error| Unreadable(error.message().to_owned()))
}

fn has_table(root: &toml::Table, table: &str) -> bool {
    root.get(table).and_then(|servers| servers.get(NAME)).is_some()
}

#[cfg(test)]
mod tests {
    use super::ServerList;

    const JSON: ServerList = ServerList::Json { table: "mcpServers", is_typed: false };
    const TYPED: ServerList = ServerList::Json { table: "servers", is_typed: true };
    const TOML: ServerList = ServerList::Toml { table: "mcp_servers" };

    #[test]
    fn the_entry_is_put_in_once_and_taken_out_and_the_rest_stays() {
        for (list, texts) in [
            (JSON, ["{\"a\": 1.10}\n", "{\n\t\"mcpServers\": {\n\t\t\"x\": {}\n\t},\n\t\"z\": [ ]\n}"]),
            (
                TYPED,
                ["{\n  \"inputs\": []\n}\n", "{ \"servers\" : { \"other\" : { \"url\" : \"http://x\" } } }"],
            ),
            (TOML, ["model = \"x\" # mine\n", "[mcp_servers.other]\ncommand = 'a'\n"]),
        ] {
            for before in texts {
                let after = list.with_server(before).unwrap();
                assert_ne!(after, before);
                assert_eq!(list.with_server(&after).unwrap(), after);
                assert_eq!(list.without_server(&after).unwrap().as_deref(), Some(before), "{after}");
                assert_eq!(list.without_server(before).unwrap().as_deref(), Some(before));
            }
            let made = list.with_server("").unwrap();
            assert_eq!(list.without_server(&made).unwrap(), None, "{made}");
        }
    }

    #[test]
    fn an_entry_of_somebody_stays_and_what_cannot_be_read_is_refused() {
        let own = "{\"mcpServers\": {\"tracker\": {\"command\": \"/opt/tracker\"}}}";
        assert_eq!(JSON.with_server(own).unwrap(), own);
        let own = "[mcp_servers]\ntracker = { command = \"/opt/tracker\" }\n";
        assert_eq!(TOML.with_server(own).unwrap(), own);
        assert_eq!(TOML.without_server(own).unwrap().as_deref(), Some(own));
        for text in ["// x\n{}", "[]", "{\"mcpServers\": []}"] {
            assert!(JSON.with_server(text).is_err(), "{text}");
        }
        for text in ["a = ", "mcp_servers = 3\n", "mcp_servers = { other = {} }\n"] {
            assert!(TOML.with_server(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_new_file_reads_well() {
        insta::assert_snapshot!(JSON.with_server("").unwrap(), @r#"
        {
          "mcpServers": {
            "tracker": {"command": "tracker", "args": ["mcp"]}
          }
        }
        "#);
        insta::assert_snapshot!(TYPED.with_server("").unwrap(), @r#"
        {
          "servers": {
            "tracker": {"type": "stdio", "command": "tracker", "args": ["mcp"]}
          }
        }
        "#);
    }
}
