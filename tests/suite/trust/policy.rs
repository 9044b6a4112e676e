//! A policy that cannot be meant, read or understood is never taken for a milder one.

use super::{CONFIG, ID, RECORD, RULES, by, commit, commit_by, identity, ok, replace, run, stage, world};
use crate::support::Sandbox;

/// What each misspelling is, and a word of the error that names it.
const MISSPELT: [(&str, &str, &str, &str); 6] = [
    ("a role", "signoffs = [\"reviewer\"]", "signoffs = [\"reviwer\"]", "unknown role `reviwer`"),
    ("a role's table", "[roles.reviewer]", "[roles.revewer]", "unknown role `reviewer`"),
    ("owners", "[roles.reviewer]", "[roles.reviewer]\n[policy]\nowners = \"onwer\"", "unknown role `onwer`"),
    ("a key", "[roles.reviewer]", "[roles.reviewer]\nmemebrs = [\"x@y\"]", "unknown key `memebrs`"),
    ("a key elsewhere", "on_fail = \"dev\"", "on_fail = \"dev\"\nquorum = 2", "unknown key `quorum`"),
    (
        "a type that skips the review",
        "[roles.reviewer]",
        "[roles.reviewer]\n[types.chore]\nstages = [\"dev\"]",
        "skips `qa`, where reviewer must sign off",
    ),
];

#[test]
fn what_cannot_be_meant_is_an_error_of_doctor_and_check() {
    for (what, old, new, message) in MISSPELT {
        let sandbox = world(&RULES.replace(old, new));
        for line in ["doctor", "check"] {
            let output = run(&sandbox, line);
            assert_eq!(output.status, 1, "{what}: {line}: {output}");
            assert!(output.to_string().contains(message), "{what}: {line}: {output}");
        }
        // Reads and work go on.
        ok(&run(&sandbox, "list"));
        ok(&run(&sandbox, "note t3st \"still here\""));
    }
}

#[test]
fn nobody_signs_for_a_role_that_no_table_defines() {
    let sandbox = world(&RULES.replace("[roles.reviewer]", "[roles.revewer]"));
    let output = by(&sandbox, "Bob", "approve t3st --as reviewer");
    assert_eq!(output.status, 1, "{output}");
    assert!(output.stderr.contains("role `reviewer` is not defined"), "{output}");
    // One that was cast while the table was there counts no more, and blocks nothing.
    let sandbox = world(RULES);
    ok(&by(&sandbox, "Bob", "approve t3st --as reviewer"));
    sandbox.git(&["checkout", "--quiet", "--", RECORD]);
    replace(&sandbox, CONFIG, "[roles.reviewer]", "[roles.revewer]");
    commit_by(&sandbox, "Bob", "Vote");
    let refused = run(&sandbox, "advance t3st");
    assert_eq!((refused.status, stage(&sandbox).as_str()), (1, "qa"), "{refused}");
    assert!(refused.stderr.contains("not defined, so nobody can give it"), "{refused}");
    assert!(run(&sandbox, "signoffs t3st").stdout.contains("not defined"));
}

#[test]
fn problems_of_the_base_are_warnings_and_new_ones_errors() {
    let typo = RULES.replace("signoffs = [\"reviewer\"]", "signoffs = [\"reviwer\"]");
    // The range brings it.
    let sandbox = world(RULES);
    sandbox.git(&["switch", "--quiet", "--create", "topic"]);
    sandbox.write(CONFIG, &typo);
    commit(&sandbox, "Rules");
    let brought = run(&sandbox, "check --base main");
    assert!(brought.status == 1 && brought.stdout.contains("unknown role `reviwer`"), "{brought}");
    // The base has it already, and the range leaves it or corrects it.
    let sandbox = world(&typo);
    sandbox.git(&["switch", "--quiet", "--create", "topic"]);
    commit(&sandbox, "Nothing of it");
    let output = run(&sandbox, "check --base main");
    assert!(output.status == 0 && output.stderr.contains("unknown role `reviwer`"), "{output}");
    sandbox.write(CONFIG, RULES);
    commit(&sandbox, "Correct it");
    let corrected = run(&sandbox, "check --base main");
    assert_eq!(corrected.status, 0, "{corrected}");
}

type Change = fn(&Sandbox);

