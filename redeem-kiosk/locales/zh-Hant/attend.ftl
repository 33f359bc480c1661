attend-title = 請工作人員掃工作證
attend-lead = 工作人員認得您，就不用密碼。
attend-checking = 正在核對工作證……
work-card-fold = 掃不出來？
work-card-label = 請把工作證上的字貼在這裡
work-card-button = 核對工作證
