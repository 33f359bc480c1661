# 每一種「不行」：發生了什麼，該怎麼辦。編號就是介面裡的代碼。

# 請求本身
id-conflict = 這個編號已經用來辦過別的事，請換一個新編號。
invalid-field = { $field }填得不對（{ $expected }），請改好再試。
invalid-field-of-rows = 這些資料裡有一格沒填、太長，或者寫得不對，請改好再試。

# 戶頭和數目
unknown-commodity = 還沒有 { $commodity } 這一類，請先設定，再來使用。
commodity-defined = { $commodity } 這一類已經設定過，小數有 { $scale } 位。請用原來的，或換一個名稱。
unknown-account = 沒有 { $address } 這個戶頭，請先開戶。
account-exists = 已經有 { $address } 這個戶頭，請直接用它，或換一個名稱。
reserved-account = { $address } 這個戶頭歸本鎮管，不能直接記賬，請改用登記服務、撤銷回執等辦法。
account-not-open = { $address } 這個戶頭停用了，請用別的戶頭，或找管理員。
account-not-empty = { $address } 這個戶頭裡還有 { $quantity }，請先轉走再關。
account-in-hold = { $address } 這個戶頭裡還有預留的，請先領取或取消，再關戶頭。
no-entries = 什麼也沒有寫，請寫清楚從哪裡減、加到哪裡。
account-repeated = { $address } 這個戶頭寫了兩次，請合在一起。
unbalanced = { $commodity } 加的和減的不一樣多，請核對數目。
below-floor = { $address } 這個戶頭只有 { $available } 可用，不夠 { $asked }，請改少一點。
condition-failed = 要求 { $address } 這個戶頭{ $condition } { $bound }，實際是 { $found }，請看看再辦。
quantity-out-of-range = 數目是零，或者太大，請改好再試。
expiry-required = { $address } 這個戶頭有使用期限，請寫明可以用到什麼時候。
lots-mismatch = { $address } 這個戶頭裡沒有寫的那幾批，請再看一看。

# 撤銷
unknown-record = 沒有第 { $position } 號記錄，請再看一看編號。
not-reversible = 第 { $position } 號記錄不能撤銷：它本身就是撤銷，或者沒有動過數目。請再看一看編號。
nothing-left-to-reverse = 第 { $position } 號記錄剩下的沒有這麼多，請改少一點，或看看以前撤銷過多少。

# 預留
hold-exists = { $hold } 這個預留號用過了，請換一個新號。
unknown-hold = 沒有 { $hold } 這個預留號，請再看一看。
hold-closed = { $hold } 預留的已經領取或取消，不用再辦。
hold-expired = { $hold } 的預留時間已過，預留的已經放回，請重新辦理。
beyond-hold = { $address } 這個戶頭預留了 { $remaining }，不是 { $asked }，請改少一點。
lot-expired = { $address } 這個戶頭要得到的已經過期，請取消預留，重新辦理。

# 過期
nothing-expired = 沒有過期的，也沒有超時的預留，現在不用辦，請以後再來。

# 限額
over-limit-in-window = { $address } 這個戶頭這段時間最多可用 { $quantity }（限額 { $limit }），已經用了 { $used }，再用 { $asked } 就超了。請改少一點，或到 { $ends_on } 再辦。

# 登記
not-a-town = 這家銀行只記帳，沒有志願者、活動和兌換，請換一家為鎮上開的銀行。
already-registered = { $code_of } 已經是這樣了，不用再辦。
already-registered-policy = 積分規則已經設定過，內容一樣，不用再辦。
registered-differently = { $code_of } 已經登記過，原來的{ $field }不一樣，而且不能改。請核對一下，或換一個編號。
unknown-unit = 沒有 { $unit } 這個單位，請再看一看，或者先登記。
unknown-team = 沒有 { $team } 這支隊伍，請再看一看，或者先登記。
unknown-service-type = 沒有 { $service_type } 這種服務，請再看一看。
unknown-service-type-of-rows = 積分規則裡沒有這些活動的服務種類，請再看一看。
invalid-policy = 積分規則寫得不對（{ $fault }），請改好再試。
invalid-policy-of-rows = 積分規則寫得不對，請改好再試。

