# The statement
statement-title = 積分明細
statement-empty = 還沒有記錄。參加活動以後，積分和時長會記在這裡。
statement-size = 截至第 { $size } 筆記錄
kind-attendance = 存入
kind-redemption = 兌換
kind-reversal = 沖正（退回）
kind-expiry = 過期
kind-earning-reversal = 收回積分
kind-other = 其他
change-points = { $points } 分
change-hours = 時長 +{ $hours }
change-hours-back = 時長 −{ $hours }
more-owed = 已經用掉、先欠著的：{ $points } 分
owed-settled = 有 { $points } 分還了以前欠的
owed-after = 之後還欠 { $points } 分
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
