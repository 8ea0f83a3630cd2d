//! Strings, variables, defaults and password files, each with what it leads to.

use super::*;

/// The surroundings of a test: `NAME=value` lines for variables, the user `os`, no socket, no file.
struct Here<'h> {
    variables: &'h str,
    sockets: &'h [&'h str],
    passwords: Option<Result<&'h str, &'h str>>,
    files: &'h [(&'h str, &'h str)],
}

fn here(variables: &str) -> Here<'_> {
    Here { variables, sockets: &[], passwords: None, files: &[] }
}

impl Here<'_> {
    fn read(&self, url: Option<&str>) -> Result<ConnectConfig, ConnectError> {
        let variable = |name: &str| {
            let mut pairs = self.variables.lines().filter_map(|line| line.split_once('='));
            pairs.find(|(known, _)| known.trim() == name).map(|(_, value)| OsString::from(value))
        };
        let passwords = |_: Option<&str>| match self.passwords {
            None => PasswordFile::Missing,
            Some(Ok(text)) => PasswordFile::Text(text.to_owned()),
            Some(Err(why)) => PasswordFile::Ignored(why.to_owned()),
        };
        read(
            url,
            &Around {
                variable: &variable,
                user: &|| Some("os".to_owned()),
                exists: &|path| self.sockets.contains(&path),
                passwords: &passwords,
                services: &|| Some("/home/.pg_service.conf".to_owned()),
                file: &|path| match self.files.iter().find(|(name, _)| *name == path) {
                    Some((_, "unreadable")) => Err("Permission denied".to_owned()),
                    found => Ok(found.map(|(_, text)| (*text).to_owned())),
                },
            },
        )
    }

    /// Where it leads and the settings besides, or what is wrong.
    fn leads(&self, url: Option<&str>) -> String {
        let wanted = match self.read(url) {
            Ok(wanted) => wanted,
            Err(error) => return error.to_string().lines().next().unwrap_or_default().to_owned(),
        };
        let known = ["host", "port", "user", "dbname"];
        let others = wanted.settings.iter().filter(|(parameter, _)| !known.contains(parameter));
        let others: String =
            others.map(|(parameter, value)| format!(" {parameter}={value}")).collect();
        let place = &wanted.places[0];
        let config = wanted.config(place, None, tokio_postgres::config::SslMode::Disable);
        let password = config.get_password().map(String::from_utf8_lossy);
        let password = password.map(|password| format!(" with {password}")).unwrap_or_default();
        format!("{wanted}{others}{password}")
    }
}

fn check(variables: &str, url: Option<&str>, expected: &str) {
    assert_eq!(here(variables).leads(url), expected, "{variables:?} {url:?}");
}

#[test]
fn a_string_goes_before_database_url_and_that_before_the_others() {
    let both = "DATABASE_URL=postgres://v:q@b/e\nPGHOST=c\nPGUSER=w\nPGDATABASE=f\nPGPASSWORD=r";
    check(both, Some("postgres://u:p@a/d"), "u@a:5432/d with p");
    check(both, None, "v@b:5432/e with q");
    check(both, Some("host=a"), "w@a:5432/f with r");
    check("DATABASE_URL=\nPGHOST=c", None, "os@c:5432/os");
}

#[test]
fn variables_fill_in_what_a_string_leaves_out() {
    check("PGHOST=c\nPGPORT=6", Some("postgres:///app"), "os@c:6/app");
    check("PGPORT=6", Some("postgres://a/app"), "os@a:6/app");
    check("PGPORT=6", Some("postgres://a:7/app"), "os@a:7/app");
    check("PGUSER=w\nPGPASSWORD=p", Some("postgres://a/app"), "w@a:5432/app with p");
    check("PGDATABASE=f", Some("postgres://a"), "os@a:5432/f");
    check("PGUSER=w", Some("postgres://a"), "w@a:5432/w");
    check("PGHOST=a,b\nPGPORT=1,2", None, "os@a:1,b:2/os");
    check("PGHOSTADDR=10.0.0.1", None, "os@10.0.0.1:5432/os hostaddr=10.0.0.1");
    check("PGHOST=\nPGPORT=6", None, "os@localhost:6/os");
    check(
        "PGHOST=c\nPGSSLMODE=verify-full\nPGSSLROOTCERT=/ca\nPGAPPNAME=me\nPGCONNECT_TIMEOUT=3\n\
         PGOPTIONS=-c a.b=1\nPGTARGETSESSIONATTRS=read-write\nPGCHANNELBINDING=prefer",
        None,
        "os@c:5432/os application_name=me channel_binding=prefer connect_timeout=3 \
         options=-c a.b=1 sslmode=verify-full sslrootcert=/ca target_session_attrs=read-write",
    );
}

