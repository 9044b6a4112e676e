//! The `tracker` program.

fn main() -> std::process::ExitCode {
    tracker::cli::main()
}
