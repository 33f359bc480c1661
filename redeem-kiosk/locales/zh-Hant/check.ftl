check-title = 請看一看，對不對？
check-who = 誰換
card-tail = 卡號尾號 { $tail }
check-what = 換什麼
check-points = 用多少
points-before = 現在有
points-after = 換後剩
confirm-button = 確認兌換
