//! Takes nothing, gives the list of rules, never a rule's content.

use super::{Rule, acc, cac, cap, dlg, idn, imp, med, msec, net, pol, prf, prv, sdp, sig, sip, txn};

/// Every rule that runs, in the order of the catalogue.
#[must_use]
pub const fn all() -> &'static [&'static Rule] {
    ALL
}

/// The rule with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    all().iter().copied().find(|r| r.id == id)
}

// One line a rule, in the order of `KNOWN`; families stand apart so that each can grow alone.
#[rustfmt::skip]
static ALL: &[&Rule] = &[
    // CAP
    &cap::loss_001::RULE,
    &cap::oneway_001::RULE,
    &cap::clock_001::RULE,
    &cap::opaque_001::RULE,

    // NET
    &net::sbe_001::RULE,
    &net::sbe_002::RULE,
    &net::sbe_003::RULE,
    &net::dbe_001::RULE,
    &net::dbe_002::RULE,
    &net::ipv_001::RULE,
    &net::enc_001::RULE,
    &net::dscp_001::RULE,

    // SIG
    &sig::transport_001::RULE,
    &sig::transport_002::RULE,
    &sig::transport_003::RULE,
    &sig::transport_004::RULE,
    &sig::transport_005::RULE,
    &sig::transport_006::RULE,
    &sig::tls_001::RULE,
    &sig::tls_002::RULE,
    &sig::tls_003::RULE,
    &sig::tls_004::RULE,
    &sig::tls_005::RULE,
    &sig::tls_006::RULE,
    &sig::cert_001::RULE,
    &sig::cert_002::RULE,
    &sig::cert_003::RULE,
    &sig::cert_004::RULE,
    &sig::cert_005::RULE,
    &sig::cert_006::RULE,

    // SIP
    &sip::method_001::RULE,
    &sip::method_002::RULE,
    &sip::method_003::RULE,
    &sip::ext_001::RULE,
    &sip::ext_002::RULE,
    &sip::hdr_001::RULE,
    &sip::hdr_002::RULE,
    &sip::hdr_003::RULE,
    &sip::hdr_004::RULE,
    &sip::hdr_005::RULE,
    &sip::hdr_006::RULE,
    &sip::hdr_007::RULE,
    &sip::uri_001::RULE,
    &sip::uri_002::RULE,
    &sip::uri_003::RULE,
    &sip::uri_004::RULE,
    &sip::resp_001::RULE,
    &sip::resp_002::RULE,
    &sip::resp_003::RULE,
    &sip::resp_004::RULE,

    // TXN
    &txn::retx_001::RULE,
    &txn::retx_002::RULE,
    &txn::timeout_001::RULE,
    &txn::timeout_002::RULE,
    &txn::ack_001::RULE,
    &txn::cancel_001::RULE,
    &txn::stray_001::RULE,

    // DLG
    &dlg::cseq_001::RULE,
    &dlg::tag_001::RULE,
    &dlg::state_001::RULE,
    &dlg::contact_001::RULE,
    &dlg::timer_001::RULE,
    &dlg::timer_002::RULE,
    &dlg::rel_001::RULE,

    // SDP
    &sdp::syntax_001::RULE,
    &sdp::oa_001::RULE,
    &sdp::oa_002::RULE,
    &sdp::oa_003::RULE,
    &sdp::oa_004::RULE,
    &sdp::oa_005::RULE,
    &sdp::oa_006::RULE,
    &sdp::oa_007::RULE,
    &sdp::oa_008::RULE,
    &sdp::ice_001::RULE,

    // MED
    &med::codec_001::RULE,
    &med::codec_002::RULE,
    &med::codec_003::RULE,
    &med::codec_004::RULE,
    &med::codec_005::RULE,
    &med::codec_006::RULE,
    &med::mode_001::RULE,
    &med::mode_002::RULE,
    &med::mode_003::RULE,
    &med::mode_004::RULE,
    &med::rtp_001::RULE,
    &med::rtp_002::RULE,
    &med::rtp_003::RULE,
    &med::rtp_004::RULE,
    &med::rtp_005::RULE,

    // MSEC
    &msec::srtp_001::RULE,
    &msec::srtp_002::RULE,
    &msec::srtp_003::RULE,
    &msec::keymgmt_001::RULE,
    &msec::sdes_001::RULE,
    &msec::sdes_002::RULE,
    &msec::dtls_001::RULE,
    &msec::dtls_002::RULE,
    &msec::dtls_003::RULE,
    &msec::down_001::RULE,

    // IDN
    &idn::pai_001::RULE,
    &idn::pai_002::RULE,
    &idn::from_001::RULE,
    &idn::num_001::RULE,
    &idn::num_002::RULE,
    &idn::list_001::RULE,
    &idn::div_001::RULE,
    &idn::stir_001::RULE,
    &idn::stir_002::RULE,
    &idn::stir_003::RULE,
    &idn::stir_004::RULE,
    &idn::stir_005::RULE,
    &idn::stir_006::RULE,

    // CAC
    &cac::conc_001::RULE,
    &cac::cps_001::RULE,
    &cac::cps_002::RULE,
    &cac::tps_001::RULE,
    &cac::bw_001::RULE,
    &cac::usr_001::RULE,
    &cac::dur_001::RULE,
    &cac::adm_001::RULE,

    // PRF
    &prf::srd_001::RULE,
    &prf::srd_002::RULE,
    &prf::sdd_001::RULE,
    &prf::sdt_001::RULE,
    &prf::ser_001::RULE,
    &prf::seer_001::RULE,
    &prf::isa_001::RULE,
    &prf::scr_001::RULE,
    &prf::ner_001::RULE,
    &prf::reg_001::RULE,
    &prf::opt_001::RULE,
    &prf::loss_001::RULE,
    &prf::jit_001::RULE,
    &prf::rtt_001::RULE,
    &prf::mos_001::RULE,

    // ACC
    &acc::pcv_001::RULE,
    &acc::pcfa_001::RULE,
    &acc::bye_001::RULE,
    &acc::dur_001::RULE,
    &acc::ans_001::RULE,
    &acc::sid_001::RULE,

    // PRV
    &prv::topo_001::RULE,
    &prv::topo_002::RULE,
    &prv::topo_003::RULE,
    &prv::id_001::RULE,
    &prv::id_002::RULE,
    &prv::auth_001::RULE,

    // IMP
    &imp::sub_001::RULE,
    &imp::pidf_001::RULE,

    // POL
    &pol::waiver_001::RULE,
    &pol::valid_001::RULE,
    &pol::stale_001::RULE,
];

