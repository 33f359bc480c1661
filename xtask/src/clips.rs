//! `cargo xtask clips`

use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{fs, io};

use xtask::path;

use crate::run::{Outcome, cargo, root, succeed};

const LIST: &str = "redeem-kiosk/assets/clips.txt";
const FOLDER: &str = "redeem-kiosk/assets/clips";
/// The programs that make clips. Debian's packages have the same names.
const TOOLS: [&str; 2] = ["espeak-ng", "ffmpeg"];

/// Cuts off the silence before and after a word, so that the words of a number follow each other.
const TRIM: &str = "silenceremove=start_periods=1:start_threshold=-50dB:start_silence=0.02";
/// The loudness, out of 200. At 100, the peaks of vowels are cut off.
const LOUDNESS: &str = "80";
const PAUSE_IN_NUMBER: &str = "0.03";
const PAUSE: &str = "0.35";

/// Makes all clips that the kiosk plays, and their list, anew.
pub fn run() -> Outcome {
    let missing: Vec<&str> = TOOLS.into_iter().filter(|tool| !path::has(tool)).collect();
    if !missing.is_empty() {
        return Err(format!("please install the programs that make the clips: {}", missing.join(" ")).into());
    }
    // The test that otherwise compares the list writes it, so both know the same words.
    succeed(cargo("test --locked --package redeem-kiosk --lib list_of_clips").env("REDEEM_KIOSK_CLIPS", "write"))?;
    let list = fs::read_to_string(root().join(LIST))?;
    clear(&root().join(FOLDER))?;
    for line in list.lines() {
        let mut columns = line.split('\t');
        let (Some(name), Some(text)) = (columns.next(), columns.next()) else {
            return Err(format!("{LIST} has a line that is not a clip: {line}").into());
        };
        speak(name, text).map_err(|error| format!("{name}: {error}"))?;
    }
    println!("{} clips in {FOLDER}: listen to those that are new", list.lines().count());
    Ok(())
}

fn clear(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes a clip. Its title holds the words, by which a test knows it. It leaves out all that differs between runs, so
/// that the same words give the same file.
fn speak(name: &str, text: &str) -> Outcome {
    let file = root().join(FOLDER).join(format!("{name}.opus"));
    fs::create_dir_all(file.parent().unwrap_or(root()))?;
    let mut speaker = Command::new("espeak-ng")
        .args(voice(name))
        .args(["-a", LOUDNESS, "--stdout", text])
        .stdout(Stdio::piped())
        .spawn()?;
    let sound = speaker.stdout.take().ok_or("nothing is said")?;
    let pause = if name.contains("/number-") { PAUSE_IN_NUMBER } else { PAUSE };
    let encoded = succeed(
        Command::new("ffmpeg")
            .args(["-v", "error", "-y", "-ignore_length", "1", "-f", "wav", "-i", "pipe:0"])
            .args(["-af", &format!("{TRIM},areverse,{TRIM},areverse,apad=pad_dur={pause}")])
            .args(["-ac", "1", "-ar", "24000", "-c:a", "libopus", "-b:a", "24k", "-application", "voip"])
            .args(["-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact"])
            .args(["-metadata", &format!("title={text}")])
            .arg(file)
            .stdin(sound),
    );
    let said = speaker.wait()?;
    encoded?;
    if said.success() { Ok(()) } else { Err(Box::<dyn Error>::from(format!("espeak-ng: {said}"))) }
}

/// Slow and clear. In some versions, the voice `cmn` reads pinyin as if it were English; this voice does not.
fn voice(name: &str) -> [&'static str; 4] {
    if name.starts_with("zh/") { ["-v", "cmn-latn-pinyin", "-s", "140"] } else { ["-v", "en-gb", "-s", "130"] }
}
