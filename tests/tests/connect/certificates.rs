//! Certificates for the servers of the tests, made when they are needed.

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, IsCa, Issuer,
    KeyIdMethod, KeyPair, PKCS_ECDSA_P384_SHA384, RevokedCertParams, SerialNumber, date_time_ymd,
};

/// The host that the tests connect to; its address comes as `hostaddr`.
pub(crate) const HOST: &str = "db.test";

/// What a server shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CertificateKind {
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

impl CertificateKind {
    /// The number that its authority gives it.
    pub(crate) fn serial(self) -> u64 {
        1 + self as u64
    }
}

/// A certificate and its key, in PEM form.
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// Our authority.
pub(crate) struct Authority {
    pub(crate) certificate: String,
    pub(crate) key: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::OrganizationName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap().pem();
        Authority { certificate, key: key.serialize_pem(), issuer: Issuer::new(params, key) }
    }

    /// What proves that a client has this name.
    pub(crate) fn client(&self, name: &str, serial: u64) -> Pair {
        self.client_until(name, serial, 2100)
    }

    pub(crate) fn expired_client(&self, name: &str, serial: u64) -> Pair {
        self.client_until(name, serial, 2002)
    }

    fn client_until(&self, name: &str, serial: u64, year: i32) -> Pair {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.serial_number = Some(SerialNumber::from(serial));
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        Pair { certificate, key: key.serialize_pem() }
    }

    /// The list of what this authority has revoked, of one year and until another.
    pub(crate) fn list(&self, revoked: &[u64], years: [i32; 2]) -> String {
        list(&self.issuer, revoked, years)
    }

    /// What a server of this kind shows; `None` without TLS.
    pub(crate) fn pair(&self, kind: CertificateKind) -> Option<Pair> {
        let host = if kind == CertificateKind::OtherHost { "other.test" } else { HOST };
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, HOST);
        params.serial_number = Some(SerialNumber::from(kind.serial()));
        if matches!(kind, CertificateKind::Expired | CertificateKind::OwnExpired) {
            params.not_before = date_time_ymd(2001, 1, 1);
            params.not_after = date_time_ymd(2002, 1, 1);
        }
        let key = match kind {
            CertificateKind::Good384 => KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384),
            _ => KeyPair::generate(),
        };
        let key = key.unwrap();
        let certificate = match kind {
            CertificateKind::NoTls => return None,
            CertificateKind::OtherAuthority => {
                params.signed_by(&key, &Authority::new("Somebody else").issuer)
            }
            CertificateKind::Own | CertificateKind::OwnExpired => {
                params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
                params.self_signed(&key)
            }
            _ => params.signed_by(&key, &self.issuer),
        };
        Some(Pair { certificate: certificate.unwrap().pem(), key: key.serialize_pem() })
    }
}

/// A list of the authority that a server is itself, as [`CertificateKind::Own`].
pub(crate) fn own_list(revoked: &[u64]) -> String {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, HOST);
    list(&Issuer::new(params, KeyPair::generate().unwrap()), revoked, [2001, 2100])
}

fn list(issuer: &Issuer<'_, KeyPair>, revoked: &[u64], [since, until]: [i32; 2]) -> String {
    let revoked_certs = revoked.iter().map(|serial| RevokedCertParams {
        serial_number: SerialNumber::from(*serial),
        revocation_time: date_time_ymd(2001, 1, 1),
        reason_code: None,
        invalidity_date: None,
    });
    let params = CertificateRevocationListParams {
        this_update: date_time_ymd(since, 1, 1),
        next_update: date_time_ymd(until, 1, 1),
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: revoked_certs.collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    params.signed_by(issuer).unwrap().pem().unwrap()
}
