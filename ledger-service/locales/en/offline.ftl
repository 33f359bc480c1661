# Without a network
offline-title = You are offline
offline-text = This page needs an internet connection. Connect and try again.
offline-not-out = You are still logged in: logging out needs the internet. Connect, and log out once more.
offline-balance-button = See the last balance
