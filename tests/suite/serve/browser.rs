//! A real browser: driven where it is found. `TRACKER_BROWSER`, the folder of the modules that drive it and that check
//! pages, makes it required.

use std::process::Command;

use super::client::Server;
use super::world;

#[test]
fn a_browser_shows_pages_without_faults_and_all_tabs_agree() {
    let Some(modules) = std::env::var_os("TRACKER_BROWSER") else {
        eprintln!("NOT TESTED: TRACKER_BROWSER does not say where the modules are that drive a browser");
        return;
    };
    let sandbox = world();
    sandbox.git(&["branch", "other"]);
    let server = Server::start(&sandbox, &[]);
    let model = sandbox.tracker_command(&[]);
    let address = format!("http://127.0.0.1:{}/?token={}", server.port, server.token);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/serve/browser.js");
    let mut command = Command::new("node");
    command.args([script, &address]).arg(model.get_program()).arg(sandbox.path()).arg(modules);
    // The tracker that it calls lives in the world of the sandbox; the browser wants a home of its own.
    command.env_clear().envs(model.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
