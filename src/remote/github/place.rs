//! Which repository of which host.

use std::fmt;

use crate::model::RepositoryName;

/// The host that is meant where none is named.
const HOST: &str = "github.com";

/// A repository on GitHub, or on a GitHub Enterprise Server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GithubPlace {
    pub(super) host: String,
    pub(super) owner: String,
    pub(super) name: String,
}

impl GithubPlace {
    /// Reads `OWNER/NAME` or `HOST/OWNER/NAME`, as `gh` spells repositories.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let RepositoryName { host, owner, name } = RepositoryName::parse(text)?;
        let host = host.unwrap_or(HOST).to_ascii_lowercase();
        Some(Self { host, owner: owner.to_owned(), name: name.to_owned() })
    }

    /// Reads the address of a git remote.
    pub(crate) fn of_remote(url: &str) -> Option<Self> {
        let rest = ["https://", "http://", "ssh://"].into_iter().find_map(|start| url.strip_prefix(start));
        let (host, path) = match rest {
            Some(rest) => rest.split_once('/')?,
            None => {
                url.split_once(':').filter(|(host, path)| !host.contains('/') && !path.starts_with("//"))?
            }
        };
        let host = host.rsplit('@').next()?.split(':').next()?;
        let host = if host.eq_ignore_ascii_case("ssh.github.com") { HOST } else { host };
        let path = path.trim_matches('/').trim_end_matches(".git");
        let is_repository = path.split('/').count() == 2;
        is_repository.then(|| Self::read(&format!("{host}/{path}"))).flatten()
    }

    /// Returns the path of a part of the repository below the API.
    pub(super) fn api(&self, rest: &str) -> String {
        format!("repos/{}/{}{rest}", self.owner, self.name)
    }

    /// Returns the path of the end of a branch below the API.
    pub(super) fn branch(&self, name: &str) -> String {
        let mut path = self.api("/git/ref/heads/");
        for byte in name.bytes() {
            match byte {
                byte if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) => path.push(byte.into()),
                byte => path.push_str(&format!("%{byte:02X}")),
            }
        }
        path
    }

    fn api_base(&self) -> String {
        if self.host == HOST {
            return "https://api.github.com/".to_owned();
        }
        format!("https://{}/api/v3/", self.host)
    }

    /// Returns the path of an address below the API; none of one that is elsewhere.
    pub(super) fn path_of<'u>(&self, url: &'u str) -> Option<&'u str> {
        url.strip_prefix(&self.api_base())
    }

    /// Whether an address is that of this repository.
    pub(super) fn is_of(&self, repository_url: &str) -> bool {
        self.path_of(repository_url).is_some_and(|path| path.eq_ignore_ascii_case(&self.api("")))
    }
}

impl fmt::Display for GithubPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.host, self.owner, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::GithubPlace;

    #[test]
    fn a_repository_is_read_from_the_configuration_and_from_a_remote() {
        let read = |text: &str| GithubPlace::read(text).map(|place| place.to_string());
        assert_eq!(read("octo/app.js").as_deref(), Some("github.com/octo/app.js"));
        assert_eq!(read("ghe.example.com/octo/app").as_deref(), Some("ghe.example.com/octo/app"));
        for text in ["octo", "octo/", "a/b/c/d", "octo/app?x", "-o/app", "octo/..", "octo/app name"] {
            assert_eq!(read(text), None, "{text}");
        }
        let of = |url: &str| GithubPlace::of_remote(url).map(|place| place.to_string());
        for url in [
            "https://github.com/octo/app.git",
            "https://github.com/octo/app/",
            "git@github.com:octo/app.git",
            "ssh://git@github.com/octo/app.git",
            "ssh://git@ssh.github.com:443/octo/app.git",
        ] {
            assert_eq!(of(url).as_deref(), Some("github.com/octo/app"), "{url}");
        }
        for url in ["../origin", "/srv/git/app.git", "file:///srv/app", "https://github.com/octo"] {
            assert_eq!(of(url), None, "{url}");
        }
    }

    #[test]
    fn nothing_of_another_host_or_repository_is_followed() {
        let place = GithubPlace::read("octo/app").unwrap();
        assert_eq!(
            place.path_of("https://api.github.com/repositories/1?page=2"),
            Some("repositories/1?page=2")
        );
        assert_eq!(place.path_of("https://api.github.com.evil.example/x"), None);
        assert!(place.is_of("https://api.github.com/repos/Octo/App"));
        assert!(!place.is_of("https://api.github.com/repos/octo/other"));
        assert_eq!(place.branch("fix/a#1?é{x}"), "repos/octo/app/git/ref/heads/fix/a%231%3F%C3%A9%7Bx%7D");
        let own = GithubPlace::read("ghe.example.com/octo/app").unwrap();
        assert!(own.is_of("https://ghe.example.com/api/v3/repos/octo/app"));
    }
}
