//! A panic is our bug: said so, with what to send us, and with an exit code of its own.

use std::io::Write;

use super::error::OUR_BUG;

/// Makes a panic print one report and end the process with exit code 70.
pub(super) fn report_as_our_bug() {
    std::panic::set_hook(Box::new(|panic| {
        let mut stderr = std::io::stderr().lock();
        let _ =
            writeln!(stderr, "tracker: this is a bug in the tracker {}: {panic}", env!("CARGO_PKG_VERSION"));
        let _ = writeln!(stderr, "  hint: no file was left half-written; please report this line");
        std::process::exit(i32::from(OUR_BUG));
    }));
}
