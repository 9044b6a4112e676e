//! `edit`, for who has no editor: one place in the Markdown of a task is replaced by another text. What others have changed
//! around it meanwhile stays, and what they have changed there is not overwritten.

use super::session::Step;
use super::{Error, Result, Session, Written};
use crate::doc::{Edit, checkboxes};

/// Replaces a text that is in the body once; without one, appends to the body.
pub fn edit_body(session: &Session<'_>, id: &str, old: Option<&str>, new: &str) -> Result<Written> {
    session.change("edit", &[id.to_owned()], |task, _| {
        let body = match old.filter(|old| !old.is_empty()) {
            Some(old) => replaced(&task.body, old, new, task.id.as_str())?,
            None => appended(&task.body, new),
        };
        if body == task.body {
            return Ok(Step::nothing("nothing changed"));
        }
        let (before, after) = (checkboxes(&task.body).len(), checkboxes(&body).len());
        let boxes = if before == after { String::new() } else { format!(", {after} checkboxes") };
        Ok(Step::new(vec![Edit::ReplaceBody(body)], format!("edited{boxes}")))
    })
}

fn replaced(body: &str, old: &str, new: &str, id: &str) -> Result<String> {
    match body.matches(old).count() {
        1 => Ok(body.replacen(old, new, 1)),
        0 => {
            let message = format!("the text to replace is not in the body of {id}");
            Err(Error::not_found(
                message,
                format!("run `tracker show {id}`, and give the text as it is there"),
            ))
        }
        count => {
            let message = format!("the text to replace is {count} times in the body of {id}");
            Err(Error::usage_with(message, "give more of what is around it"))
        }
    }
}

fn appended(body: &str, new: &str) -> String {
    let body = body.trim_end_matches('\n');
    let gap = if body.is_empty() { "" } else { "\n\n" };
    format!("{body}{gap}{}\n", new.trim_matches('\n'))
}

#[cfg(test)]
mod tests {
    use super::{appended, replaced};

    #[test]
    fn a_text_is_replaced_where_it_is_once() {
        let body = "\none two\ntwo three\n";
        assert_eq!(replaced(body, "one two", "1", "T-1").unwrap(), "\n1\ntwo three\n");
        assert!(replaced(body, "two", "2", "T-1").unwrap_err().to_string().contains("2 times"));
        assert!(replaced(body, "four", "4", "T-1").unwrap_err().to_string().contains("is not in"));
        assert_eq!(appended("\na\n\n", "b\n"), "\na\n\nb\n");
        assert_eq!(appended("", "b"), "b\n");
    }
}
