//! What a debugger sees of a program made with `-g`: gdb stops at a function by its name, knows who called it, and
//! steps by lines of Koru. Without gdb the test says loudly that it was skipped. And what is left of a trace that the
//! program could not look up itself: `koruc trace`.

use crate::koruc::{Place, executable, explain, text};
use libtest_mimic::{Failed, Trial};
use std::fs;
use std::process::{Command, Output, Stdio};

const PROGRAM: &str = r#"~import "$std/io"

fn half(n: u32) u32 {
    const two = 2;
    return n / two;
}

~event halved { n: u32 }
| is u32

~proc halved {
    const whole = half(n);
    return .{ .is = whole + 1 };
}

~halved(n: 48)
| is n |> print.ln("{{ n:d }}")
"#;

/// Stops in `half`, says who called it, and goes on line by line.
const ASKED: &[&str] = &["set confirm off", "break main.half", "run", "bt 3", "next", "next", "next", "next"];

/// What must be said of it, in this order.
const SEEN: &[&str] = &[
    "#0  main.half (n=48) at main.kz:5",
    "in main:halved (n=48) at main.kz:12",
    "at main.kz:16",
    "return .{ .is = whole + 1 };",
    "| is n |> print.ln(",
];

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("debugger::gdb", steps),
        Trial::test("debugger::variables", variables),
        Trial::test("debugger::unwatched", nobody_pays_for_variables),
        Trial::test("debugger::trace", addresses_become_places),
        Trial::test("debugger::companion", a_companion_says_where),
        Trial::test("debugger::refusals", what_is_no_program_is_refused),
    ]
}

fn steps() -> Result<(), Failed> {
    let place = Place::new();
    fs::write(place.path().join("main.kz"), PROGRAM)?;
    for level in ["small", "fast", "debug"] {
        made_in(&place, &["-g", "-O", level, "main.kz"])?;
        let ran = place.run(None, &[]);
        if text(&ran.stderr) != "25\n" {
            return Err(format!("-g -O {level}: {}", explain(&ran)).into());
        }
    }
    says_in_order(&place, ASKED, SEEN)
}

/// Has gdb do this with the program, and compares what it says.
fn says_in_order(place: &Place, asked: &[&str], seen: &[&str]) -> Result<(), Failed> {
    let mut gdb = Command::new("gdb");
    gdb.args(["-nx", "-q", "-batch"]).args(asked.iter().flat_map(|command| ["-ex", command])).arg("a.out");
    let Ok(output) = gdb.current_dir(place.path()).output() else {
        eprintln!("\n*** SKIPPED: there is no gdb here: what debuggers see is not tested ***\n");
        return Ok(());
    };
    let said = text(&output.stdout) + &text(&output.stderr);
    let mut rest = text(&output.stdout);
    for wanted in seen {
        match rest.split_once(wanted) {
            Some((_, behind)) => rest = behind.to_owned(),
            None => return Err(format!("gdb does not say `{wanted}`:\n{said}").into()),
        }
    }
    Ok(())
}

/// A value of each kind, as parameters, locals, and what a flow binds.
const VALUES: &str = r#"~import "$std/io"
const std = @import("std");

const Color = enum(u8) { red, green, blue };
const Point = struct { x: i32, y: f64 };
const Shape = union(enum) { circle: f64, square: Point, none };
const Node = struct { value: u32, next: ?*const Node };

fn look(n: u32, ok: bool, name: []const u8, point: Point, shape: Shape, maybe: ?u16, gone: ?u16, color: Color, list: *const Node) u32 {
    var sum: u32 = n;
    var pair = [2]i64{ -1, 2 };
    for (&pair) |*one| {
        const twice = one.* * 2;
        one.* = twice;
    }
    const failing = std.fmt.parseInt(u16, name, 10);
    if (failing) |value| {
        sum += value;
    } else |err| {
        std.debug.print("{s}\n", .{@errorName(err)});
    }
    if (ok and point.x < 0 and shape == .square and maybe != null and gone == null and color == .green) sum += list.value;
    return sum;
}

~event answered { n: u32 }
| is { sum: u32, n: u32 }

