//! What is read aloud: on every screen its title and its main numbers, in words that there are clips of.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use page_parts::Language;
use redeem_kiosk::app::Input;
use redeem_kiosk::app::control::Control;
use redeem_kiosk::screens::aloud::{Voice, clips, numbers};

use super::graph::REACHABLE;
use super::support::{Kiosk, id};

/// What each clip says, in both scripts, by its address.
static TEXTS: LazyLock<BTreeMap<String, Vec<String>>> = LazyLock::new(|| {
    let texts = |text: String, other: Option<String>| [Some(text), other].into_iter().flatten().collect();
    clips().into_iter().map(|clip| (format!("/clips/{}.opus", clip.name), texts(clip.text, clip.other_text))).collect()
});

/// The clips that the page's button reads.
fn read(html: &str) -> Vec<&str> {
    let button = html.split("<button").find(|button| button.contains("id=\"read-aloud\"")).unwrap();
    button.split("data-clips=\"").nth(1).unwrap().split('"').next().unwrap().split(' ').collect()
}

/// What is heard at such a kiosk.
fn heard(kiosk: &Kiosk) -> String {
    let html = kiosk.html();
    read(&html).into_iter().map(|clip| TEXTS[clip][0].as_str()).collect::<Vec<_>>().join(" ")
}

/// All whole numbers that stand there.
fn figures(text: &str) -> Vec<i64> {
    let text = text.replace(',', "");
    text.split(|character: char| !character.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}

#[test]
fn every_screen_reads_its_title_and_only_words_that_there_are_clips_of() {
    for kiosk in &*REACHABLE {
        for language in Language::ALL {
            let mut kiosk = kiosk.clone();
            kiosk.model.preference.language = language;
            let html = kiosk.html();
            let read = read(&html);
            let title = html.split("<h1").nth(1).unwrap().split_once('>').unwrap().1.split('<').next().unwrap();
            let title = title.replace("&#39;", "'");
            assert!(TEXTS[read[0]].contains(&title), "{title} is read as {:?}", TEXTS[read[0]]);
            let unknown = read.iter().find(|clip| !TEXTS.contains_key(**clip));
            assert_eq!(unknown, None, "{}", kiosk.screen());
        }
    }
}

#[test]
fn every_number_that_is_read_stands_on_the_screen() {
    for kiosk in &*REACHABLE {
        let html = kiosk.html();
        let name =
            |clip: &&str| clip.strip_prefix("/clips/zh/number-").map(|rest| rest.trim_end_matches(".opus").to_owned());
        let names: Vec<Option<String>> = read(&html).iter().map(name).collect();
        let shown: Vec<Vec<&str>> =
            figures(&kiosk.text()).into_iter().filter_map(|figure| numbers::said(Voice::Mandarin, figure)).collect();
        for said in names.split(Option::is_none).filter(|said| !said.is_empty()) {
            let said: Vec<&str> = said.iter().flatten().map(String::as_str).collect();
            assert!(shown.contains(&said), "{said:?} is not on the screen {}: {}", kiosk.screen(), kiosk.text());
        }
    }
}

#[test]
fn the_main_numbers_are_heard_with_what_they_are() {
    let mut kiosk = Kiosk::at_shelf();
    assert_eq!(heard(&kiosk), "想换什么？ 可用积分 三 百 一 十 分");
    kiosk.tap(Control::Offer("G04".to_owned()));
    assert_eq!(heard(&kiosk), "换几件？ 每件 六 十 分");
    assert_eq!(heard(&Kiosk::at_check()), "请看一看，对不对？ 用多少 三 百 分 换后剩 十 分");
    let (mut done, _) = Kiosk::done();
    assert_eq!(heard(&done), "换好了 剩下 十 分");
    done.tap(Control::Language(Language::English));
    assert_eq!(heard(&done), "Done You have left ten points");
    done.tap(Control::Undo);
    assert_eq!(heard(&done), "Undo it? Given back three hundred points");
    done.wait_online(60_000);
    assert_eq!(heard(&done), "Are you still there? twenty seconds until then");
}

#[test]
fn who_presses_to_listen_is_there_and_nothing_else_changes() {
    let mut kiosk = Kiosk::at_shelf();
    kiosk.wait_online(59_000);
    let (page, revision) = (kiosk.html(), kiosk.model.revision);
    // What the script sends: a press of no step.
    kiosk.take(Input::Tapped { revision: 0, control: Control::Stay, fresh: id(7) });
    assert_eq!((kiosk.html(), kiosk.model.revision, kiosk.effects.len()), (page, revision, 0));
    assert_eq!(kiosk.wait_online(59_000).screen(), "shelf");
    assert_eq!(kiosk.wait(1000).screen(), "idle");
}
