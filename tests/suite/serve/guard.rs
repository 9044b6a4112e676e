//! Who is let in, and what no request can do; each beside the honest one that it resembles.

use std::io::{Read, Write};
use std::time::Duration;

use serde_json::{Value, json};

use super::client::{MESSAGE_LINES, Server};
use super::world;

/// Every kind of path: pages, files, streams, calls.
const PATHS: [&str; 13] = [
    "/",
    "/tasks/TASK-D4RK",
    "/reviews",
    "/fleet",
    "/graph",
    "/assets/tracker.css",
    "/events",
    "/api/v1/tasks",
    "/api/v1/fleet",
    "/api/v1/openapi.json",
    "/api/v1/nothing",
    "/mcp",
    "/nothing",
];

#[test]
fn no_path_answers_who_was_not_let_in() {
    let sandbox = world();
    let server = Server::start(&sandbox, &[]);
    no_path_answers_strangers(&server, &PATHS);
    let bearer = &format!("Authorization: Bearer {}\r\n", server.token);
    let call = server.send("POST", "/api/v1/board", bearer, "");
    assert_eq!((call.status, call.header("allow")), (405, Some("GET, HEAD")));
    // Nothing of it says that others may read.
    assert_eq!(server.get("/").header("access-control-allow-origin"), None);
    let policy = server.get("/").header("content-security-policy").unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
}

/// Asserts that none of these paths answers by another name, to another site, or without the token.
pub(super) fn no_path_answers_strangers(server: &Server, paths: &[&str]) {
    let bearer = &format!("Authorization: Bearer {}\r\n", server.token);
    let cookie = server.cookie.clone();
    for path in paths.iter().copied() {
        for method in ["GET", "POST", "HEAD"] {
            let status = |lines: &str| server.send(method, path, lines, "").status;
            assert_eq!(status(""), 401, "{method} {path}");
            assert_eq!(
                status("Authorization: Bearer 0123456789abcdef0123456789abcdef\r\n"),
                401,
                "{method} {path}"
            );
            // Another name that somebody makes point here.
            assert_eq!(
                status(&format!("Host: evil.example:{}\r\n{bearer}", server.port)),
                421,
                "{method} {path}"
            );
            // Pages of others.
            assert_eq!(status(&format!("Origin: http://evil.example\r\n{cookie}")), 403, "{method} {path}");
            assert_eq!(status(&format!("Origin: null\r\n{cookie}")), 403, "{method} {path}");
            assert_eq!(
                status(&format!("Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: cors\r\n{cookie}")),
                403,
                "{method} {path}"
            );
        }
        let own = format!("Origin: http://localhost:{0}\r\nHost: localhost:{0}\r\n{cookie}", server.port);
        if cfg!(feature = "mcp") && path.ends_with("/mcp") {
            // Agents alone: the honest one has the token, and no page has it.
            assert_eq!(server.send("POST", path, &own, "").status, 401, "{path}");
            let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
            let agent = format!("Origin: http://127.0.0.1:{}\r\n{bearer}{}", server.port, MESSAGE_LINES);
            assert_eq!(server.send("POST", path, &agent, ping).status, 200, "{path}");
        } else if !path.ends_with("/events") {
            assert!(matches!(server.send("GET", path, &own, "").status, 200 | 404), "{path}");
        }
        let refused = server.send("DELETE", path, &cookie, "");
        assert_eq!((refused.status, refused.header("allow")), (405, Some("GET, HEAD, POST")), "{path}");
    }
}

