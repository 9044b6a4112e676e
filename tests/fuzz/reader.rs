//! Reading whatever there is: never a panic, never long, every problem within the file, and what was read of a
//! task is read again of the file that is created of it.

use fastrand::Rng;
use tracker::doc::{Document, checkboxes, create_task, read_config, read_note, read_task, sections};
use tracker::model::{Problem, Task, TaskId};

use super::Tally;
use super::corpus::Corpus;
use super::mutate::mutate;

pub(crate) fn case(corpus: &Corpus, rng: &mut Rng, tally: &mut Tally) -> Result<(), String> {
    tally.input = mutate(&corpus.documents, rng);
    let input = tally.input.clone();
    let lines = input.split(|&byte| byte == b'\n').count();
    let text = String::from_utf8_lossy(&input);
    let boxes = checkboxes(&text);
    if boxes.iter().enumerate().any(|(index, found)| found.number != index + 1) {
        return Err(format!("boxes are not in a row: {boxes:?}"));
    }
    if sections(&text).iter().any(|section| !text.is_char_boundary(section.own.start)) {
        return Err("a section begins within a character".to_owned());
    }
    let task = TaskId::parse("TASK-1").unwrap();
    let problems = [
        Document::markdown(&input).err(),
        Document::yaml(&input).err(),
        read_note(&task, &input).err(),
        read_config(&input).map_or_else(Some, |(_, warnings)| Some(warnings)),
    ];
    for problem in problems.iter().flatten().flatten() {
        within(problem, lines)?;
    }
    match read_task(&input) {
        Ok(task) => {
            tally.count("tasks");
            task.warnings.iter().try_for_each(|problem| within(problem, lines))?;
            round_trip(task)
        }
        Err(problems) if problems.is_empty() => Err("refused without a problem".to_owned()),
        Err(problems) => {
            tally.count("refused");
            problems.iter().try_for_each(|problem| within(problem, lines))
        }
    }
}

fn within(problem: &Problem, lines: usize) -> Result<(), String> {
    match problem.line {
        Some(line) if (1..=lines).contains(&line) => Ok(()),
        other => Err(format!("line {other:?} of {lines}: {problem}")),
    }
}

fn round_trip(task: Task) -> Result<(), String> {
    let mut keys: Vec<_> = task.unknown.iter().map(|(key, _)| key).collect();
    keys.sort();
    keys.dedup();
    if keys.len() < task.unknown.len() {
        // `1` and `"1"` are two keys of YAML and one text.
        return Ok(());
    }
    let created = create_task(&task);
    let again =
        read_task(created.as_bytes()).map_err(|problems| format!("created {created:?}: {problems:?}"))?;
    let bare = |task: Task| Task { warnings: Vec::new(), ..task };
    let (task, again) = (bare(task), bare(again));
    if task == again { Ok(()) } else { Err(format!("created {created:?}\nwas {task:?}\nis {again:?}")) }
}
