//! Takes the user part of a URI, gives its octets with the escapes resolved, never decides which of them may stand there (RFC 3261 §19.1.2).

/// The octets that `text` stands for; what begins like an escape and is none stays as it is.
pub fn unescaped(text: &[u8]) -> impl Iterator<Item = u8> + Clone {
    let mut rest = text;
    std::iter::from_fn(move || {
        if let [b'%', high, low, behind @ ..] = rest
            && let (Some(high), Some(low)) = (digit(*high), digit(*low))
        {
            rest = behind;
            return Some(high << 4 | low);
        }
        let (&first, behind) = rest.split_first()?;
        rest = behind;
        Some(first)
    })
}

/// The value of a hexadecimal digit.
const fn digit(octet: u8) -> Option<u8> {
    match octet {
        b'0'..=b'9' => Some(octet - b'0'),
        b'a'..=b'f' => Some(octet - b'a' + 10),
        b'A'..=b'F' => Some(octet - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_stand_for_their_octets_and_nothing_else_does() {
        for (text, octets) in
            [("%2B49", "+49"), ("%2b4%39%23", "+49#"), ("a%", "a%"), ("a%4", "a%4"), ("%zz%", "%zz%"), ("%2542", "%42"), ("", "")]
        {
            assert_eq!(unescaped(text.as_bytes()).map(char::from).collect::<String>(), octets, "{text}");
        }
    }
}
