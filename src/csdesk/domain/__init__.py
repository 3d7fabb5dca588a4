"""What after-sales is: pure rules, no I/O, no clock, no third-party imports."""
