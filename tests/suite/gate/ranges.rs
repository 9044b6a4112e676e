//! Which range is judged, and where none can be.

use std::sync::{Arc, Mutex};

use tracker::events::{Event, EventSink, LongStep};
use tracker::model::Stage;
use tracker::ops::{self, GateRequest, Session};
use tracker::store::Workspace;

use super::{World, messages};

/// A task that the base has.
const OTHER: &str = ".tracker/tasks/TASK-0THR.md";

#[test]
fn a_shallow_clone_is_no_pass() {
    let world = World::honest();
    let url = format!("file://{}", world.sandbox.path().display());
    world.git(&[
        "clone",
        "--quiet",
        "--depth",
        "3",
        "--branch",
        "work",
        "--no-single-branch",
        &url,
        "../shallow",
    ]);
    let output = world.sandbox.program_with("git", "../shallow", &["rev-parse", "origin/main"], |_| {});
    assert_eq!(output.status, 0, "{output}");
    let shallow = world.sandbox.root().join("shallow");
    std::fs::rename(world.sandbox.path(), world.sandbox.root().join("whole")).unwrap();
    std::fs::rename(shallow, world.sandbox.path()).unwrap();
    let error = world.try_review("origin/main", "work").unwrap_err();
    assert!(error.to_string().contains("this clone is shallow"), "{error}");
}

#[test]
fn a_partial_clone_is_no_pass() {
    let world = World::honest();
    world.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", world.sandbox.path().display());
    world.git(&[
        "clone",
        "--quiet",
        "--filter=blob:none",
        "--no-checkout",
        "--branch",
        "work",
        &url,
        "../partial",
    ]);
    std::fs::rename(world.sandbox.path(), world.sandbox.root().join("whole")).unwrap();
    std::fs::rename(world.sandbox.root().join("partial"), world.sandbox.path()).unwrap();
    let error = world.try_review("origin/main", "work").unwrap_err();
    assert!(error.to_string().contains("is not in this clone"), "{error}");
}

/// What commits changed is remembered: what is judged is the same with it, without it and with one that is damaged.
#[test]
fn a_range_is_judged_alike_with_and_without_what_is_remembered_of_it() {
    let world = World::honest();
    world.git(&["checkout", "--quiet", "main"]);
    world.replace("src/theme.rs", "    2\n}", "    2\n}\n// theirs");
    world.commit_as("Other", "Elsewhere in the file");
    world.git(&["checkout", "--quiet", "work"]);
    world.git(&["merge", "--quiet", "--no-verify", "-m", "Update", "main"]);
    world.write("src/unseen.rs", "unseen\n");
    world.work("More");
    let judge = || messages(&world.review().verdict.violations);
    let file = world.sandbox.path().join(".git/tracker/changes");
    std::fs::remove_file(&file).ok();
    let found = judge();
    assert!(found.iter().any(|own| own.contains("src/unseen.rs")), "{found:#?}");
    let written = std::fs::read(&file).unwrap();
    assert_eq!(judge(), found, "remembered");
    assert_eq!(std::fs::read(&file).unwrap(), written);
    for length in [0, 12, written.len() / 2, written.len() - 1] {
        std::fs::write(&file, &written[..length]).unwrap();
        assert_eq!(judge(), found, "cut off at {length}");
    }
    for at in (0..written.len()).step_by(97) {
        let mut damaged = written.clone();
        damaged[at] ^= 1;
        std::fs::write(&file, &damaged).unwrap();
        assert_eq!(judge(), found, "damaged at {at}");
    }
}

