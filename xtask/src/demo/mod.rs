//! `cargo xtask demo`: first the counter's story, told with the town's sample data, and then the town itself. The
//! service and a station's kiosk run, and anybody who is curious can log in and redeem.

mod receipt;
mod running;

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::run::{Outcome, built, cargo, root, succeed};
use running::Running;

const DATA: &str = "data/baohua";
/// What the volunteer asks for: 大米5kg, a sack of rice.
const ITEM: &str = "G10";
/// The PIN of the volunteer in the story.
const PIN: &str = "482913";
/// The port on which the service listens, if it is free. The kiosk has its own.
const PORT: u16 = 8080;
const KIOSK_PORT: u16 = 8090;

/// Tells the story, and keeps the town running until Ctrl-C. Its files stay in `target/demo` until the next time.
pub fn run() -> Outcome {
    succeed(&mut cargo("build --locked --package ledger-service --package redeem-kiosk"))?;
    let folder = root().join("target/demo");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let counter = Counter { bank: format!("sqlite://{}", folder.join("town.db").display()) };
    let story = story(&folder, &counter)?;
    town(&folder, &counter, &story)
}

/// Whom the story was about.
struct Story {
    card: String,
    station: String,
}

/// Starts the service, says where everything is, and waits.
fn town(folder: &Path, counter: &Counter, story: &Story) -> Outcome {
    let Story { card, station } = story;
    counter.run_with(&["pin", "set", "--card", card], PIN)?;
    let administrator = counter.run(&["credential", "add", "--role", "administrator", "--name", "demo"])?;
    let device = counter.run(&["credential", "add", "--role", "device", "--station", station])?;
    let teller = counter.run(&["credential", "add", "--role", "teller", "--station", station])?;
    let data = folder.join("data").display().to_string();
    let listen = format!("127.0.0.1:{}", running::free_port(PORT)?);
    let service = counter.command(&["serve", "--listen", &listen, "--data-folder", &data]);
    let mut service = Running::start(&service, &folder.join("service.log"))?;
    let address = service.line()?;
    let address = address.strip_prefix("listening at ").unwrap_or(&address);
    let mut kiosk = start_kiosk(folder, address, station, device.trim())?;
    let kiosk_page = kiosk.line()?;
    println!(
        "
────────────────────────────────────────────────────────────────────────
积分银行正在运行 · The points bank is running

志愿者页面 · the volunteers' pages: card {card}, PIN {PIN}
    {address}/
验证回执 · check a receipt
    {address}/v
工作人员导入 · staff, imports: {administrator}
    {address}/staff/login
驿站自助机 · the kiosk of station {station}: the same card and PIN
    {kiosk_page}
接口 · the API; a teller's token: {teller}
    {address}/v1/docs/

The bank is {bank}; the logs are beside it.
Ctrl-C 停止 · stops it.
────────────────────────────────────────────────────────────────────────",
        administrator = administrator.trim(),
        teller = teller.trim(),
        bank = counter.bank,
    );
    service.wait()
}

/// Starts a station's kiosk with a credential of its own.
fn start_kiosk(folder: &Path, service: &str, station: &str, token: &str) -> Outcome<Running> {
    let (token_file, data) = (folder.join("kiosk.token"), folder.join("kiosk"));
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&token_file)?;
    file.write_all(token.as_bytes())?;
    let listen = format!("127.0.0.1:{}", running::free_port(KIOSK_PORT)?);
    let mut kiosk = Command::new(built("redeem-kiosk"));
    kiosk.args(["serve", "--listen", &listen, "--service", service, "--station", station]);
    kiosk.args(["--station-name", &station_name(station)?]);
    kiosk.arg("--token-file").arg(token_file).arg("--data-folder").arg(data);
    Running::start(&kiosk, &folder.join("kiosk.log"))
}

