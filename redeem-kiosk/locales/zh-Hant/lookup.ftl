lookup-title = 請輸入回執號
lookup-lead = 也可以直接掃回執上的 QR Code。
other-year-button = 換年份
lookup-checking = 正在查找……
