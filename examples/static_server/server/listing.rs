//! What is in a directory, as a page.

use std::fmt::Write as _;
use std::fs::File;

use rustix::fs::{Dir, FileType};

/// How many names are listed.
const MAX_NAMES: usize = 10_000;

/// The page for `dir`, whose path, as the client has it, is `path`; or the status that refuses it.
pub(super) fn page(dir: &File, path: &[u8], hidden: bool) -> Result<String, u16> {
    let mut names = Vec::new();
    for entry in Dir::read_from(dir).map_err(|_| 500u16)? {
        let entry = entry.map_err(|_| 500u16)?;
        let name = entry.file_name().to_bytes();
        if name == b"." || name == b".." || (!hidden && name.starts_with(b".")) {
            continue;
        }
        // A link is what it leads to, which only a click tells.
        names.push((entry.file_type() != FileType::Directory, name.to_vec()));
        if names.len() == MAX_NAMES {
            break;
        }
    }
    names.sort_unstable();
    let title = escape(path);
    let mut page = format!("<!DOCTYPE html>\n<meta charset=\"utf-8\"><title>{title}</title>\n<h1>{title}</h1>\n<ul>\n");
    if path != b"/" {
        page.push_str("<li><a href=\"../\">../</a>\n");
    }
    for (is_file, name) in names {
        let slash = if is_file { "" } else { "/" };
        let _ = writeln!(page, "<li><a href=\"./{}{slash}\">{}{slash}</a>", encode(&name), escape(&name));
    }
    page.push_str("</ul>\n");
    Ok(page)
}

fn escape(text: &[u8]) -> String {
    let mut escaped = String::new();
    for char in String::from_utf8_lossy(text).chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            char => escaped.push(char),
        }
    }
    escaped
}

/// A name as a segment of a URL.
fn encode(name: &[u8]) -> String {
    let mut encoded = String::new();
    for &byte in name {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(byte.into());
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_so_that_they_mean_themselves() {
        let dir = tempfile::tempdir().expect("a directory");
        for name in ["b&<\"'>.txt", "50% ü", ".hidden"] {
            std::fs::write(dir.path().join(name), "").expect("written");
        }
        std::fs::create_dir(dir.path().join("z")).expect("made");
        let page = page(&File::open(dir.path()).expect("there"), b"/<d>/", false).expect("a directory");
        let lines: Vec<&str> = page.lines().skip(2).collect();
        assert_eq!(
            lines,
            [
                "<h1>/&lt;d&gt;/</h1>",
                "<ul>",
                "<li><a href=\"../\">../</a>",
                "<li><a href=\"./z/\">z/</a>",
                "<li><a href=\"./50%25%20%C3%BC\">50% ü</a>",
                "<li><a href=\"./b%26%3C%22%27%3E.txt\">b&amp;&lt;&quot;&#39;&gt;.txt</a>",
                "</ul>"
            ]
        );
    }
}
