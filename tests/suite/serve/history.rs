//! Pages of the past, gone through commit by commit; what a task's page knows of other trackers; and what serves in a container.

use serde_yaml::Value;

use super::client::Server;
use super::{commit, world};

/// Returns the values of an attribute that begins with this text.
fn all<'p>(page: &'p str, before: &str) -> Vec<&'p str> {
    page.split(before).skip(1).map(|rest| rest.split_once('"').unwrap().0).collect()
}

#[test]
fn a_page_of_the_past_leads_to_the_commits_at_which_records_have_changed() {
    let sandbox = world();
    for (title, message) in [("Two", "Second"), ("", "Only code"), ("Three", "Third <b>")] {
        match title {
            "" => sandbox.write("src/lib.rs", "code"),
            title => assert_eq!(sandbox.tracker(&["set", "d4rk", &format!("title={title}")]).status, 0),
        }
        commit(&sandbox, message);
    }
    let server = Server::start(&sandbox, &[]);
    let page = server.get("/tasks/TASK-D4RK?at=HEAD").body;
    let commits = all(&page, "<option value=\"");
    assert_eq!(commits.len(), 3, "{page}");
    assert!(page.contains("Third &lt;b&gt;</option>") && !page.contains("Only code</option>"), "{page}");
    assert!(page.contains(&format!("<option value=\"{}\" selected>", commits[0])), "{page}");
    assert!(!page.contains("rel=\"next\""), "{page}");
    let older = all(&page, "rel=\"prev\" href=\"")[0].replace("&#x2f;", "/");
    let page = server.get(&older).body;
    assert!(
        page.contains("<h1>Two</h1>") && page.contains("rel=\"next\"") && page.contains("rel=\"prev\""),
        "{page}"
    );
    // A commit that changes no record shows those of the one before.
    let page = server.get("/tasks/TASK-D4RK?at=HEAD~1").body;
    assert!(page.contains(&format!("<option value=\"{}\" selected>", commits[1])), "{page}");
    // The query stays; as of now there is nothing to go through.
    let page = server.get("/?q=three&at=HEAD").body;
    assert!(page.contains("<input type=\"hidden\" name=\"q\" value=\"three\">"), "{page}");
    let now = server.get("/").body;
    assert!(now.contains("?at=HEAD\">Go through history") && !now.contains("class=\"past\""), "{now}");
}

#[test]
fn the_page_of_a_task_names_its_item_elsewhere_and_the_last_run() {
    let item = r#"{"id":"17","version":1,"fields":{"title":"A"}}"#;
    let sandbox = crate::sync::program::scripted(&[item], &[]);
    assert_eq!(sandbox.tracker(&["sync", "--pull"]).status, 0);
    let id = sandbox.tracker(&["list", "--quiet"]).stdout.trim().to_owned();
    let server = Server::start(&sandbox, &[]);
    let page = server.get(&format!("/tasks/{id}")).body;
    for text in ["<strong>forge</strong> <code>17</code>", "last run <time", "1 change</span>"] {
        assert!(page.contains(text), "{text}: {page}");
    }
}

#[test]
fn a_container_serves_this_machine_alone() {
    let sandbox = world();
    let compose = sandbox.tracker(&["serve", "--print", "compose"]);
    let compose: Value =
        serde_yaml::from_str(&compose.stdout).unwrap_or_else(|error| panic!("{error}: {compose}"));
    let service = &compose["services"]["tracker"];
    assert_eq!(service["ports"][0], Value::from("127.0.0.1:4040:4040"));
    assert_eq!(service["volumes"][0], Value::from("${REPOSITORY:-.}:/repository"));
    let dockerfile = sandbox.tracker(&["serve", "--print", "dockerfile"]).stdout;
    assert!(dockerfile.contains("WORKDIR /repository") && !dockerfile.contains("{install}"), "{dockerfile}");
    // What it starts is a command of this program.
    let entry = dockerfile.lines().find_map(|line| line.strip_prefix("ENTRYPOINT ")).unwrap();
    let words: Vec<String> = serde_json::from_str(entry).unwrap();
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert_eq!(words.remove(0), "tracker");
    words.push("--help");
    assert_eq!(sandbox.tracker(&words).status, 0);
}
