welcome-title = 請掃積分卡
welcome-lead = 把卡上的二維碼對準掃碼口。
begin-button = 輸入卡號
begin-note = 沒帶卡、掃不出來，也可以用。
news-done = 編號 { $reference }：已換好，回執 { $number }。
news-refused = 編號 { $reference }：沒有換成，積分沒有動。
news-reversed = 編號 { $reference }：已撤銷，回執 { $number }。
news-help = 剛才沒等到結果的人，請找工作人員。