/// What two branches made of one record, and whether they merge.
#[test]
fn records_that_conflict_with_the_base_are_refused() {
    type Edit = Box<dyn Fn(&World)>;
    let edit = |old: &'static str, new: &'static str| move |world: &World| world.replace(OTHER, old, new);
    let entitled = |new: &'static str| edit("title: Another", new);
    let rows: [(&str, Edit, Edit, bool); 6] = [
        ("two titles", Box::new(entitled("title: One")), Box::new(entitled("title: Two")), false),
        ("one title", Box::new(entitled("title: One")), Box::new(entitled("title: One")), true),
        (
            "two fields",
            Box::new(entitled("title: One")),
            Box::new(edit("stage: none", "priority: high\nstage: none")),
            true,
        ),
        ("one move", Box::new(start("Ada")), Box::new(start("Bob")), true),
        (
            "two moves",
            Box::new(start("Ada")),
            Box::new(|world| drop(world.tracker_as("Bob", "set-stage 0thr qa"))),
            false,
        ),
        (
            "edited and deleted",
            Box::new(entitled("title: One")),
            Box::new(|world| std::fs::remove_file(world.sandbox.path().join(OTHER)).unwrap()),
            false,
        ),
    ];
    for (what, theirs, ours, is_fine) in rows {
        let world = World::honest();
        ours(&world);
        world.commit("Plan");
        world.git(&["checkout", "--quiet", "main"]);
        theirs(&world);
        world.commit("Plan otherwise");
        world.git(&["checkout", "--quiet", "work"]);
        let review = world.review();
        let conflict = format!("!merge-integrity: {OTHER} conflicts with main");
        assert_eq!(
            !messages(&review.verdict.violations).contains(&conflict),
            is_fine,
            "{what}: {:?}",
            world.verdict()
        );
        let found =
            review.verdict.violations.iter().find(|violation| violation.message.contains("conflicts with"));
        let suggestion = found.and_then(|violation| violation.suggestion.clone());
        assert_eq!(suggestion.is_none(), is_fine, "{what}");
        assert!(suggestion.is_none_or(|fix| fix.to_string().contains("git merge main")), "{what}");
    }
}

fn start(name: &'static str) -> impl Fn(&World) {
    move |world| {
        world.tracker_as(name, "advance 0thr");
    }
}

#[test]
fn a_range_is_shown_by_task() {
    let world = World::honest();
    let review = world.review();
    let [task] = review.tasks.as_slice() else { panic!("{:?}", review.tasks) };
    assert_eq!(
        (task.id.as_str(), task.is_new, task.stage.clone()),
        ("TASK-T3ST", true, Some(Stage::complete()))
    );
    let moves: Vec<String> = task.moves.iter().map(|step| format!("{} {}", step.to, step.by)).collect();
    assert_eq!(moves, ["dev Dev", "qa Dev", "sec Ada", "complete Sec"]);
    let votes: Vec<String> = task
        .votes
        .iter()
        .map(|vote| {
            format!("{} {} {} {} {}", vote.role, vote.by, vote.trust.as_str(), vote.counts, vote.is_new)
        })
        .collect();
    assert_eq!(votes, ["reviewer Ada attributed true true", "auditor Sec attributed true true"]);
    assert_eq!(task.ticked, ["it is remembered"]);
    let files: Vec<String> = task
        .files
        .iter()
        .map(|file| {
            format!(
                "{} {} +{} -{} {}",
                file.change.as_str(),
                file.path,
                file.added.unwrap(),
                file.removed.unwrap(),
                file.covered_by.join(" ")
            )
        })
        .collect();
    assert_eq!(files, ["changed src/theme.rs +1 -1 auditor reviewer"]);
    assert_eq!(task.commits.len(), 2);
    assert_eq!((review.range.commits, review.range.files, review.range.added), (5, 1, Some(1)));
    assert!(review.unlinked.commits.is_empty() && review.unlinked.files.is_empty());
}

#[test]
fn a_vote_that_is_older_than_the_range_counts_and_is_known_whose_it_is() {
    let world = World::honest();
    world.git(&["reset", "--quiet", "--hard", "HEAD~2"]);
    world.tracker_as("Ada", "approve t3st --as reviewer");
    world.git(&["add", ".tracker/signoffs"]);
    world.git_as("Ada", &["commit", "--quiet", "--no-verify", "--message", "Approve"]);
    world.git(&["branch", "--force", "main", "HEAD"]);
    world.commit("Move on");
    let review = world.review();
    let [vote] = review.tasks[0].votes.as_slice() else { panic!("{:?}", review.tasks) };
    assert_eq!(
        (vote.by.as_str(), vote.trust.as_str(), vote.counts, vote.is_new),
        ("Ada", "attributed", true, false)
    );
    assert!(review.verdict.violations.is_empty(), "{:?}", review.verdict.violations);
}

