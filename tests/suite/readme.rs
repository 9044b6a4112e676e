//! Transcripts are true line by line: those of the README, and those at the head of the files of commands, are played,
//! and what the commands print is what they say. Pictures of the README, whose texts are commands, show what these print,
//! or the page of `tracker serve`.
//!
//! `TRACKER_UPDATE_README=1 cargo test readme` writes what they print into them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::support::{Sandbox, without_counts_of_rules};

const FENCE: &str = "```console";

/// The prompts of a transcript, and who types there.
const PROMPTS: [(&str, Option<(&str, &str)>); 2] =
    [("$ ", None), ("grace$ ", Some(("Grace Hopper", "grace@example.com")))];

/// Plays every `console` block of a text whose lines begin with this prefix in one sandbox, and returns the text with
/// what the commands print. A picture whose text is a command is compared with what this prints in colour.
fn played(sandbox: &Sandbox, prefix: &str, text: &str) -> Played {
    let (mut result, mut lines) = (String::new(), text.lines().peekable());
    let mut pictures = Vec::new();
    let own = |line: &str| line.strip_prefix(prefix).unwrap_or(line.trim_end()).to_owned();
    while let Some(line) = lines.next() {
        let _ = writeln!(result, "{line}");
        if let Some((command, file)) = picture(line) {
            pictures.push((file.to_owned(), drawn(sandbox, command)));
        }
        if own(line) != FENCE {
            continue;
        }
        while let Some(line) = lines.next_if(|line| own(line) != "```") {
            let typed = PROMPTS
                .iter()
                .find_map(|(prompt, who)| Some((own(line).strip_prefix(prompt)?.to_owned(), *who)));
            let Some((mut command, who)) = typed else { continue };
            let _ = writeln!(result, "{line}");
            while command.ends_with('\\') {
                let more = lines.next().unwrap();
                let _ = writeln!(result, "{more}");
                let more = own(more);
                let more = more.trim_start().trim_start_matches("> ");
                command = format!("{}{more}", command.trim_end_matches('\\'));
            }
            let output =
                sandbox.program_with("sh", "", &["-c", &format!("{{ {command}\n}} 2>&1")], |program| {
                    if let Some((name, email)) = who {
                        program.envs([("GIT_AUTHOR_NAME", name), ("GIT_COMMITTER_NAME", name)]);
                        program.envs([("GIT_AUTHOR_EMAIL", email), ("GIT_COMMITTER_EMAIL", email)]);
                    }
                });
            let printed = output.stdout.replace(&sandbox.root().display().to_string(), "/home/ada");
            for line in printed.lines() {
                let _ = writeln!(result, "{}", format!("{prefix}{line}").trim_end());
            }
        }
    }
    Played { text: result, pictures }
}

/// What playing a text gave.
struct Played {
    /// The text with what its commands print.
    text: String,
    /// The files of pictures below the top, and what they should be.
    pictures: Vec<(String, String)>,
}

/// Returns the command and the file of a picture: `![tracker board](fixtures/pictures/board.svg)`.
fn picture(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("![")?.strip_suffix(')')?.split_once("](").filter(|(_, file)| file.ends_with(".svg"))
}

/// Draws what a command prints on a terminal, or a page.
fn drawn(sandbox: &Sandbox, command: &str) -> String {
    if let Some(path) = command.strip_prefix("tracker serve ") {
        return page_as_svg(sandbox, path);
    }
    let output = sandbox.program_with("sh", "", &["-c", &format!("{command} 2>&1")], |program| {
        program.env("CLICOLOR_FORCE", "1").env("COLUMNS", "112");
    });
    let text = format!("$ {command}\n{}", output.stdout);
    anstyle_svg::Term::new().render_svg(&text) + "\n"
}

/// The size of the window that a page is shown in.
const WINDOW: (u32, u32) = (1120, 420);

