//! Synchronisation with other trackers.

mod edges;
mod github;
mod github_checks;
mod github_gate;
mod github_server;
pub(crate) mod histories;
#[cfg(feature = "postgres")]
mod postgres;
pub(crate) mod program;
#[cfg(feature = "postgres")]
mod server;

#[test]
fn an_edit_after_a_lost_answer_is_no_conflict() {
    histories::edited_after_a_lost_answer();
}

#[test]
fn both_sides_agree_after_any_history_and_no_edit_is_lost() {
    for seed in 0..400 {
        histories::play(seed);
    }
}
