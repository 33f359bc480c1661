card-title = Your card number
card-lead = Ten digits, printed on your card.
