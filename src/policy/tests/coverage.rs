//! Coverage as a specification, and its properties.

use proptest::prelude::*;

use crate::model::{
    AcceptanceText, Config, Coverage, CoverageFormat, CoveredChange, RoleRules, Stage, TaskId, TreeEntry,
    Verdict, Vote,
};
use crate::policy::coverage::is_covered;
use crate::policy::{Staleness, coverage_digest, criteria_digest, is_sound};

use super::example::{KEN, vote_record};

fn entry(mode: u32, blob: &str) -> TreeEntry {
    TreeEntry::File { mode, blob: blob.repeat(40) }
}

fn file(path: &str, mode: u32, blob: &str) -> CoveredChange {
    CoveredChange { path: path.to_owned(), from: vec![entry(0o100_644, "0")], to: entry(mode, blob) }
}

fn files() -> Vec<CoveredChange> {
    vec![file("src/a.rs", 0o100_644, "a"), file("src/b.rs", 0o100_644, "b")]
}

/// A sound vote on some files.
fn vote(criteria: &str, files: Vec<CoveredChange>) -> Vote {
    let mut vote = vote_record(1, KEN, "reviewer", Verdict::Approved).vote;
    vote.covers = Coverage::of(criteria, files);
    vote.covers.digest = coverage_digest(&vote);
    vote
}

fn covers(criteria: &str, files: Vec<CoveredChange>) -> Coverage {
    vote(criteria, files).covers
}

#[test]
fn the_encoding_is_what_votes_hold() {
    let text = AcceptanceText { criteria: "- [ ] fast".to_owned(), deliverables: String::new() };
    let criteria = criteria_digest(&text);
    assert_eq!(criteria, "19b61246d9acd9c344f96ce4a20ab71dc694303d18191e231c0aeb76ffc1d781");
    let mut vote = vote(&criteria, files());
    assert_eq!(vote.covers.digest, "49de7813ede7a995959c35bc79381f81ecee0ea6df7232872e9e32bf507a3b55");
    vote.covers.format = CoverageFormat::One;
    assert_eq!(
        coverage_digest(&vote),
        "9875e7f1c852f7eede542983e6ecbff32059fbb2853c713b85c9ea76e887439c",
        "as in votes of format 1"
    );
}

#[test]
fn a_digest_covers_every_field_of_a_vote() {
    let base = vote("c", files());
    assert_eq!(vote("c", files().into_iter().rev().collect()), base, "the order of files does not matter");
    assert_ne!(covers("d", files()).digest, base.covers.digest);
    // One list's end is not another one's beginning.
    let joined = vec![file("src/a.rs", 0o100_644, "a"), file("src/b.r", 0o100_644, "s")];
    assert_ne!(covers("c", joined).digest, base.covers.digest);
    let changes: [fn(&mut Vote); 9] = [
        |vote| vote.task = TaskId::parse("TASK-1").unwrap(),
        |vote| vote.role = "tester".to_owned(),
        |vote| vote.verdict = Verdict::Rejected,
        |vote| vote.stage = Stage::complete(),
        |vote| vote.round = 2,
        |vote| vote.replaces.push("x.yaml".to_owned()),
        |vote| vote.covers.files[0].to = TreeEntry::Absent,
        |vote| vote.covers.files[0].from.push(TreeEntry::Absent),
        |vote| vote.covers.files[0].from.clear(),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut changed = base.clone();
        change(&mut changed);
        assert!(!is_sound(&changed), "{number}");
    }
    let text = |criteria: &str, deliverables: &str| {
        criteria_digest(&AcceptanceText {
            criteria: criteria.to_owned(),
            deliverables: deliverables.to_owned(),
        })
    };
    assert_ne!(text("ab", "c"), text("a", "bc"));
}

#[test]
fn a_vote_of_format_1_on_no_file_stays_sound() {
    let mut old = vote("c", Vec::new());
    old.covers.format = CoverageFormat::One;
    old.covers.digest = coverage_digest(&old);
    // Its list does not tell which format it is.
    old.covers.format = CoverageFormat::Two;
    assert!(is_sound(&old));
    old.replaces.push("x.yaml".to_owned());
    assert!(!is_sound(&old));
}

#[test]
fn staleness_names_what_differs() {
    use Staleness::*;
    let path = || "src/a.rs".to_owned();
    let plain = entry(0o100_644, "a");
    for (now, expected) in [
        (entry(0o100_644, "c"), FileChanged(path())),
        (entry(0o100_755, "c"), FileChanged(path())),
        (entry(0o100_755, "a"), ModeChanged(path())),
        (TreeEntry::Absent, FileDeleted(path())),
    ] {
        assert_eq!(Staleness::of("src/a.rs", &plain, &now), expected);
    }
    assert_eq!(Staleness::of("src/a.rs", &TreeEntry::Absent, &plain), FileChanged(path()));
}

#[test]
fn a_role_covers_its_paths_and_never_the_records() {
    let mut config = Config::default();
    let paths = ["src/**", "!src/generated/**"].map(str::to_owned).to_vec();
    config.roles.insert("security".to_owned(), RoleRules { paths, ..RoleRules::default() });
    let all = [
        "src/a.rs",
        "src/generated/b.rs",
        "docs/c.md",
        ".tracker/tasks/TASK-7Q2M.md",
        ".tracker/signoffs/TASK-7Q2M/x.yaml",
        ".tracker/config.toml",
        ".tracker/workflows/ci.yaml",
    ];
    let paths = |role: &str| -> Vec<&str> {
        all.into_iter().filter(|path| is_covered(config.role(role), path)).collect()
    };
    assert_eq!(paths("security"), ["src/a.rs"]);
    let anyone = paths("anyone");
    assert_eq!(anyone, ["src/a.rs", "src/generated/b.rs", "docs/c.md", all[5], all[6]]);
}

fn some_files() -> impl Strategy<Value = Vec<CoveredChange>> {
    let path = prop::sample::select(vec!["a", "b", "a/b", "c\n", "d"]);
    let entry = || {
        let mode = prop::sample::select(vec![0o100_644, 0o100_755, 0o120_000]);
        let blob = prop::sample::select(vec!["a", "b"]);
        prop_oneof![1 => Just(TreeEntry::Absent), 3 => (mode, blob).prop_map(|(mode, blob)| entry(mode, blob))]
    };
    let from = proptest::collection::btree_set(entry(), 0..3);
    proptest::collection::btree_map(path, (from, entry()), 0..5).prop_map(|files| {
        let file = |(path, (from, to)): (&str, (std::collections::BTreeSet<TreeEntry>, TreeEntry))| {
            CoveredChange { path: path.to_owned(), from: from.into_iter().collect(), to }
        };
        files.into_iter().map(file).collect()
    })
}

proptest! {
    #[test]
    fn order_does_not_matter(files in some_files(), by in 0_usize..5) {
        let mut turned = files.clone();
        turned.rotate_left(by.min(files.len()));
        turned.reverse();
        prop_assert_eq!(covers("c", turned), covers("c", files));
    }
}
