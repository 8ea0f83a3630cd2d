//! Replays statements that change the search path of future sessions.

use super::state::ReplayState;
use crate::analysis::model::Path;
use crate::analysis::names::Ident;

impl ReplayState {
    /// Replays `ALTER ROLE … SET search_path`, and the same for a database. It takes effect in the
    /// next session; a run uses one session for several revisions. It is unknown whether the role
    /// is the one that runs the migrations.
    pub(super) fn set_default_path(&mut self, path: Option<&[Ident]>) {
        if !path.is_some_and(is_usual_path) && self.model.lose_default_path() {
            self.partly_blind(&[], "sessions that begin later may have another search_path");
        }
    }

    /// Handles a schema that is named like a role. If that role runs the migrations, unqualified
    /// names resolve to this schema.
    pub(super) fn lead_to_role(&mut self) {
        if self.model.lose_default_path() {
            self.partly_blind(&[], "a schema is named like a role, so it may come before `public`");
        }
        if matches!(self.model.path, Path::Default) {
            self.model.path = Path::Unknown;
        }
    }
}

/// Whether unqualified names resolve to `public` first, as they do by default.
pub(super) fn is_usual_path(path: &[Ident]) -> bool {
    let mut path = path.iter().filter(|name| &*name.text != "$user" && &*name.text != "pg_catalog");
    path.next().is_some_and(|first| &*first.text == "public")
}
