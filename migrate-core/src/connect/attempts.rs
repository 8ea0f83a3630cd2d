//! Which server is asked next, at which address and in which way: a state machine that is told
//! what came of the last attempt. Pure.

use std::collections::VecDeque;
use std::net::IpAddr;

use tokio_postgres::config::SslMode as Way;

use super::ConnectError;
use super::endpoint::Server;
use super::session_attributes::SessionAttributes;
use super::tls::SslMode;

/// What to do next.
#[derive(Debug)]
pub(super) enum NextAttempt {
    /// Look up the addresses of this place's host.
    LookUp(Server),
    /// Try to connect.
    Try(Server, Option<IpAddr>, Way, SessionAttributes),
    /// Nothing is left to try.
    GiveUp(ConnectError),
}

/// The servers that are still to be tried, and why the others were of no use.
pub(super) struct AttemptIterator {
    mode: SslMode,
    /// All of them, for a second pass that asks for less.
    all: Vec<Server>,
    /// The first is the one under way.
    passes: &'static [SessionAttributes],
    /// The first is the one being tried.
    places: VecDeque<Server>,
    /// Its addresses that are still to be tried, once they are known.
    addresses: Option<VecDeque<Option<IpAddr>>>,
    /// Why the first way at this address failed, when the second is being tried.
    first_way: Option<ConnectError>,
    /// The most telling failure at the addresses of this place.
    failure: Option<ConnectError>,
    /// One for each place before.
    failures: Vec<ConnectError>,
}

impl AttemptIterator {
    pub(super) fn new(
        mode: SslMode,
        places: Vec<Server>,
        passes: &'static [SessionAttributes],
    ) -> Self {
        AttemptIterator {
            mode,
            places: places.clone().into(),
            all: places,
            passes,
            addresses: None,
            first_way: None,
            failure: None,
            failures: Vec::new(),
        }
    }

    pub(super) fn next(&mut self) -> NextAttempt {
        loop {
            let Some(place) = self.places.front() else {
                let [_, rest @ ..] = self.passes else {
                    return NextAttempt::GiveUp(self.verdict());
                };
                let [_, ..] = rest else { return NextAttempt::GiveUp(self.verdict()) };
                self.passes = rest;
                self.places = self.all.clone().into();
                self.failures.clear();
                continue;
            };
            match &self.addresses {
                None if place.address.is_none() && !place.is_socket() => {
                    return NextAttempt::LookUp(place.clone());
                }
                None => self.addresses = Some([place.address].into()),
                Some(addresses) => match addresses.front() {
                    Some(address) => {
                        let ways = place.ways(self.mode);
                        let way = ways.get(usize::from(self.first_way.is_some()));
                        let attributes = *self.passes.first().unwrap_or(&SessionAttributes::Any);
                        let way = *way.unwrap_or(&Way::Require);
                        return NextAttempt::Try(place.clone(), *address, way, attributes);
                    }
                    None => {
                        self.failures.extend(self.failure.take());
                        self.addresses = None;
                        self.places.pop_front();
                    }
                },
            }
        }
    }

    /// The host has these addresses.
    pub(super) fn found(&mut self, addresses: Vec<IpAddr>) {
        self.addresses = Some(addresses.into_iter().map(Some).collect());
    }

    /// The host could not be looked up.
    pub(super) fn not_found(&mut self, why: ConnectError) {
        self.failure = Some(why);
        self.addresses = Some(VecDeque::new());
    }

    /// The attempt failed.
    pub(super) fn failed(&mut self, why: ConnectError) {
        let ways = self.places.front().map_or(0, |place| place.ways(self.mode).len());
        let why = match self.first_way.take() {
            None if ways > 1 && why.may_pass_another_way() => {
                self.first_way = Some(why);
                return;
            }
            // What both ways met, or the second never reached: the first tells it better.
            Some(first) if why.may_pass_another_way() || why.is_no_tls() => first,
            _ => why,
        };
        if let Some(addresses) = &mut self.addresses {
            addresses.pop_front();
        }
        // A host with two addresses, where nobody listens at the second: the first tells more.
        if self.failure.is_none() || !why.is_no_answer() {
            self.failure = Some(why);
        }
    }

