//! Text that others wrote, as a part of a body: it makes neither sections nor boxes of it, and hides nothing below it.

use super::boxes::box_in;
use super::sections::{heading_in, lines, open_fence};

/// Returns a text without what a body is read by: headings are bold lines, the brackets of boxes are escaped, and no
/// fence and no comment is open at its end. What is in code fences stays as it is.
pub(crate) fn words_of_others(text: &str) -> String {
    let text = without_open_comment(text);
    let mut plain: Vec<String> = Vec::new();
    let mut is_below_heading = false;
    for line in lines(&text) {
        let is_blank = line.text.trim().is_empty();
        if is_below_heading && !is_blank {
            plain.push(String::new());
        }
        is_below_heading = false;
        if !line.is_text {
            plain.push(line.text.to_owned());
        } else if let Some((_, heading)) = heading_in(line.text) {
            is_below_heading = !heading.is_empty();
            plain.push(if is_below_heading {
                format!("**{}**", heading.trim_matches('*'))
            } else {
                String::new()
            });
        } else {
            plain.push(without_box(line.text));
        }
    }
    if let Some((mark, length)) = open_fence(&text) {
        plain.push(char::from(mark).to_string().repeat(length));
    }
    plain.join("\n")
}

/// Escapes the box of a line.
fn without_box(line: &str) -> String {
    match box_in(line) {
        Some(place) => format!("{}\\{}", &line[..place.start], &line[place.start..]),
        None => line.to_owned(),
    }
}

/// Escapes where a comment begins that nothing ends.
fn without_open_comment(text: &str) -> String {
    let closed = text.rfind("-->").map_or(0, |at| at + 3);
    format!("{}{}", &text[..closed], text[closed..].replace("<!--", "&lt;!--"))
}

#[cfg(test)]
mod tests {
    use super::words_of_others;
    use crate::doc::markdown::{checkboxes, ends_in_text, sections};

    #[test]
    fn no_text_of_others_is_read_as_a_body() {
        let text = "Fine\n## Deliverables\n- [x] stolen\n   # Acceptance criteria ##\n> 1. [ ] b\n```sh\n# c\n- [ ] d\n```\n#\n\n### *e*\n\n";
        let plain = words_of_others(text);
        assert_eq!(
            plain,
            "Fine\n**Deliverables**\n\n- \\[x] stolen\n**Acceptance criteria**\n\n> 1. \\[ ] b\n```sh\n# c\n- [ ] d\n```\n\n\n**e**\n"
        );
        for odd in [
            "~~~~\n## a",
            "<!-- a",
            "a <!-- b\n## c",
            "<!-- a\n-->\n## b",
            "`<!--` <!-- -->\n# a",
            "- ```\n- [ ] x",
        ] {
            let body = format!("{}\n\n## Own\n\n- [ ] box -->\n", words_of_others(odd));
            assert!(ends_in_text(&body), "{odd}");
            assert_eq!(sections(&body).len(), 1, "{odd}");
            assert_eq!(checkboxes(&body).len(), 1, "{odd}");
        }
    }
}
