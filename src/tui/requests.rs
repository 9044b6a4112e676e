//! Which reads are under way. Of each kind at most one is, and of those that come meanwhile the latest alone follows: a
//! person who types fast, or files that change fast, cost no more than one read after the other.

use super::call::{Call, Slot};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Requests {
    running: Vec<Slot>,
    waiting: Vec<Call>,
}

impl Requests {
    /// Takes a call; returns it where it is to begin now.
    pub(super) fn ask(&mut self, call: Call) -> Option<Call> {
        let slot = call.slot();
        if !self.running.contains(&slot) {
            self.running.push(slot);
            return Some(call);
        }
        self.waiting.retain(|other| other.slot() != slot);
        self.waiting.push(call);
        None
    }

    /// Takes that a call has ended; returns the one that begins after it.
    pub(super) fn ended(&mut self, slot: Slot) -> Option<Call> {
        self.running.retain(|other| *other != slot);
        let at = self.waiting.iter().position(|call| call.slot() == slot)?;
        let call = self.waiting.remove(at);
        self.ask(call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(query: &str) -> Call {
        Call::List { query: query.to_owned(), limit: 10 }
    }

    #[test]
    fn of_each_kind_one_runs_and_the_latest_waits() {
        let mut requests = Requests::default();
        assert_eq!(requests.ask(list("a")), Some(list("a")));
        assert_eq!(requests.ask(list("b")), None);
        assert_eq!(requests.ask(list("c")), None);
        assert_eq!(requests.ask(Call::Inbox), Some(Call::Inbox));
        assert_eq!(requests.ended(Slot::List), Some(list("c")));
        assert_eq!(requests.ended(Slot::List), None);
        assert_eq!(requests.ended(Slot::Table), None);
    }
}
