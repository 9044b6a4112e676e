//! Documents and edits as folders of files. To add a case, add files; `fixtures/README.md` says which.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_yaml::Value as Yaml;
use tracker::doc::{self, Document, Edit, Scalar, Value};
use tracker::model::{
    CoverageFormat, CoveredChange, Finding, Problem, RoleGuide, Severity, Task, TaskId, TreeEntry, Vote,
};

fn fixtures(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder);
    let mut paths: Vec<_> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Compares with a file that contains what is expected; `UPDATE_FIXTURES=1` writes it instead.
fn compare(expected: &Path, actual: &str, failures: &mut String) {
    #[expect(clippy::disallowed_methods, reason = "a test asks the developer's own environment")]
    let update = std::env::var_os("UPDATE_FIXTURES").is_some();
    let found = fs::read(expected).unwrap_or_default();
    if found == actual.as_bytes() {
        return;
    }
    if update {
        fs::write(expected, actual).unwrap();
    }
    let found = String::from_utf8_lossy(&found);
    writeln!(failures, "\n{}\n--- expected\n{found:?}\n--- actual\n{actual:?}", expected.display()).unwrap();
}

fn shown(problems: &[Problem]) -> String {
    let mut out = String::new();
    for problem in problems {
        let severity = if problem.severity == Severity::Error { "error" } else { "warning" };
        writeln!(out, "{severity}: {problem}").unwrap();
        if let Some(hint) = &problem.hint {
            writeln!(out, "  hint: {hint}").unwrap();
        }
    }
    out
}

/// Shows what was read of a task, so that a person can check it against the file.
fn shown_task(task: &Task) -> String {
    let mut out = String::new();
    writeln!(out, "{} {:?} stage {}", task.id, task.title, task.stage).unwrap();
    let mut field = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            writeln!(out, "{name}: {value}").unwrap();
        }
    };
    let list = |items: &[String]| (!items.is_empty()).then(|| format!("{items:?}"));
    field("type", task.kind.clone());
    field("priority", task.priority.as_ref().map(|priority| format!("{priority:?}")));
    field("assignee", task.assignee.clone());
    field("area", task.area.clone());
    field("tags", list(&task.tags));
    field("sprint", task.sprint.as_ref().map(ToString::to_string));
    field("depends_on", list(&task.depends_on.iter().map(ToString::to_string).collect::<Vec<_>>()));
    field("files", list(&task.files));
    field("estimate", task.estimate.map(|minutes| minutes.to_string()));
    field("spent", task.spent.map(|minutes| minutes.to_string()));
    field("created", task.created.map(|day| day.to_string()));
    field("blocked", task.blocked.as_ref().map(|reason| format!("{reason:?}")));
    field("cancelled", task.cancelled.as_ref().map(|reason| format!("{reason:?}")));
    field("source", task.source.clone());
    for step in &task.history {
        let kind = step.kind.key().map_or_else(String::new, |kind| format!("{kind} "));
        let by = step.agent.as_ref().map_or_else(String::new, |agent| format!(" via {agent:?}"));
        let line = format!("{} {:?}{by} {} -> {} {kind}{:?}", step.at, step.by, step.from, step.to, step.why);
        field("move", Some(line));
    }
    for (key, value) in &task.unknown {
        field("unknown", Some(format!("{key:?} = {value:?}")));
    }
    let (under, all) = (task.deliverables, task.boxes);
    field(
        "boxes",
        Some(format!("deliverables {}/{}, all {}/{}", under.done, under.total, all.done, all.total)),
    );
    field("body", Some(format!("{:?}", task.body)));
    out + &shown(&task.warnings)
}

/// Reads a record and shows it; written anew and read once more, it must be the same.
fn read_back<T>(
    bytes: &[u8],
    read: impl Fn(&[u8]) -> Result<T, Vec<Problem>>,
    write: impl Fn(&T) -> (String, String),
) -> Result<String, Vec<Problem>> {
    let (written, shown) = write(&read(bytes)?);
    let again = read(written.as_bytes()).unwrap_or_else(|problems| panic!("{problems:?}\n{written}"));
    let (twice, shown_again) = write(&again);
    assert_eq!(written, twice);
    let without_warnings = |text: &str| text.split("warning: ").next().unwrap().to_owned();
    assert_eq!(without_warnings(&shown), without_warnings(&shown_again));
    Ok(shown)
}

fn shown_fields(
    fields: &[(&str, Option<String>)],
    unknown: &[(String, String)],
    warnings: &[Problem],
) -> String {
    let mut out = String::new();
    for (name, value) in fields {
        if let Some(value) = value {
            writeln!(out, "{name}: {value}").unwrap();
        }
    }
    for (key, value) in unknown {
        writeln!(out, "unknown: {key:?} = {value:?}").unwrap();
    }
    out + &shown(warnings)
}

