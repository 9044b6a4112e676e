//! Where a task goes on, for who writes there: here, in another working tree, or on a branch that nobody has checked out.

use std::path::Path;

use crate::facts::Flight;
use crate::ops::on_branch::{BranchRequest, on_branch};
use crate::ops::{Error, Result, Session};
use crate::policy::FlightPlace;

/// Where a task goes on.
#[derive(Debug, Clone)]
pub(super) enum TaskLocation {
    /// In the working tree of the session.
    Here,
    /// Elsewhere.
    There(Box<Flight>),
}

impl TaskLocation {
    /// Returns the branch, as people name it; none of this working tree, and where there is none.
    pub(super) fn branch(&self) -> Option<&str> {
        match self {
            Self::Here => None,
            Self::There(flight) => flight.branch.as_deref(),
        }
    }

    /// Whether it is only on a branch of a remote, where nobody here can write.
    pub(super) fn is_on_remote(&self) -> bool {
        matches!(self, Self::There(flight) if matches!(flight.place(), FlightPlace::RemoteBranch { .. }))
    }

    /// Does something with a session that reads and writes there.
    pub(super) fn visit<T>(
        &self,
        session: &Session<'_>,
        action: impl Fn(&Session<'_>) -> Result<T>,
    ) -> Result<T> {
        let flight = match self {
            Self::Here => return action(session),
            Self::There(flight) => flight,
        };
        match flight.place() {
            FlightPlace::Folder(folder) => action(&session.in_working_tree(Path::new(&folder))?),
            FlightPlace::Branch(name) => on_branch(session, &BranchRequest { name, push: false }, action),
            FlightPlace::RemoteBranch { branch, local } => {
                let message = format!("{branch} is a branch of a remote");
                Err(Error::usage_with(message, format!("git switch {local}")))
            }
        }
    }
}
