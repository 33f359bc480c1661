//! `cargo xtask demo`: the counter's story, told on the town's sample data and a bank that is thrown away.

mod receipt;

use std::fs;
use std::path::Path;
use std::process::Stdio;

use xtask::folder;

use crate::run::{Outcome, cargo, root, succeed};

const DATA: &str = "data/baohua";
/// What the volunteer asks for: 大米5kg, a sack of rice.
const ITEM: &str = "G10";

/// Tells the story; the bank is removed however it ends.
pub fn run() -> Outcome {
    succeed(&mut cargo("build --release --locked --package ledger-service"))?;
    let folder = folder::temporary()?;
    let outcome = story(&folder);
    fs::remove_dir_all(&folder)?;
    outcome
}

fn story(folder: &Path) -> Outcome {
    let refused = folder.join("refused.csv").display().to_string();
    let keys = folder.join("keys.json").display().to_string();
    let counter = Counter { bank: format!("sqlite://{}", folder.join("town.db").display()) };

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

    say("Anybody can verify the receipt (凭证), with nothing but the bank's public keys.");
    fs::write(&keys, counter.run(&["keys"])?)?;
    counter.show(&["verify-receipt", token.trim(), "--keys", &keys])?;

    say("The card's statement (对账单) shows what came in and what went out, newest first:");
    print_first(&counter.run(&["statement", "--card", card])?, 16);

    let number = receipt::number(token.trim()).ok_or("the receipt names no number")?;
    say("The rice was mouldy: the clerk reverses (冲正) the receipt. Nothing is erased, a counter-entry is added.");
    counter.show(&["reverse", &number])?;
    print_first(&counter.run(&["statement", "--card", card])?, 8);

    say("The trial balance (试算平衡): every account, and debits and credits are equal.");
    counter.show(&["trial-balance"])?;
    Ok(())
}

/// The service's command line, at one bank.
struct Counter {
    bank: String,
}

impl Counter {
    /// Runs the command, which it prints, and returns what the service printed.
    fn run(&self, arguments: &[&str]) -> Outcome<String> {
        println!("$ ledger-service --bank {} {}", self.bank, arguments.join(" "));
        let output = cargo("run --quiet --release --locked --package ledger-service --")
            .args(["--bank", &self.bank])
            .args(arguments)
            .stderr(Stdio::inherit())
            .output()?;
        if !output.status.success() {
            return Err(format!("ledger-service {}: {}", arguments.join(" "), output.status).into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The same, and prints what the service printed.
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

/// The balances, the richest first, out of `card_no,minutes,points`.
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

/// The item's name and price, out of `sku,name,points,...`.
fn item() -> Outcome<(String, u32)> {
    let catalogue = read("catalogue.csv")?;
    let line = catalogue.lines().find(|line| line.starts_with(ITEM)).ok_or("the catalogue lacks the item")?;
    let [_sku, name, points] = fields(line).ok_or("the catalogue lacks columns")?;
    Ok((name.to_owned(), points.parse()?))
}

/// The first station that has the item, out of `station,sku,pieces`.
fn station_with_stock() -> Outcome<String> {
    read("stock.csv")?
        .lines()
        .filter_map(fields)
        .find(|[_, sku, pieces]| *sku == ITEM && *pieces != "0")
        .map(|[station, _, _]| station.to_owned())
        .ok_or_else(|| "no station has the item".into())
}

fn read(file: &str) -> Outcome<String> {
    let file = root().join(DATA).join(file);
    fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()).into())
}

/// The first three columns; the columns wanted here are never quoted.
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
