//! ApiVersions: what a server understands. It is asked before anything else is known of it.

use crate::kafka::ErrorCode;
use crate::kafka::wire::message;

message! {
    /// ApiVersions: asks which versions of which requests are understood.
    ApiVersionsRequest {
        /// What the client is.
        client_software_name: string [3..];
        /// Its version.
        client_software_version: string [3..];
    }

    /// ApiVersions: which versions are understood. Tags 0 to 3 tell of features.
    ApiVersionsResponse {
        /// [`ErrorCode::UNSUPPORTED_VERSION`] if the version of the request is not: then the answer is of version 0.
        error_code: ErrorCode;
        /// What is understood.
        api_keys: [ApiVersion];
        /// For how long the client was held back, in milliseconds.
        throttle_time_ms: i32 [1..];
    }

    /// What is understood of one request.
    ApiVersion {
        /// Its key.
        api_key: i16;
        /// The first version.
        min_version: i16;
        /// The last version.
        max_version: i16;
    }
}
