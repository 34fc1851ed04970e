//! The laws hold for HTTP/1.1, in both directions.

use wireview::codec_laws;
use wireview_codecs::http1::{Requests, Responses};

codec_laws!(
    requests,
    Requests::new(),
    round_trip,
    [
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\nPOST /p?q HTTP/1.1\r\nHost: a:1\r\nContent-Length: 5\r\n\r\nhello",
        b"\r\nPUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5;a=b;c=\"d \\\" e\"\r\nhello\r\n0;z\r\nX: y\r\n\r\n",
        b"GET http://h/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n",
        b"CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: \r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost:\t a  \r\nA:\r\nB: \r\nC:  d e\t f \r\nD:1\r\nE:2\r\nF:3\r\nG:4\r\nH:5\r\nI:6\r\nJ:7\r\nK:8\r\nL:9\r\nM:10\r\nN:11\r\nO:12\r\nP:13\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    ]
);

codec_laws!(
    responses,
    Responses::new(),
    round_trip,
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 304 \r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n00A \t; x = y\r\n0123456789\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\nHTTP/1.1 101 Switching Protocols\r\n\r\nHTTP",
        b"HTTP/1.1 200 OK\r\nX: \xff\r\n\r\nuntil the end",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
    ]
);

codec_laws!(
    limited_requests,
    Requests::new().max_head(50).max_line(24).max_headers(2),
    [
        b"GET / HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\nGET /123456789012 HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\nHost: 12345678901234567890\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nC: d\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 1234567890\r\nB: 1234567890\r\n",
        b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nPUT / HTTP/1.0\r\nContent-Length: 1\r\n\r\nx",
    ]
);
