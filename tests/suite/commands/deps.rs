//! `tracker deps`

use super::{empty, typed, world};
use insta::assert_snapshot;

#[test]
fn draws_what_waits_for_what() {
    let sandbox = world();
    assert_snapshot!(typed(&sandbox, "
        deps
        deps --all
        deps d4r
        deps s3s --reverse
        deps --query stage=dev
        deps --query is:open --reverse
        deps --query nothing
        deps d4r --query x
        deps c0de
        deps zzz
    "), @r"
    $ tracker deps
    exit 0
    --- stdout
    TASK-D4RK  dev  Add dark mode to the dashboard
    `- TASK-C0DE  complete  One table for all colours
    TASK-EXP0  blocked  Describe the export
    `- TASK-S3SS  none  Session expires while typing

    $ tracker deps --all
    exit 0
    --- stdout
    TASK-D4RK  dev  Add dark mode to the dashboard
    `- TASK-C0DE  complete  One table for all colours
    TASK-EXP0  blocked  Describe the export
    `- TASK-S3SS  none  Session expires while typing

    $ tracker deps d4r
    exit 0
    --- stdout
    TASK-D4RK  dev  Add dark mode to the dashboard
    `- TASK-C0DE  complete  One table for all colours

    $ tracker deps s3s --reverse
    exit 0
    --- stdout
    TASK-S3SS  none  Session expires while typing
    `- TASK-EXP0  blocked  Describe the export

    $ tracker deps --query stage=dev
    exit 0
    --- stdout
    TASK-D4RK  dev  Add dark mode to the dashboard
    `- TASK-C0DE  complete  One table for all colours

    $ tracker deps --query is:open --reverse
    exit 0
    --- stdout
    TASK-D4RK  dev  Add dark mode to the dashboard
    TASK-S3SS  none  Session expires while typing
    `- TASK-EXP0  blocked  Describe the export

    $ tracker deps --query nothing
    exit 0
    --- stdout
    no open task depends on another

    $ tracker deps d4r --query x
    exit 2
    --- stderr
    error: the argument '[ID]' cannot be used with '--query <QUERY>'

    Usage: tracker deps <ID>

    For more information, try '--help'.

    $ tracker deps c0de
    exit 0
    --- stdout
    TASK-C0DE  complete  One table for all colours

    $ tracker deps zzz
    exit 2
    --- stderr
    error: no task matches `zzz`
      hint: run `tracker list` to see all tasks
    ");
    assert_snapshot!(empty().tracker(&["deps"]), @r"
    exit 0
    --- stdout
    no open task depends on another
    ");
}

#[test]
fn cycles_and_unknown_ids_are_named() {
    let sandbox = world();
    let task = |id: &str, on: &str| {
        let text = format!("---\nid: {id}\ntitle: t\ndepends_on: [{on}]\n---\n");
        sandbox.write(format!(".tracker/tasks/{id}.md"), text);
    };
    task("A-1", "A-2");
    task("A-2", "A-3");
    task("A-3", "A-1");
    task("B-1", "G0NE-1");
    assert_snapshot!(sandbox.tracker(&["deps"]), @r"
    exit 1
    --- stdout
    B-1  blocked  t
    `- G0NE-1  missing  unknown task
    TASK-D4RK  dev  Add dark mode to the dashboard
    `- TASK-C0DE  complete  One table for all colours
    TASK-EXP0  blocked  Describe the export
    `- TASK-S3SS  none  Session expires while typing
    cycle: A-1 → A-2 → A-3 → A-1
    unknown task: G0NE-1 (of B-1)
    ");
}

#[test]
fn a_long_chain_fits_the_width() {
    let sandbox = empty();
    for at in 1..=20 {
        let on = if at < 20 { format!("depends_on: [C-{}]\n", at + 1) } else { String::new() };
        sandbox.write(
            format!(".tracker/tasks/C-{at}.md"),
            format!("---\nid: C-{at}\ntitle: Link {at}\n{on}---\n"),
        );
    }
    assert_snapshot!(sandbox.tracker(&["deps"]), @r"
    exit 0
    --- stdout
    C-1  blocked  Link 1
    `- C-2  blocked  Link 2
       `- C-3  blocked  Link 3
          `- C-4  blocked  Link 4
             `- C-5  blocked  Link 5
                `- C-6  blocked  Link 6
                   `- C-7  blocked  Link 7
                      `- C-8  blocked  Link 8
                         `- C-9  blocked  Link 9
                            `- C-10  blocked  Link 10
                               `- C-11  blocked  Link 11
                                  `- C-12  blocked  Link 12
                                     `- C-13  blocked  Link 13
                                     ... 13 C-14  blocked  Link 14
                                     ... 14 C-15  blocked  Link 15
                                     ... 15 C-16  blocked  Link 16
                                     ... 16 C-17  blocked  Link 17
                                     ... 17 C-18  blocked  Link 18
                                     ... 18 C-19  blocked  Link 19
                                     ... 19 C-20  none  Link 20
    ");
}

#[test]
fn draws_a_graph_for_other_programs() {
    let sandbox = world();
    sandbox.tracker(&["new", "Say \"hi\"", "--id", "T-1", "--depends-on", "C0DE,D4RK"]);
    assert_snapshot!(typed(&sandbox, "
        deps --all --format mermaid
        deps c0d --reverse --format dot
        list --format mermaid
    "), @r##"
    $ tracker deps --all --format mermaid
    exit 0
    --- stdout
    flowchart LR
      n0["T-1<br>Say #quot;hi#quot;"]:::blocked
      n1["TASK-C0DE<br>One table for all colours"]:::closed
      n2["TASK-D4RK<br>Add dark mode to the dashboard"]:::open
      n3["TASK-EXP0<br>Describe the export"]:::blocked
      n4["TASK-S3SS<br>Session expires while typing"]:::open
      n1 --> n0
      n2 --> n0
      n1 --> n2
      n4 --> n3
      classDef blocked stroke-dasharray: 6 3
      classDef closed stroke-dasharray: 2 2
      classDef unknown stroke-dasharray: 1 4

    $ tracker deps c0d --reverse --format dot
    exit 0
    --- stdout
    digraph tasks {
      rankdir=LR;
      bgcolor="transparent";
      node [shape=box, style="rounded,filled", fillcolor="#f6f8fa", color="#59636e", fontcolor="#1f2328", fontname="sans-serif", fontsize=11];
      edge [color="#768390"];
      n0 [label="TASK-C0DE\nOne table for all colours", style="rounded,filled,dotted"];
      n1 [label="T-1\nSay \"hi\"", style="rounded,filled,dashed"];
      n2 [label="TASK-D4RK\nAdd dark mode to the dashboard"];
      n0 -> n1;
      n0 -> n2;
      n2 -> n1;
    }

    $ tracker list --format mermaid
    exit 2
    --- stderr
    error: `tracker list` has no format `mermaid`
      hint: use --format human or --format json; mermaid is for tracker deps
    "##);
    let svg = sandbox.tracker(&["deps", "--all", "--format", "svg"]).stdout;
    let picture = roxmltree::Document::parse(&svg).unwrap();
    assert_eq!(picture.descendants().filter(|node| node.has_tag_name("g")).count(), 5, "{svg}");
}
