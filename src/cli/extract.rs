//! Takes the arguments of `extract`, gives the excerpt, never a packet that is not of it.

use super::Status;
use super::args::ExtractArguments;
use super::output::stdout;
use super::progress::Bar;
use crate::base::{Error, Result};
use crate::excerpt::{self, Key, Order, Summary, Target};
use crate::report::visible;

/// Cuts, and says in a line what was cut.
pub(super) fn run(arguments: &ExtractArguments) -> Result<Status> {
    let target = match (&arguments.finding, &arguments.call_id) {
        (Some(id), _) => Target::Finding(id.clone()),
        (None, Some(id)) => Target::Call(id.clone()),
        (None, None) => return Err(Error::Usage("say what to extract: --finding or --call-id".into())),
    };
    let anonymity = match (&arguments.key, arguments.anonymize) {
        (Some(passphrase), true) => Some(Key::of(passphrase)),
        (None, true) => Some(Key::random()?),
        (_, false) => None,
    };
    let order = Order {
        anonymity,
        policy_out: arguments.policy_out.as_deref(),
        inputs: &arguments.intake.captures,
        policy: arguments.policy.as_deref(),
        keylogs: &arguments.intake.keylogs,
        target,
        all_calls: arguments.all_calls,
        out: &arguments.out,
        media: !arguments.no_media,
        threads: arguments.intake.threads,
        command: command(),
    };
    let summary = {
        let bar = Bar::new(arguments.quiet);
        excerpt::extract(&order, &|progress| bar.show(progress))?
    };
    if !arguments.quiet {
        stdout(|out| lines(arguments, &summary).iter().try_for_each(|line| writeln!(out, "{}", visible(line))))?;
    }
    Ok(Status::Clean)
}

/// The command as it was given, in words that a shell takes.
fn command() -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=@+,%".contains(c);
    let quoted =
        |word: String| if word.chars().all(plain) && !word.is_empty() { word } else { format!("'{}'", word.replace('\'', r"'\''")) };
    let arguments = std::env::args_os().skip(1).map(|word| quoted(word.to_string_lossy().into_owned()));
    std::iter::once("speerlint".to_owned()).chain(arguments).collect::<Vec<_>>().join(" ")
}

/// What was cut, and what an audit of it cannot say.
fn lines(arguments: &ExtractArguments, summary: &Summary) -> Vec<String> {
    let counted = |n: u64, one: &str, more: &str| format!("{n} {}", if n == 1 { one } else { more });
    let Summary { messages, calls, signalling, media, .. } = *summary;
    let mut line = format!("{}: {}", arguments.out.display(), counted(signalling + media, "frame", "frames"));
    if messages > 0 {
        line += &format!(", {} of {}", counted(messages, "message", "messages"), counted(calls, "call", "calls"));
    }
    if media > 0 {
        line += &format!(", {} of media", counted(media, "frame", "frames"));
    }
    if summary.left_out > 0 {
        line += &format!("; {} left out that only name addresses and keys", counted(summary.left_out, "frame is", "frames are"));
    }
    let mut lines = vec![line];
    let several = summary.findings > 1;
    if let Some((count, shown)) = summary.count.filter(|(count, shown)| count > shown) {
        let (whose, of, them) = if several {
            (format!("the {} findings were", summary.findings), "of them", "they show")
        } else {
            ("the finding was".to_owned(), "of it", "it shows")
        };
        lines.push(match arguments.all_calls {
            true => format!("{whose} made {count} times; the excerpt holds every call {of}"),
            false => format!("{whose} made {count} times; the excerpt holds the {shown} that {them} (--all-calls: every call {of})"),
        });
    }
    let other = "it rests on more than the packets that show it";
    match summary.repeats {
        Some(again) if several && again == summary.findings => lines.push("an audit of the excerpt alone makes the same findings".into()),
        Some(again) if several => lines.push(format!(
            "an audit of the excerpt alone makes {again} of the {} findings: the others rest on more than the packets that show them",
            summary.findings
        )),
        Some(0) => lines.push(format!("an audit of the excerpt alone does not make the same finding: {other}")),
        Some(_) => lines.push("an audit of the excerpt alone makes the same finding".into()),
        None => {}
    }
    lines
}
