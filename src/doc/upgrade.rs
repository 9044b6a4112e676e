//! Documents of format 1 to format 2. Only this module knows what the first word of a reason meant in format 1.
//!
//! Pure text to text, every byte kept that is not named here: a task gets `created` and `stage`, its keys in
//! order, and a `kind` for each move whose reason began with one; the configuration gets its number.

use std::ops::Range;

use chrono::NaiveDate;
use toml::de::DeTable;

use super::yaml::entries::items;
use super::yaml::entries::{Entry, Style};
use super::yaml::scalar::{self, ScalarContext};
use super::yaml::{Node, entries, flow};
use super::{Document, Edit, Value, lines, source};
use crate::model::{Config, Field, MoveKind, Problem, Stage};

const HISTORY: &str = "history";

/// Returns a task of format 1 as one of format 2; a task of format 2 as it is. `created` is the day that it gets where
/// it has none.
///
/// # Errors
/// What is wrong with a task that cannot be read or changed safely, each problem with its line.
pub fn upgrade_task(bytes: &[u8], created: Option<NaiveDate>) -> Result<String, Vec<Problem>> {
    let document = Document::markdown(bytes)?;
    with_required(&document, created)
        .and_then(|text| with_kinds(&text))
        .and_then(|text| with_keys_in_order(&text))
        .map_err(|problem| vec![problem])
}

/// Returns the configuration with the number of format 2.
///
/// # Errors
/// What is wrong with it, each problem with its line.
pub fn upgrade_config(bytes: &[u8]) -> Result<String, Vec<Problem>> {
    let (config, _) = super::read_config(bytes)?;
    let text = source::plain_text(bytes)?;
    let mark = if bytes.len() > text.len() { "\u{feff}" } else { "" };
    if config.format == Config::FORMAT {
        return Ok(format!("{mark}{text}"));
    }
    let (table, _) = DeTable::parse_recoverable(text);
    let found = table.get_ref().iter().find(|(key, _)| key.get_ref() == "format");
    let mut new = text.to_owned();
    match found {
        Some((_, value)) => new.replace_range(value.span(), &Config::FORMAT.to_string()),
        None => new.insert_str(0, &format!("format = {}{}", Config::FORMAT, lines::ending_near(text, 0))),
    }
    new.insert_str(0, mark);
    let expected = Config { format: Config::FORMAT, ..config };
    match super::read_config(new.as_bytes()) {
        Ok((config, _)) if config == expected => Ok(new),
        _ => Err(vec![Problem::error("the number cannot be changed safely").on_key("format").at_line(1)]),
    }
}

fn with_required(document: &Document, created: Option<NaiveDate>) -> Result<String, Problem> {
    let is_absent = |key: &str| document.value(key).is_none_or(|value| *value == Node::Null);
    let mut edits = Vec::new();
    if is_absent("created") {
        let Some(day) = created else {
            let problem = Problem::error("the date of creation is unknown").on_key("created").at_line(1);
            return Err(problem.with_hint("add a line such as `created: 2026-11-11`, and commit it"));
        };
        edits.push(Edit::Set { key: "created".to_owned(), value: Value::Plain(day.to_string()) });
    }
    if is_absent("stage") {
        edits.push(Edit::Set { key: "stage".to_owned(), value: Value::Text(Stage::NONE.to_owned()) });
    }
    document.edit(&edits)
}

/// What a reason of format 1 says: the kind of move, and the reason proper.
fn kind_of(why: &str) -> Option<(MoveKind, Option<&str>)> {
    let after = |word: &str| match why.strip_prefix(word)? {
        "" => Some(None),
        rest => rest.strip_prefix(':').map(|rest| Some(rest.trim()).filter(|rest| !rest.is_empty())),
    };
    if why == "started" {
        return Some((MoveKind::Start, Some(why)));
    }
    if why.starts_with("imported as ") {
        return Some((MoveKind::Import, Some(why)));
    }
    let words =
        [("failed", MoveKind::Fail), ("override", MoveKind::Override), ("reopened", MoveKind::Reopen)];
    words.into_iter().find_map(|(word, kind)| after(word).map(|why| (kind, why)))
}

/// One move that gets a kind.
struct Kinded<'t> {
    kind: MoveKind,
    why: Option<&'t str>,
}

fn kinded(node: &Node) -> Option<Kinded<'_>> {
    let Node::Map(pairs) = node else { return None };
    let value =
        |key: &str| pairs.iter().find(|(name, _)| name.as_text() == Some(key)).map(|(_, value)| value);
    if value("kind").is_some() {
        return None;
    }
    let (kind, why) = kind_of(value("why")?.as_text()?)?;
    Some(Kinded { kind, why })
}

