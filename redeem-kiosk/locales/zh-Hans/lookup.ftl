lookup-title = 请输入回执号
lookup-lead = 也可以直接扫回执上的二维码。
other-year-button = 换年份
lookup-checking = 正在查找……
