//! The index: summaries of the task files as they were last read, each with the stat that says whether the
//! file is still the same. Disposable: what cannot be read is thrown away and made again.

mod bytes;
mod decode;
mod encode;
mod fields;
mod layout;
mod record;

pub(super) use decode::Index;
pub(super) use encode::encode;
pub(super) use record::{Key, Record, Stored};

#[cfg(test)]
mod tests {
    use super::{Index, Key, Record, Stored, encode};
    use crate::model::{BoxCount, Problem, Summary};
    use crate::store::Stat;

    fn summary() -> Summary<'static> {
        Summary {
            kind: Some("bug"),
            assignee: Some(""),
            tags: vec!["ä", "", "b"].into(),
            depends_on: vec!["TASK-1"; 200].into(),
            estimate: Some(u32::MAX),
            spent: Some(0),
            created: Some(-1),
            updated: Some(i64::MIN),
            since: Some(1_760_000_000),
            deliverables: BoxCount { done: 127, total: 128 },
            boxes: BoxCount { done: 16_384, total: u32::MAX },
            ..Summary::bare("TASK-22", "Füge hinzu")
        }
    }

    fn encoded() -> Vec<u8> {
        let problem = Problem::error("is odd").at_line(3);
        let records = [
            Record { summary: None, problems: vec![] },
            Record { summary: Some(summary()), problems: vec![Stored::from(&problem)] },
        ];
        let keys = [
            Key { name: "TASK-1.md", stat: Stat { modified: 1, changed: 2, size: 3, inode: 4 } },
            Key { name: "TASK-22.md", stat: Stat { modified: 5, changed: -6, size: 7, inode: 8 } },
        ];
        encode(&keys.into_iter().zip(records).collect::<Vec<_>>()).unwrap()
    }

    fn checked(bytes: &[u8]) -> Option<Index> {
        Index::checked(bytes, bytes.len() as u64)
    }

    #[test]
    fn reads_what_it_wrote() {
        let index = checked(&encoded()).unwrap();
        let names: Vec<_> = (0..index.len()).filter_map(|at| index.name(at)).collect();
        assert_eq!(names, ["TASK-1.md", "TASK-22.md"]);
        let key = index.key(1).unwrap();
        assert_eq!(key.stat, Stat { modified: 5, changed: -6, size: 7, inode: 8 });
        let record = index.record(1).unwrap();
        assert_eq!(record.summary, Some(summary()));
        assert_eq!(record.problems[0].to_problem("f").to_string(), "f:3: is odd");
        assert!(index.record(0).unwrap().problems.is_empty() && index.record(2).is_none());
    }

    #[test]
    fn throws_away_what_is_torn_or_changed() {
        let whole = encoded();
        for length in 0..whole.len() {
            assert!(checked(&whole[..length]).is_none(), "{length}");
        }
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 0x40;
            assert!(checked(&changed).is_none(), "{at}");
        }
        assert!(checked(&[whole.as_slice(), b"x"].concat()).is_none());
    }

    #[test]
    fn a_record_that_lies_is_none() {
        let whole = encoded();
        for at in 0..whole.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut lying = whole.clone();
                lying[at] ^= flip;
                super::layout::seal(&mut lying);
                if let Some(index) = checked(&lying) {
                    (0..3)
                        .for_each(|at| assert!(index.key(at).is_none_or(|key| key.name.len() < whole.len())));
                    (0..3).for_each(|at| drop(index.record(at)));
                }
            }
        }
    }
}
