//! The example program, run as people run it: what it promises of files, pipes, exit status and
//! words.

#[cfg(target_os = "linux")]
mod access_lists;
mod build;
#[cfg(unix)]
mod changing;
#[cfg(target_os = "linux")]
mod descriptors;
mod detached;
mod envelopes;
mod forcing;
mod inspecting;
mod keys;
#[cfg(unix)]
mod other_users;
mod outputs;
mod parts;
mod passphrases;
mod program;
mod replacing;
mod rewrapping;
mod round_trips;
mod senders;
mod sessions;
#[cfg(unix)]
mod signals;
mod stored_names;
mod support;
mod text_form;