#[test]
fn the_host_is_a_socket_that_is_there_or_else_this_machine() {
    let check = |sockets: &[&str], variables: &str, expected: &str| {
        let here = Here { sockets, ..here(variables) };
        assert_eq!(here.leads(Some("postgres:///d")), expected, "{sockets:?} {variables}");
    };
    let (run, tmp) = ("/var/run/postgresql/.s.PGSQL.5432", "/tmp/.s.PGSQL.5432");
    check(&[], "", "os@localhost:5432/d");
    check(&[run, tmp], "", &format!("os@{run}/d"));
    check(&[tmp], "", &format!("os@{tmp}/d"));
    check(&[run], "PGPORT=6", "os@localhost:6/d");
    check(&["/tmp/.s.PGSQL.6"], "PGPORT=6", "os@/tmp/.s.PGSQL.6/d");
    check(&[run], "PGHOST=h", "os@h:5432/d");
    check(&[run], "PGHOSTADDR=::1", "os@[::1]:5432/d hostaddr=::1");
}

#[test]
fn nothing_says_where() {
    for variables in ["", "DATABASE_URL=", "PGUSER=u\nPGPASSWORD=p\nPGSSLMODE=require", "PGHOST="] {
        let found = here(variables).read(None);
        assert!(matches!(found, Err(ConnectError::Nowhere)), "{variables:?}");
    }
    for variables in ["PGHOST=h", "PGHOSTADDR=::1", "PGPORT=6", "PGDATABASE=d"] {
        assert!(here(variables).read(None).is_ok(), "{variables:?}");
    }
    check("", Some(" "), "the connection string can't be read: its text is empty");
}

#[test]
fn the_variable_that_is_wrong_is_named() {
    let wrong = |name: &str, what: &str| format!("the environment variable {name} {what}");
    let port = "must be a number from 1 to 65535, or several with commas between";
    check("PGPORT=x", None, &wrong("PGPORT", port));
    check("PGPORT=x", Some("postgres://h/d"), &wrong("PGPORT", port));
    check("PGHOST=a,", None, &wrong("PGHOST", "is empty"));
    check(
        "PGHOST=a,b\nPGHOSTADDR=::1",
        None,
        &wrong("PGHOSTADDR", "names more or fewer servers than the host"),
    );
    check(
        "PGHOST=a\nPGCONNECT_TIMEOUT=soon",
        None,
        &wrong("PGCONNECT_TIMEOUT", "must be a number"),
    );
    let modes = "must be one of disable, allow, prefer, require, verify-ca and verify-full";
    check("PGSSLMODE=on", Some("host=h"), &wrong("PGSSLMODE", modes));
    let refused = |name: &str, why: &str| wrong(name, &format!("can't be honoured: {why}"));
    let gss = "GSSAPI encryption is not supported; TLS is (sslmode=verify-full)";
    check("PGGSSENCMODE=require", Some("host=h"), &refused("PGGSSENCMODE", gss));
    check("PGGSSENCMODE=prefer", Some("host=h"), "os@h:5432/os gssencmode=prefer");
    let peer = "this client can't tell who runs the server behind a Unix socket";
    check("PGREQUIREPEER=pg", Some("host=/s"), &refused("PGREQUIREPEER", peer));
    check("PGREQUIREPEER=pg", Some("host=h"), "os@h:5432/os requirepeer=pg");
    check(
        "PGSSLMINPROTOCOLVERSION=x",
        Some("host=h"),
        &wrong("PGSSLMINPROTOCOLVERSION", "must be one of TLSv1, TLSv1.1, TLSv1.2 and TLSv1.3"),
    );
    let in_url = "the environment variable DATABASE_URL: the connection string";
    check(
        "DATABASE_URL=mysql://h",
        None,
        &format!("{in_url} can't be read: its scheme is neither `postgres://` nor `postgresql://`"),
    );
    check("DATABASE_URL=host=h port=x", None, &format!("{in_url}'s `port` {port}"));
    check("", Some("host=h port=x"), &format!("the connection string's `port` {port}"));
    // A value that is overruled is not looked at.
    check("PGPORT=x\nDATABASE_URL=mysql://h", Some("postgres://u@h:6"), "u@h:6/u");
}

