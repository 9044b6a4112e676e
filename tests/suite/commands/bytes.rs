//! A write keeps every byte that it was not asked to change.

use super::{changed, commit, empty};
use insta::assert_snapshot;

const PATH: &str = ".tracker/tasks/TASK-0DD.md";

const ODD: &str = "---
# who reads this?
id:   'TASK-0DD'   # quoted
reviewers: {code: ken,   tests: [ada]}  # not ours
title: \"Odd: but \\u00fcseful\"
tags: [ui,  'a b' ]   # two
priority: medium   # for now
notes: |
  kept   as it is
   - [ ] no box

depends_on:
  # none yet
---
Text with trailing spaces   \n\n* [ ] star box
+ [X] plus box
1. [ ] numbered box
```
- [ ] in code
```
no newline at the end";

/// Does the same to a text and returns what git sees as changed.
fn worked_on(text: &str) -> String {
    let sandbox = empty();
    sandbox.write(".gitattributes", "* -text\n");
    sandbox.write(".tracker/.gitattributes", "* -text\n");
    sandbox.write(PATH, text);
    commit(&sandbox, "Odd");
    for args in [
        &["set", "0dd", "priority=high", "tags+=new"][..],
        &["tick", "0dd", "1", "3"],
        &["untick", "0dd", "2"],
        &["start", "0dd"],
        &["block", "0dd", "because: reasons"],
    ] {
        let output = sandbox.tracker(args);
        assert_eq!(output.status, 0, "{output}");
    }
    let crlf = sandbox.read(PATH).matches('\r').count();
    assert!(crlf == 0 || crlf == sandbox.read(PATH).matches('\n').count(), "line endings are mixed");
    changed(&sandbox)
}

#[test]
fn only_the_lines_meant_change() {
    assert_snapshot!(worked_on(ODD), @r#"
    -tags: [ui,  'a b' ]   # two
    -priority: medium   # for now
    +tags: [ui,  'a b', new ]   # two
    +priority: high   # for now
    +stage: dev
    +assignee: Ada Lovelace
    +blocked: "because: reasons"
    +history:
    +  - {at: 2026-11-11T09:08:00Z, by: Ada Lovelace, from: none, to: dev, kind: start, why: started}
    -* [ ] star box
    -+ [X] plus box
    -1. [ ] numbered box
    +* [x] star box
    ++ [ ] plus box
    +1. [x] numbered box
    "#);
}

#[test]
fn line_endings_and_byte_order_mark_stay() {
    let plain = worked_on(ODD);
    assert_eq!(worked_on(&ODD.replace('\n', "\r\n")).replace('\r', ""), plain);
    assert_eq!(worked_on(&format!("\u{feff}{ODD}")), plain);
}

#[test]
fn undoing_a_change_restores_the_bytes() {
    let sandbox = empty();
    sandbox.write(PATH, ODD);
    for args in [
        &["set", "0dd", "priority=high", "estimate=2h"][..],
        &["set", "0dd", "priority=medium", "estimate="],
        &["tick", "0dd", "1"],
        &["untick", "0dd", "1"],
        &["cancel", "0dd", "no"],
        &["reopen", "0dd"],
    ] {
        assert_eq!(sandbox.tracker(args).status, 0);
    }
    assert_eq!(sandbox.read(PATH), ODD);
}