#[test]
fn the_printed_address_lets_a_browser_in_once_and_for_all() {
    let sandbox = world();
    let server = Server::start(&sandbox, &[]);
    let first = server.send("GET", &format!("/board?q=dark&token={}", server.token), "", "");
    assert_eq!((first.status, first.header("location")), (303, Some("/board?q=dark")));
    let cookie = first.header("set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let cookie = cookie.split_once(';').unwrap().0;
    assert_eq!(server.send("GET", "/board", &format!("Cookie: {cookie}\r\n"), "").status, 200);
    assert_eq!(server.send("GET", "/?token=wrong", "", "").status, 401);
    // A path that browsers take for another server.
    let first = server.send("GET", &format!("//evil.example/?token={}", server.token), "", "");
    assert_eq!(first.header("location"), Some("/"));
}

#[test]
fn only_an_own_form_writes_and_nothing_does_where_that_is_off() {
    let sandbox = world();
    let server = Server::start(&sandbox, &[]);
    let files = || sandbox.git(&["status", "--porcelain"]);
    let call = "/api/v1/tasks/TASK-D4RK/start";
    for form in ["", "form_token=0123456789abcdef0123456789abcdef", &format!("form_token={}", server.token)] {
        let refused = server.form(call, form);
        assert_eq!(refused.status, 403, "{refused:?}");
    }
    assert_eq!(server.get(call).status, 405);
    assert_eq!(files(), "");
    let read_only = Server::start(&sandbox, &["--read-only"]);
    let (status, answer) = read_only.call("POST", "/tasks/TASK-D4RK/start", &Value::Null);
    assert_eq!((status, answer["detail"].as_str()), (403, Some("this server is read-only")), "{answer}");
    let page = read_only.get("/tasks/TASK-D4RK").body;
    assert!(!page.contains("<form class=\"act") && page.contains("read only"), "{page}");
    assert_eq!(files(), "");
    assert_eq!(server.form(call, &format!("form_token={}", server.form_token())).status, 303);
    assert_ne!(files(), "");
}

#[test]
fn paths_lead_to_no_files_and_values_are_no_options() {
    let sandbox = world();
    sandbox.write("secret.txt", "nobody reads this");
    let server = Server::start(&sandbox, &[]);
    for path in [
        "/../secret.txt",
        "/assets/../secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/tasks/..%2f..%2fsecret.txt",
        "/tasks/%2e%2e%2fconfig.toml",
        "/sprints/..%2f..%2f..%2fsecret.txt",
        "/plans/%2e%2e",
        "/runs/..%2f..%2f..%2fsecret.txt",
        "/reviews/--help",
        "/tasks/--help",
        "/tasks/%00",
        "/tasks/%ff",
        &format!("/reviews/{}", "x".repeat(3000)),
        &format!("/reviews/{}", "x/".repeat(3000)),
        &format!("/tasks/{}", "x".repeat(3000)),
        &format!("/runs/{}", "x".repeat(3000)),
        &format!("/?at={}", "x".repeat(3000)),
        "/.git/config",
        "/.tracker/config.toml",
    ] {
        let page = server.get(path);
        assert!(matches!(page.status, 400 | 404), "{path}: {page:?}");
        assert!(!page.body.contains("nobody reads this") && !page.body.contains("[pipeline]"), "{path}");
    }
    let secret = sandbox.path().join("secret.txt");
    let (status, answer) = server.call(
        "POST",
        "/tasks/TASK-D4RK/notes",
        &json!({"text": format!("--output={}", secret.display())}),
    );
    assert_eq!(status, 200, "{answer}");
    assert_eq!(sandbox.read("secret.txt"), "nobody reads this");
    let (status, answer) = server.call("GET", "/tasks?q=--help", &Value::Null);
    assert_eq!((status, &answer["result"]["matched"]), (200, &json!(0)), "{answer}");
}

#[test]
fn a_call_runs_no_workflow_of_elsewhere() {
    let sandbox = world();
    sandbox.write("../evil.yaml", "steps:\n  one:\n    run: touch pwned\n");
    sandbox.write(".tracker/workflows/own.yaml", "steps:\n  one:\n    run: \"true\"\n");
    let server = Server::start(&sandbox, &[]);
    let path = sandbox.path().join("../evil.yaml").display().to_string().replace('/', "%2F");
    for name in [path.as_str(), "..%2Fevil.yaml", "..%2F..%2Fetc%2Fpasswd"] {
        let (status, answer) = server.call("POST", &format!("/workflows/{name}/start"), &Value::Null);
        assert_eq!(status, 404, "{name}: {answer}");
    }
    let (status, answer) = server.call("POST", "/workflows/own/start", &Value::Null);
    assert_eq!(status, 200, "{answer}");
}

#[test]
fn who_opens_many_connections_and_says_nothing_keeps_nobody_out() {
    let sandbox = world();
    let server = Server::start(&sandbox, &[]);
    let mut known = server.events(None);
    assert_eq!(known.next().1, "hello");
    let mut silent: Vec<_> = (0..150).map(|_| server.connect()).collect();
    assert_eq!(server.get("/tasks/TASK-D4RK").status, 200);
    // The oldest of them have been closed long before their time is up, and the newest have not.
    let oldest = &mut silent[0];
    oldest.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    assert_eq!(oldest.read(&mut [0; 16]).unwrap(), 0);
    let newest = &mut silent[149];
    newest.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    assert!(newest.read(&mut [0; 16]).is_err());
    // Whoever was let in before is still there.
    assert_eq!(sandbox.tracker(&["start", "TASK-D4RK"]).status, 0);
    assert_eq!(known.next().1, "change");
}

#[test]
fn no_request_takes_the_server_down() {
    let sandbox = world();
    let server = Server::start(&sandbox, &[]);
    // Clients that begin and never end, more than answers are made at once.
    let mut slow: Vec<_> = (0..30).map(|_| server.connect()).collect();
    for stream in &mut slow {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: ").unwrap();
    }
    let mut posting = server.connect();
    let head = format!(
        "POST /api/v1/tasks HTTP/1.1\r\nHost: localhost:{}\r\nAuthorization: Bearer {}\r\nContent-Length: 100\r\n\r\n{{",
        server.port, server.token
    );
    posting.write_all(head.as_bytes()).unwrap();
    for (expected, bytes) in [
        (vec![400], b"nonsense\r\n\r\n".to_vec()),
        (vec![400], b"GET / HTTP/1.1\r\nHost: a\r\nHost : b\r\n\r\n".to_vec()),
        (
            vec![400, 414, 431, 0],
            [b"GET /".to_vec(), vec![b'a'; 1_000_000], b" HTTP/1.1\r\n\r\n".to_vec()].concat(),
        ),
        (
            vec![400, 431, 0],
            [b"GET / HTTP/1.1\r\nX: ".to_vec(), vec![b'a'; 1_000_000], b"\r\n\r\n".to_vec()].concat(),
        ),
    ] {
        let answer = server.raw(&bytes);
        assert!(expected.contains(&answer.status), "{answer:?}");
    }
    let large = json!({"title": "x".repeat(2 * 1024 * 1024)});
    let lines = format!("Authorization: Bearer {}\r\n", server.token);
    let answer = server.send("POST", "/api/v1/tasks", &lines, &large.to_string());
    assert!(matches!(answer.status, 413 | 0), "{answer:?}");
    // A title that is long and no more than that is answered with what is wrong with it, or written.
    let (status, answer) = server.call("POST", "/tasks", &json!({"title": "x".repeat(100_000)}));
    assert!(matches!(status, 200 | 422 | 503), "{answer}");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(server.send("POST", "/api/v1/tasks", &lines, &deep).status, 422);
    assert_eq!(server.get("/").status, 200);
    for mut stream in slow {
        // They are ended, by an answer or without.
        let _ = stream.read(&mut [0; 16]);
    }
    assert_eq!(server.get("/tasks/TASK-D4RK").status, 200);
}
