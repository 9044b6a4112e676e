//! The page as it reads, within its limit.

mod hostile;

use super::page::LIMIT;
use super::{brief, markdown};
use crate::review::{Review, TaskReview, Web, sample};

fn with_web(mut review: Review) -> Review {
    let base = "https://example.com/ada/theme";
    review.range.web = Some(Web { commit: format!("{base}/commit/"), file: format!("{base}/blob/5c23a34/") });
    review
}

/// Makes a range that is too much in every way.
fn huge(tasks: usize, files: usize, text: &str) -> Review {
    let mut review = sample::everywhere(text);
    let task = review.tasks[1].clone();
    let of = |at: usize| TaskReview { id: format!("TASK-{at:04}"), ..task.clone() };
    review.tasks = (0..tasks).map(of).collect();
    review.tasks[0].files = vec![task.files[0].clone(); files];
    review.tasks[0].moves = vec![task.moves[0].clone(); files];
    review.unlinked.files = vec![review.unlinked.files[0].clone(); files];
    review.unlinked.commits = vec![review.unlinked.commits[0].clone(); files];
    review.verdict.violations = vec![review.verdict.violations[0].clone(); files];
    review
}

#[test]
fn the_page_is_limited_and_counts_what_it_leaves_out() {
    for (tasks, files, text) in [
        (1, 5_000, "src/a/b.rs".to_owned()),
        (1_000, 5_000, "word".to_owned()),
        (1_000, 1, "@#1".repeat(50)),
        (2, 100, "`|\\".repeat(70_000 / 3)),
        (2, 50, "👩".repeat(70_000)),
        (100, 100, "\u{1b}".repeat(300)),
    ] {
        let review = huge(tasks, files, &text);
        for review in [with_web(review.clone()), review] {
            for page in [markdown(&review), brief(&review)] {
                let length = super::parts::length(&page);
                assert!(length <= LIMIT, "{tasks} tasks, {files} files: {length}");
            }
            let page = markdown(&review);
            assert!(page.contains("… and ") && page.contains("tracker review"), "{page}");
            assert!(page.starts_with("<!-- tracker-review -->\n### ✗ Checks failed: 2 errors, 1 warning\n"));
            assert!(page.contains("| ✗ | "), "the table stays before the details");
        }
    }
    let page = markdown(&huge(1_000, 5_000, "word"));
    assert!(
        page.contains("- … and 4,") && page.contains("more tasks: `tracker review word..word --full`"),
        "{page}"
    );
}

#[test]
fn a_page_reads_well() {
    insta::assert_snapshot!(markdown(&sample::review()), @r#"
    <!-- tracker-review -->
    ### ✗ Checks failed: 2 errors, 1 warning

    `origin/main..dark-mode` · 4 commits · 2 tasks · 5 files +232 −219 · policy from origin/main

    | | task | move | votes | missing |
    |---|---|---|---|---|
    | ✗ | **TASK-7Q2M** Add dark mode to the dashboard | dev → qa → sec | 1/2, 1 stale | approval of code-reviewer; blocked waiting for the design |
    | ✓ | **TASK-3F8K** One colour table | new, none → qa → complete | 2/2 signed |  |

    **Violations**

    - ✗ **earned-moves** TASK-7Q2M left qa, and the vote of code-reviewer is stale: src/theme.rs changed after it — `tracker approve TASK-7Q2M --as code-reviewer`
    - ✗ **policy-owners** .tracker/config.toml lowers the quorum of security-auditor; its owners have not voted (`.tracker/config.toml:12`)
    - ! **linked-commits** 9fc01aa "wip" belongs to no task — write `Task: ID` into its message
    - · **commands** not run: --allow-commands runs them

    <details><summary>✗ TASK-7Q2M Add dark mode to the dashboard — 1 error</summary>

    **Missing**

    - approval of code-reviewer
    - blocked waiting for the design

    **Moves**

    - dev → qa by Ada Lovelace, 2026-11-11 06:00 UTC: all boxes ticked
    - qa → sec by Ada Lovelace, 2026-11-11 09:00 UTC, **override**

    **Votes 1/2**

    - ! code-reviewer: approved by Grace in qa, 2026-11-11 08:00 UTC, signed — **does not count**: src/theme.rs changed in 4be1c2f — “clean, follows conventions”
    - ✓ test-automator: approved by Ken in qa, 2026-11-11 08:00 UTC, attributed

    **Boxes**

    - ✓ toggle in settings
    - ✓ colours from one table
    - ☐ remembers the choice — opened again

    **Changed**

    - priority: low → high
    - the text
    - 1 note written

    **Findings**

    - F2 high: token logged (`src/auth.rs:41`) — open, opened by Grace, **blocks**

    **Commits**

    - `4be1c2f` Read the colours from one table (Ada Lovelace)
    - `5c23a34` Remember it (Ada Lovelace)

    **Files**

    - `src/theme.rs` +120 −8 — **not covered**
    - `src/ui/switch.rs` +44 −0 — code-reviewer, test-automator

    </details>

    <details><summary>✓ TASK-3F8K One colour table</summary>

    **Moves**

    - none → qa by Ada Lovelace, 2026-11-11 07:00 UTC
    - qa → complete by Ada Lovelace, 2026-11-11 08:00 UTC

    **Votes 2/2**

    - ✓ code-reviewer: approved by Grace in qa, 2026-11-11 08:00 UTC, signed
    - ✓ test-automator: approved by Ken in qa, 2026-11-11 08:00 UTC, signed

    **Commits**

    - `77aa001` One table for all colours (Ada Lovelace)

    **Files**

    - `src/colours.rs` +61 −210 — code-reviewer

    </details>

    **Commits that belong to no task**

    - `9fc01aa` wip (Ada Lovelace)

    **Files that belong to no task**

    - `notes.txt` +7 −1 added — **not covered**

    **Policy files**

    - `.tracker/config.toml` +1 −1
    "#);
    insta::assert_snapshot!(markdown(&sample::empty()), @r"
    <!-- tracker-review -->
    ### ✓ All checks passed

    `origin/main..dark-mode` · 0 commits · 0 tasks · policy from origin/main

    - · **commands** not run: --allow-commands runs them
    ");
    insta::assert_snapshot!(brief(&sample::review()), @r"
    - **TASK-3F8K** One colour table: new, none → qa → complete
    - **TASK-7Q2M** Add dark mode to the dashboard: dev → qa → sec
      - [x] toggle in settings
      - [x] colours from one table

    Without a task:

    - `9fc01aa` wip (Ada Lovelace)
    ");
}
