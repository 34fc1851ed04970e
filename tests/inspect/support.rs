//! The program, and what came of it.

use std::env;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Once;

use serde_json::Value;
use tempfile::TempDir;

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    /// The objects that were printed, a line each.
    pub(crate) fn objects(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect()
    }
}

/// The program, or a line that it is not built.
pub(crate) fn program() -> Option<PathBuf> {
    static TOLD: Once = Once::new();
    let test = env::current_exe().expect("the test's own path");
    let program = test.with_file_name("../examples/inspect").with_extension(env::consts::EXE_EXTENSION);
    if program.exists() {
        return Some(program);
    }
    TOLD.call_once(|| eprintln!("SKIPPED: {} is not built", program.display()));
    None
}

fn command(program: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(env!("CARGO_MANIFEST_DIR"));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command
}

/// Runs the program to its end.
pub(crate) fn run(args: &[&str]) -> Option<Run> {
    run_with(args, &[])
}

/// The same with variables of the environment.
pub(crate) fn run_with(args: &[&str], variables: &[(&str, &str)]) -> Option<Run> {
    let program = program()?;
    let output = command(&program, args).envs(variables.iter().copied()).output().expect("the program starts");
    Some(Run {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("text"),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// The same with bytes at its standard input.
pub(crate) fn run_on(args: &[&str], bytes: &[u8]) -> Option<Run> {
    let program = program()?;
    let mut child = command(&program, args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // Small enough for what a pipe holds, so that nobody waits; an early end is no fault.
    let _ = stdin.write_all(bytes);
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    Some(Run {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("text"),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// A file of its own.
pub(crate) struct Temp {
    folder: TempDir,
    name: &'static str,
}

impl Temp {
    pub(crate) fn new(name: &'static str, bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(name), bytes).expect("written");
        Self { folder, name }
    }

    pub(crate) fn path(&self) -> String {
        self.folder.path().join(self.name).to_str().expect("text").into()
    }

    /// Another file beside it.
    pub(crate) fn beside(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().expect("text").into()
    }
}

/// What others have recorded, or a line that it is not here.
pub(crate) fn corpora(folder: &str) -> Option<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora").join(folder);
    let Ok(files) = fs::read_dir(&folder) else {
        eprintln!("skipped: there are no corpora at {}", folder.display());
        return None;
    };
    let mut files: Vec<_> = files.map(|file| file.expect("readable").path()).collect();
    files.sort();
    Some(files)
}

/// Whether fields and gaps cover the message from its first byte to its last; answers with how many fields there are.
pub(crate) fn covered(message: &Value) -> usize {
    let (mut at, mut fields) = (0, 0);
    walk(&message["fields"], &mut at, &mut fields);
    assert_eq!(at, message["length"].as_u64().expect("a length"), "{message}");
    fields
}

fn walk(nodes: &Value, at: &mut u64, fields: &mut usize) {
    for node in nodes.as_array().expect("nodes") {
        let place = |index: usize| node["at"][index].as_u64().expect("a place");
        if node.get("fields").is_some() {
            assert_eq!(place(0), *at, "{node}");
            walk(&node["fields"], at, fields);
            assert_eq!(place(1), *at, "{node}");
            continue;
        }
        *fields += usize::from(node.get("gap").is_none());
        if place(0) < place(1) {
            // Bit fields share their bytes.
            assert!(place(0) == *at || (node.get("bits").is_some() && place(1) == *at), "{node}");
            *at = place(1);
        }
    }
}
