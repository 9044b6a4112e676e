//! Where commits and files can be looked at, from the address that the repository is fetched from.

use super::Web;

impl Web {
    /// Returns the addresses of a remote's web pages; none for one that has none, such as a folder.
    #[must_use]
    pub fn of(url: &str, head: &str) -> Option<Self> {
        let (host, path) = host_and_path(url)?;
        let path = path.trim_matches('/').trim_end_matches(".git");
        let is_plain =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._/~+:".contains(&byte));
        if host.is_empty() || !path.contains('/') || !is_plain(host) || !is_plain(path) || path.contains("..")
        {
            return None;
        }
        let page = format!("https://{host}/{path}");
        let (commit, file) = if host.contains("gitlab") {
            ("/-/commit/", format!("/-/blob/{head}/"))
        } else if host.contains("bitbucket") {
            ("/commits/", format!("/src/{head}/"))
        } else if host.contains("gitea") || host.contains("codeberg") || host.contains("forgejo") {
            ("/commit/", format!("/src/commit/{head}/"))
        } else {
            ("/commit/", format!("/blob/{head}/"))
        };
        Some(Self { commit: format!("{page}{commit}"), file: format!("{page}{file}") })
    }
}

/// Takes `https://host/path`, `ssh://git@host:22/path` and `git@host:path` apart.
fn host_and_path(url: &str) -> Option<(&str, &str)> {
    if let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) {
        let (host, path) = rest.split_once('/')?;
        return Some((host.rsplit('@').next()?, path));
    }
    if let Some(rest) = url.strip_prefix("ssh://") {
        let (host, path) = rest.split_once('/')?;
        return Some((host.rsplit('@').next()?.split(':').next()?, path));
    }
    let (host, path) = url.split_once(':')?;
    let is_host = host.contains('@') && !url.contains("://");
    is_host.then(|| (host.rsplit('@').next().unwrap_or(host), path))
}

#[cfg(test)]
mod tests {
    use super::Web;

    #[test]
    fn remotes_become_pages() {
        for url in [
            "https://github.com/ada/loom.git",
            "git@github.com:ada/loom.git",
            "ssh://git@github.com:22/ada/loom",
            "https://token@github.com/ada/loom/",
        ] {
            let web = Web::of(url, "abc").unwrap();
            assert_eq!(web.commit, "https://github.com/ada/loom/commit/", "{url}");
            assert_eq!(web.file, "https://github.com/ada/loom/blob/abc/", "{url}");
        }
        let web = Web::of("git@gitlab.example.com:a/b/c.git", "abc").unwrap();
        assert_eq!(web.file, "https://gitlab.example.com/a/b/c/-/blob/abc/");
        for url in [
            "/srv/git/loom.git",
            "../loom",
            "file:///srv/a/b",
            "https://x/",
            "https://evil\"onclick/a/b",
            "git@h:a/../b",
        ] {
            assert_eq!(Web::of(url, "abc"), None, "{url}");
        }
    }
}