#[test]
fn no_error_has_a_password_in_it() {
    for variables in [
        "DATABASE_URL=postgres://u:s3cret@h:x/d",
        "DATABASE_URL=postgres://u:s3cret%00@h/d",
        "DATABASE_URL=host=h password=s3cret what=1",
        "PGHOST=h\nPGPASSWORD=s3cret\nPGPORT=x",
        "PGHOST=h\nPGPASSWORD=s3cret\0",
    ] {
        let error = here(variables).read(None).err();
        let shown = error.map(|error| format!("{error} {error:?}")).unwrap_or_default();
        assert!(!shown.is_empty() && !shown.contains("s3cret"), "{variables}: {shown}");
    }
}

#[test]
fn passwords_from_the_file() {
    let check = |file: Result<&str, &str>, variables: &str, expected: &str, warned: &[&str]| {
        let here = Here { passwords: Some(file), ..here(variables) };
        assert_eq!(here.leads(Some("postgres://u@h/d")), expected);
        let warnings = here.read(Some("postgres://u@h/d")).map(|wanted| wanted.warnings);
        assert_eq!(warnings.unwrap_or_default(), warned);
    };
    check(Ok("h:5432:d:u:p"), "", "u@h:5432/d with p", &[]);
    check(Ok("h:5432:d:v:p"), "", "u@h:5432/d", &[]);
    check(Ok("h:5432:d:u:p"), "PGPASSWORD=q", "u@h:5432/d with q", &[]);
    check(Err("it is open"), "", "u@h:5432/d", &["it is open"]);
    check(Err("it is open"), "PGPASSWORD=q", "u@h:5432/d with q", &[]);
}

#[test]
fn each_place_has_its_own_password() {
    let file = Here { passwords: Some(Ok("a:1:d:u:p\nb:2:d:u:q")), ..here("") };
    let found = file.read(Some("postgres://u@a:1,b:2,c:3/d"));
    let Ok(wanted) = found else { panic!("it should be read") };
    let passwords = wanted.places.iter().map(|place| {
        let config = wanted.config(place, None, tokio_postgres::config::SslMode::Disable);
        config.get_password().map(<[u8]>::to_vec)
    });
    let expected = [Some(b"p".to_vec()), Some(b"q".to_vec()), None];
    assert_eq!(passwords.collect::<Vec<_>>(), expected);
    assert_eq!(
        wanted.places.iter().map(|p| wanted.has_password(p)).collect::<Vec<_>>(),
        [true, true, false]
    );
}

#[test]
fn a_child_connects_to_the_same() {
    let found = here("PGPORT=6\nPGSSLMODE=require").read(Some("postgres://u:p%20q@h/d"));
    let Ok(wanted) = found else { panic!("it should be read") };
    let (set, removed): (Vec<_>, Vec<_>) =
        for_a_child(&wanted.settings).into_iter().partition(|(_, value)| value.is_some());
    let set: Vec<String> = set
        .iter()
        .map(|(name, value)| format!("{name}={}", value.as_ref().unwrap().to_string_lossy()))
        .collect();
    let expected =
        ["PGDATABASE=d", "PGHOST=h", "PGPASSWORD=p q", "PGPORT=6", "PGSSLMODE=require", "PGUSER=u"];
    assert_eq!(set, expected);
    for name in ["PGHOSTADDR", "PGOPTIONS", "PGSERVICE", "PGREQUIRESSL", "PGSSLCRL"] {
        assert!(removed.iter().any(|(removed, _)| *removed == name), "{name}");
    }
}

