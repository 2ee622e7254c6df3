//! Takes the shape of the command line, gives its manual page and its completions, never a word that the help does not say.

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::Status;
use super::args::Arguments;
use super::output::stdout;
use crate::base::Result;

/// Writes what a shell completes.
pub(super) fn completions(shell: Shell) -> Result<Status> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "speerlint", &mut script);
    stdout(|out| out.write_all(&script))?;
    Ok(Status::Clean)
}

/// Writes the manual page: the program, then every command.
pub(super) fn man() -> Result<Status> {
    let mut command = Arguments::command();
    command.build();
    stdout(|out| {
        clap_mangen::Man::new(command.clone()).render(out)?;
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            let page = clap_mangen::Man::new(sub.clone());
            page.render_name_section(out)?;
            page.render_synopsis_section(out)?;
            page.render_options_section(out)?;
            page.render_extra_section(out)?;
        }
        Ok(())
    })?;
    Ok(Status::Clean)
}