/// What makes a policy one that nothing may be judged by.
const UNREADABLE: [(&str, Change); 5] = [
    ("a newer format", |sandbox| replace(sandbox, CONFIG, "format = 2", "format = 99")),
    ("no TOML", |sandbox| sandbox.write(CONFIG, "[[[")),
    ("conflict markers", |sandbox| {
        let conflict = format!("<<<<<<< ours\n{RULES}=======\n>>>>>>> theirs\n");
        sandbox.write(CONFIG, conflict);
    }),
    ("missing, and HEAD has it", |sandbox| std::fs::remove_file(sandbox.path().join(CONFIG)).unwrap()),
    ("a value of another kind", |sandbox| {
        replace(sandbox, CONFIG, "signoffs = [\"reviewer\"]", "signoffs = \"reviewer\"");
    }),
];

/// Commands that write records.
const WRITES: [&str; 18] = [
    "claim t3st",
    "new Another",
    "set t3st priority=low",
    "note t3st hello",
    "cancel t3st \"no need\"",
    "block t3st \"a reason\"",
    "tick t3st all",
    "untick t3st 1",
    "advance t3st",
    "fail t3st \"a reason\"",
    "set-stage t3st complete --why \"a reason\"",
    "start t3st",
    "approve t3st --as reviewer",
    "reject t3st --as reviewer -m no",
    "role new tester",
    "undo",
    "init",
    "findings import scan.json t3st --as reviewer",
];

#[test]
fn nothing_is_written_under_a_policy_that_cannot_be_judged_by() {
    for (what, breaks) in UNREADABLE {
        let sandbox = world(RULES);
        sandbox.write("scan.json", "[]");
        breaks(&sandbox);
        let before = sandbox.git(&["status", "--porcelain"]);
        for line in WRITES {
            let output = by(&sandbox, "Bob", line);
            assert_ne!(output.status, 0, "{what}: {line}: {output}");
            assert_eq!(sandbox.git(&["status", "--porcelain"]), before, "{what}: {line}: {output}");
        }
        let listed = run(&sandbox, "list");
        assert!(listed.stdout.contains(ID), "{what}: reading goes on: {listed}");
        let shown = listed.stderr.contains("config.toml") || what.starts_with("missing");
        assert!(shown, "{what}: and says so: {listed}");
    }
}

/// A conflict of which git leaves no marks: one side has deleted the policy. What the working tree has may be anybody's.
#[test]
fn a_policy_in_conflict_is_nothing_to_judge_by_before_it_is_resolved() {
    let sandbox = world(RULES);
    sandbox.git(&["switch", "--quiet", "--create", "other"]);
    sandbox.git(&["rm", "--quiet", CONFIG]);
    commit(&sandbox, "Without");
    sandbox.git(&["switch", "--quiet", "main"]);
    replace(&sandbox, CONFIG, "on_fail = \"dev\"", "on_fail = \"dev\"\nadvance = \"manual\"");
    commit(&sandbox, "Otherwise");
    assert_ne!(sandbox.program_with("git", "", &["merge", "--quiet", "other"], |_| {}).status, 0);
    let own = sandbox.read(CONFIG);
    sandbox.write(CONFIG, RULES.replace("signoffs = [\"reviewer\"]", "signoffs = []"));
    for line in WRITES.into_iter().filter(|line| *line != "init") {
        let output = by(&sandbox, "Bob", line);
        assert_ne!(output.status, 0, "{line}: {output}");
    }
    assert_eq!(stage(&sandbox), "qa");
    let listed = run(&sandbox, "list");
    assert!(listed.stdout.contains(ID) && listed.stderr.contains("git add .tracker/config.toml"), "{listed}");
    // What it suggests brings the work forward.
    sandbox.write(CONFIG, own);
    sandbox.git(&["add", "--", CONFIG]);
    ok(&run(&sandbox, "note t3st \"resolved\""));
}

