//! The nouns: ids, tasks, stages, moves, notes, configuration, and the problems a document can have.
//!
//! Pure data. Nothing here reads a file, asks the clock or knows YAML.

mod config;
mod duration;
mod id;
mod order;
mod priority;
mod problem;
mod stage;
mod status;
mod summary;
mod task;

pub use config::{Config, IdScheme, Pipeline, ReportSettings, StageRules, TypeRules};
pub use duration::Minutes;
pub use id::{IdError, SprintId, TaskId};
pub use order::{compare_ids, first_to_do};
pub use priority::Priority;
pub use problem::{Problem, Severity};
pub use stage::Stage;
pub use status::{Badge, Facts, Status};
pub use summary::{BoxCount, Summary};
pub use task::{Move, Note, Task};
