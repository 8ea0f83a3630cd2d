//! The path that sessions begin with, where a statement changes it for those to come.

use super::state::ReplayState;
use crate::analysis::model::Path;
use crate::analysis::names::Ident;

impl ReplayState {
    /// `ALTER ROLE … SET search_path`, and the same of a database. It holds from the next session on, and a run
    /// is one session for several revisions; whether the role is the one that migrates nobody knows.
    pub(super) fn set_default_path(&mut self, path: Option<&[Ident]>) {
        if !path.is_some_and(is_usual_path) && self.model.lose_default_path() {
            self.partly_blind(&[], "sessions that begin later may have another search_path");
        }
    }

    /// A schema that is named like a role: where that is the role which migrates, names without a schema lead
    /// there.
    pub(super) fn lead_to_role(&mut self) {
        if self.model.lose_default_path() {
            self.partly_blind(&[], "a schema is named like a role, so it may come before `public`");
        }
        if matches!(self.model.path, Path::Default) {
            self.model.path = Path::Unknown;
        }
    }
}

/// Whether names without a schema lead to `public` first, as they do anyway.
pub(super) fn is_usual_path(path: &[Ident]) -> bool {
    let mut path = path.iter().filter(|name| &*name.text != "$user" && &*name.text != "pg_catalog");
    path.next().is_some_and(|first| &*first.text == "public")
}
