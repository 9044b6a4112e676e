//! What a vote says that the task's commits led each file from, and to.

use super::*;

/// Returns the files that the only vote of the task covers, each as `path: from -> to`, contents in place of ids.
fn covered(sandbox: &Sandbox) -> Vec<String> {
    let folder = sandbox.path().join(".tracker/signoffs/TASK-T3ST");
    let entry = std::fs::read_dir(folder).unwrap().map(Result::unwrap).next().unwrap();
    let vote = sandbox.read(format!(".tracker/signoffs/TASK-T3ST/{}", entry.file_name().display()));
    let lines = vote.lines().filter(|line| line.trim_start().starts_with("- {path:"));
    lines.map(|line| line.trim().to_owned()).collect()
}

fn blob(sandbox: &Sandbox, rev: &str, path: &str) -> String {
    format!("\"100644 {}\"", sandbox.git(&["rev-parse", &format!("{rev}:{path}")]))
}

#[test]
fn a_new_file_is_led_from_nothing() {
    let sandbox = world(ONE);
    ok(&by(&sandbox, "Ada", "approve t3st --as reviewer"));
    let theme = blob(&sandbox, "HEAD", "src/theme.rs");
    assert_eq!(
        covered(&sandbox),
        [
            format!("- {{path: README, from: [absent], to: {}}}", blob(&sandbox, "HEAD", "README")),
            format!("- {{path: src/theme.rs, from: [absent], to: {theme}}}"),
        ]
    );
}

#[test]
fn on_a_branch_a_file_is_led_from_what_the_branch_began_with_and_what_it_merged() {
    let sandbox = world(ONE);
    let first = blob(&sandbox, "HEAD", "src/theme.rs");
    sandbox.git(&["checkout", "--quiet", "-b", "more"]);
    sandbox.write("src/theme.rs", CODE.replace('1', "11"));
    work(&sandbox, "More");
    ok(&alone(&sandbox, "Ada", "approve t3st --as reviewer"));
    let files = covered(&sandbox);
    assert!(files[1].contains(&format!("from: [{first}]")), "{files:?}");
    assert!(!files[1].contains("absent"), "{files:?}");
    sandbox.git(&["checkout", "--quiet", "--", ".tracker"]);
    std::fs::remove_dir_all(sandbox.path().join(".tracker/signoffs/TASK-T3ST")).unwrap();

    sandbox.git(&["checkout", "--quiet", "main"]);
    sandbox.write("src/theme.rs", CODE.replace('2', "22"));
    commit(&sandbox, "Elsewhere");
    let other = blob(&sandbox, "HEAD", "src/theme.rs");
    sandbox.git(&["checkout", "--quiet", "more"]);
    sandbox.git(&["merge", "--quiet", "--no-edit", "main"]);
    sandbox.write("src/theme.rs", CODE.replace('1', "111").replace('2', "22"));
    work(&sandbox, "After the merge");
    ok(&alone(&sandbox, "Ada", "approve t3st --as reviewer"));
    // What main had before is an ancestor of what was merged, and counts no more.
    let files = covered(&sandbox);
    assert!(files[1].contains(&format!("from: [{other}]")), "{files:?}");
}
