//! The name of a file, stored in private metadata, and what of it may become a name again.
//!
//! Whoever sealed an envelope chose the name in it, and that may be anyone. A name is taken only if
//! it can do nothing but name a file in the folder that the user gave, on any system. The rules are
//! the same when a name is stored, so that what one system seals, the others restore.

use std::path::Path;

use crate::args::is_standard_stream;
use crate::failure::Failure;

/// A name that keeps the rules.
pub(crate) struct StoredName(String);

impl StoredName {
    /// Returns the name to store for the file `input`: its own without its folder, or `given`.
    pub(crate) fn of(input: &Path, given: Option<&str>) -> Result<Self, Failure> {
        let own = || input.file_name().filter(|_| !is_standard_stream(input));
        let name = match given {
            Some(given) => given,
            None => match own().map(|name| name.to_str()) {
                Some(Some(name)) => name,
                Some(None) => {
                    return Err(Failure::new(input.display(), "its name is not UTF-8: give --store-name=NAME"));
                }
                None => return Err(Failure::new(input.display(), "has no name to store: give --store-name=NAME")),
            },
        };
        match objection(name) {
            None => Ok(Self(name.into())),
            Some(objection) => Err(Failure::new(
                "--store-name",
                format_args!(
                    "\"{}\" {objection}, and no such name is restored: give --store-name=NAME",
                    name.escape_debug()
                ),
            )),
        }
    }

    /// Returns the private metadata that holds the name and, after it, `text`.
    pub(crate) fn to_metadata(&self, text: Option<&str>) -> String {
        format!("{FIRST_LINE}{NAME}{}\n\n{}", self.0, text.unwrap_or_default())
    }

    /// Returns the name in private metadata, or why there is none that may be restored.
    pub(crate) fn from_metadata(metadata: Option<&[u8]>) -> Result<Self, String> {
        let text = metadata.and_then(|metadata| str::from_utf8(metadata).ok());
        let rest = text.and_then(|text| text.strip_prefix(FIRST_LINE)?.strip_prefix(NAME));
        let Some((name, _)) = rest.and_then(|rest| rest.split_once("\n\n")) else {
            return Err("no file name was stored in it: give OUT in the place of --restore-name".into());
        };
        match objection(name) {
            None => Ok(Self(name.into())),
            Some(objection) => Err(format!(
                "the file name stored in it, \"{}\", {objection}: give OUT in the place of --restore-name",
                name.escape_debug()
            )),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Returns what is wrong with a name, as what it does.
fn objection(name: &str) -> Option<&'static str> {
    let is_hidden_control = |c: char| c.is_control() || BIDIRECTIONAL.contains(&c);
    Some(match name {
        "" => "is empty",
        // `..` among them. The files that programs obey without being asked, such as .bashrc, are
        // hidden as well.
        _ if name.starts_with('.') => "begins with a dot",
        // The next command in the folder would take it for an option, and this one for a stream.
        _ if name.starts_with('-') => "begins with a hyphen",
        _ if name.len() > MAX_LEN => "is longer than 255 bytes",
        _ if name.contains(['/', '\\']) => "has a path separator",
        _ if name.contains(is_hidden_control) => "has a character that does not show",
        // `:` leads to another drive, and to streams behind a file.
        _ if name.contains([':', '*', '?', '"', '<', '>', '|']) => "has a character that Windows does not allow",
        // Windows cuts both off, and what is left can be another name.
        _ if name.ends_with(['.', ' ']) => "ends with a dot or a blank",
        _ if is_device(name) => "is a device on Windows",
        _ => return None,
    })
}

/// Returns whether Windows takes the name for that of a device, whatever its extension.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end_matches(' ').to_uppercase();
    let port = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    let is_port = port.is_some_and(|number| number.chars().count() == 1 && number.contains(PORTS));
    is_port || ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"].contains(&stem.as_str())
}

const FIRST_LINE: &str = "bulla file\n";
const NAME: &str = "name: ";

/// The most that common file systems take.
const MAX_LEN: usize = 255;

/// Windows takes the superscripts for digits.
const PORTS: [char; 13] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '¹', '²', '³'];

/// They show what follows in another order, such as `annexe.txt` for a name that ends in `.exe`;
/// and two that end a line.
const BIDIRECTIONAL: [char; 14] = [
    '\u{061C}', '\u{200E}', '\u{200F}', '\u{2028}', '\u{2029}', '\u{202A}', '\u{202B}', '\u{202C}', '\u{202D}',
    '\u{202E}', '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}',
];
