//! Asks the kernel, once.

use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::AsFd;

use nix::errno::Errno;
use tokio_rustls::rustls::ProtocolVersion;

use super::calls::{self, Keys};
use super::support::{ALL, Cipher, Support};
use crate::tls::Reason;

/// Gives keys of each kind to a socket that carries nothing.
pub(in crate::tls) fn probe() -> Result<Support, Reason> {
    let failed = |error: io::Error| Reason::Probe(error.kind());
    let mut sockets = Vec::with_capacity(ALL.len());
    // The kernel wants its sockets connected.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    while sockets.len() < ALL.len() {
        sockets.push(TcpStream::connect(address).map_err(failed)?);
        sockets.push(listener.accept().map_err(failed)?.0);
    }
    let mut takes = 0;
    for (bit, ((version, cipher), socket)) in ALL.into_iter().zip(&sockets).enumerate() {
        calls::attach(socket).map_err(|errno| match errno {
            // No such module; a kernel without upper layers at all.
            Errno::ENOENT | Errno::ENOPROTOOPT | Errno::EOPNOTSUPP => Reason::NoModule,
            other => failed(other.into()),
        })?;
        if takes_keys(socket, version, cipher) {
            takes |= 1 << bit;
        }
    }
    Ok(Support { takes })
}

/// Whether the socket takes keys for both directions.
fn takes_keys(socket: &TcpStream, version: ProtocolVersion, cipher: Cipher) -> bool {
    let key = &[0; 32][..if cipher == Cipher::Aes128Gcm { 16 } else { 32 }];
    Keys::new(version, cipher, 0, key, &[0; 12])
        .is_some_and(|keys| keys.send_with(socket).is_ok() && keys.receive_with(socket).is_ok())
}

/// Has the kernel's TLS stand above a socket. If it will not, the socket is as it was.
pub(in crate::tls) fn attach(socket: impl AsFd) -> Result<(), Reason> {
    calls::attach(socket).map_err(|errno| Reason::Refused(errno as i32))
}
