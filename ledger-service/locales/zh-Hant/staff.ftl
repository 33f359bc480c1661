# Staff log in
staff-title = 工作人員登入
staff-credential = 憑據
staff-credential-hint = 管理員給的一串文字，以 pb_ 開頭。
staff-wrong = 憑據不對，或者已經失效。請再貼上一次，或者請管理員發一個新的。
staff-may-not = 這個憑據不能匯入資料。請用全鎮協調員或管理員的憑據。
