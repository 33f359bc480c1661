bank-name = Baoyulan points bank
station = { $station } station
step-of = Step { $step } of { $steps }
back-button = Back
home-button = Home
help-button = Get help
read-aloud-button = Read aloud
language-label = Language
text-size-label = Text size
text-large = Large
text-larger = Larger
text-largest = Largest
status-starting = Connecting
status-online = Connected
status-away = Offline, retry every { $seconds } s
status-waiting = { $count } to be confirmed
agent-away = One moment, the machine is recovering.
code = Code { $code }
reference = Number { $reference }
erase-button = Delete
submit-button = OK
again-button = Try again
points = { $points ->
    [one] { $points } point
   *[other] { $points } points
}
digits-typed = { $count ->
    [one] { $count } digit entered
   *[other] { $count } digits entered
}

welcome-title = Scan your card
welcome-lead = Hold the QR code of your card to the scanner.
begin-button = Type the number
begin-note = Without the card, or if it does not scan.
news-done = Number { $reference }: done, receipt { $number }.
news-refused = Number { $reference }: not done, no points were used.
news-reversed = Number { $reference }: taken back, receipt { $number }.
news-help = If you left without an answer, please ask staff.

card-title = Your card number
card-lead = Ten digits, printed on your card.
pin-title = Your PIN
pin-lead = The PIN has six digits.
pin-checking = Checking…
pin-slow = Still checking, one moment.
attend-button = Forgot my PIN
attend-title = Staff card, please
attend-lead = Staff who know you can let you in without a PIN.
attend-checking = Checking the work card…
work-card-fold = It does not scan?
work-card-label = Paste the text of the work card here
work-card-button = Check the card

shelf-title = What would you like?
shelf-have = Points to spend
shelf-empty = There is nothing to choose here at the moment. Please ask staff.
shelf-page = Page { $page } of { $pages }
next-page-button = Next page
previous-page-button = Previous page
pieces-left = { $pieces } left
places-left = { $places ->
    [one] { $places } place left
   *[other] { $places } places left
}
places-plenty = Places available
monthly-limit = { $pieces } a month at most
monthly-times = { $pieces } a month at most
soon = { $points ->
    [one] { $points } point to go
   *[other] { $points } points to go
}
had-enough = This month's limit reached
sold-out = None left

how-many-title = How many?
how-many-lead = { $points ->
    [one] { $name }, { $points } point each
   *[other] { $name }, { $points } points each
}
how-many-each = Each
pieces-unit = { $pieces }
how-many-times-title = How many times?
how-many-times-lead = { $points ->
    [one] { $name }, { $points } point each time
   *[other] { $name }, { $points } points each time
}
how-many-each-time = Each time
times-unit = { $pieces }

check-title = Is this right?
check-who = For
card-tail = card ending in { $tail }
check-what = What
check-points = Costs
points-before = You have
points-after = You will have
confirm-button = Yes, redeem
times-pieces = { $name } × { $pieces }

working-title = One moment
working-short = It is being done.
working-long = Still working. There is no need to press again.
working-again = No answer yet; trying again. You will not pay twice.
unconfirmed-title = Not confirmed yet
unconfirmed-warning = Please take nothing for now.
unconfirmed-lead = We do not know yet whether it was done.
unconfirmed-note = We keep trying, and you pay once at most. Keep this number.
keep-waiting-button = Keep waiting

done-title = Done
done-lead = Please ask staff for it.
done-service-lead = Please ask staff to arrange it.
receipt-number = Receipt
receipt-qr = The receipt's QR code
receipt-qr-note = Scan it with a phone to check the receipt.
points-left = You have left
finish-button = Finish
more-button = Something else
undo-button = Undo
print-again-button = Print again
print-printing = Printing the receipt…
print-printed = The receipt is printed, please take it.
print-no-paper = Out of paper. It is done: scan the code, or ask staff.
print-failed = Not printed. It is done: scan the code, or ask staff.
print-none = Scan the code, or keep the number.

undo-title = Undo it?
undo-lead = You get the points back. If you took anything, please hand it back.
undo-yes-button = Yes, undo
undone-title = Taken back
undone-lead = The points are back. If you took anything, please hand it back.
points-back = Given back

refused-title = Not done
nothing-done = No points were used.
card-blocked-title = Card cannot be used
points-safe = Your points are all still there.
choose-again-button = Choose again
unable-title = Not available now
unable-away = There is no connection. Nothing was done, no points were used.
unable-outbox = The machine cannot keep records. Nothing was done, no points were used.
unable-later = You can scan your card once it is back. If it is urgent, ask staff.
try-again-every = { $seconds ->
    [one] It tries again every second.
   *[other] It tries again every { $seconds } seconds.
}
error-heading = Please note
error-card-mistyped = The card number is not right. Please look at the ten digits again.
error-too-short = Some digits are missing. Please go on.
error-unknown-code = This is not a points card. Please scan the QR code of your card.
error-pin-wrong = The card number or the PIN is wrong. Please try again.
error-pin-wait = { $seconds ->
    [one] Too many wrong PINs. Please try again in one second, or ask staff.
   *[other] Too many wrong PINs. Please try again in { $seconds } seconds, or ask staff.
}
error-card-blocked = This card is blocked. Please ask staff.
error-not-staff = Not a work card of this station. Please use another.
error-out-of-stock = Sorry, it has just run out. Please choose something else.
error-over-limit = You have reached this month's limit. Please come back next month.
error-insufficient = There are not enough points. Please choose something else.
error-expired = Some points are past their date; there are not enough left. Please choose something else.
error-price-changed = The points for it have just changed. Please choose again.
error-already-reversed = This was taken back before. There is nothing more to do.
error-unknown-receipt = There is no such receipt. Please look at the number again.
error-other-station = This is another station's receipt. Please go there.
error-other = It was not done. Please ask staff.
error-no-answer = There is no connection. Please try later, or ask staff.
error-busy = It is too busy. Please try a little later.
error-broken = Something went wrong at our end. Please try later, or ask staff.
error-garbled = The answer does not match. Please ask staff.

help-title = Please call staff
help-lead = Please wave to a member of staff. The machine keeps your place.
help-go-on-button = Go on
staff-button = I am staff
staff-note = For staff: it ends this visit.

idle-title = Are you still there?
idle-lead = If nobody presses anything, we go back to the first screen, for your privacy.
idle-seconds = seconds until then
stay-button = I am still here

revoked-title = Out of service
revoked-lead = This machine is no longer allowed to redeem points. Please ask staff, or go to another station.

desk-title = Staff
desk-scan = Scan your work card to look up and reverse receipts.
desk-staff = Work card { $actor }
desk-link = Connection
desk-outbox = Records on this machine
desk-outbox-good = Good
desk-outbox-broken = Cannot be kept: look at the disk
desk-revoked = This machine is out of service
desk-key = Public key of this machine
desk-unsettled = To be confirmed
desk-none = None
desk-line = { $tries ->
    [one] Number { $reference }, tried once
   *[other] Number { $reference }, tried { $tries } times
}
desk-foreign = Number { $reference }, of a former device: look it up by hand
desk-news = Results that nobody was told
dismiss-button = All dealt with
find-receipt-button = Find a receipt
lookup-title = The receipt's number
lookup-lead = You can also scan the receipt's QR code.
other-year-button = Other year
lookup-checking = Looking it up…
found-title = Receipt
found-standing = Valid
found-reversed = Reversed
found-is-reversal = A reversal
found-issued = When
reverse-button = Reverse it

no-entry-title = Start the machine
no-entry-lead = This page can only be opened by this machine. Please restart the machine, or ask staff.
