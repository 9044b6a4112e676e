//! `role`: members and quorum from the configuration, prompt and checklist from the role's file.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Error, Result, Session, Written};
use crate::model::{Config, Problem, RecordPath, RoleGuide};
use crate::policy::{Attempt, Reason, is_member};
use crate::store::Change;

const TEXTS: [(&str, &str); 4] = [
    ("code-reviewer", include_str!("../../templates/roles/code-reviewer.md")),
    ("test-automator", include_str!("../../templates/roles/test-automator.md")),
    ("security-auditor", include_str!("../../templates/roles/security-auditor.md")),
    ("release-manager", include_str!("../../templates/roles/release-manager.md")),
];
const NEW: &str = include_str!("../../templates/roles/new.md");

/// All roles.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RolesView {
    /// The roles, by name.
    pub roles: Vec<RoleSummary>,
}

/// One role.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RoleSummary {
    /// Its name.
    pub role: String,
    /// One line for people, from its file.
    pub title: Option<String>,
    /// Patterns of the people who may vote; empty if anyone may.
    pub members: Vec<String>,
    /// How many people must approve.
    pub quorum: u32,
    /// Whether agents' votes do not count.
    pub people_only: bool,
    /// Globs of the files that it reviews; empty if all.
    pub paths: Vec<String>,
    /// The stages that require it.
    pub stages: Vec<String>,
    /// Whether you may vote as it: you are a member, or anyone may.
    pub yours: bool,
    /// Its file in `.tracker/roles`.
    pub file: Option<String>,
    /// Whether it is in the configuration.
    pub configured: bool,
}

/// One role with its instructions.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RoleText {
    /// Members, quorum, stages.
    #[serde(flatten)]
    pub summary: RoleSummary,
    /// Instructions for an agent in this role, in Markdown.
    pub prompt: String,
    /// Checklist for a person in this role.
    pub checklist: Vec<String>,
}

/// Lists the roles that are configured or have a file.
pub fn roles(session: &Session<'_>) -> Result<(RolesView, Vec<Problem>)> {
    let (config, mut problems) = session.config_or_default();
    let (guides, broken) = session.snapshot().roles()?;
    problems.extend(broken);
    let mut named: BTreeMap<&str, Option<&RoleGuide>> =
        config.role_names().into_iter().map(|name| (name, None)).collect();
    named.extend(guides.iter().map(|guide| (guide.role.as_str(), Some(guide))));
    let files = session.snapshot().role_files()?;
    let summary = |(name, guide): (&str, Option<&RoleGuide>)| summary(session, &config, name, guide, &files);
    Ok((RolesView { roles: named.into_iter().map(summary).collect() }, problems))
}

/// Shows one role.
pub fn role(session: &Session<'_>, name: &str) -> Result<(RoleText, Vec<Problem>)> {
    let (config, mut problems) = session.config_or_default();
    let files = session.snapshot().role_files()?;
    let mut known = config.role_names();
    known.extend(files.keys().map(String::as_str));
    if !known.contains(&name) {
        return Err(unknown(name, known));
    }
    let guide = match session.snapshot().role(name)? {
        Some(Ok(guide)) => Some(guide),
        Some(Err(broken)) => return Err(Error::Broken(broken)),
        None => None,
    };
    let summary = summary(session, &config, name, guide.as_ref(), &files);
    let guide = guide.unwrap_or_default();
    let file = files.get(name).cloned().unwrap_or_default();
    problems.extend(guide.warnings.into_iter().map(|problem| problem.in_file(file.clone())));
    Ok((RoleText { summary, prompt: guide.prompt, checklist: guide.checklist }, problems))
}

/// Creates a role's file from a template.
pub fn new_role(session: &Session<'_>, name: &str) -> Result<Written> {
    let Some(path) = RecordPath::role(name).map(String::from) else {
        let message = format!("invalid role name `{}`", name.escape_debug());
        return Err(Error::usage_with(message, "use letters, digits, `-` and `_`, beginning with a letter"));
    };
    let locked = session.lock(&format!("role new {name}"))?;
    if session.snapshot().read(&path)?.is_some() {
        return Err(Error::refused(
            Attempt::CreateRole(name.to_owned()),
            Reason::RoleExists { role: name.to_owned(), path },
        ));
    }
    let text = starter(name).map_or_else(|| NEW.replace("{role}", name), str::to_owned);
    session.finish(&locked, &[Change::create(path, text)], Vec::new())
}

/// Returns the role that a vote would be cast as, with its checklist; none without a checklist.
pub fn checklist(session: &Session<'_>, id: &str, role: Option<&str>) -> Option<(String, Vec<String>)> {
    let config = session.config().ok()?;
    let (_, task) = session.find(id).ok()?;
    let role = match (role, config.signoffs_of(task.stage.as_str())) {
        (Some(role), _) => role.to_owned(),
        (None, [only]) => only.clone(),
        (None, _) => return None,
    };
    let guide = session.snapshot().role(&role).ok()??.ok()?;
    Some((role, guide.checklist)).filter(|(_, items)| !items.is_empty())
}

/// Returns a text to begin with, for the roles that have one.
pub(super) fn starter(name: &str) -> Option<&'static str> {
    TEXTS.iter().find(|(role, _)| *role == name).map(|(_, text)| *text)
}

fn unknown(name: &str, mut known: Vec<&str>) -> Error {
    known.sort_unstable();
    known.dedup();
    let message = format!("unknown role `{}`", name.escape_debug());
    let hint = match known.as_slice() {
        [] => "none is configured: add `[roles.NAME]`, and NAME to the `signoffs` of a stage".to_owned(),
        known => format!("expected {}", known.join(", ")),
    };
    Error::not_found(message, hint)
}

fn summary(
    session: &Session<'_>,
    config: &Config,
    name: &str,
    guide: Option<&RoleGuide>,
    files: &BTreeMap<String, String>,
) -> RoleSummary {
    let role = config.role(name);
    let rules = role.rules;
    let requires = |stage: &&String| config.signoffs_of(stage).iter().any(|role| role == name);
    let me = session.workspace().repository().ok().and_then(|found| found.identity(session.env()).ok());
    RoleSummary {
        role: name.to_owned(),
        title: guide.and_then(|guide| guide.title.clone()),
        members: rules.members.clone(),
        quorum: rules.quorum,
        people_only: rules.people_only,
        paths: rules.paths.clone(),
        stages: config.stages.keys().filter(requires).cloned().collect(),
        yours: role.is_defined && rules.members.is_empty()
            || me.is_some_and(|me| is_member(config, role, &[&me])),
        file: files.get(name).cloned(),
        configured: role.is_defined,
    }
}

#[cfg(test)]
mod tests {
    use super::{NEW, TEXTS};
    use crate::doc::read_role;

    #[test]
    fn templates_of_roles_are_complete() {
        for (name, text) in TEXTS.into_iter().chain([("new", NEW)]) {
            let guide = read_role(name, text.as_bytes()).unwrap();
            assert!(
                guide.title.is_some() && !guide.prompt.is_empty() && !guide.checklist.is_empty(),
                "{name}"
            );
            assert!(guide.warnings.is_empty() && text.is_ascii(), "{name}");
        }
    }
}
