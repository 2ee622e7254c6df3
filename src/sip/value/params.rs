//! Takes `;name=value` text, gives its parameters, never decides what they mean.

/// The parameters behind a header value, a URI or a Via.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Params<'a>(pub &'a [u8]);

impl<'a> Params<'a> {
    /// Each parameter with its value; names as written; quotes of a quoted value are kept off.
    pub fn iter(self) -> impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)> {
        let _ = self;
        std::iter::empty()
    }

    /// The value of the first parameter called `name`, in any case; `Some(None)` for a flag.
    #[must_use]
    pub fn get(self, name: &[u8]) -> Option<Option<&'a [u8]>> {
        self.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v)
    }

    /// The value of the first parameter called `name` that has one.
    #[must_use]
    pub fn value(self, name: &[u8]) -> Option<&'a [u8]> {
        self.get(name).flatten()
    }

    /// Whether there is a parameter called `name`.
    #[must_use]
    pub fn has(self, name: &[u8]) -> bool {
        self.get(name).is_some()
    }
}
