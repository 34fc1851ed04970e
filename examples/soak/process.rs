//! The server's process, as seen from outside.

use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long the server may take to stop.
const GRACE: Duration = Duration::from_secs(20);

/// Killed when dropped, if it was not stopped before.
pub(crate) struct Process {
    child: Child,
    control: ChildStdin,
    told: BufReader<ChildStdout>,
    pub(crate) address: SocketAddr,
}

/// What a process holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Holds {
    pub(crate) descriptors: usize,
    pub(crate) threads: usize,
}

impl Process {
    /// Runs this program again, with `--serve`.
    pub(crate) fn start(args: &[&str]) -> io::Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.arg("--serve").args(args).stdin(Stdio::piped()).stdout(Stdio::piped());
        // glibc (mallopt(3)) is to give back what is freed, so that resident memory tells what is held.
        command.envs([("MALLOC_MMAP_THRESHOLD_", "32768"), ("MALLOC_TRIM_THRESHOLD_", "65536")]);
        // Ctrl-C is for the soak, which then stops the server.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn()?;
        let (control, told) = (child.stdin.take(), child.stdout.take().map(BufReader::new));
        let (Some(control), Some(told)) = (control, told) else { unreachable!("both are piped") };
        let mut process = Self { child, control, told, address: SocketAddr::from(([0; 4], 0)) };
        process.address = process.line()?.parse().map_err(io::Error::other)?;
        Ok(process)
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.told.read_line(&mut line)? {
            0 => Err(io::Error::other("the server is gone")),
            _ => Ok(line.trim_end().into()),
        }
    }

    /// How many bytes it has allocated and not freed.
    pub(crate) fn heap(&mut self) -> io::Result<u64> {
        self.control.write_all(b"heap\n")?;
        self.line()?.parse().map_err(io::Error::other)
    }

    /// How many bytes of memory are resident.
    pub(crate) fn resident(&self) -> io::Result<u64> {
        self.status("VmRSS:").map(|kib| kib << 10)
    }

    pub(crate) fn holds(&self) -> io::Result<Holds> {
        let descriptors = fs::read_dir(format!("/proc/{}/fd", self.child.id()))?.count();
        Ok(Holds { descriptors, threads: self.status("Threads:")? as usize })
    }

    /// A number of `/proc/PID/status`.
    fn status(&self, name: &str) -> io::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let rest = status.lines().find_map(|line| line.strip_prefix(name));
        let number = rest.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
        number.ok_or_else(|| io::Error::other(format!("no {name} in /proc: the soak needs Linux")))
    }

    /// Asks it to stop, as a system would.
    pub(crate) fn stop(mut self) -> io::Result<ExitStatus> {
        self.terminate()?;
        let until = Instant::now() + GRACE;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            thread::sleep(Duration::from_millis(5));
        }
        Err(io::Error::other("the server does not stop on SIGTERM"))
    }

    #[cfg(unix)]
    fn terminate(&self) -> io::Result<()> {
        use rustix::process::{Pid, Signal, kill_process};
        Ok(kill_process(Pid::from_child(&self.child), Signal::TERM)?)
    }

    #[cfg(not(unix))]
    fn terminate(&self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Errors if it has been waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
