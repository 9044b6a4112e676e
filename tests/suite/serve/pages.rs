//! Pages: what they show, how they are acted on, and that they are live.

use serde_json::json;

use super::client::Server;
use super::{commit, has_foreign_markup, world};

#[test]
fn every_page_shows_what_the_files_say() {
    let sandbox = world();
    sandbox.git(&["branch", "other"]);
    let server = Server::start(&sandbox, &[]);
    for (path, texts) in [
        ("/", ["<dt>Tasks</dt><dd>2</dd>", "Add dark mode"]),
        ("/?badge=pending", ["aria-current=\"true\">pending", "TASK-D4RK"]),
        ("/?q=dark", ["1 match", "TASK-D4RK"]),
        ("/board", ["data-stage=\"qa\"", "data-id=\"TASK-D4RK\""]),
        ("/tasks/TASK-D4RK", ["the toggle", "/api/v1/tasks/TASK-D4RK/start"]),
        // A part of an id is enough, as on the command line.
        ("/tasks/d4rk", ["the toggle", "Add dark mode"]),
        ("/tasks/TASK-EV1L", ["&lt;script&gt;", "&lt;iframe"]),
        ("/inbox", ["Inbox", "</main>"]),
        ("/reviews", ["Pending sign-offs", "/reviews/other"]),
        ("/reviews/other", ["Review of other", "The gate lets it through"]),
        ("/sprints", ["SPRINT-1", "planned"]),
        ("/sprints/SPRINT-1", ["less", "Scope"]),
        ("/plans", ["No plans yet", "</main>"]),
        ("/runs", ["No runs yet", "</main>"]),
        ("/graph", ["No open task depends", "</main>"]),
        ("/fleet", ["No worker has worked", "No round was made"]),
        ("/fleet?at=HEAD", ["is of a machine and of now", "Open escalations"]),
        ("/?at=HEAD", ["As of <code>HEAD</code>", "TASK-D4RK"]),
    ] {
        let page = server.get(path);
        assert_eq!(page.status, 200, "{path}: {page:?}");
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"), "{path}");
        for text in texts {
            assert!(page.body.contains(text), "{path} lacks {text}: {}", page.body);
        }
        assert!(!has_foreign_markup(&page.body), "{path}: {}", page.body);
    }
    // As of a commit nobody acts.
    assert!(!server.get("/tasks/TASK-D4RK?at=HEAD").body.contains("<form class=\"act"));
    for (status, path) in
        [(404, "/nothing"), (404, "/tasks/none"), (404, "/?at=nowhere"), (422, "/?q=bad:query")]
    {
        let page = server.get(path);
        assert_eq!(page.status, status, "{path}: {page:?}");
        assert!(page.body.contains("<h1>Not shown</h1>"), "{path}: {}", page.body);
    }
}

#[test]
fn dependencies_are_a_picture_and_a_list_of_the_same() {
    let sandbox = world();
    assert_eq!(sandbox.tracker(&["set", "ev1l", "depends_on=TASK-D4RK"]).status, 0);
    assert_eq!(sandbox.tracker(&["new", "Last", "--id", "TASK-LAST", "--depends-on", "ev1l"]).status, 0);
    commit(&sandbox, "Dependencies");
    let server = Server::start(&sandbox, &[]);
    let page = server.get("/graph");
    let policy = page.header("content-security-policy").unwrap().to_owned();
    for text in [
        "<a href=\"/tasks/TASK-EV1L\" tabindex=\"-1\"><title>TASK-EV1L &lt;script&gt;",
        "after TASK-D4RK</span>",
        "after TASK-EV1L</span>",
    ] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    assert!(!has_foreign_markup(&page.body.replace("<style>", "")), "{}", page.body);
    // The style that the picture brings along is one of those that the browser is allowed to use.
    let style = page.body.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let hash = data_encoding::BASE64.encode(&<sha2::Sha256 as sha2::Digest>::digest(style.as_bytes()));
    assert!(policy.contains(&format!("'sha256-{hash}'")), "{policy}");
    // A query leaves what matches, with what that waits for.
    let page = server.get("/graph?q=id%3DTASK-EV1L").body;
    assert!(page.contains("TASK-D4RK") && !page.contains("TASK-LAST"), "{page}");
    assert!(page.contains("name=\"q\" value=\"id=TASK-EV1L\""), "{page}");
    assert!(server.get("/graph?q=id%3DTASK-NONE").body.contains("No task that matches"));
    assert!(server.get("/graph?at=HEAD").body.contains("href=\"/tasks/TASK-EV1L?at=HEAD\""));
    let (status, answer) = server.call("GET", "/deps?q=id%3DTASK-EV1L", &json!(null));
    assert_eq!((status, answer["result"]["rows"].as_array().unwrap().len()), (200, 2), "{answer}");
    assert_eq!(sandbox.tracker(&["site", "../public"]).status, 0);
    let page = std::fs::read_to_string(sandbox.path().join("../public/graph.html")).unwrap();
    assert!(page.contains("<a href=\"tasks/TASK-EV1L.html\" tabindex"), "{page}");
    assert!(!page.contains("<form"), "{page}");
}

