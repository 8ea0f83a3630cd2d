//! Certificates for the servers of the tests, made when they are needed.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PKCS_ECDSA_P384_SHA384,
    date_time_ymd,
};

/// The host that the tests connect to; its address comes as `hostaddr`.
pub(crate) const HOST: &str = "db.test";

/// What a server shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Of our authority, for [`HOST`].
    Good,
    /// The same by other algorithms.
    Good384,
    /// The same by TLS 1.2.
    Good12,
    /// Of our authority, for another host.
    OtherHost,
    /// Of an authority that nobody knows.
    OtherAuthority,
    /// Of our authority, of the past.
    Expired,
    /// The server's own, as `openssl req -x509` makes it.
    Own,
    /// The same, of the past.
    OwnExpired,
    /// No TLS at all.
    NoTls,
}

/// A certificate and its key, in PEM form.
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// Our authority.
pub(crate) struct Authority {
    pub(crate) certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::OrganizationName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap().pem();
        Authority { certificate, issuer: Issuer::new(params, key) }
    }

    /// What a server of this kind shows; `None` without TLS.
    pub(crate) fn pair(&self, kind: Kind) -> Option<Pair> {
        let host = if kind == Kind::OtherHost { "other.test" } else { HOST };
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, HOST);
        if matches!(kind, Kind::Expired | Kind::OwnExpired) {
            params.not_before = date_time_ymd(2001, 1, 1);
            params.not_after = date_time_ymd(2002, 1, 1);
        }
        let key = match kind {
            Kind::Good384 => KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384),
            _ => KeyPair::generate(),
        };
        let key = key.unwrap();
        let certificate = match kind {
            Kind::NoTls => return None,
            Kind::OtherAuthority => params.signed_by(&key, &Authority::new("Somebody else").issuer),
            Kind::Own | Kind::OwnExpired => {
                params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
                params.self_signed(&key)
            }
            _ => params.signed_by(&key, &self.issuer),
        };
        Some(Pair { certificate: certificate.unwrap().pem(), key: key.serialize_pem() })
    }
}
