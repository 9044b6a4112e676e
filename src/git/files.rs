//! Files as the file system has them: only regular ones are read, for a pipe in the place of one would make whoever opens
//! it wait for ever; and what is made in a repository that several users share is for all of them.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

/// Opens a file as `options` say, without waiting; what is no regular file is refused.
pub fn open_regular(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        options,
        rustix::fs::OFlags::NONBLOCK.bits().cast_signed(),
    );
    let file = options.open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"))
    }
}

/// Opens a file to add to its end, without waiting, and creates it where there is none; what is no regular file is refused.
pub fn open_to_append(path: &Path) -> io::Result<File> {
    open_regular(OpenOptions::new().append(true).create(true), path)
}

/// Reads a regular file.
pub fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_regular(OpenOptions::new().read(true), path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Lets everybody who may use the folder that contains `made` use that as well, where the folder is shared. What somebody
/// else has made stays as it is.
///
/// Git lets the group write in the folders of a shared repository and lets all that is new in them belong to that group.
/// So the folders tell, and no configuration is read.
pub fn share(made: &Path) {
    #[cfg(unix)]
    share_like_folder(made);
    #[cfg(not(unix))]
    let _ = made;
}

#[cfg(unix)]
fn share_like_folder(made: &Path) {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    /// The group may write, and what is new belongs to the group.
    const SHARED: u32 = 0o2020;

    let Some(folder) = made.parent().and_then(|folder| fs::metadata(folder).ok()) else { return };
    if folder.mode() & SHARED != SHARED {
        return;
    }
    let Ok(found) = fs::symlink_metadata(made) else { return };
    let mode = found.mode() & 0o7777;
    let granted = match found.file_type() {
        kind if kind.is_dir() => folder.mode() & 0o2077,
        // An object is written once, and nobody may write it again.
        kind if kind.is_file() && mode & 0o200 == 0 => folder.mode() & 0o044,
        kind if kind.is_file() => folder.mode() & 0o066,
        _ => 0,
    };
    if mode | granted != mode {
        // Its owner may, and whoever is not its owner needs not: it was shared when it was made.
        let _ = fs::set_permissions(made, fs::Permissions::from_mode(mode | granted));
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::*;

    #[test]
    fn a_file_is_read_and_a_pipe_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let (file, pipe) = (folder.path().join("file"), folder.path().join("pipe"));
        std::fs::write(&file, "text").unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
        assert_eq!(read_regular(&file).unwrap(), b"text");
        for other in [pipe.as_path(), folder.path()] {
            assert_eq!(read_regular(other).unwrap_err().to_string(), "it is not a regular file");
        }
    }

    fn set(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn what_lies_in_a_shared_folder_is_shared_and_nothing_else() {
        let top = tempfile::tempdir().unwrap();
        let (folder, file, object) =
            (top.path().join("folder"), top.path().join("file"), top.path().join("object"));
        fs::create_dir(&folder).unwrap();
        for path in [&file, &object] {
            fs::write(path, "").unwrap();
        }
        let cases = [
            (0o755, [0o700, 0o600, 0o400]),
            // The group may write, and nothing grants that for new files.
            (0o775, [0o700, 0o600, 0o400]),
            (0o2770, [0o2770, 0o660, 0o440]),
            (0o2775, [0o2775, 0o664, 0o444]),
        ];
        for (around, expected) in cases {
            set(top.path(), around);
            for (path, before, after) in
                [(&folder, 0o700, expected[0]), (&file, 0o600, expected[1]), (&object, 0o400, expected[2])]
            {
                set(path, before);
                share(path);
                assert_eq!(mode(path), after, "{} in {around:o}", path.display());
            }
        }
        share(&top.path().join("missing"));
    }
}