/// Every id of the catalogue, those that do not run yet too: what a policy may name.
#[rustfmt::skip]
pub static KNOWN: &[&str] = &[
    "CAP-LOSS-001",
    "CAP-ONEWAY-001",
    "CAP-CLOCK-001",
    "CAP-OPAQUE-001",
    "NET-SBE-001", "NET-SBE-002", "NET-SBE-003",
    "NET-DBE-001", "NET-DBE-002",
    "NET-IPV-001",
    "NET-ENC-001",
    "NET-DSCP-001",
    "SIG-TRANSPORT-001", "SIG-TRANSPORT-002", "SIG-TRANSPORT-003", "SIG-TRANSPORT-004", "SIG-TRANSPORT-005", "SIG-TRANSPORT-006",
    "SIG-TLS-001", "SIG-TLS-002", "SIG-TLS-003", "SIG-TLS-004", "SIG-TLS-005", "SIG-TLS-006",
    "SIG-CERT-001", "SIG-CERT-002", "SIG-CERT-003", "SIG-CERT-004", "SIG-CERT-005", "SIG-CERT-006",
    "SIP-METHOD-001", "SIP-METHOD-002", "SIP-METHOD-003",
    "SIP-EXT-001", "SIP-EXT-002",
    "SIP-HDR-001", "SIP-HDR-002", "SIP-HDR-003", "SIP-HDR-004", "SIP-HDR-005", "SIP-HDR-006", "SIP-HDR-007",
    "SIP-URI-001", "SIP-URI-002", "SIP-URI-003", "SIP-URI-004",
    "SIP-RESP-001", "SIP-RESP-002", "SIP-RESP-003", "SIP-RESP-004",
    "TXN-RETX-001", "TXN-RETX-002",
    "TXN-TIMEOUT-001", "TXN-TIMEOUT-002",
    "TXN-ACK-001",
    "TXN-CANCEL-001",
    "TXN-STRAY-001",
    "DLG-CSEQ-001",
    "DLG-TAG-001",
    "DLG-STATE-001",
    "DLG-CONTACT-001",
    "DLG-TIMER-001", "DLG-TIMER-002",
    "DLG-REL-001",
    "SDP-SYNTAX-001",
    "SDP-OA-001", "SDP-OA-002", "SDP-OA-003", "SDP-OA-004", "SDP-OA-005", "SDP-OA-006", "SDP-OA-007", "SDP-OA-008",
    "SDP-ICE-001",
    "MED-CODEC-001", "MED-CODEC-002", "MED-CODEC-003", "MED-CODEC-004", "MED-CODEC-005", "MED-CODEC-006",
    "MED-MODE-001", "MED-MODE-002", "MED-MODE-003", "MED-MODE-004",
    "MED-RTP-001", "MED-RTP-002", "MED-RTP-003", "MED-RTP-004", "MED-RTP-005",
    "MSEC-SRTP-001", "MSEC-SRTP-002", "MSEC-SRTP-003",
    "MSEC-KEYMGMT-001",
    "MSEC-SDES-001", "MSEC-SDES-002",
    "MSEC-DTLS-001", "MSEC-DTLS-002", "MSEC-DTLS-003",
    "MSEC-DOWN-001",
    "IDN-PAI-001", "IDN-PAI-002",
    "IDN-FROM-001",
    "IDN-NUM-001", "IDN-NUM-002",
    "IDN-LIST-001",
    "IDN-DIV-001",
    "IDN-STIR-001", "IDN-STIR-002", "IDN-STIR-003", "IDN-STIR-004", "IDN-STIR-005", "IDN-STIR-006",
    "CAC-CONC-001",
    "CAC-CPS-001", "CAC-CPS-002",
    "CAC-TPS-001",
    "CAC-BW-001",
    "CAC-USR-001",
    "CAC-DUR-001",
    "CAC-ADM-001",
    "PRF-SRD-001", "PRF-SRD-002",
    "PRF-SDD-001",
    "PRF-SDT-001",
    "PRF-SER-001",
    "PRF-SEER-001",
    "PRF-ISA-001",
    "PRF-SCR-001",
    "PRF-NER-001",
    "PRF-REG-001",
    "PRF-OPT-001",
    "PRF-LOSS-001",
    "PRF-JIT-001",
    "PRF-RTT-001",
    "PRF-MOS-001",
    "ACC-PCV-001",
    "ACC-PCFA-001",
    "ACC-BYE-001",
    "ACC-DUR-001",
    "ACC-ANS-001",
    "ACC-SID-001",
    "PRV-TOPO-001", "PRV-TOPO-002", "PRV-TOPO-003",
    "PRV-ID-001", "PRV-ID-002",
    "PRV-AUTH-001",
    "IMP-SUB-001",
    "IMP-PIDF-001",
    "POL-WAIVER-001",
    "POL-VALID-001",
    "POL-STALE-001",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// `FAMILY[-TOPIC]-NNN`: 3 or 4 letters, topics of letters and digits, three digits.
    fn is_id(id: &str) -> bool {
        let parts: Vec<_> = id.split('-').collect();
        let [family, .., number] = parts.as_slice() else { return false };
        let upper = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        parts.len() >= 3
            && (3..=4).contains(&family.len())
            && family.bytes().all(|b| b.is_ascii_uppercase())
            && parts.iter().all(|p| upper(p))
            && number.len() == 3
            && number.bytes().all(|b| b.is_ascii_digit())
    }

    #[test]
    fn the_catalogue_knows_152_ids_of_the_right_form() {
        assert_eq!(KNOWN.len(), 152);
        assert!(KNOWN.iter().all(|id| is_id(id)));
        assert_eq!(KNOWN.iter().collect::<std::collections::BTreeSet<_>>().len(), 152);
    }

    #[test]
    fn rules_stand_once_and_in_the_order_of_the_catalogue() {
        let places: Vec<_> = all().iter().map(|r| KNOWN.iter().position(|id| *id == r.id).expect(r.id)).collect();
        assert!(places.is_sorted_by(|a, b| a < b), "{places:?}");
    }

    #[test]
    fn every_rule_has_a_name_and_a_whole_page() {
        for rule in all() {
            let kebab = rule.name.split('-').all(|w| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
            assert!(kebab, "{}: {:?} is not kebab-case", rule.id, rule.name);
            for text in [rule.title, rule.reference, rule.what, rule.why, rule.confirm, rule.fix] {
                assert!(!text.trim().is_empty(), "{}: a part of its page is empty", rule.id);
                assert!(!text.contains("  ") && !text.contains('\n'), "{}: {text:?} holds stray white space", rule.id);
            }
        }
    }

    #[test]
    fn every_key_that_a_rule_reads_is_one_that_a_policy_may_write() {
        for rule in all() {
            for key in rule.keys {
                assert!(crate::policy::knows(key), "{}: {key} is no key of a policy", rule.id);
            }
        }
    }
}
