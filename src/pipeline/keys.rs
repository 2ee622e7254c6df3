//! Takes the key logs that a run was given, gives them as one, never opens a record.

use std::fs;
use std::sync::Arc;

use super::Request;
use crate::base::{Error, Result, reason};
use crate::capture::{self, Reader};
use crate::policy::Policy;
use crate::transport::KeyLog;

/// The type of secrets that are a TLS key log (pcapng, Decryption Secrets Block).
const TLS_KEY_LOG: u32 = 0x544c_534b;

/// The key logs of a run: files, the policy's, and those inside the captures.
pub(super) struct Keys(Arc<KeyLog>);

impl Keys {
    /// Reads all that can be read before the first frame.
    pub(super) fn gather(request: &Request, policy: &Policy) -> Result<Self> {
        let mut log = KeyLog::default();
        let agreed = policy.global().capture.tls_keylog.as_ref().map(|clause| &clause.value);
        for path in request.keylogs.iter().chain(agreed) {
            let text = fs::read(path).map_err(|error| Error::input(path, format!("the key log cannot be read: {}", reason(&error))))?;
            if log.read(&text) == Some(0) {
                return Err(Error::input(path, "no key log: no line is a secret like `CLIENT_RANDOM …` of the NSS format"));
            }
        }
        for secrets in capture::secrets(&request.inputs)? {
            if secrets.kind == TLS_KEY_LOG {
                log.read(&secrets.data);
            }
        }
        Ok(Self(Arc::new(log)))
    }

    /// Adds what was met in a pipe; whether there was anything.
    pub(super) fn update(&mut self, reader: &mut Reader) -> bool {
        if !reader.may_meet_secrets() {
            return false;
        }
        let new = reader.take_secrets();
        let log = Arc::make_mut(&mut self.0);
        log.expect_more();
        for (capture, secrets) in new.iter().filter(|(_, secrets)| secrets.kind == TLS_KEY_LOG) {
            log.read_at(&secrets.data, *capture, secrets.after_frame);
        }
        !new.is_empty()
    }

    /// All that is known.
    pub(super) const fn log(&self) -> &Arc<KeyLog> {
        &self.0
    }
}
