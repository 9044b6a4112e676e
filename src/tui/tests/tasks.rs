//! A task: what is shown of it, and what is done on its lines.

use serde_json::{Value, json};

use super::super::call::Call;
use super::super::message::Effect;
use super::super::write::{Verdict, Write};
use super::{answer, list, press, screen, task, with_tasks};

fn shown() -> Value {
    let mut found = task("TASK-7Q2M", "Add dark mode to the dashboard", "qa", "awaiting_qa");
    found["pipeline"] = json!([
        {"stage": "none", "state": "passed"}, {"stage": "dev", "state": "passed"},
        {"stage": "qa", "state": "current"}, {"stage": "complete", "state": "ahead"},
    ]);
    found["body"] = "## Deliverables\n- [x] a toggle\n- [ ] two colours\n".into();
    found["checkboxes"] = json!([
        {"number": 1, "text": "a toggle", "done": true, "section": "Deliverables"},
        {"number": 2, "text": "two colours", "done": false, "section": "Deliverables"},
    ]);
    found["dependencies"] = json!([{"id": "TASK-3F8K", "title": "One colour table", "open": false}]);
    found["findings"] = json!([{
        "task": "TASK-7Q2M", "id": "F2QX", "severity": "high", "state": "open", "title": "token is logged",
        "place": "src/auth.rs:41", "by": "sec", "role": "reviewer", "blocks": true,
    }]);
    found["history"] = json!([
        {"at": "2026-11-11T09:00:00Z", "by": "ada", "from": "dev", "to": "qa", "why": "started"},
    ]);
    let vote = json!({
        "role": "reviewer", "verdict": "approved", "by": "ken", "email": "k@x", "at": "2026-11-11T10:00:00Z",
        "stage": "qa", "trust": "attributed", "counts": false, "why_not": "it is stale", "notes": "clean",
    });
    let role = |name: &str, votes: Value| {
        json!({"role": name, "prompt": null, "approved": 0, "quorum": 1, "done": false,
               "waiting_for": ["sec@example.com"], "votes": votes})
    };
    json!({
        "id": "TASK-7Q2M", "path": "x", "seen": "ab-cd", "task": found, "next": ["tracker tick TASK-7Q2M 2"],
        "signoffs": {"id": "TASK-7Q2M", "title": "x", "stage": "qa", "round": 1,
                     "roles": [role("reviewer", json!([vote])), role("auditor", json!([]))], "missing": []},
    })
}

fn opened(width: u16, height: u16) -> super::App {
    let mut app = with_tasks(width, height);
    let call = Call::Task("TASK-7Q2M".to_owned());
    assert_eq!(press(&mut app, "<enter>"), [Effect::Read(call.clone())]);
    assert_eq!(answer(&mut app, call, &shown()), []);
    app
}

