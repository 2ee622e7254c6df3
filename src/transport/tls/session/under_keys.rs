//! Takes a record under keys, gives its content where secrets open it, never more of a closed one than its length and kind tell.

use super::{Agreement, FAR, Session};
use crate::base::Anomaly;
use crate::transport::stream::Passage;
use crate::transport::tls::connection::{Keys, Outcome, Side};
use crate::transport::tls::direction::Stage;
use crate::transport::tls::keylog::Label;
use crate::transport::tls::protection::Opener;
use crate::transport::tls::record::{HEADER, content, declared_length};
use crate::transport::tls::{Moment, Outlet, TlsVersion};

/// Records in a row that keys do not open before they are called wrong.
const MAX_REFUSED: u32 = 4;

/// Type, level and description of an alert, and the tag of every suite of TLS 1.3 but one.
const SEALED_ALERT: usize = 2 + 1 + 16;

/// Records that the encrypted part of a handshake has at most in one direction, in practice.
const HANDSHAKE_RECORDS: u64 = 12;

impl Session {
    /// Takes a record under keys.
    pub(super) fn sealed(&mut self, end: usize, kind: u8, record: &mut [u8], (passage, moment): (Passage, Moment), out: &mut Outlet<'_>) {
        let is_13 = self.is_13();
        let length = declared_length(record);
        let whole = record.len() == HEADER + length;
        if !whole {
            return self.opaque(end, kind, length, moment, out);
        }
        let mut opened = None;
        // In TLS 1.3 a direction may have moved on unseen: refused early data, or a hole.
        for attempt in 0..3 {
            if !self.install(end, moment, out) {
                break;
            }
            let Some(direction) = self.directions.get_mut(end) else { return };
            let copy = (is_13 && direction.stage != Stage::Traffic).then(|| record.to_vec());
            opened = direction.opener.as_mut().and_then(|opener| opener.open(record));
            if opened.is_some() || !is_13 || direction.stage == Stage::Traffic || attempt == 2 {
                break;
            }
            let next = if direction.stage == Stage::Early { Stage::Handshake } else { Stage::Traffic };
            if direction.deaf || (next == Stage::Traffic && !direction.lossy) {
                break;
            }
            let passed = direction.passed;
            direction.enter(next);
            if next == Stage::Traffic {
                // Where in between the keys changed is not known, but a handshake has few records.
                direction.passed = passed.saturating_sub(HANDSHAKE_RECORDS);
            }
            if let Some(copy) = copy {
                record.copy_from_slice(&copy);
            }
        }
        let Some(direction) = self.directions.get_mut(end) else { return };
        let Some(opened) = opened else {
            if direction.deaf {
                // The first record that opens is the first of its keys.
                direction.opener = None;
                return;
            }
            if let Some(opener) = &mut direction.opener {
                opener.lose();
                direction.refused += 1;
                out.anomalies.note(Anomaly::TlsUnopened);
                if direction.refused >= MAX_REFUSED && !self.opened {
                    out.anomalies.note(Anomaly::TlsKeysUnfit);
                    self.keys_are(Keys::Wrong);
                    self.wrong = true;
                    self.directions.iter_mut().for_each(|direction| direction.opener = None);
                } else {
                    direction.inner.gap(FAR, out.framed, out.anomalies);
                }
            }
            return self.opaque(end, kind, length, moment, out);
        };
        direction.refused = 0;
        direction.lossy = false;
        direction.deaf = false;
        if !std::mem::replace(&mut self.opened, true) {
            self.keys_are(Keys::Found);
        }
        if opened.kind == content::APPLICATION_DATA {
            out.totals.bytes += length as u64;
            out.totals.decrypted_bytes += length as u64;
            self.saw_opened = true;
        }
        let hurried = opened.kind != content::ALERT && self.side(end) == Side::Server;
        if let Some(handshake) = self.handshake.as_mut().filter(|handshake| is_13 && hurried && handshake.has_finished(Side::Client)) {
            if !handshake.has_finished(Side::Server) {
                // The client finishes after the server (RFC 8446 §2): the two directions are out of order.
                handshake.lose();
            }
            self.decide(Outcome::Established, moment, None, out);
        }
        self.content(end, opened.kind, opened.content, record, (passage, moment), out);
        if !is_13 && opened.kind == content::HANDSHAKE {
            self.finished(end, moment, out);
        }
    }

    fn keys_are(&mut self, keys: Keys) {
        if let Some(handshake) = &mut self.handshake {
            handshake.set_keys(keys);
        }
    }

