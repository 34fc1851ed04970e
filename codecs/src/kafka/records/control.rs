//! Control records: what brokers tell each other, and consumers, in a log. Keys and values are of
//! `ControlRecordTypeSchema` and `EndTransactionMarker`.

use wireview::{Error, Result};

use super::{Record, field};

/// What kind of control record it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ControlKind {
    /// The producer's transaction is aborted.
    Abort,
    /// The producer's transaction is committed.
    Commit,
    /// The leader of a quorum has changed.
    LeaderChange,
    /// A snapshot begins.
    SnapshotHeader,
    /// A snapshot ends.
    SnapshotFooter,
    /// Any other, by its number.
    Other(i16),
}

impl ControlKind {
    const fn of(number: i16) -> Self {
        match number {
            0 => Self::Abort,
            1 => Self::Commit,
            2 => Self::LeaderChange,
            3 => Self::SnapshotHeader,
            4 => Self::SnapshotFooter,
            other => Self::Other(other),
        }
    }

    /// As it stands in the key.
    #[must_use]
    pub const fn number(self) -> i16 {
        match self {
            Self::Abort => 0,
            Self::Commit => 1,
            Self::LeaderChange => 2,
            Self::SnapshotHeader => 3,
            Self::SnapshotFooter => 4,
            Self::Other(number) => number,
        }
    }
}

/// The marker that ends a transaction: the one record of a control batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Marker {
    /// Whether the transaction is committed, or else aborted.
    pub is_commit: bool,
    /// The epoch of the coordinator that has written it.
    pub coordinator_epoch: i32,
}

impl Marker {
    /// The key of its record.
    #[must_use]
    pub const fn key(self) -> [u8; 4] {
        [0, 0, 0, self.is_commit as u8]
    }

    /// The value of its record.
    #[must_use]
    pub const fn value(self) -> [u8; 6] {
        let [a, b, c, d] = self.coordinator_epoch.to_be_bytes();
        [0, 0, a, b, c, d]
    }
}

impl<B: AsRef<[u8]>> Record<B> {
    /// What a record of a [control batch](super::Attributes::is_control) is. Bytes of later versions of the key are passed over.
    ///
    /// # Errors
    /// [`Kind::Truncated`](wireview::Kind::Truncated) if there is no key, or one too short;
    /// [`Kind::Malformed`](wireview::Kind::Malformed) for a negative version.
    pub fn control_kind(&self) -> Result<ControlKind> {
        let key = self.key.as_ref().map_or(&[][..], AsRef::as_ref);
        let (&[a, b, c, d], _) = key.split_first_chunk().ok_or(Error::truncated(&field::MARKER_KEY, key.len()))?;
        if i16::from_be_bytes([a, b]) < 0 {
            return Err(Error::malformed(&field::MARKER_KEY, 0));
        }
        Ok(ControlKind::of(i16::from_be_bytes([c, d])))
    }

    /// The marker that it is; `None` if it is another control record.
    ///
    /// # Errors
    /// As for [`control_kind`](Self::control_kind), and the same for the value.
    pub fn marker(&self) -> Result<Option<Marker>> {
        let is_commit = match self.control_kind()? {
            ControlKind::Abort => false,
            ControlKind::Commit => true,
            _ => return Ok(None),
        };
        let value = self.value.as_ref().map_or(&[][..], AsRef::as_ref);
        let (&[version, low, a, b, c, d], _) =
            value.split_first_chunk().ok_or(Error::truncated(&field::MARKER_VALUE, value.len()))?;
        if i16::from_be_bytes([version, low]) < 0 {
            return Err(Error::malformed(&field::MARKER_VALUE, 0));
        }
        Ok(Some(Marker { is_commit, coordinator_epoch: i32::from_be_bytes([a, b, c, d]) }))
    }
}
