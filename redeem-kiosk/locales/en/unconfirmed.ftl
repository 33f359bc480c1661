unconfirmed-title = Not confirmed yet
unconfirmed-warning = Please take nothing for now.
unconfirmed-lead = We do not know yet whether it was done.
unconfirmed-note = We keep trying, and you pay once at most. Keep this number.
keep-waiting-button = Keep waiting
