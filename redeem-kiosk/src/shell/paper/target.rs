//! Where slips go: `none`, `file:/path`, `device:/dev/usb/lp0` or `tcp:host:9100`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    None,
    /// A file that always holds the last slip, for demonstrations and tests.
    File(PathBuf),
    /// A device of this machine, or a pipe.
    Device(PathBuf),
    /// A printer in the network, `host:port`.
    Tcp(String),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a printer is one of none, file:<path>, device:<path> or tcp:<host>:<port>")]
pub struct TargetUnreadable;

impl FromStr for Target {
    type Err = TargetUnreadable;

    fn from_str(text: &str) -> Result<Self, TargetUnreadable> {
        match text.split_once(':') {
            None if text == "none" => Ok(Self::None),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            Some(("device", path)) if !path.is_empty() => Ok(Self::Device(path.into())),
            Some(("tcp", address)) if is_address(address) => Ok(Self::Tcp(address.to_owned())),
            _ => Err(TargetUnreadable),
        }
    }
}

fn is_address(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => formatter.write_str("none"),
            Self::File(path) => write!(formatter, "file:{}", path.display()),
            Self::Device(path) => write!(formatter, "device:{}", path.display()),
            Self::Tcp(address) => write!(formatter, "tcp:{address}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_written_as_it_is_read() {
        for text in ["none", "file:/tmp/slip", "device:/dev/usb/lp0", "tcp:printer.local:9100", "tcp:[::1]:9100"] {
            assert_eq!(text.parse::<Target>().map(|target| target.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "file:", "device:", "tcp:", "tcp:printer", "tcp::9100", "tcp:printer:99999", "usb:1"] {
            assert_eq!(text.parse::<Target>(), Err(TargetUnreadable), "{text}");
        }
    }
}
