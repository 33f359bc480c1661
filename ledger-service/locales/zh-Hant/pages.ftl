# Every page
bank-name = 寶玉蘭積分銀行
demo-banner = 演示資料：人和記錄都是虛構的
skip-link = 跳到正文
text-size-label = 文字大小
text-large = 大
text-larger = 特大
text-largest = 超大
language-label = 語言
footer-note = 積分用來表揚和感謝，不是錢，不能換成錢。
home-link = 回首頁
error-heading = 沒有成功
reference = 參考編號 { $code }
hours-and-minutes = { $hours } 小時 { $minutes } 分鐘
hours-alone = { $hours } 小時
minutes-alone = { $minutes } 分鐘
wait-seconds = 試的次數太多了。請等 { $seconds } 秒再試，或者請驛站的工作人員幫忙。
wait-minutes = 試的次數太多了。請等 { $minutes } 分鐘再試，或者請驛站的工作人員幫忙。
back-to-balance-link = 回我的積分
back-to-receipts-link = 回我的回執
back-to-imports-link = 回匯入資料
older-button = 看更早的
newest-button = 回到最新的

# The start page
home-title = 志願者的積分
home-lead = 做志願服務，存下服務時長和積分。積分可以在驛站兌換物品和服務。
home-points-button = 看我的積分
home-points-note = 用積分卡號和密碼登入。
home-verify-button = 驗證回執
home-verify-note = 看一張回執是不是真的，誰都可以查，不用登入。
home-help = 不會用手機？帶上積分卡，到任何一個驛站，工作人員幫您查。
staff-link = 工作人員：匯入資料
api-link = 程式介面說明

# To log in
login-title = 登入
card-number = 積分卡號
login-card-hint = 卡上的 10 位數字，可以貼上。
pin = 密碼
login-pin-hint = 6 位數字。
login-button = 登入
login-help = 忘了密碼，或者還沒有密碼？請帶上積分卡，到驛站找工作人員。
login-empty = 卡號和密碼都要填。請填好再登入。
login-wrong = 卡號或密碼不對，或者這張卡已掛失。請看清卡號，再輸一次密碼；還是不行，請到驛站找工作人員。
login-over = 請登入。登入過的，時間到了會自動登出。
login-left = 您已登出。
login-left-everywhere = 所有手機和電腦上都已登出。
login-not-kept = 這個瀏覽器沒有記住登入。請用 https 開頭的網址打開，允許使用 Cookie，或者換一個瀏覽器。
link-title = 一次性登入
link-lead = 點下面的按鈕登入。這個連結只能用一次。
link-used-title = 這個連結不能用了
link-used-text = 這個連結已經用過，或者過了時間。請用卡號和密碼登入，或者請工作人員再給一個。
link-pin-button = 用卡號和密碼登入
logout-button = 登出
logout-everywhere-button = 在所有裝置上登出
logout-everywhere-note = 手機丟了，或者在別人的手機上登入過？點這裡。

# The balance
me-title = 我的積分
me-greeting = ，您好
me-as-of = 截至 { $time }
me-offline = 離線：這是 { $time } 時的餘額
me-blocked = 這張卡已掛失，不能兌換。積分和時長都還在。請到驛站找工作人員恢復。
points-heading = 可用積分
points-unit = 分
points-none = 現在沒有可用的積分。
points-expired = 另有 { $points } 分已經過期，不能再用。
expiry-heading = 用到什麼時候
expiry-line = { $points } 分，可用到 { $day }
expiry-soon = 快到期了
hours-heading = 服務時長
hours-unit = 小時
minutes-unit = 分鐘
hours-note = 服務時長不會過期，兌換也不會減少。
card-link = 出示我的卡
statement-link = 看積分明細
receipts-link = 看我的回執

# The statement
statement-title = 積分明細
statement-empty = 還沒有記錄。參加活動以後，積分和時長會記在這裡。
kind-attendance = 存入
kind-redemption = 兌換
kind-reversal = 沖正（退回）
kind-other = 其他
change-points = { $points } 分
change-hours = 時長 +{ $hours }
points-after = 之後餘額 { $points } 分
receipt-of = 看回執 { $number }
reason-cut = 服務 { $served } 分鐘，計分 { $counted } 分鐘
reason-time = { $hours } 小時 × 每小時 { $rate } 分 × 服務係數 { $service } × 評價係數 { $assessment }
reason-points = = { $points } 分
reason-rounded = = { $exact }，取整 { $points } 分
award-organiser = 組織活動 +{ $points } 分
award-service-day = 本月首次志願服務日 +{ $points } 分
award-theme = 主題月 +{ $points } 分
redeemed-line = × { $pieces }，每件 { $points } 分

# Receipts
receipts-title = 我的回執
receipts-empty = 還沒有回執。兌換以後，回執會在這裡。
redemption-receipt-title = 兌換回執
reversal-receipt-title = 沖正回執
receipt-kind = 種類
receipt-number = 回執號
receipt-issued = 時間
receipt-station = 驛站
receipt-items = 內容
receipt-points = 積分
receipt-spent = 用去積分
receipt-given-back = 退回積分
receipt-left = 當時剩餘積分
standing-good = 有效，沒有沖正
standing-reversed = 已經沖正，積分已退回
standing-reversal = 這是一張沖正回執：積分已退回
receipt-qr = 回執的二維碼
receipt-qr-note = 誰掃這個碼，都可以驗證這張回執是真的。
receipt-verify-button = 驗證這張回執

