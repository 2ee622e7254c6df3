//! Takes a merged tree, gives the terms that it says, never checks them.

use super::reader::{Read, Reader, Section};
use super::tree::{Node, Table};
use super::{
    Accounting, Admission, CaptureTerms, CodecTerm, Codecs, Connectivity, Dtmf, Fax, HeaderTerm, Identity, Im, Keepalive, Limit,
    MediaSecurity, MediaTerms, MediaTransport, MetricTerms, Performance, Presence, Privacy, ReasonTerm, ReportTerms, RfcGroup,
    SessionTimer, Sip, SipTransport, Statistics, Stir, StreamLimit, Terms, Timers, Tls, UriTerms, schema,
};
use crate::sip::HeaderName;

/// A section of the tree.
type At<'a> = Section<'a>;

/// The terms of a merged tree.
pub(super) fn terms(root: &Table, reader: &Reader<'_>) -> Terms {
    let at = |path| reader.section(root, path);
    Terms {
        connectivity: connectivity(&at("connectivity")),
        tls: tls(&at("security.tls")),
        ipsec_endpoints: at("security.ipsec").agreed("endpoints"),
        sip: sip(&at("sip")),
        media: media(&at("media")),
        identity: identity(&at("identity")),
        privacy: privacy(&at("privacy")),
        accounting: accounting(&at("accounting")),
        admission: admission(&at("admission")),
        performance: performance(&at("performance")),
        metrics: metrics(&at("metrics")),
        capture: capture(&at("capture")),
        report: ReportTerms { report_unused: at("report").agreed("report_unused") },
    }
}

fn connectivity(s: &At<'_>) -> Connectivity {
    let version = |word: &str| word.strip_prefix("ipv")?.parse().ok();
    let points = |node: &Node| Some(node.texts().filter_map(schema::code_point).collect());
    Connectivity {
        ip_versions: s.agreed_as("ip_versions", |node| Some(node.texts().filter_map(version).collect())),
        encapsulation: s.agreed("encapsulation"),
        vlan_ids: s.agreed("vlan_ids"),
        capture_point: s.agreed("capture_point"),
        dscp: s.map_as("dscp", |class| Some(class.to_owned()), points),
        dscp_tolerance_pct: s.agreed("dscp_tolerance_pct"),
    }
}

fn tls(s: &At<'_>) -> Tls {
    // RFC 8446 §4.2.1: TLS 1.0 is 0x0301 on the wire.
    let version = |word: &str| Some(0x0301 + word.strip_prefix("1.")?.parse::<u16>().ok()?);
    Tls {
        min_version: s.agreed_as("min_version", |node| version(node.text()?)),
        allowed_suites: s.agreed("allowed_suites"),
        forbidden_classes: s.agreed("forbidden_classes"),
        forward_secrecy: s.agreed("forward_secrecy"),
        mutual_auth: s.agreed("mutual_auth"),
        ports: s.agreed("ports"),
        sni: s.agreed("sni"),
        allow_0rtt: s.agreed("allow_0rtt"),
        trusted_cas: s.files("trusted_cas"),
        eku: s.agreed("eku"),
        cn_fallback: s.agreed("cn_fallback"),
        min_rsa_bits: s.agreed("min_rsa_bits"),
        min_ec_bits: s.agreed("min_ec_bits"),
        expiry_warning_days: s.agreed("expiry_warning_days"),
        verify_identity_in_requests: s.agreed("verify_identity_in_requests"),
        handshake_timeout_ms: s.agreed("handshake_timeout_ms"),
        max_handshake_failure_pct: s.agreed("max_handshake_failure_pct"),
    }
}

fn sip(s: &At<'_>) -> Sip {
    let (headers, dialog, responses) = (s.inner("headers"), s.inner("dialog"), s.inner("responses"));
    let forwards = headers.inner("max_forwards");
    Sip {
        transport: sip_transport(&s.inner("transport")),
        timers: timers(&s.inner("timers")),
        methods: s.levels("methods"),
        event_packages: s.agreed("event_packages"),
        info_packages: s.agreed("info_packages"),
        option_tags: s.levels("option_tags"),
        session_timer: session_timer(&s.inner("session_timer")),
        late_offer: dialog.agreed("late_offer"),
        max_early_dialogs: dialog.agreed("max_early_dialogs"),
        rfc_groups: s.entries("rfc_group").iter().filter_map(rfc_group).collect(),
        unlisted_private: headers.agreed("unlisted_private"),
        body_types: headers.agreed("body_types"),
        max_message_bytes: headers.agreed("max_message_bytes"),
        max_forwards_min: forwards.agreed("min"),
        max_forwards_max: forwards.agreed("max"),
        headers: s.entries("header").iter().filter_map(header).collect(),
        responses: responses.levels("levels"),
        reason: reason(&responses.inner("reason")),
        retry_after: responses.agreed("retry_after"),
        uri: uri(&s.inner("uri")),
    }
}

