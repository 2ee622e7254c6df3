//! Takes a code point of a cipher suite, gives what IANA registered under it, never what any policy thinks of it.

use super::suite::{Authentication, Cipher, Hash, KeyExchangeAlgorithm, Mac, Mode, Suite};

macro_rules! suites {
    ($($code:literal $name:ident: $kx:ident $auth:ident, $cipher:ident $bits:literal $mode:ident, $mac:ident $hash:ident $(, $export:ident)?;)*) => {
        /// Every suite, in the order of the code points.
        static SUITES: &[Suite] = &[$(
            Suite {
                code: $code,
                name: stringify!($name),
                key_exchange: KeyExchangeAlgorithm::$kx,
                authentication: Authentication::$auth,
                cipher: Cipher::$cipher,
                bits: $bits,
                mode: Mode::$mode,
                mac: Mac::$mac,
                hash: Hash::$hash,
                export: !matches!(stringify!($($export)?).as_bytes(), b""),
            },
        )*];
    };
}

/// The suite behind a code point: `None` for what is not registered, for GREASE, and for signalling values, which are no suites.
#[must_use]
pub fn suite(code: u16) -> Option<&'static Suite> {
    SUITES.binary_search_by_key(&code, |suite| suite.code).ok().and_then(|at| SUITES.get(at))
}

/// The suite of a registered name, in any case.
#[must_use]
pub fn suite_named(name: &str) -> Option<&'static Suite> {
    SUITES.iter().find(|suite| suite.name.eq_ignore_ascii_case(name))
}

/// Every suite, in the order of the code points.
pub fn suites() -> impl Iterator<Item = &'static Suite> {
    SUITES.iter()
}

