//! picohttpparser behind a safe function. The workspace forbids `unsafe`, so this is not a part of it.

use std::ffi::{c_char, c_int};
use std::ptr;

use picohttpparser_sys::{phr_header, phr_parse_request};

/// How many header fields there is room for.
pub const FIELDS: usize = 32;

/// A request head, as slices of `input`, and how long it is; `None` if it is not whole, or refused.
///
/// `field` is called with each name and value.
#[inline]
pub fn request<'a>(
    input: &'a [u8],
    mut field: impl FnMut(&'a [u8], &'a [u8]),
) -> Option<(&'a [u8], &'a [u8], u8, usize)> {
    let mut headers = [const { std::mem::MaybeUninit::<phr_header>::uninit() }; FIELDS];
    let mut count = FIELDS;
    let (mut method, mut method_len): (*const c_char, usize) = (ptr::null(), 0);
    let (mut path, mut path_len): (*const c_char, usize) = (ptr::null(), 0);
    let mut minor: c_int = 0;
    // SAFETY: the input is read within its length; every other pointer is that of a local, `count` headers are writable.
    let len = unsafe {
        phr_parse_request(
            input.as_ptr().cast(),
            input.len(),
            &mut method,
            &mut method_len,
            &mut path,
            &mut path_len,
            &mut minor,
            headers.as_mut_ptr().cast(),
            &mut count,
            0,
        )
    };
    let len = usize::try_from(len).ok()?;
    // SAFETY: what it points at lies in the input. A folded line, whose name is null, is asked for before it is read.
    let view = |at: *const c_char, len: usize| unsafe { std::slice::from_raw_parts(at.cast::<u8>(), len) };
    for header in &headers[..count] {
        // SAFETY: it wrote `count` of them.
        let header = unsafe { header.assume_init_ref() };
        if header.name.is_null() {
            return None;
        }
        field(view(header.name, header.name_len), view(header.value, header.value_len));
    }
    Some((view(method, method_len), view(path, path_len), minor as u8, len))
}
