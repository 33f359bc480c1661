undo-title = 要撤銷這次兌換嗎？
undo-lead = 積分會退回來。拿了東西的，請還給工作人員。
undo-yes-button = 撤銷
