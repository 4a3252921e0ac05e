"""The vending business: one machine, one year, a bank balance that decides."""
