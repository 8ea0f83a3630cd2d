//! Connection strings: opening them, and naming another database in them.

use std::error::Error as StdError;
use std::fs::File;
use std::io::{self, Read};
use std::time::{Duration, Instant};

use postgres::{Client, Config, NoTls};

/// Opens a connection that gives up after a while unless the string says otherwise.
pub(crate) fn connect(url: &str) -> Result<Client, postgres::Error> {
    let mut config: Config = url.parse()?;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(10));
    }
    // A connection that is idle for long must not be forgotten by what lies between.
    config.keepalives_idle(Duration::from_secs(30));
    if config.get_application_name().is_none() {
        config.application_name("migrate-scratch");
    }
    config.connect(NoTls)
}

/// Tries the addresses of one server until it answers at one of them, which is returned, until `given_up` says why not, or
/// until the time is over.
pub(crate) fn wait_for(
    urls: &[String],
    time: Duration,
    mut given_up: impl FnMut(&postgres::Error) -> Option<String>,
) -> Result<String, String> {
    let deadline = Instant::now() + time;
    loop {
        let mut last = String::new();
        for url in urls {
            match connect(url) {
                Ok(_) => return Ok(url.clone()),
                Err(error) => {
                    if let Some(why) = given_up(&error) {
                        return Err(why);
                    }
                    last = reason(&error);
                }
            }
        }
        if Instant::now() > deadline {
            return Err(last);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The same connection string with another database in it.
///
/// Both forms are understood, `postgresql://…` and `host=… dbname=…`.
pub(crate) fn with_database(url: &str, database: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        // The last setting of a word wins.
        let database = database.replace('\\', "\\\\").replace('\'', "\\'");
        return format!("{url} dbname='{database}'");
    };
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = place.split_once('/').map_or(place, |(authority, _)| authority);
    let kept: Vec<&str> = query
        .split('&')
        .filter(|setting| !setting.is_empty() && !setting.starts_with("dbname="))
        .collect();
    let database = percent_encoded(database);
    let mark = if kept.is_empty() { "" } else { "?" };
    format!("{scheme}://{authority}/{database}{mark}{}", kept.join("&"))
}

fn percent_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// An error with all its causes, for people. The driver alone says no more than "db error".
pub(crate) fn reason(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let more = cause.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        source = cause.source();
    }
    text
}

/// Random lower-case hexadecimal digits, two for each byte.
pub(crate) fn random_hex(bytes: usize) -> io::Result<String> {
    let mut buffer = vec![0; bytes];
    File::open("/dev/urandom")?.read_exact(&mut buffer)?;
    Ok(buffer.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_database_takes_the_place_of_the_one_in_the_string() {
        let check = |url: &str, expected: &str| assert_eq!(with_database(url, "new"), expected);
        check("postgresql://u:p@h:1/old", "postgresql://u:p@h:1/new");
        check("postgres://h", "postgres://h/new");
        check("postgres://h/", "postgres://h/new");
        check("postgres://h/old?sslmode=disable", "postgres://h/new?sslmode=disable");
        check("postgres://h?dbname=old&host=/tmp", "postgres://h/new?host=/tmp");
        check("postgres://u@%2Ftmp%2Fs:1/old", "postgres://u@%2Ftmp%2Fs:1/new");
        check("host=h dbname=old", "host=h dbname=old dbname='new'");
    }

    #[test]
    fn any_name_survives_either_form() {
        for url in ["host=h dbname=old", "postgres://h/old"] {
            for name in ["new", "it's a \\ \"name\"", "100%/é?&"] {
                let config = with_database(url, name).parse::<Config>();
                assert_eq!(config.ok().as_ref().and_then(Config::get_dbname), Some(name));
            }
        }
    }

    #[test]
    fn random_names_differ() -> io::Result<()> {
        let (one, other) = (random_hex(4)?, random_hex(4)?);
        assert_eq!(one.len(), 8);
        assert_ne!(one, other);
        Ok(())
    }
}
