# The card
card-title = Your card
card-note = Show this page to the staff of a station.
card-active = It can be used
card-blocked = Blocked: it cannot be used
card-qr = QR code of the card number
card-holder = Holder
