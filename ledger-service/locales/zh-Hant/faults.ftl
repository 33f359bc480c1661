# 鎮上的檔案哪裡不對：先說是什麼，再說怎麼辦。

known-differently = 銀行裡這項活動的 { $column } 不一樣，而且已經按它給過積分。請改好這一列，或者給活動換一個新的 activity_id。
file-missing = 沒有這個檔案。請補上，和別的檔案一起再匯入一次。
files-missing = 沒有這個檔案，也沒有 { $others }。請補上，和別的檔案一起再匯入一次。
unreadable = 檔案讀不出來（{ $reason }）。請看看它是不是能開啟的檔案，再試一次。
file-empty = 檔案是空的。請寫上標題那一列，沒有別的列也要寫。
column-missing = 標題裡沒有這一欄。請補上，名稱要寫得一模一樣。
no-header = 這一列應該是各欄的名稱，可是一個也沒有。請刪掉標題上面的內容，或者寫上：{ $columns }
not-commas = 各欄是用 { $separator } 隔開的，不是逗號。請另存為「CSV UTF-8」，用逗號隔開。
column-repeated = 標題裡這一欄不只一個，請只留一個。
field-count = 這一列有 { $found } 格，標題有 { $expected } 格。請讓每一欄只有一格；文字裡有逗號的，請用英文雙引號括起來。
row-too-long = 這一列超過了 { $limit } 個位元組。請看看是不是有雙引號沒有配對，或者把這一列改短。
quote-not-closed = 有一個雙引號沒有配對，請補上或者刪掉。
not-utf8 = 文字的編碼不是 UTF-8，請另存為「CSV UTF-8」。
control-character = 文字裡有看不見的控制字元 { $character }，請刪掉文字，重新輸入。
text-too-long = 文字有 { $found } 個字，請改短，最多 { $limit } 個字。
field-empty = 這一格是空的，請填寫。
no-letter = 姓名裡一個字也沒有，請寫上姓名。
not-a-receipt-code = 這裡寫的{ $value }不能作編號，請只用英文字母、數字和 . _ : / -
not-an-integer = 這裡寫的{ $value }不是整數，請只寫數字，例如 25。
out-of-range = 這裡寫的{ $value }太小或太大，請寫 { $lowest } 到 { $highest } 的整數。
not-a-coefficient = 這裡寫的{ $value }不是係數，請寫 0 到 { $highest } 的數，最多 { $places } 位小數，例如 1.25。
not-among = 這一欄裡不能寫{ $value }，請寫其中一個：{ $allowed }
not-a-date = 這裡寫的{ $value }不是日期，請寫成 2026-03-05 這樣。
not-a-time = 這裡寫的{ $value }不是時間，請寫成 2026-03-05T18:30 這樣，從 00:00 到 23:59。
not-a-card-number = 這裡寫的{ $value }不是卡號，請寫卡上的十位數字，最後兩位是檢查碼。
repeated = 這裡寫的{ $value }在第 { $first_line } 列已經有了，請只留一列。
unknown = { $file } 裡沒有這裡寫的{ $value }。請在那裡補上一列，或者改好這一列。
unit-under-itself = 單位{ $value }繞了一圈又歸自己管。請改好上級單位，一直歸到鎮上。
end-not-after-start = 活動結束不在開始之後，請改好開始或結束的時間。
date-not-of-start = 活動的日期不是開始的那一天。請寫開始的那一天，過了半夜的也一樣。
longer-than-a-day = 活動超過 24 小時。請改好開始或結束的時間，或者每天各寫一項。
year-out-of-range = 活動不在 1970 年到 9999 年之間，請改好年份。

# 值得看一看的。
unknown-organiser = volunteers.csv 裡沒有組織者的卡號{ $value }，要是銀行裡也沒有，組織者的積分就沒有人得。請補上這位志願者，或者改好這一列。
stock-opened = 銀行裡這項庫存開始時是 { $opened }，不是 { $pieces }。匯入只能開一次庫存，這次沒有改。要添貨，請另加一種兌換品，用新的 SKU。
