no-entry-title = 請從驛站機器打開
no-entry-lead = 這個頁面只能由本機的啟動程式打開。請重新啟動機器，或找工作人員。
