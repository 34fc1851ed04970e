//! Tests that need a process of their own: this program again, told to run one test that is ignored otherwise.

use std::process::Command;

/// Whether this process was started to run a child's part, and with what.
pub(crate) fn told() -> Option<String> {
    std::env::var("WIREVIEW_CHILD").ok()
}

/// A command that runs the test called `name` in a process of its own, under `wrapper` if there is one.
pub(crate) fn command(wrapper: &[&str], name: &str, tell: &str) -> Command {
    let this = std::env::current_exe().expect("this program");
    let mut command = match wrapper {
        [] => Command::new(&this),
        [program, args @ ..] => {
            let mut command = Command::new(program);
            command.args(args).arg(&this);
            command
        }
    };
    command.args(["--exact", name, "--ignored", "--nocapture", "--test-threads=1"]).env("WIREVIEW_CHILD", tell);
    command
}
