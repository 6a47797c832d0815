//! The example program, run as people run it: what it promises of files, pipes, exit status and
//! words.

mod build;
mod detached;
mod envelopes;
mod inspecting;
mod keys;
mod outputs;
mod program;
mod replacing;
mod rewrapping;
mod round_trips;
mod support;
mod text_form;
