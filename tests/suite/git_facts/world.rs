//! What hangs on variables and on the user's own configuration: asked in a child process, for a process cannot
//! change its own variables safely.

use tracker::env::Env;
use tracker::git::{self, People, Person, Repository};

use crate::support::Sandbox;

/// The child: prints the facts of the folder and the variables that it is started with.
#[test]
#[ignore = "run by the other tests, in a world of its own"]
fn child() {
    let env = Env::from_process().unwrap();
    let repository = Repository::open(&git::discover(&env).unwrap()).unwrap();
    let identity = repository.identity(&env);
    let show = |fact: &str, value: String| println!("fact {fact}: {value}");
    let person = |found: Result<Person, git::Error>| match found {
        Ok(person) => person.to_string(),
        Err(error) => format!("{error}; {}", error.hint().unwrap_or_default()),
    };
    show("identity", person(repository.identity(&env)));
    let people = People::load(&repository);
    show("canonical", person(identity.map(|own| people.canonical(&own))));
    show("editor", repository.editor(&env, true).unwrap_or_default());
    show("remote", repository.remote_url(None).unwrap().unwrap_or_default());
    show("backup", repository.remote_url(Some("backup")).unwrap().unwrap_or_default());
    show("key", repository.config_text("tracker.key").unwrap_or_default());
    let alias = Person { name: "A. Lovelace".to_owned(), email: "countess@example.com".to_owned() };
    show("alias", People::load(&repository).canonical(&alias).to_string());
}

fn fact(sandbox: &Sandbox, name: &str, variables: &[(&str, &str)]) -> String {
    let program = std::env::current_exe().unwrap();
    let args = ["--exact", "git_facts::world::child", "--ignored", "--nocapture"];
    let output = sandbox.program_with(program, "", &args, |command| {
        command.envs(variables.iter().copied());
    });
    assert_eq!(output.status, 0, "{output}");
    let beginning = format!("fact {name}: ");
    let line = output.stdout.lines().find_map(|line| line.split_once(&beginning)).map(|(_, value)| value);
    line.unwrap_or_else(|| panic!("{output}")).to_owned()
}

#[test]
fn the_identity_follows_gits_rules() {
    let sandbox = Sandbox::new();
    let identity = |variables: &[(&str, &str)]| fact(&sandbox, "identity", variables);
    assert_eq!(identity(&[]), "Ada Lovelace <ada@example.com>");
    let git = |key, value| sandbox.git(&["config", key, value]);
    git("user.email", "ada@work.example");
    assert_eq!(identity(&[]), "Ada Lovelace <ada@work.example>");
    git("author.name", "Countess");
    assert_eq!(identity(&[]), "Countess <ada@work.example>");
    let variables = [("GIT_AUTHOR_NAME", " Bot, "), ("GIT_AUTHOR_EMAIL", "<bot@example.com>")];
    assert_eq!(identity(&variables), "Bot <bot@example.com>");
    assert_eq!(identity(&[("EMAIL", "late@example.com")]), "Countess <ada@work.example>");
}

#[test]
fn an_unknown_user_gets_a_hint() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.root().join("home/.gitconfig"), "").unwrap();
    let name = "git does not know your name; try: git config --global user.name \"Your Name\"";
    assert_eq!(fact(&sandbox, "identity", &[]), name);
    sandbox.git(&["config", "user.name", "Ada"]);
    let email = "git does not know your email; try: git config --global user.email you@example.com";
    assert_eq!(fact(&sandbox, "identity", &[]), email);
    assert_eq!(fact(&sandbox, "identity", &[("EMAIL", "ada@example.com")]), "Ada <ada@example.com>");
}

#[test]
fn the_mailmap_makes_one_person_of_several_names() {
    let sandbox = Sandbox::new();
    assert_eq!(fact(&sandbox, "alias", &[]), "A. Lovelace <countess@example.com>");
    sandbox.write(".mailmap", "Ada Lovelace <ada@example.com> <countess@example.com>\n");
    assert_eq!(fact(&sandbox, "alias", &[]), "Ada Lovelace <ada@example.com>");
    sandbox.write(".mailmap", "Ada King <king@example.com> <ada@example.com>\n");
    assert_eq!(fact(&sandbox, "canonical", &[]), "Ada King <king@example.com>");
}

#[test]
fn the_editor_follows_gits_rules() {
    let sandbox = Sandbox::new();
    let editor = |variables: &[(&str, &str)]| fact(&sandbox, "editor", variables);
    assert_eq!(editor(&[]), "");
    assert_eq!(editor(&[("TERM", "xterm")]), "vi");
    assert_eq!(editor(&[("EDITOR", "nano")]), "nano");
    assert_eq!(editor(&[("EDITOR", "nano"), ("VISUAL", "code --wait")]), "nano");
    let all = [("TERM", "xterm"), ("EDITOR", "nano"), ("VISUAL", "code --wait")];
    assert_eq!(editor(&all), "code --wait");
    sandbox.git(&["config", "core.editor", "emacs -nw"]);
    assert_eq!(editor(&all), "emacs -nw");
    assert_eq!(editor(&[&all[..], &[("GIT_EDITOR", "ed")]].concat()), "ed");
}

#[test]
fn a_remote_is_shown_without_credentials() {
    let sandbox = Sandbox::new();
    assert_eq!(fact(&sandbox, "remote", &[]), "");
    sandbox.git(&["remote", "add", "origin", "https://me:secret@git.example.com/ada/engine.git"]);
    sandbox.git(&["remote", "add", "backup", "git@backup.example.com:ada/engine.git"]);
    assert_eq!(fact(&sandbox, "remote", &[]), "https://git.example.com/ada/engine.git");
    assert_eq!(fact(&sandbox, "backup", &[]), "git@backup.example.com:ada/engine.git");
    sandbox.git(&[
        "config",
        "url.https://token@mirror.example.com/.insteadOf",
        "https://me:secret@git.example.com/",
    ]);
    assert_eq!(fact(&sandbox, "remote", &[]), "https://mirror.example.com/ada/engine.git");
}

#[test]
fn settings_come_from_all_files_and_from_the_command_line() {
    let sandbox = Sandbox::new();
    let key = |variables: &[(&str, &str)]| fact(&sandbox, "key", variables);
    sandbox.git(&["config", "--global", "tracker.key", "global"]);
    assert_eq!(key(&[]), "global");
    sandbox.git(&["config", "tracker.key", "local"]);
    assert_eq!(key(&[]), "local");
    let variables =
        [("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "tracker.key"), ("GIT_CONFIG_VALUE_0", "given")];
    assert_eq!(key(&variables), "given");
}
