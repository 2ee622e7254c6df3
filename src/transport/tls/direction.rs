//! Takes the keys of a key log, gives where one direction of a TLS connection stands, never the other direction.

use super::connection::Side;
use super::keylog::Label;
use super::protection::Opener;
use super::sealing::Sealing;
use crate::transport::stream::Stream;

/// Whose keys a direction of TLS 1.3 is under.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    #[default]
    Early,
    Handshake,
    Traffic,
}

/// One direction.
#[derive(Default)]
pub(super) struct Direction {
    /// Of a handshake message that is not whole.
    pub(super) message: Vec<u8>,
    /// Whether handshake messages cannot be told apart any more.
    pub(super) unreadable: bool,
    /// TLS 1.2 and before: whether it has changed to the agreed keys.
    pub(super) changed: bool,
    /// TLS 1.3: under which keys it is.
    pub(super) stage: Stage,
    pub(super) opener: Option<Opener>,
    /// The traffic secret of TLS 1.3 after an update.
    pub(super) updated: Option<Box<[u8]>>,
    /// Records passed over since the keys changed.
    pub(super) passed: u64,
    /// Whether records are missing, so that `passed` is no count.
    pub(super) lossy: bool,
    pub(super) refused: u32,
    /// Whether refused early data may still come.
    pub(super) deaf: bool,
    pub(super) inner: Stream,
}

impl Direction {
    /// Comes under other keys of TLS 1.3.
    pub(super) fn enter(&mut self, stage: Stage) {
        self.stage = stage;
        self.opener = None;
        self.updated = None;
        self.passed = 0;
    }

    pub(super) fn opener_13<'k>(&mut self, sealing: Sealing, side: Side, known: impl Fn(Label) -> Option<&'k [u8]>) -> Option<Opener> {
        let (handshake, traffic) = match side {
            Side::Client => (Label::ClientHandshake, Label::ClientTraffic),
            Side::Server => (Label::ServerHandshake, Label::ServerTraffic),
        };
        loop {
            let label = match self.stage {
                Stage::Early if known(handshake).is_some() => Label::ClientEarly,
                Stage::Early => {
                    self.stage = Stage::Handshake;
                    continue;
                }
                Stage::Handshake => handshake,
                Stage::Traffic => traffic,
            };
            if let Some(secret) = known(label) {
                return Opener::of_traffic(sealing, secret);
            }
            // A key log may hold a part: then the rest of the handshake is passed over.
            self.stage = match self.stage {
                Stage::Early => Stage::Handshake,
                Stage::Handshake if known(traffic).is_some() => {
                    self.lossy = true;
                    self.passed = 0;
                    Stage::Traffic
                }
                Stage::Handshake | Stage::Traffic => return None,
            };
        }
    }
}