/// A vote or a finding that nobody can read may be a rejection.
#[test]
fn what_cannot_be_read_of_a_task_is_no_consent() {
    let vote = ".tracker/signoffs/TASK-T3ST/20261111T090000Z-reviewer-00000000.yaml";
    let finding = ".tracker/findings/TASK-T3ST/FAAAA.yaml";
    let whole = "task: TASK-T3ST\nid: FAAAA\nrole: reviewer\nseverity: low\ntitle: t\nby: Bob <bob@x.y>\n\
                 at: 2026-11-11T09:00:00Z\n";
    for (what, path, text, is_fine) in [
        ("a vote that is cut off", vote, "task: TASK-T3ST\nverdict: [", false),
        ("a vote in conflict", vote, "<<<<<<< a\n=======\n>>>>>>> b\n", false),
        ("an empty vote", vote, "", false),
        ("a finding without a severity", finding, &whole.replace("severity: low\n", ""), false),
        ("a finding that is no document", finding, "[", false),
        ("a finding that blocks nothing", finding, whole, true),
    ] {
        let sandbox = world(RULES);
        sandbox.write(path, text);
        commit_by(&sandbox, "Bob", "Look at it");
        let voted = by(&sandbox, "Carol", "approve t3st --as reviewer");
        assert_eq!(stage(&sandbox) == "complete", is_fine, "{what}");
        let why = format!("stays in qa: {path}");
        assert_eq!(voted.stdout.contains(&why), !is_fine, "{what}: {voted}");
        if !is_fine {
            let refused = run(&sandbox, "advance t3st");
            assert!(refused.status == 1 && refused.stderr.contains(path), "{what}: {refused}");
            std::fs::remove_file(sandbox.path().join(path)).unwrap();
            ok(&run(&sandbox, "advance t3st"));
        }
    }
    // A verdict that nobody knows, in the round at hand.
    let sandbox = world(RULES);
    ok(&by(&sandbox, "Bob", "reject t3st --as reviewer -m no"));
    let folder = sandbox.path().join(".tracker/signoffs/TASK-T3ST");
    let path = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("verdict: rejected", "verdict: refused")).unwrap();
    sandbox.git(&["checkout", "--quiet", "--", RECORD]);
    commit_by(&sandbox, "Bob", "Look at it");
    by(&sandbox, "Carol", "approve t3st --as reviewer");
    let refused = run(&sandbox, "advance t3st");
    assert!(refused.stderr.contains("`refused` is no verdict") && stage(&sandbox) == "qa", "{refused}");
}

#[test]
fn no_commit_moves_a_task_under_a_policy_that_cannot_be_judged_by() {
    for (what, breaks) in UNREADABLE {
        for options in [&[][..], &["--no-verify"]] {
            let sandbox = world(RULES);
            ok(&run(&sandbox, "hooks install"));
            breaks(&sandbox);
            sandbox.git(&["add", "--all"]);
            let message = "Do it\n\nAdvance: TASK-T3ST";
            let args = [&["commit", "--quiet", "--message", message], options].concat();
            let made = sandbox.program_with("git", "", &args, |command| identity("Bob", command));
            assert_eq!(made.status == 0, !options.is_empty(), "{what}: {made}");
            assert_eq!(stage(&sandbox), "qa", "{what}: {made}");
        }
    }
}

#[test]
fn doctor_restores_what_is_missing_and_writes_nothing_under_a_newer_format() {
    let sandbox = world(RULES);
    std::fs::remove_file(sandbox.path().join(CONFIG)).unwrap();
    ok(&run(&sandbox, "doctor --fix"));
    assert_eq!(sandbox.read(CONFIG), RULES);
    replace(&sandbox, CONFIG, "format = 2", "format = 3");
    sandbox.write(".tracker/tasks/TASK-0THR.md", "---\nid: TASK-T3ST\ntitle: A\nstage: none\n---\n");
    let refused = run(&sandbox, "doctor --fix");
    assert_ne!(refused.status, 0, "{refused}");
    assert!(sandbox.read(".tracker/tasks/TASK-0THR.md").contains("id: TASK-T3ST"));
}

#[test]
fn agents_are_added_to_what_forges_call_agents() {
    for agents in ["", "[policy]\nagents = []\n", "[policy]\nagents = [\"claude@bots.example\"]\n"] {
        let sandbox = world(&format!("{RULES}people_only = true\n{agents}"));
        let output = by(&sandbox, "dependabot[bot]", "approve t3st --as reviewer");
        assert!(output.to_string().contains("only people sign off"), "{agents}: {output}");
        assert_eq!(stage(&sandbox), "qa", "{agents}");
        ok(&by(&sandbox, "Bob", "approve t3st --as reviewer"));
        assert_eq!(stage(&sandbox), "complete", "{agents}: a person does");
    }
}

