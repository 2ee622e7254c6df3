//! Takes a finding, gives the command lines that show more of it, never one that a shell would read otherwise.

use crate::audit::{Audit, Finding};
use crate::report::escape::visible;

/// How many capture files a command line names; beyond, it names their place only.
const NAMED: usize = 4;

/// What to run for the ladder of the first call of a finding, and for its packets.
pub(super) fn of(finding: &Finding, audit: &Audit) -> Vec<(&'static str, String)> {
    let Some(captures) = captures(audit) else { return Vec::new() };
    let mut commands = Vec::new();
    let policy = match &audit.policy.path {
        None => Some(String::new()),
        Some(path) => quoted(path).map(|path| format!(" --policy {path}")),
    };
    let Some(policy) = policy else { return commands };
    let call_id = finding.exhibits.iter().find_map(|e| e.call_id.as_deref());
    if let Some(call_id) = call_id.and_then(quoted) {
        commands.push(("Ladder", format!("speerlint flow {captures}{policy} --call-id {call_id}")));
    }
    if !finding.exhibits.is_empty() {
        commands.push(("Packets", format!("speerlint extract {captures}{policy} --finding {} -o {}.pcapng", finding.id, finding.id)));
    }
    commands
}

fn captures(audit: &Audit) -> Option<String> {
    if audit.captures.len() > NAMED {
        return Some("CAPTURE…".into());
    }
    let names: Option<Vec<String>> = audit.captures.iter().map(|c| quoted(c.path.to_str()?)).collect();
    names.filter(|names| !names.is_empty()).map(|names| names.join(" "))
}

/// A word as a POSIX shell reads it back; `None` where that cannot be written, or is longer than anyone would paste.
pub(super) fn quoted(word: &str) -> Option<String> {
    // What begins with a hyphen would be read as an option, however it is quoted.
    if word.is_empty() || word.len() > 300 || word.starts_with('-') || visible(word) != word || word.contains('\u{fffd}') {
        return None;
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '@' | ':' | '+' | ',');
    Some(if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_shell_reads_one_word_of_what_the_wire_says() {
        assert_eq!(quoted("3c26@198.51.100.34").as_deref(), Some("3c26@198.51.100.34"));
        assert_eq!(quoted("a b$(reboot)`x`").as_deref(), Some("'a b$(reboot)`x`'"));
        assert_eq!(quoted("it's").as_deref(), Some("'it'\\''s'"));
        for never in ["", "-o", "a\nb", "a\u{202e}b", "\u{fffd}"] {
            assert_eq!(quoted(never), None, "{never:?}");
        }
    }

    #[test]
    fn a_finding_names_its_call_and_its_packets() {
        let audit = sample::full();
        let commands = of(&audit.findings[0], &audit);
        let ladder = "speerlint flow bravo-2026-11-14.pcapng --policy policy.toml --call-id 3c26700d8a7b4c19@198.51.100.34";
        let packets = "speerlint extract bravo-2026-11-14.pcapng --policy policy.toml --finding F-0001 -o F-0001.pcapng";
        assert_eq!(commands, [("Ladder", ladder.to_owned()), ("Packets", packets.to_owned())]);
    }
}