~proc answered {
    const last = Node{ .value = 7, .next = null };
    const list = Node{ .value = 3, .next = &last };
    const point = Point{ .x = -4, .y = 2.5 };
    const sum = look(n, true, "hello", point, .{ .square = point }, 12, null, .green, &list);
    return .{ .is = .{ .sum = sum, .n = n } };
}

~answered(n: 48)
| is bound |> print.ln("{{ bound.sum:d }}")
"#;

/// gdb shows arguments at once, locals as they come, and only those that are seen there.
fn variables() -> Result<(), Failed> {
    let place = made(VALUES, &["-g", "-O", "debug", "main.kz"])?;
    let asked = [
        "set confirm off",
        "break main.look",
        "run",
        "bt 2",
        "info args",
        "print *list.next",
        "break main.kz:14",
        "continue",
        "info locals",
        "delete",
        "break main.kz:20",
        "break main.kz:22",
        "continue",
        "info locals",
        "continue",
        "info locals",
        "whatis shape",
        "break main.kz:38",
        "continue",
        "info locals",
    ];
    let seen = [
        "#0  main.look (n=48, ok=true,",
        "in main:answered (n=48) at main.kz:33",
        "n = 48\nok = true\nname = {ptr = 0x",
        "\"hello\", len = 5}\npoint = {x = -4, y = 2.5}\n",
        "shape = {tag = square, payload = {circle = 2.5, square = {x = -4, y = 2.5}}}\n",
        "maybe = {payload = 12, is_some = true}\n",
        "is_some = false}\ncolor = green\nlist = 0x",
        "= {value = 7, next = 0x0}",
        "twice = -2\none = 0x",
        "pair = {-1, 2}\nsum = 48\n",
        "err = error.InvalidCharacter\n",
        "failing = {error = error.InvalidCharacter,",
        "main.look (",
        "failing = {error = error.InvalidCharacter,",
        "sum = 48\n",
        "type = struct main.Shape",
        "main:flow9 () at main.kz:38",
        "bound = {sum = 51, n = 48}\n",
    ];
    says_in_order(&place, &asked, &seen)
}

/// Variables are for debuggers alone: without `-g`, and where code is optimised, the graph is the same.
fn nobody_pays_for_variables() -> Result<(), Failed> {
    let place = Place::new();
    fs::write(place.path().join("main.kz"), VALUES)?;
    let graph = |words: &[&str]| text(&place.koruc(&[words, &["--emit", "flow", "main.kz"]].concat()).stdout);
    if !graph(&["-g", "-O", "debug"]).contains("\n    show 0 v")
        || graph(&["-O", "debug"]).contains(" show 0 v")
    {
        return Err("-g does not show variables, or no -g does".into());
    }
    for level in ["small", "safe"] {
        if graph(&["-g", "-O", level]) != graph(&["-O", level]) {
            return Err(format!("-g changes the graph at -O {level}").into());
        }
    }
    Ok(())
}

/// What fails in a library, two calls deep.
const FAILING: &str = r#"const std = @import("std");
fn take(list: *std.ArrayList(u8)) u8 {
    return list.orderedRemove(3);
}
pub fn main() void {
    var list: std.ArrayList(u8) = .empty;
    _ = take(&list);
}
"#;

