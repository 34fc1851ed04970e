//! The system calls, through crates that make them safe.

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd};

use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::sockopt::{TcpTlsRx, TcpTlsTx, TcpUlp, TlsCryptoInfo};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, TlsGetRecordType, recvmsg, setsockopt};
use socket2::{MsgHdr, SockRef};
use tokio_rustls::rustls::{ConnectionTrafficSecrets, ProtocolVersion};
use zeroize::Zeroize;

use super::control::{ALERT, DATA, HANDSHAKE};
use super::support::Cipher;

/// Has the kernel's TLS stand above the socket. Until keys are given, bytes pass as they are.
pub(super) fn attach(socket: impl AsFd) -> Result<(), Errno> {
    setsockopt(&socket, TcpUlp::default(), b"tls")
}

/// The keys of one direction, as the kernel takes them. Wiped when dropped.
pub(super) struct Keys(TlsCryptoInfo);

impl Keys {
    /// Those that rustls agreed on. `None` if this code does not know the cipher.
    pub(super) fn of(version: ProtocolVersion, (sequence, secrets): (u64, ConnectionTrafficSecrets)) -> Option<Self> {
        match &secrets {
            ConnectionTrafficSecrets::Aes128Gcm { key, iv } => {
                Self::new(version, Cipher::Aes128Gcm, sequence, key.as_ref(), iv.as_ref())
            }
            ConnectionTrafficSecrets::Aes256Gcm { key, iv } => {
                Self::new(version, Cipher::Aes256Gcm, sequence, key.as_ref(), iv.as_ref())
            }
            ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv } => {
                Self::new(version, Cipher::Chacha20Poly1305, sequence, key.as_ref(), iv.as_ref())
            }
            _ => None,
        }
    }

    /// `None` if a length is not that of the cipher. `sequence` is the number of the next record.
    pub(super) fn new(version: ProtocolVersion, cipher: Cipher, sequence: u64, key: &[u8], iv: &[u8]) -> Option<Self> {
        let version = match version {
            ProtocolVersion::TLSv1_2 => libc::TLS_1_2_VERSION,
            ProtocolVersion::TLSv1_3 => libc::TLS_1_3_VERSION,
            _ => return None,
        };
        let info = |cipher_type| libc::tls_crypto_info { version, cipher_type };
        let rec_seq = sequence.to_be_bytes();
        // Of the twelve bytes, the kernel calls the first four of a GCM cipher the salt.
        let (salt, rest) = iv.split_first_chunk()?;
        Some(Self(match cipher {
            Cipher::Aes128Gcm => TlsCryptoInfo::Aes128Gcm(libc::tls12_crypto_info_aes_gcm_128 {
                info: info(libc::TLS_CIPHER_AES_GCM_128),
                iv: rest.try_into().ok()?,
                key: key.try_into().ok()?,
                salt: *salt,
                rec_seq,
            }),
            Cipher::Aes256Gcm => TlsCryptoInfo::Aes256Gcm(libc::tls12_crypto_info_aes_gcm_256 {
                info: info(libc::TLS_CIPHER_AES_GCM_256),
                iv: rest.try_into().ok()?,
                key: key.try_into().ok()?,
                salt: *salt,
                rec_seq,
            }),
            Cipher::Chacha20Poly1305 => TlsCryptoInfo::Chacha20Poly1305(libc::tls12_crypto_info_chacha20_poly1305 {
                info: info(libc::TLS_CIPHER_CHACHA20_POLY1305),
                iv: iv.try_into().ok()?,
                key: key.try_into().ok()?,
                salt: [],
                rec_seq,
            }),
        }))
    }

    pub(super) fn send_with(&self, socket: impl AsFd) -> Result<(), Errno> {
        setsockopt(&socket, TcpTlsTx, &self.0)
    }

    pub(super) fn receive_with(&self, socket: impl AsFd) -> Result<(), Errno> {
        setsockopt(&socket, TcpTlsRx, &self.0)
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        match &mut self.0 {
            TlsCryptoInfo::Aes128Gcm(info) => info.key.zeroize(),
            TlsCryptoInfo::Aes256Gcm(info) => info.key.zeroize(),
            TlsCryptoInfo::Chacha20Poly1305(info) => info.key.zeroize(),
        }
    }
}

/// Reads of one record, which may be control: its type, and how many bytes. A type of `None` is the end of the stream.
pub(super) fn receive(socket: &impl AsRawFd, bytes: &mut [u8]) -> io::Result<(Option<u8>, usize)> {
    // On the heap: what is in there is aligned.
    let mut control = vec![0; 64];
    let mut slices = [IoSliceMut::new(bytes)];
    let message = recvmsg::<()>(socket.as_raw_fd(), &mut slices, Some(&mut control), MsgFlags::MSG_DONTWAIT)?;
    let kind = message.cmsgs()?.find_map(|one| match one {
        ControlMessageOwned::TlsGetRecordType(kind) => Some(match kind {
            TlsGetRecordType::ChangeCipherSpec => 20,
            TlsGetRecordType::Alert => ALERT,
            TlsGetRecordType::Handshake => HANDSHAKE,
            TlsGetRecordType::ApplicationData => DATA,
            TlsGetRecordType::Unknown(other) => other,
            _ => 0,
        }),
        _ => None,
    });
    Ok((kind, message.bytes))
}

/// Sends a record of another type than data.
pub(super) fn send(socket: impl AsFd, kind: u8, bytes: &[u8]) -> io::Result<()> {
    // A `cmsghdr` (length, level, type) and one byte, padded: cmsg(3).
    const WORD: usize = size_of::<usize>();
    const LEN: usize = WORD + 8;
    let mut control = [0; (LEN + 1).next_multiple_of(WORD)];
    control[..WORD].copy_from_slice(&(LEN + 1).to_ne_bytes());
    control[WORD..WORD + 4].copy_from_slice(&libc::SOL_TLS.to_ne_bytes());
    control[WORD + 4..LEN].copy_from_slice(&libc::TLS_SET_RECORD_TYPE.to_ne_bytes());
    control[LEN] = kind;
    let slices = [IoSlice::new(bytes)];
    let message = MsgHdr::new().with_buffers(&slices).with_control(&control);
    let sent = SockRef::from(&socket).sendmsg(&message, libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL)?;
    if sent == bytes.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}
