//! haproxy and nginx, where they are installed: what they send is read, and what is written they read.

use std::fs;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::net::TcpStream;
use wireview_codecs::proxy::{Header, Headers, Version};

use crate::header::header;
use crate::support::{Proxy, accept, ask, hear, listen, plain, rest, say};

/// A program that runs, and its files.
struct Peer {
    child: Child,
    address: SocketAddr,
    _files: TempDir,
}

impl Peer {
    /// Starts a program that listens at a socket of ours, whose descriptor `configure` is told; `None`, and a line that says
    /// so, if it is not installed.
    fn start(program: &str, configure: impl FnOnce(&Path, i32, SocketAddr) -> Command) -> Option<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        // The program inherits it.
        fcntl_setfd(&listener, FdFlags::empty()).expect("a descriptor");
        let files = tempfile::tempdir().expect("a temporary folder");
        let mut command = configure(files.path(), listener.as_raw_fd(), address);
        match command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn() {
            Ok(child) => Some(Self { child, address, _files: files }),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                eprintln!("skipped: {program} is not installed");
                None
            }
            Err(error) => panic!("{program}: {error}"),
        }
    }

    /// haproxy, which forwards to `server`; `bind` and `send` are what stands behind its addresses.
    fn haproxy(bind: &str, server: SocketAddr, send: &str) -> Option<Self> {
        Self::start("haproxy", |files, fd, _| {
            let file = files.join("haproxy.cfg");
            let text = format!(
                "global\n maxconn 100\ndefaults\n mode tcp\n timeout connect 10s\n timeout client 60s\n timeout server 60s\n\
                 frontend in\n bind fd@{fd} {bind}\n default_backend out\nbackend out\n server one {server} {send}\n"
            );
            fs::write(&file, text).expect("writable");
            let mut command = Command::new("haproxy");
            command.arg("-db").arg("-f").arg(file);
            command
        })
    }

    /// nginx, which answers a request with the address that it was told.
    fn nginx() -> Option<Self> {
        Self::start("nginx", |files, fd, address| {
            let (file, files) = (files.join("nginx.conf"), files.display());
            let text = format!(
                "daemon off; worker_processes 1; pid {files}/pid; error_log {files}/error; events {{}}\n\
                 http {{ access_log off; client_body_temp_path {files}/a; proxy_temp_path {files}/b;\n\
                 fastcgi_temp_path {files}/c; uwsgi_temp_path {files}/d; scgi_temp_path {files}/e;\n\
                 server {{ listen {address} proxy_protocol;\n\
                 return 200 \"$proxy_protocol_addr $proxy_protocol_port $proxy_protocol_server_port\"; }} }}\n"
            );
            fs::write(&file, text).expect("writable");
            let mut command = Command::new("nginx");
            command.arg("-c").arg(file).env("NGINX", format!("{fd};"));
            command
        })
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Not killed: the master of nginx has a worker to end.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn what_haproxy_sends_is_read() {
    for (send, version) in [("send-proxy", Version::V1), ("send-proxy-v2 proxy-v2-options crc32c", Version::V2)] {
        let (listener, server) = listen().await;
        let mut config = plain();
        (config.header_in, config.header_out) = (Some(Headers::only(version)), Some(Version::V2));
        let proxy = Proxy::start(&[server], config).await;
        let Some(haproxy) = Peer::haproxy("", proxy.address, send) else { return };
        let mut client = TcpStream::connect(haproxy.address).await.expect("it listens");
        say(&mut client, b"hello").await;
        let mut server = accept(&listener).await;
        let (near, far) = (client.local_addr().expect("connected"), client.peer_addr().expect("connected"));
        header(&mut server, |header| assert_eq!(header, Header::tcp(Version::V2, near, far))).await;
        assert_eq!(hear(&mut server, 5).await, b"hello");
        say(&mut server, b"welcome").await;
        assert_eq!(hear(&mut client, 7).await, b"welcome");
        drop((client, server));
        proxy.end().await;
    }
}

#[tokio::test]
async fn what_is_written_haproxy_reads() {
    for version in [Version::V1, Version::V2] {
        let (listener, server) = listen().await;
        let Some(haproxy) = Peer::haproxy("accept-proxy", server, "send-proxy") else { return };
        let mut config = plain();
        config.header_out = Some(version);
        let proxy = Proxy::start(&[haproxy.address], config).await;
        let mut client = proxy.connect().await;
        say(&mut client, b"hello").await;
        let mut server = accept(&listener).await;
        let (near, far) = (client.local_addr().expect("connected"), client.peer_addr().expect("connected"));
        // It tells in its own words whom it was told of.
        header(&mut server, |header| assert_eq!(header, Header::tcp(Version::V1, near, far))).await;
        assert_eq!(hear(&mut server, 5).await, b"hello");
        drop((client, server));
        proxy.end().await;
    }
}

#[tokio::test]
async fn what_is_written_nginx_reads() {
    let Some(nginx) = Peer::nginx() else { return };
    for version in [Version::V1, Version::V2] {
        let mut config = plain();
        config.header_out = Some(version);
        let proxy = Proxy::start(&[nginx.address], config).await;
        let mut client = proxy.connect().await;
        let (near, far) = (client.local_addr().expect("connected"), client.peer_addr().expect("connected"));
        ask(&mut client, b"GET / HTTP/1.0\r\nHost: a\r\n\r\n", b"HTTP/1.1 200 OK\r\n").await;
        let answer = String::from_utf8(rest(&mut client).await).expect("text");
        let told = format!("127.0.0.1 {} {}", near.port(), far.port());
        assert!(answer.ends_with(&told), "{answer}");
        drop(client);
        proxy.end().await;
    }
}