fn with_kinds(text: &str) -> Result<String, Problem> {
    let document = reread(text)?;
    let moves: &[Node] = match document.value(HISTORY) {
        Some(Node::List(moves)) => moves,
        Some(single @ Node::Map(_)) => std::slice::from_ref(single),
        _ => return Ok(text.to_owned()),
    };
    if moves.iter().all(|step| kinded(step).is_none()) {
        return Ok(text.to_owned());
    }
    let refuse = |at: Option<usize>| {
        let line = at.map(|at| lines::number_at(text, at)).or_else(|| document.line_of(HISTORY)).unwrap_or(1);
        let problem = Problem::error("the kind of a move cannot be written here safely").on_key(HISTORY);
        problem
            .at_line(line)
            .with_hint("write the entry as `{at: …, by: …, from: …, to: …, kind: …, why: …}`")
    };
    let entry = document.entry(HISTORY).ok_or_else(|| refuse(None))?;
    let spans =
        item_spans(text, entry).filter(|spans| spans.len() == moves.len()).ok_or_else(|| refuse(None))?;
    let mut new = text.to_owned();
    let mut expected = moves.to_vec();
    for (index, span) in spans.into_iter().enumerate().rev() {
        let Some(found) = kinded(&moves[index]) else { continue };
        let at = span.start;
        let (range, written) = respelled(text, span, &found).ok_or_else(|| refuse(Some(at)))?;
        new.replace_range(range, &written);
        expected[index] = with_kind(&moves[index], &found);
    }
    let is_expected = |(key, value): &(Node, Node), old: &(Node, Node)| match key.as_text() {
        Some(HISTORY) => *key == old.0 && as_moves(value) == expected,
        _ => (key, value) == (&old.0, &old.1),
    };
    let sound = reread(&new).is_ok_and(|found| {
        let (found, old) = (found.root(), document.root());
        found.len() == old.len() && found.iter().zip(old).all(|(new, old)| is_expected(new, old))
    });
    if sound { Ok(new) } else { Err(refuse(None)) }
}

fn as_moves(value: &Node) -> &[Node] {
    match value {
        Node::List(moves) => moves,
        single => std::slice::from_ref(single),
    }
}

fn item_spans(text: &str, entry: &Entry) -> Option<Vec<Range<usize>>> {
    match entry.style {
        Style::FlowMap => Some(vec![entry.value.clone()]),
        _ => Some(items(text, entry)?.into_iter().map(|item| item.value).collect()),
    }
}

fn with_kind(step: &Node, found: &Kinded<'_>) -> Node {
    let Node::Map(pairs) = step else { return step.clone() };
    let mut new = Vec::with_capacity(pairs.len() + 1);
    for (key, value) in pairs {
        if key.as_text() != Some("why") {
            new.push((key.clone(), value.clone()));
            continue;
        }
        new.push((Node::text("kind"), Node::text(found.kind.as_str())));
        new.extend(found.why.map(|why| (key.clone(), Node::text(why))));
    }
    Node::Map(new)
}

/// Returns the place of `why: …` in an entry, and what is there then. Whether that is right is for the parser to say.
fn respelled(text: &str, span: Range<usize>, found: &Kinded<'_>) -> Option<(Range<usize>, String)> {
    let item = &text[span.clone()];
    let kind = format!("kind: {}", found.kind);
    if item.starts_with('{') {
        let within = flow::scan(text.as_bytes(), span.start, span.end)?;
        let is_why = |range: &&Range<usize>| {
            text[(*range).clone()].strip_prefix("why").is_some_and(|rest| rest.trim_start().starts_with(':'))
        };
        let range = within.items.iter().find(is_why)?.clone();
        let why = found.why.map(|why| format!(", why: {}", scalar::text(why, ScalarContext::Flow)));
        return Some((range, kind + &why.unwrap_or_default()));
    }
    // Lines of `key: value`, the first of them after the dash.
    let mut at = 0;
    loop {
        let end = lines::next(item, at);
        let line = lines::without_ending(&item[at..end]);
        let content = line.trim_start_matches(' ');
        let begin = at + line.len() - content.len();
        if let Some(rest) = content.strip_prefix("why:").filter(|rest| rest.starts_with(' ')) {
            let value = rest.trim_start_matches(' ');
            let start = begin + content.len() - value.len();
            let length = match value.as_bytes().first()? {
                b'"' | b'\'' => flow::quoted_end(value.as_bytes(), 0, value.len())?,
                _ => value.find(" #").map_or(value.len(), |comment| value[..comment].trim_end().len()),
            };
            let range = span.start + begin..span.start + start + length;
            let line_start = lines::start_of(text, range.start);
            let gap = " ".repeat(text[line_start..range.start].chars().count());
            let ending = lines::ending_near(text, range.start);
            let why =
                found.why.map(|why| format!("{ending}{gap}why: {}", scalar::text(why, ScalarContext::Block)));
            return Some((range, kind + &why.unwrap_or_default()));
        }
        if end >= item.len() {
            return None;
        }
        at = end;
    }
}

