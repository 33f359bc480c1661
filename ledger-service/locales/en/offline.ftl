# Without a network
offline-title = You are offline
offline-text = This page needs an internet connection. Connect and try again.
offline-balance-button = See the last balance
