//! Clients that others wrote.

use std::process::{Command, Output, Stdio};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use crate::support::{Identity, acceptor, noise};
use crate::told::expected;

/// Answers each connection's request head with `body` and closes; as many as are said.
async fn serve(identity: &Identity, kernel: bool, times: usize, body: Vec<u8>) -> (u16, tokio::task::JoinHandle<()>) {
    let acceptor = acceptor(identity.server(), kernel);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let served = tokio::spawn(async move {
        for _ in 0..times {
            let stream = acceptor.accept(listener.accept().await.expect("a client").0).await.expect("a handshake");
            assert_eq!(stream.path(), expected(kernel));
            println!("{:?} {:?} by {}", stream.session().version, stream.session().suite, stream.path());
            let mut stream = BufReader::new(stream);
            let mut line = String::new();
            while !line.ends_with("\r\n\r\n") && stream.read_line(&mut line).await.expect("a line") > 0 {}
            assert!(line.starts_with("GET / HTTP/1."), "{line}");
            let stream = stream.get_mut();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            stream.write_all(head.as_bytes()).await.expect("sent");
            stream.write_all(&body).await.expect("sent");
            stream.shutdown().await.expect("closed");
            // What the client still says, until it goes. It may go without a word.
            let _ = tokio::io::copy(stream, &mut tokio::io::sink()).await;
        }
    });
    (port, served)
}

fn is_missing(program: &str) -> bool {
    let missing = Command::new(program).arg("--help").output().is_err();
    if missing {
        eprintln!("skipped: {program} is not installed");
    }
    missing
}

async fn run(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().expect("it starts")).await.expect("no panic")
}

#[tokio::test]
async fn curl_gets_the_same_bytes() {
    if is_missing("curl") {
        return;
    }
    let identity = Identity::new();
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("root.pem");
    std::fs::write(&root, &identity.pem).expect("a file");
    let body = noise(4 << 20);
    for kernel in [true, false] {
        let (port, served) = serve(&identity, kernel, 2, body.clone()).await;
        for version in [["--tlsv1.2", "--tls-max", "1.2"], ["--tlsv1.3", "--tls-max", "1.3"]] {
            let mut curl = Command::new("curl");
            curl.args(["--silent", "--show-error", "--max-time", "60", "--noproxy", "*", "--cacert"]).arg(&root);
            curl.args(version).args(["--resolve", &format!("localhost:{port}:127.0.0.1")]);
            let got = run(curl.arg(format!("https://localhost:{port}/")).pipe()).await;
            assert!(got.status.success(), "{}", String::from_utf8_lossy(&got.stderr));
            assert!(got.stdout == body, "{} bytes", got.stdout.len());
        }
        served.await.expect("no panic");
    }
}

#[tokio::test]
async fn openssl_verifies_and_hears_close_notify() {
    if is_missing("openssl") {
        return;
    }
    let identity = Identity::new();
    let folder = tempfile::tempdir().expect("a folder");
    let (root, request) = (folder.path().join("root.pem"), folder.path().join("request"));
    std::fs::write(&root, &identity.pem).expect("a file");
    std::fs::write(&request, "GET / HTTP/1.0\r\n\r\n").expect("a file");
    for kernel in [true, false] {
        let (port, served) = serve(&identity, kernel, 2, b"hello, openssl\n".to_vec()).await;
        for version in ["-tls1_2", "-tls1_3"] {
            let mut openssl = Command::new("openssl");
            openssl.args(["s_client", "-quiet", "-verify_return_error", "-servername", "localhost", version]);
            openssl.args(["-connect", &format!("127.0.0.1:{port}"), "-CAfile"]).arg(&root);
            openssl.stdin(std::fs::File::open(&request).expect("the request"));
            let got = run(openssl.take()).await;
            let text = String::from_utf8_lossy(&got.stdout);
            assert!(text.ends_with("\r\n\r\nhello, openssl\n"), "{text} {}", String::from_utf8_lossy(&got.stderr));
        }
        served.await.expect("no panic");
    }
}

/// A command, taken out of its builder's hands.
trait Piped {
    fn pipe(&mut self) -> Command;
    fn take(&mut self) -> Command;
}

impl Piped for Command {
    fn pipe(&mut self) -> Command {
        self.stdin(Stdio::null()).take()
    }

    fn take(&mut self) -> Command {
        std::mem::replace(self, Self::new("true"))
    }
}
