//! The addresses of pages: read from a path and a query, and written as links, of a server or of files.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::model::Badge;

/// What a page is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    /// Counts, and cards of tasks.
    Overview(Overview),
    /// Tasks by stage.
    Board {
        /// Which tasks.
        query: String,
    },
    /// A task.
    Task(String),
    /// What waits for the user.
    Inbox,
    /// What waits for reviews, and branches.
    Reviews,
    /// What a branch would bring.
    Review(String),
    /// All sprints.
    Sprints,
    /// A sprint.
    Sprint(String),
    /// All plans.
    Plans,
    /// A plan.
    Plan(String),
    /// All runs.
    Runs,
    /// A run.
    Run(String),
    /// Which task waits for which.
    Graph {
        /// Which tasks.
        query: String,
    },
    /// Workers, and what they leave for people.
    Fleet,
}

/// Which cards are shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Overview {
    /// Only those with this badge.
    pub(crate) badge: Option<Badge>,
    /// Only those that match.
    pub(crate) query: String,
    /// Which part of them, from 0.
    pub(crate) part: usize,
}

/// What of a name is written into an address as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Writes a name as a part of an address.
pub(crate) fn encoded(name: &str) -> String {
    utf8_percent_encode(name, PLAIN).to_string()
}

/// Writes the query of an address, which [`pairs`] reads.
pub(super) fn joined<N: AsRef<str>, V: AsRef<str>>(pairs: impl Iterator<Item = (N, V)>) -> String {
    let pair = |(name, value): (N, V)| format!("{}={}", encoded(name.as_ref()), encoded(value.as_ref()));
    pairs.map(pair).collect::<Vec<_>>().join("&")
}

/// Reads a part of an address; none where it is no text.
pub(crate) fn decoded(part: &str) -> Option<String> {
    percent_decode_str(part).decode_utf8().ok().map(|text| text.into_owned())
}

/// Reads the pairs of a query; what is no text is left out.
pub(crate) fn pairs(query: &str) -> Vec<(String, String)> {
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((decoded(&name.replace('+', " "))?, decoded(&value.replace('+', " "))?))
    };
    query.split('&').filter(|pair| !pair.is_empty()).filter_map(pair).collect()
}

