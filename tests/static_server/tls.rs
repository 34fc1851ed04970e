//! The same server, encrypted.

use std::fs;
use std::process::Command;

use rcgen::generate_simple_self_signed;

use crate::server::{Settings, Tls};
use crate::support::Server;

#[test]
fn curl_gets_files_over_tls_and_the_path_is_told() {
    let made = generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let dir = tempfile::tempdir().expect("a directory");
    let (cert, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    fs::write(&cert, made.cert.pem()).expect("written");
    fs::write(&key, made.signing_key.serialize_pem()).expect("written");
    let tls = Tls::new(&cert, &key).expect("they belong together");
    let server = Server::with_site(Settings::default(), |root| root, |site| site.with_tls(tls));
    let content: Vec<u8> = (0..3_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    server.put("large.bin", &content);

    let port = server.addr.port();
    let url = format!("https://localhost:{port}/large.bin");
    let get = |more: &[&str]| {
        Command::new("curl")
            .args(["--silent", "--show-error", "--fail", "--http1.1", "--ipv4", "--cacert"])
            .arg(&cert)
            .args(more)
            .arg(&url)
            .output()
    };
    let Ok(whole) = get(&[]) else {
        eprintln!("skipped: curl is not installed");
        return;
    };
    assert!(whole.status.success(), "{}", String::from_utf8_lossy(&whole.stderr));
    assert!(whole.stdout == content, "{} bytes came", whole.stdout.len());
    let part = get(&["--range", "1000000-1000099"]).expect("curl runs");
    assert!(part.stdout == content[1_000_000..1_000_100]);
    // One that does not trust the certificate ends the handshake.
    assert!(
        !Command::new("curl").args(["--silent", "--output", "/dev/null", &url]).status().expect("curl runs").success()
    );

    let tls = |path: &str| server.metric(&format!("wireview_tls_connections_total{{path=\"{path}\"}}"));
    let by_kernel = wireview::tls::kernel_support().is_ok();
    assert_eq!((tls("kernel") == 2, tls("rustls") == 2), (by_kernel, !by_kernel));
    assert_eq!(tls("none"), 1);
    let by_sendfile = server.metric("wireview_sent_bytes_total{path=\"sendfile\"}");
    assert_eq!(by_sendfile > 0, by_kernel);
}

#[test]
fn a_certificate_without_its_key_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let pem = |name: &str, content: &str| {
        let path = dir.path().join(name);
        fs::write(&path, content).expect("written");
        path
    };
    let [one, other] = [(), ()].map(|()| generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate"));
    let (cert, key) = (pem("cert", &one.cert.pem()), pem("key", &other.signing_key.serialize_pem()));
    assert!(Tls::new(&cert, &key).is_err());
    assert!(Tls::new(&pem("none", "no PEM"), &key).is_err());
    assert!(Tls::new(&dir.path().join("missing"), &key).is_err());
}