/// Makes a picture of a page, such as `/board`: its own document and styles, which every browser draws as it draws the page.
/// What it draws depends on no fonts of this machine, so that it can be compared.
fn page_as_svg(sandbox: &Sandbox, path: &str) -> String {
    let request = format!(
        r#"{{"path":"{path}","query":"","live":{{"base":"","form_token":"-","person":"","known":""}},"projects":[]}}"#
    );
    let arguments = ["-c", "printf %s \"$0\" | tracker page", &request];
    let output = sandbox.program_with("sh", "", &arguments, |_| {});
    let (status, html) = output.stdout.split_once('\n').unwrap();
    assert_eq!(status, "200", "{output}");
    let between = |start: &str, end: &str| {
        let (_, rest) = html.split_once(start).unwrap_or_else(|| panic!("no {start}: {html}"));
        rest.split_once(end).unwrap().0
    };
    let (kind, body) = (between("<html", ">"), between("<body", "</body>"));
    let style = concat!(
        include_str!("../../templates/reports/page.css"),
        include_str!("../../templates/web/web.css")
    );
    let (width, height) = WINDOW;
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <foreignObject width=\"{width}\" height=\"{height}\">\n<html xmlns=\"http://www.w3.org/1999/xhtml\"{kind}>\n\
         <style><![CDATA[\n{style}]]></style>\n<body{}</body>\n</html>\n</foreignObject>\n</svg>\n",
        as_xml(body)
    );
    roxmltree::Document::parse(&svg).unwrap_or_else(|error| panic!("{error}: {svg}"));
    svg
}

/// Writes HTML as XML, as far as our pages need it: elements that have no end, and attributes that have no value.
fn as_xml(html: &str) -> String {
    const VOID: [&str; 6] = ["input", "br", "hr", "img", "meta", "link"];
    let (mut xml, mut parts) = (String::new(), html.split('<'));
    xml.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (tag, text) = part.split_once('>').unwrap_or_else(|| panic!("{part}"));
        let is_void = VOID.contains(&tag.split([' ', '\n']).next().unwrap_or_default());
        let end = if is_void && !tag.ends_with('/') { "/" } else { "" };
        let _ = write!(xml, "<{}{end}>{}", with_values(tag), text.replace("&nbsp;", "&#160;"));
    }
    xml
}

/// Gives each attribute of a tag a value.
fn with_values(tag: &str) -> String {
    let (mut tag_as_xml, mut is_quoted, mut word) = (String::new(), false, String::new());
    for c in tag.chars().chain([' ']) {
        is_quoted ^= c == '"';
        if is_quoted || !c.is_ascii_whitespace() {
            word.push(c);
            continue;
        }
        let is_first = tag_as_xml.is_empty();
        let is_name = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let value = if is_name && !is_first { "=\"\"" } else { "" };
        let _ = write!(tag_as_xml, "{}{word}{value}", if is_first || word.is_empty() { "" } else { " " });
        word.clear();
    }
    tag_as_xml
}

/// Compares a file with what its transcripts print; returns the difference, or writes the file anew if asked to.
fn difference(path: &Path, played: &str) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    #[expect(clippy::disallowed_methods, reason = "a switch for whoever edits transcripts")]
    if std::env::var_os("TRACKER_UPDATE_README").is_some() {
        std::fs::write(path, played).unwrap();
        return String::new();
    }
    let (text, played) = (without_counts_of_rules(&text), without_counts_of_rules(played));
    let diff = similar::TextDiff::from_lines(&text, &played);
    diff.unified_diff().header(&path.display().to_string(), "what the commands print").to_string()
}

#[test]
fn readme_commands_print_what_the_readme_shows() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.matches(FENCE).count() >= 3, "the tour is gone");
    let played = played(&Sandbox::new(), "", &text);
    let mut found = difference(&path, &played.text);
    for (file, drawn) in &played.pictures {
        found += &difference(&Path::new(env!("CARGO_MANIFEST_DIR")).join(file), drawn);
    }
    assert!(found.is_empty(), "{found}");
    assert_eq!(played.pictures.len(), 3, "the pictures are gone");
}

/// Returns the files of commands that begin with a transcript, and their texts.
pub(crate) fn transcripts() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/commands");
    let files =
        walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().map(|file| file.unwrap().into_path());
    let texts = files.filter(|path| path.is_file()).map(|path| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path, text)
    });
    texts.filter(|(_, text)| text.contains(FENCE)).collect()
}

/// Returns what a transcript of a command begins with: a repository with the profile `team` and two tasks, of which the
/// second waits for the first.
pub(crate) fn planned() -> Sandbox {
    let sandbox = Sandbox::new();
    for line in [
        "init --profile team --no-hooks",
        "new One --id TASK-7Q2M --priority high --deliverable table --deliverable switch",
        "new Two --id TASK-C0LR --type bug --depends-on 7q2m",
    ] {
        assert_eq!(sandbox.tracker(&line.split(' ').collect::<Vec<_>>()).status, 0, "{line}");
    }
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", "Plan"]);
    sandbox
}

#[test]
fn transcripts_print_what_they_show() {
    let difference =
        |(path, text): (PathBuf, String)| difference(&path, &played(&planned(), "//! ", &text).text);
    let found: String = transcripts().into_iter().map(difference).collect();
    assert!(found.is_empty(), "{found}");
}