fn with_keys_in_order(text: &str) -> Result<String, Problem> {
    let document = reread(text)?;
    let refuse = || {
        let problem = Problem::error("the keys cannot be put in order safely").at_line(1);
        problem.with_hint("write each key on a line of its own, without anchors")
    };
    let names: Vec<&str> = document.root().iter().filter_map(|(key, _)| key.as_text()).collect();
    let order = ranks(&names);
    if order.is_sorted() {
        return Ok(text.to_owned());
    }
    let front = document.source().front.clone();
    let found = entries::scan(text, front.clone()).filter(|found| {
        found.len() == document.root().len()
            && found.iter().zip(&names).all(|(entry, name)| entry.key == *name)
    });
    let found = found.ok_or_else(refuse)?;
    let end = found.last().map_or(front.end, |last| last.end);
    let mut start = front.start;
    let mut blocks = Vec::with_capacity(found.len());
    for (entry, rank) in found.iter().zip(&order) {
        blocks.push((*rank, &text[start..entry.end]));
        start = entry.end;
    }
    blocks.sort_by_key(|(rank, _)| *rank);
    let ordered: String = blocks.into_iter().map(|(_, block)| block).collect();
    let new = format!("{}{ordered}{}", &text[..front.start], &text[end..]);
    let mut expected: Vec<(usize, &(Node, Node))> = order.iter().copied().zip(document.root()).collect();
    expected.sort_by_key(|(rank, _)| *rank);
    let sound = reread(&new).is_ok_and(|found| {
        found.body() == document.body() && found.root().iter().eq(expected.iter().map(|(_, pair)| *pair))
    });
    if sound { Ok(new) } else { Err(refuse()) }
}

/// Returns the place of each key. An unknown one stays after the known one that it follows among those that plan the
/// work, and else comes last of them: only what reports progress is below `created`.
fn ranks(names: &[&str]) -> Vec<usize> {
    let place = |key: &str| Field::in_file().position(|field| field.key() == key).map(|place| 2 * place + 1);
    let created = place(Field::Created.key()).unwrap_or_default();
    let mut last = 0;
    let rank = |name: &&str| {
        let unknown = if last < created { last } else { created - 1 };
        last = place(name).unwrap_or(unknown);
        last
    };
    names.iter().map(rank).collect()
}

