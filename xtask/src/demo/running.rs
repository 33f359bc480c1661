//! A program that runs as long as the demonstration does.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::run::Outcome;

/// A program that stops when its owner ends, however that ends: its keeper holds the other end of a pipe.
pub struct Running {
    name: String,
    keeper: Child,
    output: BufReader<ChildStdout>,
}

impl Running {
    /// Starts the program. Its log goes to a file.
    pub fn start(program: &Command, log: &Path) -> Outcome<Self> {
        let name = Path::new(program.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut keeper = Command::new("sh");
        keeper.args(["-c", include_str!("keep.sh"), "keep.sh"]).arg(program.get_program()).args(program.get_args());
        keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(File::create(log)?);
        let mut keeper = keeper.spawn()?;
        let output = keeper.stdout.take().ok_or("its output cannot be read")?;
        Ok(Self { name, keeper, output: BufReader::new(output) })
    }

    /// The program's next line.
    pub fn line(&mut self) -> Outcome<String> {
        let mut line = String::new();
        match self.output.read_line(&mut line)? {
            0 => Err(format!("{} has ended; its log says why", self.name).into()),
            _ => Ok(line.trim_end().to_owned()),
        }
    }

    /// Waits until the program ends.
    pub fn wait(mut self) -> Outcome {
        io::copy(&mut self.output, &mut io::stdout())?;
        let status = self.keeper.wait()?;
        if status.success() { Ok(()) } else { Err(format!("{} has ended: {status}", self.name).into()) }
    }
}

/// Returns this port if it is free, or else any free port.
pub fn free_port(wanted: u16) -> Outcome<u16> {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, wanted));
    let listener = free.or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    Ok(listener.local_addr()?.port())
}
