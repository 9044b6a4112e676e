//! Work in flight, as lists, boards and single tasks show it: who has started what on which branch.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::Session;
use super::claims::{add_claims, claims_of};
use super::view::TaskLine;
use crate::facts::{Flight, InFlight};
use crate::model::Stage;

/// Where a task goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FlightView {
    /// The stage that it is in there.
    pub stage: Stage,
    /// The branch, local or of a remote; none where a working tree is on none.
    pub branch: Option<String>,
    /// The folder of the working tree that has it checked out.
    pub folder: Option<String>,
    /// Who works on it there.
    pub by: String,
    /// When it was moved last.
    pub since: DateTime<Utc>,
    /// Whether that is committed.
    pub committed: bool,
}

impl From<&Flight> for FlightView {
    fn from(flight: &Flight) -> Self {
        Self {
            stage: flight.stage.clone(),
            branch: flight.branch.clone(),
            folder: flight.work_dir.clone(),
            by: flight.person().to_owned(),
            since: flight.at,
            committed: flight.commit.is_some(),
        }
    }
}

/// Reads what is in flight beside the working tree; nothing where the session looks at a commit, and where refs cannot
/// be read.
pub(super) fn in_flight_of(session: &Session<'_>) -> InFlight {
    match session.snapshot().is_work_tree() {
        true => InFlight::read(session.env(), session.workspace()).unwrap_or_default(),
        false => InFlight::default(),
    }
}

/// Adds to lines where their tasks go on, and who has claimed them. Where there are none nothing is read.
pub(super) fn add_work(session: &Session<'_>, lines: &mut [TaskLine]) {
    if !lines.is_empty() {
        add_flights(&in_flight_of(session), lines);
        add_claims(session, &claims_of(session), lines);
    }
}

/// Adds to lines where their tasks go on.
pub(super) fn add_flights(in_flight: &InFlight, lines: &mut [TaskLine]) {
    if in_flight.is_empty() {
        return;
    }
    for line in lines {
        let flights = in_flight.of(&line.id, line.since);
        line.in_flight = flights.into_iter().map(FlightView::from).collect();
    }
}