#[test]
fn every_word_of_security_is_honoured_or_refused() {
    check("PGREQUIRESSL=1", Some("host=h"), "os@h:5432/os sslmode=require");
    check("PGREQUIRESSL=0", Some("host=h"), "os@h:5432/os");
    check("PGREQUIRESSL=1\nPGSSLMODE=prefer", Some("host=h"), "os@h:5432/os sslmode=prefer");
    check(
        "PGREQUIRESSL=1\nPGSSLROOTCERT=system",
        Some("host=h"),
        "os@h:5432/os sslrootcert=system",
    );
    check(
        "PGSSLCRL=/l\nPGSSLCRLDIR=/f\nPGSSLCERT=/c\nPGSSLKEY=/k\nPGSSLCERTMODE=allow\nPGSSLSNI=0",
        Some("host=h sslmode=verify-full"),
        "os@h:5432/os sslcert=/c sslcertmode=allow sslcrl=/l sslcrldir=/f sslkey=/k \
         sslmode=verify-full sslsni=0",
    );
    // Both, by the same table: no variable says more or less than its parameter.
    for known in PARAMETERS.iter().filter(|known| known.variable.is_some()) {
        let parameters::ParameterSupport::Refused { why, .. } = known.support else { continue };
        let variable = known.variable.unwrap_or_default();
        let by_variable = here(&format!("{variable}=x")).leads(Some("host=/s"));
        let by_string = here("").leads(Some(&format!("host=/s {}=x", known.name)));
        let expected = format!("can't be honoured: {why}");
        assert_eq!(by_variable, format!("the environment variable {variable} {expected}"));
        assert_eq!(by_string, format!("the connection string's `{}` {expected}", known.name));
    }
}

#[test]
fn what_is_said_in_vain_is_told() {
    let warned = |variables: &str, url: &str| {
        let found = here(variables).read(Some(url));
        found.map(|wanted| wanted.warnings).unwrap_or_default()
    };
    let list = "sslcrl is not used: sslmode=prefer does not verify the server's certificate";
    assert_eq!(warned("PGSSLCRL=/l", "host=h"), [list]);
    assert_eq!(warned("PGSSLCRL=/l", "host=h sslmode=verify-ca"), [""; 0]);
    assert_eq!(warned("", "postgres://h?statement-cache-capacity=0").len(), 1);
}

#[test]
fn services() {
    let own = "/home/.pg_service.conf";
    let shop = "[shop]\nhost=db.example\nport=6\nsslmode=require\npassword=p\n[bare]\n";
    let check = |files: &[(&str, &str)], variables: &str, url: Option<&str>, expected: &str| {
        let here = Here { files, ..here(variables) };
        assert_eq!(here.leads(url), expected, "{files:?} {variables} {url:?}");
    };
    let at_home = [(own, shop)];
    let led = "os@db.example:6/os sslmode=require with p";
    check(&at_home, "PGSERVICE=shop", None, led);
    check(&at_home, "", Some("service=shop"), led);
    check(
        &at_home,
        "PGSERVICE=bare",
        Some("postgres:///d?service=shop"),
        &led.replace("/os", "/d"),
    );
    check(
        &at_home,
        "PGSERVICE=shop\nPGHOST=h\nPGUSER=w",
        None,
        "w@db.example:6/w sslmode=require with p",
    );
    check(&at_home, "PGSERVICE=shop", Some("host=h port=1"), "os@h:1/os sslmode=require with p");
    check(&[("/f", shop)], "PGSERVICE=shop\nPGSERVICEFILE=/f", None, led);
    check(&[("/f", shop)], "", Some("service=shop servicefile=/f"), led);
    let system_wide = [(own, "[other]\n"), ("/etc/pg/pg_service.conf", shop)];
    check(&system_wide, "PGSERVICE=shop\nPGSYSCONFDIR=/etc/pg", None, led);

    let bad = |why: &str| format!("the service `shop` can't be used: {why}");
    check(&[], "PGSERVICE=shop", Some("host=h"), &bad("there is no service file"));
    check(&[(own, "")], "PGSERVICE=shop", None, &bad(&format!("{own} has no section [shop]")));
    check(&[], "PGSERVICE=shop\nPGSERVICEFILE=/f", None, &bad("there is no file /f"));
    let file = |text: &str, why: &str| {
        check(&[(own, text)], "PGSERVICE=shop", None, &bad(&format!("{own}{why}")));
    };
    file("unreadable", " can't be read: Permission denied");
    file("[shop]\nhost", ": line 2 has no `=`");
    file("[shop]\nhots=h", ": line 2: unknown parameter `hots`");
    file(
        "[shop]\nhost=h\nport=x",
        ": `port` must be a number from 1 to 65535, or several with commas between",
    );
    file(
        "[shop]\nhost=h\nrequire_auth=md5",
        ": `require_auth` can't be honoured: this client can't restrict how it logs in; channel_binding=require insists on SCRAM over TLS",
    );
}

#[test]
fn a_string_alone_reads_no_file() {
    for parameter in ["service", "servicefile", "passfile"] {
        let error = ConnectConfig::read(&format!("host=h {parameter}=x")).err();
        assert!(error.is_some_and(|error| error.is_about(parameter)), "{parameter}");
    }
}
