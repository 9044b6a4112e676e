//! Documents of workflows, sound and broken.

use super::{read_workflow, workflow_schema};
use crate::model::{Action, Handler, Workflow};

fn problems(text: &str) -> String {
    let problems = match read_workflow(text.as_bytes()) {
        Ok((_, warnings)) => warnings,
        Err(problems) => problems,
    };
    let line = |problem: &crate::model::Problem| {
        let hint = problem.hint.as_deref().map_or_else(String::new, |hint| format!(" ({hint})"));
        format!("{}:{}: {}{hint}\n", problem.line.unwrap(), problem.column.unwrap_or(0), problem.message)
    };
    problems.iter().map(line).collect()
}

fn workflow(text: &str) -> Workflow {
    read_workflow(text.as_bytes()).unwrap_or_else(|problems| panic!("{problems:#?}")).0
}

#[test]
fn a_whole_workflow_is_read() {
    let text = "about: Checks\nparams:\n  target: debug\n  jobs: 2\n  deploy: {type: boolean, default: false}\n  \
                to: {choices: [test, live]}\nenv: {RUST_BACKTRACE: 1, T: '${param.target}'}\njobs: 3\nretry: 0\n\
                steps:\n  fmt:\n    run: cargo fmt --check\n    inputs: ['src/**']\n  build:\n    argv: [cargo, build, \
                '--profile=${param.target}']\n    needs: fmt\n    outputs: [version]\n    timeout: 10m\n    retry: {max: 2, \
                delay: 500ms, factor: 1.5, jitter: 20%, on_exit: [75]}\n  ask:\n    human: {approve: Deploy?}\n    needs: \
                [build]\n    when: param.deploy\n  push:\n    run: ./push \"$OUTPUT_BUILD_VERSION\"\n    needs: [ask]\n    \
                when: step.ask == success and step.build.version != ''\n    critical: false\non_exit: {run: echo done}\n";
    let workflow = workflow(text);
    let names: Vec<&str> = workflow.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["fmt", "build", "ask", "push", "on_exit"]);
    assert_eq!(workflow.steps[3].needs, [2]);
    assert_eq!(workflow.ancestors(3), [0, 1, 2]);
    assert_eq!(workflow.steps[4].handler, Some(Handler::Exit));
    assert!(matches!(&workflow.steps[2].action, Action::Ask(question) if question.kind.is_none()));
    let retry = &workflow.steps[1].retry;
    assert_eq!(
        (retry.max, retry.factor, retry.jitter, retry.on_exit.as_deref()),
        (2, 150, 20, Some([75].as_slice()))
    );
    assert_eq!(workflow.steps[0].retry.max, 0);
    assert_eq!(workflow.steps[0].env.len(), 2);
    assert!(workflow.params[3].default.is_none());
}

