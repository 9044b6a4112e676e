//! The main road: a plan with a diamond, a task that fails twice, one that always fails, and what becomes of the rest.

use insta::assert_snapshot;

use super::{CONFIG, files_below, nothing_is_left, states, status, tracker, world};

/// Writes the first target file. T-3 fails twice before it does, T-5 always.
const DO: &str = "#!/bin/sh
case $TRACKER_TASK-$TRACKER_ATTEMPT in
T-3-1 | T-3-2) echo half >src/c.rs; echo not yet; exit 1 ;;
T-5-*) echo it cannot be done >&2; exit 3 ;;
esac
for file in $TRACKER_FILES; do
  mkdir -p \"$(dirname \"$file\")\"
  seen=$(ls src)
  echo $seen >\"$file\"
  echo \"$TRACKER_TASK\" >>\"$file\"
done
echo \"did $TRACKER_TASK\"
";

/// Returns a text without the ids of commits, which depend on every byte of the repository.
fn without_commits(text: &str) -> String {
    let is_commit = |word: &str| word.len() == 7 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let masked = |word: &str| {
        let (bare, rest) = word.split_at(word.trim_end_matches([':', ',']).len());
        if is_commit(bare) { format!("[COMMIT]{rest}") } else { word.to_owned() }
    };
    let line = |line: &str| line.split(' ').map(masked).collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn six_tasks_end_as_expected_with_their_history_in_git_and_the_working_tree_as_it_was() {
    let sandbox = world(
        CONFIG,
        DO,
        &[
            ("T-1", "Add the table", "", "src/a.rs"),
            ("T-2", "Read rows", "T-1", "src/b.rs"),
            ("T-3", "Write rows", "T-1", "src/c.rs"),
            ("T-4", "Join both", "T-2, T-3", "src/d.rs"),
            ("T-5", "Print it", "T-1", "src/e.rs"),
            ("T-6", "Send what was printed", "T-5", "src/f.rs"),
        ],
    );
    sandbox.write("src/a.rs", "mine, and not committed\n");
    sandbox.write(".tracker/tasks/T-9.md", "half a task");
    sandbox.write("do", format!("{DO}# edited\n"));
    sandbox.git(&["add", "do"]);
    let index = std::fs::read(sandbox.path().join(".git/index")).unwrap();
    let before = files_below(&sandbox.path(), &[".git"]);
    let head = sandbox.git(&["rev-parse", "HEAD"]);
    let ran = tracker(&sandbox, "plan execute PLAN-1 --jobs 1");
    assert_eq!(ran.status, 1, "{ran}");
    assert_snapshot!(without_commits(&ran.to_string()), @r"
    exit 1
    --- stdout
    PLAN-1  The cart  COMPLETED  4 of 6 · 1 failed · 1 skipped
    Foundations
     Model
      T-1  completed  Add the table          merged as [COMMIT]
      T-2  completed  Read rows              merged as [COMMIT]
      T-3  completed  Write rows             merged as [COMMIT]
      T-4  completed  Join both              merged as [COMMIT]
      T-5  failed     Print it               failed 3 times: dev: exit 3: it cannot be done
      T-6  skipped    Send what was printed  needs T-5, which has failed
    --- stderr
    RUN-9710  executes PLAN-1, 6 tasks
    branch     plan/PLAN-1, from [COMMIT]
    workspace  [ROOT]/repo/.git/tracker/worktrees/PLAN-1
    order      T-1 · T-2 T-3 T-5 · T-4 T-6
    09:06:00  T-1  dev started in dev
    09:06:00  T-1  dev → complete
    09:06:00  T-1  merged as [COMMIT]
    09:06:00  T-2  dev started in dev
    09:06:00  T-2  dev → complete
    09:06:00  T-2  merged as [COMMIT]
    09:06:00  T-3  dev started in dev
    09:06:00  T-3  dev: exit 1: not yet
    09:06:00  T-3  dev started in dev
    09:06:00  T-3  dev: exit 1: not yet
    09:06:00  T-3  dev started in dev
    09:06:00  T-3  dev → complete
    09:06:00  T-3  merged as [COMMIT]
    09:06:00  T-4  dev started in dev
    09:06:00  T-4  dev → complete
    09:06:00  T-4  merged as [COMMIT]
    09:06:00  T-5  dev started in dev
    09:06:00  T-5  dev: exit 3: it cannot be done
    09:06:00  T-5  dev started in dev
    09:06:00  T-5  dev: exit 3: it cannot be done
    09:06:00  T-5  dev started in dev
    09:06:00  T-5  dev: exit 3: it cannot be done
    09:06:00  T-5  failed 3 times: dev: exit 3: it cannot be done
    09:06:00  T-6  skipped: needs T-5
    T-5  tracker run logs RUN-9710 T-5
    tracker plan retry PLAN-1
    the result is on plan/PLAN-1 at [COMMIT]: git merge plan/PLAN-1
    ");
    assert_eq!(files_below(&sandbox.path(), &[".git"]), before);
    assert_eq!(std::fs::read(sandbox.path().join(".git/index")).unwrap(), index);
    assert_eq!(sandbox.git(&["rev-parse", "HEAD", "main"]), format!("{head}\n{head}"));
    assert_eq!(
        states(&status(&sandbox, "PLAN-1")),
        ["T-1 completed", "T-2 completed", "T-3 completed", "T-4 completed", "T-5 failed", "T-6 skipped"]
    );
    nothing_is_left(&sandbox, "PLAN-1", &[]);
    let logs = tracker(&sandbox, "run logs RUN-9710 T-5");
    assert!(logs.stdout.contains("it cannot be done"), "{logs}");
    let graph = sandbox.git(&["log", "--graph", "--topo-order", "--format=%s", "plan/PLAN-1"]);
    let graph: Vec<&str> = graph.lines().map(str::trim_end).collect();
    assert_snapshot!(graph.join("\n"), @r"
    * RUN-9710: PLAN-1 is executed
    *   Merge T-4: Join both
    |\
    | * Join both
    |/
    *   Merge T-3: Write rows
    |\
    | * Write rows
    |/
    *   Merge T-2: Read rows
    |\
    | * Read rows
    |/
    *   Merge T-1: Add the table
    |\
    | * Add the table
    |/
    * begin
    ");
    assert_snapshot!(sandbox.git(&["log", "-1", "--no-merges", "--format=%an%n%B", "--grep=^Read rows", "plan/PLAN-1"]), @r"
    Ada Lovelace
    Read rows

    Task: T-2
    Plan: PLAN-1
    Run: RUN-9710
    ");
    assert_snapshot!(sandbox.git(&["show", "plan/PLAN-1:src/d.rs"]), @r"
    a.rs b.rs c.rs
    T-4
    ");
    assert_snapshot!(sandbox.git(&["show", "plan/PLAN-1:.tracker/tasks/T-3.md"]), @r"
    ---
    id: T-3
    title: Write rows
    depends_on: [T-1]
    files: [src/c.rs]
    created: 2026-11-11
    stage: complete
    history:
      - {at: 2026-11-11T09:06:00Z, by: Ada Lovelace, from: none, to: dev, kind: start, why: started}
      - {at: 2026-11-11T09:06:00Z, by: Ada Lovelace, agent: dev, from: dev, to: complete}
    ---

    ## Description

    Write rows.
    ");
    assert_snapshot!(sandbox.git(&["for-each-ref", "--format=%(refname) %(subject)", "refs/tracker"]), @r"
    refs/tracker/attempts/RUN-9710/T-3/1 What attempt 1 at T-3 left
    refs/tracker/attempts/RUN-9710/T-3/2 What attempt 2 at T-3 left
    refs/tracker/attempts/RUN-9710/T-5/1 What attempt 1 at T-5 left
    refs/tracker/attempts/RUN-9710/T-5/2 What attempt 2 at T-5 left
    refs/tracker/attempts/RUN-9710/T-5/3 What attempt 3 at T-5 left
    ");
    let newest = tracker(&sandbox, "run status");
    assert!(newest.stderr.contains("RUN-9710 executes PLAN-1: its steps are tasks"), "{newest}");
}
