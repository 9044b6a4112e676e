//! The page as a forge reads it: nothing that a repository brings becomes markup, and nothing makes it too long.

use comrak::nodes::NodeValue;
use comrak::{Arena, Options, parse_document};

use super::page::LIMIT;
use super::{brief, markdown};
use crate::review::{Review, TaskReview, Web, sample};

/// Texts that want to be more than text.
const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</details></summary><details open>",
    "--> <!-- <b> -->",
    "<!-- tracker-review -->",
    "[here](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "[x]: https://evil.example",
    "[^1] [x][y] []",
    "<https://evil.example>",
    "https://evil.example www.evil.example HTTP://EVIL.example ftp://evil.example",
    "mail a@evil.example or mailto:a@evil.example xmpp:a@evil.example/x",
    "a | b || c \\| d |",
    "| a | b |\n|---|---|\n| c | d |",
    "`code` ``more`` ` `` ```",
    "`|` a`|`b \\`|",
    "```\nfence",
    "~~~ fence",
    "# heading",
    "heading\n===\nheading\n---\n",
    "- item\n- item",
    "-",
    "+ a",
    "* a",
    "1. a",
    "12) a",
    "=",
    "===",
    "---",
    "***",
    "___",
    "> quote",
    "    code",
    "\tcode",
    "**bold** *em* __bold__ _em_ ~~gone~~ ~gone~",
    "- [x] done",
    "[x] done",
    "[ ] open",
    "@everyone @ada @org/team @@ada \\@ada",
    "#123 GH-1 gh-2 user/repo#1 user/repo@abcdef1 !12 $3 &4 %5 ~bug %\"v 1\" ^alert#3",
    ":tada: :+1: :a:b:c:",
    "$x$ $$y$$ $`z`$",
    "&lt;b&gt; &#60;b&#62; &amp; &copy; &commat;ada &#64;ada &#x40;ada",
    "\\",
    "\\\\",
    "a\\",
    "\\\\|",
    "a\\\nb",
    "a  \nb",
    "/close",
    "/assign @ada",
    "nul\u{0} esc\u{1b}[2J\u{1b}]8;;https://evil.example\u{7} bell\u{7} del\u{7f} c1\u{9b}",
    "\u{202e}desrever\u{202c} \u{2066}x\u{2069} \u{200b}\u{feff}",
    "line\u{2028}par\u{2029}nel\u{85}vt\u{b}ff\u{c}\r\r\n\n\n# new",
    "",
    " ",
    "\n\n",
    "<",
    ">",
    "&",
    "'",
    "\"",
    "`",
    "``",
    "|",
    "||",
    "[",
    "]",
    "!",
    "![",
    "](",
    "@",
    "#",
    ":",
    "<!--",
    "src/a`b.rs",
    "src/a|b.rs",
    "src/<a>.rs",
    "a b/(c).rs",
    "https://evil.example/a.rs",
    "javascript:alert(1)",
    "[!WARNING]",
    "> [!WARNING]",
    "{: .class}",
    "<<<<<<< ours",
    "%%{init}",
    "[[wiki]]",
    "==mark==",
    "H~2~O x^2^",
    "日本語のタイトル 👩‍👩‍👧 é́́́",
];

fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.strikethrough = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.alerts = true;
    options.extension.math_dollars = true;
    options.extension.math_code = true;
    options.extension.wikilinks_title_after_pipe = true;
    options.extension.highlight = true;
    options.extension.subscript = true;
    options.extension.superscript = true;
    options.render.r#unsafe = true;
    options
}

/// What a forge makes of a page: the kinds of its nodes, texts and code aside; the texts alone; the addresses.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    kinds: Vec<String>,
    texts: String,
    raw: Vec<String>,
    addresses: Vec<String>,
}

fn seen(page: &str) -> Seen {
    let arena = Arena::new();
    let mut seen = Seen::default();
    for node in parse_document(&arena, page, &options()).descendants() {
        match &node.data().value {
            NodeValue::Text(text) => seen.texts.push_str(text),
            NodeValue::Code(_) | NodeValue::SoftBreak => seen.texts.push(' '),
            NodeValue::HtmlBlock(block) => seen.raw.push(block.literal.clone()),
            NodeValue::HtmlInline(raw) => seen.raw.push(raw.clone()),
            NodeValue::Link(link) | NodeValue::Image(link) => {
                seen.addresses.push(link.url.clone());
                seen.kinds.push("link".to_owned());
            }
            value => {
                let kind = format!("{value:?}");
                let end = kind.find([' ', '(', '{']).unwrap_or(kind.len());
                seen.kinds.push(kind[..end].to_owned());
                seen.texts.push('\n');
            }
        }
    }
    seen
}

fn with_web(mut review: Review) -> Review {
    let base = "https://example.com/ada/theme";
    review.range.web = Some(Web { commit: format!("{base}/commit/"), file: format!("{base}/blob/5c23a34/") });
    review
}

