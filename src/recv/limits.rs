/// What one connection may claim. Every setter returns the changed limits.
///
/// ```
/// use wireview::{Limits, Oversize};
///
/// let limits = Limits::new().max_frame(64 * 1024).oversize(Oversize::Skip);
/// ```
///
/// The defaults suit a connection that handles what comes and lets it go. A server that stores what it receives pins the
/// blocks its values lie in, up to [`max_pinned`](Self::max_pinned) for each connection: it wants smaller reads (a block is
/// four of them), a lower `max_pinned`, and to copy what is small ([`Lent::keep`](crate::Lent::keep)). `examples/kv` does so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub(crate) max_frame: usize,
    pub(crate) max_body: u64,
    pub(crate) stream_above: u64,
    pub(crate) oversize: Oversize,
    pub(crate) max_pinned: usize,
    pub(crate) copy_up_to: usize,
    pub(crate) min_read: usize,
    pub(crate) max_read: usize,
    pub(crate) high: u64,
    pub(crate) low: u64,
}

/// What becomes of a frame that is longer than [`Limits::max_frame`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Oversize {
    /// The stream ends with an error.
    #[default]
    Refuse,
    /// The frame is dropped as it arrives, and counted as skipped.
    Skip,
}

impl Limits {
    /// Frames of 16 MiB, streamed bodies of 1 TiB, 64 MiB pinned, reads of 16 to 256 KiB, send marks of 1 MiB and 512 KiB.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_frame: 16 << 20,
            max_body: 1 << 40,
            stream_above: 16 << 20,
            oversize: Oversize::Refuse,
            max_pinned: 64 << 20,
            copy_up_to: super::frame::COPY_UP_TO,
            min_read: 16 << 10,
            max_read: 256 << 10,
            high: 1 << 20,
            low: 1 << 19,
        }
    }

    /// The longest frame that is held in memory, head and tail included. At most 4 GiB, since spans are `u32`.
    /// Bodies above it are streamed by [`next_or_body`](crate::Deframer::next_or_body).
    #[must_use]
    pub const fn max_frame(mut self, bytes: usize) -> Self {
        self.max_frame = if bytes > u32::MAX as usize { u32::MAX as usize } else { bytes };
        self.stream_above = self.max_frame as u64;
        self
    }

    /// The longest body that is streamed.
    #[must_use]
    pub const fn max_body(mut self, bytes: u64) -> Self {
        self.max_body = bytes;
        self
    }

    /// Streams bodies above this size, where streaming is asked for, although they would fit in a frame. Set it after
    /// [`max_frame`](Self::max_frame), which sets it to the same size.
    #[must_use]
    pub const fn stream_above(mut self, bytes: u64) -> Self {
        self.stream_above = bytes;
        self
    }

    /// What becomes of longer frames.
    #[must_use]
    pub const fn oversize(mut self, policy: Oversize) -> Self {
        self.oversize = policy;
        self
    }

    /// How many bytes of blocks the consumer's frames may keep alive; above it, frames smaller than half a block are
    /// copied out instead of shared, so that what is kept pins only itself.
    #[must_use]
    pub const fn max_pinned(mut self, bytes: usize) -> Self {
        self.max_pinned = bytes;
        self
    }

    /// Up to what size [`Lent::keep`](crate::Lent::keep) copies.
    #[must_use]
    pub const fn copy_up_to(mut self, bytes: usize) -> Self {
        self.copy_up_to = bytes;
        self
    }

    /// The smallest and the largest read, in bytes: reads grow while they are filled, and shrink again. What is missing of a
    /// long frame is asked for at once, so far as the block has room for it.
    ///
    /// # Panics
    /// If `min` is 0 or above `max`.
    #[must_use]
    pub const fn reads(mut self, min: usize, max: usize) -> Self {
        assert!(min > 0 && min <= max, "reads must be from at least 1 byte up to the maximum");
        self.min_read = min;
        self.max_read = max;
        self
    }

    /// The marks of backpressure for what is queued to be sent: above `high`, reading stops until `low` is reached.
    ///
    /// That is for the side that answers. If both sides stop reading, each waits for the other for ever. So the side that asks
    /// either never queues more than `high` ahead of the answers it has taken, or sets both marks to `u64::MAX`.
    ///
    /// # Panics
    /// If `low` is above `high`.
    #[must_use]
    pub const fn queued(mut self, high: u64, low: u64) -> Self {
        assert!(low <= high, "the low mark is above the high mark");
        self.high = high;
        self.low = low;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}