# 誰可以辦
credential-exists = 已經有 { $credential } 這個憑據，請換一個編號。
unknown-credential = 沒有 { $credential } 這個憑據，請再看一看編號。
already-revoked = { $credential } 這個憑據已經收回，不用再辦。

# 出勤
card-check-digits = 卡號不對，請再看一看卡上的十位數字。
unknown-card = 沒有人用這個卡號，請再看一看卡上的十位數字。
unknown-activity = 沒有這個活動，請核對活動編號。
unknown-grade = 沒有這個評價等級，請核對一下。
missing-check-out = 沒有簽退時間，請補上再試。
invalid-time = 時間寫得不對，請寫成 2026-11-24T09:00 這個樣子。
check-out-not-after-check-in = 簽退不比簽到晚，請核對時間。
not-over-yet = 這次出勤還沒有結束，請結束以後再登打，或核對時間。
same-person-entered-and-confirmed = 登打和確認的是同一個人，請另一個人來確認。
already-recorded = 這次出勤以前記過了，這一次什麼也沒有改。如果後來改過時間或等級，請告訴管理員。
outside-activity = 這段時間不在活動裡，請核對時間。
before-consent = 服務開始得比志願者的同意日期早，或者沒有填同意日期，請核對這兩項。
overlaps-other-attendance = 這段時間已經記在另一個活動裡，請核對時間。

# 兌換
card-blocked = 這張卡已掛失，請找工作人員。
no-visit = 這次辦理已經結束了。請再掃一次卡。
unknown-station = 沒有 { $station } 這個驛站，請核對編號。
unknown-item = { $sku } 現在不能換，請換一樣。
invalid-pieces = 請至少選一樣，每樣至少一件。
too-many-lines = 一次最多換 { $lines_max } 樣，請分兩次換。
item-repeated = { $sku } 寫了兩次，請把件數加在一起。
price-changed = 需要的積分剛剛改了：現在要 { $points } 分，不是 { $points_shown } 分。請重新選擇。
out-of-stock =
    { $pieces_left ->
        [0] 不巧，{ $sku } 剛剛換完了，請換一樣。
       *[other] 不巧，{ $sku } 只剩 { $pieces_left } 份了，請少換一點，或換一樣。
    }
over-limit = { $sku } 每月最多換 { $monthly_limit } 份，這個月已經換了 { $pieces_had } 份。請下個月再換。
insufficient-points = 積分不夠：要 { $points } 分，可用 { $points_spendable } 分。請換一樣。
points-expired = 積分不夠：要 { $points } 分，可用 { $points_spendable } 分，另有 { $points_expired } 分過了使用期限。請換一樣。
points-owed = 以前的積分更正過，還欠 { $points_owed } 分。請先參加活動，新得的積分會先補上。
receipt-too-long = 一張回執寫不下這麼多，請分兩次換。

# 庫存和撤銷
stock-open = { $station } 的 { $sku } 已經登記過庫存，不用再辦。
unknown-receipt = 沒有這個回執號，請再看一看。
not-a-redemption = 這是撤銷的回執，不能再撤銷。還想換的，請重新換一次。
beyond-redemption = { $sku } 只剩 { $pieces_left } 件可以退，請改少一點。
redemption-by-lines = 只退一部分，請寫明退回執上的哪幾樣。
already-reversed = 這次兌換已經撤銷過了，不用再辦。

