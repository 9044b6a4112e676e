//! The figures as a Markdown table, with a verdict where something was promised.

use std::cell::RefCell;

use super::Samples;

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Row {
    what: String,
    measured: String,
    best: String,
    cpu: String,
    promise: String,
    times: String,
}

impl Row {
    /// Compares two commands: `a` may take `most` times what `b` takes.
    pub(crate) fn ratio(what: &str, a: &Samples, b: &Samples, most: f64) -> Self {
        let ratio = a.median() / b.median();
        Self {
            what: what.to_owned(),
            measured: format!("{ratio:.2} ×"),
            best: format!("{:.2} ×", a.min() / b.min()),
            cpu: format!("{:.2} ×", a.cpu() / b.cpu()),
            promise: promise(ratio, most, &format!("{most} ×")),
            times: format!("{} : {}", time(a), time(b)),
        }
    }

    /// Compares what `a` takes beyond `floor` with `b`.
    pub(crate) fn ratio_beyond(what: &str, a: &Samples, floor: &Samples, b: &Samples, most: f64) -> Self {
        let beyond = |a: f64, floor: f64, b: f64| (a - floor).max(0.0) / b;
        let ratio = beyond(a.median(), floor.median(), b.median());
        Self {
            what: what.to_owned(),
            measured: format!("{ratio:.2} ×"),
            best: format!("{:.2} ×", beyond(a.min(), floor.min(), b.min())),
            cpu: format!("{:.2} ×", a.cpu() / b.cpu()),
            promise: promise(ratio, most, &format!("{most} ×")),
            times: format!("({} − {}) : {}", time(a), time(floor), time(b)),
        }
    }

    /// Compares what `a` and `b` take beyond `floor`, round by round.
    pub(crate) fn added(what: &str, [a, b, floor]: [&Samples; 3], most: Option<f64>) -> Self {
        let (a, b) = (a.beyond(floor), b.beyond(floor));
        let ratio = a.median() / b.median();
        Self {
            what: what.to_owned(),
            measured: format!("{ratio:.2} ×"),
            best: String::new(),
            cpu: format!("{:.2} ×", a.cpu() / b.cpu()),
            promise: most.map(|most| promise(ratio, most, &format!("{most} ×"))).unwrap_or_default(),
            times: format!("{} : {}", time(&a), time(&b)),
        }
    }

    /// Compares two commands: `a` may take `most` milliseconds longer than `b`.
    pub(crate) fn within(what: &str, a: &Samples, b: &Samples, most: f64) -> Self {
        let longer = a.median() - b.median();
        Self {
            what: what.to_owned(),
            measured: format!("{longer:.2} ms"),
            best: format!("{:.2} ms", a.min() - b.min()),
            cpu: format!("{:.2} ms", a.cpu() - b.cpu()),
            promise: promise(longer, most, &format!("{most} ms")),
            times: format!("{} − {}", time(a), time(b)),
        }
    }

    /// Limits a command to a time, in milliseconds.
    pub(crate) fn limit(what: &str, samples: &Samples, most: f64) -> Self {
        let promise = promise(samples.median(), most, &format!("{most} ms"));
        Self { promise, ..Self::figure(what, samples) }
    }

    /// Limits a command to an amount of memory, in megabytes.
    pub(crate) fn peak(what: &str, samples: &Samples, most: f64) -> Self {
        Self {
            what: what.to_owned(),
            measured: format!("{:.1} MB", samples.peak()),
            best: String::new(),
            cpu: String::new(),
            promise: promise(samples.peak(), most, &format!("{most} MB")),
            times: String::new(),
        }
    }

    /// Tells what a command takes.
    pub(crate) fn figure(what: &str, samples: &Samples) -> Self {
        Self {
            what: what.to_owned(),
            measured: format!("{:.1} ms", samples.median()),
            best: format!("{:.1} ms", samples.min()),
            cpu: format!("{:.1} ms", samples.cpu()),
            promise: String::new(),
            times: String::new(),
        }
    }
}

fn promise(measured: f64, most: f64, what: &str) -> String {
    format!("≤ {what}: {}", if measured <= most { "pass" } else { "**miss**" })
}

fn time(samples: &Samples) -> String {
    format!("{:.2} ms", samples.median())
}

/// Prints the lines as they come, and at the end those with a promise once more, as the README has them.
#[derive(Debug)]
pub(crate) struct Table {
    promised: RefCell<Vec<String>>,
}

impl Table {
    pub(crate) fn begin(size: &str) -> Self {
        println!("| {size} | median | fastest | processors | promised | medians |");
        println!("|---|--:|--:|--:|---|---|");
        Self { promised: RefCell::default() }
    }

    pub(crate) fn add(&self, row: &Row) {
        let Row { what, measured, best, cpu, promise, times } = row;
        println!("| {what} | {measured} | {best} | {cpu} | {promise} | {times} |");
        if let Some((promise, _)) = promise.split_once(':') {
            self.promised.borrow_mut().push(format!("| {what} | {measured} | {cpu} | {promise} |"));
        }
    }

    /// Prints the table of the README.
    pub(crate) fn end(&self) {
        println!("\n| what | wall | processors | promised |\n|---|--:|--:|--:|");
        for line in self.promised.borrow().iter() {
            println!("{line}");
        }
        println!();
    }
}
