//! Takes what was parsed here, gives the same in the vocabulary of the `rsip` crate, never what that crate cannot express.
//!
//! Values are put together field by field: no text goes through a parser of `rsip`.

use std::str::from_utf8;

use rsip::param::{Maddr, OtherParam, OtherParamValue, Ttl, User};
use rsip::{Auth, Domain, Host, HostWithPort, Param, Port, StatusCode};

use super::value::{Scheme, Uri};
use super::{Message, Method};
use crate::base::Transport;

/// What `rsip` has no way to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Inexpressible {
    /// A method that is not registered.
    #[error("a method that is not registered")]
    Method,
    /// Text that is not UTF-8.
    #[error("text that is not UTF-8")]
    Text,
    /// A URI of another scheme than SIP(S): `rsip` knows none without a host.
    #[error("a URI of another scheme than SIP or SIPS")]
    Scheme,
    /// URI headers, behind `?`.
    #[error("a URI with headers")]
    UriHeaders,
    /// A request, where a status code was asked for, or a status line without a code.
    #[error("no status code")]
    Code,
}

impl From<Transport> for rsip::Transport {
    fn from(transport: Transport) -> Self {
        match transport {
            Transport::Udp => Self::Udp,
            Transport::Tcp => Self::Tcp,
            Transport::Tls => Self::Tls,
            Transport::Ws => Self::Ws,
            Transport::Wss => Self::Wss,
            Transport::Sctp => Self::Sctp,
            Transport::TlsSctp => Self::TlsSctp,
        }
    }
}

impl TryFrom<Method> for rsip::Method {
    type Error = Inexpressible;

    fn try_from(method: Method) -> Result<Self, Inexpressible> {
        Ok(match method {
            Method::Invite => Self::Invite,
            Method::Ack => Self::Ack,
            Method::Bye => Self::Bye,
            Method::Cancel => Self::Cancel,
            Method::Options => Self::Options,
            Method::Register => Self::Register,
            Method::Info => Self::Info,
            Method::Prack => Self::PRack,
            Method::Subscribe => Self::Subscribe,
            Method::Notify => Self::Notify,
            Method::Publish => Self::Publish,
            Method::Update => Self::Update,
            Method::Refer => Self::Refer,
            Method::Message => Self::Message,
            Method::Other => return Err(Inexpressible::Method),
        })
    }
}

/// The status code of a response; one that `rsip` has no name for keeps its reason phrase.
impl TryFrom<&Message> for StatusCode {
    type Error = Inexpressible;

    fn try_from(message: &Message) -> Result<Self, Inexpressible> {
        let code = message.code().filter(|&c| c > 0).ok_or(Inexpressible::Code)?;
        Ok(match Self::from(code) {
            Self::Other(..) => Self::Other(code, String::from_utf8_lossy(message.reason().unwrap_or_default()).into_owned()),
            named => named,
        })
    }
}

impl TryFrom<&Uri<'_>> for rsip::Uri {
    type Error = Inexpressible;

    fn try_from(uri: &Uri<'_>) -> Result<Self, Inexpressible> {
        let scheme = match uri.scheme {
            Scheme::Sip => rsip::Scheme::Sip,
            Scheme::Sips => rsip::Scheme::Sips,
            Scheme::Tel | Scheme::Urn | Scheme::Other => return Err(Inexpressible::Scheme),
        };
        if !uri.headers.is_empty() {
            return Err(Inexpressible::UriHeaders);
        }
        let user = uri.user.map(text).transpose()?;
        let password = uri.password.map(text).transpose()?;
        let host = match uri.host_ip() {
            Some(ip) => Host::IpAddr(ip),
            None => Host::Domain(Domain::new(text(uri.host)?)),
        };
        Ok(Self {
            scheme: Some(scheme),
            auth: user.map(|user| Auth { user, password }),
            host_with_port: HostWithPort { host, port: uri.port.map(Port::new) },
            params: uri.params.iter().map(|(name, value)| param(name, value)).collect::<Result<_, _>>()?,
            headers: Vec::new(),
        })
    }
}

fn text(bytes: &[u8]) -> Result<String, Inexpressible> {
    from_utf8(bytes).map(str::to_owned).map_err(|_| Inexpressible::Text)
}

/// One URI parameter; what has no kind of its own in `rsip`, or a value that this kind does not take, stays as written.
fn param(name: &[u8], value: Option<&[u8]>) -> Result<Param, Inexpressible> {
    let lower = name.to_ascii_lowercase();
    let known = match (&*lower, value) {
        (b"lr", None) => Some(Param::Lr),
        (b"transport", Some(v)) => transport(v).map(Param::Transport),
        (b"method", Some(v)) => rsip::Method::try_from(Method::of(v)).ok().map(Param::Method),
        (b"user", Some(v)) => Some(Param::User(User::new(text(v)?))),
        (b"ttl", Some(v)) => Some(Param::Ttl(Ttl::new(text(v)?))),
        (b"maddr", Some(v)) => Some(Param::Maddr(Maddr::new(text(v)?))),
        _ => None,
    };
    let as_written = || Ok(Param::Other(OtherParam::new(text(name)?), value.map(text).transpose()?.map(OtherParamValue::new)));
    known.map_or_else(as_written, Ok)
}

fn transport(token: &[u8]) -> Option<rsip::Transport> {
    Transport::ALL.into_iter().find(|t| t.token().as_bytes().eq_ignore_ascii_case(token)).map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::parse;
    use crate::sip::value::uri;

    #[test]
    fn a_uri_keeps_what_rsip_would_have_lost_by_parsing() {
        let ours = uri(b"sip:john.doe@[2001:db8::10]:5061;transport=tcp;lr;user=phone;x=y").unwrap();
        let theirs = rsip::Uri::try_from(&ours).unwrap();
        assert_eq!(theirs.user(), Some("john.doe"));
        assert_eq!(theirs.host(), &Host::IpAddr("2001:db8::10".parse().unwrap()));
        assert_eq!((theirs.port(), theirs.transport()), (Some(&Port::new(5061_u16)), Some(&rsip::Transport::Tcp)));
        assert_eq!((theirs.params.len(), theirs.params.contains(&Param::Lr)), (4, true));
    }

    #[test]
    fn what_rsip_cannot_say_is_refused() {
        for (text, why) in [
            ("tel:+4930", Inexpressible::Scheme),
            ("urn:service:sos", Inexpressible::Scheme),
            ("sip:a@b?Subject=x", Inexpressible::UriHeaders),
        ] {
            assert_eq!(rsip::Uri::try_from(&uri(text.as_bytes()).unwrap()), Err(why), "{text}");
        }
        assert_eq!(rsip::Method::try_from(Method::Other), Err(Inexpressible::Method));
    }

    #[test]
    fn registered_methods_and_codes_keep_their_names() {
        for method in Method::REGISTERED {
            assert_eq!(rsip::Method::try_from(method).unwrap().to_string(), method.name());
        }
        let message = |line: &str| parse(format!("{line}\r\n\r\n").as_bytes(), false).unwrap();
        assert_eq!(StatusCode::try_from(&message("SIP/2.0 404 Foo")), Ok(StatusCode::NotFound));
        assert_eq!(StatusCode::try_from(&message("SIP/2.0 499 Foo")), Ok(StatusCode::Other(499, "Foo".into())));
        assert_eq!(StatusCode::try_from(&message("BYE sip:a SIP/2.0")), Err(Inexpressible::Code));
    }
}
