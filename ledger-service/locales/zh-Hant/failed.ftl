# What can go wrong
not-found-title = 沒有這一頁
not-found-text = 網址可能寫錯了，或者這一頁已經不在了。請回首頁再找。
forbidden-title = 沒有權限
forbidden-text = 您的憑據不能做這件事，什麼也沒有改變。請聯絡管理員。
cross-site-title = 請求沒有通過
cross-site-text = 這個請求不是從本站的頁面發出的，所以沒有執行。請回首頁，再做一次。
too-large-title = 內容太大
too-large-text = 傳來的內容太大，沒有接收。請減少以後再試。
too-many-title = 請稍等一下
busy-title = 暫時不能用
busy-text = 系統正在準備，或者暫時連不上資料。什麼也沒有改變。請過一會兒再試。
bad-request-title = 沒看懂這個請求
bad-request-text = 傳來的內容不完整或者不對，什麼也沒有改變。請回到上一頁再試。
broken-title = 出了問題
broken-text = 這是我們這邊的問題。請過一會兒再試；還是不行，把參考編號告訴工作人員。
wait-seconds = 試的次數太多了。請等 { $seconds } 秒再試，或者請驛站的工作人員幫忙。
wait-minutes = 試的次數太多了。請等 { $minutes } 分鐘再試，或者請驛站的工作人員幫忙。
