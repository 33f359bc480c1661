refused-title = 沒有換成
nothing-done = 積分沒有動。
card-blocked-title = 這張卡現在不能用
points-safe = 您的積分都還在。
choose-again-button = 重新選擇
