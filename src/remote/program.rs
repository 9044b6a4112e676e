//! Another tracker as a program: started anew for each call, given lines of JSON, and answering in lines of JSON.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::protocol::{Answer, Request, text_of};
use super::{Error, repeated};
use crate::process::Program;
use crate::sync::{Capabilities, Push, PushAnswer, Remote, RemoteItem};

/// One call takes no longer: what answers nothing until then is ended, with all that it has started.
const LIMIT: Duration = Duration::from_secs(300);
/// A program that goes on and on does not go on for ever.
const MOST_PAGES: usize = 10_000;
/// Most that one call prints: some ten thousand items, or the largest of all.
const MOST_OUTPUT: u64 = 64 * 1024 * 1024;

/// A program that speaks JSON lines.
#[derive(Debug)]
pub(crate) struct ProgramRemote {
    pub(crate) name: String,
    pub(crate) command: String,
    pub(crate) project: String,
    pub(crate) folder: PathBuf,
    /// Whether it may write where it is asked to list.
    may_write: bool,
}

impl ProgramRemote {
    /// Names a program. It is started in `folder`.
    pub(crate) fn new(name: &str, command: &str, project: &str, folder: &Path) -> Self {
        Self {
            name: name.to_owned(),
            command: command.to_owned(),
            project: project.to_owned(),
            folder: folder.to_path_buf(),
            may_write: false,
        }
    }

    /// Calls it once. Beside the answers come lines that are none.
    fn call(
        &self,
        action: &'static str,
        requests: &[Request<'_>],
    ) -> Result<(Vec<Answer>, Vec<String>), Error> {
        let line =
            |request| serde_json::to_string(request).expect("plain data with text keys is always JSON");
        let input: String = requests.iter().map(|request| line(request) + "\n").collect();
        let output = Program::shell(&self.command, action)
            .in_folder(&self.folder)
            .in_its_own_repository()
            .variable("TRACKER_SYNC_NAME", &self.name)
            .variable("TRACKER_SYNC_PROJECT", &self.project)
            .variable("TRACKER_SYNC_WRITES", if self.may_write { "1" } else { "0" })
            .input(input.as_bytes())
            .time_limit(LIMIT)
            .output_limit(MOST_OUTPUT)
            .ends_with_caller()
            .output()?;
        let (mut answers, mut problems) = (Vec::new(), Vec::new());
        for (at, line) in output.stdout_text().lines().enumerate().filter(|(_, line)| !line.trim().is_empty())
        {
            match serde_json::from_str(line) {
                Ok(Answer::Error(why)) => return Err(self.failed(action, &why)),
                Ok(answer) => answers.push(answer),
                Err(error) => problems.push(format!("line {} of what it answered: {error}", at + 1)),
            }
        }
        if !output.is_success() {
            let errors = output.stderr_text();
            let last = errors.trim().lines().last().unwrap_or("it printed nothing about why").to_owned();
            return Err(self.failed(action, &format!("it ended with {}: {last}", output.status)));
        }
        Ok((answers, problems))
    }

    fn failed(&self, action: &'static str, why: &str) -> Error {
        Error::Failed { name: self.name.clone(), action, why: repeated(why) }
    }

    /// Reads items up to the end of the answer. Returns the next page, where there is one.
    fn items(
        &self,
        action: &'static str,
        request: Request<'_>,
        items: &mut Vec<RemoteItem>,
        problems: &mut Vec<String>,
    ) -> Result<Option<String>, Error> {
        let (answers, odd) = self.call(action, &[request])?;
        problems.extend(odd);
        for answer in answers {
            match answer {
                Answer::Item(item) => match item.read() {
                    Ok(item) => items.push(item),
                    Err(why) => problems.push(why),
                },
                Answer::Page(page) => return Ok(Some(page)),
                Answer::End(_) => return Ok(None),
                _ => return Err(self.failed(action, "it answered something else than items")),
            }
        }
        Err(self.failed(action, "it stopped in the middle: no `end` and no `page` came"))
    }
}

impl<E: From<Error>> Remote<E> for ProgramRemote {
    fn allow_writes(&mut self) {
        self.may_write = true;
    }

    fn capabilities(&mut self) -> Result<Capabilities, E> {
        let (answers, problems) = self.call("say what it can do", &[Request::Capabilities])?;
        match answers.into_iter().next() {
            Some(Answer::Capabilities(found)) => Ok(found),
            _ => {
                let why = problems.first().map_or("it did not answer", String::as_str);
                Err(self.failed("say what it can do", why).into())
            }
        }
    }

    fn pull(&mut self) -> Result<(Vec<RemoteItem>, Vec<String>), E> {
        let (mut items, mut problems, mut page) = (Vec::new(), Vec::new(), None);
        let mut pages = HashSet::new();
        while pages.len() < MOST_PAGES {
            let request = Request::Pull { page: page.as_deref() };
            let Some(next) = self.items("list items", request, &mut items, &mut problems)? else {
                return Ok((items, problems));
            };
            if !pages.insert(next.clone()) {
                let why = format!("the page `{}` comes again and again", next.escape_debug());
                return Err(self.failed("list items", &why).into());
            }
            page = Some(next);
        }
        Err(self.failed("list items", "there is always one more page").into())
    }

    fn state(&mut self, ids: &[String]) -> Result<(Vec<RemoteItem>, Vec<String>), E> {
        let (mut items, mut problems) = (Vec::new(), Vec::new());
        self.items("read items", Request::State { ids }, &mut items, &mut problems)?;
        match problems.into_iter().next() {
            Some(problem) => Err(self.failed("read items", &problem).into()),
            None => Ok((items, Vec::new())),
        }
    }

    fn push(&mut self, changes: &[Push]) -> Result<Vec<PushAnswer>, E> {
        let requests: Vec<Request<'_>> = changes.iter().map(Request::of).collect();
        let (answers, _) = self.call("write items", &requests)?;
        let answer = |answer| match answer {
            Answer::Written { id, version } => match (text_of(&id), text_of(&version)) {
                (Some(id), Some(version)) => PushAnswer::Written { id, version },
                _ => PushAnswer::Unknown(None),
            },
            Answer::Changed(_) => PushAnswer::Changed,
            Answer::Refused(why) => PushAnswer::Refused(why.chars().filter(|c| !c.is_control()).collect()),
            _ => PushAnswer::Unknown(None),
        };
        Ok(answers.into_iter().map(answer).collect())
    }
}