fn sip_transport(s: &At<'_>) -> SipTransport {
    let alive = s.inner("keepalive");
    let keepalive = alive.agreed("method");
    SipTransport {
        levels: s.map_as("levels", schema::transport, Read::read),
        check_via: s.agreed("check_via"),
        max_udp_bytes: s.agreed("max_udp_bytes"),
        connection_reuse: s.agreed("connection_reuse"),
        churn_per_minute: s.agreed("churn_per_minute"),
        keepalive: keepalive.map(|method| Keepalive { method, interval_s: alive.agreed("interval_s"), level: alive.agreed("level") }),
    }
}

fn timers(s: &At<'_>) -> Timers {
    Timers { t1_ms: s.agreed("t1_ms"), t2_ms: s.agreed("t2_ms"), t4_ms: s.agreed("t4_ms"), timer_c_s: s.agreed("timer_c_s") }
}

fn session_timer(s: &At<'_>) -> SessionTimer {
    SessionTimer { level: s.agreed("level"), min_s: s.agreed("min_s"), max_s: s.agreed("max_s") }
}

fn rfc_group(s: &At<'_>) -> Option<RfcGroup> {
    Some(RfcGroup {
        name: s.plain("name")?,
        level: s.agreed("level")?,
        rfcs: s.plain("rfcs")?,
        min_dialogs: s.plain("min_dialogs").unwrap_or_default(),
    })
}

fn header(s: &At<'_>) -> Option<HeaderTerm> {
    let name: String = s.plain("name")?;
    Some(HeaderTerm {
        id: HeaderName::of(name.as_bytes()),
        name,
        methods: s.plain("methods").unwrap_or_default(),
        when: s.plain("when").unwrap_or_default(),
        level: s.agreed("level")?,
        pattern: s.whole_pattern("pattern"),
        one_of: s.agreed("one_of"),
    })
}

fn reason(s: &At<'_>) -> Option<ReasonTerm> {
    let list = |key| s.plain(key).unwrap_or_default();
    Some(ReasonTerm { level: s.agreed("level")?, protocols: list("protocols"), on: list("on") })
}

fn uri(s: &At<'_>) -> UriTerms {
    UriTerms {
        schemes: s.agreed("schemes"),
        host_form: s.agreed("host_form"),
        apply_to: s.agreed("apply_to"),
        number_format: s.agreed("number_format"),
        visual_separators: s.agreed("visual_separators"),
        special_numbers: s.agreed("special_numbers"),
        params: s.levels("params"),
    }
}

fn media(s: &At<'_>) -> MediaTerms {
    let text = s.inner("text");
    MediaTerms {
        types: s.levels("types"),
        audio: codecs(&s.inner("audio")),
        video: codecs(&s.inner("video")),
        dtmf: dtmf(&s.inner("dtmf")),
        fax: fax(&s.inner("fax")),
        t140: text.agreed("t140"),
        red: text.agreed("red"),
        im: im(&s.inner("im")),
        presence: presence(&s.inner("presence")),
        transport: media_transport(&s.inner("transport")),
        security: media_security(&s.inner("security")),
    }
}

fn codecs(s: &At<'_>) -> Codecs {
    Codecs {
        unlisted: s.agreed("unlisted"),
        preference: s.agreed("preference"),
        codecs: s.entries("codec").iter().filter_map(codec).collect(),
    }
}

fn codec(s: &At<'_>) -> Option<CodecTerm> {
    Some(CodecTerm {
        name: s.plain("name")?,
        clock: s.plain("clock").unwrap_or_default(),
        channels: s.plain("channels"),
        level: s.agreed("level")?,
        ptime_ms: s.agreed("ptime_ms"),
        fmtp: s.map("fmtp"),
    })
}

fn dtmf(s: &At<'_>) -> Dtmf {
    Dtmf { methods: s.agreed("methods"), events: s.agreed("events"), level: s.agreed("level") }
}

fn fax(s: &At<'_>) -> Fax {
    Fax {
        t38: s.agreed("t38"),
        version: s.agreed("version"),
        max_bit_rate: s.agreed("max_bit_rate"),
        rate_management: s.agreed("rate_management"),
        udp_ec: s.agreed("udp_ec"),
        passthrough: s.agreed("passthrough"),
    }
}

