pin-title = 請輸入密碼
pin-lead = 密碼是六位數字。
pin-checking = 正在核對……
pin-slow = 還在核對，請稍等。
attend-button = 忘了密碼
