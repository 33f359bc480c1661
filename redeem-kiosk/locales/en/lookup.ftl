lookup-title = The receipt's number
lookup-lead = You can also scan the receipt's QR code.
other-year-button = Other year
lookup-checking = Looking it up…
