erase-button = 退一格
submit-button = 確定
digits-typed = 已輸入 { $count } 位