fn story(folder: &Path, counter: &Counter) -> Outcome<Story> {
    let refused = folder.join("refused.csv").display().to_string();
    let keys = folder.join("keys.json").display().to_string();

    say("The town's attendance sheets (签到表) are imported into an empty bank (积分银行).");
    counter.show(&["import", DATA, "--demo", "--report", &refused])?;
    if let Ok(report) = fs::read_to_string(&refused) {
        println!("{} rows were refused, for example:", report.lines().skip(1).count());
        print_first(&report, 4);
    }

    say("Who has saved the most points (积分)?");
    let richest = richest(&counter.run(&["balances"])?);
    for balance in richest.iter().take(3) {
        println!("card (卡号) {}: {} points", balance.card, balance.points);
    }

    let (name, price) = item()?;
    let station = station_with_stock()?;
    let card = match richest.first() {
        Some(balance) if balance.points >= price => &balance.card,
        _ => return Err(format!("nobody has the {price} points that {name} costs").into()),
    };
    say(&format!("Card {card} redeems (兑换) one {name} for {price} points at station (驿站) {station}."));
    let wish = format!("{ITEM}=1");
    let token = counter.show(&["redeem", "--card", card, "--station", &station, "--item", &wish])?;

    say("Anybody can verify the receipt (回执), with nothing but the bank's public keys.");
    fs::write(&keys, counter.run(&["keys"])?)?;
    counter.show(&["verify-receipt", token.trim(), "--keys", &keys])?;

    say("The card's statement (对账单) shows what came in and what went out, newest first:");
    print_first(&counter.run(&["statement", "--card", card])?, 16);

    let number = receipt::number(token.trim()).ok_or("the receipt names no number")?;
    say("The rice was mouldy: the teller reverses (冲正) the receipt. Nothing is erased, a counter-entry is added.");
    counter.show(&["reverse", &number])?;
    print_first(&counter.run(&["statement", "--card", card])?, 8);

    say("The trial balance (试算平衡) is even in every commodity. Its last lines:");
    print_last(&counter.run(&["trial-balance"])?, 4);
    Ok(Story { card: card.clone(), station })
}

/// The service's command line at one bank.
struct Counter {
    bank: String,
}

impl Counter {
    /// Makes the command with these arguments.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(built("ledger-service"));
        command.current_dir(root()).args(["--bank", &self.bank]).args(arguments);
        command
    }

    /// Prints the command, runs it, and returns what the service printed.
    fn run(&self, arguments: &[&str]) -> Outcome<String> {
        self.run_with(arguments, "")
    }

    /// Runs the command with this text on its standard input.
    fn run_with(&self, arguments: &[&str], input: &str) -> Outcome<String> {
        println!("$ ledger-service --bank {} {}", self.bank, arguments.join(" "));
        let mut child = self.command(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes())?;
        }
        let output = child.wait_with_output()?;
        if !output.status.success() {
            return Err(format!("ledger-service {}: {}", arguments.join(" "), output.status).into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Runs the command, and prints what the service printed.
    fn show(&self, arguments: &[&str]) -> Outcome<String> {
        let output = self.run(arguments)?;
        print!("{output}");
        Ok(output)
    }
}

struct Balance {
    card: String,
    points: u32,
}

/// Reads `card_no,minutes,points` and sorts the balances, richest first.
fn richest(balances: &str) -> Vec<Balance> {
    let mut balances: Vec<Balance> = balances
        .lines()
        .filter_map(|line| {
            let [card, _minutes, points] = fields(line)?;
            Some(Balance { card: card.to_owned(), points: points.parse().ok()? })
        })
        .collect();
    balances.sort_by(|one, other| other.points.cmp(&one.points).then_with(|| one.card.cmp(&other.card)));
    balances
}

/// Reads the item's name and price from `sku,name,points,...`.
fn item() -> Outcome<(String, u32)> {
    let catalogue = read("catalogue.csv")?;
    let line = catalogue.lines().find(|line| line.starts_with(ITEM)).ok_or("the catalogue lacks the item")?;
    let [_sku, name, points] = fields(line).ok_or("the catalogue lacks columns")?;
    Ok((name.to_owned(), points.parse()?))
}

/// Finds the first station that has the item, in `station,sku,pieces`.
fn station_with_stock() -> Outcome<String> {
    read("stock.csv")?
        .lines()
        .filter_map(fields)
        .find(|[_, sku, pieces]| *sku == ITEM && *pieces != "0")
        .map(|[station, _, _]| station.to_owned())
        .ok_or_else(|| "no station has the item".into())
}

/// Finds what people call the station, in `station,name,unit,...`.
fn station_name(code: &str) -> Outcome<String> {
    read("stations.csv")?
        .lines()
        .filter_map(fields)
        .find(|[station, ..]| *station == code)
        .map(|[_, name, _]| name.to_owned())
        .ok_or_else(|| "the station is not in the list".into())
}

fn read(file: &str) -> Outcome<String> {
    let file = root().join(DATA).join(file);
    fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()).into())
}

/// Reads the first three columns. None of the columns that the demo needs is quoted.
fn fields(line: &str) -> Option<[&str; 3]> {
    let mut fields = line.split(',');
    Some([fields.next()?, fields.next()?, fields.next()?])
}

fn say(words: &str) {
    println!("\n{words}\n");
}

fn print_first(text: &str, count: usize) {
    text.lines().take(count).for_each(|line| println!("{line}"));
}

fn print_last(text: &str, count: usize) {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].iter().for_each(|line| println!("{line}"));
}
