//! The lists of revoked certificates.

use std::cmp::Reverse;
use std::path::Path;

use rustls::CertificateError;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateRevocationListDer, UnixTime};
use x509_cert::Certificate;
use x509_cert::crl::CertificateList;
use x509_cert::der::Decode;
use x509_cert::time::Time;

use super::{Revocation, files};
use crate::connect::ConnectError;

type Der = CertificateRevocationListDer<'static>;

/// The lists that are to be asked.
#[derive(Debug, Default)]
pub(super) struct RevocationLists {
    /// For webpki.
    pub(super) encoded: Vec<Der>,
    parsed: Vec<CertificateList>,
}

impl RevocationLists {
    pub(super) fn read(revocation: &Revocation) -> Result<Self, ConnectError> {
        let mut lists = RevocationLists::default();
        let Revocation { file, folder } = revocation;
        if let Some(path) = file {
            lists.add(path, &files::read(path).map_err(|error| bad(path, error.to_string()))?)?;
        }
        if let Some(path) = folder {
            lists.add_folder(path)?;
        }
        if file.is_none()
            && folder.is_none()
            && let Some(path) = files::at_home("root.crl")
            && let Some(text) =
                files::read_if_there(&path).map_err(|error| bad(&path, error.to_string()))?
        {
            lists.add(&path, &text)?;
        }
        Ok(lists.newest_first())
    }

    /// Of several lists of an authority the newest counts, as for OpenSSL: webpki takes the first.
    fn newest_first(self) -> Self {
        let mut both: Vec<_> = self.encoded.into_iter().zip(self.parsed).collect();
        both.sort_by_key(|(_, list)| Reverse(list.tbs_cert_list.this_update.to_unix_duration()));
        let (encoded, parsed) = both.into_iter().unzip();
        RevocationLists { encoded, parsed }
    }

    fn add(&mut self, path: &Path, text: &[u8]) -> Result<(), ConnectError> {
        let found: Vec<Der> = Der::pem_slice_iter(text)
            .collect::<Result<_, _>>()
            .map_err(|error| bad(path, error.to_string()))?;
        if found.is_empty() {
            return Err(bad(path, "it holds no revocation list in PEM form".to_owned()));
        }
        for list in found {
            let parsed = CertificateList::from_der(&list)
                .map_err(|error| bad(path, format!("it can't be read ({error})")))?;
            self.parsed.push(parsed);
            self.encoded.push(list);
        }
        Ok(())
    }

    /// The files whose names end in `.r0`, `.r1` and so on: such a folder may hold certificates, too.
    fn add_folder(&mut self, folder: &Path) -> Result<(), ConnectError> {
        let all = files::of_folder(folder).map_err(|error| bad(folder, error.to_string()))?;
        for path in all.iter().filter(|path| is_hashed(path)) {
            self.add(path, &files::read(path).map_err(|error| bad(path, error.to_string()))?)?;
        }
        match self.encoded.is_empty() {
            true => {
                Err(bad(folder, "no file in it is named as `openssl rehash` does it".to_owned()))
            }
            false => Ok(()),
        }
    }

    /// What webpki does for certificates that it can read: each needs a list of its issuer that is up
    /// to date and does not have it. For one that is trusted by being in the root file.
    pub(super) fn check(
        &self,
        certificate: &Certificate,
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        if self.parsed.is_empty() {
            return Ok(());
        }
        let certificate = &certificate.tbs_certificate;
        let mut lists = self.parsed.iter().map(|list| &list.tbs_cert_list);
        let Some(list) = lists.find(|list| list.issuer == certificate.issuer) else {
            return Err(CertificateError::UnknownRevocationStatus.into());
        };
        let mut revoked = list.revoked_certificates.iter().flatten();
        if revoked.any(|revoked| revoked.serial_number == certificate.serial_number) {
            return Err(CertificateError::Revoked.into());
        }
        let until = list.next_update.map(Time::to_unix_duration);
        if until.is_some_and(|until| now.as_secs() > until.as_secs()) {
            return Err(CertificateError::ExpiredRevocationList.into());
        }
        Ok(())
    }
}

pub(super) fn bad(path: &Path, reason: String) -> ConnectError {
    ConnectError::BadRevocationList { from: path.display().to_string(), reason }
}

/// `1a2b3c4d.r0`.
fn is_hashed(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.split_once(".r").is_some_and(|(hash, number)| {
        hash.len() == 8
            && hash.chars().all(|c| c.is_ascii_hexdigit())
            && !number.is_empty()
            && number.chars().all(|c| c.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_openssl_rehash() {
        for name in ["1a2b3c4d.r0", "/crl/ffffffff.r12"] {
            assert!(is_hashed(Path::new(name)), "{name}");
        }
        for name in ["1a2b3c4d.0", "1a2b3c4d.r", "1a2b3c4.r0", "root.crl", "1a2b3c4d.r0.bak", ""] {
            assert!(!is_hashed(Path::new(name)), "{name}");
        }
    }
}