/// Asserts that nothing in the texts is what a forge looks for after it has rendered a page.
fn assert_no_reference(texts: &str, hostile: &str) {
    let letters: Vec<char> = texts.chars().collect();
    for (at, pair) in letters.windows(2).enumerate() {
        let [one, next] = pair else { continue };
        let is_bad = match one {
            '@' => next.is_alphanumeric() || matches!(next, '-' | '_' | '"'),
            '#' => next.is_ascii_digit(),
            ':' => *next == '/',
            _ => false,
        };
        let around: String = letters[at.saturating_sub(10)..(at + 10).min(letters.len())].iter().collect();
        assert!(!is_bad, "{hostile:?}: {around:?}");
    }
    for bad in ["www.evil", "GH-1", "gh-2", ":tada:", ":+1:", "mailto:a", "\u{1b}", "\u{202e}", "\u{0}"] {
        assert!(!texts.contains(bad), "{hostile:?} leaves {bad:?}");
    }
}

#[test]
fn nothing_hostile_becomes_markup() {
    let harmless = seen(&markdown(&sample::everywhere("word")));
    assert!(harmless.addresses.is_empty());
    assert_eq!(harmless.kinds.iter().filter(|kind| *kind == "TableRow").count(), 3);
    assert_eq!(harmless.kinds.iter().filter(|kind| *kind == "TableCell").count(), 15);
    for hostile in HOSTILE {
        let page = markdown(&sample::everywhere(hostile));
        let found = seen(&page);
        assert_eq!(found.kinds, harmless.kinds, "{hostile:?} changes what is rendered\n{page}");
        assert_eq!(found.addresses, Vec::<String>::new(), "{hostile:?}\n{page}");
        assert_no_reference(&found.texts, hostile);
        assert_eq!(found.raw.len(), harmless.raw.len(), "{hostile:?}\n{page}");
        for raw in &found.raw {
            let inner = raw.trim_end().strip_prefix("<details><summary>");
            let inner = inner.and_then(|raw| raw.strip_suffix("</summary>"));
            let is_ours = matches!(raw.trim_end(), "<!-- tracker-review -->" | "</details>");
            assert!(
                is_ours || inner.is_some_and(|inner| !inner.contains(['<', '>', '\n'])),
                "{hostile:?}: {raw:?}"
            );
            let raw = raw.replace("&#8203;", "\u{200b}").replace("&#124;", "|").replace("&#36;", "$");
            assert_no_reference(raw.trim_start_matches("<!-- tracker-review -->"), hostile);
        }
    }
}

#[test]
fn links_lead_where_the_forge_is_and_nowhere_else() {
    let page = markdown(&with_web(sample::review()));
    let found = seen(&page);
    assert!(found.addresses.len() > 10, "{page}");
    assert!(found.addresses.contains(&"https://example.com/ada/theme/blob/5c23a34/src/theme.rs".to_owned()));
    for hostile in HOSTILE {
        let page = markdown(&with_web(sample::everywhere(hostile)));
        for address in seen(&page).addresses {
            let inside = address.strip_prefix("https://example.com/ada/theme/");
            let inside = inside.map(|inside| inside.trim_end_matches("#L12"));
            assert!(
                inside.is_some_and(|inside| !inside.contains([':', '?', '#', '<'])),
                "{hostile:?}: {address}"
            );
        }
    }
    let mut review = with_web(sample::review());
    review.range.web =
        Some(Web { commit: "javascript:alert(1)//".to_owned(), file: "https://a)[x](b".to_owned() });
    assert_eq!(seen(&markdown(&review)).addresses, Vec::<String>::new());
}

#[test]
fn a_description_is_as_harmless() {
    let harmless = seen(&brief(&sample::everywhere("word")));
    for hostile in HOSTILE {
        let text = brief(&sample::everywhere(hostile));
        let found = seen(&text);
        assert_eq!(found.kinds, harmless.kinds, "{hostile:?}\n{text}");
        assert_eq!((found.addresses, found.raw), (Vec::new(), Vec::new()), "{hostile:?}\n{text}");
        assert_no_reference(&found.texts, hostile);
    }
}

/// Makes a range that is too much in every way.
fn huge(tasks: usize, files: usize, text: &str) -> Review {
    let mut review = sample::everywhere(text);
    let task = review.tasks[1].clone();
    let of = |at: usize| TaskReview { id: format!("TASK-{at:04}"), ..task.clone() };
    review.tasks = (0..tasks).map(of).collect();
    review.tasks[0].files = vec![task.files[0].clone(); files];
    review.tasks[0].moves = vec![task.moves[0].clone(); files];
    review.loose.files = vec![review.loose.files[0].clone(); files];
    review.loose.commits = vec![review.loose.commits[0].clone(); files];
    review.verdict.breaches = vec![review.verdict.breaches[0].clone(); files];
    review
}

