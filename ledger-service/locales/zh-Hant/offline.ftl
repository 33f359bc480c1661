# Without a network
offline-title = 現在沒有網路
offline-text = 這一頁要連上網路才能看。請連上網路再試一次。
offline-not-out = 還沒有登出：登出要連上網路。請連上網路，再登出一次。
offline-balance-button = 看上次的餘額
