//! Servers that answer nonsense, or nothing: each ends in a clear error, in bounded time.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use migrate_core::connect::Connector;
use migrate_core::{Error, Runner};

use crate::server::{PASSWORD, Session, connect};

/// What a server does with whoever comes, step by step; then it hangs up.
#[derive(Clone)]
pub(crate) enum Do {
    /// Reads what the client sends next.
    Read,
    Say(Vec<u8>),
    /// Says nothing for longer than any client here has patience.
    Hold,
    /// Says this again and again.
    Flood(Vec<u8>),
}

use Do::{Flood, Hold, Read as Hear, Say};

/// Longer than the clients have patience.
const LONG: Duration = Duration::from_secs(15);

/// A server with this script; its port.
pub(crate) fn scripted(script: &[Do]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let script = script.to_vec();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let script = script.clone();
            thread::spawn(move || perform(client, &script));
        }
    });
    port
}

fn perform(mut client: TcpStream, script: &[Do]) {
    for step in script {
        match step {
            Hear => {
                let mut heard = [0; 4096];
                if client.read(&mut heard).unwrap_or(0) == 0 {
                    return;
                }
            }
            Say(bytes) => drop(client.write_all(bytes)),
            Hold => thread::sleep(LONG),
            Flood(bytes) => {
                let end = std::time::Instant::now() + LONG;
                while std::time::Instant::now() < end && client.write_all(bytes).is_ok() {
                    thread::sleep(Duration::from_millis(1));
                }
            }
        }
    }
    drop(client.shutdown(Shutdown::Both));
}

/// A message of the server's.
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap();
    [&[kind], &length.to_be_bytes()[..], body].concat()
}

pub(crate) fn say(kind: u8, body: &[u8]) -> Do {
    Say(message(kind, body))
}

/// Who is there is not asked.
fn welcome() -> Do {
    say(b'R', &0u32.to_be_bytes())
}

pub(crate) fn login(number: u32, rest: &[u8]) -> Do {
    say(b'R', &[&number.to_be_bytes(), rest].concat())
}

/// The whole of a login: the session stands.
fn session() -> Vec<Do> {
    vec![Hear, welcome(), say(b'K', &[0; 8]), say(b'Z', b"I")]
}

/// What both clients say to a server with each of these scripts. All at once: some take a while.
fn both(
    cases: &[(&str, Vec<Do>)],
    settings: &str,
    told: impl Fn(Connector) -> [String; 2] + Sync,
) -> String {
    let page = thread::scope(|scope| {
        let tries: Vec<_> = cases
            .iter()
            .map(|(name, script)| {
                let (port, told) = (scripted(script), &told);
                scope.spawn(move || {
                    let string = format!(
                        "host=localhost hostaddr=127.0.0.1 port={port} user=u password={PASSWORD} \
                         connect_timeout=5 {settings}"
                    );
                    let [first, second] = told(Connector::new(&string).unwrap());
                    assert_eq!(first, second, "{name}");
                    assert!(!first.contains("Xq7"), "the password is in: {first}");
                    assert!(!first.chars().any(|c| c.is_control() && c != '\n'), "{first:?}");
                    format!("# {name}\n{}\n", first.replace(&port.to_string(), "5432"))
                })
            })
            .collect();
        tries.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
    });
    println!("{} cases", page.len());
    page.join("\n")
}

fn refused(connector: Connector) -> [String; 2] {
    connect(&connector).map(|result| match result {
        Ok(_) => "it connects".to_owned(),
        Err(why) => why.to_string(),
    })
}

fn shows(name: &str, page: &str) {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, page);
    });
}

