//! The `stockade` binary.
fn main() -> std::process::ExitCode {
    stockade::main()
}
