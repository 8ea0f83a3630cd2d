//! The ways to get a server, and the order to try them in.

pub(crate) mod container;
pub(crate) mod download;
pub(crate) mod local;
pub(crate) mod url;

use std::fmt;
use std::str::FromStr;

use crate::unavailable::Unavailable;

/// A way to get a PostgreSQL server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Backend {
    /// The server of `DATABASE_URL`.
    Url,
    /// A container, in Docker or in Podman.
    Docker,
    /// An installed PostgreSQL.
    Local,
    /// Prebuilt binaries, downloaded once.
    Download,
}

impl Backend {
    /// The usual order.
    pub const ORDER: [Self; 4] = [Self::Url, Self::Docker, Self::Local, Self::Download];

    /// The name that `PG_BACKEND` understands.
    pub fn name(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Docker => "docker",
            Self::Local => "local",
            Self::Download => "download",
        }
    }

    pub(crate) fn names() -> String {
        Self::ORDER.map(Self::name).join(", ")
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Backend {
    type Err = Unavailable;

    fn from_str(text: &str) -> Result<Self, Unavailable> {
        Self::ORDER
            .into_iter()
            .find(|backend| backend.name() == text)
            .ok_or_else(|| Unavailable::unknown(text))
    }
}

/// What to try, and whether `PG_BACKEND` left no choice.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) order: Vec<Backend>,
    pub(crate) forced: bool,
}

impl Choice {
    /// `forced` is the value of `PG_BACKEND`; an empty one is none.
    pub(crate) fn new(order: &[Backend], forced: Option<&str>) -> Result<Self, Unavailable> {
        match forced.filter(|value| !value.is_empty()) {
            Some(value) => Ok(Self { order: vec![value.parse()?], forced: true }),
            None => Ok(Self { order: order.to_vec(), forced: false }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pg_backend_replaces_the_order() -> Result<(), Unavailable> {
        let order = [Backend::Url, Backend::Local];
        assert_eq!(
            Choice::new(&order, Some("docker"))?,
            Choice { order: vec![Backend::Docker], forced: true }
        );
        assert_eq!(Choice::new(&order, Some(""))?, Choice { order: order.to_vec(), forced: false });
        assert_eq!(Choice::new(&order, None)?, Choice { order: order.to_vec(), forced: false });
        Ok(())
    }

    #[test]
    fn names_are_read_back() {
        for backend in Backend::ORDER {
            assert_eq!(backend.to_string().parse::<Backend>().ok(), Some(backend));
        }
        assert!("Docker".parse::<Backend>().is_err());
    }
}
