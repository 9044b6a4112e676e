//! `director`: goes round all work in flight by rules of the configuration, reports what it finds in notes, sends work back and pauses
//! workers where a rule allows it. It never votes and never moves a task on.
//!
//! The rules are those that are committed on the branch which others are merged into. What was done is recognised by what is there:
//! a note with the same text, a move back for the same reason. Only that a worker was paused is remembered beside that:
//!
//! ```text
//! <common git dir>/tracker/director.json   the findings for which a worker was paused
//! <common git dir>/tracker/director-round.json   the last round, for `director last` and the page of the fleet
//! <common git dir>/tracker/director.lock   one round at a time
//! ```

mod act;
mod location;
mod observe;
mod round;

pub(crate) use round::{
    DIRECTOR, DirectorRuleView, DirectorRules, director_round, director_rules, last_director_round,
    run_director,
};
