# Without a network
offline-title = 现在没有网络
offline-text = 这一页要连上网络才能看。请连上网络再试一次。
offline-not-out = 还没有退出：退出要连上网络。请连上网络，再退出一次。
offline-balance-button = 看上次的余额
