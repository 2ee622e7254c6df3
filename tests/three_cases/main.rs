//! Takes traffic that keeps a rule, breaks it and leaves it open, gives a failure where the whole program does not say so, never a rule's own check.
//!
//! What is expected follows from the verdict model of the catalogue (`standards.md` §1.4) and from the RFCs, never from what the program said.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod accounting;
mod admission;
mod cut;
mod edges;
mod hygiene;
mod knocks;
mod media;
mod message;
mod messages;
mod negotiation;
mod options;
mod performance;
mod reliable;
mod report;
mod table;
mod variations;

#[path = "../made/mod.rs"]
mod made;

use std::collections::BTreeSet;

type Test = fn();

/// The tests of each module that the table names.
const RUNS: &[(&str, &[Test])] = &[
    ("accounting", &[accounting::answers_that_nobody_gives_are_told]),
    (
        "admission",
        &[
            admission::attempts_of_a_direction,
            admission::attempts_of_one_caller,
            admission::transactions_of_a_direction,
            admission::users_of_a_direction,
            admission::calls_outside_of_the_agreed_tunnel,
            admission::calls_outside_of_the_agreed_gre_and_ipsec,
            admission::calls_beyond_a_limit,
        ],
    ),
    (
        "cut",
        &[
            cut::an_invite_that_keeps_all,
            cut::an_invite_that_breaks_all,
            cut::an_invite_that_lacks_all,
            cut::a_diverted_invite,
            cut::answers,
            cut::another_offer,
            cut::exchanges_of_either_side,
            cut::streams_held_whole,
            cut::refusals,
            cut::presence_and_words,
            cut::a_request_cut_before_its_call_id,
        ],
    ),
    (
        "edges",
        &[
            edges::an_ack_that_may_still_come,
            edges::a_cancelled_call_that_may_still_end,
            edges::requests_over_tcp_are_sent_once,
            edges::session_timers_run_out,
            edges::sessions_at_once_begun_before,
            edges::admission_of_a_cut_invite,
            edges::an_element_out_of_its_role,
        ],
    ),
    (
        "hygiene",
        &[hygiene::policies_are_in_force_for_a_while, hygiene::waivers_do_something_and_run_out, hygiene::what_is_declared_is_seen],
    ),
    (
        "media",
        &[
            media::multiplexing_in_what_was_cut_off_is_left_open,
            media::media_addresses_are_held_against_the_declared_border_elements,
            media::media_of_a_side_that_was_not_heard_is_left_open,
            media::handshakes_of_media_are_waited_for,
            media::fingerprints_are_bound_by_an_identity,
            media::security_attributes_pass_the_border_as_they_came,
        ],
    ),
    ("messages", &[messages::lines_of_messages, messages::overload, messages::presence, messages::signatures_that_cannot_be_checked]),
    (
        "negotiation",
        &[
            negotiation::an_early_answer_is_the_answer,
            negotiation::an_offer_is_answered_in_its_turn,
            negotiation::an_answer_that_may_have_passed,
            negotiation::offers_that_cross,
            negotiation::fingerprints_that_were_signed,
        ],
    ),
    ("options", &[options::border_elements_are_watched_by_options, options::checks_across_windows_are_the_same_checks]),
    (
        "performance",
        &[
            performance::session_request_delay_is_held_against_what_was_agreed,
            performance::registrations_are_held_against_what_was_agreed,
            performance::every_figure_of_signalling_is_held_against_its_threshold,
        ],
    ),
    ("reliable", &[reliable::reliable_provisional_responses_are_acknowledged]),
];

/// What the reports of a module's tests show: cases and rules.
fn shown(tests: &[Test]) -> BTreeSet<(&'static str, String)> {
    let mut shown = BTreeSet::new();
    for row in made::program::overheard(|| tests.iter().for_each(|test| test())).iter().flat_map(|rules| rules.as_array().unwrap()) {
        let is_open = !row["indeterminate"].as_object().unwrap().is_empty();
        let cases = [("kept", row["pass"] != 0), ("broken", row["violation"] != 0), ("open", is_open)];
        shown.extend(cases.into_iter().filter(|(_, is)| *is).map(|(case, _)| (case, row["id"].as_str().unwrap().to_owned())));
    }
    shown
}

/// Each case that the table promises stands in the report of a test that passes.
#[test]
fn what_the_table_promises_is_made() {
    let modules: BTreeSet<&str> = table::MADE.iter().map(|(module, ..)| *module).collect();
    assert_eq!(modules, RUNS.iter().map(|(module, _)| *module).collect());
    let lacking = |(module, tests): &(&'static str, &'static [Test])| {
        let shown = shown(tests);
        let promised = table::MADE.iter().filter(|(own, ..)| own == module);
        let cases = promised.flat_map(|(_, cases, rules)| rules.split(' ').flat_map(|rule| cases.split(' ').map(move |case| (case, rule))));
        cases
            .filter(|(case, rule)| !shown.contains(&(*case, (*rule).to_owned())))
            .map(|(case, rule)| format!("{module}: {rule} {case}"))
            .collect()
    };
    let lacking: Vec<Vec<String>> = std::thread::scope(|scope| {
        let threads: Vec<_> = RUNS.iter().map(|run| scope.spawn(|| lacking(run))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(lacking.concat(), Vec::<String>::new(), "promised and not made");
}