#[test]
fn what_has_not_changed_is_not_sent_again() {
    let sandbox = world();
    let server = Server::start(&sandbox, &[]);
    let tag = server.get("/").header("etag").unwrap().to_owned();
    let again = |tag: &str| {
        let lines = format!("Authorization: Bearer {}\r\nIf-None-Match: {tag}\r\n", server.token);
        server.send("GET", "/", &lines, "")
    };
    assert_eq!((again(&tag).status, again(&tag).body.as_str()), (304, ""));
    assert_eq!(again("\"other\"").status, 200);
    assert_eq!(sandbox.tracker(&["start", "d4rk"]).status, 0);
    assert_eq!(again(&tag).status, 200);
}

#[test]
fn a_form_without_scripts_does_what_it_says_and_comes_back() {
    let sandbox = world();
    let server = Server::start(&sandbox, &[]);
    let token = server.form_token();
    let page = "/tasks/TASK-D4RK";
    let send = |call: &str, more: &str| {
        let form = format!("form_token={token}&back=%2Ftasks%2FTASK-D4RK&{more}");
        server.form(&format!("/api/v1/tasks/TASK-D4RK/{call}"), &form)
    };
    for (call, more) in [
        ("start", ""),
        ("tick", "box=1"),
        ("notes", "text=as+agreed%0Aline+2"),
        ("set", "assignee=ada&area="),
    ] {
        let sent = send(call, more);
        assert_eq!((sent.status, sent.header("location")), (303, Some(page)), "{call}: {sent:?}");
    }
    let shown = sandbox.tracker(&["show", "d4rk"]).stdout;
    assert!(shown.contains("dev") && shown.contains("@ada") | shown.contains("ada"), "{shown}");
    assert!(server.get(page).body.contains("as agreed"), "{}", server.get(page).body);
    // What is refused says why, and what helps.
    let refused = send("advance", "to=complete");
    assert_eq!(refused.status, 422, "{refused:?}");
    assert!(refused.body.contains("qa comes next for TASK-D4RK, not complete"), "{}", refused.body);
    // Nobody is sent to another server.
    let sent =
        server.form("/api/v1/tasks/TASK-D4RK/tick", &format!("form_token={token}&back=//evil.example&box=1"));
    assert_eq!((sent.status, sent.header("location")), (303, Some("/")), "{sent:?}");
}

#[test]
fn a_vote_covers_what_its_page_showed() {
    let sandbox = world();
    let server = Server::start(&sandbox, &[]);
    sandbox.git(&["config", "user.name", "Worker"]);
    assert_eq!(sandbox.tracker(&["start", "d4rk"]).status, 0);
    assert_eq!(sandbox.tracker(&["tick", "d4rk", "1"]).status, 0);
    assert_eq!(sandbox.tracker(&["advance", "d4rk"]).status, 0);
    sandbox.write("src/lib.rs", "one");
    commit(&sandbox, "Work\n\nTask: TASK-D4RK");
    sandbox.git(&["config", "user.name", "Reviewer"]);
    sandbox.git(&["config", "user.email", "reviewer@example.com"]);
    let page = server.get("/tasks/TASK-D4RK").body;
    let (_, rest) = page.split_once("name=\"seen\" value=\"").unwrap_or_else(|| panic!("{page}"));
    let seen = rest.split_once('"').unwrap().0;
    let vote = json!({"role": "reviewer", "seen": seen, "notes": "fine"});
    // Somebody commits while the page is open.
    sandbox.write("src/lib.rs", "two");
    commit(&sandbox, "More\n\nTask: TASK-D4RK");
    let (status, answer) = server.call("POST", "/tasks/TASK-D4RK/approve", &vote);
    assert_eq!(status, 409, "{answer}");
    assert!(answer["detail"].as_str().unwrap().contains("is not what you saw any more"), "{answer}");
    assert!(answer["error"]["hints"][0].as_str().unwrap().contains("git diff "), "{answer}");
    assert!(!sandbox.path().join(".tracker/signoffs/TASK-D4RK").exists());
    // The page as it is now is voted on.
    let page = server.get("/tasks/TASK-D4RK").body;
    let seen = page.split_once("name=\"seen\" value=\"").unwrap().1.split_once('"').unwrap().0;
    let vote = json!({"role": "reviewer", "seen": seen, "notes": "fine"});
    let (status, answer) = server.call("POST", "/tasks/TASK-D4RK/approve", &vote);
    assert_eq!(status, 200, "{answer}");
    assert!(sandbox.path().join(".tracker/signoffs/TASK-D4RK").exists());
}

#[test]
fn every_page_hears_of_every_change_and_of_what_it_has_missed() {
    let sandbox = world();
    let server = Server::start(&sandbox, &[]);
    let (mut one, mut other) = (server.events(None), server.events(None));
    let (begun, hello) = one.next();
    assert_eq!((hello.as_str(), other.next().1.as_str()), ("hello", "hello"));
    assert!(server.get("/").body.contains(&format!("data-known=\"{begun}\"")));
    // By the command line, by a commit, and by a page.
    assert_eq!(sandbox.tracker(&["start", "d4rk"]).status, 0);
    let (changed, event) = one.next();
    assert_eq!((event.as_str(), other.next().1.as_str()), ("change", "change"));
    assert_ne!(changed, begun);
    // A stream that was broken: what it has missed it hears at once.
    assert_eq!(server.events(Some(&begun)).next().1, "change");
    assert_eq!(server.events(Some("another-start-7")).next().1, "change");
}