# 哪一項填得不對
field-name = 名稱
field-accounts = 限額管的戶頭
field-activity = 活動編號
field-actor = 操作人
field-building-group = 樓群
field-card = 卡號
field-check-out = 簽退時間
field-confirmed-by = 確認人
field-consent-on = 同意日期
field-cost-fen-limit = 成本或每月限額
field-credential = 憑據編號
field-date = 日期
field-device = 裝置
field-end = 結束時間
field-ends-at = 結束時間
field-entered-by = 登打人
field-expires-at = 過期時間
field-floor = 下限
field-grid = 網格
field-hold = 預留號
field-kind = 種類
field-level = 層級
field-limit = 限額編號
field-motto = 口號
field-on-behalf-of = 代辦的對象
field-organiser = 主辦人
field-origin = 來源
field-partner = 共建單位編號
field-pieces = 件數
field-points = 積分
field-pseudonym = 化名
field-quantity = 數目
field-reason = 理由
field-scale = 小數位數
field-service-day = 服務日
field-service-type = 服務種類
field-sex = 性別
field-sku = 供應項編號
field-source = 來源
field-start = 開始時間
field-station = 驛站
field-team = 隊伍
field-title = 標題
field-unit = 單位編號
field-until = 截止時間
field-valid-until = 到期時間
field-verifier = 密碼的驗證值

# 應該是什麼樣
condition-minimum = 至少
condition-maximum = 至多
condition-version = 的版本是
expected-text-200 = 最多 200 個字，不能有換行、定位字元或改變文字方向的符號
expected-text-64 = 最多 64 個字，不能有換行、定位字元或改變文字方向的符號
expected-label-64 = 1 到 64 個字，不能有換行、定位字元或改變文字方向的符號
expected-name-200 = 要有文字，最多 200 個字，不能有換行、定位字元或改變文字方向的符號
expected-somebody = 要寫明是誰，不能空著
expected-code-64 = 1 到 64 個英文字母、數字或 . _ : / - 這些符號
expected-code-16 = 1 到 16 個英文字母、數字或 . _ : / - 這些符號
expected-code-8 = 1 到 8 個英文字母、數字或 . _ : / - 這些符號
expected-prefix-120 = 1 到 120 個英文字母、數字或 . _ : / - 這些符號，最後一個是 /
expected-decimal-places-9 = 0 到 9 位小數
expected-zero-or-less = 不能大於零；有使用期限的戶頭只能是零
expected-zero-or-more = 不能小於零
expected-quantity-or-minus-one = 0 到 9,007,199,254,740,991；-1 是取消限額
expected-one-or-more = 至少是一
expected-later-than-start = 要比開始時間晚
expected-hours-24 = 最晚在開始後 24 小時
expected-day-of-start = 要是開始的那一天
expected-years-1970-to-9999 = 要在 1970 年到 9999 年之間
expected-day-or-empty = 要有這一天，寫成 2026-11-24 這個樣子，也可以空著
expected-later-than-now = 要比現在晚
expected-not-later-than-now = 不能比現在晚
expected-days-366 = 最多提前 366 天
expected-one-station = 櫃員和裝置要寫明在哪個驛站
expected-no-station = 志願者和管理員不屬於任何驛站，要空著
expected-no-card = 只有志願者的憑據才有卡號，別的要空著
expected-argon2id = 要用 Argon2id 算出來，最多 300 個字

# 積分規則哪裡不對
fault-not-set = 還沒有設定
fault-unknown-rule = { $service_type } 這種服務用的規則 { $rule } 沒有寫
fault-not-a-label = 編號「{ $code_of }」要改成 1 到 64 個字，不能有換行、定位字元或改變文字方向的符號
fault-rule-out-of-range = 規則 { $rule } 每小時的積分要在 0 到 1,000,000 之間，係數要在 0 到 1,000 之間，最多 6 位小數
fault-grade-out-of-range = 等級 { $grade } 的係數要在 0 到 1,000 之間，最多 6 位小數
fault-award-out-of-range = 附加積分要在 0 到 1,000,000 之間
fault-limit-out-of-range = 分鐘數要在 1 到 100,000 之間，有效年數要在 0 到 1,000 之間
