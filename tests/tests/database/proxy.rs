//! A proxy that counts what a client sends, and can cut the line: the network seen from outside.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use migrate_testkit::Database;
use migrate_testkit::postgres::Config;

use crate::support::{address, connection};

/// Between clients and the server of one database. Ends with the process.
pub(crate) struct Proxy {
    port: u16,
    line: Arc<Line>,
}

#[derive(Default)]
struct Line {
    /// Simple queries sent.
    queries: AtomicUsize,
    /// Other messages sent, besides those that begin and end a session.
    others: AtomicUsize,
    /// Bytes sent.
    bytes: AtomicUsize,
    /// Cut after so many more queries have been passed on, unless it is 0.
    cut_after: AtomicUsize,
    is_cut: AtomicBool,
    /// All messages sent.
    messages: AtomicUsize,
    kill: Mutex<Option<Kill>>,
}

/// A process, and what is to happen at one of its messages.
struct Kill {
    /// So many messages are passed on before.
    left: usize,
    when: When,
    process: Child,
    blow: Option<Blow>,
}

/// What happens to a process, or to what it needs.
pub(crate) type Blow = Box<dyn FnOnce(&mut Child) + Send>;

/// On which side of the message it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// The server never gets the message.
    Before,
    /// The server has the message, and nobody hears its answer.
    After,
}

impl Proxy {
    pub(crate) fn new(database: &Database) -> Self {
        let config: Config = database.url().parse().unwrap();
        let server = address(&config);
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let line = Arc::new(Line::default());
        let shared = Arc::clone(&line);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(&server).unwrap());
                client.set_nodelay(true).unwrap();
                server.set_nodelay(true).unwrap();
                let (back, forth) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let line = Arc::clone(&shared);
                thread::spawn(move || line.pass_on(client, forth));
                thread::spawn(move || copy(server, back));
            }
        });
        Proxy { port, line }
    }

    /// How to connect through it.
    pub(crate) fn url(&self, database: &Database) -> String {
        connection(database, &[("host", "127.0.0.1"), ("port", &self.port.to_string())])
    }

    /// What was sent since the last call: simple queries, other messages, bytes.
    pub(crate) fn count(&self) -> (usize, usize, usize) {
        let take = |counter: &AtomicUsize| counter.swap(0, Ordering::SeqCst);
        (take(&self.line.queries), take(&self.line.others), take(&self.line.bytes))
    }

    /// Runs a process, kills it at its nth message, and waits until it has ended; without a number
    /// it may live. Tells how many messages it has sent.
    pub(crate) fn run(&self, command: &mut Command, kill_at: Option<(usize, When)>) -> usize {
        let kill = |process: &mut Child| {
            process.kill().unwrap();
            process.wait().unwrap();
        };
        self.run_until(command, kill_at, Box::new(kill))
    }

    /// The same, and something else happens to it.
    pub(crate) fn run_until(
        &self,
        command: &mut Command,
        at: Option<(usize, When)>,
        blow: Blow,
    ) -> usize {
        let (nth, when) = at.unwrap_or((usize::MAX, When::After));
        self.line.messages.store(0, Ordering::SeqCst);
        // Nothing is passed on before the process is known.
        let mut kill = self.line.kill.lock().unwrap();
        let process = command.spawn().unwrap();
        *kill = Some(Kill { left: nth - 1, when, process, blow: Some(blow) });
        drop(kill);
        loop {
            let mut kill = self.line.kill.lock().unwrap();
            if kill.as_mut().unwrap().process.try_wait().unwrap().is_some() {
                *kill = None;
                return self.line.messages.load(Ordering::SeqCst);
            }
            drop(kill);
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Passes on so many more queries and then cuts the line to the client: it never gets the
    /// answer to the last.
    pub(crate) fn cut_after(&self, queries: usize) {
        self.line.cut_after.store(queries, Ordering::SeqCst);
    }

    /// Whether a line was cut for that.
    pub(crate) fn is_cut(&self) -> bool {
        self.line.is_cut.load(Ordering::SeqCst)
    }
}

impl Line {
    /// Passes on what the client sends, message by message.
    fn pass_on(&self, mut client: TcpStream, mut server: TcpStream) -> io::Result<()> {
        // The message that opens a session has no type.
        let mut kind = None;
        loop {
            let mut header = vec![0; if kind.is_some() { 5 } else { 4 }];
            if client.read_exact(&mut header).is_err() {
                return server.shutdown(Shutdown::Write);
            }
            let at = header.len() - 4;
            let length = u32::from_be_bytes(header[at..].try_into().unwrap());
            let mut message = header;
            let rest = u64::from(length) - 4;
            Read::by_ref(&mut client).take(rest).read_to_end(&mut message)?;
            kind = Some(if at == 0 { b'!' } else { message[0] });
            // Counted before it can be answered.
            self.bytes.fetch_add(message.len(), Ordering::SeqCst);
            match kind {
                Some(b'Q') => self.queries.fetch_add(1, Ordering::SeqCst),
                // Opening, password, end.
                Some(b'!' | b'p' | b'X') => 0,
                _ => self.others.fetch_add(1, Ordering::SeqCst),
            };
            self.messages.fetch_add(1, Ordering::SeqCst);
            if self.strikes(When::Before) {
                return server.shutdown(Shutdown::Both);
            }
            let left = self.cut_after.load(Ordering::SeqCst);
            if kind == Some(b'Q') && left > 0 {
                self.cut_after.store(left - 1, Ordering::SeqCst);
                if left == 1 {
                    self.is_cut.store(true, Ordering::SeqCst);
                    // Before the server can answer.
                    client.shutdown(Shutdown::Both)?;
                    server.write_all(&message)?;
                    return server.shutdown(Shutdown::Write);
                }
            }
            server.write_all(&message)?;
            if self.strikes(When::After) {
                return server.shutdown(Shutdown::Write);
            }
        }
    }

    /// Strikes if the time has come.
    fn strikes(&self, now: When) -> bool {
        let mut kill = self.kill.lock().unwrap();
        let Some(Kill { left, when, process, blow }) = kill.as_mut() else { return false };
        let is_due = *left == 0 && *when == now;
        if is_due {
            if let Some(blow) = blow.take() {
                blow(process);
            }
        } else if now == When::After {
            *left = left.saturating_sub(1);
        }
        is_due
    }
}

/// Passes on what the server answers. It is read to its end also when nobody wants it any more: a
/// server that can't send gives up in the middle.
fn copy(mut from: TcpStream, mut to: TcpStream) -> io::Result<()> {
    if io::copy(&mut from, &mut to).is_err() {
        let _ = io::copy(&mut from, &mut io::sink());
    }
    // However the server's end was: a session that is terminated may be reset.
    to.shutdown(Shutdown::Write)
}
