# What is wrong with a town's files, for staff and for the command line: what it is, then what to do.

known-differently = the bank knows this activity with another { $column }, and points were given on that; correct the row, or give the activity a new activity_id
file-missing = the file is missing; add it to the others, and import all of them together
files-missing = the file is missing, like { $others }; add them to the others, and import all of them together
unreadable = the file cannot be read ({ $reason }); check that it is a file you may read, and try again
file-empty = the file is empty; write the header line, even if there are no rows
column-missing = the header does not name this column; add the column, spelled exactly like this
no-header = this line should name the columns, and names none of them; delete what stands above the names of the columns, or write them: { $columns }
not-commas = the columns are separated by { $separator } and not by commas; save the file again as "CSV UTF-8", with commas
column-repeated = the header names this column more than once; keep one of them
field-count = the row has { $found } fields where the header has { $expected }; give every column one field, and put double quotes around a text that holds a comma
row-too-long = the row is longer than { $limit } bytes; look for a double quote that is never closed, or shorten the row
quote-not-closed = a double quote is opened and never closed; close it, or remove it
not-utf8 = the text is not UTF-8; save the file again as "CSV UTF-8"
control-character = the text holds the control character { $character }; nobody can see it: delete the text and type it again
text-too-long = the text is { $found } characters long; shorten it to at most { $limit }
field-empty = the field is empty; fill it in
no-letter = a name has letters, and this one has none; write the person's name
not-a-receipt-code = the text{ $value } is not a code; use only the letters A-Z and a-z, digits and . _ : / -
not-an-integer = the text{ $value } is not a whole number; write digits only, e.g. 25
out-of-range = the number{ $value } is out of range; write a whole number from { $lowest } to { $highest }
not-a-coefficient = the text{ $value } is not a coefficient; write a number from 0 to { $highest } with at most { $places } decimals, e.g. 1.25
not-among = this column does not know the word{ $value }; write one of: { $allowed }
not-a-date = the text{ $value } is not a real date; write it as YYYY-MM-DD, e.g. 2026-03-05
not-a-time = the text{ $value } is not a real time; write it as YYYY-MM-DDTHH:MM from 00:00 to 23:59, e.g. 2026-03-05T18:30
not-a-card-number = the text{ $value } is not a card number; write the 10 digits of the card, the last two of which are its check digits
repeated = the { $what }{ $value } is already on line { $first_line }; keep one of the two rows
unknown = no row of { $file } has the { $what }{ $value }; add one, or correct this row
unit-under-itself = the unit{ $value } is part of itself; correct the parents so that they lead to the town
end-not-after-start = the activity does not end after it starts; correct its start or its end
date-not-of-start = the activity starts on another day than its date; write the day on which it starts, also if it runs past midnight
longer-than-a-day = the activity lasts longer than 24 hours; correct its start or its end, or make an activity of each day
year-out-of-range = the activity is not in the years 1970 to 9999; correct its year

# What is worth a warning.
unknown-organiser = no row of volunteers.csv has the organiser's card{ $value }, and unless the bank knows it, nobody gets the organiser's points; add the volunteer, or correct the row
stock-opened = the bank opened this stock with { $opened }, not { $pieces }, and an import opens stock only once: nothing was changed; for more pieces, add an offer with a SKU of its own
