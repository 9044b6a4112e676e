//! Tests of coverage and findings, and the example that the tests of votes and of the machine share.

mod blocking;
mod coverage;
pub(super) mod example;
