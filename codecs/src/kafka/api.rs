//! Which requests there are, and in which versions.

use core::fmt;

use wireview::trace::{Hook, Name};
use wireview::{Error, Holder, Outgoing, Result, Span, Wire};

use super::messages::*;
use super::wire::{Entry, Reader, Sink, Version, Writer};

/// What errors call them.
const KEY: &str = "api key";
const VERSION: &str = "api version";

macro_rules! apis {
    ($($(#[$doc:meta])* $api:ident = $key:literal, $first:literal..=$last:literal, $flexible:literal,
        $request:ident, $response:ident;)*) => {
        /// What can be asked for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(i16)]
        pub enum Api {
            $($(#[$doc])* $api = $key,)*
        }

        impl Api {
            /// All of them, by their keys.
            pub const ALL: &'static [Self] = &[$(Self::$api,)*];

            /// The one with that key.
            #[must_use]
            pub const fn from_key(key: i16) -> Option<Self> {
                match key {
                    $($key => Some(Self::$api),)*
                    _ => None,
                }
            }

            /// Its name, as the protocol guide has it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$api => stringify!($api),)*
                }
            }

            /// The first version and the last.
            #[must_use]
            pub const fn versions(self) -> (i16, i16) {
                match self {
                    $(Self::$api => ($first, $last),)*
                }
            }

            /// The first version that is flexible.
            const fn flexible(self) -> i16 {
                match self {
                    $(Self::$api => $flexible,)*
                }
            }
        }

        /// What is asked.
        #[allow(clippy::large_enum_variant)] // Views are not stored in heaps; a box would have to be made for each.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum RequestBody<B> {
            $($(#[$doc])* $api($request<B>),)*
        }

        /// What is answered.
        #[allow(clippy::large_enum_variant)]
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum ResponseBody<B> {
            $($(#[$doc])* $api($response<B>),)*
        }

        apis!(@body RequestBody, $($api $request)*);
        apis!(@body ResponseBody, $($api $response)*);

        $(
            impl<B> From<$request<B>> for RequestBody<B> {
                fn from(request: $request<B>) -> Self {
                    Self::$api(request)
                }
            }

            impl<B> From<$response<B>> for ResponseBody<B> {
                fn from(response: $response<B>) -> Self {
                    Self::$api(response)
                }
            }
        )*
    };

    (@body $body:ident, $($api:ident $message:ident)*) => {
        impl<B> $body<B> {
            /// Of which kind it is.
            #[must_use]
            pub const fn api(&self) -> Api {
                match self {
                    $(Self::$api(_) => Api::$api,)*
                }
            }
        }

        impl Wire for $body<Span> {
            type Of<B: Holder> = $body<B>;

            fn map<X: Holder, Y: Holder>(body: $body<X>, f: &mut impl FnMut(X) -> Y) -> $body<Y> {
                match body {
                    $($body::$api(message) => $body::$api($message::<Span>::map(message, f)),)*
                }
            }
        }

        impl $body<Span> {
            #[inline]
            pub(super) fn read<'a>(api: Api, from: &mut Reader<'a>) -> Result<$body<&'a [u8]>> {
                Ok(match api {
                    $(Api::$api => $body::$api($message::read(from)?),)*
                })
            }

            pub(super) fn trace(api: Api, from: &mut Reader<'_>, hook: &mut dyn Hook) -> Result<()> {
                match api {
                    $(Api::$api => $message::trace(from, Name::Field("body"), hook),)*
                }
            }

            pub(super) fn write<B: Outgoing, S: Sink<B>>(body: $body<B>, to: &mut Writer<'_, S>) -> Result<()> {
                match body {
                    $($body::$api(message) => $message::write(message, to),)*
                }
            }

            #[cfg(test)]
            pub(super) fn generate(
                api: Api,
                draw: &mut wireview::laws::Draw<'_>,
                version: Version,
                to: &mut alloc::vec::Vec<u8>,
            ) {
                match api {
                    $(Api::$api => $message::generate(draw, version, to),)*
                }
            }
        }
    };
}

// The one table of what is supported: key, versions, the first flexible one, request, response.
apis! {
    /// Batches of records to be appended.
    Produce = 0, 0..=11, 9, ProduceRequest, ProduceResponse;
    /// Records from an offset on.
    Fetch = 1, 0..=17, 12, FetchRequest, FetchResponse;
    /// Offsets by time.
    ListOffsets = 2, 0..=10, 6, ListOffsetsRequest, ListOffsetsResponse;
    /// Nodes, topics, partitions.
    Metadata = 3, 0..=12, 9, MetadataRequest, MetadataResponse;
    /// How far a group has come, to be kept.
    OffsetCommit = 8, 0..=9, 8, OffsetCommitRequest, OffsetCommitResponse;
    /// How far groups have come.
    OffsetFetch = 9, 0..=9, 6, OffsetFetchRequest, OffsetFetchResponse;
    /// Who looks after a group.
    FindCoordinator = 10, 0..=6, 3, FindCoordinatorRequest, FindCoordinatorResponse;
    /// A consumer that wants its part.
    JoinGroup = 11, 0..=9, 6, JoinGroupRequest, JoinGroupResponse;
    /// A member that is still there.
    Heartbeat = 12, 0..=4, 4, HeartbeatRequest, HeartbeatResponse;
    /// Members that go.
    LeaveGroup = 13, 0..=5, 4, LeaveGroupRequest, LeaveGroupResponse;
    /// Who has which part.
    SyncGroup = 14, 0..=5, 4, SyncGroupRequest, SyncGroupResponse;
    /// What is understood.
    ApiVersions = 18, 0..=4, 3, ApiVersionsRequest, ApiVersionsResponse;
    /// Topics that are wanted.
    CreateTopics = 19, 0..=7, 5, CreateTopicsRequest, CreateTopicsResponse;
    /// Topics that are not.
    DeleteTopics = 20, 0..=6, 4, DeleteTopicsRequest, DeleteTopicsResponse;
    /// A number for a producer.
    InitProducerId = 22, 0..=5, 2, InitProducerIdRequest, InitProducerIdResponse;
    /// Where an epoch ended.
    OffsetForLeaderEpoch = 23, 0..=4, 4, OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse;
}

impl Api {
    /// Its key.
    #[must_use]
    pub const fn key(self) -> i16 {
        self as i16
    }

    /// A version of it, `None` if it is not supported.
    #[must_use]
    pub const fn version(self, number: i16) -> Option<Version> {
        let (first, last) = self.versions();
        if number < first || number > last {
            return None;
        }
        Some(Version { number, flexible: number >= self.flexible() })
    }

    /// The last version.
    #[must_use]
    pub const fn latest(self) -> Version {
        let number = self.versions().1;
        Version { number, flexible: number >= self.flexible() }
    }

    /// What key and version stand for; they are at these offsets.
    pub(super) fn find(key: i16, key_at: usize, number: i16, at: usize) -> Result<(Self, Version)> {
        let api = Self::from_key(key).ok_or(Error::unsupported(&KEY, key_at))?;
        Ok((api, api.version(number).ok_or(Error::unsupported(&VERSION, at))?))
    }

    /// The version of the header of its responses. That of ApiVersions can be read by clients that know no flexible versions.
    pub(super) const fn response_header(self, version: Version) -> Version {
        match self {
            Self::ApiVersions => Version { number: 0, flexible: false },
            _ => Version { number: version.flexible as i16, flexible: version.flexible },
        }
    }
}

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
