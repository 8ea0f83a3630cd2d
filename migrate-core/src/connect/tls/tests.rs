//! What parameters ask of TLS.

use super::*;

#[test]
fn sslmode_and_sslrootcert_decide() {
    use SslMode::*;
    let file = || Roots::File("ca.crt".into());
    let check = |mode: Option<&str>, roots: Option<&str>, expected: Option<(SslMode, Trust)>| {
        assert_eq!(
            mode_and_trust(mode, roots, false).ok(),
            expected,
            "sslmode={mode:?} sslrootcert={roots:?}"
        );
    };
    check(None, None, Some((Prefer, Trust::Anyone)));
    check(Some("disable"), None, Some((Disable, Trust::Anyone)));
    check(Some("allow"), None, Some((Allow, Trust::Anyone)));
    check(Some("prefer"), None, Some((Prefer, Trust::Anyone)));
    check(Some("require"), None, Some((Require, Trust::Chain(Roots::HomeIfThere))));
    check(Some("verify-ca"), None, Some((VerifyCa, Trust::Chain(Roots::Home))));
    check(Some("verify-full"), None, Some((VerifyFull, Trust::ChainAndName(Roots::Home))));

    let ca = Some("ca.crt");
    check(None, ca, Some((Prefer, Trust::Anyone)));
    check(Some("disable"), ca, Some((Disable, Trust::Anyone)));
    check(Some("prefer"), ca, Some((Prefer, Trust::Anyone)));
    check(Some("require"), ca, Some((Require, Trust::Chain(file()))));
    check(Some("verify-ca"), ca, Some((VerifyCa, Trust::Chain(file()))));
    check(Some("verify-full"), ca, Some((VerifyFull, Trust::ChainAndName(file()))));

    let system = Some("system");
    check(None, system, Some((VerifyFull, Trust::ChainAndName(Roots::System))));
    check(Some("verify-full"), system, Some((VerifyFull, Trust::ChainAndName(Roots::System))));
    for weaker in ["disable", "allow", "prefer", "require", "verify-ca"] {
        check(Some(weaker), system, None);
    }
    for unknown in ["", "Require", "verify_full", "on"] {
        check(Some(unknown), None, None);
    }
}

/// What a few settings, `parameter=value`, come to.
fn decided(settings: &str) -> Result<Tls, ConnectError> {
    let get = |parameter: &str| {
        let pairs = settings.split(' ').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(name, _)| *name == parameter).map(|(_, value)| value).next_back()
    };
    Tls::decide(&get, get("sslpassword").map(str::as_bytes))
}

#[test]
fn versions() {
    let check = |settings: &str, expected: Option<Protocols>| {
        assert_eq!(decided(settings).ok().map(|tls| tls.protocols), expected, "{settings}");
    };
    let (min, max) = ("ssl_min_protocol_version", "ssl_max_protocol_version");
    check("", Some(Protocols::Any));
    check(&format!("{min}=TLSv1"), Some(Protocols::Any));
    check(&format!("{min}=tlsv1.3"), Some(Protocols::Only13));
    check(&format!("{max}=TLSv1.2"), Some(Protocols::Only12));
    check(&format!("{max}=TLSv1.3"), Some(Protocols::Any));
    check(&format!("{min}=TLSv1.3 {max}=TLSv1.2"), None);
    check(&format!("{max}=TLSv1.1"), None);
    check(&format!("{min}=SSLv3"), None);
}

#[test]
fn identities() {
    let files = |certificate: Option<&str>, key: Option<&str>, password: Option<&str>| {
        Some(Identity::Files {
            certificate: certificate.map(PathBuf::from),
            key: key.map(PathBuf::from),
            password: password.map(|password| Secret(password.into())),
        })
    };
    let check = |settings: &str, expected: Option<Identity>| {
        assert_eq!(decided(settings).ok().map(|tls| tls.identity), expected, "{settings}");
    };
    check("", files(None, None, None));
    check("sslcert=c sslkey=k sslpassword=p", files(Some("c"), Some("k"), Some("p")));
    check("sslmode=disable sslcert=c", Some(Identity::None));
    check("sslcertmode=disable sslcert=c", Some(Identity::None));
    check("sslcertmode=allow sslcert=c", files(Some("c"), None, None));
    check("sslcertmode=require", None);
    check("sslcertmode=maybe", None);
    check("sslsni=yes", None);
    let shown = format!("{:?}", decided("sslpassword=s3cret").ok());
    assert!(!shown.contains("s3cret") && !shown.contains("115"), "{shown}");
}

#[test]
fn a_list_that_nobody_asks_is_told() {
    let check = |settings: &str, expected: Option<&str>| {
        let has = |parameter: &str| settings.contains(&format!("{parameter}="));
        let found = decided(settings).ok().and_then(|tls| tls.warning(has));
        let expected =
            expected.map(|expected| format!("{expected} does not verify the server's certificate"));
        assert_eq!(found, expected, "{settings}");
    };
    check("sslcrl=l", Some("sslcrl is not used: sslmode=prefer"));
    check("sslcrldir=l sslmode=allow", Some("sslcrldir is not used: sslmode=allow"));
    check("sslcrl=l sslmode=require", None);
    let trust = decided("sslcrl=l sslmode=require").ok().map(|tls| tls.trust);
    assert_eq!(trust, Some(Trust::Chain(Roots::Home)));
    check("sslcrl=l sslmode=require sslrootcert=ca", None);
    check("sslcrl=l sslmode=verify-full", None);
    check("sslcrl=l sslmode=disable", None);
    check("", None);
}
