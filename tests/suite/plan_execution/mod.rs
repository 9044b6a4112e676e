//! Plans that are executed, from outside: through the program, the history that it makes, and what it leaves alone.

mod ahead;
mod broken;
pub(crate) mod crash;
mod executing;
mod executors;
mod judged;
mod kept;
mod outside;
mod reverted;
mod reviews;
mod trouble;

use std::fs;
use std::path::Path;

use serde_json::Value;
use tracker::doc::{append_decision, plan_digest, read_plan, read_task};
use tracker::model::{PlanDecision, PlanDecisionKind, PlanId, TaskId};

use crate::support::{Output, Sandbox};

/// One executor for every task; the pipeline has its one stage.
pub(crate) const CONFIG: &str = "
[pipeline]
stages = [\"dev\"]
[executors.dev]
command = [\"./do\"]
";

/// A task of a plan: id, title, what it depends on, its target files.
pub(crate) type Planned<'t> = (&'t str, &'t str, &'t str, &'t str);

/// Makes a repository with a plan of some tasks, approved and committed, and an executor.
pub(crate) fn world(config: &str, executor: &str, tasks: &[Planned<'_>]) -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.tracker(&["init", "--profile", "plain", "--no-hooks"]).status, 0);
    let own: String = sandbox
        .read(".tracker/config.toml")
        .lines()
        .take_while(|line| !line.starts_with("[pipeline]"))
        .map(|line| format!("{line}\n"))
        .collect();
    sandbox.write(".tracker/config.toml", format!("{own}{config}"));
    script(&sandbox, "do", executor);
    for (id, title, needs, files) in tasks {
        task(&sandbox, id, title, needs, files);
    }
    let ids: Vec<&str> = tasks.iter().map(|(id, ..)| *id).collect();
    plan(&sandbox, "PLAN-1", &ids);
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "--quiet", "-m", "begin"]);
    sandbox
}

pub(super) fn script(sandbox: &Sandbox, name: &str, text: &str) {
    sandbox.write(name, text);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(sandbox.path().join(name), mode).unwrap();
}

pub(super) fn task(sandbox: &Sandbox, id: &str, title: &str, needs: &str, files: &str) {
    let needs = if needs.is_empty() { String::new() } else { format!("depends_on: [{needs}]\n") };
    let files = if files.is_empty() { String::new() } else { format!("files: [{files}]\n") };
    let text = format!(
        "---\nid: {id}\ntitle: {title}\n{needs}{files}created: 2026-11-11\nstage: none\nhistory: []\n---\n\n## Description\n\n{title}.\n"
    );
    sandbox.write(format!(".tracker/tasks/{id}.md"), text);
}

/// Writes a plan and approves it as it is.
pub(super) fn plan(sandbox: &Sandbox, id: &str, tasks: &[&str]) {
    let path = format!(".tracker/plans/{id}.md");
    let items: String = tasks.iter().map(|task| format!("- {task}\n")).collect();
    let text = format!(
        "---\nid: {id}\ntitle: The cart\ncreated: 2026-11-11\nhistory: []\n---\n\n## Foundations\n\n### Model\n\n{items}"
    );
    sandbox.write(&path, text);
    approve(sandbox, id);
}

pub(super) fn approve(sandbox: &Sandbox, id: &str) {
    let path = format!(".tracker/plans/{id}.md");
    let bytes = fs::read(sandbox.path().join(&path)).unwrap();
    let plan = read_plan(&PlanId::parse(id).unwrap(), &bytes).unwrap();
    let tasks: std::collections::BTreeMap<TaskId, _> = plan
        .tasks()
        .filter_map(|planned| {
            let file = sandbox.path().join(format!(".tracker/tasks/{}.md", planned.id));
            Some((planned.id.clone(), read_task(&fs::read(file).ok()?).ok()?))
        })
        .collect();
    let decision = PlanDecision {
        at: "2026-11-11T15:30:00Z".parse().unwrap(),
        by: "Ada Lovelace".to_owned(),
        agent: None,
        kind: PlanDecisionKind::Approved,
        digest: Some(plan_digest(&plan, |id| tasks.get(id))),
        after: tracker::doc::digest_of_history(&plan.history),
        is_in_place: true,
        why: None,
        signature: None,
    };
    let document = tracker::doc::Document::markdown(&bytes).unwrap();
    sandbox.write(&path, document.edit(&[append_decision(&decision)]).unwrap());
}

pub(super) fn tracker(sandbox: &Sandbox, line: &str) -> Output {
    sandbox.tracker(&line.split_whitespace().collect::<Vec<_>>())
}

/// Returns how far the execution is, as data.
pub(super) fn status(sandbox: &Sandbox, plan: &str) -> Value {
    let output = tracker(sandbox, &format!("plan status {plan} --json"));
    let value: Value = serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output}"));
    value["result"].clone()
}

/// Returns each task with its state.
pub(super) fn states(execution: &Value) -> Vec<String> {
    let tasks = execution["tasks"].as_array().unwrap().iter();
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    tasks.map(|task| format!("{} {}", word(&task["task"]), word(&task["status"]))).collect()
}

/// Returns every file below a folder with its bytes, without what is below these names.
pub(super) fn files_below(folder: &Path, without: &[&str]) -> Vec<(String, Vec<u8>)> {
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter();
    let entries = walk.filter_entry(|entry| {
        let below = entry.path().strip_prefix(folder).unwrap().to_string_lossy().into_owned();
        !without.contains(&below.as_str())
    });
    entries
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let below = entry.path().strip_prefix(folder).unwrap().to_string_lossy().into_owned();
            (below, fs::read(entry.path()).unwrap())
        })
        .collect()
}

/// Asserts that nothing is left of the execution but the plan's branch, and branches that were not merged.
pub(super) fn nothing_is_left(sandbox: &Sandbox, plan: &str, unmerged: &[&str]) {
    let branches = sandbox.git(&["for-each-ref", "--format=%(refname:short)", "refs/heads"]);
    let expected: Vec<String> = [String::from("main"), format!("plan/{plan}")]
        .into_iter()
        .chain(unmerged.iter().map(|task| format!("plan-tasks/{plan}/{task}")))
        .collect();
    let mut found: Vec<&str> = branches.lines().collect();
    let mut expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
    let worktrees = sandbox.git(&["worktree", "list", "--porcelain"]);
    assert_eq!(worktrees.matches("worktree ").count(), 1, "{worktrees}");
    let folder = sandbox.path().join(".git/tracker/worktrees").join(plan);
    assert!(!folder.exists(), "{}", folder.display());
}
