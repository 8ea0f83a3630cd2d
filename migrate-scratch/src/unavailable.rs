//! The error of a machine on which no PostgreSQL could be had.

use std::fmt;

use crate::Backend;
use crate::obstacle::Obstacle;

/// No backend gave a server. Its text has one line for each way to get one, and why each way failed.
#[derive(Debug, thiserror::Error)]
pub struct Unavailable(Cause);

#[derive(Debug)]
enum Cause {
    Unknown(String),
    Failed { forced: bool, attempts: Vec<(Backend, Obstacle)> },
}

impl Unavailable {
    pub(crate) fn unknown(value: &str) -> Self {
        Self(Cause::Unknown(value.to_owned()))
    }

    pub(crate) fn failed(forced: bool, attempts: Vec<(Backend, Obstacle)>) -> Self {
        Self(Cause::Failed { forced, attempts })
    }

    /// The backends that were tried, in order.
    pub fn tried(&self) -> impl Iterator<Item = Backend> + '_ {
        let attempts = match &self.0 {
            Cause::Unknown(_) => &[][..],
            Cause::Failed { attempts, .. } => attempts,
        };
        attempts.iter().map(|(backend, _)| *backend)
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Cause::Unknown(value) => {
                write!(f, "PG_BACKEND is {value:?}: use one of {}", Backend::names())
            }
            Cause::Failed { forced, attempts } => {
                if *forced {
                    f.write_str("no PostgreSQL, and PG_BACKEND allows only this way to get one:")?;
                } else {
                    f.write_str("no PostgreSQL; any one of these gives one:")?;
                }
                for (backend, obstacle) in attempts {
                    write!(f, "\n  {backend}: {}", how(*backend))?;
                    write!(f, "\n      now: {}", indented(&obstacle.to_string()))?;
                }
                Ok(())
            }
        }
    }
}

/// One line: what to do to make this backend work.
fn how(backend: Backend) -> &'static str {
    match backend {
        Backend::Url => {
            "set DATABASE_URL to a running server on which your role may create databases"
        }
        Backend::Docker => {
            "start a Docker engine or install Podman; MIGRATE_TEST_IMAGE names the image when the default can't be pulled"
        }
        Backend::Local => {
            "install PostgreSQL (apt install postgresql, brew install postgresql), or set PG_BIN_DIR to its bin folder"
        }
        Backend::Download => {
            "allow one download of prebuilt binaries (feature `download` of migrate-scratch, PG_DOWNLOAD unset, a network that \
             reaches their host)"
        }
    }
}

fn indented(text: &str) -> String {
    text.trim_end().replace('\n', "\n      ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_and_its_obstacle_has_its_line() {
        let error = Unavailable::failed(
            false,
            vec![
                (Backend::Url, Obstacle::NotSet("DATABASE_URL")),
                (Backend::Local, Obstacle::NoBinaries(vec!["PATH: no initdb".into()])),
            ],
        );
        let text = error.to_string();
        assert!(text.contains("\n  url: set DATABASE_URL"), "{text}");
        assert!(text.contains("now: DATABASE_URL is not set"), "{text}");
        assert!(text.contains("is installed (PATH: no initdb)"), "{text}");
        assert_eq!(error.tried().collect::<Vec<_>>(), [Backend::Url, Backend::Local]);
    }

    #[test]
    fn an_unknown_backend_names_the_valid_ones() {
        let text = Unavailable::unknown("podman").to_string();
        assert_eq!(text, "PG_BACKEND is \"podman\": use one of url, docker, local, download");
    }
}
