//! What a command prints for a person, as lines of cells: colours are kept, everything else that a terminal would obey is
//! left out.

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use super::text::clean;

/// Reads a text.
pub(super) fn lines(text: &str) -> Vec<Line<'static>> {
    let mut style = Style::new();
    text.lines().map(|line| read_line(line, &mut style)).collect()
}

fn read_line(text: &str, style: &mut Style) -> Line<'static> {
    // What was drawn over is not seen.
    let text = text.strip_suffix('\r').unwrap_or(text);
    let text = text.rsplit('\r').next().unwrap_or(text);
    let mut spans = Vec::new();
    let mut parts = text.split('\u{1b}');
    let mut push = |text: &str, style: Style| {
        let text = expand(text);
        if !text.is_empty() {
            spans.push(Span::styled(text, style));
        }
    };
    push(parts.next().unwrap_or_default(), *style);
    for part in parts {
        let (command, rest) = command_of(part);
        if let Some(codes) = command {
            *style = obey(*style, codes);
        }
        push(rest, *style);
    }
    Line::from(spans)
}

/// Makes spaces of tabs.
fn expand(text: &str) -> String {
    clean(&text.replace('\t', "    "))
}

/// Splits what follows an escape into the numbers of a style, where it is one, and the text after the command.
fn command_of(part: &str) -> (Option<&str>, &str) {
    if let Some(rest) = part.strip_prefix('[') {
        let Some(end) = rest.find(|c: char| ('\u{40}'..='\u{7e}').contains(&c)) else { return (None, "") };
        let (codes, after) = (&rest[..end], &rest[end + 1..]);
        return (rest[end..].starts_with('m').then_some(codes), after);
    }
    if let Some(rest) = part.strip_prefix([']', 'P', 'X', '^', '_']) {
        // A text for the terminal itself; it ends with a bell, or with the escape that the next part begins after.
        return (None, rest.split_once('\u{7}').map_or("", |(_, after)| after));
    }
    let mut chars = part.chars();
    chars.next();
    (None, chars.as_str())
}

fn obey(mut style: Style, codes: &str) -> Style {
    let mut numbers = codes.split([';', ':']).map(|code| code.parse::<u8>().unwrap_or(0));
    while let Some(number) = numbers.next() {
        style = match number {
            0 => Style::new(),
            1 => style.add_modifier(Modifier::BOLD),
            2 => style.add_modifier(Modifier::DIM),
            3 => style.add_modifier(Modifier::ITALIC),
            4 => style.add_modifier(Modifier::UNDERLINED),
            7 => style.add_modifier(Modifier::REVERSED),
            22 => without(style, Modifier::BOLD | Modifier::DIM),
            23 => without(style, Modifier::ITALIC),
            24 => without(style, Modifier::UNDERLINED),
            27 => without(style, Modifier::REVERSED),
            30..=37 => style.fg(Color::Indexed(number - 30)),
            90..=97 => style.fg(Color::Indexed(number - 82)),
            40..=47 => style.bg(Color::Indexed(number - 40)),
            100..=107 => style.bg(Color::Indexed(number - 92)),
            39 => Style { fg: None, ..style },
            49 => Style { bg: None, ..style },
            38 | 48 => {
                let colour = match numbers.next() {
                    Some(5) => numbers.next().map(Color::Indexed),
                    Some(2) => numbers
                        .next()
                        .zip(numbers.next())
                        .zip(numbers.next())
                        .map(|((red, green), blue)| Color::Rgb(red, green, blue)),
                    _ => None,
                };
                if number == 38 { Style { fg: colour, ..style } } else { Style { bg: colour, ..style } }
            }
            _ => style,
        };
    }
    style
}

fn without(mut style: Style, modifier: Modifier) -> Style {
    style.add_modifier.remove(modifier);
    style
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &Line<'_>) -> String {
        line.spans.iter().map(|span| span.content.as_ref()).collect()
    }

    #[test]
    fn colours_are_kept_over_lines() {
        let read = lines("a \u{1b}[1;31mred\nstill\u{1b}[0m not");
        assert_eq!(read[0].spans[1], Span::styled("red", Style::new().fg(Color::Indexed(1)).bold()));
        assert_eq!(read[1].spans[0].style.fg, Some(Color::Indexed(1)));
        assert_eq!(read[1].spans[1], Span::raw(" not"));
        let read = lines("\u{1b}[38;5;200ma\u{1b}[38;2;1;2;3mb\u{1b}[39mc");
        let colours: Vec<_> = read[0].spans.iter().map(|span| span.style.fg).collect();
        assert_eq!(colours, [Some(Color::Indexed(200)), Some(Color::Rgb(1, 2, 3)), None]);
    }

    #[test]
    fn nothing_else_is_obeyed() {
        let hostile =
            "a\u{1b}[2Jb\u{1b}]0;title\u{7}c\u{1b}]8;;http://x\u{1b}\\d\u{1b}ce\u{9b}1mf\u{202e}\u{1b}[";
        assert_eq!(text(&lines(hostile)[0]), "abcde1mf");
        assert_eq!(text(&lines("10 %\r20 %\r30 %\r\n")[0]), "30 %");
    }
}
