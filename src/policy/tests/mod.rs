//! Tests of coverage, and the example that the tests of votes and of the machine share.

mod coverage;
pub(super) mod example;