#[test]
fn what_people_sign_off_is_moved_on_by_people() {
    let rules = RULES.replace("on_fail = \"dev\"", "on_fail = \"dev\"\nadvance = \"manual\"");
    let sandbox = world(&format!("{rules}people_only = true\n"));
    ok(&run(&sandbox, "hooks install"));
    ok(&by(&sandbox, "Bob", "approve t3st --as reviewer"));
    commit_by(&sandbox, "Bob", "Vote");
    let refused = by(&sandbox, "claude[bot]", "advance t3st");
    assert_eq!((refused.status, stage(&sandbox).as_str()), (1, "qa"), "{refused}");
    assert!(refused.stderr.contains("moved on by people only"), "{refused}");
    for message in ["Release\n\nAdvance: TASK-T3ST", "Release\n\nCloses: TASK-T3ST"] {
        let args = ["commit", "--quiet", "--allow-empty", "--message", message];
        let refused = sandbox.program_with("git", "", &args, |command| identity("claude[bot]", command));
        assert!(refused.status == 1 && refused.stderr.contains("by people only"), "{refused}");
    }
    // An agent may still send it back, and a person moves it on.
    ok(&by(&sandbox, "claude[bot]", "fail t3st \"it crashes\" --dry-run"));
    ok(&by(&sandbox, "Bob", "advance t3st"));
    assert_eq!(stage(&sandbox), "complete");
}

#[test]
fn an_agent_is_no_person_for_roles_of_people() {
    let rules = RULES.replace("on_fail = \"dev\"", "on_fail = \"dev\"\nadvance = \"manual\"");
    let sandbox = world(&format!("{rules}people_only = true\n"));
    ok(&run(&sandbox, "hooks install"));
    sandbox.git(&["switch", "--quiet", "--create", "work"]);
    let voted = by(&sandbox, "Bob", "approve t3st --as reviewer --agent builder-1");
    assert!(voted.to_string().contains("only people sign off for this role"), "{voted}");
    commit_by(&sandbox, "Bob", "Vote by an agent");
    let early = by(&sandbox, "Bob", "advance t3st");
    assert_eq!((early.status, stage(&sandbox).as_str()), (1, "qa"), "{early}");
    // His own vote counts, and he moves the task on himself.
    ok(&by(&sandbox, "Bob", "approve t3st --as reviewer"));
    commit_by(&sandbox, "Bob", "Vote");
    let refused = by(&sandbox, "Bob", "advance t3st --agent builder-1");
    assert_eq!((refused.status, stage(&sandbox).as_str()), (1, "qa"), "{refused}");
    assert!(refused.stderr.contains("moved on by people only"), "{refused}");
    let args = ["commit", "--quiet", "--allow-empty", "--message", "Release\n\nAdvance: TASK-T3ST"];
    let refused = sandbox.program_with("git", "", &args, |command| {
        identity("Bob", command);
        command.env("TRACKER_AGENT", "builder-1");
    });
    assert!(refused.status == 1 && refused.stderr.contains("by people only"), "{refused}");
    ok(&by(&sandbox, "Bob", "fail t3st \"it crashes\" --dry-run --agent builder-1"));
    ok(&by(&sandbox, "Bob", "advance t3st"));
    commit_by(&sandbox, "Bob", "Release\n\nTask: TASK-T3ST");
    let checked = run(&sandbox, "check --base main --full");
    assert_eq!((checked.status, stage(&sandbox).as_str()), (0, "complete"), "{checked}");
}

#[test]
fn an_agents_vote_moves_nothing_on_by_itself_where_people_sign_off() {
    for (people_only, expected) in [("", "complete"), ("people_only = true\n", "qa")] {
        let sandbox = world(&format!("{RULES}{people_only}"));
        let voted = by(&sandbox, "Bob", "approve t3st --as reviewer --agent builder-1");
        assert_eq!(voted.status == 0, people_only.is_empty(), "{voted}");
        assert_eq!(stage(&sandbox), expected, "{people_only}");
        ok(&run(&sandbox, "list"));
        let shown = run(&sandbox, "signoffs t3st");
        let counts = !shown.stdout.contains("only people sign off");
        assert_eq!(counts, people_only.is_empty(), "{shown}");
    }
}

