# Why a PIN cannot be used, and what to do.
pin-not-six-digits = A PIN has six digits, and nothing else. Please choose another one.
pin-repeats = Digits repeat in this PIN, as in 121212 or 112233, so it is easy to guess. Please choose another one.
pin-runs = The digits of this PIN go up or down evenly, as in 123456, so it is easy to guess. Please choose another one.
pin-mirrored = This PIN is the same backwards, as 123321 is, so it is easy to guess. Please choose another one.
pin-drawn = This PIN follows the lines of the keypad, as 147258 does, so it is easy to guess. Please choose another one.
pin-date = This PIN looks like a date or a year, as 520314 or 195203 do, so it is easy to guess. Please choose another one.
pin-on-card = This PIN is part of the card number, which others can see. Please choose another one.
