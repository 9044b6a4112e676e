//! A vote's bytes, and that they are read back.

use chrono::DateTime;
use proptest::prelude::*;

use super::{create_vote, read_vote, signed_text, vote_file_name};
use crate::model::{
    Coverage, CoverageFormat, CoveredChange, FindingId, Person, Stage, TaskId, TreeEntry, Verdict, Vote,
};

fn task() -> TaskId {
    TaskId::parse("TASK-7Q2M").unwrap()
}

fn vote() -> Vote {
    Vote {
        task: task(),
        role: "code-reviewer".to_owned(),
        verdict: Verdict::Approved,
        by: Person { name: "Ada Lovelace".to_owned(), email: "ada@example.com".to_owned() },
        agent: None,
        at: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
        stage: Stage::parse("qa").unwrap(),
        round: 1,
        commit: "4".repeat(40),
        covers: Coverage { digest: "a".repeat(64), criteria: "1".repeat(64), ..Coverage::default() },
        replaces: Vec::new(),
        notes: None,
        findings: Vec::new(),
        signature: None,
        unknown: Vec::new(),
        warnings: Vec::new(),
    }
}

fn plain(digit: &str) -> TreeEntry {
    TreeEntry::File { mode: 0o100_644, blob: digit.repeat(40) }
}

#[test]
fn a_vote_as_a_person_reads_it() {
    let mut vote = vote();
    vote.covers.files = vec![
        CoveredChange {
            path: "src/b, c.rs".to_owned(),
            from: vec![TreeEntry::Absent, plain("1")],
            to: plain("b"),
        },
        CoveredChange { path: "src/a.rs".to_owned(), from: vec![plain("9")], to: TreeEntry::Absent },
    ];
    vote.agent = Some("builder-1".to_owned());
    vote.replaces = vec!["20270114T080000Z-code-reviewer-0123abcd.yaml".to_owned()];
    vote.notes = Some("clean\nfollows conventions\n".to_owned());
    vote.findings = vec![FindingId::parse("F2").unwrap()];
    let (b, one, nine) = ("b".repeat(40), "1".repeat(40), "9".repeat(40));
    let expected = format!(
        "task: TASK-7Q2M\nrole: code-reviewer\nverdict: approved\nby: Ada Lovelace <ada@example.com>\n\
         agent: builder-1\nat: 2027-01-15T08:00:00Z\nstage: qa\nround: 1\ncommit: \"{}\"\ndigest: {}\ncriteria: \"{}\"\nfiles:\n  \
         - {{path: src/a.rs, from: [\"100644 {nine}\"], to: absent}}\n  \
         - {{path: \"src/b, c.rs\", from: [absent, \"100644 {one}\"], to: \"100644 {b}\"}}\n\
         replaces: [20270114T080000Z-code-reviewer-0123abcd.yaml]\nnotes: |\n  clean\n  follows conventions\n\
         findings: [F2]\n",
        vote.commit, vote.covers.digest, vote.covers.criteria
    );
    assert_eq!(create_vote(&vote), expected);
    vote.covers.files.sort();
    assert_eq!(read_vote(&task(), expected.as_bytes()).unwrap(), vote);
}

#[test]
fn a_vote_of_format_1_keeps_its_bytes() {
    let (b, zero) = ("b".repeat(40), "0".repeat(40));
    let text = format!(
        "task: TASK-7Q2M\nrole: code-reviewer\nverdict: approved\nby: Ada Lovelace <ada@example.com>\n\
         at: 2027-01-15T08:00:00Z\nstage: qa\nround: 1\ncommit: \"{}\"\ndigest: {}\ncriteria: \"{}\"\nfiles:\n  \
         - {{path: src/a.rs, mode: 000000, blob: \"{zero}\"}}\n  \
         - {{path: \"src/b, c.rs\", mode: 100644, blob: {b}}}\n",
        "4".repeat(40),
        "a".repeat(64),
        "1".repeat(64)
    );
    let vote = read_vote(&task(), text.as_bytes()).unwrap();
    assert_eq!(vote.covers.format, CoverageFormat::One);
    assert_eq!(vote.covers.files[0], CoveredChange::to("src/a.rs", TreeEntry::Absent));
    assert_eq!((create_vote(&vote), signed_text(&vote)), (text.clone(), text));
}

#[test]
fn a_list_of_files_has_one_format() {
    let (old, new) = ("{path: a, mode: 100644, blob: BBB}", "{path: b, from: [], to: absent}");
    let old = old.replace("BBB", &"b".repeat(40));
    for (files, key) in [([old.as_str(), new], "files[1].blob"), ([new, old.as_str()], "files[1].from")] {
        let text = format!("{}files:\n  - {}\n  - {}\n", create_vote(&vote()), files[0], files[1]);
        let problems = read_vote(&task(), text.as_bytes()).unwrap_err();
        assert_eq!(problems[0].key.as_deref(), Some(key), "{problems:?}");
    }
}

