"""From a WITec Raman export to I_B/I_G with its standard error."""

__version__ = "0.1.0"
