pin-title = 请输入密码
pin-lead = 密码是六位数字。
pin-checking = 正在核对……
pin-slow = 还在核对，请稍等。
attend-button = 忘了密码
