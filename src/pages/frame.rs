//! What is around every page: where its links go, whether somebody may act, and as of when it is.

use std::sync::Arc;

use minijinja::value::{Enumerator, Object, from_args};
use minijinja::{Error, ErrorKind, State, Value};
use serde::{Deserialize, Serialize};

use super::address::{Address, Overview, encoded};
use crate::model::Badge;
use crate::ops::RecordCommit;

/// What is around a page.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// The project's name.
    pub(crate) project: String,
    /// The revision that everything is shown as of; none for the working tree.
    pub(crate) at: Option<String>,
    /// Where it is served, if it is no file.
    pub(crate) live: Option<Live>,
    /// Its own path and query, of a server.
    pub(crate) here: String,
    /// Of a page of the past: the commits that it can be shown as of, the newest first.
    pub(crate) revisions: Vec<RecordCommit>,
    /// Of a file, the way to the top of the site: empty or `../`.
    pub(crate) up: &'static str,
}

/// What a server adds to a page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Live {
    /// What the paths of pages and calls begin with; empty where one repository is served.
    #[serde(default)]
    pub(crate) base: String,
    /// What every form has to bring back; none where nobody may write.
    pub(crate) form_token: Option<String>,
    /// Who acts.
    pub(crate) person: String,
    /// The latest change that the page can show, as the stream of changes numbers them.
    pub(crate) known: String,
}

impl Frame {
    /// Returns the links of a page, for its template.
    pub(super) fn links(&self) -> Value {
        Value::from_object(self.own_links())
    }

    /// Returns the address of a page as this one links to it.
    pub(super) fn link(&self, address: &Address) -> String {
        self.own_links().to(address)
    }

    fn own_links(&self) -> Links {
        let base = self.live.as_ref().map(|live| live.base.clone());
        Links { base, at: self.at.clone(), up: self.up }
    }
}

/// Links to other pages, by their kind: `link.task(id)`.
#[derive(Debug)]
struct Links {
    /// Of a server: what its paths begin with.
    base: Option<String>,
    at: Option<String>,
    up: &'static str,
}

impl Links {
    fn to(&self, address: &Address) -> String {
        match &self.base {
            Some(base) => format!("{base}{}", address.of_server(self.at.as_deref())),
            // A percent sign of a file's name is one of its characters.
            None => format!("{}{}", self.up, address.file().replace('%', "%25")),
        }
    }
}

impl Object for Links {
    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let name = |args: &[Value]| from_args::<(String,)>(args).map(|(name,)| name);
        let address = match method {
            // A site has no page of a branch: it would show a moment of it.
            "review" if self.base.is_none() => return Ok(Value::from(())),
            "task" => Address::Task(name(args)?),
            "review" => Address::Review(name(args)?),
            "sprint" => Address::Sprint(name(args)?),
            "plan" => Address::Plan(name(args)?),
            "run" => Address::Run(name(args)?),
            "board" => Address::Board { query: name(args)? },
            "overview" => {
                let (badge, query, part): (Option<String>, String, usize) = from_args(args)?;
                let is_meant = |known: &Badge| badge.as_deref() == Some(known.as_str());
                Address::Overview(Overview { badge: Badge::ALL.into_iter().find(is_meant), query, part })
            }
            "inbox" => Address::Inbox,
            "reviews" => Address::Reviews,
            "sprints" => Address::Sprints,
            "plans" => Address::Plans,
            "runs" => Address::Runs,
            "fleet" => Address::Fleet,
            "graph" => Address::Graph { query: name(args)? },
            "asset" if self.base.is_some() => {
                return Ok(Value::from_safe_string(format!("/assets/{}", encoded(&name(args)?))));
            }
            "asset" => {
                return Ok(Value::from_safe_string(format!("{}assets/{}", self.up, encoded(&name(args)?))));
            }
            _ => return Err(Error::from(ErrorKind::UnknownMethod)),
        };
        // Every name in it is encoded: what is left to escape is what joins a query.
        Ok(Value::from_safe_string(self.to(&address).replace('&', "&amp;")))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }
}
