//! The page as a forge reads it: nothing that a repository brings becomes markup.

use comrak::nodes::NodeValue;
use comrak::{Arena, Options, parse_document};

use super::super::{brief, markdown};
use super::with_web;
use crate::review::{Web, sample};

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
