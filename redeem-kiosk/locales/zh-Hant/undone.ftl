undone-title = 已經撤銷
undone-lead = 積分已經退回。拿了東西的，請還給工作人員。
points-back = 退回
