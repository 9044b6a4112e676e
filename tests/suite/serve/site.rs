//! The site: files whose links hold, and that show what the server shows.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{commit, has_foreign_markup, world};

fn pages_in(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(pages_in(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn every_link_of_a_site_leads_to_a_file_of_it() {
    let sandbox = world();
    // More than one page of cards has.
    let titles: String = (0..70).map(|at| format!("- title: Task number {at}\n")).collect();
    sandbox.write("list.md", titles);
    assert_eq!(sandbox.tracker(&["new", "--batch", "list.md"]).status, 0);
    commit(&sandbox, "More");
    let written = sandbox.tracker(&["site", "../public"]);
    assert_eq!(written.status, 0, "{written}");
    let top = sandbox.path().join("../public").canonicalize().unwrap();
    let files = pages_in(&top);
    let pages: Vec<&PathBuf> =
        files.iter().filter(|path| path.extension().is_some_and(|end| end == "html")).collect();
    assert!(pages.len() > 80, "{}", pages.len());
    let mut kinds = BTreeSet::new();
    for page in pages {
        let html = fs::read_to_string(page).unwrap();
        assert!(html.len() < 100_000, "{}: {} bytes", page.display(), html.len());
        assert!(!has_foreign_markup(&html), "{}: {html}", page.display());
        assert!(!html.contains("<form"), "{}", page.display());
        for link in html.split("href=\"").chain(html.split("src=\"")).skip(1) {
            let link = link.split_once('"').unwrap().0;
            if link.is_empty() || link.starts_with(['#', '<']) || link.starts_with("data:") {
                continue;
            }
            assert!(!link.starts_with('/') && !link.contains("://"), "{}: {link}", page.display());
            let target = page.parent().unwrap().join(link);
            assert!(target.is_file(), "{}: {link}", page.display());
            kinds.insert(link.split('/').rev().nth(1).unwrap_or_default().to_owned());
        }
    }
    assert!(kinds.contains("tasks") && kinds.contains("sprints") && kinds.contains("assets"), "{kinds:?}");
    let index: Vec<Vec<String>> =
        serde_json::from_str(&fs::read_to_string(top.join("assets/search.json")).unwrap()).unwrap();
    assert!(index.len() >= 72 && index.iter().any(|task| task[0] == "TASK-D4RK"), "{}", index.len());
}

#[cfg(unix)]
#[test]
fn a_site_is_written_through_no_link_of_the_repository() {
    let sandbox = world();
    sandbox.write("../home/.profile", "mine\n");
    sandbox.write("../home/notes/index.html", "mine\n");
    fs::create_dir_all(sandbox.path().join("public")).unwrap();
    let link = |to: &str, at: &str| std::os::unix::fs::symlink(to, sandbox.path().join(at)).unwrap();
    link("../../home/.profile", "public/index.html");
    commit(&sandbox, "A link");
    let written = sandbox.tracker(&["site", "public"]);
    assert_eq!((written.status, sandbox.read("../home/.profile").as_str()), (0, "mine\n"), "{written}");
    assert!(sandbox.read("public/index.html").contains("<!DOCTYPE html>"));
    for (to, at, folder) in
        [("../../home/notes", "public2/tasks", "public2"), ("../home/notes", "public3", "public3")]
    {
        fs::create_dir_all(sandbox.path().join(at).parent().unwrap()).unwrap();
        link(to, at);
        let refused = sandbox.tracker(&["site", folder]);
        assert!(refused.status == 2 && refused.stderr.contains("is a link"), "{refused}");
        assert_eq!(pages_in(&sandbox.path().join("../home/notes")).len(), 1);
    }
}

#[test]
fn a_site_of_a_commit_shows_that_commit() {
    let sandbox = world();
    assert_eq!(sandbox.tracker(&["set", "d4rk", "title=Later"]).status, 0);
    commit(&sandbox, "Later");
    let page = |at: &str| {
        assert_eq!(sandbox.tracker(&["site", "../public", "--at", at]).status, 0);
        fs::read_to_string(sandbox.path().join("../public/tasks/TASK-D4RK.html")).unwrap()
    };
    assert!(page("HEAD~1").contains("<h1>Add dark mode</h1>"));
    // What is there is written over; the same again is the same, byte for byte.
    let now = page("HEAD");
    assert!(now.contains("<h1>Later</h1>"));
    assert_eq!(page("HEAD"), now);
}
