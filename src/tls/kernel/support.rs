//! What the kernel can do.

use std::fmt;
use std::sync::OnceLock;

use tokio_rustls::rustls::{CipherSuite, ProtocolVersion};

use crate::tls::Reason;

/// What the running kernel can encrypt and decrypt.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Support {
    /// A bit for each of [`ALL`].
    pub(super) takes: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cipher {
    Aes128Gcm,
    Aes256Gcm,
    Chacha20Poly1305,
}

pub(super) const ALL: [(ProtocolVersion, Cipher); 6] = [
    (ProtocolVersion::TLSv1_3, Cipher::Aes128Gcm),
    (ProtocolVersion::TLSv1_3, Cipher::Aes256Gcm),
    (ProtocolVersion::TLSv1_3, Cipher::Chacha20Poly1305),
    (ProtocolVersion::TLSv1_2, Cipher::Aes128Gcm),
    (ProtocolVersion::TLSv1_2, Cipher::Aes256Gcm),
    (ProtocolVersion::TLSv1_2, Cipher::Chacha20Poly1305),
];

/// What the running kernel can do, or why nothing. It is asked once in a process, by giving keys to three pairs of sockets on
/// the loopback interface; what was learnt holds until the process ends, even if the module comes or goes.
///
/// # Errors
/// [`Reason::NotBuilt`], [`Reason::NotLinux`], [`Reason::NoModule`] or [`Reason::Probe`].
pub fn kernel_support() -> Result<Support, Reason> {
    static ONCE: OnceLock<Result<Support, Reason>> = OnceLock::new();
    *ONCE.get_or_init(super::probe)
}

impl Support {
    /// Whether it knows this cipher suite in this version.
    #[must_use]
    pub fn takes(self, version: ProtocolVersion, suite: CipherSuite) -> bool {
        let bits =
            ALL.iter().enumerate().filter(|(_, one)| Some(**one) == cipher(suite).map(|cipher| (version, cipher)));
        bits.into_iter().any(|(bit, _)| self.takes & 1 << bit != 0)
    }
}

impl fmt::Debug for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = ALL.iter().enumerate().filter(|(bit, _)| self.takes & 1 << bit != 0);
        f.debug_set().entries(known.map(|(_, one)| one)).finish()
    }
}

/// The cipher of a suite that rustls has.
pub(super) const fn cipher(suite: CipherSuite) -> Option<Cipher> {
    Some(match suite {
        CipherSuite::TLS13_AES_128_GCM_SHA256
        | CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
        | CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 => Cipher::Aes128Gcm,
        CipherSuite::TLS13_AES_256_GCM_SHA384
        | CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
        | CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 => Cipher::Aes256Gcm,
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256
        | CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
        | CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 => Cipher::Chacha20Poly1305,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_is_for_a_version_and_a_cipher() {
        let only = |bit: u8| Support { takes: 1 << bit };
        assert!(only(1).takes(ProtocolVersion::TLSv1_3, CipherSuite::TLS13_AES_256_GCM_SHA384));
        assert!(!only(0).takes(ProtocolVersion::TLSv1_3, CipherSuite::TLS13_AES_256_GCM_SHA384));
        assert!(!only(1).takes(ProtocolVersion::TLSv1_2, CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384));
        assert!(only(5).takes(ProtocolVersion::TLSv1_2, CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256));
        assert!(!Support { takes: 0xff }.takes(ProtocolVersion::TLSv1_3, CipherSuite::TLS13_AES_128_CCM_SHA256));
        assert_eq!(format!("{:?}", only(3)), "{(TLSv1_2, Aes128Gcm)}");
    }
}