fn im(s: &At<'_>) -> Im {
    Im {
        page_mode: s.agreed("page_mode"),
        max_page_bytes: s.agreed("max_page_bytes"),
        msrp: s.agreed("msrp"),
        msrp_tls: s.agreed("msrp_tls"),
    }
}

fn presence(s: &At<'_>) -> Presence {
    Presence { level: s.agreed("level"), max_notify_copies: s.agreed("max_notify_copies"), pidf_only: s.agreed("pidf_only") }
}

fn media_transport(s: &At<'_>) -> MediaTransport {
    MediaTransport {
        symmetric_rtp: s.agreed("symmetric_rtp"),
        rtcp: s.agreed("rtcp"),
        rtcp_mux: s.agreed("rtcp_mux"),
        rtcp_xr_voip: s.agreed("rtcp_xr_voip"),
        redundancy_2198: s.agreed("redundancy_2198"),
        early_media: s.agreed("early_media"),
        ice: s.agreed("ice"),
        bundle: s.agreed("bundle"),
        no_media_s: s.agreed("no_media_s"),
        max_gap_s: s.agreed("max_gap_s"),
        after_bye_grace_ms: s.agreed("after_bye_grace_ms"),
        rogue_min_packets: s.agreed("rogue_min_packets"),
    }
}

fn media_security(s: &At<'_>) -> MediaSecurity {
    MediaSecurity {
        srtp: s.agreed("srtp"),
        key_management: s.agreed("key_management"),
        srtp_suites: s.agreed("srtp_suites"),
        fingerprint_hashes: s.agreed("fingerprint_hashes"),
        cleartext_keys: s.agreed("cleartext_keys"),
        attribute_transparency: s.agreed("attribute_transparency"),
        dtls_min_version: s.agreed("dtls_min_version"),
        dtls_timeout_ms: s.agreed("dtls_timeout_ms"),
    }
}

fn identity(s: &At<'_>) -> Identity {
    let (diversion, emergency, digest) = (s.inner("diversion"), s.inner("emergency_numbers"), s.inner("digest"));
    Identity {
        trust: s.agreed("trust"),
        pai: s.agreed("pai"),
        ppi: s.agreed("ppi"),
        from_domain: s.agreed("from_domain"),
        caller_in_ranges: s.agreed("caller_in_ranges"),
        called_in_ranges: s.agreed("called_in_ranges"),
        diversion: diversion.agreed("level"),
        diversion_headers: diversion.agreed("headers"),
        deny_callers: s.agreed("deny_callers"),
        allow_callers: s.agreed("allow_callers"),
        deny_callees: s.agreed("deny_callees"),
        emergency_numbers: emergency.agreed("numbers"),
        emergency_level: emergency.agreed("level"),
        digest: digest.agreed("level"),
        digest_algorithms: digest.agreed("algorithms"),
        stir: stir(&s.inner("stir")),
    }
}

fn stir(s: &At<'_>) -> Stir {
    Stir {
        identity_header: s.agreed("identity_header"),
        ppt: s.agreed("ppt"),
        min_attest: s.agreed("min_attest"),
        min_a_pct: s.agreed("min_a_pct"),
        freshness_s: s.agreed("freshness_s"),
        replay_window_s: s.agreed("replay_window_s"),
        compact_form: s.agreed("compact_form"),
        mky: s.agreed("mky"),
        x5u_hosts: s.agreed("x5u_hosts"),
        cert_dir: s.file("cert_dir"),
        trust_anchors: s.files("trust_anchors"),
    }
}

fn privacy(s: &At<'_>) -> Privacy {
    let banner = s.inner("software_banner");
    Privacy {
        topology_hiding: s.agreed("topology_hiding"),
        internal_domains: s.agreed("internal_domains"),
        internal_cidrs: s.agreed("internal_cidrs"),
        max_via: s.agreed("max_via"),
        software_banner: banner.agreed("level"),
        banner_pattern: banner.pattern("banner_pattern"),
        enforce_privacy_id: s.agreed("enforce_privacy_id"),
        location_headers: s.agreed("location_headers"),
        cleartext_content: s.agreed("cleartext_content"),
    }
}

fn accounting(s: &At<'_>) -> Accounting {
    let answer = s.inner("false_answer");
    Accounting {
        charging_vector: s.agreed("charging_vector"),
        ioi: s.map("ioi"),
        charging_function_addresses: s.agreed("charging_function_addresses"),
        dcs_billing_info: s.agreed("dcs_billing_info"),
        missing_bye_idle_s: s.agreed("missing_bye_idle_s"),
        duration_tolerance_s: s.agreed("duration_tolerance_s"),
        session_id: s.agreed("session_id"),
        fas_ms: answer.agreed("fas_ms"),
        answer_media_s: answer.agreed("answer_media_s"),
        short_call_s: answer.agreed("short_call_s"),
        min_cluster: answer.agreed("min_cluster"),
    }
}

