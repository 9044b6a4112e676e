//! Plans of breakdowns: one write makes the tasks and the plan, and a second one adds what is new.

use insta::assert_snapshot;

use super::{commit, run, tracker};
use crate::support::Sandbox;

const BREAKDOWN: &str = "\
# Cart

## Data

### Tables

- [ ] 1. Add the table (P1)
  - File: src/table.rs
- [ ] 2. Fill it
  - Depends on: 1
  - File: src/fill.rs

### Rows

- [ ] 3. Read rows

## Shop

- [ ] 4. Show the cart
";

fn empty() -> Sandbox {
    let sandbox = Sandbox::new();
    run(&sandbox, "init --profile solo --no-hooks");
    commit(&sandbox, "begin");
    sandbox
}

/// The only plan, without its ids.
fn plan(sandbox: &Sandbox) -> String {
    let folder = sandbox.path().join(".tracker/plans");
    let mut files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let file = files.find(|path| path.extension().is_some_and(|ending| ending == "md")).unwrap();
    assert!(files.all(|path| path.extension().is_none_or(|ending| ending != "md")), "one plan");
    let text = std::fs::read_to_string(file).unwrap();
    let mask = |word: &str| match word.split_once('-') {
        Some((start @ ("TASK" | "PLAN"), _)) => format!("{start}-ID"),
        _ => word.to_owned(),
    };
    text.split('\n')
        .map(|line| line.split(' ').map(mask).collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_breakdown_becomes_a_plan_with_its_tasks() {
    let sandbox = empty();
    sandbox.write("specs/cart/tasks.md", BREAKDOWN);
    run(&sandbox, "plan new --from specs/cart/tasks.md --retries 1");
    assert_snapshot!(plan(&sandbox), @r"
    ---
    id: PLAN-ID
    title: Cart
    source: breakdown:specs/cart/tasks.md
    retries: 1
    created: 2026-11-11
    ---

    ## Data

    ### Tables

    - TASK-ID Add the table
    - TASK-ID Fill it

    ### Rows

    - TASK-ID Read rows

    ## Shop

    - TASK-ID Show the cart
    ");
    let listed = run(&sandbox, "list --fields title,files,depends_on --plain");
    assert!(listed.contains("src/table.rs"), "{listed}");
    commit(&sandbox, "plan");
    // Again it writes nothing.
    run(&sandbox, "plan new --from specs/cart/tasks.md");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    // What is new comes where its source has it, and the approval is gone.
    run(&sandbox, &format!("plan approve {}", id(&sandbox)));
    sandbox.write("specs/cart/tasks.md", BREAKDOWN.replace("\n## Shop", "- [ ] 5. Write rows\n\n## Shop"));
    run(&sandbox, "plan new --from specs/cart/tasks.md");
    assert!(plan(&sandbox).contains("Read rows\n- TASK-ID Write rows\n\n## Shop"), "{}", plan(&sandbox));
    assert!(run(&sandbox, "plan list").contains("draft"));
}

fn id(sandbox: &Sandbox) -> String {
    let answer: serde_json::Value = serde_json::from_str(&run(sandbox, "plan show --format json")).unwrap();
    answer["result"]["id"].as_str().unwrap().to_owned()
}

#[test]
fn what_is_no_breakdown_writes_nothing() {
    let sandbox = empty();
    sandbox.write("notes.md", "Nothing to do.\n");
    for line in [
        "plan new --from notes.md",
        "plan new --from nowhere.md",
        "plan new",
        "plan new --with planner notes.md",
    ] {
        let output = tracker(&sandbox, line);
        assert!(output.status != 0 && output.status != 70, "{line}: {output}");
    }
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "?? notes.md");
}

#[test]
fn a_role_drafts_a_plan_of_requirements() {
    let sandbox = empty();
    let config = sandbox.read(".tracker/config.toml");
    let role = "\n[roles.planner]\n[executors.planner]\ncommand = [\"sh\", \"draft.sh\"]\n";
    sandbox.write(".tracker/config.toml", format!("{config}{role}"));
    sandbox.write("draft.sh", "echo '# Draft'\necho \"- [ ] 1. $(tail -n 1)\"\necho '- [ ] 2. Test it'\n");
    sandbox.write("requirements.md", "# Required\n\nA cart\n");
    let refused = tracker(&sandbox, "plan new --with planner requirements.md");
    assert!(refused.status == 2 && refused.stderr.contains("of HEAD has no executor"), "{refused}");
    commit(&sandbox, "a planner");
    run(&sandbox, "plan new --with planner requirements.md");
    let plan = plan(&sandbox);
    assert!(plan.contains("- TASK-ID A cart\n- TASK-ID Test it\n"), "{plan}");
    sandbox.write("draft.sh", "echo nothing here >&2\nexit 3\n");
    let failed = tracker(&sandbox, "plan new --with planner requirements.md");
    assert!(failed.status == 2 && failed.stderr.contains("nothing here"), "{failed}");
}
