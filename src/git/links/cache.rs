//! What is remembered: every commit looked at, in an order in which parents come first, and what a few of them
//! link. About 45 bytes a commit, in columns that are searched as they are: nothing is made of a commit that nobody
//! needs.

use std::collections::BTreeMap;
use std::path::Path;

use gix::ObjectId;
use gix::hashtable::HashMap;

use crate::git::{Bytes, CacheFile, CommitId, replace_cache};

const CACHE: CacheFile = CacheFile::new(*b"trklnk03", &[]);
/// In place of a parent's number: it was left out.
pub(super) const LEFT_OUT: u32 = u32::MAX;

/// A parent, by its number.
pub(super) type Parent = u32;

/// All commits looked at so far, by number: those of the file, and after them those that were added since.
#[derive(Debug)]
pub(super) struct Remembered {
    hash: gix::hash::Kind,
    columns: Columns,
    added: Vec<Added>,
    /// The numbers of those that were added.
    numbers: HashMap<ObjectId, u32>,
    has_left_out: bool,
}

#[derive(Debug)]
struct Added {
    id: ObjectId,
    time: i64,
    parents: Vec<Parent>,
    names: Vec<String>,
}

/// What the file has.
#[derive(Debug, Default)]
struct Columns {
    /// The bytes of the ids, one after the other.
    ids: Vec<u8>,
    times: Vec<i64>,
    /// The numbers of all commits, by their ids.
    by_id: Vec<u32>,
    parents: Lists,
    names: Names,
    /// The places of the names that each commit links.
    links: Lists,
    /// The numbers of the commits that link each name, ascending.
    linking: Lists,
}

impl Remembered {
    fn nothing(hash: gix::hash::Kind) -> Self {
        let (columns, added, numbers) = (Columns::default(), Vec::new(), HashMap::default());
        Self { hash, columns, added, numbers, has_left_out: false }
    }

    /// Reads the file; what cannot be used is nothing.
    pub(super) fn read(file: &Path, stamp: u32, limit: usize, hash: gix::hash::Kind) -> Self {
        let content = CACHE.read(file).unwrap_or_default();
        Self::decode(&content, stamp, limit as u64, hash).unwrap_or_else(|| Self::nothing(hash))
    }

    fn decode(content: &[u8], stamp: u32, limit: u64, hash: gix::hash::Kind) -> Option<Self> {
        let mut rest = Bytes(content);
        if rest.u32()? != stamp {
            return None;
        }
        let limit_then = rest.u64()?;
        let has_left_out = rest.u8()? != 0;
        if has_left_out && limit_then < limit {
            return None;
        }
        let columns = Columns::decode(&mut rest, hash.len_in_bytes())?;
        rest.0.is_empty().then_some(Self { columns, has_left_out, ..Self::nothing(hash) })
    }

    /// Writes the file, where that is possible: a read-only repository works as well, and slower. What was added is from
    /// then on searched as all else is.
    pub(super) fn write(&mut self, file: &Path, stamp: u32, limit: usize) {
        self.merge_added();
        let mut body = CACHE.begin();
        body.extend_from_slice(&stamp.to_le_bytes());
        body.extend_from_slice(&(limit as u64).to_le_bytes());
        body.push(u8::from(self.has_left_out));
        self.columns.encode(&mut body);
        CACHE.seal(&mut body);
        replace_cache(file, &body);
    }

    /// Puts what was added into the columns.
    fn merge_added(&mut self) {
        let added = std::mem::take(&mut self.added);
        self.numbers.clear();
        let columns = &mut self.columns;
        let mut linking = columns.linking_by_name();
        let first = columns.times.len();
        for (number, commit) in (first..).map(as_number).zip(&added) {
            for name in &commit.names {
                let numbers = linking.entry(name.as_bytes().to_owned()).or_default();
                if numbers.last() != Some(&number) {
                    numbers.push(number);
                }
            }
        }
        let place_of: std::collections::HashMap<&[u8], u32> =
            linking.keys().map(Vec::as_slice).zip(0..).collect();
        let mut links = Lists::default();
        for number in 0..first {
            let names = columns.links.of(number).iter().filter_map(|place| columns.names.bytes(*place));
            links.push(names.map(|name| place_of[name]));
        }
        for commit in &added {
            columns.ids.extend_from_slice(commit.id.as_slice());
            columns.times.push(commit.time);
            columns.parents.push(commit.parents.iter().copied());
            links.push(commit.names.iter().map(|name| place_of[name.as_bytes()]));
        }
        (columns.links, columns.names, columns.linking) = (links, Names::default(), Lists::default());
        for (name, numbers) in linking {
            columns.names.push(&name);
            columns.linking.push(numbers.into_iter());
        }
        columns.sort(self.hash.len_in_bytes());
    }