    fn verdict(&mut self) -> ConnectError {
        let mut failures = std::mem::take(&mut self.failures);
        match failures.pop() {
            Some(only) if failures.is_empty() => only,
            last => ConnectError::Several(failures.into_iter().chain(last).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::error::tests as samples;

    /// What came of an attempt, by a letter: `x` unreachable, `t` no TLS at the server, `h` a failed
    /// handshake, `r` the role refused, `p` the password refused.
    fn failure(letter: char) -> ConnectError {
        match letter {
            't' => samples::no_tls(),
            'h' => samples::handshake(),
            'r' => samples::role(),
            'p' => samples::password(),
            _ => samples::unreachable(),
        }
    }

    /// The attempts, and the variant of the error in the end.
    fn run(mode: SslMode, text: &str, addresses: usize, outcomes: &str) -> String {
        let wanted = crate::connect::endpoint::ConnectConfig::read(text).unwrap();
        let mut search = AttemptIterator::new(mode, wanted.places, wanted.attributes.passes());
        let (mut outcomes, mut seen) = (outcomes.chars(), String::new());
        loop {
            match search.next() {
                NextAttempt::LookUp(_) if addresses == 0 => search.not_found(failure('x')),
                NextAttempt::LookUp(_) => {
                    search.found(
                        (1..=addresses).map(|n| IpAddr::from([10, 0, 0, n as u8])).collect(),
                    );
                }
                NextAttempt::Try(place, address, way, attributes) => {
                    let address = address.map(|address| format!("={address}")).unwrap_or_default();
                    let attributes = match attributes {
                        SessionAttributes::Any => String::new(),
                        other => format!(" {other:?}"),
                    };
                    seen.push_str(&format!("{place}{address} {way:?}{attributes}, "));
                    search.failed(failure(outcomes.next().unwrap_or('x')));
                }
                NextAttempt::GiveUp(error) => {
                    let text = format!("{error:?}");
                    let end = text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len());
                    return seen + &text[..end];
                }
            }
        }
    }

    #[test]
    fn ways() {
        let check = |mode, outcomes: &str, expected: &str| {
            assert_eq!(
                run(mode, "hostaddr=1.1.1.1 port=1", 1, outcomes).replace("1.1.1.1:1=1.1.1.1 ", ""),
                expected
            );
        };
        check(SslMode::Disable, "r", "Disable, RoleRefused");
        check(SslMode::Require, "h", "Require, Handshake");
        check(SslMode::VerifyFull, "t", "Require, NoTls");
        check(SslMode::Prefer, "x", "Prefer, Unreachable");
        check(SslMode::Prefer, "p", "Prefer, WrongPassword");
        check(SslMode::Prefer, "hp", "Prefer, Disable, WrongPassword");
        check(SslMode::Prefer, "hr", "Prefer, Disable, Handshake");
        check(SslMode::Prefer, "rr", "Prefer, Disable, RoleRefused");
        check(SslMode::Allow, "p", "Disable, WrongPassword");
        check(SslMode::Allow, "rp", "Disable, Require, WrongPassword");
        check(SslMode::Allow, "rt", "Disable, Require, RoleRefused");
        check(SslMode::Allow, "rh", "Disable, Require, RoleRefused");
    }

    #[test]
    fn places_and_addresses() {
        let check = |text: &str, addresses, outcomes: &str, expected: &str| {
            assert_eq!(run(SslMode::Require, text, addresses, outcomes), expected, "{text}");
        };
        check("host=h", 0, "", "Unreachable");
        check("host=h", 1, "x", "h:5432=10.0.0.1 Require, Unreachable");
        check("host=h", 2, "px", "h:5432=10.0.0.1 Require, h:5432=10.0.0.2 Require, WrongPassword");
        check("host=h", 2, "xp", "h:5432=10.0.0.1 Require, h:5432=10.0.0.2 Require, WrongPassword");
        check("host=h,i", 1, "px", "h:5432=10.0.0.1 Require, i:5432=10.0.0.1 Require, Several");
        check("host=h,i", 0, "", "Several");
        check("host=/s", 1, "x", "/s/.s.PGSQL.5432 Disable, Unreachable");
    }

    #[test]
    fn a_second_pass_asks_for_less() {
        let check = |text: &str, expected: &str| {
            assert_eq!(run(SslMode::Disable, text, 1, ""), expected, "{text}");
        };
        check(
            "host=/s target_session_attrs=standby",
            "/s/.s.PGSQL.5432 Disable Standby, Unreachable",
        );
        check(
            "host=/s,/t port=1 target_session_attrs=prefer-standby",
            "/s/.s.PGSQL.1 Disable Standby, /t/.s.PGSQL.1 Disable Standby, \
             /s/.s.PGSQL.1 Disable, /t/.s.PGSQL.1 Disable, Several",
        );
    }
}