#[test]
fn a_tag_named_as_the_base_is_refused() {
    let world = World::honest();
    let base = world.git(&["rev-parse", "main"]);
    world.git(&["tag", "main", "work"]);
    let check = |base: &str| world.sandbox.tracker(&["check", "--base", base, "--head", "work"]);
    insta::assert_snapshot!(check("main"), @r"
    exit 2
    --- stderr
    error: `main` is ambiguous: refs/heads/main and refs/tags/main have that name
      hint: give the whole name: refs/heads/main
    ");
    assert_eq!(check("refs/heads/main").status, 0);
    assert_eq!(check(&base).status, 0);
    world.git(&["tag", "release", "work"]);
    insta::assert_snapshot!(check("release"), @r"
    exit 2
    --- stderr
    error: `release` is a tag; expected a branch or a commit id
      hint: to compare with the tag, give refs/tags/release
    ");
}

#[test]
fn lines_of_a_file_with_many_changes_are_counted_beside_many_files() {
    let world = World::honest();
    let text = |word: &str| -> String {
        let line = |at| if at % 2 == 0 { format!("line {at}\n") } else { format!("{word} {at}\n") };
        (0..8000).map(line).collect()
    };
    world.git(&["checkout", "--quiet", "main"]);
    world.write("data/long.txt", &text("old"));
    world.commit("A long file");
    world.git(&["checkout", "--quiet", "-b", "more"]);
    world.write("data/long.txt", &text("new"));
    (0..400).for_each(|number| world.write(&format!("data/{number}.txt"), "a line\n"));
    world.commit("Change it");
    let range = world.review_of("main", "more").range;
    assert_eq!((range.files, range.added, range.removed), (401, Some(4400), Some(4000)));
}

#[test]
fn a_review_emits_events_for_long_steps() {
    let world = World::honest();
    let env = world.sandbox.env("");
    let workspace = Workspace::anywhere(&env).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let reported = Arc::clone(&seen);
    let sink = EventSink::new(move |event| reported.lock().unwrap().push(event));
    let snapshot = workspace.snapshot();
    let session = Session::new(&env, workspace, snapshot).with_events(sink);
    let request =
        GateRequest { base: Some("main".into()), head: Some("work".into()), ..GateRequest::default() };
    ops::review(&session, &request).unwrap();
    let seen = seen.lock().unwrap();
    let started = |step, total| Event::Started { step, total };
    assert_eq!(seen.first(), Some(&started(LongStep::ReadHistory, None)));
    assert!(seen.contains(&started(LongStep::ReadRange, Some(5))), "{seen:?}");
    assert!(seen.contains(&Event::Finished { step: LongStep::ReadRange, done: 5 }), "{seen:?}");
    assert_eq!(seen.last(), Some(&Event::Finished { step: LongStep::CheckRange, done: 0 }));
}

#[test]
fn what_was_there_before_the_tracker_belongs_to_no_task_and_what_came_later_does() {
    let sandbox = crate::support::Sandbox::new();
    let git = |args: &[&str]| sandbox.git(args);
    sandbox.write("a.txt", "a\n");
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "Begin"]);
    git(&["switch", "--quiet", "--create", "adopt"]);
    sandbox.write("b.txt", "b\n");
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "Before"]);
    let made =
        sandbox.tracker(&["init", "--profile", "regulated", "--ci", "gitlab", "--agents", "--no-hooks"]);
    assert_eq!(made.status, 0, "{made}");
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "Set up the tracker"]);
    let adopted = sandbox.tracker(&["check", "--base", "main"]);
    assert!(adopted.status == 0 && !adopted.stdout.contains("linked-commits "), "{adopted}");
    sandbox.write("b.txt", "c\n");
    git(&["commit", "--quiet", "--all", "--message", "After"]);
    let later = sandbox.tracker(&["check", "--base", "main"]);
    let is_told =
        later.stdout.contains("\"After\" belongs to no task") && later.stdout.contains("b.txt changed");
    assert!(later.status == 1 && is_told && !later.stdout.contains(".gitlab-ci"), "{later}");
}
