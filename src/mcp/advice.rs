//! From the commands that messages suggest to the calls that do the same: whoever has this door alone can follow them too.

use serde_json::{Map, Value, json};

use super::tools::ToolName;

/// Returns what a suggested command is here: a call where one does the same, else the command.
pub(super) fn of_command(command: &str) -> String {
    let words = words_of(command);
    let call = words.as_deref().and_then(|words| match words {
        [program, rest @ ..] if program == "tracker" => call(rest),
        _ => None,
    });
    call.unwrap_or_else(|| command.to_owned())
}

/// Returns a text with the commands in backticks, or at its end after a colon, as calls.
pub(super) fn in_calls(text: &str) -> String {
    if let Some((head, command)) = text.split_once(": ")
        && command.starts_with("tracker ")
        && !command.contains('`')
    {
        return format!("{head}: {}", of_command(command));
    }
    if text.starts_with("tracker ") && !text.contains('`') {
        return of_command(text);
    }
    let (mut out, mut at) = (String::new(), 0);
    for part in text.split('`') {
        let is_code = at % 2 == 1;
        match is_code && part.starts_with("tracker ") {
            true => {
                let call = of_command(part);
                if call == part {
                    out.extend(["`", part, "`"]);
                } else {
                    if out.ends_with("run ") {
                        out.truncate(out.len() - "run ".len());
                        out.push_str("call ");
                    }
                    out.push_str(&call);
                }
            }
            false if is_code => out.extend(["`", part, "`"]),
            false => out.push_str(part),
        }
        at += 1;
    }
    // A last quote that is alone is none.
    if at % 2 == 1 { out } else { text.to_owned() }
}

/// Returns the call that does what a command does, from the words after the program's name.
fn call(words: &[String]) -> Option<String> {
    let (verb, rest) = words.split_first()?;
    let (options, given): (Vec<&String>, Vec<&String>) = rest.iter().partition(|word| word.starts_with("--"));
    let id = || given.first().map(|id| id.as_str());
    let (tool, arguments) = match verb.as_str() {
        "show" if options.is_empty() => (ToolName::Get, json!({ "ids": given })),
        "signoffs" if options.is_empty() => (ToolName::Get, json!({ "ids": given })),
        "list" => (ToolName::Find, json!({ "query": query(&given) })),
        "queue" | "inbox" | "status" => (ToolName::Next, json!({ "query": query(&given) })),
        "start" if options.iter().any(|word| *word == "--next") => {
            (ToolName::Move, json!({ "action": "start", "query": query(&given) }))
        }
        "start" | "advance" | "done" | "reopen" | "unblock" if options.is_empty() => {
            (ToolName::Move, json!({ "action": verb, "ids": given }))
        }
        "fail" | "block" | "cancel" => {
            let id = id()?;
            let why = given[1..].iter().map(|word| word.as_str()).collect::<Vec<_>>().join(" ");
            (ToolName::Move, json!({ "action": verb, "ids": [id], "why": why }))
        }
        "tick" | "untick" => (ToolName::Write, op(&json!({ "op": verb, "id": id()?, "boxes": given[1..] }))),
        "note" => (ToolName::Write, op(&json!({ "op": "note", "id": id()?, "text": "…" }))),
        "set" => (ToolName::Write, op(&json!({ "op": "set", "id": id()?, "fields": fields(&given[1..])? }))),
        "approve" | "reject" | "withdraw" => {
            let role = rest.iter().position(|word| word == "--as").and_then(|at| rest.get(at + 1));
            (ToolName::Vote, json!({ "id": id()?, "verdict": verb, "role": role }))
        }
        "run" => (ToolName::Run, of_run(&given)?),
        _ => return None,
    };
    let arguments = super::answer::without_empty(arguments).unwrap_or_else(|| json!({}));
    Some(format!("{} {arguments}", tool.name()))
}

fn op(op: &Value) -> Value {
    json!({ "ops": [op] })
}

fn query(words: &[&String]) -> Option<String> {
    let words: Vec<&str> = words.iter().map(|word| word.as_str()).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Returns `field=value` words as an object.
fn fields(words: &[&String]) -> Option<Value> {
    let pair = |word: &&String| word.split_once('=').map(|(key, value)| (key.to_owned(), value.into()));
    Some(Value::Object(words.iter().map(pair).collect::<Option<Map<String, Value>>>()?))
}

fn of_run(words: &[&String]) -> Option<Value> {
    let word = |at: usize| words.get(at).map(|word| word.as_str());
    let action = word(0)?;
    Some(match action {
        "start" => json!({ "action": action, "workflow": word(1) }),
        "status" | "resume" | "retry" | "pause" | "cancel" => json!({ "action": action, "run": word(1) }),
        "logs" | "why" => json!({ "action": action, "run": word(1), "step": word(2) }),
        "list" => json!({ "action": action }),
        _ => return None,
    })
}

/// Splits a command as a shell would; none where a quote is not closed.
fn words_of(command: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut chars) = (Vec::new(), None::<String>, command.chars());
    while let Some(c) = chars.next() {
        match c {
            ' ' => words.extend(word.take()),
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        end if end == c => break,
                        inside => word.push(inside),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(chars.next()?),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggested_commands_become_calls() {
        for (command, expected) in [
            (
                "tracker tick TASK-A 1 2-3",
                r#"write {"ops":[{"op":"tick","id":"TASK-A","boxes":["1","2-3"]}]}"#,
            ),
            ("tracker approve TASK-A --as qa", r#"vote {"id":"TASK-A","verdict":"approve","role":"qa"}"#),
            ("tracker start --next", r#"move {"action":"start"}"#),
            ("tracker advance TASK-A", r#"move {"action":"advance","ids":["TASK-A"]}"#),
            (
                "tracker fail TASK-A \"it is lost\"",
                r#"move {"action":"fail","ids":["TASK-A"],"why":"it is lost"}"#,
            ),
            (
                "tracker set TASK-A tags+='a b'",
                r#"write {"ops":[{"op":"set","id":"TASK-A","fields":{"tags+":"a b"}}]}"#,
            ),
            ("tracker run logs RUN-A test", r#"run {"action":"logs","run":"RUN-A","step":"test"}"#),
            ("tracker run approve RUN-A ask", "tracker run approve RUN-A ask"),
            ("git switch main", "git switch main"),
            ("tracker set-stage TASK-A qa", "tracker set-stage TASK-A qa"),
            ("tracker tick", "tracker tick"),
            ("tracker fail", "tracker fail"),
            ("tracker set", "tracker set"),
            ("tracker", "tracker"),
            ("tracker note 'a", "tracker note 'a"),
        ] {
            assert_eq!(of_command(command), expected, "{command}");
        }
    }

    #[test]
    fn commands_within_sentences_too() {
        assert_eq!(in_calls("run `tracker list` to see all tasks"), "call find {} to see all tasks");
        assert_eq!(
            in_calls("go on with it: tracker run resume RUN-A"),
            r#"go on with it: run {"action":"resume","run":"RUN-A"}"#
        );
        assert_eq!(in_calls("with `tracker man`"), "with `tracker man`");
        assert_eq!(in_calls("a ` alone, `--force` starts"), "a ` alone, `--force` starts");
    }
}
