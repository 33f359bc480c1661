//! Printers that are files, sockets and a terminal's other end: good ones, slow ones, silent ones, broken ones.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::channel;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

use super::super::code::NoCode;
use super::super::raster::CUT;
use super::super::status::PaperState;
use super::super::{PaperFault, Patience, Printed, Printer, ReceiptPrinter, Roll, Settings, Slip, Target};
use super::rasters;
use super::samples::{picture, slip_with_url};

const PAPER_NOW: [u8; 3] = [0x10, 0x04, 0x04];
const PAPER_AFTER_ALL: [u8; 3] = [0x1d, 0x72, 0x01];
const ENOUGH: u8 = 0x12;
const NEAR_END: u8 = 0x1e;
const OUT: u8 = 0x72;

/// Where something comes it is waited for: a busy machine may take its time.
const LONG: Duration = Duration::from_secs(60);
/// Where nothing comes nobody waits for long.
const SHORT: Duration = Duration::from_millis(400);
const PATIENCE: Patience = Patience { connecting: LONG, answering: LONG, sending: LONG, printing: LONG };

fn settings(target: Target, patience: Patience) -> Settings {
    Settings { target, roll: Roll::Millimetres58, fonts: None, patience }
}

fn slip() -> Slip {
    slip_with_url(600)
}

/// What a printer does with what it reads.
#[derive(Clone, Copy)]
enum Manner {
    Silent,
    /// Answers with this byte how its paper is.
    Answers(u8),
    /// Says first that there is paper, and after a slip that it has run out.
    RunsOut,
    /// Speaks unasked, and only then answers.
    Talks,
}

impl Manner {
    /// Long for every answer that this printer gives, short for those that it does not.
    fn patience(self) -> Patience {
        match self {
            Self::Silent => Patience { answering: SHORT, ..PATIENCE },
            Self::RunsOut => Patience { printing: SHORT, ..PATIENCE },
            Self::Answers(_) | Self::Talks => PATIENCE,
        }
    }
}

/// Reads until the end, and answers in its manner; gives back what was printed. However late it reads, and however much at a
/// time, a question is what stands before or behind the slip.
fn serve(mut stream: impl Read + Write, manner: Manner) -> Vec<u8> {
    let (mut printed, mut buffer) = (Vec::new(), [0; 4096]);
    let mut is_first = true;
    while let Ok(length @ 1..) = stream.read(&mut buffer) {
        printed.extend_from_slice(&buffer[..length]);
        if is_first && printed.starts_with(&PAPER_NOW) {
            printed.drain(..PAPER_NOW.len());
            answer(&mut stream, manner, true, true);
            is_first = false;
        }
        while let Some((begin, is_now)) = question_behind(&printed) {
            printed.drain(begin..begin + PAPER_NOW.len());
            answer(&mut stream, manner, false, is_now);
        }
    }
    printed
}

/// Where the first question behind a whole slip begins, and whether it is about now.
fn question_behind(printed: &[u8]) -> Option<(usize, bool)> {
    let end = printed.windows(CUT.len()).rposition(|bytes| bytes == CUT)? + CUT.len();
    let questions = [(PAPER_NOW, true), (PAPER_AFTER_ALL, false)];
    let asked = questions.into_iter().find(|(question, _)| printed[end..].starts_with(question));
    asked.map(|(_, is_now)| (end, is_now))
}

fn answer(stream: &mut impl Write, manner: Manner, is_first: bool, is_now: bool) {
    // The later question has an answer of another form.
    let all_is_well = if is_now { ENOUGH } else { 0 };
    let bytes: &[u8] = match manner {
        Manner::Silent => &[],
        Manner::Answers(byte) if is_now => &[byte],
        Manner::RunsOut if is_now && !is_first => &[OUT],
        // A printer without paper does not come to this question.
        Manner::RunsOut if !is_now => &[],
        Manner::Talks => &[0x14, 0xff, 0x93, all_is_well],
        Manner::Answers(_) | Manner::RunsOut => &[all_is_well],
    };
    stream.write_all(bytes).unwrap();
}

fn tcp(serve: impl FnOnce(TcpStream) -> Vec<u8> + Send + 'static) -> (Target, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = Target::Tcp(listener.local_addr().unwrap().to_string());
    (target, thread::spawn(move || serve(listener.accept().unwrap().0)))
}