#[cfg(unix)]
#[test]
fn an_agent_whose_name_cannot_be_read_is_an_agent() {
    use std::os::unix::ffi::OsStrExt as _;
    for name in [&b"J\xfcrgen-bot"[..], b"\x01"] {
        let sandbox = world(&format!("{RULES}people_only = true\n"));
        let args = ["approve", ID, "--as", "reviewer"];
        let voted = sandbox.tracker_with("", &args, |command| {
            identity("Bob", command);
            command.env("TRACKER_AGENT", std::ffi::OsStr::from_bytes(name));
        });
        assert_eq!((voted.status, stage(&sandbox).as_str()), (1, "qa"), "{voted}");
    }
}

#[test]
fn an_agents_approval_does_not_end_a_rejection_of_its_person() {
    let sandbox = world(RULES);
    sandbox.git(&["switch", "--quiet", "--create", "work"]);
    ok(&by(&sandbox, "Bob", "reject t3st --as reviewer -m \"it leaks\""));
    commit_by(&sandbox, "Bob", "Reject");
    ok(&by(&sandbox, "Ada", "set-stage t3st qa --why again"));
    commit_by(&sandbox, "Ada", "Again\n\nTask: TASK-T3ST");
    by(&sandbox, "Bob", "approve t3st --as reviewer --agent builder-1");
    commit_by(&sandbox, "Bob", "Vote by an agent");
    assert_eq!(stage(&sandbox), "qa");
    ok(&by(&sandbox, "Bob", "approve t3st --as reviewer"));
    assert_eq!(stage(&sandbox), "complete");
}

#[test]
fn members_match_by_address_where_votes_are_signed() {
    for (signatures, members, name, counts) in [
        ("off", "Carol", "Carol", true),
        ("warn", "Carol", "Carol", true),
        ("warn", "carol@example.com", "Carol", true),
        ("warn", "Caroline", "Carol", false),
    ] {
        let rules = format!("{RULES}members = [\"{members}\"]\n[policy]\nsignatures = \"{signatures}\"\n");
        let sandbox = world(&rules);
        let output = by(&sandbox, name, "approve t3st --as reviewer");
        assert_eq!(stage(&sandbox) == "complete", counts, "{signatures} {members}: {output}");
    }
    // A name that anybody may write is nobody's address.
    let posing = |command: &mut std::process::Command| {
        command.env("GIT_AUTHOR_NAME", "Carol").env("GIT_AUTHOR_EMAIL", "mallory@example.com");
    };
    for (signatures, expected) in [("off", "complete"), ("warn", "qa")] {
        let rules = format!("{RULES}members = [\"Carol\"]\n[policy]\nsignatures = \"{signatures}\"\n");
        let sandbox = world(&rules);
        let args = ["approve", "t3st", "--as", "reviewer"];
        let output = sandbox.tracker_with("", &args, posing);
        assert_eq!(stage(&sandbox), expected, "{signatures}: {output}");
    }
}

#[test]
fn a_type_that_skips_a_review_brings_the_files_that_it_names_and_no_others() {
    let types = "[types.docs]\nstages = [\"dev\"]\npaths = [\"docs/**\", \"*.md\"]\n";
    for (path, is_fine) in
        [("docs/guide.txt", true), ("a/README.md", true), ("src/theme.rs", false), ("docs.rs", false)]
    {
        let sandbox = world(&format!("{RULES}{types}"));
        sandbox.git(&["switch", "--quiet", "--create", "work"]);
        let task = "---\nid: TASK-D0CS\ntitle: Say it\ntype: docs\ncreated: 2026-11-10\nstage: none\n---\n";
        sandbox.write(".tracker/tasks/TASK-D0CS.md", task);
        commit(&sandbox, "Plan it");
        sandbox.write(path, "said\n");
        ok(&run(&sandbox, "start d0cs"));
        commit(&sandbox, "Say it\n\nTask: TASK-D0CS");
        let early = run(&sandbox, "check --base main --full");
        assert!(!early.stdout.contains("skips qa"), "{path}: nothing rests on it yet: {early}");
        ok(&run(&sandbox, "advance d0cs"));
        commit(&sandbox, "Done\n\nTask: TASK-D0CS");
        let checked = run(&sandbox, "check --base main --full");
        assert_eq!(checked.status == 0, is_fine, "{path}: {checked}");
        assert_eq!(checked.stdout.contains("skips qa"), !is_fine, "{path}: {checked}");
    }
}

