//! Takes nothing, gives the command line as types, never runs a command.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::intake::{Intake, Period, Window};
use crate::metrics::Dimension;
use crate::report::Wanted;
use crate::report::tables::Choice;

const EXIT_STATUS: &str = "\
Exit status:
  0  no finding at or above `fail_on` of the policy
  1  at least one such finding
  2  a usage, policy, input or output error
  3  the capture cannot answer: no rule that applies could be judged";

const AUDIT_EXAMPLES: &str = "\
Examples:
  speerlint audit trunk.pcap
  speerlint audit 'week-46/*.pcapng.zst' --policy contract.toml --out report/
  speerlint audit trunk.pcap --policy contract.toml --out report/ \\
      --tables calls.parquet,streams.parquet
  speerlint audit trunk.pcap --policy contract.toml --breakdown prefix,codec
  speerlint audit trunk.pcap --policy contract.toml --breakdown codec \\
      --breakdown-intervals --out report/
  speerlint audit a.pcap b.pcap --policy contract.toml --format json \\
      > audit.json
  speerlint audit tls.pcapng --policy contract.toml --keylog sslkeylog.txt
  tcpdump -w - -c 100000 | speerlint audit - --policy contract.toml
  speerlint audit trunk.pcap --from 2026-11-14T10:00:00Z \\
      --to 2026-11-14T11:00:00Z";

const CAPACITY_EXAMPLES: &str = "\
Examples:
  speerlint capacity 'week-46/*.pcapng.zst' --policy contract.toml
  speerlint capacity trunk.pcap --blocking 0.001 --format json > capacity.json
  speerlint capacity trunk.pcap --policy contract.toml --out capacity/ \\
      --time-zone Europe/Berlin";

const COMPARE_EXAMPLES: &str = "\
Examples:
  speerlint compare week-45/report.json week-46/report.json
  speerlint compare before.json after.json --format json

Exit status:
  0  nothing is worse
  1  a finding is new or worse, or a metric is significantly worse
  2  a report cannot be read";

const CALLS_EXAMPLES: &str = "\
Examples:
  speerlint calls trunk.pcap
  speerlint calls trunk.pcap --policy contract.toml --outcome 5xx,timeout \\
      --from alpha
  speerlint calls trunk.pcap --policy contract.toml --finding 'MED-*' --sort mos
  speerlint calls trunk.pcap --number 4930 --min-duration 60 --format csv \\
      > calls.csv

Columns of the text: when the first INVITE passed, the calling party, both numbers, how the call ended (its code; none: no answer; open: the \
capture ends first), seconds to the answer and from it to the end, the worst MOS, and what the call carried WITH voice (fax, msrp). Below 110 \
columns it is said how many rules the call BREAKS; from there on the called party, codec, loss and a rule have columns too. Addresses of \
IPv4 stand whole: where they need the room, fractions of a second are left out, and WITH where it would be empty. csv and jsonl hold everything.

Exit status:
  0  the calls were listed, however many there are
  2  a usage, policy or input error";

const LEARN_EXAMPLES: &str = "\
Examples:
  speerlint learn trunk.pcap -o draft.toml
  speerlint learn 'week-46/*.pcapng.zst' --out draft.toml
  speerlint learn tls.pcapng --keylog sslkeylog.txt > draft.toml
then read it, change it, and check it:
  speerlint policy check draft.toml
  speerlint audit trunk.pcap --policy draft.toml

Exit status:
  0  the draft was written
  2  a usage, input or output error
  3  there is nothing to learn: no SIP message can be read";

const EXTRACT_EXAMPLES: &str = "\
Examples:
  speerlint extract trunk.pcap --policy contract.toml --finding F-0001 \\
      -o refer.pcapng
  speerlint extract trunk.pcap --policy contract.toml --finding F-0001 \\
      --all-calls --no-media -o all.pcapng
  speerlint extract 'week-46/*.pcapng.zst' --call-id 3c26700@198.51.100.34 \\
      --no-media -o call.pcapng
  speerlint extract trunk.pcap --policy contract.toml --finding F-0001 \\
      -o shared.pcapng --anonymize --policy-out shared.toml
  speerlint extract tls.pcap --keylog sslkeylog.txt \\
      --call-id 3c26700@198.51.100.34 -o call.pcapng

The ids of findings are those of `speerlint audit` with the same captures and policy.

Exit status:
  0  the excerpt was written
  2  a usage, policy, input or output error, or nothing to cut out";

const FLOW_EXAMPLES: &str = "\
Examples:
  speerlint flow trunk.pcap --call-id 3c26700d8a7b4c19@198.51.100.34
  speerlint flow trunk.pcap --call-id 3c2670 --policy contract.toml
  speerlint flow trunk.pcap --policy contract.toml --finding F-0003 \\
      --format svg -o call.svg
  speerlint flow 'week-46/*.pcapng.zst' --call-id 3c2670 --format mermaid

