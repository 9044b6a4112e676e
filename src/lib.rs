//! The tracker: a team's tasks as Markdown and YAML files in `.tracker/`, in the git repository of the code.
//!
//! # The map
//!
//! Modules in layer order, lowest first. A module may import from layers above its own row in this table
//! (lower layers) and from itself, never from a row below: a test reads the table and checks the code against it.
//!
//! | layer | module   | owns |
//! |------:|----------|------|
//! | 0     | `env`    | clocks, sleep, randomness, variables, the current directory: the only reader of the world |
//! | 0     | `diff`   | how one sequence became another; pure |
//! | 0     | `events` | what long operations tell on their way, and to whom |
//! | 0     | `process` | the only starter of programs: environment, input, groups, time limits |
//! | 0     | `model`  | the nouns: ids, people, tasks, stages, votes, findings, roles, problems; pure |
//! | 1     | `doc`    | text to nouns and back: read, splice, create, merge; pure |
//! | 1     | `policy` | rules: status, badges, dependencies, votes, coverage, the stage machine, directives; pure |
//! | 1     | `metrics` | numbers of flow and sprints, forecasts, what a day is; pure |
//! | 1     | `query`  | the query language of `list`, `queue` and `board`; pure |
//! | 1     | `sync`   | two trackers reconciled field by field, and the order of the writes; pure |
//! | 1     | `git`    | facts from git, as plain data: nothing of gix leaves this module |
//! | 2     | `store`  | `.tracker` on disk: discovery, lock, atomic writes, index, snapshots |
//! | 3     | `facts`  | what is known of tasks at a tip or in a range: links, authors, votes, content, findings |
//! | 4     | `import` | other trackers' files to tasks, tools' reports to findings; pure |
//! | 4     | `review` | a range of commits by task, and the rules of the gate; pure |
//! | 4     | `remote` | other trackers as they are reached: programs that speak JSON lines, tables of databases |
//! | 4     | `engine` | runs of workflows: their log, their state, the processes of their steps |
//! | 5     | `report` | context to text: cards, and reviews for pull requests and machines; pure |
//! | 6     | `ops`    | the verbs, one file per use case; every door calls these |
//! | 7     | `pages`  | what ops answer as HTML, for the server and the site |
//! | 7     | `mcp`    | the verbs as tools of the Model Context Protocol |
//! | 8     | `server` | the pages and the API over HTTP |
//! | 8     | `tui`    | the tracker in a terminal, seen and worked on |
//! | 9     | `cli`    | arguments, output, errors, exit codes |
//!
//! What the program, the tests and the benchmarks use is re-exported with `pub use`, what the crate alone uses with
//! `pub(crate) use`: so the compiler finds what nothing uses.
//!
//! # Files on disk
//!
//! The records below `.tracker` are the rows of the table in `model::record`, which `tracker help files` prints.
//!
//! ```text
//! <git dir>/tracker/          local only: index, active task, unsaved edits, own claims
//! <common git dir>/tracker/   local only: locks, ids seen on other branches, which commits link what, when claims were fetched
//! ```
//!
//! # The one flow
//!
//! door (`cli`, `mcp`) → op (`ops`) → snapshot (`store`) and facts (`git`) → pure function (`doc`, `policy`) → changes →
//! files (`store`). `--dry-run` stops before the last arrow and prints the changes.

pub(crate) mod diff;
pub mod env;
pub mod events;
pub mod model;
pub mod process;

pub mod doc;
pub mod git;
pub mod metrics;
pub mod policy;
pub mod query;
pub mod sync;

pub mod store;

pub mod facts;

pub(crate) mod engine;
pub mod import;
pub(crate) mod remote;
pub mod review;

pub mod report;

pub mod ops;

pub(crate) mod pages;

#[cfg(feature = "mcp")]
pub(crate) mod mcp;

#[cfg(feature = "web")]
pub(crate) mod server;

#[cfg(feature = "tui")]
pub(crate) mod tui;

pub mod cli;
