# Staff log in
staff-title = Staff login
staff-credential = Credential
staff-credential-hint = The text that an administrator gave you; it begins with pb_.
staff-wrong = The credential is wrong, or it is no longer valid. Paste it again, or ask an administrator for a new one.
staff-may-not = You cannot import with this credential. Use the credential of an administrator, or of a coordinator for the whole town.
staff-not-taken = You were logged out, so the files were not taken, and nothing was changed. Log in, then choose the files again and upload them.