fn reread(text: &str) -> Result<Document, Problem> {
    let first = |mut problems: Vec<Problem>| problems.swap_remove(0);
    Document::markdown(text.as_bytes()).map_err(first)
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::{upgrade_config, upgrade_task};

    const DAY: Option<NaiveDate> = NaiveDate::from_ymd_opt(2026, 11, 11);

    fn upgraded(text: &str) -> String {
        let new = upgrade_task(text.as_bytes(), DAY).unwrap();
        assert_eq!(upgrade_task(new.as_bytes(), None).unwrap(), new, "done twice it is done once");
        new
    }

    fn history(lines: &str) -> String {
        let text =
            format!("---\nid: T-1\ntitle: x\nstage: dev\ncreated: 2026-11-11\nhistory:\n{lines}---\nbody\n");
        let text = upgraded(&text);
        let (_, history) = text.split_once("history:\n").unwrap();
        history.strip_suffix("---\nbody\n").unwrap().to_owned()
    }

    #[test]
    fn prefixes_of_reasons_become_kinds() {
        for (why, expected) in [
            ("started", "kind: start, why: started"),
            ("imported as completed", "kind: import, why: imported as completed"),
            ("'failed: too slow'", "kind: fail, why: too slow"),
            (
                "\"failed: rejected by Ken: \\\"no\\\", really\"",
                "kind: fail, why: 'rejected by Ken: \"no\", really'",
            ),
            ("override", "kind: override"),
            ("'override:  shipped'", "kind: override, why: shipped"),
            ("reopened", "kind: reopen"),
            ("\"reopened: not done\"", "kind: reopen, why: not done"),
            ("overrides nothing", "why: overrides nothing"),
            ("\"advanced: override: x\"", "why: \"advanced: override: x\""),
        ] {
            let line = |why: &str| {
                format!("  - {{at: 2026-11-11T00:00:00Z, by: ada, from: dev, to: qa, {why}}}  # kept\n")
            };
            assert_eq!(history(&line(&format!("why: {why}"))), line(expected));
        }
    }

    #[test]
    fn entries_of_several_lines_get_kinds() {
        let old = "  # by hand\n  - at: 2026-11-11T00:00:00Z\n    by: ada\n    from: qa\n    why: \"failed: too: slow\"  # c\n    to: dev\n\n  - {at: 2026-11-12T00:00:00Z, by: ada, from: dev, to: qa}\n  - why: override\n    at: 2026-11-13T00:00:00Z\n    by: ada\n    from: qa\n    to: sec\n";
        let new = "  # by hand\n  - at: 2026-11-11T00:00:00Z\n    by: ada\n    from: qa\n    kind: fail\n    why: \"too: slow\"  # c\n    to: dev\n\n  - {at: 2026-11-12T00:00:00Z, by: ada, from: dev, to: qa}\n  - kind: override\n    at: 2026-11-13T00:00:00Z\n    by: ada\n    from: qa\n    to: sec\n";
        assert_eq!(history(old), new);
    }

    #[test]
    fn a_kind_that_is_there_stays() {
        let line = "  - {at: 2026-11-11T00:00:00Z, by: ada, from: dev, to: qa, kind: fail, why: \"failed: twice\"}\n";
        assert_eq!(history(line), line);
    }

    #[test]
    fn keys_are_put_in_order_with_their_comments() {
        let old = "\u{feff}---\r\n# head\r\nid: T-1\r\nstage: dev   # now\r\n\r\n# what it is\r\ntitle: 'x'\r\n\
                   colour: red\r\ntags:\r\n- a\r\n- b\r\nhistory: []\r\nassignee: ada\r\n# end\r\n---\r\nbody\r\n";
        let new = upgraded(old);
        let at = |text: &str| new.find(text).unwrap_or_else(|| panic!("{text:?} in {new}"));
        assert!(new.starts_with(
            "\u{feff}---\r\n# head\r\nid: T-1\r\n\r\n# what it is\r\ntitle: 'x'\r\ncolour: red\r\n"
        ));
        assert!(at("tags:\r\n- a\r\n- b\r\n") < at("created: 2026-11-11\r\n"), "{new}");
        assert!(at("assignee: ada\r\n") < at("history: []\r\n"), "{new}");
        assert!(new.contains("stage: dev   # now\r\n") && new.ends_with("# end\r\n---\r\nbody\r\n"), "{new}");
        assert_eq!(new.len(), old.len() + "created: 2026-11-11\r\n".len());
    }

    #[test]
    fn what_cannot_be_changed_safely_is_refused_with_its_line() {
        let refused = |text: &str| {
            let problem = upgrade_task(text.as_bytes(), DAY).unwrap_err().swap_remove(0);
            (problem.line, problem.key.unwrap_or_default())
        };
        let head = "---\nid: T-1\ntitle: x\nstage: dev\ncreated: 2026-11-11\n";
        let entry = "at: 2026-11-11T00:00:00Z, by: ada, from: dev, to: qa";
        let anchored = format!("{head}history:\n  - {{{entry}, why: &a started}}\nassignee: *a\n---\n");
        assert_eq!(refused(&anchored), (Some(6), "history".to_owned()));
        let folded = format!(
            "{head}history:\n  - {{{entry}}}\n  - at: 2026-11-11T00:00:00Z\n    why: >-\n      failed: a\n    by: a\n---\n"
        );
        assert_eq!(refused(&folded), (Some(6), "history".to_owned()));
        assert_eq!(
            refused("---\nid: T-1\nstage: &s dev\ntitle: *s\ncreated: 2026-11-11\n---\n"),
            (Some(1), String::new())
        );
        let unknown = upgrade_task(b"---\nid: T-1\ntitle: x\n---\n", None).unwrap_err();
        assert_eq!(unknown[0].key.as_deref(), Some("created"));
    }

    #[test]
    fn the_configuration_keeps_all_but_its_number() {
        let new = |text: &str| upgrade_config(text.as_bytes()).unwrap();
        assert_eq!(
            new("# ours\nformat = 1 # old\nproject = \"x\"\n"),
            "# ours\nformat = 2 # old\nproject = \"x\"\n"
        );
        assert_eq!(new("\u{feff}# ours\r\n[hooks]\r\n"), "\u{feff}format = 2\r\n# ours\r\n[hooks]\r\n");
        assert_eq!(new("format = 2\n"), "format = 2\n");
        assert_eq!(upgrade_config(b"format = 3\n").unwrap_err()[0].line, Some(1));
    }
}
