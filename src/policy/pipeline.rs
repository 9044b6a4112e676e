//! The order of stages over all pipelines of a configuration.

use crate::model::{Config, Stage};

/// Returns every stage between `none` and `complete`, in order: the common pipeline, with the stages that only
/// one type has put in after the stage they follow there.
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

#[cfg(test)]
mod tests {
    use super::stage_order;
    use crate::model::{Config, Stage, TypeRules};

    #[test]
    fn stages_of_types_come_after_the_stage_they_follow() {
        let stages = |names: &[&str]| Some(names.iter().map(|name| Stage::parse(name).unwrap()).collect());
        let mut config = Config::default();
        assert_eq!(stage_order(&config), ["dev", "qa", "sec", "docs"]);
        config.types.insert(
            "docs".to_owned(),
            TypeRules { stages: stages(&["draft", "dev", "edit", "docs"]), ..TypeRules::default() },
        );
        config.types.insert(
            "odd".to_owned(),
            TypeRules { stages: stages(&["docs", "dev", "last"]), ..TypeRules::default() },
        );
        config.types.insert("plain".to_owned(), TypeRules { stages: None, ..TypeRules::default() });
        assert_eq!(stage_order(&config), ["draft", "dev", "edit", "qa", "sec", "docs", "last"]);
    }
}
