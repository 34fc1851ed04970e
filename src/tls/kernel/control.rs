//! What the peer says besides data, after the handshake.

use super::fault::KernelFault;

pub(super) const ALERT: u8 = 21;
pub(super) const HANDSHAKE: u8 = 22;
pub(super) const DATA: u8 = 23;

/// `close_notify` at level `warning`.
pub(super) const CLOSE_NOTIFY: [u8; 2] = [1, 0];

/// Alerts that do not end a connection: `user_canceled`, behind which `close_notify` comes, and `no_renegotiation`.
const HARMLESS: [u8; 2] = [90, 100];
/// So many pieces of control in a row, with no data between them, and no more.
const PATIENCE: u32 = 32;
/// No ticket is longer than two fields of 2^16 and a few bytes.
const LONGEST: u32 = 1 << 18;

/// Reads the control records of one connection, which may come in pieces: a record is read through a buffer that can be smaller.
#[derive(Debug)]
pub(super) struct Control {
    /// Tickets and requests that a client may ignore: `new_session_ticket` in TLS 1.3, `hello_request` in 1.2.
    ignored: Option<u8>,
    tls13: bool,
    /// The type of the record that is not complete, the first bytes of its message, and what is to be dropped of it.
    kind: u8,
    head: [u8; 4],
    have: usize,
    skip: u32,
    pieces: u32,
}

impl Control {
    pub(super) const fn new(tls13: bool, client: bool) -> Self {
        let ignored = match (client, tls13) {
            (true, true) => Some(4),
            (true, false) => Some(0),
            (false, _) => None,
        };
        Self { ignored, tls13, kind: 0, head: [0; 4], have: 0, skip: 0, pieces: 0 }
    }

    /// Data has come.
    pub(super) const fn calm(&mut self) {
        self.pieces = 0;
    }

    /// Takes bytes of a record. True at the peer's `close_notify`.
    pub(super) fn take(&mut self, kind: u8, mut bytes: &[u8]) -> Result<bool, KernelFault> {
        self.pieces += 1;
        if self.pieces > PATIENCE {
            return Err(KernelFault::TooMuchControl);
        }
        let inside = self.have > 0 || self.skip > 0;
        if inside && kind != self.kind {
            return Err(KernelFault::Unexpected(kind, 0));
        }
        self.kind = kind;
        while let [first, rest @ ..] = bytes {
            if self.skip > 0 {
                let dropped = bytes.len().min(self.skip as usize);
                self.skip -= dropped as u32;
                bytes = &bytes[dropped..];
                continue;
            }
            self.head[self.have] = *first;
            self.have += 1;
            bytes = rest;
            match (kind, self.have) {
                (ALERT, 2) => {
                    self.have = 0;
                    match self.head[1] {
                        0 => return Ok(true),
                        harmless if HARMLESS.contains(&harmless) => {}
                        alert => return Err(KernelFault::Alert(alert)),
                    }
                }
                (HANDSHAKE, 1) => self.message(*first)?,
                (HANDSHAKE, 4) => {
                    self.have = 0;
                    self.skip = u32::from_be_bytes([0, self.head[1], self.head[2], self.head[3]]);
                    if self.skip > LONGEST {
                        return Err(KernelFault::Unexpected(HANDSHAKE, self.head[0]));
                    }
                }
                (ALERT | HANDSHAKE, _) => {}
                _ => return Err(KernelFault::Unexpected(kind, *first)),
            }
        }
        Ok(false)
    }

    fn message(&self, message: u8) -> Result<(), KernelFault> {
        match message {
            24 if self.tls13 => Err(KernelFault::KeyUpdate),
            ignored if self.ignored == Some(ignored) => Ok(()),
            other => Err(KernelFault::Unexpected(HANDSHAKE, other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICKETS: &[u8] = &[4, 0, 0, 3, 1, 2, 3, 4, 0, 0, 0, 4, 0, 0, 1, 9];

    /// The same bytes, whole and byte by byte, must end alike.
    fn take(mut control: impl FnMut() -> Control, kind: u8, bytes: &[u8]) -> Result<bool, KernelFault> {
        let whole = control().take(kind, bytes);
        let mut cut = control();
        let mut last = Ok(false);
        for byte in bytes.chunks(1) {
            last = cut.take(kind, byte);
            if last != Ok(false) {
                break;
            }
        }
        assert_eq!(whole, last);
        whole
    }

    fn client() -> Control {
        Control::new(true, true)
    }

    fn server() -> Control {
        Control::new(true, false)
    }

    #[test]
    fn close_notify_is_the_end() {
        assert_eq!(take(server, ALERT, &[1, 0]), Ok(true));
        // Its level does not matter (RFC 8446, section 6).
        assert_eq!(take(server, ALERT, &[2, 0]), Ok(true));
        assert_eq!(take(server, ALERT, &[1, 90, 1, 0]), Ok(true));
    }

    #[test]
    fn other_alerts_are_faults_with_their_number() {
        assert_eq!(take(client, ALERT, &[2, 20]), Err(KernelFault::Alert(20)));
        assert_eq!(take(client, ALERT, &[1, 42]), Err(KernelFault::Alert(42)));
        assert_eq!(take(client, ALERT, &[1]), Ok(false));
    }

    #[test]
    fn a_client_drops_tickets_and_a_server_refuses_them() {
        assert_eq!(take(client, HANDSHAKE, TICKETS), Ok(false));
        assert_eq!(take(server, HANDSHAKE, TICKETS), Err(KernelFault::Unexpected(HANDSHAKE, 4)));
        let mut control = client();
        assert_eq!(control.take(HANDSHAKE, &TICKETS[..6]), Ok(false));
        assert_eq!(control.take(ALERT, &[1, 0]), Err(KernelFault::Unexpected(ALERT, 0)), "inside a ticket");
        assert_eq!(client().take(HANDSHAKE, &[4, 255, 0, 0]), Err(KernelFault::Unexpected(HANDSHAKE, 4)));
    }

    #[test]
    fn a_key_update_is_told_from_everything_else() {
        assert_eq!(take(client, HANDSHAKE, &[24, 0, 0, 1, 1]), Err(KernelFault::KeyUpdate));
        assert_eq!(take(server, HANDSHAKE, &[24, 0, 0, 1, 0]), Err(KernelFault::KeyUpdate));
        // TLS 1.2 has none.
        let old = || Control::new(false, false);
        assert_eq!(take(old, HANDSHAKE, &[24, 0, 0, 1, 0]), Err(KernelFault::Unexpected(HANDSHAKE, 24)));
        assert_eq!(take(old, HANDSHAKE, &[1, 0, 0, 0]), Err(KernelFault::Unexpected(HANDSHAKE, 1)), "renegotiation");
        assert_eq!(take(|| Control::new(false, true), HANDSHAKE, &[0, 0, 0, 0]), Ok(false), "hello_request");
        assert_eq!(take(client, 20, &[1]), Err(KernelFault::Unexpected(20, 1)));
    }

    #[test]
    fn control_without_data_ends_sometime() {
        let mut control = client();
        for _ in 0..PATIENCE {
            assert_eq!(control.take(HANDSHAKE, TICKETS), Ok(false));
        }
        control.calm();
        for _ in 0..PATIENCE {
            assert_eq!(control.take(HANDSHAKE, TICKETS), Ok(false));
        }
        assert_eq!(control.take(HANDSHAKE, TICKETS), Err(KernelFault::TooMuchControl));
    }
}
