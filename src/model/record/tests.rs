//! Paths that are records, and paths that come close.

use super::*;

const ROWS: [(&str, RecordKind); 23] = [
    (".tracker/config.toml", RecordKind::Config),
    (".tracker/.gitattributes", RecordKind::Attributes),
    (".tracker/.gitignore", RecordKind::Ignore),
    (".tracker/allowed_signers", RecordKind::AllowedSigners),
    (".tracker/templates/cards.md.j2", RecordKind::Template),
    (".tracker/roles/code-reviewer.md", RecordKind::Role),
    (".tracker/workflows/release.yaml", RecordKind::Workflow),
    (".tracker/tasks/TASK-7Q2M.md", RecordKind::Task),
    (".tracker/signoffs/TASK-7Q2M/20261111T100000Z-qa-1a2b.yaml", RecordKind::Vote),
    (".tracker/findings/TASK-7Q2M/F7XC.yaml", RecordKind::Finding),
    (".tracker/notes/WH-011/20261111T100000Z-0a1b2.md", RecordKind::Note),
    (".tracker/evidence/TASK-7Q2M/a.yaml", RecordKind::Evidence),
    (".tracker/plans/PLAN-7Q2M.md", RecordKind::Plan),
    (".tracker/runs/RUN-7Q2M.yaml", RecordKind::Run),
    (".tracker/escalations/a.yaml", RecordKind::Escalation),
    (".tracker/sync/github/12.yaml", RecordKind::SyncLink),
    (".tracker/sprints/2026.1_a/sprint.yaml", RecordKind::Sprint),
    (".tracker/sprints/SPRINT-1/scope/20261111T100000Z-0a1b2.yaml", RecordKind::ScopeChange),
    (".tracker/sprints/2026.1_a/burndown.svg", RecordKind::SprintDocument),
    (".tracker/sprints/2026.1_a/POSTMORTEM.md", RecordKind::SprintDocument),
    (".tracker/sprints/SPRINT_HISTORY.md", RecordKind::SprintHistory),
    (".tracker/tasks/.gitkeep", RecordKind::Placeholder),
    (".tracker/signoffs/TASK-7Q2M/.gitkeep", RecordKind::Placeholder),
];

#[test]
fn paths_are_read_and_written_alike() {
    for (path, kind) in ROWS {
        let read = RecordPath::parse(path).unwrap_or_else(|| panic!("{path}"));
        assert_eq!((read.kind(), read.to_string().as_str()), (kind, path));
    }
}

#[test]
fn every_kind_reads_the_paths_that_its_row_gives() {
    for row in TABLE {
        let ending = row.endings.first().unwrap_or(&"");
        let paths: Vec<String> = match row.place {
            Layout::File(path) => vec![path.to_owned()],
            Layout::Folder(folder) => {
                ["TASK-7Q2M", "a"].map(|name| format!("{folder}/{name}{ending}")).into()
            }
            Layout::FolderOfOwner(folder) => vec![format!("{folder}/TASK-7Q2M/a{ending}")],
            Layout::FileOfOwner(folder, file) => vec![format!("{folder}/TASK-7Q2M/{file}")],
            Layout::FolderInOwner(folder, inner) => vec![format!("{folder}/TASK-7Q2M/{inner}/a{ending}")],
            Layout::Elsewhere => continue,
        };
        let read: Vec<_> = paths.iter().filter_map(|path| Some((path, RecordPath::parse(path)?))).collect();
        assert!(!read.is_empty(), "{:?} reads none of {paths:?}", row.kind);
        for (path, record) in read {
            assert_eq!((record.kind(), record.to_string()), (row.kind, path.clone()));
        }
    }
}

#[test]
fn every_kind_has_its_own_row() {
    for (at, kind) in RecordKind::all().enumerate() {
        assert_eq!((kind as usize, kind.row().kind), (at, kind));
    }
}