Exit status:
  0  the call was drawn
  2  a usage, policy, input or output error, or no such call";

/// Audits SIP interconnects from packet captures: which clause of the peering policy was broken, by whom, how often, and where to look.
#[derive(Debug, Parser)]
#[command(name = "speerlint", version, after_help = EXIT_STATUS, arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
    /// When to colour; NO_COLOR is honoured
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", display_order = 900)]
    pub(super) color: Color,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Audit captures against a policy
    #[command(after_help = AUDIT_EXAMPLES, after_long_help = format!("{AUDIT_EXAMPLES}\n\n{EXIT_STATUS}"))]
    Audit(AuditArguments),
    /// Review load, peaks and headroom against the agreed limits
    #[command(after_help = CAPACITY_EXAMPLES)]
    Capacity(CapacityArguments),
    /// Say what changed between two audits
    #[command(after_help = COMPARE_EXAMPLES)]
    Compare(CompareArguments),
    /// Write a draft policy from what captures show, each value with its count and first frame
    ///
    /// The captures are read twice: once to learn, once to say which rules they break under the draft itself.
    #[command(after_help = LEARN_EXAMPLES)]
    Learn(LearnArguments),
    /// List the calls of captures, one line each
    #[command(after_help = CALLS_EXAMPLES)]
    Calls(CallsArguments),
    /// Cut the packets of a finding or a call out of captures
    #[command(after_help = EXTRACT_EXAMPLES)]
    Extract(ExtractArguments),
    /// Draw the ladder of a call: its messages, its media, and what they break
    #[command(after_help = FLOW_EXAMPLES)]
    Flow(FlowArguments),
    /// Write a script that completes speerlint's commands and options in a shell
    #[command(after_help = "Example:\n  speerlint completions bash > /etc/bash_completion.d/speerlint")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual page
    #[command(after_help = "Example:\n  speerlint man > speerlint.1 && man ./speerlint.1")]
    Man,
    /// Work with a policy
    Policy {
        #[command(subcommand)]
        command: PolicyCommand,
    },
    /// List the rules, or show the page of one
    #[command(
        after_help = "Examples:\n  speerlint rules\n  speerlint rules SIP-METHOD-001\n  speerlint rules 'MED-*'\n  speerlint rules --format json"
    )]
    Rules {
        /// The rule to show; `MED-*` lists a family
        id: Option<String>,
        /// How to write it
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: RulesFormat,
    },
}

#[derive(Debug, Args)]
pub(super) struct AuditArguments {
    /// The policy; without it the built-in baseline applies and the peers are inferred
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    #[command(flatten)]
    pub(super) intake: Intake,
    /// Write report.html, report.json, findings.sarif, findings.junit.xml, charts/*.svg and the tables here
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Which tables to write to DIR: calls, streams, messages, findings, metrics, each as csv and parquet; with commas, by table, format or file
    /// (calls.parquet), or all, or none [default: all but messages.csv]
    #[arg(long, value_name = "TABLES", value_delimiter = ',')]
    pub(super) tables: Vec<Choice>,
    /// Break the metrics of each direction and trunk group down by this too, value by value; several with commas, or given several times
    #[arg(long, value_name = "DIMENSION", value_delimiter = ',')]
    pub(super) breakdown: Vec<Dimension>,
    /// Break each performance interval down, too: in report.json and the metrics tables
    #[arg(long, requires = "breakdown")]
    pub(super) breakdown_intervals: bool,
    /// What to print on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) period: Period,
    /// No progress bar and no text report: the exit status says it all
    #[arg(long, short)]
    pub(super) quiet: bool,
}

impl ValueEnum for Dimension {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()).help(self.meaning()))
    }
}

#[derive(Debug, Args)]
pub(super) struct CapacityArguments {
    /// The policy with its admission limits; without it the peers are inferred
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    #[command(flatten)]
    pub(super) intake: Intake,
    /// Write capacity.json, capacity.txt and charts/*.svg here
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// What to print on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: Format,
    /// The share of attempts that may find no circuit free, for Erlang B
    #[arg(long, value_name = "SHARE", default_value = "0.01", value_parser = share)]
    pub(super) blocking: f64,
    #[command(flatten)]
    pub(super) period: Period,
    /// The time zone of peaks and busy hours in text, such as Europe/Berlin; JSON and charts are in UTC
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = zone)]
    pub(super) time_zone: jiff::tz::TimeZone,
    /// No progress bar
    #[arg(long, short)]
    pub(super) quiet: bool,
}