# The card
card-title = 我的卡
card-note = 兌換時，給工作人員看這一頁。
card-active = 可以使用
card-blocked = 已掛失，不能使用
card-qr = 卡號的二維碼
card-holder = 持卡人

# Without a network
offline-title = 現在沒有網路
offline-text = 這一頁要連上網路才能看。請連上網路再試一次。
offline-balance-button = 看上次的餘額

# To check a receipt
verify-title = 驗證回執
verify-lead = 掃回執上的二維碼，會自動打開這一頁。也可以把碼裡的文字貼到下面。
verify-field = 二維碼裡的文字
verify-field-hint = 一個網址，或者三段用點隔開的字母和數字。
verify-here-button = 在這台裝置上驗證
verify-server-button = 請本站代查
verify-server-note = 代查弱一些：要相信本站的回答。不過只有本站知道，回執後來有沒有沖正。
verify-working = 正在驗證……
verify-good-heading = 回執是真的
verify-good-text = 這張回執由本銀行簽發，一個字也沒有改過。驗證只在這台裝置上進行，沒有發給任何人。
verify-limits = 這說明回執簽發過，不說明現在仍然有效：後來可能沖正了。想知道，請點「請本站代查」。
verify-server-good = 本站查過：這張回執由本銀行簽發，沒有改過。這是較弱的驗證，因為您要相信本站。
verify-bad-heading = 不是有效的回執
verify-too-long = 文字太長，不是回執。請只貼上一張回執的文字。
verify-not-three-parts = 文字不完整，不是回執。請重新掃碼，或者把文字全部貼上。
verify-unknown-key = 這不是本銀行簽發的回執。請看看是不是別的銀行的。
verify-malformed-signature = 簽名壞了：可能沒有掃全，也可能被改過。請重新掃碼。
verify-wrong-signature = 簽名對不上：內容被改過，或者不是本銀行簽發的。不要相信它。
verify-malformed-payload = 內容不是回執的格式。不要相信它。
verify-unable-heading = 這台裝置不能自己驗證
verify-no-crypto = 瀏覽器太舊、關閉了指令碼，或者網址不是 https 開頭，缺少要用的功能。請換一個瀏覽器，或者貼上文字，點「請本站代查」（弱一些）。
verify-no-keys = 取不到本銀行的公鑰。請連上網路再試。

# Staff
staff-title = 工作人員登入
staff-credential = 憑據
staff-credential-hint = 管理員給的一串文字，以 pb_ 開頭。
staff-wrong = 憑據不對，或者已經失效。請再貼上一次，或者請管理員發一個新的。
staff-may-not = 這個憑據不能匯入資料。請用全鎮協調員或管理員的憑據。
imports-title = 匯入資料
import-files = 選擇檔案，可以多選
import-files-hint = 一次選齊全鎮的檔案：{ $files }
import-button = 上傳並匯入
import-files-wrong = 這些檔案不能匯入，什麼也沒有改變。請一次選齊全鎮的檔案，檔名要對：{ $files }
import-list-heading = 匯入記錄
import-list-empty = 還沒有匯入過。
import-title = 匯入進度
import-rows = 出勤記錄 { $done } / { $total } 行
import-reloads = 這一頁每 2 秒自動更新。可以離開，匯入會繼續。
reload-button = 現在更新
import-uploaded = 上傳時間
import-accepted = 已記錄
import-refused = 被拒絕
import-hours = 服務時長
import-points = 積分
import-refused-heading = 被拒絕的行，按原因
import-report-button = 下載被拒絕的行
import-error-heading = 沒有匯入的原因
import-warnings-heading = 值得看一下的
state-queued = 排隊中
state-checking = 正在檢查檔案
state-posting = 正在記錄
state-done = 完成
state-failed = 沒有匯入

# What can go wrong
not-found-title = 沒有這一頁
not-found-text = 網址可能寫錯了，或者這一頁已經不在了。請回首頁再找。
forbidden-title = 沒有權限
forbidden-text = 您的憑據不能做這件事，什麼也沒有改變。請問管理員。
cross-site-title = 請求沒有通過
cross-site-text = 這個請求不是從本站的頁面發出的，所以沒有執行。請回首頁，從這裡再做一次。
too-large-title = 內容太大
too-large-text = 傳來的內容太大，沒有接收。請減少以後再試。
too-many-title = 請稍等一下
busy-title = 暫時不能用
busy-text = 系統正在準備，或者暫時連不上資料。什麼也沒有改變。請過一會兒再試。
bad-request-title = 沒看懂這個請求
bad-request-text = 傳來的內容不完整或者不對，什麼也沒有改變。請回到上一頁再試。
broken-title = 出了問題
broken-text = 這是我們這邊的問題。請過一會兒再試；還是不行，把參考編號告訴工作人員。
