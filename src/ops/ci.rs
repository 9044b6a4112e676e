//! The workflow that `init --ci` writes: which file, and its text from a template; and the files of a container that serves.
//! It installs nothing but what the
//! configuration says, or this version from the package's own repository; where neither is known, its job stops.

use super::{Result, Session};
use crate::store::Workspace;

const GITHUB: &str = include_str!("../../templates/ci/github.yml");
const GITLAB: &str = include_str!("../../templates/ci/gitlab.yml");

const DOCKERFILE: &str = include_str!("../../templates/serve/Dockerfile");
const COMPOSE: &str = include_str!("../../templates/serve/compose.yaml");

/// A file of a container that serves a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContainerFile {
    /// How it is built.
    Dockerfile,
    /// How it runs, for `docker compose`.
    Compose,
}

/// Returns the text of such a file, which installs this program as the configuration says.
#[must_use]
pub fn container_file(session: &Session<'_>, file: ContainerFile) -> String {
    let configured = session.config_or_default().0.ci.install;
    match file {
        ContainerFile::Dockerfile => fill(DOCKERFILE, &install_command(configured.as_deref()), ""),
        ContainerFile::Compose => COMPOSE.to_owned(),
    }
}

/// Where a workflow runs that does on the server what hooks do elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// GitHub Actions.
    Github,
    /// GitLab CI.
    Gitlab,
}

impl Server {
    /// Returns where the workflow is kept, below the top of the working tree.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Github => ".github/workflows/tracker.yml",
            Self::Gitlab => ".gitlab/tracker.yml",
        }
    }
}

/// Returns the workflow of a server.
pub(super) fn workflow(server: Server, install: Option<&str>, default_branch: &str) -> String {
    let install = install_command(install);
    let template = match server {
        Server::Github => GITHUB,
        Server::Gitlab => GITLAB,
    };
    fill(template, &install, default_branch)
}

/// Returns the command that installs this program on a runner: the configured one, else that of this version.
pub(super) fn install_command(configured: Option<&str>) -> String {
    configured
        .map_or_else(|| own_install(env!("CARGO_PKG_REPOSITORY"), env!("CARGO_PKG_VERSION")), str::to_owned)
}

/// Puts the command at the depth of its placeholder, and the branch into quotes.
fn fill(template: &str, install: &str, default_branch: &str) -> String {
    let mut text = String::new();
    for line in template.lines() {
        if let Some(indent) = line.strip_suffix("{install}") {
            for command in install.lines().map(str::trim_end) {
                let indent = if command.is_empty() { "" } else { indent };
                text.extend([indent, command, "\n"]);
            }
        } else {
            text.extend([&line.replace("{default_branch}", &filter(default_branch)), "\n"]);
        }
    }
    text
}

/// Returns the filter of GitHub Actions that fits one branch, as a text of YAML. What git allows in a name and the
/// filter takes for a pattern is `+`, and `!` in front.
fn filter(branch: &str) -> String {
    let plain = branch.replace('+', "\\+");
    let plain = if plain.starts_with('!') { format!("\\{plain}") } else { plain };
    serde_json::Value::String(plain).to_string()
}

/// Returns the command that installs this version from the package's own repository. No registry is used: who owns
/// a name there is not for this program to know.
fn own_install(repository: &str, version: &str) -> String {
    if repository.is_empty() {
        return "echo 'Say here how to install tracker: this program does not know where it came from.' >&2\n\
                echo 'In .tracker/config.toml, [ci] install = \"...\" does so for `tracker init --ci`.' >&2\n\
                exit 1"
            .to_owned();
    }
    format!("cargo install --locked --git {repository} --tag v{version} git-native-tracker")
}

/// Returns the branch that work is merged into: the target branch, else the current one.
pub(super) fn default_branch(workspace: &Workspace) -> Result<String> {
    let repository = workspace.repository()?;
    if let Some(target) = repository.target_branch()? {
        return Ok(target.branch().to_owned());
    }
    Ok(repository.branch()?.unwrap_or_else(|| "main".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_install_command_is_pinned_to_this_version_or_stops() {
        let command = own_install("https://example.com/t.git", "1.2.3");
        assert_eq!(
            command,
            "cargo install --locked --git https://example.com/t.git --tag v1.2.3 git-native-tracker"
        );
        assert!(own_install("", "1.2.3").ends_with("\nexit 1"));
    }

    #[test]
    fn an_install_command_of_several_lines_keeps_the_depth_of_the_template() {
        let text = fill("a:\n  - |\n    {install}\nb: [{default_branch}]\n", "one\n\ntwo", "a+b");
        assert_eq!(text, "a:\n  - |\n    one\n\n    two\nb: [\"a\\\\+b\"]\n");
    }

    #[test]
    fn a_template_names_no_package_and_no_branch() {
        for template in [GITHUB, GITLAB] {
            assert!(!template.contains("cargo install") && !template.contains("main]"), "{template}");
            assert!(template.contains("{install}") && !template.contains(" origin/"));
        }
    }
}
