use std::fmt;

/// One property that a codec, or a send queue, must keep.
///
/// [`sentence`](Self::sentence) says it in words; [`Violation`](super::Violation) names the one that was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Law {
    /// No input panics.
    NoPanic,
    /// Every answer moves the stream on.
    Progress,
    /// `Need` is more than has arrived.
    NeedUnderstated,
    /// `Need` is no more than the frame has.
    NeedOverstated,
    /// The cutting does not matter to what is read.
    SplitInvariance,
    /// The cutting does not matter to the error at the end.
    ErrorPlace,
    /// Every field lies inside its frame. Never off: the others compare spans.
    Inside,
    /// Every holder shows the same fields.
    Holders,
    /// Reading a frame again gives the same.
    Pure,
    /// No frame is above the limit.
    Limits,
    /// Memory is earned by bytes received.
    Allocation,
    /// What was read can be written, and is read again as the same.
    RoundTrip,
    /// What was read is written as the same bytes.
    Canonical,
    /// Every holder is written as the same bytes.
    EncodeHolders,
    /// A shared payload is not copied on its way out.
    ZeroCopyOut,
    /// The send queue emits what was put in, in order, once.
    Once,
    /// A cancelled write loses nothing.
    Cancel,
    /// A trace tells of each byte once.
    Traced,
    /// A message says how many bytes it takes.
    WireLen,
    /// What is computed does not depend on what the message says of it.
    Computed,
    /// What contradicts the declaration is refused.
    Refused,
}

impl Law {
    /// All of them.
    pub const ALL: [Self; 21] = [
        Self::NoPanic,
        Self::Progress,
        Self::NeedUnderstated,
        Self::NeedOverstated,
        Self::SplitInvariance,
        Self::ErrorPlace,
        Self::Inside,
        Self::Holders,
        Self::Pure,
        Self::Limits,
        Self::Allocation,
        Self::RoundTrip,
        Self::Canonical,
        Self::EncodeHolders,
        Self::ZeroCopyOut,
        Self::Once,
        Self::Cancel,
        Self::Traced,
        Self::WireLen,
        Self::Computed,
        Self::Refused,
    ];

    /// The law in words.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::NoPanic => "No input makes a codec panic.",
            Self::Progress => {
                "Every answer moves the stream on: no frame is empty, no skip is of nothing, no head is longer than the input."
            }
            Self::NeedUnderstated => "`Need` asks for more than has arrived, or it would be asked again for nothing.",
            Self::NeedOverstated => {
                "`Need` asks for no more than the frame has, or a peer that waits for the answer would wait for ever."
            }
            Self::SplitInvariance => {
                "However the stream is cut, and in whichever way frames are taken, the same messages come out and the same \
                 bytes are consumed and skipped."
            }
            Self::ErrorPlace => {
                "However the stream is cut, it ends with the same error of the same field at the same offset, which points \
                 into the stream."
            }
            Self::Inside => "Every field of a message is a part of its frame, or empty.",
            Self::Holders => "A message shows the same fields as `&[u8]`, `Span` and `Bytes`.",
            Self::Pure => "Reading a frame twice gives the same message.",
            Self::Limits => {
                "No frame above `max_frame` is handed out, every frame below it is, and the stream ends at the first."
            }
            Self::Allocation => {
                "What is reserved or allocated is earned by bytes received, not by a length that a peer declares."
            }
            Self::RoundTrip => "What was read can be written, and is read again as an equal message.",
            Self::Canonical => "What was read is written as the bytes it was read from.",
            Self::EncodeHolders => "A message is written as the same bytes from whichever holder.",
            Self::ZeroCopyOut => "A shared payload is sent from where it lies.",
            Self::Once => {
                "Whatever each write takes or refuses, the bytes that leave are those that were queued, in order, once."
            }
            Self::Cancel => "A write that is dropped half-way and made again loses nothing and repeats nothing.",
            Self::Traced => {
                "A trace tells of each byte of a frame once, in order, each field inside its parent, and ends as `parse` does."
            }
            Self::WireLen => "A message takes as many bytes on the wire as it says.",
            Self::Computed => {
                "What is computed when a message is written does not depend on what the message says of it."
            }
            Self::Refused => {
                "What contradicts a declaration is refused: another constant or checksum, text that is none, a number that has no \
                 meaning; and when it is written, whatever exceeds a limit."
            }
        }
    }
}

/// Its name, as it stands in [`Law`].
impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
