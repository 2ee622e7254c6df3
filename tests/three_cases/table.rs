//! Takes nothing, gives the cases of rules that `three_cases` makes where no sample shows them, never one that nobody verified.
//!
//! `three_cases` runs the tests of each module and looks into their reports; `coverage` counts on it.

/// Module by module: which of `kept`, `broken` and `open` its tests show, and of which rules.
pub(crate) const MADE: &[(&str, &str, &str)] = &[
    ("accounting", "kept broken open", "ACC-ANS-001"),
    ("admission", "kept broken open", "CAC-CPS-001 CAC-CPS-002 CAC-TPS-001 CAC-USR-001 CAC-ADM-001"),
    (
        "cut",
        "open",
        "NET-IPV-001 SIP-METHOD-003 SIP-EXT-001 SIP-EXT-002 SIP-HDR-002 SIP-HDR-004 SIP-HDR-006 SIP-URI-001 SIP-URI-003 \
         SIP-RESP-002 SIP-RESP-003 SIP-RESP-004 DLG-TIMER-001 SDP-SYNTAX-001 SDP-OA-001 SDP-OA-002 SDP-OA-003 SDP-OA-004 \
         SDP-OA-005 SDP-OA-006 SDP-OA-007 SDP-ICE-001 IDN-PAI-001 IDN-PAI-002 IDN-FROM-001 IDN-NUM-001 IDN-NUM-002 IDN-LIST-001 \
         IDN-DIV-001 IDN-STIR-001 IDN-STIR-002 IDN-STIR-003 IDN-STIR-004 IDN-STIR-005 ACC-PCV-001 ACC-SID-001 PRV-TOPO-002 \
         PRV-TOPO-003 PRV-ID-001 PRV-ID-002 PRV-AUTH-001 IMP-SUB-001 IMP-PIDF-001 SIG-TRANSPORT-002 NET-DBE-002 MED-CODEC-001 \
         MED-CODEC-002 MED-CODEC-003 MED-CODEC-004 MED-MODE-001 MED-MODE-002 MED-MODE-003 MSEC-SRTP-001",
    ),
    ("edges", "broken open", "CAC-ADM-001 NET-SBE-003"),
    ("edges", "kept broken open", "TXN-ACK-001 TXN-CANCEL-001 TXN-RETX-001 DLG-TIMER-002 CAC-CONC-001"),
    ("hygiene", "kept broken open", "POL-VALID-001 POL-WAIVER-001 POL-STALE-001"),
    ("media", "kept", "MSEC-DTLS-001"),
    ("media", "open", "MED-RTP-002 MSEC-DTLS-003"),
    (
        "messages",
        "kept broken",
        "SIP-METHOD-003 SIP-EXT-001 SIP-EXT-002 SIP-HDR-004 SIP-RESP-003 SIP-RESP-004 ACC-SID-001 PRV-ID-001 PRV-ID-002 \
         PRV-AUTH-001 IMP-SUB-001 IMP-PIDF-001",
    ),
    ("messages", "open", "IDN-STIR-006"),
    ("negotiation", "kept broken open", "SDP-OA-006 SDP-OA-008"),
    ("options", "kept broken open", "PRF-OPT-001"),
    (
        "performance",
        "kept broken open",
        "PRF-SRD-001 PRF-REG-001 PRF-SRD-002 PRF-SDD-001 PRF-SDT-001 PRF-SER-001 PRF-SEER-001 PRF-SCR-001 PRF-NER-001",
    ),
    ("reliable", "kept broken open", "DLG-REL-001"),
];
