//! Orisha's request parser beside httparse: what both take they must understand alike.
//!
//! In: bytes of libFuzzer. They are read by the parser at level safe, whose checks are on, and at level fast, whose
//! vectors look sixteen bytes ahead; once as a whole and once in two parts. All must agree. Out: a panic where not.
//!
//! Where only one of the two takes the bytes it is policy, and each case is named in `Policy`.

use std::fmt::Debug;

#[repr(C)]
#[derive(Clone, Copy, Default, Debug, PartialEq)]
pub struct Outcome {
    what: u32,
    status: u32,
    size: usize,
    joined: usize,
    method_len: usize,
    target: usize,
    target_len: usize,
    fields: usize,
    fields_len: usize,
    body: usize,
    body_len: usize,
}

const REQUEST: u32 = 0;
const PART: u32 = 1;
const BODY: u32 = 2;
const AWAITED: u32 = 3;
const WRONG: u32 = 4;

type Parser = unsafe extern "C" fn(*mut u8, usize, usize, *mut u8, *mut Outcome);

unsafe extern "C" {
    fn orisha_parse_safe(bytes: *mut u8, len: usize, joined: usize, scratch: *mut u8, result: *mut Outcome);
    fn orisha_parse_fast(bytes: *mut u8, len: usize, joined: usize, scratch: *mut u8, result: *mut Outcome);
}

/// Bytes behind the input that may be looked at.
const BEHIND: usize = 64;

/// What a parser says, and the bytes as it leaves them: a body that came in chunks is put together in place.
fn parse(parser: Parser, input: &[u8], joined: usize) -> (Outcome, Vec<u8>) {
    // What lies behind is not zeros alone: nothing may depend on it.
    let mut bytes = [input, &[0], b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(3)[..BEHIND].as_ref()].concat();
    let mut scratch = [0; 64];
    let mut outcome = Outcome::default();
    // SAFETY: the parser reads and writes `input.len()` bytes and looks at BEHIND more, which are there.
    unsafe { parser(bytes.as_mut_ptr(), input.len(), joined, scratch.as_mut_ptr(), &mut outcome) };
    bytes.truncate(input.len());
    (outcome, bytes)
}

#[unsafe(no_mangle)]
pub extern "C" fn LLVMFuzzerTestOneInput(data: *const u8, len: usize) -> i32 {
    // SAFETY: libFuzzer gives `len` bytes.
    let data = if len == 0 { &[] } else { unsafe { std::slice::from_raw_parts(data, len) } };
    // The first byte says where the input is cut.
    let Some((&cut, input)) = data.split_first() else { return 0 };
    let (outcome, left) = parse(orisha_parse_safe, input, 0);
    let (fast, fast_left) = parse(orisha_parse_fast, input, 0);
    same("safe and fast", input, (outcome, body(&outcome, &left)), (fast, body(&fast, &fast_left)));
    in_two_parts(input, cut as usize * input.len() / 256, &outcome, &left);
    beside_httparse(input, &outcome, &left);
    0
}

fn body<'a>(outcome: &Outcome, left: &'a [u8]) -> Option<&'a [u8]> {
    (outcome.what == REQUEST && outcome.body != usize::MAX).then(|| &left[outcome.body..][..outcome.body_len])
}

fn same<T: PartialEq + Debug>(what: &str, input: &[u8], one: T, other: T) {
    assert!(one == other, "{what} differ on {:?}\n{one:?}\n{other:?}", String::from_utf8_lossy(input));
}

/// What came in two parts is what came as a whole; a request that is there is not changed by what follows.
fn in_two_parts(input: &[u8], cut: usize, whole: &Outcome, left: &[u8]) {
    let (first, kept) = parse(orisha_parse_safe, &input[..cut], 0);
    match first.what {
        // A mistake that shows early is one in the end; which one is said may differ, for more than one may be there.
        WRONG => assert!(whole.what == WRONG, "a mistake goes away: {:?}", String::from_utf8_lossy(input)),
        REQUEST => same(
            "a request and one with more behind",
            input,
            (first, body(&first, &kept)),
            (*whole, body(whole, left)),
        ),
        PART | AWAITED | BODY => {
            let kept = if first.what == BODY { &kept[..first.size] } else { &kept[..] };
            let joined = if first.what == BODY { first.joined } else { 0 };
            let (second, second_left) = parse(orisha_parse_safe, &[kept, &input[cut..]].concat(), joined);
            same("the kinds of whole and parts", input, second.what, whole.what);
            same("the bodies of whole and parts", input, body(&second, &second_left), body(whole, left));
        }
        other => panic!("the parser says {other}"),
    }
}

