//! Connection strings, each with what is read.

use super::*;

/// What was read, or why not.
fn read(text: &str) -> String {
    match Settings::read(text) {
        Ok(settings) => {
            let password = settings.secret("password").map(String::from_utf8_lossy);
            let password = password.map(|password| format!("password={password}"));
            let others = settings.iter().map(|(name, value)| format!("{name}={value}"));
            others.chain(password).collect::<Vec<_>>().join(" ")
        }
        Err(error) => format!("{error:?}"),
    }
}

fn check(text: &str, expected: &str) {
    assert_eq!(read(text), expected, "{text}");
}

#[test]
fn urls() {
    check("postgres://", "");
    check("postgres://h", "host=h");
    check("postgresql://u@h:1/d", "dbname=d host=h port=1 user=u");
    check(
        "postgres://u:p@h/d?sslmode=verify-full",
        "dbname=d host=h sslmode=verify-full user=u password=p",
    );
    check("postgres://u:@h", "host=h user=u");
    check("postgres://:p@h", "host=h password=p");
    check("postgres://h?dbname=d", "dbname=d host=h");
    check("postgres:///d?host=/run/pg&port=6", "dbname=d host=/run/pg port=6");
    check("postgres://%2Frun%2Fpg:6/d", "dbname=d host=/run/pg port=6");
    check("postgres://[::1]:6/d", "dbname=d host=::1 port=6");
    check("postgres://[::1]", "host=::1");
    check("postgres://a:1,b,[::1]:3/d", "dbname=d host=a,b,::1 port=1,,3");
    check("postgres://h/d?&application_name=a%20b+c&", "application_name=a b+c dbname=d host=h");
}

#[test]
fn a_url_is_decoded_and_its_password_may_hold_what_it_likes() {
    check("postgres://a%40b:p%2Fq%3a@h/%C3%A9", "dbname=é host=h user=a@b password=p/q:");
    check("postgres://u:p@ss:w@h", "host=h user=u password=p@ss:w");
    check("postgres://u:100%@h", "host=h user=u password=100%");
    check("postgres://u:%zz%4@h", "host=h user=u password=%zz%4");
    check("postgres://h?user=a@b", "host=h user=a@b");
    let latin1 = Settings::read("postgres://u:%E9@h")
        .ok()
        .map(|settings| settings.secrets["password"].clone());
    assert_eq!(latin1, Some(vec![0xE9]));
}

#[test]
fn pairs() {
    check("", "");
    check("  host=h  user = u ", "host=h user=u");
    check("host=h password='a b\\'c\\\\d' port=1", "host=h port=1 password=a b'c\\d");
    check("host=h password=a\\ b", "host=h password=a b");
    check("options='-c search_path=a' host=''", "options=-c search_path=a");
    check("host=h password=", "host=h");
    check("sslrootcert=/a/b.crt sslmode=verify-ca", "sslmode=verify-ca sslrootcert=/a/b.crt");
}

#[test]
fn the_last_value_wins() {
    check("host=a dbname=b host=c", "dbname=b host=c");
    check("host=a host=''", "");
    check("postgres://a:1/d?host=b&port=2&dbname=e", "dbname=e host=b port=2");
    check("postgres://u:p@a?password=q&user=v", "host=a user=v password=q");
    check("sslmode=disable sslmode=require", "sslmode=require");
}

#[test]
fn what_is_wrong_is_named() {
    let part = |part: &str| format!("BadUrl {{ part: {part:?}");
    let check = |text: &str, expected: &str| {
        let found = read(text);
        assert!(found.starts_with(expected), "{text}: {found}");
    };
    check("mysql://u:p@h/d", &part("scheme"));
    for text in [
        "localhost/d",
        "localhost:5432",
        "app:secret@host/db",
        "app:secret@host/db?sslmode=require",
        "app:sec=ret@host/db",
        "//app:secret@host/db",
        "jdbc:postgresql://h/d?user=u",
        " postgres://app:secret@host/db",
        "\"postgres://app:secret@host/db\"",
    ] {
        check(text, &part("scheme"));
        assert!(!read(text).contains("secret"), "{text}");
    }
    check("host", &part("parameter"));
    check("host h=1", &part("parameter"));
    check("=h", &part("parameter"));
    check("host='h", &part("value"));
    check("postgres://[::1/d", &part("host"));
    check("postgres://[::1]6/d", &part("host"));
    check("postgres://::1/d", &part("host"));
    check("postgres://%FF/d", &part("host"));
    check("postgres://h?sslmode", &part("query"));
    check("postgres://h/%00", &part("dbname"));
    check("postgres://u:12/34@h/d", &part("password"));
    let unknown = |name: &str, suggestion: &str| {
        format!("UnknownParameter {{ name: Some({name:?}), suggestion: {suggestion} }}")
    };
    check("postgres://h?ssl_mode=require", &unknown("ssl_mode", "Some(\"sslmode\")"));
    check("host=h schema=s", &unknown("schema", "None"));
}

#[test]
fn names_of_other_drivers() {
    check("postgres://h?ssl-mode=require&ssl-ca=/ca", "host=h sslmode=require sslrootcert=/ca");
    check(
        "postgres://h?ssl-root-cert=/ca&ssl-cert=/c&ssl-key=/k",
        "host=h sslcert=/c sslkey=/k sslrootcert=/ca",
    );
    check("postgres://h?statement-cache-capacity=0", "host=h");
    let notes = Settings::read("postgres://h?statement-cache-capacity=0").unwrap().notes;
    assert!(notes.len() == 1 && notes[0].contains("statement-cache-capacity"), "{notes:?}");
    check(
        "postgres://h?options[search_path]=a&options%5Bx.y%5D=b%20c%5C",
        "host=h options=-c search_path=a -c x.y=b\\ c\\\\",
    );
    check("postgres://h?options=-c%20a=b&options[x]=1", "host=h options=-c a=b -c x=1");
    check("host=h requiressl=1", "host=h sslmode=require");
    check("host=h sslmode=require requiressl=0", "host=h sslmode=prefer");
    check("postgres://h?ssl=true", "host=h sslmode=require");
    check("host=h keepalives_count=3", "host=h keepalives_retries=3");
}

#[test]
fn secrets_are_kept_apart() {
    for text in ["host=h sslpassword=s3cret", "host=h oauth_client_secret=s3cret"] {
        let settings = Settings::read(text).unwrap();
        assert_eq!(settings.iter().collect::<Vec<_>>(), [("host", "h")]);
    }
    let error = read("host=h sslpassword=a s3cret=b");
    assert!(error.contains("UnknownParameter") && !error.contains("s3cret"), "{error}");
}
