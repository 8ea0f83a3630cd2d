//! A server of our own with TLS, whose certificate can be changed.
//!
//! Its files are written by the server itself, so that it makes no difference whether it runs here or
//! in a container.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use migrate_core::ConnectError;
use migrate_core::connect::Connector;
use migrate_testkit::postgres::{self, NoTls, SimpleQueryMessage};
use migrate_testkit::{Backend, Server};
use tokio::runtime::{Builder, Runtime};

use crate::certificates::{Authority, CertificateKind, HOST};

/// The password of every role of these tests. No error may repeat it.
pub(crate) const PASSWORD: &str = "marker-Xq7";

/// The server, while a test has it for itself.
pub(crate) struct Tls {
    server: Server,
    authority: Authority,
    /// Holds the files with the root certificates.
    folder: tempfile::TempDir,
    /// The folder with the server's own files.
    data: String,
    kind: Option<CertificateKind>,
}

/// The one server of this binary; `None` where the tests have to take one that is not theirs.
pub(crate) fn server() -> Option<MutexGuard<'static, Tls>> {
    static SERVER: OnceLock<Option<Mutex<Tls>>> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        if std::env::var("PG_BACKEND").is_ok_and(|backend| backend == Backend::Url.name()) {
            eprintln!("not tested: TLS needs a server whose settings may be changed");
            return None;
        }
        Some(Mutex::new(Tls::start()))
    });
    // A failed test has left nothing that the next one does not set anew.
    server.as_ref().map(|server| server.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Tls {
    fn start() -> Self {
        let server = Server::start(&[Backend::Docker, Backend::Local, Backend::Download]).unwrap();
        let mut admin = postgres::Client::connect(server.admin_url(), NoTls).unwrap();
        let data = value(&mut admin, "SHOW data_directory");
        // Before the server's own lines, the first of which that fits counts.
        let lines = [
            "hostssl all by_scram all scram-sha-256",
            "hostssl all with_tls all trust",
            "hostnossl all with_tls all reject",
            "hostssl all without_tls all reject",
            "hostnossl all without_tls all trust",
            "host all nobody all trust",
            "hostssl all certified all cert",
        ];
        write(&mut admin, &lines.join("\n"), &format!("{data}/first"), "644");
        shell(
            &mut admin,
            &format!("cd '{data}' && cat first pg_hba.conf > all && cat all > pg_hba.conf"),
        );
        let roles = [
            ("by_password", "LOGIN"),
            ("by_scram", "LOGIN"),
            ("with_tls", "LOGIN"),
            ("without_tls", "LOGIN"),
            ("full", "LOGIN CONNECTION LIMIT 0"),
            ("idle", "NOLOGIN"),
            ("certified", "LOGIN"),
        ];
        for (name, options) in roles {
            let sql = format!("CREATE ROLE {name} {options} PASSWORD '{PASSWORD}'");
            admin.batch_execute(&sql).unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new("Tests");
        std::fs::write(folder.path().join("ca.crt"), &authority.certificate).unwrap();
        // From the next reload on, it wants to know who its clients are.
        write(&mut admin, &authority.certificate, &format!("{data}/clients.crt"), "644");
        admin.batch_execute("ALTER SYSTEM SET ssl_ca_file = 'clients.crt'").unwrap();
        Tls { server, authority, folder, data, kind: None }
    }

    /// Lets the server show another certificate.
    pub(crate) fn show(&mut self, kind: CertificateKind) {
        if self.kind == Some(kind) {
            return;
        }
        let mut admin = self.admin();
        let before = value(&mut admin, "SELECT pg_conf_load_time()");
        if let Some(pair) = self.authority.pair(kind) {
            write(&mut admin, &pair.certificate, &format!("{}/server.crt", self.data), "644");
            write(&mut admin, &pair.key, &format!("{}/server.key", self.data), "600");
            std::fs::write(self.file("server.crt"), pair.certificate).unwrap();
        }
        let ssl = if kind == CertificateKind::NoTls { "off" } else { "on" };
        let newest = if kind == CertificateKind::Good12 { "TLSv1.2" } else { "" };
        admin.batch_execute(&format!("ALTER SYSTEM SET ssl = {ssl}")).unwrap();
        let sql = format!("ALTER SYSTEM SET ssl_max_protocol_version = '{newest}'");
        admin.batch_execute(&sql).unwrap();
        admin.batch_execute("SELECT pg_reload_conf()").unwrap();
        // A new session has what the postmaster has read.
        let loaded =
            format!("SELECT pg_conf_load_time() > '{before}' AND current_setting('ssl') = '{ssl}'");
        for _ in 0..500 {
            if value(&mut self.admin(), &loaded) == "t" {
                self.kind = Some(kind);
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("the server did not read its settings again");
    }

    /// Lets the server refuse the clients with these certificates.
    pub(crate) fn revoke_clients(&mut self, serials: &[u64]) {
        let list = self.authority.list(serials, [2001, 2100]);
        write(&mut self.admin(), &list, &format!("{}/clients.crl", self.data), "644");
        self.admin().batch_execute("ALTER SYSTEM SET ssl_crl_file = 'clients.crl'").unwrap();
        let kind = self.kind.take();
        self.show(kind.unwrap_or(CertificateKind::Good));
    }

    pub(crate) fn authority(&self) -> &Authority {
        &self.authority
    }

    /// A file with root certificates: `ca.crt`, or `server.crt` for the server's own.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// How to connect as a role, with these settings besides.
    pub(crate) fn string(&self, role: &str, settings: &str) -> String {
        let (address, port) = self.address();
        format!(
            "host={HOST} hostaddr={address} port={port} user={role} password={PASSWORD} \
             dbname=postgres {settings}"
        )
    }

    /// Where the server listens.
    pub(crate) fn address(&self) -> (std::net::IpAddr, u16) {
        let config: postgres::Config = self.server.admin_url().parse().unwrap();
        let port = config.get_ports()[0];
        let [postgres::config::Host::Tcp(host)] = config.get_hosts() else { panic!("no host") };
        let found =
            std::net::ToSocketAddrs::to_socket_addrs(&(host.as_str(), port)).unwrap().next();
        (found.unwrap().ip(), port)
    }

    /// As superuser, in the way that the testkit connects.
    pub(crate) fn admin(&self) -> postgres::Client {
        postgres::Client::connect(self.server.admin_url(), NoTls).unwrap()
    }

    pub(crate) fn server(&self) -> &Server {
        &self.server
    }
}

/// One of the two clients.
pub(crate) enum Session {
    Blocking(postgres::Client),
    Tokio(Runtime, tokio_postgres::Client),
}

/// Connects with either client, which have to agree in what comes of it.
pub(crate) fn connect(connector: &Connector) -> [Result<Session, ConnectError>; 2] {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let client = runtime.block_on(connector.connect_async());
    [
        connector.connect().map(Session::Blocking),
        client.map(|client| Session::Tokio(runtime, client)),
    ]
}

impl Session {
    /// The only value of the only row.
    pub(crate) fn value(&mut self, sql: &str) -> String {
        first(&match self {
            Session::Blocking(client) => client.simple_query(sql).unwrap(),
            Session::Tokio(runtime, client) => runtime.block_on(client.simple_query(sql)).unwrap(),
        })
    }

    /// Whether TLS is in use, says the server.
    pub(crate) fn has_tls(&mut self) -> bool {
        self.value("SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid()")
            == "t"
    }
}

fn value(client: &mut postgres::Client, sql: &str) -> String {
    first(&client.simple_query(sql).unwrap())
}

fn first(messages: &[SimpleQueryMessage]) -> String {
    let value = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    value.unwrap_or_default()
}

/// A file of ours that is for some people's eyes alone.
pub(crate) fn write_private(path: &Path, bytes: &[u8], mode: u32) {
    std::fs::write(path, bytes).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    #[cfg(not(unix))]
    let _ = mode;
}

/// Lets the server write a file.
fn write(admin: &mut postgres::Client, text: &str, path: &str, mode: &str) {
    let lines =
        format!("SELECT pg_catalog.unnest(pg_catalog.string_to_array($file${text}$file$, E'\\n'))");
    let program =
        format!("rm -f \"{path}\" && umask 077 && cat > \"{path}\" && chmod {mode} \"{path}\"");
    admin.batch_execute(&format!("COPY ({lines}) TO PROGRAM '{program}'")).unwrap();
}

pub(crate) fn shell(admin: &mut postgres::Client, command: &str) {
    // What it is sent has to be read, or the server may take the end of the command for a failure.
    let command = format!("cat > /dev/null && {command}").replace('\'', "''");
    admin.batch_execute(&format!("COPY (SELECT) TO PROGRAM '{command}'")).unwrap();
}
