//! A span for a connection and an event for each of its faults; nothing at all without the feature `tracing`.

use crate::Fault;

/// The span of a connection, shared by its halves.
#[derive(Clone, Debug)]
pub(super) struct Trace {
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

impl Trace {
    /// A new span, named after the codec, below the current one.
    #[cfg(feature = "tracing")]
    pub(super) fn new<C>() -> Self {
        Self { span: tracing::info_span!("connection", codec = core::any::type_name::<C>()) }
    }

    #[cfg(not(feature = "tracing"))]
    #[expect(clippy::extra_unused_type_parameters, reason = "the span is named after it with the feature `tracing`")]
    pub(super) const fn new<C>() -> Self {
        Self {}
    }

    /// Tells of a fault, and hands it on.
    #[cold]
    #[cfg(feature = "tracing")]
    pub(super) fn told(&self, fault: Fault) -> Fault {
        use crate::Timeout;

        self.span.in_scope(|| match &fault {
            Fault::Frame(report) => tracing::warn!(
                kind = ?report.kind(),
                field = report.error().field(),
                stream_offset = report.stream_offset(),
                "a frame is not a message"
            ),
            Fault::Stream(report) => tracing::error!(
                kind = ?report.kind(),
                field = report.error().field(),
                stream_offset = report.stream_offset(),
                "the stream failed"
            ),
            Fault::Timeout(timeout @ (Timeout::Idle | Timeout::Frame | Timeout::Write)) => {
                tracing::warn!(%timeout, "a deadline has passed");
            }
            Fault::Io(error) => tracing::error!(%error, "the socket failed"),
            Fault::Encode(error) => tracing::warn!(%error, "a message was refused"),
        });
        fault
    }

    #[cfg(not(feature = "tracing"))]
    #[expect(clippy::unused_self, reason = "there is a span with the feature `tracing`")]
    pub(super) const fn told(&self, fault: Fault) -> Fault {
        fault
    }
}
