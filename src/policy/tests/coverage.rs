//! Coverage as a specification, and its properties.

use proptest::prelude::*;

use crate::model::{AcceptanceText, Config, Coverage, CoveredFile, RoleRules, TaskId};
use crate::policy::{Staleness, coverage, covered_by, criteria_digest, explain, is_sound};

fn task() -> TaskId {
    TaskId::parse("TASK-7Q2M").unwrap()
}

fn file(path: &str, mode: u32, blob: &str) -> CoveredFile {
    CoveredFile { path: path.to_owned(), mode, blob: blob.repeat(40) }
}

fn files() -> Vec<CoveredFile> {
    vec![file("src/a.rs", 0o100_644, "a"), file("src/b.rs", 0o100_644, "b")]
}

fn covers(criteria: &str, files: Vec<CoveredFile>) -> Coverage {
    coverage(&task(), criteria, files)
}

#[test]
fn the_encoding_is_what_older_votes_hold() {
    let text = AcceptanceText { criteria: "- [ ] fast".to_owned(), deliverables: String::new() };
    let criteria = criteria_digest(&text);
    assert_eq!(criteria, "19b61246d9acd9c344f96ce4a20ab71dc694303d18191e231c0aeb76ffc1d781");
    assert_eq!(
        covers(&criteria, files()).digest,
        "9875e7f1c852f7eede542983e6ecbff32059fbb2853c713b85c9ea76e887439c"
    );
}

#[test]
fn a_digest_is_of_one_task_one_text_and_one_list() {
    let base = covers("c", files());
    assert_eq!(covers("c", files().into_iter().rev().collect()), base, "the order of files does not matter");
    assert_ne!(coverage(&TaskId::parse("TASK-1").unwrap(), "c", files()).digest, base.digest);
    assert_ne!(covers("d", files()).digest, base.digest);
    // One list's end is not another one's beginning.
    let joined = vec![file("src/a.rs", 0o100_644, "a"), file("src/b.r", 0o100_644, "s")];
    assert_ne!(covers("c", joined).digest, base.digest);
    let text = |criteria: &str, deliverables: &str| {
        criteria_digest(&AcceptanceText {
            criteria: criteria.to_owned(),
            deliverables: deliverables.to_owned(),
        })
    };
    assert_ne!(text("ab", "c"), text("a", "bc"));
}

#[test]
fn staleness_names_what_differs() {
    use Staleness::*;
    let now = |change: &dyn Fn(&mut Vec<CoveredFile>)| {
        let mut files = files();
        change(&mut files);
        covers("c", files)
    };
    let base = covers("c", files());
    let path = |text: &str| text.to_owned();
    for (now, expected) in [
        (now(&|_| {}), vec![]),
        (covers("d", files()), vec![CriteriaChanged]),
        (now(&|files| files[0].blob = "c".repeat(40)), vec![FileChanged(path("src/a.rs"))]),
        (now(&|files| files[0].mode = 0o100_755), vec![ModeChanged(path("src/a.rs"))]),
        (now(&|files| files[1] = CoveredFile::deleted("src/b.rs")), vec![FileDeleted(path("src/b.rs"))]),
        (now(&|files| files.push(file("x", 0o100_644, "e"))), vec![FileAdded(path("x"))]),
        (now(&|files| drop(files.remove(0))), vec![FileRemoved(path("src/a.rs"))]),
    ] {
        assert_eq!(explain(&base, &now), expected);
        assert_eq!(base.digest == now.digest, expected.is_empty(), "{expected:?}");
    }
}

#[test]
fn a_list_that_was_tampered_with_is_not_sound() {
    let mut tampered = covers("c", files());
    assert!(is_sound(&task(), &tampered));
    assert!(!is_sound(&TaskId::parse("TASK-1").unwrap(), &tampered));
    tampered.files[0].blob = "c".repeat(40);
    assert!(!is_sound(&task(), &tampered));
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
    let files: Vec<CoveredFile> = all.iter().map(|path| file(path, 0o100_644, "a")).collect();
    let paths = |role: &str| -> Vec<String> {
        covered_by(config.role(role), &files).into_iter().map(|file| file.path).collect()
    };
    assert_eq!(paths("security"), ["src/a.rs"]);
    let anyone = paths("anyone");
    assert_eq!(anyone, ["src/a.rs", "src/generated/b.rs", "docs/c.md", all[5], all[6]]);
}

fn some_files() -> impl Strategy<Value = Vec<CoveredFile>> {
    let path = prop::sample::select(vec!["a", "b", "a/b", "c\n", "d"]);
    let mode = prop::sample::select(vec![0, 0o100_644, 0o100_755, 0o120_000]);
    let blob = prop::sample::select(vec!["a", "b"]);
    proptest::collection::btree_map(path, (mode, blob), 0..5)
        .prop_map(|files| files.into_iter().map(|(path, (mode, blob))| file(path, mode, blob)).collect())
}

proptest! {
    #[test]
    fn order_does_not_matter(files in some_files(), by in 0_usize..5) {
        let mut turned = files.clone();
        turned.rotate_left(by.min(files.len()));
        turned.reverse();
        prop_assert_eq!(covers("c", turned), covers("c", files));
    }

    #[test]
    fn explained_exactly_where_digests_differ(
        old in some_files(),
        now in some_files(),
        old_criteria in "[ab]",
        now_criteria in "[ab]",
    ) {
        let (old, now) = (covers(&old_criteria, old), covers(&now_criteria, now));
        prop_assert_eq!(explain(&old, &now).is_empty(), old.digest == now.digest);
    }
}
