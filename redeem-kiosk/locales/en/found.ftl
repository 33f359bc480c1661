found-title = Receipt
found-standing = Valid
found-reversed = Reversed
found-partly = Partly returned
found-left = Not returned
found-is-reversal = A reversal’s receipt
found-issued = When
reverse-button = Reverse it
