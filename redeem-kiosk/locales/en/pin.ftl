pin-title = Your PIN
pin-lead = The PIN has six digits.
pin-checking = Checking…
pin-slow = Still checking, one moment.
attend-button = Forgot my PIN
