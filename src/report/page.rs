//! Markdown to a page of its own: one file, readable without scripts, that loads nothing from anywhere.

use std::fmt::Write as _;

use comrak::nodes::NodeValue;
use comrak::{Arena, Options, format_html, parse_document};
use serde::Serialize;

use super::Error;
use super::render::render;

/// The built-in template of the page around a report.
const PAGE: &str = include_str!("../../templates/reports/page.html.j2");

#[derive(Debug, Serialize)]
struct Page<'p> {
    title: &'p str,
    body: &'p str,
}

/// Lays out Markdown as a page, whose title is the first heading.
pub(super) fn of_markdown(markdown: &str, fallback: &str) -> Result<String, Error> {
    let (title, body) = html_of(markdown);
    let page = Page { title: title.as_deref().unwrap_or(fallback), body: &body };
    render("page.html.j2", PAGE, minijinja::value::Serde(&page).into())
}

/// Returns the first heading's text and the whole as HTML. What a text says in HTML is shown as text; a picture becomes a
/// link, because a page that is handed on must not fetch anything; a checkbox becomes a character, because nobody can
/// check it here.
pub(crate) fn html_of(markdown: &str) -> (Option<String>, String) {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.tasklist = true;
    options.extension.autolink = true;
    // Raw HTML is shown as text.
    options.render.escape = true;
    let arena = Arena::new();
    let root = parse_document(&arena, markdown, &options);
    let mut title = None;
    let nodes: Vec<_> = root.descendants().collect();
    for node in nodes {
        let mut data = node.data.borrow_mut();
        match &mut data.value {
            NodeValue::HtmlBlock(html) if html.literal.trim_start().starts_with("<!--") => {
                drop(data);
                node.detach();
            }
            NodeValue::HtmlInline(html) if html.starts_with("<!--") => html.clear(),
            NodeValue::Image(link) => {
                let link = link.clone();
                data.value = NodeValue::Link(link);
            }
            NodeValue::Heading(_) if title.is_none() => {
                drop(data);
                title = Some(text_of(node));
            }
            _ => {}
        }
    }
    let mut html = String::new();
    format_html(root, &options, &mut html).expect("writing to a string never fails");
    (title.filter(|title| !title.trim().is_empty()), in_one_file(&html))
}

fn text_of<'a>(node: &'a comrak::nodes::AstNode<'a>) -> String {
    let mut text = String::new();
    for node in node.descendants() {
        match &node.data.borrow().value {
            NodeValue::Text(part) => text.push_str(part),
            NodeValue::Code(code) => text.push_str(&code.literal),
            NodeValue::SoftBreak | NodeValue::LineBreak => text.push(' '),
            _ => {}
        }
    }
    text
}

/// Makes of what the renderer writes what a page of today says: tables that scroll by themselves, and no form without a
/// name. Text never contains `<`, so that these are tags.
fn in_one_file(html: &str) -> String {
    let mut out = String::with_capacity(html.len() + html.len() / 16);
    let mut tables = 0;
    for part in html.split_inclusive('\n') {
        let line = part
            .replace("<input type=\"checkbox\" checked=\"\" disabled=\"\" />", "<span class=\"box\">☑</span>")
            .replace("<input type=\"checkbox\" disabled=\"\" />", "<span class=\"box\">☐</span>")
            .replace("<th>", "<th scope=\"col\">")
            .replace("<pre>", "<pre tabindex=\"0\">")
            .replace("<hr />", "<hr>")
            .replace("<br />", "<br>");
        let line = ["left", "center", "right"].iter().fold(line, |line, side| {
            let aligned = format!(" align=\"{side}\">");
            line.replace(&aligned, &format!(" class=\"{side}\">"))
        });
        match line.trim_end() {
            "<table>" => {
                tables += 1;
                let _ = write!(
                    out,
                    "<section class=\"wide\" tabindex=\"0\" aria-label=\"Table {tables}\">\n{line}"
                );
            }
            "</table>" => {
                out.push_str(&line);
                out.push_str("</section>\n");
            }
            _ => out.push_str(&line),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{html_of, of_markdown};

    #[test]
    fn nothing_of_a_text_is_markup_and_nothing_is_fetched() {
        let hostile = "# A <b>title</b> & more\n\n<script>alert(1)</script>\n\n<!-- seen by nobody -->\n\nx <img src=x> ![p](https://e.com/p.png)\n\n[l](javascript:alert(1))\n";
        let (title, html) = html_of(hostile);
        assert_eq!(title.as_deref(), Some("A title & more"));
        assert!(
            !html.contains("<script") && !html.contains("<img") && !html.contains("javascript:"),
            "{html}"
        );
        assert!(html.contains("&lt;script&gt;") && !html.contains("seen by nobody"), "{html}");
        assert!(html.contains("<a href=\"https://e.com/p.png\">p</a>"), "{html}");
    }

    #[test]
    fn tables_scroll_and_boxes_are_characters() {
        let (_, html) = html_of("| a | b |\n|---|--:|\n| 1 | 2 |\n\n- [x] done\n- [ ] open\n");
        assert!(html.contains("<section class=\"wide\" tabindex=\"0\" aria-label=\"Table 1\">\n<table>"));
        assert!(
            html.contains("<th scope=\"col\">a</th>") && html.contains("<td class=\"right\">2</td>"),
            "{html}"
        );
        assert!(html.contains("☑") && html.contains("☐") && !html.contains("<input"), "{html}");
    }

    #[test]
    fn a_page_is_the_same_each_time_and_has_a_title() {
        let page = of_markdown("# One\n\ntext\n", "Report").unwrap();
        assert_eq!(page, of_markdown("# One\n\ntext\n", "Report").unwrap());
        assert!(
            page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">") && page.contains("<title>One</title>")
        );
        assert!(of_markdown("text\n", "Report").unwrap().contains("<title>Report</title>"));
    }
}
