//! The tour runs to its end, every answer right. Run with the example built: `cargo test` builds it, `cargo test --test tour`
//! alone does not.
#![cfg(feature = "tokio")]

use std::env;
use std::process::Command;

#[test]
fn the_tour_is_right_and_shows_what_it_promises() {
    let test = env::current_exe().expect("the test's own path");
    let tour = test.with_file_name("../examples/tour").with_extension(env::consts::EXE_EXTENSION);
    if !tour.exists() {
        eprintln!("SKIPPED: {} is not built", tour.display());
        return;
    }
    let output = Command::new(&tour).arg("--quick").output().expect("the tour starts");
    let (shown, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{shown}\n{errors}", output.status);
    for promised in [
        r#"request "SET" "greeting" "hello, world""#,
        r#"reply   ["hello, world", (nil)]"#,
        "read into  0x",
        "answers/s",
        "over loopback TCP",
        "from memory",
        "tokio_util",
        "wireview, borrowed",
        "wireview, batched",
        "wireview, owned frames",
        "allocations/frame",
        " right, 0 wrong",
    ] {
        assert!(shown.contains(promised), "{promised:?} is not shown:\n{shown}");
    }
    assert_eq!(errors, "", "without a terminal, there is no progress bar");
}