fn shown_vote(vote: &Vote) -> String {
    let files = |files: &[CoveredChange]| {
        let from = |file: &CoveredChange| match vote.covers.format {
            CoverageFormat::One => String::new(),
            CoverageFormat::Two => {
                let from: Vec<String> = file.from.iter().map(TreeEntry::to_string).collect();
                format!(" from {}", from.join(", "))
            }
        };
        let file = |file: &CoveredChange| format!("\n  {} {:?}{}", file.to, file.path, from(file));
        files.iter().map(file).collect::<String>()
    };
    let quoted = |text: &Option<String>| text.as_ref().map(|text| format!("{text:?}"));
    let findings: Vec<String> = vote.findings.iter().map(ToString::to_string).collect();
    let fields = [
        ("vote", Some(format!("{} as {} on {}", vote.verdict, vote.role, vote.task))),
        ("by", Some(vote.by.to_string())),
        ("agent", vote.agent.clone()),
        ("at", Some(format!("{} in {}, round {}", vote.at, vote.stage, vote.round))),
        ("commit", Some(vote.commit.clone())),
        ("digest", Some(vote.covers.digest.clone())),
        ("criteria", Some(vote.covers.criteria.clone())),
        ("files", Some(files(&vote.covers.files))),
        ("replaces", (!vote.replaces.is_empty()).then(|| vote.replaces.join(" "))),
        ("notes", quoted(&vote.notes)),
        ("findings", (!findings.is_empty()).then(|| findings.join(" "))),
        ("signature", quoted(&vote.signature)),
    ];
    shown_fields(&fields, &vote.unknown, &vote.warnings)
}

fn shown_finding(finding: &Finding) -> String {
    let source = finding.source.as_ref();
    let mut fields = vec![
        ("finding", Some(format!("{} {} {:?}", finding.id, finding.severity, finding.title))),
        ("on", Some(format!("{} by {} as {}", finding.task, finding.by, finding.role))),
        ("at", Some(finding.at.to_string())),
        ("detail", finding.detail.as_ref().map(|text| format!("{text:?}"))),
        ("place", finding.place()),
        ("recommendation", finding.recommendation.as_ref().map(|text| format!("{text:?}"))),
        ("source", source.map(|source| format!("{source:?}"))),
        ("state", Some(finding.state().to_string())),
    ];
    for resolution in &finding.resolutions {
        let text = format!("{} {} by {} {:?}", resolution.at, resolution.to, resolution.by, resolution.why);
        fields.push(("resolution", Some(text)));
    }
    shown_fields(&fields, &finding.unknown, &finding.warnings)
}

fn shown_role(guide: &RoleGuide) -> String {
    let fields = [
        ("role", Some(guide.role.clone())),
        ("title", guide.title.clone()),
        ("prompt", Some(format!("{:?}", guide.prompt))),
        ("checklist", Some(format!("{:?}", guide.checklist))),
    ];
    shown_fields(&fields, &guide.unknown, &guide.warnings)
}

