revoked-title = 這台機器已停用
revoked-lead = 它不再被允許辦理兌換。請找工作人員，或到別的驛站。
