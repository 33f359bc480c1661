unable-title = 暫時不能兌換
unable-away = 現在連不上，什麼也沒有辦，積分沒有動。
unable-outbox = 機器存不了記錄，什麼也沒有辦，積分沒有動。
unable-outbox-gone = 機器的記錄不見了，什麼也沒有辦，積分沒有動。請叫工作人員。
unable-later = 恢復以後，就可以掃積分卡。有急事請找工作人員。
try-again-every = 每 { $seconds } 秒自動再試一次。
