//! Which editor the user wants, by git's own rules.

use super::Repository;
use crate::env::Env;

impl Repository {
    /// Returns the command line of the user's editor, to be split as a shell would.
    ///
    /// In git's order: `GIT_EDITOR`, the setting `core.editor`, `VISUAL` (not on a dumb terminal), `EDITOR`, `vi`.
    /// None where nobody named one and there is no terminal, or a dumb one: `vi` would wait for keys that nobody
    /// presses. `core.editor` of a repository that somebody else owns does not count.
    #[must_use]
    pub fn editor(&self, env: &Env, has_terminal: bool) -> Option<String> {
        let is_dumb = env.variable("TERM").is_none_or(|terminal| terminal == "dumb");
        let configured = || {
            let program = self.inner.config_snapshot().trusted_program("core.editor").ok().flatten()?;
            program.into_string().ok().filter(|program| !program.is_empty())
        };
        env.variable("GIT_EDITOR")
            .or_else(configured)
            .or_else(|| env.variable("VISUAL").filter(|_| !is_dumb))
            .or_else(|| env.variable("EDITOR"))
            .or_else(|| (has_terminal && !is_dumb).then(|| "vi".to_owned()))
    }
}
