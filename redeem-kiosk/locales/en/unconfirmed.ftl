unconfirmed-title = Not confirmed yet
unconfirmed-warning = Please take nothing for now.
unconfirmed-lead = We do not know yet whether it was done.
unconfirmed-note = We keep trying, and you pay once at most. Keep this number.
unconfirmed-doubt = The receipt that came is not the right one. Please call staff.
keep-waiting-button = Keep waiting
