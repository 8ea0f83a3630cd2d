//! The line between a client and the server: counts round trips, is slow, or breaks.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// What a line does. A round trip is something that the client sends after the server has answered, once it
/// is logged in.
pub(crate) struct Line {
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    trips: AtomicUsize,
    /// Cut before this round trip, counted from 1; 0 is never.
    cut_before: usize,
    /// From the client to the server and back.
    latency: Duration,
}

/// What both directions of a session know.
#[derive(Default)]
struct Session {
    logged_in: bool,
    server_spoke: bool,
}

impl Line {
    /// To the server at this address (`127.0.0.1:5432`).
    pub(crate) fn new(server: String, latency: Duration, cut_before: usize) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        let state = Arc::new(State { trips: AtomicUsize::new(0), cut_before, latency });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), Ok(server)) = (client, TcpStream::connect(&server)) else {
                    return;
                };
                let _ = (client.set_nodelay(true), server.set_nodelay(true));
                let (Ok(back), Ok(forth)) = (client.try_clone(), server.try_clone()) else {
                    return;
                };
                let session = Arc::new(Mutex::new(Session::default()));
                let (state, both) = (Arc::clone(&shared), Arc::clone(&session));
                thread::spawn(move || {
                    let _ = pass_on(&client, &forth, &state, &both);
                    let _ = (client.shutdown(Shutdown::Both), forth.shutdown(Shutdown::Both));
                });
                thread::spawn(move || {
                    let _ = give_back(&server, &back, &session);
                    let _ = (back.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
                });
            }
        });
        Ok(Line { port, state })
    }

    /// The address of a database, by this line.
    pub(crate) fn url(&self, url: &str, server: &str) -> String {
        let url = url.replace(server, &format!("127.0.0.1:{}", self.port));
        format!("{url}{}sslmode=disable", if url.contains('?') { "&" } else { "?" })
    }

    pub(crate) fn trips(&self) -> usize {
        self.state.trips.load(Ordering::SeqCst)
    }
}

fn lock(session: &Mutex<Session>) -> std::sync::MutexGuard<'_, Session> {
    session.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// What the client sends. It is late by the latency of the line, however much of it is on its way.
fn pass_on(
    mut client: &TcpStream,
    server: &TcpStream,
    state: &State,
    session: &Mutex<Session>,
) -> io::Result<()> {
    let late = Late::new(server.try_clone()?, state.latency);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = client.read(&mut buffer)?;
        // The end of the session, or its last word, which nobody answers.
        if count == 0 || buffer[..count] == *b"X\0\0\0\x04" {
            return late.finish(&buffer[..count]);
        }
        let mut session = lock(session);
        if session.logged_in && session.server_spoke {
            session.server_spoke = false;
            let nth = state.trips.fetch_add(1, Ordering::SeqCst) + 1;
            if nth == state.cut_before {
                return Ok(());
            }
        }
        drop(session);
        late.send(&buffer[..count])?;
    }
}

/// What the server answers. The first `ReadyForQuery` ends the login.
fn give_back(
    mut server: &TcpStream,
    mut client: &TcpStream,
    session: &Mutex<Session>,
) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = server.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        {
            let mut session = lock(session);
            let ready = buffer[..count].windows(5).any(|bytes| bytes == b"Z\0\0\0\x05");
            session.server_spoke = true;
            session.logged_in |= ready;
        }
        client.write_all(&buffer[..count])?;
    }
}

/// A writer that is late.
struct Late {
    to: std::sync::mpsc::Sender<(Instant, Vec<u8>)>,
    latency: Duration,
    writer: thread::JoinHandle<io::Result<()>>,
}

impl Late {
    fn new(mut stream: TcpStream, latency: Duration) -> Self {
        let (to, from) = std::sync::mpsc::channel::<(Instant, Vec<u8>)>();
        let writer = thread::spawn(move || {
            for (due, bytes) in from {
                thread::sleep(due.saturating_duration_since(Instant::now()));
                stream.write_all(&bytes)?;
            }
            Ok(())
        });
        Late { to, latency, writer }
    }

    fn send(&self, bytes: &[u8]) -> io::Result<()> {
        let sent = self.to.send((Instant::now() + self.latency, bytes.to_owned()));
        sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn finish(self, bytes: &[u8]) -> io::Result<()> {
        let _ = self.send(bytes);
        drop(self.to);
        self.writer.join().unwrap_or(Ok(()))
    }
}