async fn print(target: Target, patience: Patience) -> Result<Printed, PaperFault> {
    ReceiptPrinter::new(settings(target, patience)).unwrap().print(slip()).await
}

#[tokio::test]
async fn a_file_holds_the_last_slip() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slip");
    let printer = ReceiptPrinter::new(settings(Target::File(path.clone()), PATIENCE)).unwrap();
    for url_bytes in [900, 60] {
        let slip = slip_with_url(url_bytes);
        let printed = printer.print(slip.clone()).await;
        assert_eq!(printed, Ok(Printed { paper: PaperState::Unknown, without_code: None }));
        assert!(rasters::read(&fs::read(&path).unwrap()) == picture(&slip, Roll::Millimetres58));
    }
    assert_eq!(printer.paper().await, Ok(PaperState::Unknown));
}

#[tokio::test]
async fn a_slip_without_its_code_is_printed_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let printer = ReceiptPrinter::new(settings(Target::File(folder.path().join("slip")), PATIENCE)).unwrap();
    let printed = printer.print(slip_with_url(998)).await.unwrap();
    assert_eq!(printed.without_code, Some(NoCode::DoesNotFit { url_bytes: 998, width_dots: 384 }));
}

#[tokio::test]
async fn no_printer_is_told_as_such() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let gone = folder.path().join("gone");
    let cases = [
        (Target::None, ErrorKind::NotFound),
        (Target::Device(gone.clone()), ErrorKind::NotFound),
        (Target::File(gone.join("slip")), ErrorKind::NotFound),
        (Target::Tcp(closed), ErrorKind::ConnectionRefused),
    ];
    for (target, reason) in cases {
        let name = target.to_string();
        assert_eq!(print(target, PATIENCE).await, Err(PaperFault::NoPrinter { reason }), "{name}");
    }
    assert!(!gone.exists());
}

#[tokio::test]
async fn a_full_disk_breaks_the_slip_off() {
    // It has something to read without end, and never an answer.
    let patience = Manner::Silent.patience();
    let printed = print(Target::File("/dev/full".into()), patience).await;
    assert_eq!(printed, Err(PaperFault::Broken { reason: ErrorKind::StorageFull }));
    assert_eq!(print(Target::Device("/dev/full".into()), patience).await, Err(PaperFault::OutOfPaper));
}

#[tokio::test]
async fn what_a_printer_in_the_network_says_of_its_paper_is_told() {
    let cases = [
        (Manner::Silent, PaperState::Unknown),
        (Manner::Answers(ENOUGH), PaperState::Enough),
        (Manner::Talks, PaperState::Enough),
    ];
    for (manner, paper) in cases {
        let (target, printed) = tcp(move |stream| serve(stream, manner));
        assert_eq!(print(target, manner.patience()).await, Ok(Printed { paper, without_code: None }));
        let read = rasters::read(&printed.join().unwrap());
        assert!(read == picture(&slip(), Roll::Millimetres58));
    }
    let (target, _printer) = tcp(|stream| serve(stream, Manner::Answers(NEAR_END)));
    let printer = ReceiptPrinter::new(settings(target, PATIENCE)).unwrap();
    assert_eq!(printer.paper().await, Ok(PaperState::NearEnd));
}

#[tokio::test]
async fn without_paper_nothing_is_sent() {
    let (target, printed) = tcp(|stream| serve(stream, Manner::Answers(OUT)));
    assert_eq!(print(target, PATIENCE).await, Err(PaperFault::OutOfPaper));
    assert!(printed.join().unwrap().is_empty());
}

#[tokio::test]
async fn paper_that_ends_within_the_slip_is_told() {
    let (target, _printer) = tcp(|stream| serve(stream, Manner::RunsOut));
    assert_eq!(print(target, Manner::RunsOut.patience()).await, Err(PaperFault::OutOfPaper));
}

#[tokio::test]
async fn a_slow_printer_gets_everything() {
    let (target, printed) = tcp(|stream| {
        thread::sleep(2 * SHORT);
        serve(stream, Manner::Silent)
    });
    assert!(print(target, Manner::Silent.patience()).await.is_ok());
    assert!(rasters::read(&printed.join().unwrap()) == picture(&slip(), Roll::Millimetres58));
}