#[test]
fn an_agents_move_past_what_people_sign_off_is_refused_by_the_gate() {
    for (name, agent, is_fine) in
        [("Bob", "", true), ("claude[bot]", "", false), ("Bob", "agent: builder-1, ", false)]
    {
        let rules = RULES.replace("on_fail = \"dev\"", "on_fail = \"dev\"\nadvance = \"manual\"");
        let sandbox = world(&format!("{rules}people_only = true\n"));
        sandbox.git(&["switch", "--quiet", "--create", "work"]);
        ok(&by(&sandbox, "Bob", "approve t3st --as reviewer"));
        commit_by(&sandbox, "Bob", "Vote");
        let step =
            format!("  - {{at: 2026-11-11T10:00:00Z, by: \"{name}\", {agent}from: qa, to: complete}}\n---\n");
        let text = sandbox.read(RECORD).replacen("\n---\n", &format!("\n{step}"), 1);
        sandbox.write(RECORD, text.replace("stage: qa", "stage: complete"));
        commit_by(&sandbox, name, "Release\n\nTask: TASK-T3ST");
        let checked = run(&sandbox, "check --base main --full");
        assert_eq!(checked.stdout.contains("moved on by people only"), !is_fine, "{name}: {checked}");
        assert_eq!(checked.status == 0, is_fine, "{name} {agent}: {checked}");
    }
}

#[test]
fn an_agents_vote_earns_no_move_past_what_people_sign_off() {
    for (people_only, agent, is_fine) in
        [(true, "", true), (true, " --agent builder-1", false), (false, " --agent builder-1", true)]
    {
        let only = if people_only { "people_only = true\n" } else { "" };
        let rules = RULES.replace("on_fail = \"dev\"", "on_fail = \"dev\"\nadvance = \"manual\"");
        let sandbox = world(&format!("{rules}{only}"));
        sandbox.git(&["switch", "--quiet", "--create", "work"]);
        let voted = by(&sandbox, "Bob", &format!("approve t3st --as reviewer{agent}"));
        assert_eq!(voted.status == 0, is_fine, "{voted}");
        commit_by(&sandbox, "Bob", "Vote");
        let step = "  - {at: 2026-11-11T10:00:00Z, by: Bob, from: qa, to: complete}\n---\n";
        let text = sandbox.read(RECORD).replacen("\n---\n", &format!("\n{step}"), 1);
        sandbox.write(RECORD, text.replace("stage: qa", "stage: complete"));
        commit_by(&sandbox, "Bob", "Release\n\nTask: TASK-T3ST");
        let checked = run(&sandbox, "check --base main --full");
        assert_eq!(checked.status == 0, is_fine, "{people_only} {agent}: {checked}");
        assert_eq!(
            checked.stdout.contains("only people sign off"),
            !is_fine,
            "{people_only} {agent}: {checked}"
        );
    }
}

