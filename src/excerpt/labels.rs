//! Takes findings and the command that was given, gives the comments of an excerpt, never what anonymity hides.

use hashbrown::HashMap;

use super::cut::{Order, Target};
use super::quest::{Quest, capture_of};
use crate::audit::{Audit, Finding};
use crate::capture::{CaptureInfo, Recorded};
use crate::report::visible;

/// The comments of an excerpt.
#[derive(Debug)]
pub(super) struct Labels {
    /// How each capture is called.
    captures: Vec<String>,
    /// What findings say of a frame, by capture and number.
    said: HashMap<(u32, u32), Vec<String>>,
    anonymous: bool,
}

impl Labels {
    pub(super) fn new(quest: &Quest<'_>, audit: &Audit, anonymous: bool) -> Self {
        let mut said: HashMap<_, Vec<String>> = HashMap::new();
        for finding in &quest.findings {
            let text = about(finding, anonymous);
            for exhibit in &finding.exhibits {
                let comments = capture_of(exhibit, audit).map(|capture| said.entry((capture, exhibit.frame)).or_default());
                comments.into_iter().filter(|comments| !comments.contains(&text)).for_each(|comments| comments.push(text.clone()));
            }
        }
        let name = |(at, info): (usize, &CaptureInfo)| {
            let own = info.path.file_name().map(|name| name.to_string_lossy().into_owned());
            own.filter(|_| !anonymous).map_or_else(|| format!("capture {}", at + 1), |name| visible(&name).into_owned())
        };
        Self { captures: audit.captures.iter().enumerate().map(name).collect(), said, anonymous }
    }

    /// How a capture is called.
    pub(super) fn capture(&self, capture: u32) -> &str {
        self.captures.get(capture as usize).map_or("", String::as_str)
    }

    /// Where a frame stood.
    pub(super) fn place(&self, recorded: &Recorded<'_>) -> String {
        let origin = recorded.frame.origin;
        format!("{}, frame {}", self.capture(origin.capture), origin.frame)
    }

    /// The comments of a frame: where it stood, what is found in it, and those that its capture had.
    pub(super) fn of(&self, recorded: &Recorded<'_>) -> Vec<String> {
        let origin = recorded.frame.origin;
        let mut comments = vec![self.place(recorded)];
        comments.extend(self.said.get(&(origin.capture, origin.frame)).into_iter().flatten().cloned());
        if !self.anonymous {
            comments.extend(recorded.comments().map(|text| String::from_utf8_lossy(text).into_owned()));
        }
        comments
    }

    /// The comment of the whole file: from where, what, and with which command.
    pub(super) fn section(&self, order: &Order<'_>, quest: &Quest<'_>, rules: &[String], audit: &Audit) -> String {
        let mut lines = vec![format!("Cut out of {} by {} {}.", self.captures.join(", "), audit.tool.name, audit.tool.version)];
        if self.anonymous {
            lines.push("Addresses, numbers, names and domains are replaced; media is cut to its headers.".into());
        } else {
            lines.push(format!("Command: {}", visible(&order.command)));
        }
        match &order.target {
            Target::Finding(_) => lines.extend(quest.findings.iter().map(|finding| about(finding, self.anonymous))),
            Target::Call(id) if !self.anonymous => lines.push(format!("Call-ID: {}", visible(id))),
            Target::Call(_) => {}
        }
        if !rules.is_empty() {
            lines.push(format!("The call breaks {}.", rules.join(", ")));
        }
        lines.join("\n")
    }
}

/// A finding in one line; parties and what was observed may be names and numbers.
fn about(finding: &Finding, anonymous: bool) -> String {
    let Finding { id, rule, title, observed, agreed, from, to, .. } = finding;
    if anonymous {
        return format!("{id} {rule}: {title}");
    }
    let clause = finding.clause.as_ref().map_or_else(String::new, |clause| {
        format!(" ({}{}, {})", clause.source, clause.line.map_or_else(String::new, |line| format!(":{line}")), clause.path)
    });
    visible(&format!("{id} {rule}: {title}: {observed}; {from} → {to}; agreed: {agreed}{clause}")).into_owned()
}