#[test]
fn near_misses_are_no_records() {
    for path in [
        ".tracker",
        ".tracker/",
        ".tracker/tasks",
        ".tracker/config.yaml",
        ".tracker/Config.toml",
        ".Tracker/config.toml",
        "app/.tracker/config.toml",
        ".tracker/config.toml/x",
        ".tracker//config.toml",
        ".tracker/tasks/TASK-7Q2M.MD",
        ".tracker/tasks/TASK-7Q2M.yaml",
        ".tracker/tasks/task-7q2m.md",
        ".tracker/Tasks/TASK-7Q2M.md",
        ".tracker/tasks/done/TASK-7Q2M.md",
        ".tracker/tasks/../config.toml",
        ".tracker/tasks/.TASK-7Q2M.md.12.tmp",
        ".tracker/signoffs/TASK-1",
        ".tracker/signoffs/a.yaml",
        ".tracker/signoffs/TASK-1/old/a.yaml",
        ".tracker/signoffs/task-1/a.yaml",
        ".tracker/signoffs/TASK-1/.a.yaml",
        ".tracker/signoffs/TASK-1/a.yml",
        ".tracker/findings/TASK-1/a\u{1b}[2J.yaml",
        ".tracker/notes/TASK-1/",
        ".tracker/notes/TASK-1/.md",
        ".tracker/roles/a.b.md",
        ".tracker/roles/x/qa.md",
        ".tracker/roles/.gitkeep",
        ".tracker/plans/build.rs",
        ".tracker/plans/plan.md",
        ".tracker/tasks/run.sh",
        ".tracker/tasks/old/.gitkeep",
        ".tracker/sprints/sprint.yaml",
        ".tracker/sprints/SPRINT-1/other.yaml",
        ".tracker/sprints/SPRINT-1/scope/a.md",
        ".tracker/sprints/SPRINT-1/scope/b/a.yaml",
        ".tracker/sprints/a b/sprint.yaml",
        ".tracker/sprints/a..b/sprint.yaml",
        ".tracker/sprints/SPRINT-1/scope",
    ] {
        assert_eq!(RecordPath::parse(path), None, "{path}");
    }
}

#[test]
fn unknown_files_are_distinguished_from_misplaced_records() {
    use NotARecord::{BadName, Hidden, Misplaced, NotAnId, Outside, Unknown, WrongEnding};
    let check = |path: &str| RecordPath::check(path).unwrap_err();
    assert_eq!(check("src/a.rs"), Outside);
    assert_eq!(check(".tracker/README.md"), Unknown);
    assert_eq!(check(".tracker/tasks/.x.md"), Hidden);
    assert_eq!(check(".tracker/tasks/done/TASK-1.md"), Misplaced(RecordKind::Task));
    assert_eq!(check(".tracker/findings/F1.yaml"), Misplaced(RecordKind::Finding));
    assert_eq!(check(".tracker/tasks/notes.txt"), WrongEnding(RecordKind::Task));
    assert!(matches!(check(".tracker/tasks/task-1.md"), NotAnId(RecordKind::Task, _)));
    assert!(matches!(check(".tracker/notes/task-1/a.md"), NotAnId(RecordKind::Note, _)));
    assert_eq!(check(".tracker/roles/1.md"), BadName(RecordKind::Role));
}

#[test]
fn a_path_names_the_owner_of_its_record() {
    let identity = |path: &str| {
        let path = RecordPath::parse_anywhere(path)?;
        path.identity().map(|(key, id)| (key, id.to_owned()))
    };
    let owned = |key: &'static str, id: &str| Some((key, id.to_owned()));
    assert_eq!(identity(".tracker/tasks/TASK-7Q2M.md"), owned("id", "TASK-7Q2M"));
    assert_eq!(identity("app/.tracker/signoffs/WH-1/a.yaml"), owned("task", "WH-1"));
    assert_eq!(identity(".tracker/notes/WH-1/a.md"), owned("task", "WH-1"));
    assert_eq!(identity(".tracker/sprints/SPRINT-1/sprint.yaml"), owned("id", "SPRINT-1"));
    assert_eq!(identity(".tracker/sprints/a.b/scope/x.yaml"), owned("sprint", "a.b"));
    assert_eq!(identity(".tracker/sprints/SPRINT-1/report.md"), None);
    assert_eq!(identity(".tracker/roles/reviewer.md"), None);
    assert_eq!(identity("x.tracker/tasks/TASK-1.md"), None);
}

#[test]
fn no_name_leads_out_of_its_folder() {
    let task = TaskId::parse("TASK-1").unwrap();
    for name in ["../x.yaml", "a/b.yaml", "..", "", ".hidden.yaml", "a\\b.yaml", "a.yml"] {
        assert_eq!(RecordPath::of_task(RecordKind::Vote, &task, name), None, "{name:?}");
    }
    assert_eq!(RecordPath::of_task(RecordKind::Task, &task, "a.md"), None);
    assert_eq!(RecordPath::role("../x").or(RecordPath::template("a/b")), None);
}

#[test]
fn policy_records_are_distinguished_from_daily_ones() {
    assert!(is_daily_record(".tracker/notes/TASK-1/a.md") && is_daily_record(".tracker/sync/x/1.yaml"));
    for path in [".tracker/config.toml", ".tracker/roles/qa.md", ".tracker/tasks/run.sh", "src/a.rs"] {
        assert!(!is_daily_record(path), "{path}");
    }
    assert!(is_in_tracker(".tracker/x") && !is_in_tracker(".trackers/x") && !is_in_tracker(".tracker"));
}
