//! Takes a Content-Type value and a body, gives where the SDP in it stands, never looks beyond the boundaries (RFC 2046 §5.1).

use memchr::memmem;

use super::scan::cut;
use crate::base::Span;

/// Multipart bodies nested deeper are not opened.
const MAX_DEPTH: u8 = 3;

/// The SDP of a body: the whole of it or its first `application/sdp` part; `None` where there is none.
#[must_use]
pub fn find<'a>(content_type: &[u8], body: &'a [u8]) -> Option<&'a [u8]> {
    locate(content_type, body).map(|span| span.of(body))
}

/// Where [`find`] finds it, in the body.
#[must_use]
pub fn locate(content_type: &[u8], body: &[u8]) -> Option<Span> {
    search(content_type, body, 0, MAX_DEPTH).filter(|span| !span.is_empty())
}

fn search(content_type: &[u8], body: &[u8], offset: usize, depth: u8) -> Option<Span> {
    let (media_type, parameters) = cut(content_type, b';');
    let media_type = media_type.trim_ascii();
    if media_type.eq_ignore_ascii_case(b"application/sdp") {
        return Some(Span::new(offset, offset + body.len()));
    }
    let multipart = media_type.get(..10).is_some_and(|t| t.eq_ignore_ascii_case(b"multipart/"));
    let deeper = depth.checked_sub(1).filter(|_| multipart)?;
    let boundary = boundary(parameters)?;
    parts(body, boundary).find_map(|(start, part)| {
        let (headers, content) = split_part(part);
        search(part_type(headers)?, content, offset + start + part.len() - content.len(), deeper)
    })
}

/// The Content-Type values of the parts of a multipart body, in order; parts inside parts are not opened. Empty for other bodies.
pub fn part_types<'a>(content_type: &'a [u8], body: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let (media_type, parameters) = cut(content_type, b';');
    let multipart = media_type.trim_ascii().get(..10).is_some_and(|t| t.eq_ignore_ascii_case(b"multipart/"));
    let boundary = boundary(parameters).filter(|_| multipart);
    boundary.into_iter().flat_map(move |boundary| parts(body, boundary)).filter_map(|(_, part)| part_type(split_part(part).0))
}

/// The value of Content-Type among the header lines of a part.
fn part_type(headers: &[u8]) -> Option<&[u8]> {
    headers.split(|&b| b == b'\n').find_map(|line| {
        let (name, value) = cut(line, b':');
        let name = name.trim_ascii();
        (name.eq_ignore_ascii_case(b"Content-Type") || name.eq_ignore_ascii_case(b"c")).then(|| value.trim_ascii())
    })
}

/// The value of the boundary parameter.
fn boundary(parameters: &[u8]) -> Option<&[u8]> {
    parameters.split(|&b| b == b';').find_map(|parameter| {
        let (name, value) = cut(parameter, b'=');
        let value = value.trim_ascii();
        let value = value.strip_prefix(b"\"").map_or(value, |quoted| cut(quoted, b'"').0);
        (name.trim_ascii().eq_ignore_ascii_case(b"boundary") && !value.is_empty()).then_some(value)
    })
}

/// The parts between the delimiter lines, each with its offset; a last part that nothing closes counts too.
fn parts<'a>(body: &'a [u8], boundary: &'a [u8]) -> impl Iterator<Item = (usize, &'a [u8])> {
    let at_line_start = move |&at: &usize| at.checked_sub(3).is_none_or(|before| body.get(before) == Some(&b'\n'));
    // `at` is where the boundary itself stands, behind the two hyphens.
    let mut delimiters = memmem::find_iter(body, boundary)
        .filter(move |at| at.checked_sub(2).and_then(|hyphens| body.get(hyphens..*at)) == Some(b"--"))
        .filter(at_line_start)
        .map(move |at| (at - 2, at + boundary.len()));
    let mut open = delimiters.next().map(|(_, end)| end);
    std::iter::from_fn(move || {
        let start = open.take()?;
        let end = match delimiters.next() {
            Some((next, behind)) => {
                open = Some(behind);
                next
            }
            None => body.len(),
        };
        let part = body.get(start..end)?;
        if part.starts_with(b"--") {
            open = None;
            return None;
        }
        // The line end before a delimiter belongs to the delimiter.
        let part = part.strip_suffix(b"\n").unwrap_or(part);
        Some((start, part.strip_suffix(b"\r").unwrap_or(part)))
    })
}

/// The header lines of a part, and its content behind the blank line.
fn split_part(part: &[u8]) -> (&[u8], &[u8]) {
    // The part begins with the rest of its delimiter line: a blank line directly behind it means no headers.
    let mut start = 0;
    loop {
        let rest = part.get(start..).unwrap_or_default();
        let Some(end) = memchr::memchr(b'\n', rest) else { return (part, &[]) };
        let blank = rest.get(..end).unwrap_or_default().trim_ascii().is_empty();
        if blank && start > 0 {
            return part.split_at_checked(start + end + 1).unwrap_or((part, &[]));
        }
        start += end + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SDP: &[u8] = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n";

    #[test]
    fn plain_in_any_case_with_parameters() {
        assert_eq!(find(b"Application/SDP ; charset=utf-8", SDP), Some(SDP));
        assert_eq!(find(b"application/isup", SDP), None);
        assert_eq!(find(b"application/sdp", b""), None);
    }

    // The shape of RFC 3204 §3.1: ISUP beside SDP.
    #[test]
    fn the_part_of_a_multipart_body() {
        let mut body = b"preamble --unique-boundary-1\r\n--unique-boundary-1\r\nContent-Type: application/ISUP; version=nxv3\r\n\r\n\x01\x02\r\n--unique-boundary-1\r\nContent-Disposition: session\r\ncontent-type:application/sdp\r\n\r\n".to_vec();
        let start = body.len();
        body.extend_from_slice(SDP);
        body.extend_from_slice(b"\r\n--unique-boundary-1--\r\nepilogue");
        let span = locate(b"multipart/mixed; boundary=\"unique-boundary-1\"", &body).unwrap();
        assert_eq!((span.start as usize, span.of(&body)), (start, SDP));
        assert_eq!(find(b"multipart/mixed; boundary=other", &body), None);
        assert_eq!(find(b"multipart/mixed", &body), None);
    }

    #[test]
    fn nested_and_unclosed() {
        let body = b"--a\nContent-Type: multipart/alternative;boundary=b\n\n--b\nContent-Type: application/sdp\n\nv=0\n--b--\n--a--";
        assert_eq!(find(b"multipart/mixed;boundary=a", body), Some(&b"v=0"[..]));
        let cut = b"--a\r\nContent-Type: application/sdp\r\n\r\nv=0\r\no=-";
        assert_eq!(find(b"multipart/mixed;boundary=a", cut), Some(&b"v=0\r\no=-"[..]));
    }

    #[test]
    fn hostile_boundaries_end_soon() {
        let body = b"--a\n".repeat(250_000);
        assert_eq!(find(b"multipart/mixed;boundary=a", &body), None);
        let nest = b"--a\nContent-Type: multipart/x;boundary=a\n\n".repeat(10_000);
        assert_eq!(find(b"multipart/mixed;boundary=a", &nest), None);
    }
}
