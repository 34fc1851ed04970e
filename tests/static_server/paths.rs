//! Paths that lead elsewhere.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

use crate::server::{Root, Settings};
use crate::support::Server;

fn server(change: impl FnOnce(Root) -> Root) -> Server {
    let server = Server::with_root(Settings { valid: Duration::ZERO, ..Settings::default() }, change);
    fs::write(server.outside("secret.txt"), "secret").expect("written");
    fs::create_dir(server.outside("secrets")).expect("made");
    fs::write(server.outside("secrets/a.txt"), "secret").expect("written");
    server.put("open.txt", "open");
    server.put("dir/a.txt", "open");
    server.put(".hidden", "secret");
    server.put(".git/config", "secret");
    server.put(".well-known/security.txt", "open");
    for (target, link) in [
        ("/etc/passwd", "absolute"),
        ("../secret.txt", "outside"),
        ("../secrets", "outside_dir"),
        ("dir/../../secret.txt", "outside_by_detour"),
        ("outside", "chained"),
        ("loop", "loop"),
        ("/proc/self/root", "magic"),
        ("/proc/self/cwd", "magic_cwd"),
        ("open.txt", "inside"),
        ("dir", "inside_dir"),
        ("../served/open.txt", "out_and_in"),
    ] {
        symlink(target, server.path(link)).expect("linked");
    }
    let absolute_inside = server.path("open.txt");
    symlink(absolute_inside, server.path("absolute_inside")).expect("linked");
    let made = rustix::fs::mknodat(
        rustix::fs::CWD,
        server.path("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    );
    made.expect("a pipe");
    server
}

const ESCAPES: &[(&str, &[u16])] = &[
    ("/../secret.txt", &[403]),
    ("/%2e%2e/secret.txt", &[403]),
    ("/%2E%2E/%2e%2e/%2e%2e/etc/passwd", &[403]),
    ("/..%2fsecret.txt", &[404]),
    ("/%2e%2e%2fsecret.txt", &[404]),
    ("/..%5csecret.txt", &[404]),
    ("/..\\secret.txt", &[404]),
    ("/dir/../../secret.txt", &[403]),
    ("/dir/%2e%2e/%2e%2e/secret.txt", &[403]),
    ("/dir/a.txt/../../../secret.txt", &[403, 404]),
    ("/%252e%252e/secret.txt", &[404]),
    ("/....//secret.txt", &[404]),
    ("/open.txt%00.png", &[400]),
    ("/%00", &[400]),
    ("/%", &[400]),
    ("/%c0%ae%c0%ae/secret.txt", &[404]),
    ("//etc/passwd", &[404]),
    ("/%2fetc/passwd", &[404]),
    ("http://a/../secret.txt", &[403]),
    ("/absolute", &[403]),
    ("/outside", &[403]),
    ("/outside_dir/a.txt", &[403, 404]),
    ("/outside_by_detour", &[403]),
    ("/chained", &[403]),
    ("/loop", &[403]),
    ("/magic/etc/passwd", &[403, 404]),
    ("/magic_cwd", &[403]),
    ("/out_and_in", &[403]),
    ("/absolute_inside", &[403]),
    ("/pipe", &[403]),
    ("/.hidden", &[404]),
    ("/.git/config", &[404]),
    ("/%2egit/config", &[404]),
    ("/open.txt/", &[404]),
    ("/open.txt/x", &[404]),
];

#[test]
fn nothing_leads_out_of_the_root() {
    for (kind, change) in [("openat2", (|root| root) as fn(Root) -> Root), ("name by name", Root::walking)] {
        let server = server(change);
        let mut peer = server.connect();
        for (target, statuses) in ESCAPES {
            let answer = peer.get(target, "");
            assert!(statuses.contains(&answer.status), "{target}: {} by {kind}", answer.status);
            assert!(!answer.text().contains("secret") && !answer.text().contains("root:"), "{target} by {kind}");
        }
        for target in ["/open.txt", "/%6fpen%2Etxt", "/dir//a.txt", "/./dir/./a.txt", "/.well-known/security.txt"] {
            assert_eq!(peer.get(target, "").text(), "open", "{target} by {kind}");
        }
    }
}

#[test]
fn links_inside_are_followed() {
    let server = server(|root| root);
    let mut peer = server.connect();
    for target in ["/inside", "/inside_dir/a.txt", "/dir/../open.txt"] {
        assert_eq!(peer.get(target, "").text(), "open", "{target}");
    }
    // Without `openat2` none is.
    let server = self::server(Root::walking);
    assert_eq!(server.get("/inside", "").status, 403);
}

#[test]
fn hidden_files_are_served_if_wanted() {
    let settings = Settings { hidden: true, ..Settings::default() };
    let server = Server::with(settings);
    server.put(".hidden", "shown");
    assert_eq!(server.get("/.hidden", "").text(), "shown");
}
