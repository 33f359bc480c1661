# Every page
bank-name = Baoyulan points bank
demo-banner = Demonstration: people and records are invented
skip-link = Skip to content
text-size-label = Size of text
text-large = Large
text-larger = Larger
text-largest = Largest
language-label = Language
footer-note = Points say thank you. They are not money and never become money.
home-link = Start page
error-heading = That did not work
reference = Reference { $code }
hours-and-minutes =
    { $hours ->
        [one] { $hours } hour
       *[other] { $hours } hours
    } { $minutes ->
        [one] { $minutes } minute
       *[other] { $minutes } minutes
    }
hours-alone =
    { $hours ->
        [one] { $hours } hour
       *[other] { $hours } hours
    }
minutes-alone =
    { $minutes ->
        [one] { $minutes } minute
       *[other] { $minutes } minutes
    }
wait-seconds = Too many tries. Wait { $seconds } s and try again, or ask the staff of a station.
wait-minutes = Too many tries. Wait { $minutes } min and try again, or ask the staff of a station.
back-to-balance-link = Your points
back-to-receipts-link = Your receipts
back-to-imports-link = Imports
older-button = Show older
newest-button = Back to the newest

# The start page
home-title = Volunteers' points
home-lead = Whoever volunteers gathers hours and points. Points can be exchanged for goods and services at the stations.
home-points-button = See your points
home-points-note = Log in with your card number and PIN.
home-verify-button = Check a receipt
home-verify-note = Anyone can see whether a receipt is genuine, without logging in.
home-help = No phone, or no wish to use it? Bring your card to any station: the staff look it up with you.
staff-link = Staff: imports
api-link = For programs: API

# To log in
login-title = Log in
card-number = Card number
login-card-hint = The 10 digits on the card. You may paste them.
pin = PIN
login-pin-hint = 6 digits.
login-button = Log in
login-help = Forgotten the PIN, or none yet? Bring your card to a station and ask the staff.
login-empty = Card number and PIN are both needed. Fill them in and try again.
login-wrong = The card number or the PIN is wrong, or the card is blocked. Check the number and type the PIN again; if it still does not work, ask the staff of a station.
login-over = Please log in. If you were logged in before, your time was over.
login-left = You are logged out.
login-left-everywhere = You are logged out on all phones and computers.
login-not-kept = This browser did not keep you logged in. Use the address that begins with https, allow cookies, or try another browser.
link-title = Log in once
link-lead = Press the button to log in. This link works once.
link-used-title = The link is used up
link-used-text = The link was used before, or its time is over. Log in with card number and PIN, or ask the staff for a new link.
link-pin-button = Log in with a PIN
logout-button = Log out
logout-everywhere-button = Log out everywhere
logout-everywhere-note = Lost your phone, or logged in on somebody else's? Press here.

# The balance
me-title = Your points
me-greeting = , welcome
me-as-of = As of { $time }
me-offline = Offline: this is the balance of { $time }
me-blocked = This card is blocked and cannot be used. Your points and hours are safe. Ask the staff of a station to activate it.
points-heading = Points to spend
points-unit = points
points-none = There are no points to spend now.
points-expired = Another { $points } points have expired and can no longer be spent.
expiry-heading = Until when
expiry-line = { $points } points, to be spent by { $day }
expiry-soon = expires soon
hours-heading = Service time
hours-unit = h
minutes-unit = min
hours-note = Service time never expires, and is never spent.
card-link = Show your card
statement-link = Your statement
receipts-link = Your receipts

# The statement
statement-title = Your statement
statement-empty = Nothing here yet. Once you have taken part in an activity, its points and hours appear here.
kind-attendance = earned
kind-redemption = redemption
kind-reversal = reversal
kind-other = other
change-points = { $points } points
change-hours = service time +{ $hours }
points-after = balance after it: { $points } points
receipt-of = Receipt { $number }
reason-cut = { $served } minutes served, { $counted } of them count
reason-time = { $hours } h × { $rate } points an hour × { $service } for the kind of service × { $assessment } for the assessment
reason-points = = { $points } points
reason-rounded = = { $exact }, rounded to { $points } points
award-organiser = for organising it: +{ $points } points
award-service-day = first service day of the month: +{ $points } points
award-theme = theme month: +{ $points } points
redeemed-line = × { $pieces }, { $points } points each

