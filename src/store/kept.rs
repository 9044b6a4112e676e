//! All tasks of a working tree, kept by a process that lives on: what changed since it looked last is read anew, and nothing
//! else is looked at.
//!
//! The system notes down what happens in the folder, and the notes are read before every answer: what was written before a
//! call is seen by it. Where the system does not (another system than Linux, a file system of the network), or has lost
//! notes, everything is read as a short-lived process does.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Result, Tasks};

/// The tasks of one working tree. Threads may share it.
#[derive(Debug, Default)]
pub struct KeptTasks {
    kept: Mutex<Option<notes::Kept>>,
}

impl KeptTasks {
    /// Returns the tasks as they are now; `read` reads all of them.
    pub(super) fn tasks(&self, top: &Path, read: impl Fn() -> Result<Tasks>) -> Result<Arc<Tasks>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.take()
            && let Some(known) = known.brought_up_to_date(top)
        {
            return Ok(Arc::clone(&kept.insert(known).tasks));
        }
        // Before anything is read: what happens meanwhile is noted down.
        let watch = notes::Watch::begin(top);
        let tasks = Arc::new(read()?);
        *kept = watch.map(|watch| notes::Kept { watch, tasks: Arc::clone(&tasks) });
        Ok(tasks)
    }
}

#[cfg(target_os = "linux")]
mod notes {
    use std::collections::BTreeSet;
    use std::mem::MaybeUninit;
    use std::os::fd::OwnedFd;
    use std::path::Path;
    use std::sync::Arc;

    use rustix::fs::inotify::{CreateFlags, ReadFlags, Reader, WatchFlags, add_watch, init};
    use rustix::io::Errno;

    use crate::model::RecordKind;
    use crate::store::Tasks;
    use crate::store::folder::Folder;

    /// File systems on which every write goes through this system: ext, xfs, btrfs, f2fs, zfs, tmpfs, overlay.
    const LOCAL: [u64; 7] =
        [0xef53, 0x5846_5342, 0x9123_683e, 0xf2f5_2010, 0x2fc1_2fc1, 0x0102_1994, 0x794c_7630];
    /// Room for some hundred notes at a time.
    const ROOM: usize = 16 * 1024;

    /// Tasks, and the notes on what has happened since they were read.
    #[derive(Debug)]
    pub(super) struct Kept {
        pub(super) watch: Watch,
        pub(super) tasks: Arc<Tasks>,
    }

    impl Kept {
        /// Reads anew what has changed; none where everything has to be read.
        pub(super) fn brought_up_to_date(self, top: &Path) -> Option<Self> {
            let folder = Folder::open(top, RecordKind::Task.folder()).ok()??;
            let changed = self.watch.changed().filter(|_| folder.inode() == Some(self.watch.inode))?;
            if changed.is_empty() {
                return Some(self);
            }
            let tasks = self.tasks.with_changed(&folder, &changed)?;
            Some(Self { watch: self.watch, tasks: Arc::new(tasks) })
        }
    }

    /// Where the system notes down what happens in a folder.
    #[derive(Debug)]
    pub(super) struct Watch {
        notes: OwnedFd,
        inode: u64,
    }

    impl Watch {
        /// Has what happens in the folder of tasks noted down from now on; none where that cannot be relied upon.
        pub(super) fn begin(top: &Path) -> Option<Self> {
            let folder = Folder::open(top, RecordKind::Task.folder()).ok()??;
            if !LOCAL.contains(&folder.file_system()?) {
                return None;
            }
            let notes = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok()?;
            let what = WatchFlags::CREATE
                | WatchFlags::DELETE
                | WatchFlags::MODIFY
                | WatchFlags::CLOSE_WRITE
                | WatchFlags::ATTRIB
                | WatchFlags::MOVE
                | WatchFlags::DELETE_SELF
                | WatchFlags::MOVE_SELF
                | WatchFlags::ONLYDIR
                | WatchFlags::DONT_FOLLOW;
            add_watch(&notes, folder.path(), what).ok()?;
            // Whether it is the same folder is seen at every look.
            Some(Self { notes, inode: folder.inode()? })
        }