    /// How many commits there are.
    pub(super) fn len(&self) -> usize {
        self.columns.times.len() + self.added.len()
    }

    fn added(&self, number: u32) -> Option<&Added> {
        self.added.get((number as usize).checked_sub(self.columns.times.len())?)
    }

    /// The id of a commit.
    pub(super) fn id(&self, number: u32) -> Option<CommitId> {
        match self.added(number) {
            Some(commit) => Some(CommitId::new(commit.id)),
            None => {
                ObjectId::try_from(self.columns.id(number, self.hash.len_in_bytes())?).ok().map(CommitId::new)
            }
        }
    }

    /// When it was committed, in seconds since 1970.
    pub(super) fn time(&self, number: u32) -> i64 {
        match self.added(number) {
            Some(commit) => commit.time,
            None => self.columns.times.get(number as usize).copied().unwrap_or_default(),
        }
    }

    /// The parents of a commit; [`LEFT_OUT`] for those that are not remembered.
    pub(super) fn parents_of(&self, number: u32) -> &[Parent] {
        match self.added(number) {
            Some(commit) => &commit.parents,
            None => self.columns.parents.of(number as usize),
        }
    }

    /// What a commit links.
    pub(super) fn names_of(&self, number: u32) -> Vec<&str> {
        let names = &self.columns.names;
        match self.added(number) {
            Some(commit) => commit.names.iter().map(String::as_str).collect(),
            None => {
                self.columns.links.of(number as usize).iter().filter_map(|place| names.get(*place)).collect()
            }
        }
    }

    /// The numbers of the commits that link a name, ascending.
    pub(super) fn linking(&self, name: &str) -> Vec<u32> {
        let place = self.columns.names.place(name);
        let mut numbers = place.map_or(&[][..], |place| self.columns.linking.of(place)).to_owned();
        let first = as_number(self.columns.times.len());
        let added =
            (first..).zip(&self.added).filter(|(_, commit)| commit.names.iter().any(|own| own == name));
        numbers.extend(added.map(|(number, _)| number));
        numbers
    }

    /// The number of a commit.
    pub(super) fn number(&self, id: ObjectId) -> Option<u32> {
        let length = self.hash.len_in_bytes();
        let of_file = || {
            let by_id = &self.columns.by_id;
            let order = |number: &u32| self.columns.id(*number, length).cmp(&Some(id.as_slice()));
            by_id.binary_search_by(order).ok().map(|at| by_id[at])
        };
        self.numbers.get(&id).copied().or_else(of_file)
    }

    /// Adds a commit, whose parents must have been added. Names longer than 255 bytes link nothing.
    pub(super) fn add(&mut self, id: ObjectId, time: i64, parents: Vec<Parent>, mut names: Vec<String>) {
        let number = as_number(self.len());
        names.retain(|name| name.len() <= usize::from(u8::MAX));
        self.has_left_out |= parents.contains(&LEFT_OUT);
        self.numbers.insert(id, number);
        self.added.push(Added { id, time, parents, names });
    }

    /// Returns which commits some tips reach, and whether all of their history is remembered.
    pub(super) fn reached_from(&self, tips: &[CommitId]) -> (Vec<bool>, bool) {
        let mut is_reachable = vec![false; self.len()];
        let numbers: Vec<u32> = tips.iter().filter_map(|tip| self.number(tip.raw())).collect();
        numbers.iter().for_each(|tip| is_reachable[*tip as usize] = true);
        let mut is_complete = numbers.len() == tips.len();
        for number in (0..=numbers.iter().copied().max().unwrap_or(0)).rev() {
            if !is_reachable.get(number as usize).copied().unwrap_or(false) {
                continue;
            }
            for parent in self.parents_of(number) {
                match is_reachable.get_mut(*parent as usize) {
                    Some(reached) => *reached = true,
                    None => is_complete = false,
                }
            }
        }
        (is_reachable, is_complete)
    }
}

impl Columns {
    fn decode(rest: &mut Bytes<'_>, length: usize) -> Option<Self> {
        let count = rest.u32()? as usize;
        let ids = rest.take(count.checked_mul(length)?)?.to_owned();
        let times = rest.take(count.checked_mul(8)?)?.as_chunks().0;
        let times = times.iter().map(|time| i64::from_le_bytes(*time)).collect();
        let by_id = numbers(rest)?;
        let columns = Self {
            ids,
            times,
            by_id,
            parents: Lists::decode(rest)?,
            names: Names::decode(rest)?,
            links: Lists::decode(rest)?,
            linking: Lists::decode(rest)?,
        };
        columns.is_sound(count).then_some(columns)
    }

