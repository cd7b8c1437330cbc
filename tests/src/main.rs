//! Everything that is tested from outside: golden folders, examples, the laws of the house, servers, images.
//!
//! In: the repository, and a koruc that was built before. Out: one named test a folder or a law. A folder
//! is a test because it is there. `KORU_BLESS=1` rewrites expectations; git shows the difference.

mod accepted;
mod benches;
mod blocks;
mod book;
mod case;
mod client;
mod confined;
mod constants;
mod debugger;
mod examples;
mod explain;
mod formatted;
mod front;
mod graphs;
mod images;
mod inspected;
mod koruc;
mod laws;
mod ledger;
mod objects;
mod programs;
mod pumps;
mod rejections;
mod reproduced;
mod rules;
mod servers;
mod surroundings;
mod talks;
mod taps;
mod tidy;
mod together;

use libtest_mimic::{Arguments, Trial};

fn main() {
    let arguments = Arguments::from_args();
    let mut trials: Vec<Trial> = Vec::new();
    trials.extend(laws::trials());
    trials.extend(tidy::trials());
    trials.extend(ledger::trials());
    trials.extend(front::trials());
    trials.extend(case::trials());
    trials.extend(graphs::trials());
    trials.extend(constants::trials());
    trials.extend(together::trials());
    trials.extend(examples::trials());
    trials.extend(benches::trials());
    trials.extend(blocks::trials());
    trials.extend(book::trials());
    trials.extend(explain::trials());
    trials.extend(reproduced::trials());
    trials.extend(inspected::trials());
    trials.extend(accepted::trials());
    trials.extend(rules::trials());
    trials.extend(rejections::trials());
    trials.extend(programs::trials());
    trials.extend(servers::trials());
    trials.extend(confined::trials());
    trials.extend(talks::trials());
    trials.extend(client::trials());
    trials.extend(pumps::trials());
    trials.extend(images::trials());
    trials.extend(formatted::trials());
    trials.extend(surroundings::trials());
    trials.extend(taps::trials());
    trials.extend(debugger::trials());
    libtest_mimic::run(&arguments, trials).exit();
}