#[test]
fn every_error_is_reported_at_once() {
    let text = "stpes: {}\njobs: none\nparams:\n  a-b: 1\n  a_b: 2\n  n: {type: integer, default: x}\nsteps:\n  build:\n    \
                run: make ${param.a-b}\n    nedds: [fmt]\n  test:\n    needs: [buidl, test]\n    argv: make\n  push:\n    run: \
                x\n    argv: [x]\n    timeout: soon\n    when: step.tset == failed\n    files: [../x, '/y']\n    env: {TRACKER_X: \
                1, A B: 2}\n  9: {run: x}\n";
    insta::assert_snapshot!(problems(text), @r#"
    1:1: unknown key `stpes` (did you mean `steps`?)
    2:7: expected a number from 1 on, found `none`
    5:3: `a_b` and `a-b` are both given as $PARAM_A_B
    6:31: expected a whole number, found `x`
    9:10: values are never put into lines for the shell (the step is given it as a variable: "$PARAM_A_B")
    10:5: unknown key `nedds` (did you mean `needs`?)
    12:13: unknown step `buidl` (did you mean `build`?)
    12:20: the step needs itself
    13:11: expected a list, found text (write `argv: [program, argument]`, or `run:` for the shell)
    16:5: the step has `run` already; it does one thing
    17:14: `soon` is no time (write a time such as 500ms, 90s, 10m or 1h 30m)
    18:11: unknown step `tset`; did you mean `test`?
    19:13: `../x` does not stay below the top of the working tree (write a path from the top, without `/` in front and `..`)
    19:19: `/y` does not stay below the top of the working tree (write a path from the top, without `/` in front and `..`)
    20:11: variables that begin with `TRACKER_` are set by tracker
    20:25: `A B` is no name of a variable
    21:3: `9` is no name (a name is a letter, then letters, digits, `_` and `-`, at most 64)
    "#);
}

#[test]
fn cycles_and_writers_are_found() {
    let text = "steps:\n  a: {run: x, needs: [b]}\n  b: {run: x, needs: c}\n  c: {run: x, needs: [a]}\n  d: {run: x, needs: \
                [a]}\n  e: {run: x, needs: [f]}\n  f: {run: x, needs: [e]}\n  g: {run: x, files: [o]}\n  h: {run: x, files: \
                ['o*']}\n";
    insta::assert_snapshot!(problems(text), @r"
    2:15: cycle: `a` needs `b` needs `c` needs `a` (a step can begin only when what it needs has ended)
    6:15: cycle: `e` needs `f` needs `e` (a step can begin only when what it needs has ended)
    9:15: `g` and `h` may both write `o`, in any order (add `g` to `needs` of `h`)
    ");
    let text = "steps:\n  a: {run: x, files: [out/a.txt]}\n  b: {run: x, files: ['out/**']}\n  c: {run: x, needs: [a], files: \
                [out/a.txt]}\n  d: {run: x, needs: [b, c], files: ['*.txt']}\n  e: {run: x, files: [lib]}\n  f: {run: x, files: \
                [lib/x]}\n";
    insta::assert_snapshot!(problems(text), @r"
    3:15: `a` and `b` may both write `out/a.txt`, in any order (add `a` to `needs` of `b`)
    4:27: `b` and `c` may both write `out/a.txt`, in any order (add `b` to `needs` of `c`)
    7:15: `e` and `f` may both write `lib/x`, in any order (add `e` to `needs` of `f`)
    ");
}

#[test]
fn what_is_not_waited_for_has_no_value_yet() {
    let text = "steps:\n  a: {run: x, outputs: [v]}\n  b: {argv: [x, '${step.a.v}']}\n  c: {run: x, when: step.a.v == 1}\n  d: \
                {run: x, needs: [a], when: step.a.w == 1}\non_exit: {argv: [x, '${step.a.v}']}\n";
    insta::assert_snapshot!(problems(text), @r"
    3:3: refers to `a`, which the step does not need: it may not have ended (add `a` to `needs` of `b`)
    4:15: refers to `a`, which the step does not need: it may not have ended (add `a` to `needs` of `c`)
    5:33: `a` has no output `w`; add it to `outputs` of `a`
    ");
}

#[test]
fn what_is_no_workflow_is_refused_with_a_line() {
    for (text, expected) in [
        ("", "1:0: expected `key: value` lines, found nothing\n"),
        ("a", "1:1: expected `key: value` lines, found text\n"),
        ("about: x\n", "1:1: the workflow has no steps (add `steps:` and below it `build: {run: make}`)\n"),
        ("steps: [a]\n", "1:8: expected steps as `name: …`, found a list\n"),
        ("steps:\n  a: {run: x}\n  a: {run: y}\n", "3:3: the key `a` is there twice\n"),
        (
            "steps:\n  a: {human: {ask: x, approve: y}}\n",
            "2:14: a person is asked one thing: `approve` or `ask` (write `human: {approve: Deploy to production?}`)\n",
        ),
    ] {
        assert_eq!(problems(text), expected, "{text}");
    }
}

#[test]
fn what_is_no_yaml_is_reported_in_plain_words_with_its_column() {
    let texts = [
        "steps:\n  a:\n    run: echo\n   b: x\n",
        "steps:\n  a:\n\trun: echo\n",
        "steps:\n  a: {run: \"echo\n",
        "steps:\n  a: *nope\n",
        "steps:\n  a: {run: @x}\n",
        "steps:\n  a: b: c\n",
    ];
    let found: String = texts.into_iter().map(problems).collect();
    insta::assert_snapshot!(found, @r"
    4:4: this is neither a key nor a part of the value before it (indent the keys of one step alike; put text with `: ` or quotes in it into quotes)
    3:1: a tab cannot indent a line (write spaces)
    2:1: the text ends within a quoted text or a bracket (close it)
    2:6: there is no anchor of this name (text that begins with `*` or `&` belongs into quotes)
    2:12: no value begins with `@` (put the text into quotes)
    2:7: a second `: ` in one line (put the text into quotes, or the key on its own line)
    ");
}

#[test]
fn what_nobody_can_answer_reach_or_start_is_an_error() {
    let text = "params: {r: {choices: []}}\nsteps:\n  a: {human: {ask: Which?, type: choice, choices: []}}\n  b: {run: x, timeout: \
                0s}\n  c: {argv: ['']}\n  d: {run: x, critical: \"false\"}\n  e: {human: {ask: x}}\n  f: {run: x, needs: e, when: \
                step.e.value}\non_failure: echo\non_exit: {about: x}\n";
    insta::assert_snapshot!(problems(text), @r"
    1:23: a choice of nothing: no value can be given (add `choices: [one, another]`)
    3:51: a choice of nothing: no value can be given (add `choices: [one, another]`)
    4:24: expected a time above zero: nothing can end within it (without `timeout` there is no limit)
    5:14: expected a program, found an empty text
    6:25: expected true or false, found the text `false` (write it without quotes)
    8:31: `e` has no output `value`; the answer is `step.e.answer`
    9:13: expected `key: value` lines, found text (write `on_failure: {run: …}`)
    10:1: the handler does nothing (add `run: …` for the shell, or `argv: […]` for a program)
    ");
}

#[test]
fn the_schema_agrees_with_the_reader() {
    let validator = jsonschema::validator_for(&workflow_schema()).unwrap();
    for (text, expected) in [
        ("steps: {a: {run: x, needs: b, timeout: 90s, retry: 2}, b: {argv: [x, 1]}}", true),
        ("steps: {a: {human: {ask: Which?, choices: [x, y]}}}\non_exit: {run: x}", true),
        (
            "params: {a: 1, b: {type: boolean}, c: }\nsteps: {a: {run: x, retry: {max: 1, jitter: 20%, on_exit: 75}}}",
            true,
        ),
        ("steps: {}", false),
        ("steps: {a: {}}", false),
        ("steps: {a: {run: x, argv: [y]}}", false),
        ("steps: {a: {run: x, nedds: y}}", false),
        ("steps: {a: {run: x, timeout: soon}}", false),
        ("steps: {9: {run: x}}", false),
        // What an editor underlines is refused, and what it lets pass is accepted.
        ("about: 5\njobs: '2'\nsteps: {a: {run: 5, needs: , env: {A: , B: 1}, cwd: 7, retry: '3'}}", true),
        (
            "params: {a: {default: }}\nsteps: {a: {run: true, retry: {factor: '1.5', on_exit: '75', delay: 0}}}",
            true,
        ),
        ("steps: {a: {run: x, timeout: 1h 30m, files: ['src/**', '!a/..b'], cwd: ..a}}", true),
        ("steps: {a: {argv: []}}", false),
        ("steps: {a: {argv: ['']}}", false),
        ("steps: {a: {run: ' '}}", false),
        ("steps: {a: {run: x, when: true}}", false),
        ("steps: {a: {run: x, env: {1A: x}}}", false),
        ("steps: {a: {run: x, env: {TRACKER_X: x}}}", false),
        ("steps: {a: {run: x, timeout: 0s}}", false),
        ("steps: {a: {run: x, timeout: 0}}", false),
        ("steps: {a: {run: x, timeout: -5}}", false),
        ("steps: {a: {run: x, timeout: .}}", false),
        ("steps: {a: {run: x, retry: 99999999999}}", false),
        ("steps: {a: {run: x, retry: {jitter: 150%}}}", false),
        ("steps: {a: {run: x, retry: {factor: 100000}}}", false),
        ("steps: {a: {run: x, retry: {on_exit: [0]}}}", false),
        ("steps: {a: {run: x, retry: {on_exit: '256'}}}", false),
        ("steps: {a: {run: x, outputs: a b}}", false),
        ("steps: {a: {run: x, files: [/etc/passwd]}}", false),
        ("steps: {a: {run: x, inputs: '!a/../b'}}", false),
        ("steps: {a: {run: x, cwd: ..}}", false),
        ("steps: {a: {human: {ask: x, type: choice}}}", false),
        ("steps: {a: {human: {ask: x, type: integer, choices: [a]}}}", false),
        ("steps: {a: {human: {approve: x, type: string}}}", false),
        ("steps: {a: {human: {approve: x}, timeout: 5s}}", false),
        ("steps: {a: {task: TASK-7Q2M, env: {A: b}}}", false),
        ("params: {a: {choices: []}}\nsteps: {a: {run: x}}", false),
        ("params: {a: {type: choice}}\nsteps: {a: {run: x}}", false),
        ("steps: {on_exit: {run: x}}", false),
    ] {
        let value: serde_json::Value = serde_yaml::from_str(text).unwrap();
        assert_eq!(validator.is_valid(&value), expected, "{text}");
        assert_eq!(read_workflow(text.as_bytes()).is_ok(), expected, "{text}");
    }
}

#[test]
fn ten_thousand_steps_are_read() {
    let mut text = String::from("steps:\n");
    for index in 0..10_000_usize {
        let needs = index.checked_sub(7).map_or_else(String::new, |need| format!(", needs: [s{need}]"));
        text.push_str(&format!("  s{index}: {{argv: [true], files: [out/{index}]{needs}}}\n"));
    }
    assert_eq!(workflow(&text).steps.len(), 10_000);
}