    /// Whether a commit's parents have lower numbers, and all commits are there that are named.
    fn is_sound(&self, count: usize) -> bool {
        let precede = |number: usize| {
            let known = |parent: &u32| *parent == LEFT_OUT || (*parent as usize) < number;
            self.parents.of(number).iter().all(known)
        };
        let is_known = |number: &u32| (*number as usize) < count;
        (0..count).all(precede)
            && self.by_id.iter().all(is_known)
            && self.linking.numbers.iter().all(is_known)
    }

    fn encode(&self, body: &mut Vec<u8>) {
        put(body, self.times.len());
        body.extend_from_slice(&self.ids);
        self.times.iter().for_each(|time| body.extend_from_slice(&time.to_le_bytes()));
        put_numbers(body, &self.by_id);
        self.parents.encode(body);
        self.names.encode(body);
        self.links.encode(body);
        self.linking.encode(body);
    }

    fn linking_by_name(&self) -> BTreeMap<Vec<u8>, Vec<u32>> {
        let named = |(place, start): (usize, &u32)| {
            (self.names.at(*start).to_owned(), self.linking.of(place).to_owned())
        };
        self.names.starts.iter().enumerate().map(named).collect()
    }

    /// Puts the numbers of the commits in the order of their ids.
    fn sort(&mut self, length: usize) {
        let ids: Vec<&[u8]> = self.ids.chunks_exact(length).collect();
        self.by_id = (0..ids.len()).map(as_number).collect();
        self.by_id.sort_unstable_by_key(|number| ids[*number as usize]);
    }

    fn id(&self, number: u32, length: usize) -> Option<&[u8]> {
        let start = number as usize * length;
        self.ids.get(start..start + length)
    }
}

/// Lists of numbers, by place.
#[derive(Debug, Default)]
struct Lists {
    /// All numbers, those of one list after those of the one before.
    numbers: Vec<u32>,
    /// Where each list ends.
    ends: Vec<u32>,
}

impl Lists {
    fn decode(rest: &mut Bytes<'_>) -> Option<Self> {
        Some(Self { numbers: numbers(rest)?, ends: numbers(rest)? })
    }

    fn encode(&self, body: &mut Vec<u8>) {
        put_numbers(body, &self.numbers);
        put_numbers(body, &self.ends);
    }

    fn push(&mut self, list: impl Iterator<Item = u32>) {
        self.numbers.extend(list);
        self.ends.push(as_number(self.numbers.len()));
    }

    fn of(&self, place: usize) -> &[u32] {
        let start = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(place).copied().unwrap_or(0);
        self.numbers.get(start as usize..end as usize).unwrap_or_default()
    }
}

/// Names, sorted.
#[derive(Debug, Default)]
struct Names {
    /// Of each its length in a byte, and its bytes.
    text: Vec<u8>,
    /// Where each begins.
    starts: Vec<u32>,
}

impl Names {
    fn decode(rest: &mut Bytes<'_>) -> Option<Self> {
        let length = rest.u32()? as usize;
        Some(Self { text: rest.take(length)?.to_owned(), starts: numbers(rest)? })
    }

    fn encode(&self, body: &mut Vec<u8>) {
        put(body, self.text.len());
        body.extend_from_slice(&self.text);
        put_numbers(body, &self.starts);
    }

    fn push(&mut self, name: &[u8]) {
        self.starts.push(as_number(self.text.len()));
        self.text.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
        self.text.extend_from_slice(name);
    }

    fn at(&self, start: u32) -> &[u8] {
        let mut rest = Bytes(self.text.get(start as usize..).unwrap_or_default());
        rest.u8().and_then(|length| rest.take(usize::from(length))).unwrap_or_default()
    }

    fn get(&self, place: u32) -> Option<&str> {
        std::str::from_utf8(self.bytes(place)?).ok()
    }

    fn bytes(&self, place: u32) -> Option<&[u8]> {
        self.starts.get(place as usize).map(|start| self.at(*start))
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.starts.binary_search_by(|start| self.at(*start).cmp(name.as_bytes())).ok()
    }
}

fn numbers(rest: &mut Bytes<'_>) -> Option<Vec<u32>> {
    let count = rest.u32()? as usize;
    let numbers = rest.take(count.checked_mul(4)?)?.as_chunks().0;
    Some(numbers.iter().map(|number| u32::from_le_bytes(*number)).collect())
}

fn put_numbers(body: &mut Vec<u8>, numbers: &[u32]) {
    put(body, numbers.len());
    numbers.iter().for_each(|number| body.extend_from_slice(&number.to_le_bytes()));
}

fn put(body: &mut Vec<u8>, count: usize) {
    body.extend_from_slice(&as_number(count).to_le_bytes());
}

/// No clone has more commits than this counts.
pub(super) fn as_number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(LEFT_OUT)
}
