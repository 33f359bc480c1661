no-entry-title = Start the machine
no-entry-lead = This page can only be opened by this machine. Please restart the machine, or ask staff.