#[test]
fn the_page_is_never_too_long_and_says_what_it_leaves_out() {
    for (tasks, files, text) in [
        (1, 5_000, "src/a/b.rs".to_owned()),
        (1_000, 5_000, "word".to_owned()),
        (1_000, 1, "@#1".repeat(100)),
        (2, 100, "`|\\".repeat(70_000 / 3)),
        (2, 50, "👩".repeat(70_000)),
        (300, 200, "\u{1b}".repeat(300)),
    ] {
        let review = huge(tasks, files, &text);
        for review in [with_web(review.clone()), review] {
            for page in [markdown(&review), brief(&review)] {
                let length = super::parts::length(&page);
                assert!(length <= LIMIT, "{tasks} tasks, {files} files: {length}");
            }
            let page = markdown(&review);
            assert!(page.contains("… and ") && page.contains("tracker review"), "{page}");
            assert!(
                page.starts_with("<!-- tracker-review -->\n### ✗ The gate says no: 2 errors, 1 warning\n")
            );
            assert!(page.contains("| ✗ | "), "the table stays before the details");
        }
    }
    let page = markdown(&huge(1_000, 5_000, "word"));
    assert!(
        page.contains("- … and 4,") && page.contains("more tasks: `tracker review word..word --full`"),
        "{page}"
    );
}

#[test]
fn a_page_reads_well() {
    insta::assert_snapshot!(markdown(&sample::review()), @r#"
    <!-- tracker-review -->
    ### ✗ The gate says no: 2 errors, 1 warning

    `origin/main..dark-mode` · 4 commits · 2 tasks · 5 files +232 −219 · policy from origin/main

    | | task | move | votes | missing |
    |---|---|---|---|---|
    | ✗ | **TASK-7Q2M** Add dark mode to the dashboard | dev → qa → sec | 1/2, 1 stale | approval of code-reviewer: `tracker approve TASK-7Q2M --as code-reviewer`; F2 is open: `tracker findings settle TASK-7Q2M F2` |
    | ✓ | **TASK-3F8K** One colour table | new, none → qa → complete | 2/2 signed |  |

    **What stands against it**

    - ✗ **earned-moves** TASK-7Q2M left qa, and the vote of code-reviewer is stale: src/theme.rs changed after it — `tracker approve TASK-7Q2M --as code-reviewer`
    - ✗ **policy-owners** .tracker/config.toml lowers the quorum of security-auditor; its owners have not voted (`.tracker/config.toml:12`)
    - ! **linked-commits** 9fc01aa "wip" belongs to no task — write `Task: ID` into its message
    - · **commands** not run: --allow-commands runs them

    <details><summary>✗ TASK-7Q2M Add dark mode to the dashboard — 1 error</summary>

    **Missing**

    - approval of code-reviewer: `tracker approve TASK-7Q2M --as code-reviewer`
    - F2 is open: `tracker findings settle TASK-7Q2M F2`

    **Moves**

    - dev → qa by Ada Lovelace, 2026-11-11 06:00 UTC: all boxes ticked
    - qa → sec by Ada Lovelace, 2026-11-11 09:00 UTC, **override**

    **Votes 1/2**

    - ! code-reviewer: approved by Grace in qa, 2026-11-11 08:00 UTC, signed — **does not count**: stale, src/theme.rs changed in 4be1c2f — “clean, follows conventions”
    - ✓ test-automator: approved by Ken in qa, 2026-11-11 08:00 UTC, attributed

    **Boxes**

    - ✓ toggle in settings
    - ✓ colours from one table
    - ☐ remembers the choice — opened again

    **Changed**

    - priority: low → high
    - the text
    - 1 note written

    **Findings**

    - F2 high: token logged (`src/auth.rs:41`) — open, opened by Grace, **blocks**

    **Commits**

    - `4be1c2f` Read the colours from one table (Ada Lovelace)
    - `5c23a34` Remember it (Ada Lovelace)

    **Files**

    - `src/theme.rs` +120 −8 — **not covered**
    - `src/ui/switch.rs` +44 −0 — code-reviewer, test-automator

    </details>

    <details><summary>✓ TASK-3F8K One colour table</summary>

    **Moves**

    - none → qa by Ada Lovelace, 2026-11-11 07:00 UTC
    - qa → complete by Ada Lovelace, 2026-11-11 08:00 UTC

    **Votes 2/2**

    - ✓ code-reviewer: approved by Grace in qa, 2026-11-11 08:00 UTC, signed
    - ✓ test-automator: approved by Ken in qa, 2026-11-11 08:00 UTC, signed

    **Commits**

    - `77aa001` One table for all colours (Ada Lovelace)

    **Files**

    - `src/colours.rs` +61 −210 — code-reviewer

    </details>

    **Commits that belong to no task**

    - `9fc01aa` wip (Ada Lovelace)

    **Files that belong to no task**

    - `notes.txt` +7 −1 added

    **What the gate judges by**

    - `.tracker/config.toml` +1 −1
    "#);
    insta::assert_snapshot!(markdown(&sample::empty()), @r"
    <!-- tracker-review -->
    ### ✓ The gate says yes

    `origin/main..dark-mode` · 0 commits · 0 tasks · policy from origin/main

    - · **commands** not run: --allow-commands runs them
    ");
    insta::assert_snapshot!(brief(&sample::review()), @r"
    - **TASK-3F8K** One colour table: new, none → qa → complete
    - **TASK-7Q2M** Add dark mode to the dashboard: dev → qa → sec
      - [x] toggle in settings
      - [x] colours from one table

    Without a task:

    - `9fc01aa` wip (Ada Lovelace)
    ");
}
