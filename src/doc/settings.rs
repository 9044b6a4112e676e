//! The settings of a coding agent, as JSON: commands that it runs at its events. Text is spliced in and out, so that
//! everything else of somebody's settings stays, byte for byte.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

/// A command, and the event of the agent that it is run at.
pub(crate) type EventCommand<'a> = (&'a str, &'a str);

const HOOKS: &str = "hooks";

/// What an agent runs at an event.
#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    hooks: Vec<EntryCommand>,
}

#[derive(Deserialize)]
struct EntryCommand {
    #[serde(default)]
    command: String,
}

/// Adds commands to settings that do not have them yet: those with the first two words of one that is there are left
/// as somebody may have changed them. Fails where the text is no JSON, or `hooks` is no table of lists.
pub(crate) fn put_commands(text: &str, commands: &[EventCommand<'_>]) -> serde_json::Result<String> {
    let mut text = if text.trim().is_empty() { "{}\n".to_owned() } else { text.to_owned() };
    for (event, command) in commands {
        let entry = serde_json::json!({ "hooks": [{ "type": "command", "command": command }] });
        let root = 0..text.len();
        let Some(hooks) = member(&text, root.clone(), HOOKS)? else {
            text = inserted(&text, root, 1, &format!("\"{HOOKS}\": {{}}"));
            text = put_commands(&text, &[(event, command)])?;
            continue;
        };
        let Some(list) = member(&text, hooks.clone(), event)? else {
            text = inserted(&text, hooks, 2, &format!("\"{event}\": []"));
            text = put_commands(&text, &[(event, command)])?;
            continue;
        };
        let entries = items(&text, list.clone())?;
        if !entries.into_iter().any(|entry| is_like(&text[entry], command)) {
            text = inserted(&text, list, 3, &entry.to_string());
        }
    }
    Ok(text)
}

/// Removes commands that [`put_commands`] has added, and what is empty without them; none where nothing else is left.
pub(crate) fn take_commands(text: &str, commands: &[EventCommand<'_>]) -> serde_json::Result<Option<String>> {
    let mut text = text.to_owned();
    for (event, command) in commands {
        while let Some(hooks) = member(&text, 0..text.len(), HOOKS)? {
            let Some(list) = member(&text, hooks.clone(), event)? else { break };
            let entries = items(&text, list.clone())?;
            let Some(own) = entries.iter().find(|entry| is_like(&text[(*entry).clone()], command)) else {
                break;
            };
            let (container, gone) = match (entries.len(), members(&text, hooks.clone())?.len()) {
                (1, 1) => (0..text.len(), with_key(&text, hooks, HOOKS)),
                (1, _) => (hooks, with_key(&text, list, event)),
                _ => (list, own.clone()),
            };
            text = removed(&text, container, gone);
        }
    }
    let is_empty = members(&text, 0..text.len())?.is_empty();
    Ok(Some(text).filter(|_| !is_empty))
}

/// Whether an entry runs nothing but a command with the same first two words.
fn is_like(entry: &str, command: &str) -> bool {
    let first = |text: &str| text.split_whitespace().take(2).map(str::to_owned).collect::<Vec<_>>();
    let entry = serde_json::from_str::<Entry>(entry);
    entry.is_ok_and(|entry| matches!(&entry.hooks[..], [only] if first(&only.command) == first(command)))
}

/// Returns where a value that was read from the text is in it.
fn place(text: &str, value: &RawValue) -> Range<usize> {
    let start = value.get().as_ptr().addr() - text.as_ptr().addr();
    start..start + value.get().len()
}

pub(super) fn members(
    text: &str,
    object: Range<usize>,
) -> serde_json::Result<BTreeMap<String, Range<usize>>> {
    let found: BTreeMap<String, &RawValue> = serde_json::from_str(&text[object])?;
    Ok(found.into_iter().map(|(key, value)| (key, place(text, value))).collect())
}

pub(super) fn member(
    text: &str,
    object: Range<usize>,
    key: &str,
) -> serde_json::Result<Option<Range<usize>>> {
    Ok(members(text, object)?.remove(key))
}

fn items(text: &str, list: Range<usize>) -> serde_json::Result<Vec<Range<usize>>> {
    let found: Vec<&RawValue> = serde_json::from_str(&text[list])?;
    Ok(found.into_iter().map(|value| place(text, value)).collect())
}

/// Puts an item behind the last one of a list or a table, on a line of its own.
pub(super) fn inserted(text: &str, container: Range<usize>, depth: usize, item: &str) -> String {
    let unit = text.lines().find(|line| line.starts_with([' ', '\t']));
    let unit = unit.map_or("  ", |line| &line[..line.len() - line.trim_start().len()]);
    let close = container.start + text[container].trim_end().len() - 1;
    let before = text[..close].trim_end();
    let line = format!("\n{}{item}", unit.repeat(depth));
    if before.ends_with(['{', '[']) {
        return format!("{before}{line}\n{}{}", unit.repeat(depth - 1), &text[close..]);
    }
    format!("{before},{line}{}", &text[before.len()..])
}

/// Returns where a member is, from its key on.
pub(super) fn with_key(text: &str, value: Range<usize>, key: &str) -> Range<usize> {
    let start = text[..value.start].rfind(&format!("\"{key}\"")).unwrap_or(value.start);
    start..value.end
}

/// Takes an item out of a list or a table, with its comma and its line.
pub(super) fn removed(text: &str, container: Range<usize>, item: Range<usize>) -> String {
    let (before, after) = (text[..item.start].trim_end(), &text[item.end..]);
    if let Some(before) = before.strip_suffix(',') {
        return format!("{before}{after}");
    }
    let rest = after.trim_start();
    match rest.strip_prefix(',') {
        Some(rest) => format!("{}{}", &text[..item.start], rest.trim_start()),
        None => {
            format!("{}{rest}", &text[..=container.start + text[container].find(['{', '[']).unwrap_or(0)])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{put_commands, take_commands};

    const OURS: [(&str, &str); 2] =
        [("SessionStart", "tracker prime"), ("TaskCompleted", "tracker check --base \"main\"")];

    #[test]
    fn what_is_put_in_is_taken_out_and_the_rest_stays() {
        let settings = [
            "{\"model\": \"x\"}\n",
            "{\n    \"a\": 1.10,\n    \"hooks\": {\n        \"SessionStart\": [\n            {\"hooks\": []}\n        ]\n    },\n    \"z\": [ ]\n}\n",
            "{\n\t\"hooks\": {\n\t\t\"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"say\"}]}]\n\t}\n}",
            "{\"hooks\": {\"TaskCompleted\": [{\"matcher\": \"\", \"hooks\": [{\"type\": \"command\", \"command\": \"make\"}]}]}}",
            "{ \"hooks\" : { \"Stop\" : [ ] , \"Other\" : [ 1 ] } , \"é\": \"hooks\" }",
        ];
        for before in settings {
            let after = put_commands(before, &OURS).unwrap();
            let value: serde_json::Value = serde_json::from_str(&after).unwrap();
            for (event, command) in OURS {
                let entries = value["hooks"][event].as_array().unwrap();
                assert_eq!(entries.last().unwrap()["hooks"][0]["command"], command, "{after}");
            }
            assert_eq!(put_commands(&after, &OURS).unwrap(), after);
            assert_eq!(take_commands(&after, &OURS).unwrap().as_deref(), Some(before));
        }
    }

    #[test]
    fn settings_of_ours_alone_are_gone_without_them() {
        let made = put_commands("", &OURS).unwrap();
        insta::assert_snapshot!(made, @r#"
        {
          "hooks": {
            "SessionStart": [
              {"hooks":[{"type":"command","command":"tracker prime"}]}
            ],
            "TaskCompleted": [
              {"hooks":[{"type":"command","command":"tracker check --base \"main\""}]}
            ]
          }
        }
        "#);
        assert_eq!(take_commands(&made, &OURS).unwrap(), None);
    }

    #[test]
    fn a_command_that_somebody_changed_is_left_and_what_is_no_json_is_refused() {
        let changed = put_commands("", &[("SessionStart", "tracker prime --json")]).unwrap();
        assert_eq!(put_commands(&changed, &OURS[..1]).unwrap(), changed);
        for text in ["{", "[]", "// x\n{}", "{\"hooks\": []}", "{\"hooks\": {\"SessionStart\": {}}}"] {
            assert!(put_commands(text, &OURS).is_err(), "{text}");
        }
    }
}
