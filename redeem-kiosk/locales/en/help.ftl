help-title = Please call staff
help-lead = Please wave to a member of staff. The machine keeps your place.
help-go-on-button = Go on
staff-button = I am staff
staff-note = For staff: it ends this visit.
