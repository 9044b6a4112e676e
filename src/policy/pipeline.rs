//! The order of stages over all pipelines of a configuration.

use crate::model::{Config, Stage};

/// Returns every stage between `none` and `complete`, in order: the common pipeline, with the stages that only
/// one type has put in behind the stage they follow there.
#[must_use]
pub fn stage_order(config: &Config) -> Vec<&str> {
    let mut order: Vec<&str> = config.pipeline.stages.iter().map(Stage::as_str).collect();
    for stages in config.types.values().filter_map(|rules| rules.stages.as_deref()) {
        let mut next = 0;
        for stage in stages.iter().map(Stage::as_str) {
            match order.iter().position(|known| *known == stage) {
                // A type may run the common stages in another order; the common order wins.
                Some(at) => next = next.max(at + 1),
                None => {
                    order.insert(next, stage);
                    next += 1;
                }
            }
        }
    }
    order
}