#[test]
fn before_there_is_a_session() {
    let noise = (0..2000u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let scram = || login(10, b"SCRAM-SHA-256\0\0");
    let cases: Vec<(&str, Vec<Do>)> = vec![
        ("it says nothing", vec![Hear, Hold]),
        ("it hangs up when it is greeted", vec![Hear]),
        ("noise", vec![Hear, Say(noise)]),
        (
            "HTTP, and it holds the line",
            vec![Hear, Say(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()), Hold],
        ),
        ("SSH", vec![Say(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()), Hear, Hold]),
        ("zeros", vec![Hear, Say(vec![0; 64])]),
        ("ready before there was a login", vec![Hear, say(b'Z', b"I"), Hold]),
        ("a row before there was a login", vec![Hear, say(b'D', &[0, 0]), Hold]),
        ("an unknown kind of message", vec![Hear, say(b'!', b"?"), Hold]),
        ("half a message, and it hangs up", vec![Hear, Say(vec![b'R', 0, 0])]),
        ("half a message, and it holds the line", vec![Hear, Say(vec![b'R', 0, 0, 0, 8, 0]), Hold]),
        ("a length of 0", vec![Hear, Say(vec![b'R', 0, 0, 0, 0]), Hold]),
        ("a length of 3", vec![Hear, Say(vec![b'R', 0, 0, 0, 3]), Hold]),
        ("a length of 2 GiB", vec![Hear, Say(vec![b'R', 0x7f, 0xff, 0xff, 0xff, 0]), Hold]),
        ("a length of 4 GiB", vec![Hear, Say(vec![b'R', 0xff, 0xff, 0xff, 0xff, 0]), Hold]),
        ("an error without fields", vec![Hear, say(b'E', &[0])]),
        ("an error without its end", vec![Hear, say(b'E', b"SFATAL")]),
        ("an error of nothing", vec![Hear, say(b'E', b"")]),
        ("an error that is no UTF-8", vec![Hear, say(b'E', b"SFATAL\0C28000\0M\xff\xfe\0\0")]),
        (
            "an error that speaks to the terminal",
            vec![Hear, say(b'E', b"SFATAL\0C57P03\0M\x1b]0;gotcha\x07\x1b[2Jnot yet\0D\x9b2J\0\0")],
        ),
        (
            "an error without end",
            vec![Hear, Say(vec![b'E', 0x7f, 0, 0, 0]), Flood(vec![b'x'; 1024])],
        ),
        ("an unknown way to log in", vec![Hear, login(99, b""), Hold]),
        ("Kerberos", vec![Hear, login(7, b""), Hold]),
        ("MD5 with half its salt", vec![Hear, login(5, &[1, 2]), Hold]),
        ("SASL without a mechanism", vec![Hear, login(10, &[0]), Hold]),
        ("SASL with an unknown mechanism", vec![Hear, login(10, b"TELEPATHY\0\0"), Hold]),
        (
            "SASL that goes on with nonsense",
            vec![Hear, scram(), Hear, login(11, b"\x1bnonsense"), Hold],
        ),
        ("SASL with an empty nonce", vec![Hear, scram(), Hear, login(11, b"r=,s=,i=0"), Hold]),
        (
            "SASL with another's nonce",
            vec![Hear, scram(), Hear, login(11, b"r=other,s=AAAA,i=4096"), Hold],
        ),
        ("SASL that ends at once", vec![Hear, scram(), Hear, login(12, b"v=AAAA"), Hold]),
        ("logged in, and silent", vec![Hear, welcome(), Hold]),
        ("logged in, and it hangs up", vec![Hear, welcome()]),
        (
            "logged in, and settings without end",
            vec![Hear, welcome(), Flood(message(b'S', b"a\0b\0"))],
        ),
        ("half a key to cancel with", vec![Hear, welcome(), say(b'K', &[0, 0]), Hold]),
        ("a setting without a value", vec![Hear, welcome(), say(b'S', b"a\0"), Hold]),
        ("another protocol", vec![Hear, say(b'v', &[0, 3, 0, 0, 0, 0, 0, 0]), Hold]),
    ];
    assert!(cases.len() >= 36);
    shows("nonsense_before", &both(&cases, "sslmode=disable", refused));
}

#[test]
fn before_there_is_tls() {
    let cases: Vec<(&str, Vec<Do>)> = vec![
        ("neither yes nor no", vec![Hear, Say(b"X".to_vec()), Hold]),
        ("yes, and silent", vec![Hear, Say(b"S".to_vec()), Hold]),
        ("yes, and it hangs up", vec![Hear, Say(b"S".to_vec())]),
        ("yes, and noise", vec![Hear, Say(b"S".to_vec()), Hear, Say(vec![7; 600]), Hold]),
        ("an error, as servers of old", vec![Hear, say(b'E', b"SFATAL\0C0A000\0Mwhat?\0\0")]),
        (
            "yes, and a login in plain text behind it",
            vec![Hear, Say(b"SR\0\0\0\x08\0\0\0\0".to_vec()), Hold],
        ),
        ("no", vec![Hear, Say(b"N".to_vec()), Hold]),
        ("it hangs up", vec![Hear]),
    ];
    let page = ["require", "prefer"].map(|mode| {
        format!("## sslmode={mode}\n\n{}", both(&cases, &format!("sslmode={mode}"), refused))
    });
    shows("nonsense_tls", &page.join("\n"));
}

/// What both clients say when they are to migrate a database.
fn run(connector: Connector) -> [String; 2] {
    let chain = crate::sessions::chain();
    let runner = Runner::new(&chain).lock_wait_timeout(Duration::from_millis(100));
    connect(&connector).map(|session| {
        let result = match session {
            Err(why) => return format!("no session: {why}"),
            Ok(Session::Blocking(mut client)) => runner.upgrade(&mut client),
            Ok(Session::Tokio(runtime, client)) => runtime.block_on(runner.upgrade_async(&client)),
        };
        match result {
            Ok(_) => "at head".to_owned(),
            // The drivers see the end of a connection at one time or another.
            Err(Error::Server { what, failure }) if failure.code.is_none() => {
                let text = Error::Server { what, failure }.to_string();
                let help = text.split_once('\n').map_or("", |(_, help)| help);
                format!("{what} failed: [as the driver says]\n{help}")
            }
            Err(error) => error.to_string(),
        }
    })
}

#[test]
fn in_place_of_an_answer() {
    let answer = |says: Vec<Do>| [session(), vec![Hear], says].concat();
    let error =
        |code: &str, text: &str| say(b'E', format!("SERROR\0C{code}\0M{text}\0\0").as_bytes());
    let ready = || say(b'Z', b"I");
    // One column of text, called `a`.
    let columns = || say(b'T', &[&[0, 1, b'a', 0][..], &[0; 18]].concat());
    // The same refusal to whatever is asked.
    let always = |code: &str| {
        let again = [Hear, error(code, "no\u{1b}[2J"), ready()];
        [session(), std::iter::repeat_n(again, 200).flatten().collect()].concat()
    };
    let cases: Vec<(&str, Vec<Do>)> = vec![
        ("it hangs up", answer(vec![])),
        ("half a row, and it hangs up", answer(vec![columns(), Say(vec![b'D', 0, 0, 0, 9, 0])])),
        ("noise", answer(vec![Say(vec![7; 64])])),
        ("nothing but ready", answer(vec![ready()])),
        ("a row before its columns", answer(vec![say(b'D', &[0, 0]), ready()])),
        (
            "a row with more columns than it has",
            answer(vec![columns(), say(b'D', &[0, 9]), ready()]),
        ),
        (
            "a column of negative length",
            answer(vec![columns(), say(b'D', &[0, 1, 0xff, 0, 0, 0]), ready()]),
        ),
        (
            "a row that is no text",
            answer(vec![columns(), say(b'D', &[0, 1, 0, 0, 0, 1, 0xff]), ready()]),
        ),
        ("it wants to copy", answer(vec![say(b'G', &[0, 0, 0]), Hold])),
        ("an error without fields", answer(vec![say(b'E', &[0]), ready()])),
        ("a length of 0", answer(vec![Say(vec![b'D', 0, 0, 0, 0]), Hold])),
        ("always: there is no such table", always("42P01")),
        ("always: another migration runs", always("MG001")),
        ("always: the history has changed", always("MG002")),
        ("always: a deadlock", always("40P01")),
        ("always: a transaction has failed", always("25P02")),
        ("always: the server stops", always("57P01")),
        ("always: no right", always("42501")),
        ("always: a code that nobody knows", always("!!!!!")),
    ];
    assert!(cases.len() >= 19);
    shows("nonsense_after", &both(&cases, "sslmode=disable", run));
}

/// A statement may take hours, so a session has no limit but what its user gives it: of the network
/// (`tcp_user_timeout`), or around the future. A future that is dropped leaves the client usable for
/// nothing but its end.
#[test]
fn a_server_that_hangs_can_be_given_up() {
    let script = [session(), vec![Hear, Hold]].concat();
    let string = format!("host=127.0.0.1 port={} user=u sslmode=disable", scripted(&script));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let chain = crate::sessions::chain();
    runtime.block_on(async {
        let client = Connector::new(&string).unwrap().connect_async().await.unwrap();
        let runner = Runner::new(&chain);
        let asking = runner.status_async(&client);
        assert!(tokio::time::timeout(Duration::from_millis(200), asking).await.is_err());
    });
}
