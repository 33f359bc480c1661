revoked-title = Out of service
revoked-lead = This machine is no longer allowed to redeem points. Please ask staff, or go to another station.
