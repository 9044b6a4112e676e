//! Webhooks out: what a server on this machine gets, and gets again.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use super::{commit_all, events, world};
use crate::support::Sandbox;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Takes a request, answers it with a status, and returns its headers and its body.
fn take(listener: &TcpListener, status: &str) -> (String, String) {
    let (stream, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(&stream);
    let (mut head, mut line) = (String::new(), String::new());
    while reader.read_line(&mut line).unwrap() > 2 {
        head.push_str(&line.to_lowercase());
        line.clear();
    }
    let length = header(&head, "content-length").parse().unwrap();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let answer = format!(
        "HTTP/1.1 {status}\r\nlocation: http://localhost:9/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    (&stream).write_all(answer.as_bytes()).unwrap();
    (head, String::from_utf8(body).unwrap())
}

fn header(head: &str, name: &str) -> String {
    let line = head.lines().find_map(|line| line.strip_prefix(&format!("{name}:")));
    line.unwrap_or_else(|| panic!("{name}: {head}")).trim().to_owned()
}

fn configure(sandbox: &Sandbox, port: u16) {
    let config = sandbox.read(".tracker/config.toml");
    let hook = format!(
        "\n[webhooks.chat]\nurl = \"http://127.0.0.1:{port}/hook\"\nevents = [\"stage.entered\"]\nsecret = \"CHAT_SECRET\"\n"
    );
    sandbox.write(".tracker/config.toml", config + &hook);
    commit_all(sandbox, "Notify the chat");
}

#[test]
fn an_event_is_signed_and_sent_again_until_it_is_taken() {
    let (sandbox, listener) = (world(), TcpListener::bind("127.0.0.1:0").unwrap());
    configure(&sandbox, listener.local_addr().unwrap().port());
    let missing = sandbox.tracker(&["watch", "--exec", "--timeout", "0"]);
    assert!(missing.status == 2 && missing.stderr.contains("CHAT_SECRET is not set"), "{missing}");
    let run = |timeout: &str| {
        let mut command = sandbox.tracker_command(&["watch", "--exec", "--timeout", timeout]);
        let mut child =
            command.env("CHAT_SECRET", SECRET).stderr(std::process::Stdio::piped()).spawn().unwrap();
        let mut errors = BufReader::new(child.stderr.take().unwrap());
        errors.read_line(&mut String::new()).unwrap();
        child
    };
    let mut child = run("1");
    sandbox.tracker(&["start", "0ne1"]);
    sandbox.tracker(&["advance", "0ne1"]);
    // One that leads elsewhere is not followed, and is not taken.
    let (first, body) = take(&listener, "302 Found");
    assert!(child.wait().unwrap().success());
    assert!(
        body.starts_with(r#"{"type":"stage.entered","timestamp":""#) && body.contains(r#""stage":"dev""#),
        "{body}"
    );
    let outbox = sandbox.tracker(&["events", "--outbox"]).stdout;
    assert!(outbox.contains(r#""waiting":2"#) && outbox.contains(r#""why":"status 302""#), "{outbox}");
    // Later, and by another process: the same event under the same id, and then the next.
    let later = sandbox.read(".git/tracker/events/webhooks.json").replace("\"again\":\"20", "\"again\":\"19");
    sandbox.write(".git/tracker/events/webhooks.json", later);
    let mut child = run("1");
    let (second, again) = take(&listener, "204 No Content");
    assert_eq!((header(&first, "webhook-id"), &body), (header(&second, "webhook-id"), &again));
    assert_signed(&second, &again);
    let (third, next) = take(&listener, "200 OK");
    assert!(
        next.contains(r#""stage":"qa""#) && header(&third, "webhook-id") != header(&second, "webhook-id")
    );
    assert!(child.wait().unwrap().success());
    let kinds: Vec<String> =
        events(&sandbox, "start").0.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect();
    let of = |kind: &str| kinds.iter().filter(|own| *own == kind).count();
    assert_eq!((of("webhook.failed"), of("webhook.delivered")), (1, 2), "{kinds:?}");
    assert!(sandbox.tracker(&["events", "--outbox"]).stdout.contains(r#""waiting":0"#));
    assert!(TcpStream::connect("127.0.0.1:9").is_err());
}

#[test]
fn one_without_a_secret_keeps_no_other_from_sending() {
    let (sandbox, listener) = (world(), TcpListener::bind("127.0.0.1:0").unwrap());
    configure(&sandbox, listener.local_addr().unwrap().port());
    let config = sandbox.read(".tracker/config.toml");
    let silent = "\n[webhooks.absent]\nurl = \"http://127.0.0.1:9/\"\nevents = [\"stage.entered\"]\nsecret = \"NO_SECRET\"\n";
    sandbox.write(".tracker/config.toml", config + silent);
    commit_all(&sandbox, "Notify others");
    let mut command = sandbox.tracker_command(&["watch", "--exec", "--timeout", "1"]);
    let mut child = command.env("CHAT_SECRET", SECRET).stderr(std::process::Stdio::piped()).spawn().unwrap();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut String::new()).unwrap();
    sandbox.tracker(&["start", "0ne1"]);
    let (_, body) = take(&listener, "200 OK");
    assert!(body.contains("stage.entered") && child.wait().unwrap().success(), "{body}");
    let outbox = sandbox.tracker(&["events", "--outbox"]).stdout;
    assert!(outbox.contains("NO_SECRET is not set"), "{outbox}");
}

/// Checks a signature by the program that everybody has.
fn assert_signed(head: &str, body: &str) {
    let script = "import sys, hmac, hashlib, base64\n\
        key = base64.b64decode(sys.argv[1][6:])\n\
        print('v1,' + base64.b64encode(hmac.new(key, sys.argv[2].encode(), hashlib.sha256).digest()).decode())";
    let text = format!("{}.{}.{body}", header(head, "webhook-id"), header(head, "webhook-timestamp"));
    let Ok(output) = std::process::Command::new("python3").args(["-c", script, SECRET, &text]).output()
    else {
        return;
    };
    let expected = String::from_utf8(output.stdout).unwrap().trim().to_lowercase();
    assert_eq!(header(head, "webhook-signature"), expected);
}

#[test]
fn a_webhook_that_cannot_be_meant_is_refused() {
    let sandbox = world();
    let config = sandbox.read(".tracker/config.toml");
    let rest = "events = [\"run.*\"]\nsecret = \"A\"";
    for (hook, message) in [
        (format!("url = \"http://example.com\"\n{rest}"), "http is for this machine alone"),
        (format!("url = \"https://a:b@example.com\"\n{rest}"), "is not an address"),
        (
            "url = \"https://example.com\"\nevents = [\"run.*\"]\nsecret = \"whsec_abc\"".into(),
            "is not committed",
        ),
        (
            "url = \"https://example.com\"\nevents = [\"webhook.*\"]\nsecret = \"A\"".into(),
            "comes without end",
        ),
        ("url = \"https://example.com\"\nsecret = \"A\"".into(), "needs `url`, `events` and `secret`"),
    ] {
        sandbox.write(".tracker/config.toml", format!("{config}\n[webhooks.chat]\n{hook}\n"));
        let output = sandbox.tracker(&["doctor"]);
        assert!(output.status != 0 && output.to_string().contains(message), "{hook}: {output}");
    }
}