// IANA "TLS Cipher Suites" registry. 0x0060 to 0x0066 are only reserved there ("widely deployed implementations"): export suites that were in use.
// Code point and name: key exchange and authentication, cipher with its strength in bits and its mode, MAC of the records and hash of the PRF.
suites! {
    0x0000 TLS_NULL_WITH_NULL_NULL: Null Anonymous, Null 0 Null, Null Sha256;
    0x0001 TLS_RSA_WITH_NULL_MD5: Rsa Rsa, Null 0 Null, Md5 Sha256;
    0x0002 TLS_RSA_WITH_NULL_SHA: Rsa Rsa, Null 0 Null, Sha1 Sha256;
    0x0003 TLS_RSA_EXPORT_WITH_RC4_40_MD5: Rsa Rsa, Rc4 40 Stream, Md5 Sha256, export;
    0x0004 TLS_RSA_WITH_RC4_128_MD5: Rsa Rsa, Rc4 128 Stream, Md5 Sha256;
    0x0005 TLS_RSA_WITH_RC4_128_SHA: Rsa Rsa, Rc4 128 Stream, Sha1 Sha256;
    0x0006 TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5: Rsa Rsa, Rc2 40 Cbc, Md5 Sha256, export;
    0x0007 TLS_RSA_WITH_IDEA_CBC_SHA: Rsa Rsa, Idea 128 Cbc, Sha1 Sha256;
    0x0008 TLS_RSA_EXPORT_WITH_DES40_CBC_SHA: Rsa Rsa, Des 40 Cbc, Sha1 Sha256, export;
    0x0009 TLS_RSA_WITH_DES_CBC_SHA: Rsa Rsa, Des 56 Cbc, Sha1 Sha256;
    0x000A TLS_RSA_WITH_3DES_EDE_CBC_SHA: Rsa Rsa, TripleDes 112 Cbc, Sha1 Sha256;
    0x000B TLS_DH_DSS_EXPORT_WITH_DES40_CBC_SHA: Dh Dss, Des 40 Cbc, Sha1 Sha256, export;
    0x000C TLS_DH_DSS_WITH_DES_CBC_SHA: Dh Dss, Des 56 Cbc, Sha1 Sha256;
    0x000D TLS_DH_DSS_WITH_3DES_EDE_CBC_SHA: Dh Dss, TripleDes 112 Cbc, Sha1 Sha256;
    0x000E TLS_DH_RSA_EXPORT_WITH_DES40_CBC_SHA: Dh Rsa, Des 40 Cbc, Sha1 Sha256, export;
    0x000F TLS_DH_RSA_WITH_DES_CBC_SHA: Dh Rsa, Des 56 Cbc, Sha1 Sha256;
    0x0010 TLS_DH_RSA_WITH_3DES_EDE_CBC_SHA: Dh Rsa, TripleDes 112 Cbc, Sha1 Sha256;
    0x0011 TLS_DHE_DSS_EXPORT_WITH_DES40_CBC_SHA: Dhe Dss, Des 40 Cbc, Sha1 Sha256, export;
    0x0012 TLS_DHE_DSS_WITH_DES_CBC_SHA: Dhe Dss, Des 56 Cbc, Sha1 Sha256;
    0x0013 TLS_DHE_DSS_WITH_3DES_EDE_CBC_SHA: Dhe Dss, TripleDes 112 Cbc, Sha1 Sha256;
    0x0014 TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA: Dhe Rsa, Des 40 Cbc, Sha1 Sha256, export;
    0x0015 TLS_DHE_RSA_WITH_DES_CBC_SHA: Dhe Rsa, Des 56 Cbc, Sha1 Sha256;
    0x0016 TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA: Dhe Rsa, TripleDes 112 Cbc, Sha1 Sha256;
    0x0017 TLS_DH_anon_EXPORT_WITH_RC4_40_MD5: Dhe Anonymous, Rc4 40 Stream, Md5 Sha256, export;
    0x0018 TLS_DH_anon_WITH_RC4_128_MD5: Dhe Anonymous, Rc4 128 Stream, Md5 Sha256;
    0x0019 TLS_DH_anon_EXPORT_WITH_DES40_CBC_SHA: Dhe Anonymous, Des 40 Cbc, Sha1 Sha256, export;
    0x001A TLS_DH_anon_WITH_DES_CBC_SHA: Dhe Anonymous, Des 56 Cbc, Sha1 Sha256;
    0x001B TLS_DH_anon_WITH_3DES_EDE_CBC_SHA: Dhe Anonymous, TripleDes 112 Cbc, Sha1 Sha256;
    0x001E TLS_KRB5_WITH_DES_CBC_SHA: Kerberos Kerberos, Des 56 Cbc, Sha1 Sha256;
    0x001F TLS_KRB5_WITH_3DES_EDE_CBC_SHA: Kerberos Kerberos, TripleDes 112 Cbc, Sha1 Sha256;
    0x0020 TLS_KRB5_WITH_RC4_128_SHA: Kerberos Kerberos, Rc4 128 Stream, Sha1 Sha256;
    0x0021 TLS_KRB5_WITH_IDEA_CBC_SHA: Kerberos Kerberos, Idea 128 Cbc, Sha1 Sha256;
    0x0022 TLS_KRB5_WITH_DES_CBC_MD5: Kerberos Kerberos, Des 56 Cbc, Md5 Sha256;
    0x0023 TLS_KRB5_WITH_3DES_EDE_CBC_MD5: Kerberos Kerberos, TripleDes 112 Cbc, Md5 Sha256;
    0x0024 TLS_KRB5_WITH_RC4_128_MD5: Kerberos Kerberos, Rc4 128 Stream, Md5 Sha256;
    0x0025 TLS_KRB5_WITH_IDEA_CBC_MD5: Kerberos Kerberos, Idea 128 Cbc, Md5 Sha256;
    0x0026 TLS_KRB5_EXPORT_WITH_DES_CBC_40_SHA: Kerberos Kerberos, Des 40 Cbc, Sha1 Sha256, export;
    0x0027 TLS_KRB5_EXPORT_WITH_RC2_CBC_40_SHA: Kerberos Kerberos, Rc2 40 Cbc, Sha1 Sha256, export;
    0x0028 TLS_KRB5_EXPORT_WITH_RC4_40_SHA: Kerberos Kerberos, Rc4 40 Stream, Sha1 Sha256, export;
    0x0029 TLS_KRB5_EXPORT_WITH_DES_CBC_40_MD5: Kerberos Kerberos, Des 40 Cbc, Md5 Sha256, export;
    0x002A TLS_KRB5_EXPORT_WITH_RC2_CBC_40_MD5: Kerberos Kerberos, Rc2 40 Cbc, Md5 Sha256, export;
    0x002B TLS_KRB5_EXPORT_WITH_RC4_40_MD5: Kerberos Kerberos, Rc4 40 Stream, Md5 Sha256, export;
    0x002C TLS_PSK_WITH_NULL_SHA: Psk Psk, Null 0 Null, Sha1 Sha256;
    0x002D TLS_DHE_PSK_WITH_NULL_SHA: Dhe Psk, Null 0 Null, Sha1 Sha256;
    0x002E TLS_RSA_PSK_WITH_NULL_SHA: Rsa Psk, Null 0 Null, Sha1 Sha256;
    0x002F TLS_RSA_WITH_AES_128_CBC_SHA: Rsa Rsa, Aes 128 Cbc, Sha1 Sha256;
    0x0030 TLS_DH_DSS_WITH_AES_128_CBC_SHA: Dh Dss, Aes 128 Cbc, Sha1 Sha256;
    0x0031 TLS_DH_RSA_WITH_AES_128_CBC_SHA: Dh Rsa, Aes 128 Cbc, Sha1 Sha256;
    0x0032 TLS_DHE_DSS_WITH_AES_128_CBC_SHA: Dhe Dss, Aes 128 Cbc, Sha1 Sha256;
    0x0033 TLS_DHE_RSA_WITH_AES_128_CBC_SHA: Dhe Rsa, Aes 128 Cbc, Sha1 Sha256;
    0x0034 TLS_DH_anon_WITH_AES_128_CBC_SHA: Dhe Anonymous, Aes 128 Cbc, Sha1 Sha256;
    0x0035 TLS_RSA_WITH_AES_256_CBC_SHA: Rsa Rsa, Aes 256 Cbc, Sha1 Sha256;
    0x0036 TLS_DH_DSS_WITH_AES_256_CBC_SHA: Dh Dss, Aes 256 Cbc, Sha1 Sha256;
    0x0037 TLS_DH_RSA_WITH_AES_256_CBC_SHA: Dh Rsa, Aes 256 Cbc, Sha1 Sha256;
    0x0038 TLS_DHE_DSS_WITH_AES_256_CBC_SHA: Dhe Dss, Aes 256 Cbc, Sha1 Sha256;
    0x0039 TLS_DHE_RSA_WITH_AES_256_CBC_SHA: Dhe Rsa, Aes 256 Cbc, Sha1 Sha256;
    0x003A TLS_DH_anon_WITH_AES_256_CBC_SHA: Dhe Anonymous, Aes 256 Cbc, Sha1 Sha256;
    0x003B TLS_RSA_WITH_NULL_SHA256: Rsa Rsa, Null 0 Null, Sha256 Sha256;
    0x003C TLS_RSA_WITH_AES_128_CBC_SHA256: Rsa Rsa, Aes 128 Cbc, Sha256 Sha256;
    0x003D TLS_RSA_WITH_AES_256_CBC_SHA256: Rsa Rsa, Aes 256 Cbc, Sha256 Sha256;
    0x003E TLS_DH_DSS_WITH_AES_128_CBC_SHA256: Dh Dss, Aes 128 Cbc, Sha256 Sha256;
    0x003F TLS_DH_RSA_WITH_AES_128_CBC_SHA256: Dh Rsa, Aes 128 Cbc, Sha256 Sha256;
    0x0040 TLS_DHE_DSS_WITH_AES_128_CBC_SHA256: Dhe Dss, Aes 128 Cbc, Sha256 Sha256;
    0x0041 TLS_RSA_WITH_CAMELLIA_128_CBC_SHA: Rsa Rsa, Camellia 128 Cbc, Sha1 Sha256;
    0x0042 TLS_DH_DSS_WITH_CAMELLIA_128_CBC_SHA: Dh Dss, Camellia 128 Cbc, Sha1 Sha256;
    0x0043 TLS_DH_RSA_WITH_CAMELLIA_128_CBC_SHA: Dh Rsa, Camellia 128 Cbc, Sha1 Sha256;
    0x0044 TLS_DHE_DSS_WITH_CAMELLIA_128_CBC_SHA: Dhe Dss, Camellia 128 Cbc, Sha1 Sha256;
    0x0045 TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA: Dhe Rsa, Camellia 128 Cbc, Sha1 Sha256;
    0x0046 TLS_DH_anon_WITH_CAMELLIA_128_CBC_SHA: Dhe Anonymous, Camellia 128 Cbc, Sha1 Sha256;
    0x0060 TLS_RSA_EXPORT1024_WITH_RC4_56_MD5: Rsa Rsa, Rc4 56 Stream, Md5 Sha256, export;
    0x0061 TLS_RSA_EXPORT1024_WITH_RC2_CBC_56_MD5: Rsa Rsa, Rc2 56 Cbc, Md5 Sha256, export;
    0x0062 TLS_RSA_EXPORT1024_WITH_DES_CBC_SHA: Rsa Rsa, Des 56 Cbc, Sha1 Sha256, export;
    0x0063 TLS_DHE_DSS_EXPORT1024_WITH_DES_CBC_SHA: Dhe Dss, Des 56 Cbc, Sha1 Sha256, export;
    0x0064 TLS_RSA_EXPORT1024_WITH_RC4_56_SHA: Rsa Rsa, Rc4 56 Stream, Sha1 Sha256, export;
    0x0065 TLS_DHE_DSS_EXPORT1024_WITH_RC4_56_SHA: Dhe Dss, Rc4 56 Stream, Sha1 Sha256, export;
    0x0066 TLS_DHE_DSS_WITH_RC4_128_SHA: Dhe Dss, Rc4 128 Stream, Sha1 Sha256;
    0x0067 TLS_DHE_RSA_WITH_AES_128_CBC_SHA256: Dhe Rsa, Aes 128 Cbc, Sha256 Sha256;
    0x0068 TLS_DH_DSS_WITH_AES_256_CBC_SHA256: Dh Dss, Aes 256 Cbc, Sha256 Sha256;
    0x0069 TLS_DH_RSA_WITH_AES_256_CBC_SHA256: Dh Rsa, Aes 256 Cbc, Sha256 Sha256;
    0x006A TLS_DHE_DSS_WITH_AES_256_CBC_SHA256: Dhe Dss, Aes 256 Cbc, Sha256 Sha256;
    0x006B TLS_DHE_RSA_WITH_AES_256_CBC_SHA256: Dhe Rsa, Aes 256 Cbc, Sha256 Sha256;
    0x006C TLS_DH_anon_WITH_AES_128_CBC_SHA256: Dhe Anonymous, Aes 128 Cbc, Sha256 Sha256;
    0x006D TLS_DH_anon_WITH_AES_256_CBC_SHA256: Dhe Anonymous, Aes 256 Cbc, Sha256 Sha256;
    0x0084 TLS_RSA_WITH_CAMELLIA_256_CBC_SHA: Rsa Rsa, Camellia 256 Cbc, Sha1 Sha256;
    0x0085 TLS_DH_DSS_WITH_CAMELLIA_256_CBC_SHA: Dh Dss, Camellia 256 Cbc, Sha1 Sha256;
    0x0086 TLS_DH_RSA_WITH_CAMELLIA_256_CBC_SHA: Dh Rsa, Camellia 256 Cbc, Sha1 Sha256;
    0x0087 TLS_DHE_DSS_WITH_CAMELLIA_256_CBC_SHA: Dhe Dss, Camellia 256 Cbc, Sha1 Sha256;
    0x0088 TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA: Dhe Rsa, Camellia 256 Cbc, Sha1 Sha256;
    0x0089 TLS_DH_anon_WITH_CAMELLIA_256_CBC_SHA: Dhe Anonymous, Camellia 256 Cbc, Sha1 Sha256;
    0x008A TLS_PSK_WITH_RC4_128_SHA: Psk Psk, Rc4 128 Stream, Sha1 Sha256;
    0x008B TLS_PSK_WITH_3DES_EDE_CBC_SHA: Psk Psk, TripleDes 112 Cbc, Sha1 Sha256;
    0x008C TLS_PSK_WITH_AES_128_CBC_SHA: Psk Psk, Aes 128 Cbc, Sha1 Sha256;
    0x008D TLS_PSK_WITH_AES_256_CBC_SHA: Psk Psk, Aes 256 Cbc, Sha1 Sha256;
    0x008E TLS_DHE_PSK_WITH_RC4_128_SHA: Dhe Psk, Rc4 128 Stream, Sha1 Sha256;
    0x008F TLS_DHE_PSK_WITH_3DES_EDE_CBC_SHA: Dhe Psk, TripleDes 112 Cbc, Sha1 Sha256;
    0x0090 TLS_DHE_PSK_WITH_AES_128_CBC_SHA: Dhe Psk, Aes 128 Cbc, Sha1 Sha256;
    0x0091 TLS_DHE_PSK_WITH_AES_256_CBC_SHA: Dhe Psk, Aes 256 Cbc, Sha1 Sha256;
    0x0092 TLS_RSA_PSK_WITH_RC4_128_SHA: Rsa Psk, Rc4 128 Stream, Sha1 Sha256;
    0x0093 TLS_RSA_PSK_WITH_3DES_EDE_CBC_SHA: Rsa Psk, TripleDes 112 Cbc, Sha1 Sha256;
    0x0094 TLS_RSA_PSK_WITH_AES_128_CBC_SHA: Rsa Psk, Aes 128 Cbc, Sha1 Sha256;
    0x0095 TLS_RSA_PSK_WITH_AES_256_CBC_SHA: Rsa Psk, Aes 256 Cbc, Sha1 Sha256;
    0x0096 TLS_RSA_WITH_SEED_CBC_SHA: Rsa Rsa, Seed 128 Cbc, Sha1 Sha256;
    0x0097 TLS_DH_DSS_WITH_SEED_CBC_SHA: Dh Dss, Seed 128 Cbc, Sha1 Sha256;
    0x0098 TLS_DH_RSA_WITH_SEED_CBC_SHA: Dh Rsa, Seed 128 Cbc, Sha1 Sha256;
    0x0099 TLS_DHE_DSS_WITH_SEED_CBC_SHA: Dhe Dss, Seed 128 Cbc, Sha1 Sha256;
    0x009A TLS_DHE_RSA_WITH_SEED_CBC_SHA: Dhe Rsa, Seed 128 Cbc, Sha1 Sha256;
    0x009B TLS_DH_anon_WITH_SEED_CBC_SHA: Dhe Anonymous, Seed 128 Cbc, Sha1 Sha256;
    0x009C TLS_RSA_WITH_AES_128_GCM_SHA256: Rsa Rsa, Aes 128 Gcm, Aead Sha256;
    0x009D TLS_RSA_WITH_AES_256_GCM_SHA384: Rsa Rsa, Aes 256 Gcm, Aead Sha384;
    0x009E TLS_DHE_RSA_WITH_AES_128_GCM_SHA256: Dhe Rsa, Aes 128 Gcm, Aead Sha256;
    0x009F TLS_DHE_RSA_WITH_AES_256_GCM_SHA384: Dhe Rsa, Aes 256 Gcm, Aead Sha384;
    0x00A0 TLS_DH_RSA_WITH_AES_128_GCM_SHA256: Dh Rsa, Aes 128 Gcm, Aead Sha256;
    0x00A1 TLS_DH_RSA_WITH_AES_256_GCM_SHA384: Dh Rsa, Aes 256 Gcm, Aead Sha384;
    0x00A2 TLS_DHE_DSS_WITH_AES_128_GCM_SHA256: Dhe Dss, Aes 128 Gcm, Aead Sha256;
    0x00A3 TLS_DHE_DSS_WITH_AES_256_GCM_SHA384: Dhe Dss, Aes 256 Gcm, Aead Sha384;
    0x00A4 TLS_DH_DSS_WITH_AES_128_GCM_SHA256: Dh Dss, Aes 128 Gcm, Aead Sha256;
    0x00A5 TLS_DH_DSS_WITH_AES_256_GCM_SHA384: Dh Dss, Aes 256 Gcm, Aead Sha384;
    0x00A6 TLS_DH_anon_WITH_AES_128_GCM_SHA256: Dhe Anonymous, Aes 128 Gcm, Aead Sha256;
    0x00A7 TLS_DH_anon_WITH_AES_256_GCM_SHA384: Dhe Anonymous, Aes 256 Gcm, Aead Sha384;
    0x00A8 TLS_PSK_WITH_AES_128_GCM_SHA256: Psk Psk, Aes 128 Gcm, Aead Sha256;
    0x00A9 TLS_PSK_WITH_AES_256_GCM_SHA384: Psk Psk, Aes 256 Gcm, Aead Sha384;
    0x00AA TLS_DHE_PSK_WITH_AES_128_GCM_SHA256: Dhe Psk, Aes 128 Gcm, Aead Sha256;
    0x00AB TLS_DHE_PSK_WITH_AES_256_GCM_SHA384: Dhe Psk, Aes 256 Gcm, Aead Sha384;
    0x00AC TLS_RSA_PSK_WITH_AES_128_GCM_SHA256: Rsa Psk, Aes 128 Gcm, Aead Sha256;
    0x00AD TLS_RSA_PSK_WITH_AES_256_GCM_SHA384: Rsa Psk, Aes 256 Gcm, Aead Sha384;
    0x00AE TLS_PSK_WITH_AES_128_CBC_SHA256: Psk Psk, Aes 128 Cbc, Sha256 Sha256;
    0x00AF TLS_PSK_WITH_AES_256_CBC_SHA384: Psk Psk, Aes 256 Cbc, Sha384 Sha384;
    0x00B0 TLS_PSK_WITH_NULL_SHA256: Psk Psk, Null 0 Null, Sha256 Sha256;
    0x00B1 TLS_PSK_WITH_NULL_SHA384: Psk Psk, Null 0 Null, Sha384 Sha384;
    0x00B2 TLS_DHE_PSK_WITH_AES_128_CBC_SHA256: Dhe Psk, Aes 128 Cbc, Sha256 Sha256;
    0x00B3 TLS_DHE_PSK_WITH_AES_256_CBC_SHA384: Dhe Psk, Aes 256 Cbc, Sha384 Sha384;
    0x00B4 TLS_DHE_PSK_WITH_NULL_SHA256: Dhe Psk, Null 0 Null, Sha256 Sha256;
    0x00B5 TLS_DHE_PSK_WITH_NULL_SHA384: Dhe Psk, Null 0 Null, Sha384 Sha384;
    0x00B6 TLS_RSA_PSK_WITH_AES_128_CBC_SHA256: Rsa Psk, Aes 128 Cbc, Sha256 Sha256;
    0x00B7 TLS_RSA_PSK_WITH_AES_256_CBC_SHA384: Rsa Psk, Aes 256 Cbc, Sha384 Sha384;
    0x00B8 TLS_RSA_PSK_WITH_NULL_SHA256: Rsa Psk, Null 0 Null, Sha256 Sha256;
    0x00B9 TLS_RSA_PSK_WITH_NULL_SHA384: Rsa Psk, Null 0 Null, Sha384 Sha384;
    0x00BA TLS_RSA_WITH_CAMELLIA_128_CBC_SHA256: Rsa Rsa, Camellia 128 Cbc, Sha256 Sha256;
    0x00BB TLS_DH_DSS_WITH_CAMELLIA_128_CBC_SHA256: Dh Dss, Camellia 128 Cbc, Sha256 Sha256;
    0x00BC TLS_DH_RSA_WITH_CAMELLIA_128_CBC_SHA256: Dh Rsa, Camellia 128 Cbc, Sha256 Sha256;
    0x00BD TLS_DHE_DSS_WITH_CAMELLIA_128_CBC_SHA256: Dhe Dss, Camellia 128 Cbc, Sha256 Sha256;
    0x00BE TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA256: Dhe Rsa, Camellia 128 Cbc, Sha256 Sha256;
    0x00BF TLS_DH_anon_WITH_CAMELLIA_128_CBC_SHA256: Dhe Anonymous, Camellia 128 Cbc, Sha256 Sha256;
    0x00C0 TLS_RSA_WITH_CAMELLIA_256_CBC_SHA256: Rsa Rsa, Camellia 256 Cbc, Sha256 Sha256;
    0x00C1 TLS_DH_DSS_WITH_CAMELLIA_256_CBC_SHA256: Dh Dss, Camellia 256 Cbc, Sha256 Sha256;
    0x00C2 TLS_DH_RSA_WITH_CAMELLIA_256_CBC_SHA256: Dh Rsa, Camellia 256 Cbc, Sha256 Sha256;
    0x00C3 TLS_DHE_DSS_WITH_CAMELLIA_256_CBC_SHA256: Dhe Dss, Camellia 256 Cbc, Sha256 Sha256;
    0x00C4 TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA256: Dhe Rsa, Camellia 256 Cbc, Sha256 Sha256;
    0x00C5 TLS_DH_anon_WITH_CAMELLIA_256_CBC_SHA256: Dhe Anonymous, Camellia 256 Cbc, Sha256 Sha256;
    0x00C6 TLS_SM4_GCM_SM3: Any Any, Sm4 128 Gcm, Aead Sm3;
    0x00C7 TLS_SM4_CCM_SM3: Any Any, Sm4 128 Ccm, Aead Sm3;
    0x1301 TLS_AES_128_GCM_SHA256: Any Any, Aes 128 Gcm, Aead Sha256;
    0x1302 TLS_AES_256_GCM_SHA384: Any Any, Aes 256 Gcm, Aead Sha384;
    0x1303 TLS_CHACHA20_POLY1305_SHA256: Any Any, ChaCha20 256 Poly1305, Aead Sha256;
    0x1304 TLS_AES_128_CCM_SHA256: Any Any, Aes 128 Ccm, Aead Sha256;
    0x1305 TLS_AES_128_CCM_8_SHA256: Any Any, Aes 128 Ccm8, Aead Sha256;
    0x1306 TLS_AEGIS_256_SHA512: Any Any, Aes 256 Aegis, Aead Sha512;
    0x1307 TLS_AEGIS_128L_SHA256: Any Any, Aes 128 Aegis, Aead Sha256;
    0xC001 TLS_ECDH_ECDSA_WITH_NULL_SHA: Ecdh Ecdsa, Null 0 Null, Sha1 Sha256;
    0xC002 TLS_ECDH_ECDSA_WITH_RC4_128_SHA: Ecdh Ecdsa, Rc4 128 Stream, Sha1 Sha256;
    0xC003 TLS_ECDH_ECDSA_WITH_3DES_EDE_CBC_SHA: Ecdh Ecdsa, TripleDes 112 Cbc, Sha1 Sha256;
    0xC004 TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA: Ecdh Ecdsa, Aes 128 Cbc, Sha1 Sha256;
    0xC005 TLS_ECDH_ECDSA_WITH_AES_256_CBC_SHA: Ecdh Ecdsa, Aes 256 Cbc, Sha1 Sha256;
    0xC006 TLS_ECDHE_ECDSA_WITH_NULL_SHA: Ecdhe Ecdsa, Null 0 Null, Sha1 Sha256;
    0xC007 TLS_ECDHE_ECDSA_WITH_RC4_128_SHA: Ecdhe Ecdsa, Rc4 128 Stream, Sha1 Sha256;
    0xC008 TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA: Ecdhe Ecdsa, TripleDes 112 Cbc, Sha1 Sha256;
    0xC009 TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: Ecdhe Ecdsa, Aes 128 Cbc, Sha1 Sha256;
    0xC00A TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: Ecdhe Ecdsa, Aes 256 Cbc, Sha1 Sha256;
    0xC00B TLS_ECDH_RSA_WITH_NULL_SHA: Ecdh Rsa, Null 0 Null, Sha1 Sha256;
    0xC00C TLS_ECDH_RSA_WITH_RC4_128_SHA: Ecdh Rsa, Rc4 128 Stream, Sha1 Sha256;
    0xC00D TLS_ECDH_RSA_WITH_3DES_EDE_CBC_SHA: Ecdh Rsa, TripleDes 112 Cbc, Sha1 Sha256;
    0xC00E TLS_ECDH_RSA_WITH_AES_128_CBC_SHA: Ecdh Rsa, Aes 128 Cbc, Sha1 Sha256;
    0xC00F TLS_ECDH_RSA_WITH_AES_256_CBC_SHA: Ecdh Rsa, Aes 256 Cbc, Sha1 Sha256;
    0xC010 TLS_ECDHE_RSA_WITH_NULL_SHA: Ecdhe Rsa, Null 0 Null, Sha1 Sha256;
    0xC011 TLS_ECDHE_RSA_WITH_RC4_128_SHA: Ecdhe Rsa, Rc4 128 Stream, Sha1 Sha256;
    0xC012 TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA: Ecdhe Rsa, TripleDes 112 Cbc, Sha1 Sha256;
    0xC013 TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: Ecdhe Rsa, Aes 128 Cbc, Sha1 Sha256;
    0xC014 TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: Ecdhe Rsa, Aes 256 Cbc, Sha1 Sha256;
    0xC015 TLS_ECDH_anon_WITH_NULL_SHA: Ecdhe Anonymous, Null 0 Null, Sha1 Sha256;
    0xC016 TLS_ECDH_anon_WITH_RC4_128_SHA: Ecdhe Anonymous, Rc4 128 Stream, Sha1 Sha256;
    0xC017 TLS_ECDH_anon_WITH_3DES_EDE_CBC_SHA: Ecdhe Anonymous, TripleDes 112 Cbc, Sha1 Sha256;
    0xC018 TLS_ECDH_anon_WITH_AES_128_CBC_SHA: Ecdhe Anonymous, Aes 128 Cbc, Sha1 Sha256;
    0xC019 TLS_ECDH_anon_WITH_AES_256_CBC_SHA: Ecdhe Anonymous, Aes 256 Cbc, Sha1 Sha256;
    0xC01A TLS_SRP_SHA_WITH_3DES_EDE_CBC_SHA: Srp Srp, TripleDes 112 Cbc, Sha1 Sha256;
    0xC01B TLS_SRP_SHA_RSA_WITH_3DES_EDE_CBC_SHA: Srp Rsa, TripleDes 112 Cbc, Sha1 Sha256;
    0xC01C TLS_SRP_SHA_DSS_WITH_3DES_EDE_CBC_SHA: Srp Dss, TripleDes 112 Cbc, Sha1 Sha256;
    0xC01D TLS_SRP_SHA_WITH_AES_128_CBC_SHA: Srp Srp, Aes 128 Cbc, Sha1 Sha256;
    0xC01E TLS_SRP_SHA_RSA_WITH_AES_128_CBC_SHA: Srp Rsa, Aes 128 Cbc, Sha1 Sha256;
    0xC01F TLS_SRP_SHA_DSS_WITH_AES_128_CBC_SHA: Srp Dss, Aes 128 Cbc, Sha1 Sha256;
    0xC020 TLS_SRP_SHA_WITH_AES_256_CBC_SHA: Srp Srp, Aes 256 Cbc, Sha1 Sha256;
    0xC021 TLS_SRP_SHA_RSA_WITH_AES_256_CBC_SHA: Srp Rsa, Aes 256 Cbc, Sha1 Sha256;
    0xC022 TLS_SRP_SHA_DSS_WITH_AES_256_CBC_SHA: Srp Dss, Aes 256 Cbc, Sha1 Sha256;
    0xC023 TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: Ecdhe Ecdsa, Aes 128 Cbc, Sha256 Sha256;
    0xC024 TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384: Ecdhe Ecdsa, Aes 256 Cbc, Sha384 Sha384;
    0xC025 TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA256: Ecdh Ecdsa, Aes 128 Cbc, Sha256 Sha256;
    0xC026 TLS_ECDH_ECDSA_WITH_AES_256_CBC_SHA384: Ecdh Ecdsa, Aes 256 Cbc, Sha384 Sha384;
    0xC027 TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256: Ecdhe Rsa, Aes 128 Cbc, Sha256 Sha256;
    0xC028 TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384: Ecdhe Rsa, Aes 256 Cbc, Sha384 Sha384;
    0xC029 TLS_ECDH_RSA_WITH_AES_128_CBC_SHA256: Ecdh Rsa, Aes 128 Cbc, Sha256 Sha256;
    0xC02A TLS_ECDH_RSA_WITH_AES_256_CBC_SHA384: Ecdh Rsa, Aes 256 Cbc, Sha384 Sha384;
    0xC02B TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: Ecdhe Ecdsa, Aes 128 Gcm, Aead Sha256;
    0xC02C TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: Ecdhe Ecdsa, Aes 256 Gcm, Aead Sha384;
    0xC02D TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256: Ecdh Ecdsa, Aes 128 Gcm, Aead Sha256;
    0xC02E TLS_ECDH_ECDSA_WITH_AES_256_GCM_SHA384: Ecdh Ecdsa, Aes 256 Gcm, Aead Sha384;
    0xC02F TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: Ecdhe Rsa, Aes 128 Gcm, Aead Sha256;
    0xC030 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: Ecdhe Rsa, Aes 256 Gcm, Aead Sha384;
    0xC031 TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256: Ecdh Rsa, Aes 128 Gcm, Aead Sha256;
    0xC032 TLS_ECDH_RSA_WITH_AES_256_GCM_SHA384: Ecdh Rsa, Aes 256 Gcm, Aead Sha384;
    0xC033 TLS_ECDHE_PSK_WITH_RC4_128_SHA: Ecdhe Psk, Rc4 128 Stream, Sha1 Sha256;
    0xC034 TLS_ECDHE_PSK_WITH_3DES_EDE_CBC_SHA: Ecdhe Psk, TripleDes 112 Cbc, Sha1 Sha256;
    0xC035 TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA: Ecdhe Psk, Aes 128 Cbc, Sha1 Sha256;
    0xC036 TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA: Ecdhe Psk, Aes 256 Cbc, Sha1 Sha256;
    0xC037 TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256: Ecdhe Psk, Aes 128 Cbc, Sha256 Sha256;
    0xC038 TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA384: Ecdhe Psk, Aes 256 Cbc, Sha384 Sha384;
    0xC039 TLS_ECDHE_PSK_WITH_NULL_SHA: Ecdhe Psk, Null 0 Null, Sha1 Sha256;
    0xC03A TLS_ECDHE_PSK_WITH_NULL_SHA256: Ecdhe Psk, Null 0 Null, Sha256 Sha256;
    0xC03B TLS_ECDHE_PSK_WITH_NULL_SHA384: Ecdhe Psk, Null 0 Null, Sha384 Sha384;
    0xC03C TLS_RSA_WITH_ARIA_128_CBC_SHA256: Rsa Rsa, Aria 128 Cbc, Sha256 Sha256;
    0xC03D TLS_RSA_WITH_ARIA_256_CBC_SHA384: Rsa Rsa, Aria 256 Cbc, Sha384 Sha384;
    0xC03E TLS_DH_DSS_WITH_ARIA_128_CBC_SHA256: Dh Dss, Aria 128 Cbc, Sha256 Sha256;
    0xC03F TLS_DH_DSS_WITH_ARIA_256_CBC_SHA384: Dh Dss, Aria 256 Cbc, Sha384 Sha384;
    0xC040 TLS_DH_RSA_WITH_ARIA_128_CBC_SHA256: Dh Rsa, Aria 128 Cbc, Sha256 Sha256;
    0xC041 TLS_DH_RSA_WITH_ARIA_256_CBC_SHA384: Dh Rsa, Aria 256 Cbc, Sha384 Sha384;
    0xC042 TLS_DHE_DSS_WITH_ARIA_128_CBC_SHA256: Dhe Dss, Aria 128 Cbc, Sha256 Sha256;
    0xC043 TLS_DHE_DSS_WITH_ARIA_256_CBC_SHA384: Dhe Dss, Aria 256 Cbc, Sha384 Sha384;
    0xC044 TLS_DHE_RSA_WITH_ARIA_128_CBC_SHA256: Dhe Rsa, Aria 128 Cbc, Sha256 Sha256;
    0xC045 TLS_DHE_RSA_WITH_ARIA_256_CBC_SHA384: Dhe Rsa, Aria 256 Cbc, Sha384 Sha384;
    0xC046 TLS_DH_anon_WITH_ARIA_128_CBC_SHA256: Dhe Anonymous, Aria 128 Cbc, Sha256 Sha256;
    0xC047 TLS_DH_anon_WITH_ARIA_256_CBC_SHA384: Dhe Anonymous, Aria 256 Cbc, Sha384 Sha384;
    0xC048 TLS_ECDHE_ECDSA_WITH_ARIA_128_CBC_SHA256: Ecdhe Ecdsa, Aria 128 Cbc, Sha256 Sha256;
    0xC049 TLS_ECDHE_ECDSA_WITH_ARIA_256_CBC_SHA384: Ecdhe Ecdsa, Aria 256 Cbc, Sha384 Sha384;
    0xC04A TLS_ECDH_ECDSA_WITH_ARIA_128_CBC_SHA256: Ecdh Ecdsa, Aria 128 Cbc, Sha256 Sha256;
    0xC04B TLS_ECDH_ECDSA_WITH_ARIA_256_CBC_SHA384: Ecdh Ecdsa, Aria 256 Cbc, Sha384 Sha384;
    0xC04C TLS_ECDHE_RSA_WITH_ARIA_128_CBC_SHA256: Ecdhe Rsa, Aria 128 Cbc, Sha256 Sha256;
    0xC04D TLS_ECDHE_RSA_WITH_ARIA_256_CBC_SHA384: Ecdhe Rsa, Aria 256 Cbc, Sha384 Sha384;
    0xC04E TLS_ECDH_RSA_WITH_ARIA_128_CBC_SHA256: Ecdh Rsa, Aria 128 Cbc, Sha256 Sha256;
    0xC04F TLS_ECDH_RSA_WITH_ARIA_256_CBC_SHA384: Ecdh Rsa, Aria 256 Cbc, Sha384 Sha384;
    0xC050 TLS_RSA_WITH_ARIA_128_GCM_SHA256: Rsa Rsa, Aria 128 Gcm, Aead Sha256;
    0xC051 TLS_RSA_WITH_ARIA_256_GCM_SHA384: Rsa Rsa, Aria 256 Gcm, Aead Sha384;
    0xC052 TLS_DHE_RSA_WITH_ARIA_128_GCM_SHA256: Dhe Rsa, Aria 128 Gcm, Aead Sha256;
    0xC053 TLS_DHE_RSA_WITH_ARIA_256_GCM_SHA384: Dhe Rsa, Aria 256 Gcm, Aead Sha384;
    0xC054 TLS_DH_RSA_WITH_ARIA_128_GCM_SHA256: Dh Rsa, Aria 128 Gcm, Aead Sha256;
    0xC055 TLS_DH_RSA_WITH_ARIA_256_GCM_SHA384: Dh Rsa, Aria 256 Gcm, Aead Sha384;
    0xC056 TLS_DHE_DSS_WITH_ARIA_128_GCM_SHA256: Dhe Dss, Aria 128 Gcm, Aead Sha256;
    0xC057 TLS_DHE_DSS_WITH_ARIA_256_GCM_SHA384: Dhe Dss, Aria 256 Gcm, Aead Sha384;
    0xC058 TLS_DH_DSS_WITH_ARIA_128_GCM_SHA256: Dh Dss, Aria 128 Gcm, Aead Sha256;
    0xC059 TLS_DH_DSS_WITH_ARIA_256_GCM_SHA384: Dh Dss, Aria 256 Gcm, Aead Sha384;
    0xC05A TLS_DH_anon_WITH_ARIA_128_GCM_SHA256: Dhe Anonymous, Aria 128 Gcm, Aead Sha256;
    0xC05B TLS_DH_anon_WITH_ARIA_256_GCM_SHA384: Dhe Anonymous, Aria 256 Gcm, Aead Sha384;
    0xC05C TLS_ECDHE_ECDSA_WITH_ARIA_128_GCM_SHA256: Ecdhe Ecdsa, Aria 128 Gcm, Aead Sha256;
    0xC05D TLS_ECDHE_ECDSA_WITH_ARIA_256_GCM_SHA384: Ecdhe Ecdsa, Aria 256 Gcm, Aead Sha384;
    0xC05E TLS_ECDH_ECDSA_WITH_ARIA_128_GCM_SHA256: Ecdh Ecdsa, Aria 128 Gcm, Aead Sha256;
    0xC05F TLS_ECDH_ECDSA_WITH_ARIA_256_GCM_SHA384: Ecdh Ecdsa, Aria 256 Gcm, Aead Sha384;
    0xC060 TLS_ECDHE_RSA_WITH_ARIA_128_GCM_SHA256: Ecdhe Rsa, Aria 128 Gcm, Aead Sha256;
    0xC061 TLS_ECDHE_RSA_WITH_ARIA_256_GCM_SHA384: Ecdhe Rsa, Aria 256 Gcm, Aead Sha384;
    0xC062 TLS_ECDH_RSA_WITH_ARIA_128_GCM_SHA256: Ecdh Rsa, Aria 128 Gcm, Aead Sha256;
    0xC063 TLS_ECDH_RSA_WITH_ARIA_256_GCM_SHA384: Ecdh Rsa, Aria 256 Gcm, Aead Sha384;
    0xC064 TLS_PSK_WITH_ARIA_128_CBC_SHA256: Psk Psk, Aria 128 Cbc, Sha256 Sha256;
    0xC065 TLS_PSK_WITH_ARIA_256_CBC_SHA384: Psk Psk, Aria 256 Cbc, Sha384 Sha384;
    0xC066 TLS_DHE_PSK_WITH_ARIA_128_CBC_SHA256: Dhe Psk, Aria 128 Cbc, Sha256 Sha256;
    0xC067 TLS_DHE_PSK_WITH_ARIA_256_CBC_SHA384: Dhe Psk, Aria 256 Cbc, Sha384 Sha384;
    0xC068 TLS_RSA_PSK_WITH_ARIA_128_CBC_SHA256: Rsa Psk, Aria 128 Cbc, Sha256 Sha256;
    0xC069 TLS_RSA_PSK_WITH_ARIA_256_CBC_SHA384: Rsa Psk, Aria 256 Cbc, Sha384 Sha384;
    0xC06A TLS_PSK_WITH_ARIA_128_GCM_SHA256: Psk Psk, Aria 128 Gcm, Aead Sha256;
    0xC06B TLS_PSK_WITH_ARIA_256_GCM_SHA384: Psk Psk, Aria 256 Gcm, Aead Sha384;
    0xC06C TLS_DHE_PSK_WITH_ARIA_128_GCM_SHA256: Dhe Psk, Aria 128 Gcm, Aead Sha256;
    0xC06D TLS_DHE_PSK_WITH_ARIA_256_GCM_SHA384: Dhe Psk, Aria 256 Gcm, Aead Sha384;
    0xC06E TLS_RSA_PSK_WITH_ARIA_128_GCM_SHA256: Rsa Psk, Aria 128 Gcm, Aead Sha256;
    0xC06F TLS_RSA_PSK_WITH_ARIA_256_GCM_SHA384: Rsa Psk, Aria 256 Gcm, Aead Sha384;
    0xC070 TLS_ECDHE_PSK_WITH_ARIA_128_CBC_SHA256: Ecdhe Psk, Aria 128 Cbc, Sha256 Sha256;
    0xC071 TLS_ECDHE_PSK_WITH_ARIA_256_CBC_SHA384: Ecdhe Psk, Aria 256 Cbc, Sha384 Sha384;
    0xC072 TLS_ECDHE_ECDSA_WITH_CAMELLIA_128_CBC_SHA256: Ecdhe Ecdsa, Camellia 128 Cbc, Sha256 Sha256;
    0xC073 TLS_ECDHE_ECDSA_WITH_CAMELLIA_256_CBC_SHA384: Ecdhe Ecdsa, Camellia 256 Cbc, Sha384 Sha384;
    0xC074 TLS_ECDH_ECDSA_WITH_CAMELLIA_128_CBC_SHA256: Ecdh Ecdsa, Camellia 128 Cbc, Sha256 Sha256;
    0xC075 TLS_ECDH_ECDSA_WITH_CAMELLIA_256_CBC_SHA384: Ecdh Ecdsa, Camellia 256 Cbc, Sha384 Sha384;
    0xC076 TLS_ECDHE_RSA_WITH_CAMELLIA_128_CBC_SHA256: Ecdhe Rsa, Camellia 128 Cbc, Sha256 Sha256;
    0xC077 TLS_ECDHE_RSA_WITH_CAMELLIA_256_CBC_SHA384: Ecdhe Rsa, Camellia 256 Cbc, Sha384 Sha384;
    0xC078 TLS_ECDH_RSA_WITH_CAMELLIA_128_CBC_SHA256: Ecdh Rsa, Camellia 128 Cbc, Sha256 Sha256;
    0xC079 TLS_ECDH_RSA_WITH_CAMELLIA_256_CBC_SHA384: Ecdh Rsa, Camellia 256 Cbc, Sha384 Sha384;
    0xC07A TLS_RSA_WITH_CAMELLIA_128_GCM_SHA256: Rsa Rsa, Camellia 128 Gcm, Aead Sha256;
    0xC07B TLS_RSA_WITH_CAMELLIA_256_GCM_SHA384: Rsa Rsa, Camellia 256 Gcm, Aead Sha384;
    0xC07C TLS_DHE_RSA_WITH_CAMELLIA_128_GCM_SHA256: Dhe Rsa, Camellia 128 Gcm, Aead Sha256;
    0xC07D TLS_DHE_RSA_WITH_CAMELLIA_256_GCM_SHA384: Dhe Rsa, Camellia 256 Gcm, Aead Sha384;
    0xC07E TLS_DH_RSA_WITH_CAMELLIA_128_GCM_SHA256: Dh Rsa, Camellia 128 Gcm, Aead Sha256;
    0xC07F TLS_DH_RSA_WITH_CAMELLIA_256_GCM_SHA384: Dh Rsa, Camellia 256 Gcm, Aead Sha384;
    0xC080 TLS_DHE_DSS_WITH_CAMELLIA_128_GCM_SHA256: Dhe Dss, Camellia 128 Gcm, Aead Sha256;
    0xC081 TLS_DHE_DSS_WITH_CAMELLIA_256_GCM_SHA384: Dhe Dss, Camellia 256 Gcm, Aead Sha384;
    0xC082 TLS_DH_DSS_WITH_CAMELLIA_128_GCM_SHA256: Dh Dss, Camellia 128 Gcm, Aead Sha256;
    0xC083 TLS_DH_DSS_WITH_CAMELLIA_256_GCM_SHA384: Dh Dss, Camellia 256 Gcm, Aead Sha384;
    0xC084 TLS_DH_anon_WITH_CAMELLIA_128_GCM_SHA256: Dhe Anonymous, Camellia 128 Gcm, Aead Sha256;
    0xC085 TLS_DH_anon_WITH_CAMELLIA_256_GCM_SHA384: Dhe Anonymous, Camellia 256 Gcm, Aead Sha384;
    0xC086 TLS_ECDHE_ECDSA_WITH_CAMELLIA_128_GCM_SHA256: Ecdhe Ecdsa, Camellia 128 Gcm, Aead Sha256;
    0xC087 TLS_ECDHE_ECDSA_WITH_CAMELLIA_256_GCM_SHA384: Ecdhe Ecdsa, Camellia 256 Gcm, Aead Sha384;
    0xC088 TLS_ECDH_ECDSA_WITH_CAMELLIA_128_GCM_SHA256: Ecdh Ecdsa, Camellia 128 Gcm, Aead Sha256;
    0xC089 TLS_ECDH_ECDSA_WITH_CAMELLIA_256_GCM_SHA384: Ecdh Ecdsa, Camellia 256 Gcm, Aead Sha384;
    0xC08A TLS_ECDHE_RSA_WITH_CAMELLIA_128_GCM_SHA256: Ecdhe Rsa, Camellia 128 Gcm, Aead Sha256;
    0xC08B TLS_ECDHE_RSA_WITH_CAMELLIA_256_GCM_SHA384: Ecdhe Rsa, Camellia 256 Gcm, Aead Sha384;
    0xC08C TLS_ECDH_RSA_WITH_CAMELLIA_128_GCM_SHA256: Ecdh Rsa, Camellia 128 Gcm, Aead Sha256;
    0xC08D TLS_ECDH_RSA_WITH_CAMELLIA_256_GCM_SHA384: Ecdh Rsa, Camellia 256 Gcm, Aead Sha384;
    0xC08E TLS_PSK_WITH_CAMELLIA_128_GCM_SHA256: Psk Psk, Camellia 128 Gcm, Aead Sha256;
    0xC08F TLS_PSK_WITH_CAMELLIA_256_GCM_SHA384: Psk Psk, Camellia 256 Gcm, Aead Sha384;
    0xC090 TLS_DHE_PSK_WITH_CAMELLIA_128_GCM_SHA256: Dhe Psk, Camellia 128 Gcm, Aead Sha256;
    0xC091 TLS_DHE_PSK_WITH_CAMELLIA_256_GCM_SHA384: Dhe Psk, Camellia 256 Gcm, Aead Sha384;
    0xC092 TLS_RSA_PSK_WITH_CAMELLIA_128_GCM_SHA256: Rsa Psk, Camellia 128 Gcm, Aead Sha256;
    0xC093 TLS_RSA_PSK_WITH_CAMELLIA_256_GCM_SHA384: Rsa Psk, Camellia 256 Gcm, Aead Sha384;
    0xC094 TLS_PSK_WITH_CAMELLIA_128_CBC_SHA256: Psk Psk, Camellia 128 Cbc, Sha256 Sha256;
    0xC095 TLS_PSK_WITH_CAMELLIA_256_CBC_SHA384: Psk Psk, Camellia 256 Cbc, Sha384 Sha384;
    0xC096 TLS_DHE_PSK_WITH_CAMELLIA_128_CBC_SHA256: Dhe Psk, Camellia 128 Cbc, Sha256 Sha256;
    0xC097 TLS_DHE_PSK_WITH_CAMELLIA_256_CBC_SHA384: Dhe Psk, Camellia 256 Cbc, Sha384 Sha384;
    0xC098 TLS_RSA_PSK_WITH_CAMELLIA_128_CBC_SHA256: Rsa Psk, Camellia 128 Cbc, Sha256 Sha256;
    0xC099 TLS_RSA_PSK_WITH_CAMELLIA_256_CBC_SHA384: Rsa Psk, Camellia 256 Cbc, Sha384 Sha384;
    0xC09A TLS_ECDHE_PSK_WITH_CAMELLIA_128_CBC_SHA256: Ecdhe Psk, Camellia 128 Cbc, Sha256 Sha256;
    0xC09B TLS_ECDHE_PSK_WITH_CAMELLIA_256_CBC_SHA384: Ecdhe Psk, Camellia 256 Cbc, Sha384 Sha384;
    0xC09C TLS_RSA_WITH_AES_128_CCM: Rsa Rsa, Aes 128 Ccm, Aead Sha256;
    0xC09D TLS_RSA_WITH_AES_256_CCM: Rsa Rsa, Aes 256 Ccm, Aead Sha256;
    0xC09E TLS_DHE_RSA_WITH_AES_128_CCM: Dhe Rsa, Aes 128 Ccm, Aead Sha256;
    0xC09F TLS_DHE_RSA_WITH_AES_256_CCM: Dhe Rsa, Aes 256 Ccm, Aead Sha256;
    0xC0A0 TLS_RSA_WITH_AES_128_CCM_8: Rsa Rsa, Aes 128 Ccm8, Aead Sha256;
    0xC0A1 TLS_RSA_WITH_AES_256_CCM_8: Rsa Rsa, Aes 256 Ccm8, Aead Sha256;
    0xC0A2 TLS_DHE_RSA_WITH_AES_128_CCM_8: Dhe Rsa, Aes 128 Ccm8, Aead Sha256;
    0xC0A3 TLS_DHE_RSA_WITH_AES_256_CCM_8: Dhe Rsa, Aes 256 Ccm8, Aead Sha256;
    0xC0A4 TLS_PSK_WITH_AES_128_CCM: Psk Psk, Aes 128 Ccm, Aead Sha256;
    0xC0A5 TLS_PSK_WITH_AES_256_CCM: Psk Psk, Aes 256 Ccm, Aead Sha256;
    0xC0A6 TLS_DHE_PSK_WITH_AES_128_CCM: Dhe Psk, Aes 128 Ccm, Aead Sha256;
    0xC0A7 TLS_DHE_PSK_WITH_AES_256_CCM: Dhe Psk, Aes 256 Ccm, Aead Sha256;
    0xC0A8 TLS_PSK_WITH_AES_128_CCM_8: Psk Psk, Aes 128 Ccm8, Aead Sha256;
    0xC0A9 TLS_PSK_WITH_AES_256_CCM_8: Psk Psk, Aes 256 Ccm8, Aead Sha256;
    0xC0AA TLS_PSK_DHE_WITH_AES_128_CCM_8: Dhe Psk, Aes 128 Ccm8, Aead Sha256;
    0xC0AB TLS_PSK_DHE_WITH_AES_256_CCM_8: Dhe Psk, Aes 256 Ccm8, Aead Sha256;
    0xC0AC TLS_ECDHE_ECDSA_WITH_AES_128_CCM: Ecdhe Ecdsa, Aes 128 Ccm, Aead Sha256;
    0xC0AD TLS_ECDHE_ECDSA_WITH_AES_256_CCM: Ecdhe Ecdsa, Aes 256 Ccm, Aead Sha256;
    0xC0AE TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8: Ecdhe Ecdsa, Aes 128 Ccm8, Aead Sha256;
    0xC0AF TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8: Ecdhe Ecdsa, Aes 256 Ccm8, Aead Sha256;
    0xC0B0 TLS_ECCPWD_WITH_AES_128_GCM_SHA256: Password Password, Aes 128 Gcm, Aead Sha256;
    0xC0B1 TLS_ECCPWD_WITH_AES_256_GCM_SHA384: Password Password, Aes 256 Gcm, Aead Sha384;
    0xC0B2 TLS_ECCPWD_WITH_AES_128_CCM_SHA256: Password Password, Aes 128 Ccm, Aead Sha256;
    0xC0B3 TLS_ECCPWD_WITH_AES_256_CCM_SHA384: Password Password, Aes 256 Ccm, Aead Sha384;
    0xC0B4 TLS_SHA256_SHA256: Any Any, Null 0 Null, Sha256 Sha256;
    0xC0B5 TLS_SHA384_SHA384: Any Any, Null 0 Null, Sha384 Sha384;
    0xC100 TLS_GOSTR341112_256_WITH_KUZNYECHIK_CTR_OMAC: Gost Gost, Kuznyechik 256 Ctr, Omac Streebog;
    0xC101 TLS_GOSTR341112_256_WITH_MAGMA_CTR_OMAC: Gost Gost, Magma 256 Ctr, Omac Streebog;
    0xC102 TLS_GOSTR341112_256_WITH_28147_CNT_IMIT: Gost Gost, Magma 256 Cnt, Imit Streebog;
    0xC103 TLS_GOSTR341112_256_WITH_KUZNYECHIK_MGM_L: Any Any, Kuznyechik 256 Mgm, Aead Streebog;
    0xC104 TLS_GOSTR341112_256_WITH_MAGMA_MGM_L: Any Any, Magma 256 Mgm, Aead Streebog;
    0xC105 TLS_GOSTR341112_256_WITH_KUZNYECHIK_MGM_S: Any Any, Kuznyechik 256 Mgm, Aead Streebog;
    0xC106 TLS_GOSTR341112_256_WITH_MAGMA_MGM_S: Any Any, Magma 256 Mgm, Aead Streebog;
    0xCCA8 TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: Ecdhe Rsa, ChaCha20 256 Poly1305, Aead Sha256;
    0xCCA9 TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: Ecdhe Ecdsa, ChaCha20 256 Poly1305, Aead Sha256;
    0xCCAA TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256: Dhe Rsa, ChaCha20 256 Poly1305, Aead Sha256;
    0xCCAB TLS_PSK_WITH_CHACHA20_POLY1305_SHA256: Psk Psk, ChaCha20 256 Poly1305, Aead Sha256;
    0xCCAC TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256: Ecdhe Psk, ChaCha20 256 Poly1305, Aead Sha256;
    0xCCAD TLS_DHE_PSK_WITH_CHACHA20_POLY1305_SHA256: Dhe Psk, ChaCha20 256 Poly1305, Aead Sha256;
    0xCCAE TLS_RSA_PSK_WITH_CHACHA20_POLY1305_SHA256: Rsa Psk, ChaCha20 256 Poly1305, Aead Sha256;
    0xD001 TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256: Ecdhe Psk, Aes 128 Gcm, Aead Sha256;
    0xD002 TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384: Ecdhe Psk, Aes 256 Gcm, Aead Sha384;
    0xD003 TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256: Ecdhe Psk, Aes 128 Ccm8, Aead Sha256;
    0xD005 TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256: Ecdhe Psk, Aes 128 Ccm, Aead Sha256;
}