# Receipts
receipts-title = Your receipts
receipts-empty = No receipts yet. Once you have exchanged points, the receipt is here.
redemption-receipt-title = Receipt
reversal-receipt-title = Reversal receipt
receipt-kind = Kind
receipt-number = Number
receipt-issued = Issued
receipt-station = Station
receipt-items = What
receipt-points = Points
receipt-spent = Points spent
receipt-given-back = Points given back
receipt-left = Points left then
standing-good = It stands: it has not been reversed
standing-reversed = It has been reversed: the points were given back
standing-reversal = This is the receipt of a reversal: points were given back
receipt-qr = QR code of the receipt
receipt-qr-note = Whoever scans this code can check that the receipt is genuine.
receipt-verify-button = Check this receipt

# The card
card-title = Your card
card-note = Show this page to the staff of a station.
card-active = It can be used
card-blocked = Blocked: it cannot be used
card-qr = QR code of the card number
card-holder = Holder

# Without a network
offline-title = No network now
offline-text = This page needs a network. Connect and try again.
offline-balance-button = The last balance

# To check a receipt
verify-title = Check a receipt
verify-lead = The QR code on a receipt opens this page by itself. You can also paste its text below.
verify-field = Text of the QR code
verify-field-hint = An address, or three parts of letters and digits with dots between them.
verify-here-button = Check on this device
verify-server-button = Ask this site
verify-server-note = The weaker check: you have to believe our answer. But only we know whether the receipt was reversed later.
verify-working = Checking …
verify-good-heading = The receipt is genuine
verify-good-text = This bank issued it, and not a character was changed. It was checked on this device alone and sent to nobody.
verify-limits = This says that it was issued, not that it still stands: it may have been reversed later. To know, press “Ask this site”.
verify-server-good = We have checked: this bank issued it, and it was not changed. This is the weaker check, for you have to believe us.
verify-bad-heading = Not a valid receipt
verify-too-long = The text is too long for a receipt. Paste the text of one receipt alone.
verify-not-three-parts = The text is not whole. Scan the code again, or paste all of it.
verify-unknown-key = It was not issued by this bank. See whether it is another bank's.
verify-malformed-signature = Its signature is damaged: perhaps it was not scanned whole, perhaps it was changed. Scan it again.
verify-wrong-signature = The signature does not match: it was changed, or this bank did not issue it. Do not rely on it.
verify-malformed-payload = What it says is not in the form of a receipt. Do not rely on it.
verify-unable-heading = This device cannot check
verify-no-crypto = The browser is too old, its scripts are off, or the address does not begin with https: what is needed is missing. Try another browser, or paste the text and press “Ask this site”, the weaker check.
verify-no-keys = The bank's public keys cannot be fetched. Connect to a network and try again.

# Staff
staff-title = Staff log in
staff-credential = Credential
staff-credential-hint = The text that an administrator gave you; it begins with pb_.
staff-wrong = The credential is wrong, or good no longer. Paste it again, or ask an administrator for a new one.
staff-may-not = This credential may not import. Use that of a coordinator of the whole town, or of an administrator.
imports-title = Imports
import-files = Files, several at once
import-files-hint = All of the town's files at once: { $files }
import-button = Upload and import
import-files-wrong = These files cannot be imported; nothing was changed. Choose all of the town's files at once, under their names: { $files }
import-list-heading = What was imported
import-list-empty = Nothing has been imported here yet.
import-title = Progress
import-rows = { $done } of { $total } rows of attendance
import-reloads = This page is renewed every 2 seconds. You may leave it: the import goes on.
reload-button = Renew now
import-uploaded = Uploaded
import-accepted = Accepted rows
import-refused = Refused rows
import-hours = Service time
import-points = Points
import-refused-heading = Refused rows by reason
import-report-button = Download the rows
import-error-heading = Why it was not imported
import-warnings-heading = Worth a look
state-queued = waiting for its turn
state-checking = checking the files
state-posting = being recorded
state-done = done
state-failed = not imported

# What can go wrong
not-found-title = No such page
not-found-text = The address may be mistyped, or the page is gone. Go back to the start page.
forbidden-title = Not allowed
forbidden-text = Your credential does not allow this; nothing was changed. Ask an administrator.
cross-site-title = Request refused
cross-site-text = This did not come from a page of this site, so nothing was done. Go to the start page and do it from there.
too-large-title = Too large
too-large-text = What was sent is too large and was not taken. Send less and try again.
too-many-title = Please wait
busy-title = Not now
busy-text = The service is starting, or cannot reach its data. Nothing was changed. Try again in a moment.
bad-request-title = Not understood
bad-request-text = What was sent is not whole, or wrong; nothing was changed. Go back a page and try again.
broken-title = Something broke
broken-text = The fault is ours. Try again in a moment; if it still fails, tell the staff the reference.