/// Two roles sign off, and each may be named anew.
const TWO_ROLES: &str = "\
format = 2
[pipeline]
stages = [\"dev\", \"qa\", \"docs\"]
[stage.qa]
signoffs = [\"reviewer\", \"tester\"]
on_fail = \"dev\"
[roles.reviewer]
[roles.tester]
";

/// How a branch changes the policy.
const CHANGES: [(&str, &str, &str); 3] = [
    ("a role gets another name", "tester", "checker"),
    ("a role is not required any more", "[\"reviewer\", \"tester\"]", "[\"reviewer\"]"),
    ("a stage is gone", "\"dev\", \"qa\", \"docs\"", "\"dev\", \"docs\""),
];

#[test]
fn a_branch_that_changes_the_policy_goes_by_the_one_that_it_is_judged_by() {
    for (what, old, new) in CHANGES {
        let sandbox = world(TWO_ROLES);
        ok(&run(&sandbox, "hooks install"));
        sandbox.git(&["switch", "--quiet", "--create", "policy"]);
        sandbox.write(CONFIG, TWO_ROLES.replace(old, new));
        commit(&sandbox, "Policy\n\nTask: TASK-T3ST");
        // Whoever is asked by the policy of main can sign off, at the branch and from main.
        ok(&by(&sandbox, "Bob", "approve t3st --as reviewer"));
        commit_by(&sandbox, "Bob", "Vote\n\nTask: TASK-T3ST");
        sandbox.git(&["switch", "--quiet", "main"]);
        ok(&by(&sandbox, "Tess", "approve t3st --as tester --branch policy"));
        sandbox.git(&["switch", "--quiet", "policy"]);
        assert_eq!(stage(&sandbox), "docs", "{what}");
        let judged = run(&sandbox, "check --base main");
        assert_eq!(judged.status, 0, "{what}: {judged}");
        for line in ["status", "doctor"] {
            let output = run(&sandbox, line).to_string();
            let warning = "changes the policy: until it is merged, moves and votes go by that of main";
            assert!(output.contains(warning), "{what}: {line}: {output}");
        }
        // Merged, it counts.
        sandbox.git(&["switch", "--quiet", "main"]);
        sandbox.git(&["merge", "--quiet", "--no-ff", "--message", "Merge", "policy"]);
        assert!(!run(&sandbox, "status").to_string().contains("changes the policy"), "{what}");
    }
}

#[test]
fn the_target_branch_may_have_any_usual_name_and_only_one_of_them_has_rules_of_its_own() {
    let milder = TWO_ROLES.replace("[\"reviewer\", \"tester\"]", "[\"reviewer\"]");
    for (target, branch) in [("trunk", "work"), ("develop", "work"), ("main", "master"), ("master", "trunk")]
    {
        let sandbox = world(TWO_ROLES);
        sandbox.git(&["branch", "--quiet", "--move", target]);
        sandbox.git(&["switch", "--quiet", "--create", branch]);
        sandbox.write(CONFIG, &milder);
        commit(&sandbox, "Milder");
        ok(&by(&sandbox, "Bob", "approve t3st --as reviewer"));
        assert_eq!(stage(&sandbox), "qa", "{target} {branch}");
        let status = run(&sandbox, "status").to_string();
        assert!(
            status.contains(&format!("moves and votes go by that of {target}")),
            "{target} {branch}: {status}"
        );
    }
}

#[test]
fn the_policy_of_a_branch_counts_where_others_are_merged_into_it_or_main_alone_changed_its_own() {
    let milder = TWO_ROLES.replace("[\"reviewer\", \"tester\"]", "[\"reviewer\"]");
    let approved = |sandbox: &Sandbox| {
        ok(&by(sandbox, "Bob", "approve t3st --as reviewer"));
        stage(sandbox)
    };
    // The branch of a release has its own rules, where main says that it is one; no branch says so of itself.
    let gated = |rules: &str| format!("{rules}[hooks]\npre_receive = [\"release/*\"]\n");
    for (main, expected) in [(gated(TWO_ROLES), "docs"), (TWO_ROLES.to_owned(), "qa")] {
        let sandbox = world(&main);
        sandbox.git(&["switch", "--quiet", "--create", "release/1"]);
        sandbox.write(CONFIG, gated(&milder));
        commit(&sandbox, "Rules of the release");
        assert_eq!(approved(&sandbox), expected);
    }
    // Nor has a commit of its own beside all branches other rules.
    let sandbox = world(TWO_ROLES);
    sandbox.git(&["switch", "--quiet", "--detach"]);
    sandbox.write(CONFIG, &milder);
    commit(&sandbox, "Milder");
    assert_eq!(approved(&sandbox), "qa");
    // Main has become stricter since: that comes with the next merge of main.
    let sandbox = world(&milder);
    sandbox.git(&["switch", "--quiet", "--create", "work"]);
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.write(CONFIG, TWO_ROLES);
    commit(&sandbox, "Stricter");
    sandbox.git(&["switch", "--quiet", "work"]);
    assert_eq!(approved(&sandbox), "docs");
    // There is no other policy before the first is merged.
    let sandbox = Sandbox::new();
    commit(&sandbox, "Begin");
    sandbox.git(&["switch", "--quiet", "--create", "tracker"]);
    assert_eq!(run(&sandbox, "init --profile plain --no-hooks").status, 0);
    sandbox.write(CONFIG, &milder);
    sandbox.write(RECORD, super::TASK);
    commit(&sandbox, "Set up the tracker");
    assert_eq!(approved(&sandbox), "docs");
    // Nor can a branch make its own rules milder before it is committed.
    let sandbox = world(TWO_ROLES);
    sandbox.git(&["switch", "--quiet", "--create", "work"]);
    sandbox.write(CONFIG, &milder);
    assert_eq!(approved(&sandbox), "qa");
}
