//! What a server says beside its answers.

use std::sync::Arc;

use tokio_postgres::error::{DbError, Severity};

type NoticeHandler = dyn Fn(&DbError) + Send + Sync;

/// Who is told, beside `tracing`.
#[derive(Clone, Default)]
pub(super) struct Notices(Option<Arc<NoticeHandler>>);

impl Notices {
    pub(super) fn to(told: impl Fn(&DbError) + Send + Sync + 'static) -> Self {
        Notices(Some(Arc::new(told)))
    }

    pub(super) fn tell(&self, notice: &DbError) {
        let (code, message) = (notice.code().code(), notice.message());
        let (detail, hint) = (notice.detail(), notice.hint());
        match notice.parsed_severity() {
            Some(Severity::Warning) => tracing::warn!(code, detail, hint, "server: {message}"),
            Some(Severity::Notice | Severity::Info) => {
                tracing::info!(code, detail, hint, "server: {message}");
            }
            _ => tracing::debug!(code, detail, hint, "server: {message}"),
        }
        if let Some(told) = &self.0 {
            told(notice);
        }
    }
}
