revoked-title = 这台机器已停用
revoked-lead = 它不再被允许办理兑换。请找工作人员，或到别的驿站。
