//! Context to text, through templates, pure.
//!
//! A report is built in two steps: plain data first (a context that can be printed as JSON and is the same for the
//! same tasks), then a template that lays it out. Teams override the template, not the code. Templates come from a
//! repository and are not trusted: they reach no file, their steps, depth and output are limited.

pub mod cards;
mod error;
mod render;
pub mod review;

pub use error::Error;
pub use render::{TEMPLATES, render};