#[test]
fn votes_of_one_second_have_two_names() {
    let (one, mut other) = (vote(), vote());
    other.verdict = Verdict::Rejected;
    let name = vote_file_name(&one);
    assert!(name.starts_with("20270115T080000Z-code-reviewer-") && name.ends_with(".yaml"), "{name}");
    assert_eq!(vote_file_name(&one), name);
    assert_ne!(vote_file_name(&other), name);
}

#[test]
fn thousands_of_files_are_read_back() {
    let mut vote = vote();
    let file = |number: usize| CoveredChange {
        path: format!("src/some/folder/of/it/file_{number:05}.rs"),
        from: vec![TreeEntry::Absent],
        to: TreeEntry::File { mode: 0o100_644, blob: format!("{number:040x}") },
    };
    vote.covers.files = (0..5000).map(file).collect();
    assert_eq!(read_vote(&task(), create_vote(&vote).as_bytes()).unwrap(), vote);
}

#[test]
fn a_hostile_list_is_refused_and_named() {
    let base = create_vote(&vote());
    for key in ["findings", "files"] {
        let text = format!("{base}{key}:\n{}", "- ../x\n".repeat(60_000));
        let problems = read_vote(&task(), text.as_bytes()).unwrap_err();
        assert_eq!(problems[0].line, Some(12), "{problems:?}");
        assert!(problems.len() <= 201, "{}", problems.len());
    }
}

#[test]
fn everything_but_the_signature_is_signed() {
    let plain = vote();
    let signed = Vote { signature: Some("-----BEGIN\nx\n-----END\n".to_owned()), ..vote() };
    assert_ne!(create_vote(&signed), create_vote(&plain));
    assert_eq!(signed_text(&signed), signed_text(&plain));
    let changes: [fn(&mut Vote); 10] = [
        |vote| vote.verdict = Verdict::Rejected,
        |vote| vote.role = "tester".to_owned(),
        |vote| vote.by.name = "Eve".to_owned(),
        |vote| vote.round = 2,
        |vote| vote.commit = "5".repeat(40),
        |vote| vote.covers.files = vec![CoveredChange::to("a", TreeEntry::Absent)],
        |vote| vote.agent = Some("x".to_owned()),
        |vote| vote.replaces = vec!["x.yaml".to_owned()],
        |vote| vote.notes = Some("x".to_owned()),
        |vote| vote.unknown = vec![("extra".to_owned(), "1".to_owned())],
    ];
    for change in changes {
        let mut changed = signed.clone();
        change(&mut changed);
        assert_ne!(signed_text(&changed), signed_text(&signed));
    }
}

fn entry() -> impl Strategy<Value = TreeEntry> {
    let mode = prop::sample::select(vec![0o100_644, 0o120_000, 0o160_000]);
    prop_oneof![
        1 => Just(TreeEntry::Absent),
        3 => (mode, "[0-9a-f]{40}").prop_map(|(mode, blob)| TreeEntry::File { mode, blob }),
    ]
}

fn votes() -> impl Strategy<Value = Vote> {
    let from = proptest::collection::btree_set(entry(), 0..3);
    let files = proptest::collection::btree_map(".{1,12}", (from, entry()), 0..4);
    let text = || proptest::option::of(prop_oneof!["(?s).{0,40}", "([a-z:#-]{0,6} ?\n?){1,6}"]);
    let name = "[^<>\\p{C}\\s]{1,8}( [^<>\\p{C}\\s]{1,8})?";
    let numbers = (1..9_u32, 0..2_000_000_000_i64, any::<bool>());
    (files, text(), text(), name, "[0-9a-f]{64}", numbers).prop_map(
        |(files, notes, signature, name, digest, (round, at, is_old))| {
            let non_empty = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
            let mut vote = vote();
            vote.covers.files = files
                .into_iter()
                .map(|(path, (from, to))| CoveredChange { path, from: from.into_iter().collect(), to })
                .collect();
            if is_old && !vote.covers.files.is_empty() {
                vote.covers.format = CoverageFormat::One;
                vote.covers.files.iter_mut().for_each(|file| file.from.clear());
            }
            vote.covers.files.sort();
            vote.covers.digest = digest;
            (vote.notes, vote.signature) = (non_empty(notes), non_empty(signature));
            vote.by.name = name;
            vote.round = round;
            vote.at = DateTime::from_timestamp(at, 0).unwrap();
            vote
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read(vote in votes()) {
        // No file of git contains a NUL in its name, and no document one at all.
        prop_assume!(!format!("{vote:?}").contains("\\0"));
        let text = create_vote(&vote);
        let read = read_vote(&task(), text.as_bytes());
        prop_assert_eq!(read.as_ref(), Ok(&vote), "{}", text);
        prop_assert_eq!(signed_text(&vote), signed_text(&read.unwrap()));
    }

    #[test]
    fn reading_never_panics(text in "(?s).{0,200}") {
        let _ = read_vote(&task(), text.as_bytes());
    }
}