#[cfg(test)]
mod tests {
    use super::super::suite::Class;
    use super::*;

    #[test]
    fn code_points_rise_and_names_differ() {
        assert!(SUITES.windows(2).all(|pair| pair[0].code < pair[1].code));
        let mut names: Vec<&str> = SUITES.iter().map(|suite| suite.name).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn a_suite_is_found_by_code_point_and_by_name() {
        // RFC 3261 §26.3.1 names the first, RFC 5289 §3.2 the second, RFC 8446 §B.4 the third, RFC 7905 §2 the fourth.
        for (code, name) in [
            (0x002F, "TLS_RSA_WITH_AES_128_CBC_SHA"),
            (0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
            (0x1301, "TLS_AES_128_GCM_SHA256"),
            (0xCCA8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
        ] {
            assert_eq!(suite(code).map(|s| s.name), Some(name));
            assert_eq!(suite_named(&name.to_lowercase()).map(|s| s.code), Some(code));
        }
        // GREASE, the two signalling values, and a number that nobody registered.
        for code in [0x0A0A, 0x00FF, 0x5600, 0xFFFF] {
            assert_eq!(suite(code), None);
        }
        assert_eq!(suite_named("TLS_RSA_WITH_AES_128_CBC"), None);
    }

    #[test]
    fn a_name_says_what_the_facts_say() {
        for s in SUITES {
            let said = |word: &str| s.name.split('_').any(|part| part == word);
            assert_eq!(s.mode == Mode::Cbc, said("CBC"), "{}", s.name);
            assert_eq!(s.mode == Mode::Gcm, said("GCM"), "{}", s.name);
            assert_eq!(matches!(s.mode, Mode::Ccm | Mode::Ccm8), said("CCM"), "{}", s.name);
            assert_eq!(s.key_exchange == KeyExchangeAlgorithm::Ecdhe, said("ECDHE") || s.name.contains("ECDH_anon"), "{}", s.name);
            assert_eq!(s.authentication == Authentication::Psk, said("PSK"), "{}", s.name);
            assert_eq!(s.is(Class::Anon), said("anon") || s.code == 0, "{}", s.name);
            assert_eq!(s.is(Class::Rc4), said("RC4"), "{}", s.name);
            assert_eq!(s.is(Class::Export), said("EXPORT") || said("EXPORT1024"), "{}", s.name);
            assert_eq!(s.is(Class::TripleDes), said("3DES"), "{}", s.name);
            if said("256") && s.key_exchange != KeyExchangeAlgorithm::Gost {
                assert_eq!(s.bits, 256, "{}", s.name);
            }
        }
    }
}
