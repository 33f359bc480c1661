# Staff log in
staff-title = 工作人員登入
staff-credential = 憑據
staff-credential-hint = 管理員給的一串文字，以 pb_ 開頭。
staff-wrong = 憑據不對，或者已經失效。請再貼上一次，或者請管理員發一個新的。
staff-may-not = 這個憑據不能匯入資料。請用全鎮協調員或管理員的憑據。
staff-not-taken = 登入已經結束，剛才的檔案沒有收下，什麼也沒有改變。請先登入，再選一次檔案上傳。
