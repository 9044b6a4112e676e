//! Reusing what a step has done: it is not run where what it does, the values that it is given and the files that it reads
//! are what they were when it last succeeded, and the files that it had written are as it left them. By content alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::event::{Cause, Values};
use crate::model::{Step, Workflow, digest_of, is_selected};
use crate::store;

/// Number of successes of a step that are remembered: going back to an earlier branch reuses what was done there.
const MOST: usize = 8;

/// What a success of a step was made of. Values are kept as digests: they may be secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The run in which it succeeded.
    pub run: String,
    recipe: String,
    values: BTreeMap<String, String>,
    /// The files that it read, by path, with their digests.
    pub inputs: BTreeMap<String, String>,
    files: BTreeMap<String, String>,
    /// Its outputs.
    pub outputs: Values,
}

/// Where the successes of a workflow's steps are remembered.
#[derive(Debug, Clone)]
pub struct Memory {
    folder: PathBuf,
    top: PathBuf,
}

impl Memory {
    /// `folder` is the local folder of all workflows, `top` that of the working tree.
    #[must_use]
    pub fn of(folder: &Path, workflow: &str, top: &Path) -> Self {
        Self { folder: folder.join(workflow), top: top.to_path_buf() }
    }

    /// Looks at what a step would be made of now. `values` are the variables that it is given of the run.
    #[must_use]
    pub fn look(&self, run: &str, step: &Step, workflow: &Workflow, values: &[(String, String)]) -> Made {
        let values = values.iter().map(|(name, value)| (name.clone(), digest_of(value.as_bytes()))).collect();
        let recipe = recipe(step, workflow);
        let inputs = self.digests(step.inputs.as_deref().unwrap_or_default());
        let (files, outputs) = (BTreeMap::new(), Values::new());
        Made { run: run.to_owned(), recipe, values, inputs, files, outputs }
    }

    /// Returns the success that can be reused, or why the step has to run.
    pub fn find(&self, step: &Step, now: &Made) -> Result<Made, Cause> {
        let known = self.read(step.name.as_str());
        let same = |made: &&Made| {
            (&made.recipe, &made.values, &made.inputs) == (&now.recipe, &now.values, &now.inputs)
        };
        match known.iter().rev().find(same) {
            Some(made) => {
                let left = self.digests(&step.files);
                match first_difference(&made.files, &left) {
                    None => Ok(made.clone()),
                    Some((path, ..)) => Err(Cause::FileChanged { path }),
                }
            }
            None => Err(closest(&known, now).map_or(Cause::NeverSucceeded, |made| difference(made, now))),
        }
    }

    /// Remembers that a step has succeeded. What cannot be written only costs another run of the step.
    pub fn remember(&self, step: &Step, made: Made, outputs: &Values) {
        let made = Made { files: self.digests(&step.files), outputs: outputs.clone(), ..made };
        let mut known = self.read(step.name.as_str());
        known.retain(|other| {
            (&other.recipe, &other.values, &other.inputs) != (&made.recipe, &made.values, &made.inputs)
        });
        known.push(made);
        let surplus = known.len().saturating_sub(MOST);
        known.drain(..surplus);
        let path = self.path(step.name.as_str());
        let bytes = serde_json::to_vec(&known).expect("plain data with text keys is always JSON");
        // Without it the step runs again.
        if fs::create_dir_all(&self.folder).is_ok() {
            let _ = store::replace_unsynced(&path, &bytes);
        }
    }

    fn path(&self, step: &str) -> PathBuf {
        self.folder.join(format!("{step}.json"))
    }

