//! Takes a message, gives the PASSporTs of its Identity headers with their places, never a judgement on them.

use std::cell::OnceCell;

use crate::base::Span;
use crate::sip::value::elements;
use crate::sip::{HeaderName, Message};
use crate::stir::Passport;

/// More Identity headers of one message are not read: a call that was diverted a few times has a few.
const MOST: usize = 16;

/// A PASSporT and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Signed {
    pub(super) at: Span,
    pub(super) passport: Passport,
}

/// The PASSporTs of one message, read when the first rule asks.
#[derive(Clone, Debug, Default)]
pub struct Passports(OnceCell<Vec<Signed>>);

impl Passports {
    /// Those of every Identity header, in order.
    pub(super) fn of(&self, message: &Message) -> &[Signed] {
        self.0.get_or_init(|| {
            let lines = message.lines(HeaderName::Identity).flat_map(|line| {
                let value = message.value(line);
                let at = line.value;
                elements(&value).map(|element| Signed { at, passport: Passport::read(element) }).collect::<Vec<_>>()
            });
            lines.take(MOST).collect()
        })
    }
}
