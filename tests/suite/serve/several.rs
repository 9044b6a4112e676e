//! Several repositories by one server: a page of all, each below a path of its own, and nobody let in who would not be for one.

use serde_json::{Value, json};

use super::client::Server;
use super::guard::no_path_answers_strangers;
use super::world;
use crate::support::Sandbox;

/// Serves two repositories, whose folders have the same name.
fn served(options: &[&str]) -> (Sandbox, Sandbox, Server) {
    let (one, two) = (world(), world());
    assert_eq!(two.tracker(&["set", "d4rk", "title=Only in the second"]).status, 0);
    let (first, second) = (one.path().display().to_string(), two.path().display().to_string());
    let server = Server::start(&one, &[options, &[first.as_str(), second.as_str()]].concat());
    (one, two, server)
}

/// Returns the paths of both.
fn prefixes(server: &Server) -> [String; 2] {
    let (status, answer) = server.call("GET", "/projects", &Value::Null);
    assert_eq!(status, 200, "{answer}");
    let projects = answer["result"]["projects"].as_array().unwrap().iter();
    let paths: Vec<String> =
        projects.map(|own| own["pages"].as_str().unwrap().trim_end_matches('/').to_owned()).collect();
    paths.try_into().unwrap()
}

#[test]
fn each_repository_has_its_pages_and_calls_below_a_path_of_its_own() {
    let (one, two, server) = served(&[]);
    let [first, second] = prefixes(&server);
    assert_eq!(second, format!("{first}-2"));
    let all = server.get("/").body;
    for text in [format!("href=\"{first}/\""), format!("href=\"{second}/runs\""), "0/2</span>".to_owned()] {
        assert!(all.contains(&text), "{text}: {all}");
    }
    let page = server.get(&format!("{second}/tasks/TASK-D4RK")).body;
    assert!(page.contains("<h1>Only in the second</h1>"), "{page}");
    // Every link and form leads back into the same repository.
    let links =
        page.split("href=\"").chain(page.split("action=\"")).skip(1).filter(|link| link.starts_with('/'));
    for link in links.map(|link| link.split_once('"').unwrap().0) {
        let is_own = link.starts_with(&format!("{second}/")) || link.starts_with("/assets/") || link == "/";
        assert!(is_own, "{link}");
    }
    let token = server.form_token_of(&format!("{second}/"));
    let form = format!("form_token={token}&back={}%2Fboard", second.replace('/', "%2F"));
    let sent = server.form(&format!("{second}/api/v1/tasks/TASK-D4RK/start"), &form);
    assert_eq!(
        (sent.status, sent.header("location")),
        (303, Some(format!("{second}/board").as_str())),
        "{sent:?}"
    );
    let stage = |sandbox: &Sandbox| sandbox.read(".tracker/tasks/TASK-D4RK.md").contains("stage: dev");
    assert_eq!((stage(&one), stage(&two)), (false, true));
    let sent =
        server.form(&format!("{second}/api/v1/tasks/TASK-D4RK/tick"), &format!("form_token={token}&box=1"));
    assert_eq!(sent.header("location"), Some(format!("{second}/").as_str()), "{sent:?}");
    for path in
        ["/p/none/", "/p/", "/board", "/tasks/TASK-D4RK", &format!("{first}-3/board"), "/p/..%2F/board"]
    {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
    assert_eq!(server.call("GET", "/tasks", &Value::Null).0, 404);
    // Agents call each by its own path as well.
    #[cfg(feature = "mcp")]
    agents_call_each(&server, [&first, &second]);
}

#[cfg(feature = "mcp")]
fn agents_call_each(server: &Server, [first, second]: [&str; 2]) {
    let find = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"find"}}"#;
    let lines = format!("Authorization: Bearer {}\r\n{}", server.token, super::client::MESSAGE_LINES);
    let called = |path: &str| server.send("POST", path, &lines, find);
    assert!(called(&format!("{second}/mcp")).body.contains("Only in the second"));
    assert!(called(&format!("{first}/mcp")).body.contains("Add dark mode"));
    assert_eq!(called("/mcp").status, 404);
    assert_eq!(server.call("POST", "/projects", &Value::Null).0, 404);
}

#[test]
fn what_changes_in_one_is_seen_there_and_on_the_page_of_all() {
    let (one, two, server) = served(&[]);
    let [first, second] = prefixes(&server);
    let known = |page: &str| {
        let page = server.get(page).body;
        page.split_once("data-known=\"").unwrap().1.split_once('"').unwrap().0.to_owned()
    };
    let before = known(&format!("{first}/"));
    let (mut all, mut own) =
        (server.events_at("/events", None), server.events_at(&format!("{second}/events"), None));
    assert_eq!((all.next().1.as_str(), own.next().1.as_str()), ("hello", "hello"));
    assert_eq!(two.tracker(&["start", "d4rk"]).status, 0);
    assert_eq!((all.next().1.as_str(), own.next().1.as_str()), ("change", "change"));
    assert_eq!(known(&format!("{first}/")), before);
    assert_ne!(known(&format!("{second}/")), before);
    // One that cannot be read is shown with its error, and the others are there.
    std::fs::remove_dir_all(one.path().join(".tracker")).unwrap();
    let page = server.get("/").body;
    assert!(page.contains("class=\"line warn\""), "{page}");
    assert_eq!(page.matches("0/2</span>").count(), 1, "{page}");
    assert_eq!(server.get(&format!("{first}/")).status, 409);
    assert_eq!(server.get(&format!("{second}/")).status, 200);
}

#[test]
fn no_path_of_several_answers_who_was_not_let_in() {
    let (_one, two, server) = served(&[]);
    let [_, second] = prefixes(&server);
    let below =
        ["/", "/fleet", "/events", "/api/v1/tasks", "/mcp", "/nothing"].map(|path| format!("{second}{path}"));
    let paths = below.iter().map(String::as_str).chain(["/", "/events", "/api/v1/projects", "/p/none/"]);
    no_path_answers_strangers(&server, &paths.collect::<Vec<_>>());
    let call = format!("{second}/api/v1/tasks/TASK-D4RK/start");
    for form in [String::new(), format!("form_token={}", server.token)] {
        assert_eq!(server.form(&call, &form).status, 403);
    }
    drop(server);
    let path = two.path().display().to_string();
    let read_only = Server::start(&two, &["--read-only", &path, &path]);
    let [first, _] = prefixes(&read_only);
    let lines = format!("Authorization: Bearer {}\r\n", read_only.token);
    let refused = read_only.send("POST", &format!("{first}/api/v1/tasks/TASK-D4RK/start"), &lines, "");
    assert_eq!((refused.status, &refused.json()["detail"]), (403, &json!("this server is read-only")));
    assert!(!read_only.get(&format!("{first}/tasks/TASK-D4RK")).body.contains("<form class=\"act"));
}