    fn read(&self, step: &str) -> Vec<Made> {
        let bytes = fs::read(self.path(step)).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Returns the digests of the files that globs select, by path below the top.
    fn digests(&self, globs: &[String]) -> BTreeMap<String, String> {
        let mut paths: BTreeSet<String> = BTreeSet::new();
        let roots: BTreeSet<&str> =
            globs.iter().filter(|glob| !glob.starts_with('!')).map(|glob| root(glob)).collect();
        for root in roots {
            let walk = walkdir::WalkDir::new(self.top.join(root)).follow_links(false).into_iter();
            let files = walk.filter_entry(|entry| entry.file_name() != ".git").flatten();
            for entry in files.filter(|entry| !entry.file_type().is_dir()) {
                let Ok(below) = entry.path().strip_prefix(&self.top) else { continue };
                let below = below.to_string_lossy();
                if is_selected(globs, &below) {
                    paths.insert(below.into_owned());
                }
            }
        }
        let of = |path: String| {
            let found = self.top.join(&path);
            let bytes = match fs::symlink_metadata(&found) {
                Ok(meta) if meta.is_symlink() => {
                    fs::read_link(&found).map(|to| to.to_string_lossy().into_owned().into_bytes())
                }
                Ok(meta) if meta.is_file() => fs::read(&found),
                _ => return None,
            };
            Some((path, bytes.map_or_else(|_| "unreadable".to_owned(), |bytes| digest_of(&bytes))))
        };
        paths.into_par_iter().filter_map(of).collect()
    }
}

/// Returns the folder below which a glob selects, or the file that it names.
fn root(glob: &str) -> &str {
    if !glob.contains('/') && glob.contains(['*', '?', '[', '\\']) {
        return "";
    }
    match glob.find(['*', '?', '[', '\\']) {
        Some(at) => glob[..at].rfind('/').map_or("", |end| &glob[..end]),
        None if glob.contains('/') => glob,
        // A name alone matches at any depth.
        None => "",
    }
}

fn recipe(step: &Step, workflow: &Workflow) -> String {
    let env: Vec<String> =
        step.env.iter().map(|(name, value)| format!("{name}={}", value.shown(workflow))).collect();
    digest_of(
        format!("{:?}", (&step.action, env, &step.cwd, &step.outputs, &step.files, &step.inputs)).as_bytes(),
    )
}

/// A name of which two tables say different things, with what each says.
type Difference = (String, Option<String>, Option<String>);

fn first_difference(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
) -> Option<Difference> {
    let changed = before.iter().find(|(name, value)| after.get(*name) != Some(value));
    let added = || after.iter().find(|(name, _)| !before.contains_key(*name));
    let name = changed.or_else(added).map(|(name, _)| name.clone())?;
    let (before, after) = (before.get(&name).cloned(), after.get(&name).cloned());
    Some((name, before, after))
}

/// Returns the success that has most in common with what a step would be made of now, the newest of equals: what differs
/// from that has decided that the step runs.
fn closest<'m>(known: &'m [Made], now: &Made) -> Option<&'m Made> {
    known.iter().max_by_key(|made| (made.recipe == now.recipe, made.values == now.values))
}

fn difference(last: &Made, now: &Made) -> Cause {
    if last.recipe != now.recipe {
        return Cause::RecipeChanged;
    }
    let short = |digest: Option<String>| digest.map(|digest| digest.get(..8).unwrap_or(&digest).to_owned());
    if let Some((name, before, after)) = first_difference(&last.values, &now.values) {
        return Cause::ValueChanged { name, before: short(before), after: short(after) };
    }
    match first_difference(&last.inputs, &now.inputs) {
        Some((path, before, after)) => {
            Cause::InputChanged { path, before: short(before), after: short(after) }
        }
        None => Cause::NeverSucceeded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doc::read_workflow;

    #[test]
    fn a_step_is_reused_until_something_differs_and_that_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().join("top");
        fs::create_dir_all(top.join("src/deep")).unwrap();
        fs::write(top.join("src/a.rs"), "a").unwrap();
        fs::write(top.join("src/deep/b.rs"), "b").unwrap();
        fs::write(top.join("src/c.md"), "c").unwrap();
        let read = |run: &str| {
            let text =
                format!("steps:\n  s: {{run: {run}, inputs: ['src/**/*.rs'], files: [out.txt], retry: 0}}\n");
            read_workflow(text.as_bytes()).unwrap().0
        };
        let workflow = read("x");
        let memory = Memory::of(&folder.path().join("reuse"), "w", &top);
        let value = |value: &str| vec![("PARAM_A".to_owned(), value.to_owned())];
        let find = |workflow: &Workflow, values: &[(String, String)]| {
            let step = &workflow.steps[0];
            memory
                .find(step, &memory.look("RUN-2", step, workflow, values))
                .map(|made| (made.run, made.inputs.len()))
        };
        assert_eq!(find(&workflow, &value("1")), Err(Cause::NeverSucceeded));
        let made = memory.look("RUN-1", &workflow.steps[0], &workflow, &value("1"));
        fs::write(top.join("out.txt"), "made").unwrap();
        memory.remember(&workflow.steps[0], made, &Values::new());
        assert_eq!(find(&workflow, &value("1")), Ok(("RUN-1".to_owned(), 2)));
        assert_eq!(find(&read("y"), &value("1")), Err(Cause::RecipeChanged));
        assert!(
            matches!(find(&workflow, &value("2")), Err(Cause::ValueChanged { name, .. }) if name == "PARAM_A")
        );
        let other = memory.look("RUN-3", &workflow.steps[0], &workflow, &value("2"));
        memory.remember(&workflow.steps[0], other, &Values::new());
        fs::write(top.join("src/d.rs"), "d").unwrap();
        assert!(
            matches!(find(&workflow, &value("1")), Err(Cause::InputChanged { path, before: None, .. }) if path == "src/d.rs"),
            "the latest success had another value, which has decided nothing"
        );
        fs::remove_file(top.join("src/d.rs")).unwrap();
        assert!(memory.digests(&["./src/*.md".to_owned()]).contains_key("src/c.md"));
        fs::write(top.join("src/c.md"), "changed").unwrap();
        assert!(find(&workflow, &value("1")).is_ok());
        fs::remove_file(top.join("out.txt")).unwrap();
        assert_eq!(find(&workflow, &value("1")), Err(Cause::FileChanged { path: "out.txt".into() }));
        fs::write(top.join("src/deep/b.rs"), "changed").unwrap();
        assert!(
            matches!(find(&workflow, &value("1")), Err(Cause::InputChanged { path, .. }) if path == "src/deep/b.rs")
        );
    }
}