    /// Sees that a direction has an opener, if keys are known; whether it has.
    fn install(&mut self, end: usize, moment: Moment, out: &mut Outlet<'_>) -> bool {
        let side = self.side(end);
        let Some(direction) = self.directions.get_mut(end) else { return false };
        if direction.opener.is_some() {
            return true;
        }
        if self.wrong {
            return false;
        }
        let Some(Agreement { version, terms: Some(terms), client_random, server_random, .. }) = self.agreed else { return false };
        let known = |label| client_random.and_then(|random| out.keys.get(&random, label, moment.origin));
        let opener = if version >= TlsVersion::TLS13 {
            direction.opener_13(terms.sealing, side, known)
        } else {
            let randoms = known(Label::Master).zip(client_random.zip(server_random));
            let pair = randoms.and_then(|(master, (client, server))| Opener::pair(terms, master, &server, &client));
            let keyed = pair.map(|[client, server]| if side == Side::Client { client } else { server });
            keyed.or_else(|| terms.sealing.encrypts_nothing().then(|| Opener::unkeyed(terms)))
        };
        let Some(mut opener) = opener else { return false };
        if direction.passed > 0 {
            let is_13 = version >= TlsVersion::TLS13;
            if !is_13 || direction.stage != Stage::Traffic {
                out.anomalies.note_many(Anomaly::TlsKeysLate, direction.passed);
            }
            // Those that were passed over may have been of the handshake, or of what followed.
            direction.lossy |= is_13;
            opener.pass(direction.passed);
        }
        if direction.lossy {
            opener.lose();
        }
        direction.opener = Some(opener);
        true
    }

    /// Takes a record that stays closed.
    fn opaque(&mut self, end: usize, kind: u8, length: usize, moment: Moment, out: &mut Outlet<'_>) {
        let side = self.side(end);
        let is_13 = self.is_13();
        if let Some(direction) = self.directions.get_mut(end) {
            direction.passed = direction.passed.saturating_add(1);
        }
        let Some(handshake) = &mut self.handshake else {
            if kind == content::APPLICATION_DATA {
                self.application(length, moment, out);
            }
            return;
        };
        if is_13 && self.agreed.is_none() {
            // Early data that a HelloRetryRequest refused is nothing; where the hello of the client is missing, nothing can be told apart.
            if handshake.server_random.is_some() && kind == content::APPLICATION_DATA {
                self.application(length, moment, out);
            }
            return;
        }
        if is_13 {
            // Nothing but lengths tells: an alert is shorter than any Finished.
            let alert = length == SEALED_ALERT;
            match side {
                Side::Client if alert && !handshake.has_answered() => {
                    handshake.hidden_alert(side, moment);
                    self.decide(Outcome::Alerted(side), moment, None, out);
                }
                Side::Client if !handshake.has_answered() => handshake.answer(),
                Side::Client => self.application(length, moment, out),
                Side::Server if alert => {
                    handshake.hidden_alert(side, moment);
                    self.decide(Outcome::Alerted(side), moment, None, out);
                }
                Side::Server if handshake.has_answered() => {
                    self.decide(Outcome::Established, moment, None, out);
                    self.application(length, moment, out);
                }
                Side::Server => {}
            }
            return;
        }
        match kind {
            content::HANDSHAKE => self.finished(end, moment, out),
            // Without the answer of the server, the alert may close what was long established.
            content::ALERT if self.agreed.is_some() => {
                handshake.hidden_alert(side, moment);
                self.decide(Outcome::Alerted(side), moment, None, out);
            }
            content::APPLICATION_DATA => {
                self.application(length, moment, out);
                // A client may send before the server has finished (RFC 7918), a server not.
                if side == Side::Server && self.version().is_some() {
                    self.decide(Outcome::Established, moment, None, out);
                }
            }
            _ => {}
        }
    }

    fn application(&mut self, length: usize, moment: Moment, out: &mut Outlet<'_>) {
        out.totals.bytes += length as u64;
        self.saw_sealed = true;
        self.sealed.octets += length as u64;
        self.sealed.first.get_or_insert((moment.origin, moment.time));
    }

    /// A side has sent Finished, in TLS 1.2 and before.
    fn finished(&mut self, end: usize, moment: Moment, out: &mut Outlet<'_>) {
        let side = self.side(end);
        if let Some(handshake) = &mut self.handshake {
            handshake.finish(side);
            if handshake.is_complete() {
                self.decide(Outcome::Established, moment, None, out);
            }
        }
    }
}
