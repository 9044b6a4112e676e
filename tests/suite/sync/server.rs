//! A PostgreSQL server of its own, on a socket in a temporary folder, started once for all tests. Where there is none the
//! tests say so; `TRACKER_POSTGRES`, a folder of its programs, makes it required.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// Ends the server, and removes its folder, when the process that reads nothing from its input is gone.
const GUARD: &str = r#"
"$BIN/initdb" --pgdata data --username postgres --auth trust --no-sync --encoding UTF8 --locale C >init.log 2>&1 || exit 1
"$BIN/postgres" -D data -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c listen_addresses= \
  -c unix_socket_directories="$PWD" -c shared_buffers=16MB -c max_connections=40 >server.log 2>&1 &
server=$!
until "$BIN/pg_isready" --quiet --host "$PWD"; do kill -0 $server || exit 1; sleep 0.05; done
echo ready
cat >/dev/null
kill -QUIT $server
wait $server
folder=$PWD
cd / && rm -rf "$folder"
"#;

/// A running server.
pub(crate) struct Server {
    folder: PathBuf,
    bin: PathBuf,
    _guard: Child,
    _temporary: TempDir,
}

/// Returns the server; none where this machine has none.
pub(crate) fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER.get_or_init(Server::start).as_ref()
}

/// Returns the folder of the server's programs.
fn programs() -> Option<PathBuf> {
    let required = std::env::var_os("TRACKER_POSTGRES").map(PathBuf::from);
    let of_debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = required.iter().cloned().collect();
    folders.extend(of_debian.map(|version| version.path().join("bin")));
    folders.extend(std::env::split_paths(&path));
    let has_all = |folder: &PathBuf| {
        ["initdb", "postgres", "psql", "pg_isready"].iter().all(|name| folder.join(name).is_file())
    };
    let found = folders.into_iter().find(has_all);
    assert!(found.is_some() || required.is_none(), "TRACKER_POSTGRES has no initdb, postgres and psql");
    if found.is_none() {
        eprintln!("NOT TESTED: PostgreSQL is not installed, so tasks were not synchronised with a database");
    }
    found
}

impl Server {
    fn start() -> Option<Self> {
        let bin = programs()?;
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().canonicalize().unwrap();
        // The server refuses to run as the superuser.
        let is_root = rustix::process::geteuid().is_root();
        let mut command = match is_root {
            true => {
                std::os::unix::fs::chown(&folder, Some(65534), Some(65534)).unwrap();
                let mut command = Command::new("setpriv");
                command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c", GUARD]);
                command
            }
            false => {
                let mut command = Command::new("sh");
                command.args(["-c", GUARD]);
                command
            }
        };
        command.current_dir(&folder).env("BIN", &bin).env("HOME", &folder).env_remove("PGDATA");
        let mut guard = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut ready = String::new();
        let mut output = std::io::BufReader::new(guard.stdout.take().unwrap());
        std::io::BufRead::read_line(&mut output, &mut ready).unwrap();
        let log = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert_eq!(ready, "ready\n", "{}{}", log("init.log"), log("server.log"));
        Some(Self { folder, bin, _guard: guard, _temporary: temporary })
    }

    /// Returns the folder of its socket.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes a database with this schema.
    pub(crate) fn database(&self, name: &str, schema: &str) {
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        self.sql(name, schema);
    }

    /// Runs statements in a database, and returns the rows of the last as `psql` prints them: columns with `|`.
    pub(crate) fn sql(&self, database: &str, sql: &str) -> String {
        let mut psql = Command::new(self.bin.join("psql"));
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]);
        psql.arg("--host").arg(&self.folder).args(["--username=postgres", "--dbname", database]);
        let mut child =
            psql.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), sql.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{sql}\n{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}