#[test]
fn a_printer_that_stops_reading_is_busy_after_its_time() {
    let (over, until_over) = channel::<()>();
    let (target, printer) = tcp(move |stream| {
        // It stays connected, and reads nothing, for as long as anybody wants something of it.
        until_over.recv().unwrap_err();
        drop(stream);
        Vec::new()
    });
    let begun = Instant::now();
    let patience = Patience { answering: SHORT, sending: SHORT, ..PATIENCE };
    // More than the system keeps for a reader that does not come.
    let printed = Printer::new(target, patience).print(&vec![0; 64 << 20]);
    assert_eq!(printed, Err(PaperFault::Busy));
    assert!(begun.elapsed() >= SHORT, "it was given its time");
    drop(over);
    printer.join().unwrap();
}

#[test]
fn a_printer_that_hangs_up_breaks_the_slip_off() {
    let (target, printer) = tcp(|mut stream| {
        stream.read_exact(&mut [0; 3]).unwrap();
        Vec::new()
    });
    let printed = Printer::new(target, PATIENCE).print(&vec![0; 64 << 20]);
    assert!(matches!(printed, Err(PaperFault::Broken { .. })), "{printed:?}");
    printer.join().unwrap();
}

#[tokio::test]
async fn the_caller_goes_on_and_the_next_slip_waits_its_turn() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = Target::Tcp(listener.local_addr().unwrap().to_string());
    let (goes_on, caller) = channel();
    let printer = thread::spawn(move || {
        let (first, _) = listener.accept().unwrap();
        // The first slip has no answer before the caller has gone on.
        caller.recv_timeout(LONG).expect("the caller waits for the printer");
        thread::sleep(SHORT);
        listener.set_nonblocking(true).unwrap();
        let next = listener.accept().map(|_| ()).map_err(|error| error.kind());
        assert_eq!(next, Err(ErrorKind::WouldBlock), "the next slip has not waited");
        listener.set_nonblocking(false).unwrap();
        let first = serve(first, Manner::Answers(ENOUGH));
        [first, serve(listener.accept().unwrap().0, Manner::Answers(ENOUGH))]
    });
    let receipts = ReceiptPrinter::new(settings(target, PATIENCE)).unwrap();
    let (first, second, ()) = tokio::join!(receipts.print(slip()), receipts.print(slip()), async {
        tokio::task::yield_now().await;
        goes_on.send(()).unwrap();
    });
    let printed = Ok(Printed { paper: PaperState::Enough, without_code: None });
    assert_eq!((first, second), (printed, printed));
    printer.join().unwrap().iter().for_each(|printed| drop(rasters::read(printed)));
}

#[tokio::test]
async fn a_device_prints_and_answers() {
    for (manner, expected) in [
        (Manner::Answers(ENOUGH), Ok(Printed { paper: PaperState::Enough, without_code: None })),
        (Manner::Silent, Ok(Printed { paper: PaperState::Unknown, without_code: None })),
        (Manner::Answers(OUT), Err(PaperFault::OutOfPaper)),
    ] {
        let (path, printer) = device(manner);
        assert_eq!(print(Target::Device(path.into()), manner.patience()).await, expected);
        let printed = printer.join().unwrap();
        if expected.is_ok() {
            assert!(rasters::read(&printed) == picture(&slip(), Roll::Millimetres58));
        } else {
            assert!(printed.is_empty());
        }
    }
}

/// A device whose other end is ours; it ends when it is closed.
fn device(manner: Manner) -> (String, JoinHandle<Vec<u8>>) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let path = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
    // A terminal would change line ends and echo.
    let theirs = fs::File::options().read(true).write(true).open(Path::new(&path)).unwrap();
    let mut modes = tcgetattr(&theirs).unwrap();
    modes.make_raw();
    tcsetattr(&theirs, OptionalActions::Now, &modes).unwrap();
    let printer = thread::spawn(move || {
        let mut ours = fs::File::from(ours);
        let mut first = [0];
        ours.read_exact(&mut first).unwrap();
        // Now somebody else has it open, and when they close it there is an end.
        drop(theirs);
        serve(Opened { first: Some(first[0]), ours }, manner)
    });
    (path, printer)
}

/// A device of which one byte has been read.
struct Opened {
    first: Option<u8>,
    ours: fs::File,
}

impl Read for Opened {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let Some(first) = self.first.take() else { return self.ours.read(buffer) };
        buffer[0] = first;
        Ok(1)
    }
}

impl Write for Opened {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.ours.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.ours.flush()
    }
}
