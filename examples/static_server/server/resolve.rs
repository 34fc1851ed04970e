//! From the path of a request to an open file, and never out of the root.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fd::OwnedFd;
use rustix::fs::{self, Mode, OFlags};
use rustix::io::Errno;

/// Opens what is asked for: does not wait for the other end of a pipe, and makes no terminal ours.
const READ: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK).union(OFlags::NOCTTY);

/// How often a path is looked up again that changed while it was: `openat2` says so where `..` is in it.
const TRIES: usize = 8;

/// The directory whose files are served.
///
/// | what a path may hold | what becomes of it |
/// | --- | --- |
/// | `%41`, `%2e%2e` | decoded, once, before anything is looked up |
/// | `%2f`, `%00`, `%zz` | 404: no name has a slash in it; 400; 400 |
/// | `..` | followed, as long as it stays inside; else 403 |
/// | a symbolic link | followed, if it is relative and stays inside; else 403 |
/// | a link of `/proc` | 403 |
/// | a name that begins with a dot | 404, unless hidden files are served; `.well-known` always is |
#[derive(Debug)]
pub(crate) struct Root {
    dir: OwnedFd,
    hidden: bool,
    /// False once the kernel was found not to know `openat2`.
    beneath: AtomicBool,
}

impl Root {
    pub(crate) fn new(dir: &Path, hidden: bool) -> io::Result<Self> {
        let dir = fs::open(dir, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Self { dir, hidden, beneath: AtomicBool::new(cfg!(target_os = "linux")) })
    }

    /// Does as if the kernel did not know `openat2`.
    #[cfg(test)]
    pub(crate) fn walking(self) -> Self {
        self.beneath.store(false, Ordering::Relaxed);
        self
    }

    /// The path of a request as a path below the root; or the status that refuses it.
    pub(super) fn decode(&self, path: &[u8]) -> Result<Vec<u8>, u16> {
        let mut decoded = Vec::with_capacity(path.len() + 16);
        let mut rest = path.iter();
        while let Some(&byte) = rest.next() {
            decoded.push(match byte {
                b'%' => match (rest.next().and_then(hex), rest.next().and_then(hex)) {
                    (Some(high), Some(low)) => match high << 4 | low {
                        0 => return Err(400),
                        b'/' => return Err(404),
                        byte => byte,
                    },
                    _ => return Err(400),
                },
                byte => byte,
            });
        }
        let hides = |name: &[u8]| name.starts_with(b".") && !matches!(name, b"." | b".." | b".well-known");
        if !self.hidden && decoded.split(|byte| *byte == b'/').any(hides) {
            return Err(404);
        }
        let slashes = decoded.iter().take_while(|byte| **byte == b'/').count();
        decoded.drain(..slashes);
        if decoded.is_empty() {
            decoded.push(b'.');
        }
        Ok(decoded)
    }

    /// Opens a path below the root; or the status that refuses it.
    pub(super) fn open(&self, path: &[u8]) -> Result<File, u16> {
        let opened = if self.beneath.load(Ordering::Relaxed) { self.open_beneath(path) } else { self.walk(path) };
        opened.map(File::from).map_err(|errno| match errno {
            Errno::NOENT | Errno::NOTDIR | Errno::NAMETOOLONG => 404,
            Errno::ACCESS | Errno::PERM | Errno::XDEV | Errno::LOOP | Errno::NXIO => 403,
            Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::AGAIN => 503,
            _ => 500,
        })
    }

    #[cfg(target_os = "linux")]
    fn open_beneath(&self, path: &[u8]) -> Result<OwnedFd, Errno> {
        use rustix::fs::ResolveFlags;

        let inside = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        for _ in 0..TRIES {
            match fs::openat2(&self.dir, path, READ, Mode::empty(), inside) {
                Err(Errno::AGAIN) => {}
                Err(Errno::NOSYS) => {
                    self.beneath.store(false, Ordering::Relaxed);
                    return self.walk(path);
                }
                opened => return opened,
            }
        }
        Err(Errno::AGAIN)
    }

    #[cfg(not(target_os = "linux"))]
    fn open_beneath(&self, path: &[u8]) -> Result<OwnedFd, Errno> {
        self.walk(path)
    }

    /// Name by name, from directory to directory, following no link at all.
    fn walk(&self, path: &[u8]) -> Result<OwnedFd, Errno> {
        let must_be_dir = path.ends_with(b"/");
        let mut at: Option<OwnedFd> = None;
        let mut names = path.split(|byte| *byte == b'/').filter(|name| !matches!(*name, b"" | b".")).peekable();
        while let Some(name) = names.next() {
            if name == b".." {
                return Err(Errno::XDEV);
            }
            let kind = if names.peek().is_some() || must_be_dir { OFlags::DIRECTORY } else { OFlags::empty() };
            at = Some(fs::openat(
                at.as_ref().unwrap_or(&self.dir),
                name,
                READ | OFlags::NOFOLLOW | kind,
                Mode::empty(),
            )?);
        }
        at.map_or_else(|| fs::openat(&self.dir, c".", READ | OFlags::DIRECTORY, Mode::empty()), Ok)
    }
}

fn hex(digit: &u8) -> Option<u8> {
    char::from(*digit).to_digit(16).map(|digit| digit as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_decoded_once() {
        let root = Root::new(Path::new("."), false).expect("a directory");
        let decode = |path: &[u8]| root.decode(path).map(|path| String::from_utf8(path).expect("text"));
        assert_eq!(decode(b"/"), Ok(".".into()));
        assert_eq!(decode(b"//a//b/"), Ok("a//b/".into()));
        assert_eq!(decode(b"/a%20b%25%2E"), Ok("a b%.".into()));
        assert_eq!(decode(b"/%252e%252e/x"), Ok("%2e%2e/x".into()));
        assert_eq!(decode(b"/%2e%2e/x"), Ok("../x".into()));
        assert_eq!(decode(b"/.well-known/x"), Ok(".well-known/x".into()));
        for (path, status) in [
            (&b"/a%00"[..], 400),
            (b"/a%", 400),
            (b"/a%4", 400),
            (b"/a%4g", 400),
            (b"/a%2fb", 404),
            (b"/.git/config", 404),
            (b"/a/%2Ehidden", 404),
            (b"/...", 404),
        ] {
            assert_eq!(root.decode(path), Err(status), "{}", path.escape_ascii());
        }
    }
}