impl Address {
    /// Reads an address; none where it is of no page.
    pub(crate) fn parse(path: &str, query: &[(String, String)]) -> Option<Self> {
        let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let parts: Vec<String> = path
            .strip_prefix('/')?
            .split('/')
            .filter(|part| !part.is_empty())
            .map(decoded)
            .collect::<Option<_>>()?;
        let text = || value("q").unwrap_or_default();
        Some(match parts.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            [] => {
                let badge = value("badge").unwrap_or_default();
                Self::Overview(Overview {
                    badge: Badge::ALL.into_iter().find(|known| known.as_str() == badge),
                    query: text(),
                    part: value("part")
                        .and_then(|part| part.parse::<usize>().ok()?.checked_sub(1))
                        .unwrap_or(0),
                })
            }
            ["board"] => Self::Board { query: text() },
            ["inbox"] => Self::Inbox,
            ["reviews"] => Self::Reviews,
            ["reviews", head] => Self::Review((*head).to_owned()),
            ["sprints"] => Self::Sprints,
            ["sprints", name] => Self::Sprint((*name).to_owned()),
            ["plans"] => Self::Plans,
            ["plans", id] => Self::Plan((*id).to_owned()),
            ["runs"] => Self::Runs,
            ["runs", id] => Self::Run((*id).to_owned()),
            ["graph"] => Self::Graph { query: text() },
            ["fleet"] => Self::Fleet,
            ["tasks", id] => Self::Task((*id).to_owned()),
            _ => return None,
        })
    }

    /// Returns the parts of its path, and its query.
    fn parts(&self) -> (Vec<String>, Vec<(&'static str, String)>) {
        let of = |folder: &str, name: &str| (vec![folder.to_owned(), encoded(name)], Vec::new());
        let all = |folder: &str| (vec![folder.to_owned()], Vec::new());
        let queried = |folder: &str, query: &String| {
            let query = (!query.is_empty()).then(|| ("q", query.clone()));
            (vec![folder.to_owned()], query.into_iter().collect())
        };
        match self {
            Self::Overview(Overview { badge, query, part }) => {
                let badge = badge.map(|badge| ("badge", badge.as_str().to_owned()));
                let query = (!query.is_empty()).then(|| ("q", query.clone()));
                let part = (*part > 0).then(|| ("part", (part + 1).to_string()));
                (Vec::new(), badge.into_iter().chain(query).chain(part).collect())
            }
            Self::Board { query } => queried("board", query),
            Self::Graph { query } => queried("graph", query),
            Self::Task(id) => of("tasks", id),
            Self::Inbox => all("inbox"),
            Self::Reviews => all("reviews"),
            Self::Review(head) => of("reviews", head),
            Self::Sprints => all("sprints"),
            Self::Sprint(name) => of("sprints", name),
            Self::Plans => all("plans"),
            Self::Plan(id) => of("plans", id),
            Self::Runs => all("runs"),
            Self::Run(id) => of("runs", id),
            Self::Fleet => all("fleet"),
        }
    }

    /// Writes it as a server's path and query, as of a revision.
    pub(super) fn of_server(&self, at: Option<&str>) -> String {
        let (parts, query) = self.parts();
        let query = query.into_iter().chain(at.map(|at| ("at", at.to_owned())));
        let query = joined(query);
        let mark = if query.is_empty() { "" } else { "?" };
        format!("/{}{mark}{query}", parts.join("/"))
    }

    /// Returns the path of its file in a site. Files have no queries: of an overview, badge and part are in its name.
    pub(super) fn file(&self) -> String {
        match self {
            Self::Overview(Overview { badge: None, part: 0, .. }) => "index.html".to_owned(),
            Self::Overview(Overview { badge, part, .. }) => {
                let tab = badge.map_or("all", Badge::as_str);
                let part = if *part == 0 { String::new() } else { format!("-{}", part + 1) };
                format!("overview/{tab}{part}.html")
            }
            _ => format!("{}.html", self.parts().0.join("/")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, Overview, pairs};
    use crate::model::Badge;

    #[test]
    fn what_is_written_is_read_as_the_same_address() {
        let overview = Overview { badge: Some(Badge::AwaitingQa), query: "tag:a&b \"é\"".into(), part: 2 };
        let all = [
            Address::Overview(Overview::default()),
            Address::Overview(overview),
            Address::Board { query: "is:mine".into() },
            Address::Task("TASK-7Q2M".into()),
            Address::Review("fix/a b?c#d%2f".into()),
            Address::Sprints,
            Address::Sprint("SPRINT 1".into()),
            Address::Run("RUN-1".into()),
            Address::Plans,
            Address::Fleet,
            Address::Graph { query: "is:ready".into() },
        ];
        for address in all {
            let written = address.of_server(Some("HEAD~1"));
            let (path, query) = written.split_once('?').unwrap();
            let query = pairs(query);
            assert_eq!(Address::parse(path, &query).as_ref(), Some(&address), "{written}");
            assert!(query.contains(&("at".into(), "HEAD~1".into())), "{written}");
        }
    }

    #[test]
    fn what_is_no_page_has_no_address() {
        for path in ["", "tasks", "/tasks", "/tasks/a/b", "/x", "/tasks/%ff", "//evil/x/y/z"] {
            assert_eq!(Address::parse(path, &[]), None, "{path}");
        }
    }

    #[test]
    fn a_site_has_a_file_for_each() {
        let part = |badge, part| Address::Overview(Overview { badge, query: String::new(), part }).file();
        assert_eq!(part(None, 0), "index.html");
        assert_eq!(part(None, 1), "overview/all-2.html");
        assert_eq!(part(Some(Badge::Done), 0), "overview/done.html");
        assert_eq!(Address::Task("TASK-1".into()).file(), "tasks/TASK-1.html");
        assert_eq!(Address::Review("a/../b".into()).file(), "reviews/a%2F..%2Fb.html");
    }
}