#[derive(Debug, Args)]
pub(super) struct CompareArguments {
    /// report.json of the earlier audit
    #[arg(value_name = "BEFORE")]
    pub(super) before: PathBuf,
    /// report.json of the later audit
    #[arg(value_name = "AFTER")]
    pub(super) after: PathBuf,
    /// What to print on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct CallsArguments {
    /// The policy; without it the built-in baseline applies and the peers are inferred
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    #[command(flatten)]
    pub(super) intake: Intake,
    /// How they ended: 486, 5xx, answered, failed, cancelled, timeout, censored; several with commas
    #[arg(long, value_name = "OUTCOME", value_delimiter = ',')]
    pub(super) outcome: Vec<Wanted>,
    /// From this party
    #[arg(long, value_name = "PARTY")]
    pub(super) from: Option<String>,
    /// To this party
    #[arg(long, value_name = "PARTY")]
    pub(super) to: Option<String>,
    /// Answered for at least so many seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(super) min_duration: Option<f64>,
    /// Calls that break this rule; `MED-*` means a family
    #[arg(long, value_name = "RULE")]
    pub(super) finding: Option<String>,
    /// Calls whose calling or called number or URI holds this
    #[arg(long, value_name = "PART")]
    pub(super) number: Option<String>,
    /// The call with this Call-ID
    #[arg(long, value_name = "ID")]
    pub(super) call_id: Option<String>,
    #[command(flatten)]
    pub(super) window: Window,
    /// What comes first: the earliest, or the longest, worst or most
    #[arg(long, value_name = "KEY", default_value = "time")]
    pub(super) sort: Sort,
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: RowFormat,
    /// The time zone of times in text, such as Europe/Berlin; JSON and CSV are in UTC
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = zone)]
    pub(super) time_zone: jiff::tz::TimeZone,
    /// No progress bar
    #[arg(long, short)]
    pub(super) quiet: bool,
}

#[derive(Debug, Args)]
pub(super) struct LearnArguments {
    #[command(flatten)]
    pub(super) intake: Intake,
    /// Where to write the draft; without it standard output
    #[arg(long, short, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) period: Period,
    /// No progress bar, and no summary
    #[arg(long, short)]
    pub(super) quiet: bool,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("target").required(true))]
pub(super) struct ExtractArguments {
    #[command(flatten)]
    pub(super) intake: Intake,
    /// The packets of this finding (F-0001), or of all findings of a rule: the calls, streams and connections that are shown
    #[arg(long, value_name = "FINDING", group = "target")]
    pub(super) finding: Option<String>,
    /// Every call of the finding or rule, not only those of the exhibits that are shown; reads the captures once more
    #[arg(long, requires = "finding")]
    pub(super) all_calls: bool,
    /// The packets of the call with this Call-ID
    #[arg(long, value_name = "ID", group = "target")]
    pub(super) call_id: Option<String>,
    /// The file to write, pcapng
    #[arg(long, short, value_name = "FILE")]
    pub(super) out: PathBuf,
    /// The policy; without it the built-in baseline applies and the peers are inferred
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    /// Leave out RTP, RTCP and what else shares their ports
    #[arg(long)]
    pub(super) no_media: bool,
    /// Replace addresses, numbers, names and domains, each always by the same of its length and kind; media is cut to its headers
    #[arg(long)]
    pub(super) anonymize: bool,
    /// A passphrase, for the same replacements in every run; without it nobody can undo them
    #[arg(long, value_name = "PASSPHRASE", requires = "anonymize")]
    pub(super) key: Option<String>,
    /// Write the policy with the same replacements: by it the excerpt can be audited
    #[arg(long, value_name = "FILE", requires_all = ["anonymize", "policy"])]
    pub(super) policy_out: Option<PathBuf>,
    /// No progress bar, and nothing on standard output
    #[arg(long, short)]
    pub(super) quiet: bool,
}