        /// Returns the names of what has changed; none where that is not known.
        fn changed(&self) -> Option<BTreeSet<String>> {
            let lost = ReadFlags::QUEUE_OVERFLOW
                | ReadFlags::IGNORED
                | ReadFlags::DELETE_SELF
                | ReadFlags::MOVE_SELF
                | ReadFlags::UNMOUNT;
            let mut room = [MaybeUninit::uninit(); ROOM];
            let mut reader = Reader::new(&self.notes, &mut room);
            let mut names = BTreeSet::new();
            loop {
                match reader.next() {
                    Ok(note) if note.events().intersects(lost) => return None,
                    Ok(note) => {
                        // What is about the folder itself has no name.
                        let Some(name) = note.file_name() else { continue };
                        names.insert(name.to_str().ok()?.to_owned());
                    }
                    Err(Errno::AGAIN) => return Some(names),
                    Err(Errno::INTR) => {}
                    Err(_) => return None,
                }
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod notes {
    use std::path::Path;
    use std::sync::Arc;

    use crate::store::Tasks;

    #[derive(Debug)]
    pub(super) struct Kept {
        pub(super) watch: Watch,
        pub(super) tasks: Arc<Tasks>,
    }

    impl Kept {
        pub(super) fn brought_up_to_date(self, _top: &Path) -> Option<Self> {
            None
        }
    }

    #[derive(Debug)]
    pub(super) struct Watch;

    impl Watch {
        pub(super) fn begin(_top: &Path) -> Option<Self> {
            None
        }
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::cell::Cell;
    use std::fs;
    use std::path::Path;

    use super::KeptTasks;
    use crate::store::Tasks;

    /// A folder of tasks, what is kept of it, and how often everything was read.
    struct Desk {
        top: tempfile::TempDir,
        kept: KeptTasks,
        whole: Cell<usize>,
    }

    impl Desk {
        fn new(tasks: usize) -> Self {
            let top = tempfile::tempdir().unwrap();
            fs::create_dir_all(top.path().join(".tracker/tasks")).unwrap();
            let desk = Self { top, kept: KeptTasks::default(), whole: Cell::new(0) };
            (0..tasks).for_each(|at| desk.write(&format!("TASK-{at:03}"), "one"));
            desk
        }

        fn path(&self, name: &str) -> std::path::PathBuf {
            self.top.path().join(".tracker/tasks").join(name)
        }

        fn write(&self, id: &str, title: &str) {
            let text = format!("---\nid: {id}\ntitle: {title}\ncreated: 2026-11-11\nstage: none\n---\n");
            fs::write(self.path(&format!("{id}.md")), text).unwrap();
        }

        /// Returns what is kept, which must be what is there; and how often everything was read for it.
        fn look(&self) -> usize {
            let before = self.whole.get();
            let index = self.top.path().join("index");
            let whole = |top: &Path| Tasks::from_work_tree(top, &index, i64::MAX).unwrap();
            let kept = self.kept.tasks(self.top.path(), || {
                self.whole.set(self.whole.get() + 1);
                Ok(whole(self.top.path()))
            });
            let (kept, there) = (kept.unwrap(), whole(self.top.path()));
            let (titles, problems) = kept.read();
            let (expected, all) = there.read();
            assert_eq!(titles, expected);
            assert_eq!(problems, all);
            for task in &expected {
                assert_eq!(kept.find(task.id).as_ref(), Some(task));
                assert_eq!(kept.stat(task.id), there.stat(task.id), "{}", task.id);
            }
            self.whole.get() - before
        }
    }

    #[test]
    fn what_changes_is_seen_at_the_next_look_and_nothing_else_is_read() {
        let desk = Desk::new(40);
        assert_eq!((desk.look(), desk.look()), (1, 0));
        desk.write("TASK-007", "other");
        desk.write("TASK-NEW", "new");
        fs::remove_file(desk.path("TASK-011.md")).unwrap();
        assert_eq!(desk.look(), 0);
        // As it is written by others: beside it, and then in its place.
        fs::write(desk.path(".TASK-012.md.77.tmp"), "---\nid: TASK-012\ntitle: moved\n---\n").unwrap();
        fs::rename(desk.path(".TASK-012.md.77.tmp"), desk.path("TASK-012.md")).unwrap();
        fs::rename(desk.path("TASK-013.md"), desk.path("TASK-ZZZ.md")).unwrap();
        fs::write(desk.path("TASK-014.md"), "no task").unwrap();
        assert_eq!((desk.look(), desk.look()), (0, 0));
        fs::write(desk.path("TASK-014.md"), "---\nid: TASK-014\ntitle: again\n---\n").unwrap();
        fs::remove_file(desk.path("TASK-NEW.md")).unwrap();
        assert_eq!(desk.look(), 0);
    }

    #[test]
    fn what_names_do_not_show_is_read_as_a_whole() {
        let desk = Desk::new(3);
        assert_eq!(desk.look(), 1);
        fs::write(desk.path("notes.txt"), "no task").unwrap();
        assert_eq!(desk.look(), 1);
        fs::remove_file(desk.path("notes.txt")).unwrap();
        assert_eq!(desk.look(), 1);
        (0..60).for_each(|at| desk.write(&format!("TASK-B{at:02}"), "many"));
        assert_eq!((desk.look(), desk.look()), (1, 0));
        // Another folder in its place.
        let tasks = desk.top.path().join(".tracker/tasks");
        fs::rename(&tasks, desk.top.path().join("old")).unwrap();
        fs::create_dir(&tasks).unwrap();
        desk.write("TASK-1", "one");
        assert_eq!(desk.look(), 1);
        desk.write("TASK-1", "two");
        assert_eq!(desk.look(), 0);
        fs::remove_dir_all(&tasks).unwrap();
        assert_eq!(desk.look(), 1);
        fs::create_dir(&tasks).unwrap();
        desk.write("TASK-1", "three");
        assert_eq!(desk.look(), 1);
    }
}
