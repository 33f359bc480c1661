undo-title = Undo it?
undo-lead = You get the points back. If you took anything, please hand it back.
undo-yes-button = Yes, undo
