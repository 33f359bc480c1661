//! What `import` says of banks and folders, in the languages of the command line.

use std::path::Path;

use baoyulan_ledger::text::harmless;
use page_parts::Language;

use crate::import::shown::cut;

/// The bank has another name, journal or zone than was named.
pub fn say_other(language: Language, flag: &str, named: &str, own: &str) -> String {
    match language {
        Language::SimplifiedChinese => {
            format!("这个银行的 {flag} 是 {own}，不是 {named}，什么也没有导入。请看看银行的地址和文件夹对不对")
        }
        Language::TraditionalChinese => {
            format!("這個銀行的 {flag} 是 {own}，不是 {named}，什麼也沒有匯入。請看看銀行的地址和資料夾對不對")
        }
        Language::English => format!(
            "this bank has {flag} {own}, not {named}: nothing was imported. Look whether the bank's address and the folder are right"
        ),
    }
}

/// The bank is a real one.
pub fn say_no_demo(language: Language) -> &'static str {
    match language {
        Language::SimplifiedChinese => "这个银行不是演示用的，什么也没有导入。请看看银行的地址对不对，或者去掉 --demo",
        Language::TraditionalChinese => "這個銀行不是演示用的，什麼也沒有匯入。請看看銀行的地址對不對，或者去掉 --demo",
        Language::English => {
            "this bank is not for demonstration: nothing was imported. Look whether the bank's address is right, or leave --demo out"
        }
    }
}

/// There is a bank already.
pub fn say_not_new(language: Language) -> &'static str {
    match language {
        Language::SimplifiedChinese => "这里已经有银行了，什么也没有导入。请看看银行的地址对不对，或者去掉 --new-bank",
        Language::TraditionalChinese => "這裡已經有銀行了，什麼也沒有匯入。請看看銀行的地址對不對，或者去掉 --new-bank",
        Language::English => {
            "there is a bank already: nothing was imported. Look whether the bank's address is right, or leave --new-bank out"
        }
    }
}

/// The folder cannot be read.
pub fn say_no_folder(language: Language, folder: &Path) -> String {
    let folder = folder.display();
    match language {
        Language::SimplifiedChinese => format!("文件夹 {folder} 打不开，请看看名字对不对"),
        Language::TraditionalChinese => format!("資料夾 {folder} 打不開，請看看名字對不對"),
        Language::English => format!("the folder {folder} cannot be read; look whether its name is right"),
    }
}

/// A sheet that is none of a town's was left out.
pub fn say_other_sheet(language: Language, name: &str) -> String {
    let name = harmless(cut(name));
    match language {
        Language::SimplifiedChinese => format!("{name} 不是导入用的文件名，没有读它"),
        Language::TraditionalChinese => format!("{name} 不是匯入用的檔名，沒有讀它"),
        Language::English => format!("no file of a town is called {name}: it was left out"),
    }
}

/// What an import that broke off leaves.
pub fn say_again(language: Language) -> &'static str {
    match language {
        Language::SimplifiedChinese => "导入中断了：已经记下的都在。等毛病排除了，再导入一次，不会记两次",
        Language::TraditionalChinese => "匯入中斷了：已經記下的都在。等毛病排除了，再匯入一次，不會記兩次",
        Language::English => {
            "the import was broken off: what was posted stays. Import the folder again once that is mended; nothing is posted twice"
        }
    }
}