fn admission(s: &At<'_>) -> Admission {
    let require = s.inner("require");
    Admission {
        require_transport: require.agreed("transport"),
        require_min_attest: require.agreed("min_attest"),
        require_declared_sbe: require.agreed("declared_sbe"),
        require_encapsulation: require.agreed("encapsulation"),
        require_within_limits: require.agreed("within_limits"),
        limits: s.entries("limit").iter().filter_map(limit).collect(),
    }
}

fn limit(s: &At<'_>) -> Option<Limit> {
    Some(Limit {
        id: s.plain("id")?,
        kind: s.plain("kind")?,
        scope: s.plain("scope")?,
        basis: s.plain("basis"),
        key: s.plain("key"),
        window_s: s.plain("window_s"),
        value: s.agreed("value")?,
        burst: s.plain("burst"),
        warn_at: s.plain("warn_at"),
        enabled: s.plain("enabled").unwrap_or(true),
    })
}

fn performance(s: &At<'_>) -> Performance {
    let (sip, media) = (s.inner("signaling"), s.inner("media"));
    let (duration, ner, jitter) = (sip.inner("sdt_s"), sip.inner("ner"), media.inner("jitter_ms"));
    let statistics = |s: At<'_>| Statistics {
        mean: s.agreed("mean"),
        p50: s.agreed("p50"),
        p95: s.agreed("p95"),
        p99: s.agreed("p99"),
        max: s.agreed("max"),
    };
    let streams = |s: At<'_>, value| StreamLimit { value: s.agreed(value), bad_streams_pct: s.agreed("bad_streams_pct") };
    Performance {
        interval_s: s.agreed("interval_s"),
        min_samples: s.agreed("min_samples"),
        srd_success_s: statistics(sip.inner("srd_success_s")),
        srd_failed_s: statistics(sip.inner("srd_failed_s")),
        sdd_ms: statistics(sip.inner("sdd_ms")),
        sdt_mean_min_s: duration.agreed("mean_min"),
        short_call_s: duration.agreed("short_call_s"),
        short_pct_max: duration.agreed("short_pct_max"),
        ser_pct: sip.agreed("ser_pct"),
        seer_pct: sip.agreed("seer_pct"),
        isa_pct: sip.agreed("isa_pct"),
        scr_pct: sip.agreed("scr_pct"),
        asr_pct: sip.agreed("asr_pct"),
        ner_pct: sip.agreed("ner_pct"),
        pgrd_s: statistics(sip.inner("pgrd_s")),
        rrd_ms: statistics(sip.inner("rrd_ms")),
        ira_pct: sip.agreed("ira_pct"),
        options_ms: statistics(sip.inner("options_ms")),
        options_consecutive: sip.inner("options_ms").agreed("consecutive"),
        ner_effective_codes: ner.agreed("effective_codes"),
        ner_ring_no_answer: ner.agreed("ring_no_answer"),
        loss: streams(media.inner("loss_pct"), "stream_max"),
        jitter_max_ms: jitter.agreed("max"),
        jitter_mean_ms: jitter.agreed("mean"),
        rtt_ms: statistics(media.inner("rtt_ms")),
        mos: streams(media.inner("mos_min"), "value"),
        one_way_delay_ms: media.agreed("one_way_delay_ms"),
        jitter_buffer_ms: media.agreed("jitter_buffer_ms"),
        codec_ie: media.map("codec_ie"),
    }
}

fn metrics(s: &At<'_>) -> MetricTerms {
    MetricTerms {
        count_unit: s.agreed("count_unit"),
        srd_classification: s.agreed("srd_classification"),
        timeout_counts_as: s.agreed("timeout_counts_as"),
        delay_model: s.agreed("delay_model"),
    }
}

fn capture(s: &At<'_>) -> CaptureTerms {
    let redact = s.inner("redact");
    CaptureTerms {
        max_drop_ratio: s.agreed("max_drop_ratio"),
        min_parallel_streams: s.agreed("min_parallel_streams"),
        require_both_directions: s.agreed("require_both_directions"),
        clock_step_ms: s.agreed("clock_step_ms"),
        dedupe_window_us: s.agreed("dedupe_window_us"),
        tls_keylog: s.file("tls_keylog"),
        redact_numbers: redact.agreed("numbers"),
        redact_sdes_keys: redact.agreed("sdes_keys"),
        redact_bodies: redact.agreed("message_bodies"),
    }
}
