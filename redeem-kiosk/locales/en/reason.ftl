error-too-short = Some digits are missing. Please go on.
error-unknown-code = This is not a points card. Please scan the QR code of your card.
error-pin-wrong = The card number or the PIN is wrong. Please try again.
error-pin-wait = { $seconds ->
    [one] Too many wrong PINs. Please try again in one second, or ask staff.
   *[other] Too many wrong PINs. Please try again in { $seconds } seconds, or ask staff.
}
error-not-staff = Not a work card of this station. Please use another.
error-other-station = This is another station's receipt. Please go there.
error-other-receipt = The bank has another receipt of this number. Please hand nothing over, and tell an administrator.
error-incomplete-receipt = The receipt was not scanned completely. Please scan it again, or type its number.
error-other = It was not done. Please ask staff.
error-no-answer = There is no connection. Please try later, or ask staff.
error-busy = It is too busy. Please try a little later.
error-broken = Something went wrong at our end. Please try later, or ask staff.
error-garbled = The answer does not match. Please ask staff.
error-clock = The machine's clock is wrong. Nothing was done, no points were used. Please ask staff.
error-bank = The machine does not recognise the bank. Nothing was done, no points were used. Please ask staff.
error-set-up = The machine is not set up for this station. Nothing was done, no points were used. Please ask staff.