#[derive(Debug, Args)]
pub(super) struct FlowArguments {
    #[command(flatten)]
    pub(super) intake: Intake,
    /// The call: its Call-ID, or the beginning of it; without it the only call of the capture
    #[arg(long, value_name = "ID")]
    pub(super) call_id: Option<String>,
    /// The first call of this finding: F-0001, or a rule
    #[arg(long, value_name = "FINDING", conflicts_with = "call_id")]
    pub(super) finding: Option<String>,
    /// The policy; without it the built-in baseline applies and the peers are inferred
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    /// Leave out the other legs of a back-to-back agent
    #[arg(long)]
    pub(super) no_legs: bool,
    /// How to draw it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: FlowFormat,
    /// Write it here instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Columns of the text [default: as wide as the terminal, at most 140; elsewhere 80]
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(40..=1000))]
    pub(super) width: Option<u16>,
    #[command(flatten)]
    pub(super) window: Window,
    /// The time zone of the times, such as Europe/Berlin
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = zone)]
    pub(super) time_zone: jiff::tz::TimeZone,
    /// No progress bar
    #[arg(long, short)]
    pub(super) quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FlowFormat {
    /// For a terminal
    Text,
    /// A drawing that stands by itself
    Svg,
    /// A sequence diagram of Mermaid, for tickets and wikis
    Mermaid,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Sort {
    /// When they began
    Time,
    /// Session request delay
    Setup,
    /// Answer to end
    Duration,
    /// Lost packets
    Loss,
    /// Estimated quality, worst first
    Mos,
    /// How many rules they break
    Findings,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RowFormat {
    /// For people
    Text,
    /// One JSON object a line
    Jsonl,
    /// A table with a line of names
    Csv,
}

const SHOW_EXAMPLES: &str = "\
Examples:
  speerlint policy show contract.toml
  speerlint policy show contract.toml --direction bravo:alpha \\
      --trunk bravo-legacy
  speerlint policy show speermint-baseline
  speerlint policy show --defaults --format json";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  speerlint policy explain sip.methods.REFER contract.toml
  speerlint policy explain identity.stir contract.toml --direction bravo:alpha";

const SCHEMA_EXAMPLES: &str = "\
Example:
  speerlint policy schema > policy.schema.json
and as the first line of the policy, for editors that know Taplo:
  #:schema ./policy.schema.json";

const DIFF_EXAMPLES: &str = "\
Examples:
  speerlint policy diff ours.toml theirs.toml
  speerlint policy diff ours.toml theirs.toml --format json

Exit status:
  0  nothing breaks and nothing is refused
  1  something breaks or is refused
  2  a usage or policy error";

#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    /// Say whether a policy can be believed, with every mistake in it
    #[command(after_help = "Example:\n  speerlint policy check contract.toml")]
    Check {
        /// The policy
        file: PathBuf,
    },
    /// Show what a policy comes to, each value with the layer that it came from
    #[command(after_help = SHOW_EXAMPLES)]
    Show {
        /// The policy, or the name of a built-in profile
        #[arg(value_name = "FILE|PROFILE", required_unless_present = "defaults", conflicts_with = "defaults")]
        name: Option<PathBuf>,
        /// The built-in defaults instead
        #[arg(long)]
        defaults: bool,
        #[command(flatten)]
        of: DirectionArguments,
        /// How to write it
        #[arg(long, value_name = "FORMAT", default_value = "toml")]
        format: ShowFormat,
    },
    /// Say where a value comes from, what it beat, what it means, and which rules read it
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain {
        /// The key, or a table: sip.methods.REFER
        key: String,
        /// The policy
        file: PathBuf,
        #[command(flatten)]
        of: DirectionArguments,
    },
    /// Print the JSON Schema of policies, by which editors complete and check them
    #[command(after_help = SCHEMA_EXAMPLES)]
    Schema,
    /// Say what will break or be refused between two peers, given the policy of each
    #[command(after_help = DIFF_EXAMPLES)]
    Diff {
        /// The policy of one side
        first: PathBuf,
        /// The policy of the other
        second: PathBuf,
        /// How to write it
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: DiffFormat,
    },
}

/// For whom a policy is read.
#[derive(Debug, Args)]
pub(super) struct DirectionArguments {
    /// From one peer to another; without it what holds for everyone
    #[arg(long, value_name = "FROM:TO", value_parser = direction)]
    pub(super) direction: Option<(String, String)>,
    /// On this trunk group
    #[arg(long, value_name = "ID")]
    pub(super) trunk: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ShowFormat {
    /// A policy file
    Toml,
    /// speerlint/policy/1
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DiffFormat {
    /// For people
    Text,
    /// speerlint/policy-diff/1
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RulesFormat {
    /// For a terminal
    Text,
    /// The page as it stands beside the source
    Markdown,
    /// speerlint/rules/1
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// For programs: one document, which names its schema
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal
    Auto,
    /// In any case
    Always,
    /// In no case
    Never,
}

fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if share > 0.0 && share < 1.0 { Ok(share) } else { Err("must lie between 0 and 1".into()) }
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0);
    seconds.ok_or_else(|| "not a number of seconds like 60 or 1.5".to_owned())
}

fn zone(text: &str) -> Result<jiff::tz::TimeZone, String> {
    match text {
        "UTC" => Ok(jiff::tz::TimeZone::UTC),
        "local" => Ok(jiff::tz::TimeZone::system()),
        name => jiff::tz::TimeZone::get(name).map_err(|_| "not a time zone like Europe/Berlin, UTC or local".to_owned()),
    }
}

fn direction(text: &str) -> Result<(String, String), String> {
    let (from, to) =
        text.split_once(':').filter(|(from, to)| !from.is_empty() && !to.is_empty()).ok_or("not two peers like alpha:bravo")?;
    Ok((from.to_owned(), to.to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }
}
