working-title = 正在办理
working-short = 请稍等。
working-long = 还在办理，请稍等。不用再按。
working-again = 还没有收到答复，正在再试。不会重复扣分。
