# The start page
home-title = Volunteers' points
home-lead = Volunteers collect hours and points. You can exchange points for goods and services at the stations.
home-points-button = See your points
home-points-note = Log in with your card number and PIN.
home-verify-button = Check a receipt
home-verify-note = Anyone can check whether a receipt is genuine, without logging in.
home-help = Would you rather not use a phone? Bring your card to any station, and the staff will look things up with you.
staff-link = Staff: imports
api-link = For developers: API
