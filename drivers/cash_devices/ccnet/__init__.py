"""CCNET: CashCode's serial protocol of bill validators."""
