working-title = 正在辦理
working-short = 請稍等。
working-long = 還在辦理，請稍等。不用再按。
working-again = 還沒有收到回覆，正在再試。不會重複扣分。