/// Reads a document by what its name says it is, and shows the outcome.
fn outcome(path: &Path) -> (bool, String) {
    let bytes = fs::read(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let task = TaskId::parse("TASK-7Q2M").unwrap();
    let result = if name.ends_with(".note.md") {
        doc::read_note(&task, &bytes).map(|note| format!("{} {:?} {:?}\n", note.at, note.by, note.text))
    } else if name.ends_with(".vote.yaml") {
        read_back(
            &bytes,
            |bytes| doc::read_vote(&task, bytes),
            |vote| (doc::create_vote(vote), shown_vote(vote)),
        )
    } else if name.ends_with(".finding.yaml") {
        let write = |finding: &Finding| (doc::create_finding(finding), shown_finding(finding));
        read_back(&bytes, |bytes| doc::read_finding(&task, bytes), write)
    } else if let Some(role) = name.strip_suffix(".role.md") {
        let write = |guide: &RoleGuide| (doc::create_role(guide), shown_role(guide));
        read_back(&bytes, |bytes| doc::read_role(role, bytes), write)
    } else if name.ends_with(".toml") {
        doc::read_config(&bytes).map(|(config, warnings)| format!("{config:#?}\n{}", shown(&warnings)))
    } else if name.ends_with(".yaml") {
        Document::yaml(&bytes).map(|document| document.text().to_owned())
    } else {
        doc::read_task(&bytes).map(|task| shown_task(&task))
    };
    match result {
        Ok(text) => (true, text),
        Err(problems) => (false, shown(&problems)),
    }
}

fn check_documents(folder: &str, good: bool) {
    let mut failures = String::new();
    let is_document = |path: &PathBuf| path.extension().is_some_and(|ending| ending != "txt");
    for path in fixtures(folder).into_iter().filter(is_document) {
        let (is_good, text) = outcome(&path);
        if is_good != good {
            writeln!(failures, "\n{}: read {is_good}, expected {good}\n{text}", path.display()).unwrap();
        }
        compare(&PathBuf::from(format!("{}.txt", path.display())), &text, &mut failures);
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn good_documents_are_read() {
    check_documents("documents/good", true);
}

#[test]
fn broken_documents_are_refused_with_every_line() {
    check_documents("documents/broken", false);
}

#[test]
fn problems_name_their_line() {
    for path in
        fixtures("documents/broken").iter().filter(|path| path.extension().is_some_and(|e| e == "txt"))
    {
        let text = fs::read_to_string(path).unwrap();
        for line in text.lines().filter(|line| !line.starts_with(' ')) {
            assert!(line.contains(": line "), "{}: {line}", path.display());
        }
    }
}

#[test]
fn edits_touch_their_own_bytes_only() {
    let mut failures = String::new();
    let folders = fixtures("edits");
    assert!(folders.len() >= 40);
    for folder in folders {
        let ending = if folder.join("before.md").exists() { "md" } else { "yaml" };
        let before = fs::read(folder.join(format!("before.{ending}"))).unwrap();
        let document = if ending == "md" { Document::markdown(&before) } else { Document::yaml(&before) };
        let document = document.unwrap_or_else(|problems| panic!("{}: {problems:?}", folder.display()));
        let edits = read_edits(&fs::read_to_string(folder.join("edit.yaml")).unwrap());
        match document.edit(&edits) {
            Ok(after) => {
                assert!(!folder.join("refused.txt").exists(), "{}: not refused: {after}", folder.display());
                compare(&folder.join(format!("after.{ending}")), &after, &mut failures);
            }
            Err(problem) => {
                let after = folder.join(format!("after.{ending}"));
                assert!(!after.exists(), "{}: refused: {problem}", folder.display());
                compare(&folder.join("refused.txt"), &shown(&[problem]), &mut failures);
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

fn read_edits(text: &str) -> Vec<Edit> {
    let list: Vec<serde_yaml::Mapping> = serde_yaml::from_str(text).unwrap();
    list.iter().map(read_edit).collect()
}

fn read_edit(map: &serde_yaml::Mapping) -> Edit {
    let text = |name: &str| map.get(name).map(|value| value.as_str().unwrap().to_owned());
    let value = || match (text("text"), text("plain"), map.get("integer"), map.get("list")) {
        (Some(text), ..) => Value::Text(text),
        (_, Some(plain), ..) => Value::Plain(plain),
        (_, _, Some(number), _) => Value::Integer(number.as_i64().unwrap()),
        (.., Some(Yaml::Sequence(items))) => {
            Value::List(items.iter().map(|item| item.as_str().unwrap().to_owned()).collect())
        }
        _ => panic!("no value in {map:?}"),
    };
    if let Some(key) = text("set") {
        Edit::Set { key, value: value() }
    } else if let Some(key) = text("remove") {
        Edit::Remove { key }
    } else if let Some(key) = text("add_to") {
        Edit::AddItem { key, item: text("item").unwrap() }
    } else if let Some(key) = text("remove_from") {
        Edit::RemoveItem { key, item: text("item").unwrap() }
    } else if let Some(key) = text("append_to") {
        Edit::Append { key, entry: map["entry"].as_mapping().unwrap().iter().map(read_field).collect() }
    } else if let Some(number) = map.get("tick").or_else(|| map.get("untick")) {
        let number = usize::try_from(number.as_u64().unwrap()).unwrap();
        Edit::Tick { numbers: vec![number], done: map.contains_key("tick") }
    } else if let Some(heading) = text("section") {
        Edit::AppendToSection { heading, text: text("text").unwrap() }
    } else {
        Edit::ReplaceBody(text("body").unwrap())
    }
}

fn read_field((name, value): (&Yaml, &Yaml)) -> (String, Scalar) {
    let name = name.as_str().unwrap().to_owned();
    let scalar = match value {
        Yaml::Number(number) => Scalar::Integer(number.as_i64().unwrap()),
        value if name == "at" => Scalar::Plain(value.as_str().unwrap().to_owned()),
        value => Scalar::Text(value.as_str().unwrap().to_owned()),
    };
    (name, scalar)
}
