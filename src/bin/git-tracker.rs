//! The same program under the name that makes `git tracker …` work.

fn main() -> std::process::ExitCode {
    tracker::cli::main()
}