#[test]
fn a_task_is_shown_with_all_that_is_known_of_it() {
    insta::assert_snapshot!(screen(&opened(80, 32)), @r"
     1 list  2 board  3 inbox  4 runs  5 plans  6 sprints  7 fleet  › TASK-7Q2M
    TASK-7Q2M  Add dark mode to the dashboard
      ⧖ awaiting QA
      high   ada
      none ✓ ─ dev ✓ ─ [qa] ─ complete   since 3h

    Sign-offs for qa  0/2
      ⧖ reviewer  waits for sec@example.com
      ! reviewer  ken  approved 2h, attributed; does not count: it is stale
          clean
      ⧖ auditor  waits for sec@example.com

    Findings
      F2QX high token is logged  src/auth.rs:41  open, by sec

    Depends on  1/1
      ✓ TASK-3F8K  One colour table

    Deliverables
      ✓ 1 a toggle
      ☐ 2 two colours

    History
      2026-11-11 09:00  dev → qa  ada  started

    Next
      tracker tick TASK-7Q2M 2




    a approve  r reject  space tick  s start  m move  f fail  ? help  q quit
    ");
    insta::assert_snapshot!(screen(&opened(40, 15)), @r"
     1 list  2  3  4  5  6  7  › TASK-7Q2M
    TASK-7Q2M  Add dark mode to the
               dashboard
      ⧖ awaiting QA
      high   ada
      none ✓ ─ dev ✓ ─ [qa] ─ complete
      since 3h

    Sign-offs for qa  0/2
      ⧖ reviewer  waits for sec@example.com
      ! reviewer  ken  approved 2h,
                       attributed; does not
                       count: it is stale
          clean
    a approve  r reject  ? help  q quit
    ");
}

#[test]
fn a_vote_is_for_a_role_and_on_what_was_seen() {
    let mut app = opened(80, 24);
    assert_eq!(press(&mut app, "a<tab>fine"), []);
    insta::assert_snapshot!(screen(&app).lines().skip(8).take(8).collect::<Vec<_>>().join("\n"), @r"
      ╭ Approve TASK-7Q2M ───────────────────────────────────────────────────────╮
      │ ○ as reviewer                                                            │
      │ ● as auditor                                                             │
      │ Notes, if any:                                                           │
    Fi│ > fine                                                                   │
      │ enter votes   tab next role   esc leaves it                              │
      ╰──────────────────────────────────────────────────────────────────────────╯
    Depends on  1/1
    ");
    let vote = Write::Vote {
        id: "TASK-7Q2M".to_owned(),
        verdict: Verdict::Approve,
        role: Some("auditor".to_owned()),
        notes: "fine".to_owned(),
        seen: Some("ab-cd".to_owned()),
    };
    assert_eq!(press(&mut app, "<enter>"), [Effect::Write(vote)]);
}

#[test]
fn a_vote_from_the_inbox_begins_with_the_role_that_waits() {
    for keys in ["<enter>a<enter>", "aa<enter>"] {
        let mut app = with_tasks(80, 24);
        press(&mut app, "3");
        let item =
            json!({"kind": "review", "task": "TASK-7Q2M", "title": "t", "role": "auditor", "since": null});
        answer(&mut app, Call::Inbox, &json!({"items": [item]}));
        let (open, vote) = keys.split_at(keys.len() - "a<enter>".len());
        press(&mut app, open);
        answer(&mut app, Call::Task("TASK-7Q2M".to_owned()), &shown());
        let cast = press(&mut app, vote);
        assert!(
            matches!(&cast[..], [Effect::Write(Write::Vote { role: Some(role), .. })] if role == "auditor"),
            "{cast:?}"
        );
    }
}

#[test]
fn a_rejection_says_why() {
    let mut app = opened(80, 24);
    assert_eq!(press(&mut app, "r<enter>"), []);
    assert!(screen(&app).contains("a rejection says why"));
    let effects = press(&mut app, "no tests<enter>");
    assert!(
        matches!(&effects[..], [Effect::Write(Write::Vote { verdict: Verdict::Reject, notes, .. })] if notes == "no tests")
    );
}

#[test]
fn a_vote_from_a_list_opens_the_task_first() {
    let mut app = with_tasks(80, 24);
    assert_eq!(press(&mut app, "a"), [Effect::Read(Call::Task("TASK-7Q2M".to_owned()))]);
    assert_eq!(app.dialog, None);
    assert!(screen(&app).contains("read it first"));
}

#[test]
fn a_checkbox_is_ticked_where_the_selection_is() {
    let mut app = opened(80, 40);
    let line = screen(&app).lines().position(|line| line.contains("☐ 2 two colours")).unwrap() - 1;
    let check = |number, done| [Effect::Write(Write::Check { id: "TASK-7Q2M".to_owned(), number, done })];
    press(&mut app, &"j".repeat(line));
    assert_eq!(press(&mut app, " "), check(2, true));
    // The first one is ticked, so that Enter unticks it. It waits for the write before it.
    assert_eq!(press(&mut app, "k<enter>"), []);
    assert_eq!(app.writes.len(), 2);
}

#[test]
fn a_dependency_opens_and_escape_comes_back() {
    let mut app = opened(80, 40);
    let line = screen(&app).lines().position(|line| line.contains("✓ TASK-3F8K")).unwrap() - 1;
    press(&mut app, &"j".repeat(line));
    assert_eq!(press(&mut app, "<enter>"), [Effect::Read(Call::Task("TASK-3F8K".to_owned()))]);
    assert!(screen(&app).lines().next().unwrap().contains("› TASK-7Q2M › TASK-3F8K"));
    press(&mut app, "<esc>");
    assert!(screen(&app).contains("two colours"));
    // The brackets go from section to section.
    press(&mut app, "g]");
    assert_eq!(press(&mut app, "]]]<esc>"), [Effect::Read(list(""))]);
    assert_eq!(app.path(), Vec::<String>::new());
}

#[test]
fn a_broken_document_is_shown_as_it_is() {
    let mut app = with_tasks(60, 10);
    press(&mut app, "<enter>");
    let broken = json!({"id": "TASK-7Q2M", "path": "x", "task": null, "text": "---\ntitle: [\n", "next": ["tracker edit TASK-7Q2M"]});
    answer(&mut app, Call::Task("TASK-7Q2M".to_owned()), &broken);
    insta::assert_snapshot!(screen(&app), @r"
     1 list  2  3  4  5  6  7  › TASK-7Q2M
    TASK-7Q2M cannot be read as a task
      ---
      title: [

    Next
      tracker edit TASK-7Q2M


    a approve  r reject  space tick  s start  ? help  q quit
    ");
}
