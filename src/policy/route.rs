//! The way that a task takes through its stages: which stages a move leaves, which round of a stage it is, and which
//! files a role reviews there.

use std::ops::Range;

use super::coverage::is_covered;
use super::is_permitted;
use crate::model::{Config, Move, Stage};

/// The stages of one task, in order.
#[derive(Debug, Clone, Copy)]
pub struct Route<'c> {
    config: &'c Config,
    stages: &'c [Stage],
    /// Globs of the files that need no more than this route requires.
    own: &'c [String],
}

impl<'c> Route<'c> {
    /// Returns the route of tasks of a type.
    #[must_use]
    pub fn of(config: &'c Config, kind: Option<&str>) -> Self {
        let own = kind.and_then(|kind| config.types.get(kind)).map_or(&[][..], |rules| &rules.paths);
        Self { config, stages: config.stages_of(kind), own }
    }

    /// Returns the stages between `none` and `complete`, in order.
    #[must_use]
    pub fn stages(&self) -> &'c [Stage] {
        self.stages
    }

    /// Returns a stage's place: 0 for `none`, then the stages from 1, then `complete`.
    #[must_use]
    pub fn place(&self, stage: &Stage) -> Option<usize> {
        match stage {
            stage if stage.is_none() => Some(0),
            stage if stage.is_complete() => Some(self.stages.len() + 1),
            stage => self.stages.iter().position(|own| own == stage).map(|at| at + 1),
        }
    }

    /// Returns the place that some moves lead to; none where there are none, or where it is no stage of this route.
    #[must_use]
    pub fn place_after<'m>(&self, moves: impl IntoIterator<Item = &'m Move>) -> Option<usize> {
        moves.into_iter().last().and_then(|step| self.place(&step.to))
    }

    /// Returns the stage at a place, if it is one of the pipeline's own.
    #[must_use]
    pub fn stage_at(&self, place: usize) -> Option<&'c Stage> {
        self.stages.get(place.checked_sub(1)?)
    }

    /// Returns the roles whose approval a stage requires.
    #[must_use]
    pub fn roles_of(&self, stage: &Stage) -> &'c [String] {
        self.config.signoffs_of(stage.as_str())
    }

    /// Returns the stages that require the approval of a role, in order.
    pub fn stages_requiring(self, role: &str) -> impl Iterator<Item = &'c Stage> {
        self.stages.iter().filter(move |stage| self.roles_of(stage).iter().any(|own| own == role))
    }

    /// Returns the places of the stages that each move of a history leaves or skips; none for a move backwards. A
    /// stage that the pipeline does not have is where the task was before.
    #[must_use]
    pub fn leavings(&self, history: &[Move]) -> Vec<Range<usize>> {
        self.positions_of(history).map(|(from, to)| from..to.max(from)).collect()
    }

    /// Returns the places of the stages that a history has left or skipped, each once, ascending.
    #[must_use]
    pub fn left(&self, history: &[Move]) -> Vec<usize> {
        let mut left: Vec<usize> = self.leavings(history).into_iter().flatten().collect();
        left.sort_unstable();
        left.dedup();
        left
    }

    /// Returns the round of a stage after some moves, from 1: one more than how often the task was sent back to the
    /// stage or before it.
    #[must_use]
    pub fn round(&self, history: &[Move], stage: &Stage) -> u32 {
        let place = self.place(stage).unwrap_or(self.stages.len() + 1);
        let back = self.positions_of(history).filter(|(from, to)| to < from && *to <= place).count();
        u32::try_from(back).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// Returns the round in which a task was when it entered a stage for the nth time, as votes of format 1 count. A move
    /// to where the task is already is no entry.
    #[must_use]
    pub fn round_of_entry(&self, history: &[Move], stage: &Stage, nth: u32) -> u32 {
        let (mut at, mut entries) = (None, 0);
        for (place, step) in history.iter().enumerate() {
            if at != Some(&step.to) && step.to == *stage {
                entries += 1;
                if entries == nth {
                    return self.round(&history[..=place], stage);
                }
            }
            at = Some(&step.to);
        }
        if nth <= 1 { 1 } else { nth }
    }

    /// Returns whether a path is among the files that tasks of this type may change without what the usual pipeline requires
    /// for beyond this route.
    #[must_use]
    pub fn is_own(&self, path: &str) -> bool {
        !self.own.is_empty() && is_permitted(self.own, path)
    }

    /// Returns whether a role reviews a path on this route. A role that declares paths has those; one that does not has
    /// every path that no role of a later stage declares.
    #[must_use]
    pub fn is_reviewed(&self, role: &str, path: &str) -> bool {
        let own = self.config.role(role);
        if !is_covered(own, path) {
            return false;
        }
        if !own.rules.paths.is_empty() {
            return true;
        }
        let requires = |stage: &Stage| self.roles_of(stage).iter().any(|name| name == role);
        let Some(last) = self.stages.iter().rposition(requires) else { return true };
        let later = self.stages[last + 1..].iter().flat_map(|stage| self.roles_of(stage));
        // What a later role has by another spelling of its paths alone, or by the name of a folder, stays here as well.
        !later.map(|name| self.config.role(name)).any(|role| is_permitted(&role.rules.paths, path))
    }

    fn positions_of(&self, history: &[Move]) -> impl Iterator<Item = (usize, usize)> {
        let mut at = 0;
        history.iter().map(move |step| {
            let from = self.place(&step.from).unwrap_or(at);
            at = self.place(&step.to).unwrap_or(from);
            (from, at)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Route;
    use crate::model::{Config, Move, MoveKind, RoleRules, Stage, StageRules};

    fn config() -> Config {
        let requires = |role: &str| StageRules { signoffs: vec![role.to_owned()], ..StageRules::default() };
        let writer = RoleRules { paths: vec!["docs/**".to_owned()], ..RoleRules::default() };
        let stages = [("qa", "reviewer"), ("docs", "writer")];
        Config {
            stages: stages.map(|(stage, role)| (stage.to_owned(), requires(role))).into(),
            roles: [("writer".to_owned(), writer)].into(),
            ..Config::default()
        }
    }

    fn history(stages: &str) -> Vec<Move> {
        let names: Vec<&str> = stages.split(' ').collect();
        let step = |pair: &[&str]| Move {
            at: chrono::DateTime::UNIX_EPOCH,
            by: "dev".to_owned(),
            agent: None,
            from: Stage::parse(pair[0]).unwrap(),
            to: Stage::parse(pair[1]).unwrap(),
            kind: MoveKind::Advance,
            why: None,
            signature: None,
        };
        names.windows(2).map(step).collect()
    }

    #[test]
    fn moves_leave_stages_and_skip_them() {
        let config = config();
        let route = Route::of(&config, None);
        for (stages, expected) in [
            ("none dev qa sec", vec![0..1, 1..2, 2..3]),
            ("none dev sec dev qa", vec![0..1, 1..3, 3..3, 1..2]),
            ("docs complete dev", vec![4..5, 5..5]),
            // A stage that the pipeline has no more.
            ("none dev old qa", vec![0..1, 1..1, 1..2]),
        ] {
            assert_eq!(route.leavings(&history(stages)), expected, "{stages}");
        }
        assert_eq!(route.left(&history("none dev sec dev qa")), [0, 1, 2]);
    }

    #[test]
    fn a_round_begins_where_a_task_is_sent_back_to_a_stage_or_before_it() {
        let config = config();
        let route = Route::of(&config, None);
        for (stages, dev, qa, docs) in [
            ("none dev qa", 1, 1, 1),
            ("none dev qa dev qa", 2, 2, 2),
            ("none dev qa sec docs sec docs", 1, 1, 2),
            ("none dev qa sec docs complete docs complete", 1, 1, 2),
        ] {
            let round = |stage: &str| route.round(&history(stages), &Stage::parse(stage).unwrap());
            assert_eq!((round("dev"), round("qa"), round("docs")), (dev, qa, docs), "{stages}");
        }
    }

    #[test]
    fn a_role_without_paths_leaves_to_later_ones_what_they_declare() {
        let config = config();
        let route = Route::of(&config, None);
        for (role, path, expected) in [
            ("reviewer", "src/a.rs", true),
            ("reviewer", "docs/a.md", false),
            ("writer", "docs/a.md", true),
            ("writer", "Docs/a.md", true),
            ("reviewer", "Docs/a.md", true),
            ("writer", "src/a.rs", false),
            ("somebody", "docs/a.md", true),
            ("reviewer", ".tracker/tasks/TASK-AAAA.md", false),
        ] {
            assert_eq!(route.is_reviewed(role, path), expected, "{role} {path}");
        }
    }
}
