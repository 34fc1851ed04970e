//! A send queue, to a blocking socket.

use std::io::{self, ErrorKind};

use super::linux::{push, refuses, send_file, send_memory};
use super::{SENDFILE_CHUNK, SENDFILE_FROM, Socket};
use crate::Gather;
use crate::send::FILE_CHUNK;

/// How many short regions are read at a time.
const SHORT_REGIONS: usize = 64;

impl Gather {
    /// Writes everything that waits: memory and short regions by `sendmsg`, others by `sendfile`.
    ///
    /// Progress and errors are those of [`write_to`](Self::write_to).
    pub(crate) fn write_to_socket(&mut self, socket: Socket<'_>) -> io::Result<()> {
        while !self.is_empty() {
            self.check()?;
            // What cannot be read is told when it is at the front: what is queued before it can still leave.
            self.read_short(SENDFILE_FROM - 1, SHORT_REGIONS, |region| region.read_front(FILE_CHUNK).ok());
            let fd = socket.fd();
            let sent = match self.front_file() {
                None => {
                    let more = self.next_file().is_some_and(|region| region.len() >= SENDFILE_FROM);
                    self.with_slices(|slices| send_memory(fd, slices, more))
                }
                Some(region) if region.len() >= SENDFILE_FROM || self.is_begun() => {
                    send_file(fd, region, SENDFILE_CHUNK)
                }
                Some(_) => {
                    self.read_front_file()?;
                    continue;
                }
            };
            match (sent, self.front_file()) {
                (Ok(0), Some(region)) => {
                    let error = region.shrunk().into();
                    push(fd);
                    return Err(self.failed(error));
                }
                (Ok(0), None) => return Err(ErrorKind::WriteZero.into()),
                (Ok(sent), region) => {
                    match region {
                        Some(_) => self.advance_file(sent as u64),
                        None => self.advance(sent),
                    }
                    self.ledger_mut().writes += 1;
                }
                (Err(error), _) if error.kind() == ErrorKind::Interrupted => {}
                (Err(error), Some(_)) if refuses(&error) => self.read_front_file()?,
                (Err(error), _) => {
                    push(fd);
                    return Err(error);
                }
            }
        }
        Ok(())
    }
}
