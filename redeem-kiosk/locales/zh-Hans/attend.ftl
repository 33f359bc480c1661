attend-title = 请工作人员扫工作证
attend-lead = 工作人员认得您，就不用密码。
attend-checking = 正在核对工作证……
work-card-fold = 扫不出来？
work-card-label = 请把工作证上的字贴在这里
work-card-button = 核对工作证