/// A program dies, reads its file, and shows its own line; the same without the file, and `koruc trace` behind it.
fn addresses_become_places() -> Result<(), Failed> {
    let place = made(FAILING, &["-O", "debug", "main.kz"])?;
    let whole = text(&place.run(None, &[]).stderr);
    let shown = ["\n --> main.kz:3:12\n", "\n3 |     return list.orderedRemove(3);\n  |            ^\n"];
    expect_all(&whole, &shown)?;
    let program = place.path().join("a.out");
    let mut bytes = fs::read(&program)?;
    let places = ["in `main.take` (main.kz:3:12)", "in `main.main` (main.kz:7:9)"];
    expect_all(&whole, &places)?;

    // Where its sections are: now it finds nothing in its file.
    fs::copy(&program, place.path().join("whole"))?;
    bytes[0x28..0x30].fill(0);
    fs::write(&program, bytes)?;
    let bare = text(&place.run(None, &[]).stderr);
    if bare.contains("main.take") || !bare.contains("`koruc trace`") {
        return Err(format!("it says where although it cannot know:\n{bare}").into());
    }
    let answered = text(&trace(&place, &["trace", "whole"], &bare)?.stdout);
    expect_all(&answered, &places)?;
    let again = text(&trace(&place, &["-O", "debug", "trace", "main.kz"], &bare)?.stdout);
    if answered != again {
        return Err(format!("another answer from the source:\n{answered}\n{again}").into());
    }
    let line = bare.lines().find(|line| line.contains(": in 0x")).unwrap_or("");
    let address = line.rsplit(' ').next().unwrap_or("");
    expect_all(
        &text(&place.koruc(&["trace", "whole", address, "1"]).stdout),
        &["orderedRemove", "0x1: nobody's code"],
    )
}

/// `-g`: the program is hardly larger than without, and `koruc trace` finds what is beside it.
fn a_companion_says_where() -> Result<(), Failed> {
    let place = made(PROGRAM, &["-g", "-O", "safe", "main.kz"])?;
    let size = |name: &str| fs::metadata(place.path().join(name)).map(|data| data.len());
    let (with, beside) = (size("a.out")?, size("a.out.debug")?);
    made_in(&place, &["-O", "safe", "-o", "plain", "main.kz"])?;
    let without = size("plain")?;
    if with > without + 700 || beside < with {
        return Err(format!("{with} bytes with -g, {without} without, {beside} beside it").into());
    }
    let program = fs::read(place.path().join("a.out.debug"))?;
    let start = u64::from_le_bytes(program[0x18..0x20].try_into()?);
    let said = place.koruc(&["trace", "a.out", &format!("{start:x}")]);
    expect_all(&text(&said.stdout), &["in `_start` ((koru)/std/os/linux/"])
}

/// Nothing to read, nothing to find, nothing to look up.
fn what_is_no_program_is_refused() -> Result<(), Failed> {
    let place = made(PROGRAM, &["main.kz"])?;
    for (words, wanted) in [
        (&["trace", "none", "1"], "error: none: No such file"),
        (&["trace", "main.txt", "1"], "main.txt does not say where its code comes from"),
        (&["trace", "a.out", "1"], "koruc writes that with `-O debug` or `-g`"),
    ] {
        fs::write(place.path().join("main.txt"), "\x7fELF\x02\x01 and no more")?;
        let said = place.koruc(words);
        if said.status.code() != Some(3) {
            return Err(explain(&said).into());
        }
        expect_all(&text(&said.stderr), &[wanted])?;
    }
    made_in(&place, &["-O", "debug", "main.kz"])?;
    let said = place.koruc(&["trace", "a.out", "main"]);
    expect_all(&text(&said.stderr), &["`main` is no address"])
}

fn made(program: &str, words: &[&str]) -> Result<Place, Failed> {
    let place = Place::new();
    fs::write(place.path().join("main.kz"), program)?;
    made_in(&place, words)?;
    Ok(place)
}

fn made_in(place: &Place, words: &[&str]) -> Result<(), Failed> {
    let compiled = place.koruc(words);
    if compiled.status.success() { Ok(()) } else { Err(explain(&compiled).into()) }
}

/// Runs koruc with a text on its standard input.
fn trace(place: &Place, words: &[&str], input: &str) -> Result<Output, Failed> {
    fs::write(place.path().join("input"), input)?;
    let input = fs::File::open(place.path().join("input"))?;
    let mut command = Command::new(executable());
    command.args(words).current_dir(place.path()).env_remove("KORU_HOME").stdin(Stdio::from(input));
    Ok(command.output()?)
}

fn expect_all(text: &str, wanted: &[&str]) -> Result<(), Failed> {
    match wanted.iter().find(|wanted| !text.contains(**wanted)) {
        Some(missing) => Err(format!("nothing says `{missing}`:\n{text}").into()),
        None => Ok(()),
    }
}
