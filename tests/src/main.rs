//! The product under test: its own `main`, built beside the tests.
fn main() -> std::process::ExitCode {
    stockade::main()
}