/// Why httparse may refuse, or still wait for, what Orisha takes, and the other way round.
///
/// Orisha is stricter: a bare line feed as the end of a line, white space around or control characters in a name, no
/// host or two, lengths that differ or that stand beside a coding, targets that are none, methods and versions it does
/// not know, sizes beyond its limits. All these are `WRONG`, and httparse is not asked.
///
/// Orisha waits longer: a mistake in a line that is not all there is told when it is.
#[derive(Debug, PartialEq)]
enum Policy {
    /// HTTP/1.2 and up is answered as 1.1; httparse knows 1.0 and 1.1.
    LaterVersion,
}

fn beside_httparse(input: &[u8], outcome: &Outcome, left: &[u8]) {
    let mut fields = vec![httparse::EMPTY_HEADER; input.len() / 2 + 1];
    let mut request = httparse::Request::new(&mut fields);
    let status = request.parse(input);
    match (outcome.what, status) {
        (REQUEST, Ok(httparse::Status::Complete(head))) => alike(input, head, &request, outcome, left),
        (REQUEST, other) => {
            same("what is a request", input, policy(input, outcome, &other), Some(Policy::LaterVersion))
        }
        (PART, Ok(httparse::Status::Complete(_))) => {
            panic!("only httparse sees the end of {:?}", String::from_utf8_lossy(input))
        }
        (BODY | AWAITED, Ok(httparse::Status::Complete(head))) => {
            assert!(outcome.what == AWAITED || outcome.size >= head)
        }
        (BODY | AWAITED, other) => {
            same("what is a head", input, policy(input, outcome, &other), Some(Policy::LaterVersion))
        }
        _ => {}
    }
}

fn policy(input: &[u8], _: &Outcome, status: &httparse::Result<usize>) -> Option<Policy> {
    let line = input.split(|&byte| byte == b'\n').find(|line| line.len() > 1)?;
    let version = line.strip_suffix(b"\r")?.rsplit(|&byte| byte == b' ').next()?;
    let is_later = version.starts_with(b"HTTP/1.") && version.last()? >= &b'2';
    (is_later && matches!(status, Err(httparse::Error::Version))).then_some(Policy::LaterVersion)
}

/// Both have a request: the same parts, and the body that httparse's fields promise.
fn alike(input: &[u8], head: usize, request: &httparse::Request, outcome: &Outcome, left: &[u8]) {
    let method = request.method.unwrap_or("").as_bytes();
    let target = request.path.unwrap_or("").as_bytes();
    same("targets", input, &input[outcome.target..][..outcome.target_len], target);
    same("methods", input, outcome.method_len, method.len());
    same("heads", input, outcome.fields + outcome.fields_len, head);
    let lines = &input[outcome.fields..][..outcome.fields_len];
    let lines = lines.split(|&byte| byte == b'\n').filter(|line| line.len() > 1);
    same("fields", input, lines.count(), request.headers.len());
    let value = |name: &str| {
        request.headers.iter().find(|field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value)
    };
    let (size, expected) = match (value("transfer-encoding"), value("content-length")) {
        (Some(_), _) => joined(&input[head..])
            .unwrap_or_else(|| panic!("chunks are none: {:?}", String::from_utf8_lossy(input))),
        (None, Some(length)) => {
            let length = String::from_utf8_lossy(length).parse().unwrap_or(usize::MAX);
            (length, input[head..].get(..length).expect("a body that is not there").to_vec())
        }
        (None, None) => (0, vec![]),
    };
    same("sizes", input, outcome.size, head + size);
    same("bodies", input, body(outcome, left).unwrap_or(&[]), &expected);
}

/// Chunks put together, by the grammar of RFC 9112 and nothing else, and their size as they came.
fn joined(input: &[u8]) -> Option<(usize, Vec<u8>)> {
    let (mut at, mut all) = (0, vec![]);
    loop {
        let line = line(&input[at..])?;
        at += line.len() + 2;
        let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let size = usize::from_str_radix(std::str::from_utf8(&line[..digits]).ok()?, 16).ok()?;
        if size == 0 {
            break;
        }
        all.extend_from_slice(input.get(at..)?.get(..size)?);
        at += size;
        if input.get(at..at + 2)? != b"\r\n" {
            return None;
        }
        at += 2;
    }
    loop {
        let trailer = line(&input[at..])?;
        at += trailer.len() + 2;
        if trailer.is_empty() {
            return Some((at, all));
        }
    }
}

fn line(input: &[u8]) -> Option<&[u8]> {
    let end = input.windows(2).position(|pair| pair == b"\r\n")?;
    Some(&input[..end])
}
