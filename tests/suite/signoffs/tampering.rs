//! Votes that somebody has had a hand in.

use super::{ONE, TWO, alone, ask, by, commit, ok, replace, signoffs_of, stage, status_line, votes, world};

#[test]
fn a_vote_copied_to_another_task_counts_for_nothing() {
    let sandbox = world(TWO);
    ok(&by(&sandbox, "Ada", "approve t3st --as reviewer"));
    let path = votes(&sandbox)[0].clone();
    let text = sandbox.read(&path);
    sandbox.write(path.replace("T3ST", "0THR"), &text);
    commit(&sandbox, "Copy");
    let other = || status_line(&sandbox, "signoffs 0thr");
    assert_eq!(other(), "reviewer 0/1\n  Ada approved: it was cast on TASK-T3ST\ntester 0/1");
    sandbox.write(path.replace("T3ST", "0THR").replace(".yaml", "b.yaml"), text.replace("T3ST", "0THR"));
    commit(&sandbox, "Copy better");
    assert!(other().contains("its digest does not fit its own list of files"), "{}", other());
    assert!(other().starts_with("reviewer 0/1"), "{}", other());
}

#[test]
fn a_rejection_edited_to_an_approval_stays_a_rejection() {
    let sandbox = world(ONE);
    ok(&by(&sandbox, "Ada", "reject t3st -m no"));
    ok(&by(&sandbox, "Ken", "advance t3st"));
    let path = votes(&sandbox)[0].clone();
    replace(&sandbox, &path, "rejected", "approved");
    let vetoed = "reviewer 0/1\n  Ada rejected: counts";
    assert_eq!(signoffs_of(&sandbox), vetoed);
    commit(&sandbox, "Tamper");
    assert_eq!(signoffs_of(&sandbox), vetoed);
    sandbox.write(&path, "verdict: [broken\n");
    assert_eq!(signoffs_of(&sandbox), vetoed);
}

#[test]
fn a_deleted_rejection_still_counts() {
    let sandbox = world(ONE);
    ok(&by(&sandbox, "Ada", "reject t3st -m no"));
    assert_eq!(stage(&sandbox), "dev");
    std::fs::remove_file(sandbox.path().join(&votes(&sandbox)[0])).unwrap();
    commit(&sandbox, "Tidy");
    ok(&by(&sandbox, "Ken", "advance t3st"));
    assert_eq!(signoffs_of(&sandbox), "reviewer 0/1\n  Ada rejected: counts");
    let answer = ask(&sandbox, "signoffs t3st");
    assert!(answer["problems"].to_string().contains("the rejection in it is still valid"), "{answer}");
    ok(&by(&sandbox, "Bob", "approve t3st"));
    assert_eq!(stage(&sandbox), "qa");
}

#[test]
fn an_edited_or_deleted_approval_does_not_count() {
    let sandbox = world(TWO);
    ok(&by(&sandbox, "Ada", "approve t3st --as reviewer -m fine"));
    let path = votes(&sandbox)[0].clone();
    replace(&sandbox, &path, "Ada", "Eve");
    assert_eq!(
        signoffs_of(&sandbox),
        "reviewer 0/1\n  Eve approved: its file was changed after it was cast\ntester 0/1"
    );
    std::fs::remove_file(sandbox.path().join(&path)).unwrap();
    commit(&sandbox, "Delete");
    assert_eq!(signoffs_of(&sandbox), "reviewer 0/1\ntester 0/1");
}

#[test]
fn line_endings_of_the_working_tree_are_no_change() {
    let sandbox = world(TWO);
    ok(&by(&sandbox, "Ada", "approve t3st --as reviewer"));
    let path = votes(&sandbox)[0].clone();
    sandbox.write(&path, sandbox.read(&path).replace('\n', "\r\n"));
    assert_eq!(signoffs_of(&sandbox), "reviewer 1/1\n  Ada approved: counts\ntester 0/1");
}

#[test]
fn a_vote_in_the_name_of_another_is_unverified() {
    let sandbox = world(TWO);
    super::alone(&sandbox, "Bob", "approve t3st --as reviewer");
    commit(&sandbox, "Ada commits what Bob is to have said");
    let answer = ask(&sandbox, "signoffs t3st");
    assert_eq!(answer["result"]["roles"][0]["votes"][0]["trust"], "unverified");
    ok(&by(&sandbox, "Bob", "approve t3st --as tester"));
}

#[test]
fn a_deleted_finding_is_open_still() {
    let sandbox = world(&format!("{ONE}[policy]\nblocking_severity = \"high\"\n"));
    ok(&by(&sandbox, "Ada", "reject t3st --finding 'high: token is logged' --finding 'high: a slow loop'"));
    ok(&by(&sandbox, "Ken", "set-stage t3st qa"));
    let folder = ".tracker/findings/TASK-T3ST";
    let resolved = ask(&sandbox, "findings t3st")["result"]["findings"][1]["id"].as_str().unwrap().to_owned();
    ok(&by(&sandbox, "Ken", &format!("findings resolve t3st {resolved} -m fixed")));
    std::fs::remove_dir_all(sandbox.path().join(folder)).unwrap();
    std::fs::remove_dir_all(sandbox.path().join(".tracker/signoffs")).unwrap();
    for action in ["before", "after"] {
        ok(&alone(&sandbox, "Ada", "approve t3st"));
        assert_eq!(stage(&sandbox), "qa", "{action} the deletion is committed");
        let refused = alone(&sandbox, "Ken", "advance t3st");
        assert_eq!(refused.status, 1, "{refused}");
        let open = refused.stderr.lines().filter(|line| line.contains("finding")).count();
        assert_eq!(open, 1, "the resolved one is resolved: {refused}");
        commit(&sandbox, "Tidy");
    }
    let answer = ask(&sandbox, "signoffs t3st");
    let problem = answer["problems"]
        .as_array()
        .unwrap()
        .iter()
        .find(|problem| problem["message"].as_str().unwrap().contains("the finding in it is open"));
    let hint = problem.unwrap_or_else(|| panic!("{answer}"))["hint"].as_str().unwrap().to_owned();
    let words: Vec<&str> = hint.split(' ').skip(1).collect();
    sandbox.git(&words);
    let id = ask(&sandbox, "findings t3st")["result"]["findings"][0]["id"].as_str().unwrap().to_owned();
    ok(&by(&sandbox, "Ken", &format!("findings resolve t3st {id} -m fixed")));
    ok(&by(&sandbox, "Ken", "advance t3st"));
    assert_eq!(stage(&sandbox), "sec");
}
